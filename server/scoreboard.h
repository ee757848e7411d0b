/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shared memory of one generation of processes: the only mutable thing workers share. Each process
 * writes its own slot with relaxed atomics; anyone reads. The master makes a new one per reload.
 */
#ifndef SCOREBOARD_H
#define SCOREBOARD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SCOREBOARD_ROUTES_MAX   320
#define SCOREBOARD_COUNTERS_MAX 128
#define SCOREBOARD_BUCKETS      15 /* 14 bounds of http_server_request_duration_seconds and +Inf */
#define SCOREBOARD_CLASSES      4  /* 2xx, 3xx, 4xx, 5xx */

enum slot_state { SLOT_EMPTY, SLOT_STARTING, SLOT_READY, SLOT_DRAINING };

struct slot_class {
    _Atomic uint64_t buckets[SCOREBOARD_BUCKETS]; /* not cumulative: a request counts in one */
    _Atomic uint64_t sum_us;
};

struct slot_route {
    struct slot_class classes[SCOREBOARD_CLASSES];
};

struct slot {
    _Atomic int32_t pid;
    _Atomic int32_t state;          /* enum slot_state */
    _Atomic int32_t running_module; /* index, -1: the core; read by the master after a crash */
    _Atomic int64_t db_open, db_in_use, db_idle, http_connections;
    _Atomic int64_t heartbeat_ms; /* monotonic; a loop that stands still is seen by it */
    _Atomic uint64_t counters[SCOREBOARD_COUNTERS_MAX];
    struct slot_route routes[SCOREBOARD_ROUTES_MAX + 1]; /* the last: no route matched */
};

struct scoreboard {
    size_t size;        /* of the mapping */
    unsigned workers;   /* slots[0..workers-1]; slots[workers] is the agent */
    int64_t started_ms; /* monotonic: when the master began, over reloads and upgrades */
    _Atomic uint64_t worker_restarts;
    struct slot slots[];
};

/* Memory that is never touched costs nothing: most routes of most slots. Ends the process when the
 * kernel gives none. */
struct scoreboard *scoreboard_new(unsigned workers, int64_t started_ms);
void scoreboard_free(struct scoreboard *scoreboard);

/* A process begins in a slot, or the master finds that it has gone. What was counted stays. */
void scoreboard_begin(struct slot *slot, int32_t pid);
void scoreboard_end(struct slot *slot);

#endif
