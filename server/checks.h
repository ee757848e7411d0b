/* SPDX-License-Identifier: BSD-3-Clause */
/* Health checks of the modules (kn_check_*), run by timer, each with a timeout. */
#ifndef CHECKS_H
#define CHECKS_H

struct process;
struct checks;

struct checks *checks_new(struct process *process);
void checks_start(struct checks *checks);
void checks_free(struct checks *checks);

#endif
