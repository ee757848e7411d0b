/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From one configuration to the next, for the start of the server as for a reload: check the
 * settings and modules in a throwaway child, migrate in another, start a fleet on the same
 * sockets, and hand it over once all of it serves. Until then nothing is lost by failing.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "task.h"

struct fleet;
struct ground;
struct settings;

enum change_phase { CHANGE_IDLE, CHANGE_CHECKING, CHANGE_MIGRATING, CHANGE_STARTING };
enum change_result { CHANGE_UNDER_WAY, CHANGE_DONE, CHANGE_FAILED };

struct change {
    enum change_phase phase;
    struct settings *settings; /* until the fleet owns them */
    struct fleet *fleet;       /* the one that starts */
    struct task task;
    size_t sockets_before;
    int64_t deadline_ms;
    bool migrate_later; /* the database did not answer */
};

/* Takes settings over. */
void change_begin(struct change *change, struct settings *settings, const struct ground *ground);
bool change_died(struct change *change, pid_t pid, int wait_status);

/* Goes on as far as it can. Done or failed, the fleet (NULL if it got not that far) is the
 * caller's: to serve, or to leave. */
enum change_result change_step(struct change *change, const struct ground *ground, int64_t now_ms,
                               struct fleet **fleet);

/* Gives up what is under way; the fleet as above. */
struct fleet *change_cancel(struct change *change, const struct ground *ground);

/* For task_start(): migrates and logs what it applied; exit status 2: the database is not there. */
#define CHANGE_NO_DATABASE 2
int change_migrate(struct settings *settings, char **error);

#endif
