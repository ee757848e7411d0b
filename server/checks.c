/* SPDX-License-Identifier: BSD-3-Clause */
#include "checks.h"

#include <event2/event.h>
#include <kenangan.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "ctx.h"
#include "db.h"
#include "log.h"
#include "modules.h"
#include "process.h"
#include "watch.h"
#include "settings.h"

#define FIRST_WAIT_MS  20   /* between looks whether a first run may begin */
#define FIRST_LIMIT_MS 2000 /* after which it begins anyhow */
#define DB_INTERVAL_MS 2000
#define DB_TIMEOUT_MS  2000
#define DB_AGAIN_MS    500 /* while it is unhealthy: recovery should show soon */

struct kn_check {
    struct kn_check *next;
    struct checks *checks;
    struct kn_ctx *ctx; /* NULL: the server's own */
    kn_check_fn *fn;
    int64_t interval, timeout;
    struct event *timer;
    bool running; /* kn_check_done() is still to come */
    bool overdue; /* ... and too late to count */
    int64_t began_ms;
    char detail[128];
    struct kn_check_result result;
};

struct checks {
    struct process *process;
    struct kn_check *first;
    struct kn_check database;
    int64_t started_ms;
};

/* ---------------------------------------------------------------- running */

static void timer_set(struct kn_check *check, int64_t ms) {
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    evtimer_add(check->timer, &wait);
}

static const char *source_of(const struct kn_check *check) {
    return check->ctx ? check->ctx->module->name : "health";
}

static void result_set(struct kn_check *check, enum kn_health health, const char *detail) {
    bool changed = check->result.health != health;
    check->result.health = health;
    check->result.duration = clock_ms() - check->began_ms;
    snprintf(check->detail, sizeof(check->detail), "%s", detail ? detail : "");
    if (changed && health == KN_UNHEALTHY)
        log_write(KN_WARN, source_of(check), NULL, "health check %s is unhealthy: %s",
                  check->result.name, check->detail);
    else if (changed)
        log_write(KN_INFO, source_of(check), NULL, "health check %s is healthy",
                  check->result.name);
}

static void run(struct kn_check *check) {
    check->running = true;
    check->overdue = false;
    check->began_ms = clock_ms();
    timer_set(check, check->timeout);
    if (!check->ctx) {
        check->fn(check, check->checks);
        return;
    }
    int before = modules_enter(check->ctx);
    check->fn(check, check->ctx->state);
    modules_leave(check->ctx, before);
}

/* A module whose data is still being loaded would be called ill at each start. */
static bool first_may_wait(const struct kn_check *check) {
    const struct checks *checks = check->checks;
    return check->ctx && check->began_ms == 0 && !watches_loaded(checks->process->watches) &&
           clock_ms() - checks->started_ms < FIRST_LIMIT_MS;
}

/* The one timer of a check: the next run, or the limit of this one. A run that never ends keeps
 * its check unhealthy and is not joined by a second one. */
static void on_timer(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct kn_check *check = arg;
    if (!check->running && first_may_wait(check)) {
        timer_set(check, FIRST_WAIT_MS);
    } else if (!check->running) {
        run(check);
    } else {
        check->overdue = true;
        result_set(check, KN_UNHEALTHY, "timeout");
    }
}

static int64_t pause_of(const struct kn_check *check) {
    int64_t elapsed = clock_ms() - check->began_ms;
    int64_t interval = check->interval;
    if (!check->ctx && check->result.health == KN_UNHEALTHY && interval > DB_AGAIN_MS)
        interval = DB_AGAIN_MS;
    return interval > elapsed ? interval - elapsed : 1;
}

void kn_check_done(struct kn_check *check, enum kn_health health, const char *detail) {
    if (!check->running)
        return;
    check->running = false;
    if (!check->overdue)
        result_set(check, health, detail);
    if (check->timer)
        timer_set(check, pause_of(check));
}

/* ---------------------------------------------------------------- the server's own check */

static const struct kn_stmt ping_stmt = {
    .name = "core.ping", .sql = "SELECT 1", .flags = KN_STMT_READ | KN_STMT_PROBE};

