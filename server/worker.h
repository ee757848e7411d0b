/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a worker or the agent after fork; returns its exit status. */
#ifndef WORKER_H
#define WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <kenangan.h>

struct settings;
struct scoreboard;
struct limiter_table;

struct worker_start {
    enum kn_process kind; /* KN_WORKER or KN_AGENT */
    unsigned index;
    struct settings *settings;
    struct scoreboard *scoreboard;
    struct limiter_table *limits;
    const int *listen_fds; /* those this worker accepts on; none for the agent */
    size_t listen_count;
    int master_fd; /* a pipe: end of file means that the master is gone */
    int ready_fd;  /* a byte is written when the loop runs */
    uint64_t quarantine;
};

int worker_run(const struct worker_start *start);

/* Loads settings and modules as a worker would, without serving: 0, or 1 with *error. */
int worker_check(struct settings *settings, char **error);

#endif
