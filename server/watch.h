/* SPDX-License-Identifier: BSD-3-Clause */
/* Reference data in memory (kn_watch_*): polls reference_versions and calls the loaders. */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>

struct process;
struct watches;

struct watches *watches_new(struct process *process);
void watches_start(struct watches *watches);        /* first loads, then polls every 250 ms */
bool watches_loaded(const struct watches *watches); /* every watch has loaded at least once */
void watches_free(struct watches *watches);

#endif
