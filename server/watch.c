/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <event2/event.h>
#include <kenangan.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "backoff.h"
#include "clock.h"
#include "ctx.h"
#include "db.h"
#include "log.h"
#include "modules.h"
#include "process.h"
#include "request.h"

#define POLL_MS       250
#define POLL_LIMIT_MS 2000
#define REFRESH_MS    100 /* refreshes asked for by requests start at most this often */

/* A request that waits for a refresh. */
struct waiter {
    struct waiter *next;
    struct kn_req *req;
    void (*then)(struct kn_req *req);
};

struct kn_watch {
    struct kn_watch *next;
    struct watches *watches;
    struct kn_ctx *ctx;
    const char *topic;
    kn_watch_fn *fn;
    bool loaded, loading;
    int64_t version;         /* of the data in place */
    int64_t loading_version; /* the newest known when the load began */
    int64_t newest;          /* as the last poll told */
    int64_t load_began_ms;
    int64_t confirmed_ms; /* the data was the newest there was at this moment */
    struct backoff backoff;
    struct event *retry;    /* after a failed load, or a refresh held back */
    struct waiter *waiting; /* for a load that begins from now on */
    struct waiter *riding;  /* on the load under way */
};

struct watches {
    struct process *process;
    struct kn_watch *first;
    struct event *tick;
    bool polling;
    bool failing; /* the last poll did: said once */
    int64_t poll_sent_ms;
};

static const struct kn_stmt poll_stmt = {
    .name = "core.versions",
    .sql = "SELECT topic, version FROM reference_versions",
    .flags = KN_STMT_READ,
};

/* ---------------------------------------------------------------- loading */

static void load(struct kn_watch *watch) {
    watch->loading = true;
    watch->loading_version = watch->newest;
    watch->load_began_ms = clock_ms();
    watch->riding = watch->waiting;
    watch->waiting = NULL;
    event_del(watch->retry);
    int before = modules_enter(watch->ctx);
    watch->fn(watch, watch->ctx->state);
    modules_leave(watch->ctx, before);
}

static void load_later(struct kn_watch *watch, int64_t ms) {
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    if (!evtimer_pending(watch->retry, NULL))
        evtimer_add(watch->retry, &wait);
}

static void on_retry(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct kn_watch *watch = arg;
    if (!watch->loading)
        load(watch);
}

/* A request's refresh begins at once, or soon when the last load has only just begun. */
static void load_for_waiters(struct kn_watch *watch) {
    int64_t since = clock_ms() - watch->load_began_ms;
    if (since >= REFRESH_MS)
        load(watch);
    else
        load_later(watch, REFRESH_MS - since);
}

static void waiters_tell(struct waiter *waiter) {
    while (waiter) {
        struct waiter *next = waiter->next; /* lives in the request's memory */
        struct kn_req *req = waiter->req;
        int before = modules_enter(req->ctx);
        waiter->then(req);
        modules_leave(req->ctx, before);
        request_release(req);
        waiter = next;
    }
}

void kn_watch_done(struct kn_watch *watch, bool loaded) {
    struct waiter *riding = watch->riding;
    watch->riding = NULL;
    watch->loading = false;
    if (loaded) {
        watch->loaded = true;
        watch->version = watch->loading_version;
        watch->confirmed_ms = watch->load_began_ms;
        backoff_reset(&watch->backoff);
    } else {
        load_later(watch, backoff_next(&watch->backoff));
    }
    waiters_tell(riding);
    if (watch->waiting && !watch->loading)
        load_for_waiters(watch);
}

/* ---------------------------------------------------------------- polling */

static int64_t version_of(const struct kn_db_reply *reply, const char *topic) {
    for (size_t row = 0; row < kn_db_rows(reply, 0); row++)
        if (strcmp(kn_db_value(reply, 0, row, 0), topic) == 0)
            return strtoll(kn_db_value(reply, 0, row, 1), NULL, 10);
    return 0; /* nothing of the kind was ever written */
}

