/* SPDX-License-Identifier: BSD-3-Clause */
/* The leader lock: of all instances on one database at most one holds it, by a session advisory
 * lock on a connection of its own. Losing the connection is losing the lead. */
#ifndef LEADER_H
#define LEADER_H

#include <stdbool.h>

struct process;
struct leader;

/* changed(arg, leads) is called from the loop. */
struct leader *leader_new(struct process *process, void (*changed)(void *arg, bool leads),
                          void *arg);
bool leader_leads(const struct leader *leader);
void leader_free(struct leader *leader);

#endif
