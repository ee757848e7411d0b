/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts a process together from its services, and takes it apart again, in the right order. */
#ifndef SERVICES_H
#define SERVICES_H

#include <stdint.h>

struct process;

/* Makes every service the kind of process has and loads the modules. 0, or -1 with *error malloc'd.
 * After either, services_free(). */
int services_new(struct process *process, int64_t db_connections, uint64_t quarantine,
                 char **error);

/* Starts modules, then timers and first loads. */
int services_start(struct process *process, char **error);
void services_free(struct process *process);

#endif