static void compare(struct kn_watch *watch, int64_t newest) {
    watch->newest = newest;
    if (watch->loading || evtimer_pending(watch->retry, NULL))
        return;
    if (!watch->loaded || watch->version != newest)
        load(watch);
    else
        watch->confirmed_ms = watch->watches->poll_sent_ms;
}

static void on_versions(void *arg, const struct kn_db_reply *reply) {
    struct watches *watches = arg;
    watches->polling = false;
    if (kn_db_status(reply) != KN_DB_OK) {
        if (!watches->failing && kn_db_status(reply) == KN_DB_REFUSED)
            log_write(KN_WARN, "watch", NULL,
                      "cannot read reference_versions: %s; are the migrations applied "
                      "(kenanganctl migrate)?",
                      kn_db_message(reply));
        watches->failing = true;
        return;
    }
    watches->failing = false;
    for (struct kn_watch *watch = watches->first; watch; watch = watch->next)
        compare(watch, version_of(reply, watch->topic));
}

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct watches *watches = arg;
    struct kn_query query = {&poll_stmt, NULL, 0};
    if (watches->polling)
        return;
    watches->polling = true;
    watches->poll_sent_ms = clock_ms();
    db_send(watches->process->db, NULL, &query, 1, POLL_LIMIT_MS, on_versions, watches);
}

/* ---------------------------------------------------------------- the module's side */

struct kn_watch *kn_watch_add(struct kn_ctx *ctx, const char *topic, kn_watch_fn *fn) {
    struct watches *watches = ctx->process->watches;
    struct kn_watch *watch = arena_alloc(ctx->arena, sizeof(*watch));
    watch->watches = watches;
    watch->ctx = ctx;
    watch->topic = arena_strdup(ctx->arena, topic);
    watch->fn = fn;
    watch->backoff = (struct backoff){.least_ms = 100, .most_ms = 2000};
    struct kn_watch **end = &watches->first;
    while (*end)
        end = &(*end)->next;
    *end = watch;
    return watch;
}

bool kn_watch_fresh(const struct kn_watch *watch, int64_t max_age) {
    return watch->loaded && clock_ms() - watch->confirmed_ms <= max_age;
}

bool kn_watch_refresh(struct kn_watch *watch, struct kn_req *req,
                      void (*then)(struct kn_req *req)) {
    if (req->refreshed || !watch->retry || watch->ctx->process->draining)
        return false;
    req->refreshed = true;
    request_hold(req);
    struct waiter *waiter = arena_alloc(req->arena, sizeof(*waiter));
    *waiter = (struct waiter){watch->waiting, req, then};
    watch->waiting = waiter;
    if (!watch->loading)
        load_for_waiters(watch);
    return true;
}

/* ---------------------------------------------------------------- life */

struct watches *watches_new(struct process *process) {
    struct watches *watches = xcalloc(1, sizeof(*watches));
    watches->process = process;
    return watches;
}

void watches_start(struct watches *watches) {
    struct timeval interval = {0, POLL_MS * 1000};
    if (!watches->first)
        return;
    for (struct kn_watch *watch = watches->first; watch; watch = watch->next)
        watch->retry = evtimer_new(watches->process->base, on_retry, watch);
    watches->tick = event_new(watches->process->base, -1, EV_PERSIST, on_tick, watches);
    event_add(watches->tick, &interval);
    on_tick(-1, 0, watches);
}

bool watches_loaded(const struct watches *watches) {
    for (const struct kn_watch *watch = watches->first; watch; watch = watch->next)
        if (!watch->loaded)
            return false;
    return true;
}

/* The watches themselves belong to their modules' memory, which goes later. */
void watches_free(struct watches *watches) {
    if (!watches)
        return;
    for (struct kn_watch *watch = watches->first; watch; watch = watch->next)
        if (watch->retry)
            event_free(watch->retry);
    if (watches->tick)
        event_free(watches->tick);
    free(watches);
}