static void on_pong(void *arg, const struct kn_db_reply *reply) {
    struct kn_check *check = arg;
    if (kn_db_status(reply) == KN_DB_OK)
        kn_check_done(check, KN_HEALTHY, "");
    else
        kn_check_done(check, KN_UNHEALTHY,
                      kn_db_status(reply) == KN_DB_UNAVAILABLE ? kn_db_message(reply)
                                                               : "query failed");
}

static void ping(struct kn_check *check, void *state) {
    struct checks *checks = state;
    struct kn_query query = {&ping_stmt, NULL, 0};
    db_send(checks->process->db, NULL, &query, 1, check->timeout, on_pong, check);
}

/* ---------------------------------------------------------------- the module's side */

static void check_fill(struct kn_check *check, struct checks *checks, const char *name,
                       int64_t interval, int64_t timeout) {
    check->checks = checks;
    check->interval = interval;
    check->timeout = timeout;
    check->result.name = name;
    check->result.health = KN_UNHEALTHY;
    check->result.detail = check->detail;
    snprintf(check->detail, sizeof(check->detail), "not checked yet");
    struct kn_check **end = &checks->first;
    while (*end)
        end = &(*end)->next;
    *end = check;
}

static bool name_taken(const struct checks *checks, const char *name) {
    for (const struct kn_check *check = checks->first; check; check = check->next)
        if (strcmp(check->result.name, name) == 0)
            return true;
    return false;
}

int kn_check_add(struct kn_ctx *ctx, const char *name, int64_t interval, int64_t timeout,
                 bool critical, kn_check_fn *fn) {
    struct checks *checks = ctx->process->checks;
    if (name_taken(checks, name))
        return kn_ctx_fail(ctx, "health check \"%s\" exists already: choose another name", name);
    settings_check_override(ctx->settings, name, &critical, &interval, &timeout);
    if (interval <= 0 || timeout <= 0)
        return kn_ctx_fail(ctx, "health check \"%s\": interval and timeout must be above 0", name);
    struct kn_check *check = arena_alloc(ctx->arena, sizeof(*check));
    check->ctx = ctx;
    check->fn = fn;
    check->result.critical = critical;
    check_fill(check, checks, arena_strdup(ctx->arena, name), interval, timeout);
    return 0;
}

/* The pool knows at once that PostgreSQL is gone, the check only at its next run. */
static struct kn_check_result result_of(const struct kn_check *check) {
    struct kn_check_result result = check->result;
    const char *failure = NULL;
    if (check == &check->checks->database && check->checks->process->db)
        failure = db_failure(check->checks->process->db);
    if (failure) {
        result.health = KN_UNHEALTHY;
        result.detail = failure;
    }
    return result;
}

void kn_check_each(struct kn_ctx *ctx, void (*fn)(const struct kn_check_result *result, void *arg),
                   void *arg) {
    for (const struct kn_check *check = ctx->process->checks->first; check; check = check->next) {
        struct kn_check_result result = result_of(check);
        fn(&result, arg);
    }
}

/* ---------------------------------------------------------------- life */

struct checks *checks_new(struct process *process) {
    struct checks *checks = xcalloc(1, sizeof(*checks));
    checks->process = process;
    checks->database.fn = ping;
    checks->database.result.critical = true;
    check_fill(&checks->database, checks, "database", DB_INTERVAL_MS, DB_TIMEOUT_MS);
    return checks;
}

void checks_start(struct checks *checks) {
    for (struct kn_check *check = checks->first; check; check = check->next)
        check->timer = evtimer_new(checks->process->base, on_timer, check);
    checks->started_ms = clock_ms();
    for (struct kn_check *check = checks->first; check; check = check->next)
        on_timer(-1, 0, check);
}

/* Checks of modules live in their modules' memory, which goes later. */
void checks_free(struct checks *checks) {
    if (!checks)
        return;
    for (struct kn_check *check = checks->first; check; check = check->next)
        if (check->timer) {
            event_free(check->timer);
            check->timer = NULL;
        }
    free(checks);
}
