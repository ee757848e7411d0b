/* SPDX-License-Identifier: BSD-3-Clause */
#include "change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fleet.h"
#include "listen.h"
#include "log.h"
#include "migrate.h"
#include "settings.h"
#include "worker.h"

#define CHECK_MS 15000 /* a module's setup() does no input or output */
#define START_MS 30000

static void log_lines(char *text) {
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        log_write(KN_INFO, "migrate", NULL, "%s", line);
}

int change_migrate(struct settings *settings, char **error) {
    char *report = NULL;
    size_t length = 0;
    FILE *lines = open_memstream(&report, &length);
    int status = migrate_run(settings, lines, error);
    if (lines)
        fclose(lines);
    if (report)
        log_lines(report);
    free(report);
    return status == 0 ? 0 : status == MIGRATE_UNREACHABLE ? CHANGE_NO_DATABASE : 1;
}

static enum change_result fail(struct change *change, const struct ground *ground,
                               const char *reason) {
    log_write(KN_ERROR, "master", NULL, "%s", reason);
    listeners_cut(ground->listeners, change->sockets_before);
    return CHANGE_FAILED;
}

static bool run(struct change *change, const struct ground *ground, enum change_phase phase,
                task_fn *fn) {
    change->phase = phase;
    change->deadline_ms = phase == CHANGE_CHECKING ? clock_ms() + CHECK_MS : INT64_MAX;
    task_clear(&change->task);
    return task_start(&change->task, fn, change->settings, ground->life[1]) == 0;
}

void change_begin(struct change *change, struct settings *settings, const struct ground *ground) {
    *change =
        (struct change){.settings = settings, .sockets_before = listeners_count(ground->listeners)};
    if (!run(change, ground, CHANGE_CHECKING, worker_check))
        change->task = (struct task){.status = -1,
                                     .error = strdup("cannot fork a check; raise the "
                                                     "limit on processes")};
}

bool change_died(struct change *change, pid_t pid, int wait_status) {
    return task_ended(&change->task, pid, wait_status) ||
           (change->fleet && fleet_died(change->fleet, pid, wait_status));
}

static void warn_of_few_connections(const struct fleet *fleet) {
    unsigned least = fleet->workers + 2; /* the agent's, and the one that holds the leader lock */
    if (fleet->settings->db.max_open < (int64_t)least)
        log_write(KN_WARN, "master", NULL,
                  "DB_MAX_OPEN_CONNS is %lld, but %u processes need %u connections and will open "
                  "them; raise it or lower `workers`",
                  (long long)fleet->settings->db.max_open, fleet->workers + 1, least);
}

static enum change_result start_fleet(struct change *change, const struct ground *ground) {
    char *error = NULL;
    struct fleet *fleet = fleet_new(change->settings, ground);
    if (!fleet)
        return fail(change, ground, "too many open files; raise the limit (LimitNOFILE)");
    change->fleet = fleet;
    change->settings = NULL;
    change->phase = CHANGE_STARTING;
    change->deadline_ms = clock_ms() + START_MS;
    if (listeners_open(ground->listeners, &fleet->settings->http, fleet->workers, &error) != 0) {
        enum change_result result = fail(change, ground, error);
        free(error);
        return result;
    }
    warn_of_few_connections(fleet);
    fleet_start(fleet, ground);
    return CHANGE_UNDER_WAY;
}

static enum change_result checked(struct change *change, const struct ground *ground) {
    if (change->task.status != 0)
        return fail(change, ground, change->task.error);
    if (!change->settings->db.migrate)
        return start_fleet(change, ground);
    if (!run(change, ground, CHANGE_MIGRATING, change_migrate))
        return fail(change, ground, "cannot fork a migration; raise the limit on processes");
    return CHANGE_UNDER_WAY;
}

/* A server whose database is down still says so on /health: it starts, and migrates later. */
static enum change_result migrated(struct change *change, const struct ground *ground) {
    if (change->task.status == CHANGE_NO_DATABASE) {
        change->migrate_later = true;
        log_write(KN_WARN, "master", NULL, "starting without the database: %s", change->task.error);
    } else if (change->task.status != 0) {
        return fail(change, ground, change->task.error);
    }
    return start_fleet(change, ground);
}

static enum change_result tend_fleet(struct change *change, const struct ground *ground,
                                     int64_t now_ms) {
    struct fleet *fleet = change->fleet;
    if (fleet->failed)
        return fail(change, ground, "a process could not start; the line above says why");
    fleet_tend(fleet, ground, now_ms);
    if (fleet->complete)
        return CHANGE_DONE;
    if (now_ms >= change->deadline_ms)
        return fail(change, ground, "the workers did not begin to serve in time");
    return CHANGE_UNDER_WAY;
}

static enum change_result proceed(struct change *change, const struct ground *ground,
                                  int64_t now_ms) {
    if (change->phase == CHANGE_STARTING)
        return tend_fleet(change, ground, now_ms);
    if (change->task.pid > 0) {
        if (now_ms >= change->deadline_ms)
            task_kill(&change->task); /* it is reported when it has ended */
        return CHANGE_UNDER_WAY;
    }
    return change->phase == CHANGE_CHECKING ? checked(change, ground) : migrated(change, ground);
}

static struct fleet *finish(struct change *change) {
    struct fleet *fleet = change->fleet;
    bool migrate_later = change->migrate_later;
    task_clear(&change->task);
    settings_free(change->settings);
    *change = (struct change){.migrate_later = migrate_later};
    return fleet;
}

enum change_result change_step(struct change *change, const struct ground *ground, int64_t now_ms,
                               struct fleet **fleet) {
    enum change_result result = proceed(change, ground, now_ms);
    if (result != CHANGE_UNDER_WAY)
        *fleet = finish(change);
    return result;
}

struct fleet *change_cancel(struct change *change, const struct ground *ground) {
    if (change->phase == CHANGE_IDLE)
        return NULL;
    task_kill(&change->task);
    listeners_cut(ground->listeners, change->sockets_before);
    return finish(change);
}
