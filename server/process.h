/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process with an event loop (a worker, the agent, or a configuration check) and the services it
 * is made of. Each service is made by its own X_new(process, ...) and owns its own struct; here are
 * only the ways to reach them.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <kenangan.h>

struct event_base;
struct settings;
struct scoreboard;
struct limiter_table;

struct process {
    enum kn_process kind;
    unsigned index;               /* worker number; the agent comes after the last worker */
    bool draining;
    struct event_base *base;      /* NULL in a check */
    struct settings *settings;
    struct scoreboard *scoreboard; /* shared memory of this instance */
    struct limiter_table *limits;  /* shared memory of this instance */
    struct modules *modules;
    struct router *router;
    struct access *access;
    struct limiter *limiter;
    struct http *http; /* workers only */
    struct db *db;
    struct watches *watches;
    struct events *events;
    struct jobs *jobs; /* agent only */
    struct checks *checks;
    struct metrics *metrics;
    struct work *work;
};

#endif
