/* SPDX-License-Identifier: BSD-3-Clause */
#include "events.h"

#include <event2/event.h>
#include <kenangan.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "ctx.h"
#include "db.h"
#include "log.h"
#include "modules.h"
#include "process.h"

#define POLL_MS       250
#define POLL_LIMIT_MS 5000
#define BATCH         500 /* a full one is followed by the next at once */

struct subscription {
    struct subscription *next;
    struct kn_ctx *ctx;
    const char *topic;
    size_t prefix; /* characters to compare for "order.*"; 0: the whole topic */
    kn_event_fn *fn;
};

struct events {
    struct process *process;
    struct subscription *first;
    struct event *tick, *again;
    char xid[24], id[24]; /* behind the last event heard; empty before the start is known */
    bool polling, failing;
};

static const struct kn_stmt cursor_stmt = {
    .name = "core.events_cursor",
    .sql = "SELECT xid::text, id FROM events_cursor()",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt after_stmt = {
    .name = "core.events_after",
    .sql = "SELECT xid::text, id, topic, key, payload"
           " FROM events_after($1::text::xid8, $2::bigint, $3::int)",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt publish_stmt = {
    .name = "core.event_publish",
    .sql = "SELECT event_publish($1, $2, $3::jsonb)",
};

/* ---------------------------------------------------------------- hearing */

static bool hears(const struct subscription *subscription, const char *topic) {
    if (subscription->prefix)
        return strncmp(topic, subscription->topic, subscription->prefix) == 0;
    return strcmp(topic, subscription->topic) == 0;
}

static void deliver(struct events *events, const struct kn_event *event) {
    for (struct subscription *s = events->first; s; s = s->next) {
        if (!hears(s, event->topic))
            continue;
        int before = modules_enter(s->ctx);
        s->fn(event, s->ctx->state);
        modules_leave(s->ctx, before);
    }
}

static void cursor_set(struct events *events, const struct kn_db_reply *reply, size_t row) {
    snprintf(events->xid, sizeof(events->xid), "%s", kn_db_value(reply, 0, row, 0));
    snprintf(events->id, sizeof(events->id), "%s", kn_db_value(reply, 0, row, 1));
}

static bool failed(struct events *events, const struct kn_db_reply *reply) {
    bool failing = kn_db_status(reply) != KN_DB_OK;
    events->polling = false;
    if (failing && !events->failing && kn_db_status(reply) == KN_DB_REFUSED)
        log_write(KN_WARN, "events", NULL,
                  "cannot read the outbox: %s; are the migrations applied "
                  "(kenanganctl migrate)?",
                  kn_db_message(reply));
    events->failing = failing;
    return failing;
}

/* The cursor moves with each event, not with the batch: a subscriber that crashes the process
 * has heard it. */
static void on_batch(void *arg, const struct kn_db_reply *reply) {
    struct events *events = arg;
    if (failed(events, reply))
        return;
    size_t rows = kn_db_rows(reply, 0);
    for (size_t row = 0; row < rows; row++) {
        struct kn_event event = {
            .topic = kn_db_value(reply, 0, row, 2),
            .key = kn_db_value(reply, 0, row, 3),
            .payload = kn_db_value(reply, 0, row, 4),
            .id = strtoll(kn_db_value(reply, 0, row, 1), NULL, 10),
        };
        cursor_set(events, reply, row);
        deliver(events, &event);
    }
    struct timeval at_once = {0, 0};
    if (rows == BATCH)
        evtimer_add(events->again, &at_once);
}

static void on_cursor(void *arg, const struct kn_db_reply *reply) {
    struct events *events = arg;
    if (!failed(events, reply) && kn_db_rows(reply, 0) == 1)
        cursor_set(events, reply, 0);
}

static void on_poll(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct events *events = arg;
    char limit[16];
    if (events->polling)
        return;
    events->polling = true;
    snprintf(limit, sizeof(limit), "%d", BATCH);
    const char *params[] = {events->xid, events->id, limit};
    bool started = events->xid[0];
    struct kn_query query = {started ? &after_stmt : &cursor_stmt, params, started ? 3 : 0};
    db_send(events->process->db, NULL, &query, 1, POLL_LIMIT_MS, started ? on_batch : on_cursor,
            events);
}

/* ---------------------------------------------------------------- the module's side */

int kn_event_subscribe(struct kn_ctx *ctx, enum kn_process where, const char *topic,
                       kn_event_fn *fn) {
    struct events *events = ctx->process->events;
    size_t length = strlen(topic);
    if (where != KN_WORKER && where != KN_AGENT)
        return kn_ctx_fail(ctx, "event subscription \"%s\": say KN_WORKER or KN_AGENT", topic);
    if (where != ctx->process->kind)
        return 0;
    struct subscription *added = arena_alloc(ctx->arena, sizeof(*added));
    added->ctx = ctx;
    added->topic = arena_strdup(ctx->arena, topic);
    added->prefix = length > 2 && strcmp(topic + length - 2, ".*") == 0 ? length - 1 : 0;
    added->fn = fn;
    struct subscription **end = &events->first;
    while (*end)
        end = &(*end)->next;
    *end = added;
    return 0;
}

static void on_published(void *arg, const struct kn_db_reply *reply) {
    struct kn_ctx *ctx = arg;
    if (kn_db_status(reply) != KN_DB_OK)
        kn_log(ctx, KN_ERROR, "an event may be lost: %s %s", kn_db_sqlstate(reply),
               kn_db_message(reply));
}

void kn_event_publish(struct kn_ctx *ctx, const char *topic, const char *key, const char *payload) {
    const char *params[] = {topic, key, payload};
    struct kn_query query = {&publish_stmt, params, 3};
    kn_ctx_db(ctx, &query, 1, on_published, ctx);
}

/* ---------------------------------------------------------------- life */

struct events *events_new(struct process *process) {
    struct events *events = xcalloc(1, sizeof(*events));
    events->process = process;
    return events;
}

void events_start(struct events *events) {
    struct timeval interval = {0, POLL_MS * 1000};
    if (!events->first)
        return;
    events->tick = event_new(events->process->base, -1, EV_PERSIST, on_poll, events);
    events->again = evtimer_new(events->process->base, on_poll, events);
    event_add(events->tick, &interval);
    on_poll(-1, 0, events);
}

void events_free(struct events *events) {
    if (!events)
        return;
    if (events->tick) {
        event_free(events->tick);
        event_free(events->again);
    }
    free(events);
}
