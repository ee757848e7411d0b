/* SPDX-License-Identifier: BSD-3-Clause */
/* Periodic jobs of the agent (kn_job_*) and the leader lock. */
#ifndef JOBS_H
#define JOBS_H

#include <stdbool.h>

struct process;
struct jobs;

struct jobs *jobs_new(struct process *process);
void jobs_start(struct jobs *jobs);
bool jobs_leader(const struct jobs *jobs); /* this instance holds the leader lock */
void jobs_free(struct jobs *jobs);

#endif
