/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One generation of processes: the workers and the agent that run with the same settings. The
 * master has one that serves; during a reload a second one that starts, and older ones that leave.
 */
#ifndef FLEET_H
#define FLEET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct limiter_table;
struct listeners;
struct scoreboard;
struct settings;

/* What all generations stand on. */
struct ground {
    struct listeners *listeners;
    struct limiter_table *limits;
    int life[2];   /* a pipe nobody writes to: workers see its end when the master dies */
    int signal_fd; /* the master's */
    int64_t started_ms;
};

#define QUARANTINE_CRASHES 3
#define QUARANTINE_MODULES 64

struct member {
    pid_t pid; /* 0: not running */
    int64_t begun_ms;
    int64_t due_ms; /* when it is started again */
    unsigned quick_deaths;
    int64_t heartbeat_ms; /* as last seen */
    unsigned still;       /* looks in a row at which it had not moved */
    bool hung;            /* the master killed it for that */
};

struct fleet {
    struct fleet *next; /* in the master's list of those that leave */
    struct settings *settings;
    struct scoreboard *board;
    unsigned workers;
    int ready[2];  /* each process writes a byte when it serves */
    bool complete; /* all have served at least once */
    bool failed;   /* one cannot start: only before it is complete */
    bool leaving;
    int64_t kill_at_ms; /* when leaving takes too long */
    int64_t look_at_ms; /* next look at the heartbeats */
    uint64_t quarantine;
    int64_t crashes_ms[QUARANTINE_MODULES][QUARANTINE_CRASHES];
    struct member members[]; /* workers, then the agent */
};

/* Takes settings over. NULL when there are no file descriptors left. */
struct fleet *fleet_new(struct settings *settings, const struct ground *ground);
void fleet_free(struct fleet *fleet); /* and its settings */

void fleet_start(struct fleet *fleet, const struct ground *ground);
/* True when pid was one of its processes: it is taken off the board, and due again if need be. */
bool fleet_died(struct fleet *fleet, pid_t pid, int wait_status);
/* Starts what is due, kills what hangs or will not leave; then says whether all serve. */
void fleet_tend(struct fleet *fleet, const struct ground *ground, int64_t now_ms);
int64_t fleet_due_ms(const struct fleet *fleet); /* when it wants to be tended again */

void fleet_leave(struct fleet *fleet); /* SIGTERM: finish what is under way */
void fleet_kill(struct fleet *fleet);
bool fleet_gone(const struct fleet *fleet);

#endif
