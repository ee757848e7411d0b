/* SPDX-License-Identifier: BSD-3-Clause */
#include "db.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "backoff.h"
#include "clock.h"
#include "db_call.h"
#include "db_pool.h"
#include "log.h"
#include "process.h"
#include "settings.h"

#define TICK_MS       100  /* how exactly deadlines are kept */
#define NO_CONN_MS    1500 /* how long a call waits while no connection is up */
#define CONFLICTS_MAX 3    /* serialization failures and deadlocks, sent again */
#define CONFLICT_MS   20

struct db {
    struct process *process;
    struct db_pool *pool;
    struct db_calls queue;  /* wait for a connection */
    struct db_calls paused; /* wait for their retry_ms */
    struct db_calls ended;  /* have their reply, told from on_turn() */
    struct event *turn, *tick, *retry;
    size_t live; /* calls not yet told */
    bool draining;
    void (*drained)(void *arg);
    void *drained_arg;
};

static void timer_arm(struct event *timer, int64_t ms) {
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    if (!evtimer_pending(timer, NULL))
        evtimer_add(timer, &wait);
}

/* ---------------------------------------------------------------- answering */

static void log_call(const struct db_call *call) {
    static const char *const words[] = {"ok", "refused", "unavailable", "uncertain"};
    int64_t us = clock_us() - call->started_us;
    for (size_t i = 0; i < call->count; i++)
        log_write(KN_DEBUG, "db", call->request_id, "Database query %s: %s after %lld.%03lldms %s",
                  call->queries[i].stmt->name, words[call->reply.status], (long long)us / 1000,
                  (long long)us % 1000, kn_db_sqlstate(&call->reply));
}

static void call_tell(struct db *db, struct db_call *call) {
    if (log_wants(KN_DEBUG))
        log_call(call);
    if (call->fn) {
        call->fn(call->arg, &call->reply);
        db->live--;
    }
    db_call_free(call);
    if (db->live == 0 && db->drained)
        timer_arm(db->turn, 0);
}

/* The call itself is still under way; what comes of it interests nobody any more. */
static void on_late(void *owner, struct db_call *call) {
    struct db *db = owner;
    struct kn_db_reply reply = {.status = KN_DB_UNAVAILABLE, .reason = "timeout"};
    kn_db_fn *fn = call->fn;
    call->fn = NULL;
    fn(call->arg, &reply);
    if (--db->live == 0 && db->drained)
        timer_arm(db->turn, 0);
}

/* Told from the loop's next turn, with this status instead of whatever came back. */
static void call_fail(struct db *db, struct db_call *call, enum kn_db_status status,
                      const char *reason) {
    db_reply_clear(&call->reply);
    call->reply.status = status;
    call->reply.reason = reason;
    db_calls_push(&db->ended, call);
    timer_arm(db->turn, 0);
}

static void on_turn(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct db *db = arg;
    struct db_calls ended = db->ended;
    struct db_call *call;
    db->ended = (struct db_calls){0};
    while ((call = db_calls_pop(&ended)))
        call_tell(db, call);
    if (db->live == 0 && db->drained) {
        void (*drained)(void *) = db->drained;
        db->drained = NULL;
        drained(db->drained_arg);
    }
}

/* ---------------------------------------------------------------- sending */

static void pump(struct db *db) {
    struct db_call *call;
    while ((call = db->queue.head) && !db_pool_down(db->pool)) {
        db_calls_pop(&db->queue);
        if (!db_pool_send(db->pool, call)) {
            db_calls_push_front(&db->queue, call);
            return;
        }
    }
}

static const char *refusal(const struct db *db) {
    if (db->draining)
        return "this process is leaving";
    if (db_pool_down(db->pool))
        return db_pool_failure(db->pool);
    if (db->queue.count >= (size_t)db->process->settings->db.queue_max)
        return "too many calls are waiting for a connection";
    return NULL;
}

void db_send(struct db *db, const char *request_id, const struct kn_query *queries, size_t count,
             int64_t timeout, kn_db_fn *fn, void *arg) {
    struct db_call *call = db_call_new(request_id, queries, count, fn, arg);
    call->started_us = clock_us();
    call->queued_ms = call->started_us / 1000;
    call->deadline_ms = call->queued_ms + timeout;
    db->live++;
    timer_arm(db->tick, TICK_MS);
    if (!db->draining && !db->queue.head && db_pool_send(db->pool, call))
        return;
    const char *reason = refusal(db);
    if (reason)
        call_fail(db, call, KN_DB_UNAVAILABLE, reason);
    else
        db_calls_push(&db->queue, call);
}

/* ---------------------------------------------------------------- what comes back */

static void on_room(void *owner) {
    pump(owner);
}

static void call_pause(struct db *db, struct db_call *call) {
    call->retry_ms = clock_ms() + 1 + random_below((uint32_t)CONFLICT_MS << call->conflicts);
    db_calls_push(&db->paused, call);
    timer_arm(db->retry, CONFLICT_MS / 2);
}

/* A refused call was rolled back as a whole: it may be sent again as a whole. */
static bool call_again(struct db *db, struct db_call *call) {
    const struct kn_db_reply *reply = &call->reply;
    if (reply->status != KN_DB_REFUSED || !call->fn || clock_ms() >= call->deadline_ms)
        return false;
    if ((db_reply_is(reply, "0A000") || db_reply_is(reply, "26000")) && call->reprepares++ == 0) {
        db_calls_push_front(&db->queue, call);
        return true;
    }
    if ((db_reply_is(reply, "40001") || db_reply_is(reply, "40P01")) &&
        call->conflicts++ < CONFLICTS_MAX) {
        call_pause(db, call);
        return true;
    }
    return false;
}

static void on_answered(void *owner, struct db_call *call) {
    struct db *db = owner;
    if (!call_again(db, call))
        call_tell(db, call);
    pump(db);
}

static void on_down(void *owner) {
    struct db *db = owner;
    struct db_call *call;
    while ((call = db_calls_pop(&db->queue)))
        call_fail(db, call, KN_DB_UNAVAILABLE, db_pool_failure(db->pool));
}

static bool may_repeat(const struct db_call *call) {
    return call->read_only && call->losses == 1 && clock_ms() < call->deadline_ms &&
           !db_call_is_probe(call);
}

/* Sent, and no answer will come: reads go out once more, a write's fate is unknown. */
static void on_lost(void *owner, struct db_calls *calls) {
    struct db *db = owner;
    struct db_calls again = {0};
    struct db_call *call;
    while ((call = db_calls_pop(calls))) {
        call->losses++;
        if (may_repeat(call))
            db_calls_push_front(&again, call);
        else if (call->read_only)
            call_fail(db, call, KN_DB_UNAVAILABLE,
                      clock_ms() >= call->deadline_ms ? "timeout" : db_pool_failure(db->pool));
        else
            call_fail(db, call, KN_DB_UNCERTAIN, "the connection was lost before the answer came");
    }
    while ((call = db_calls_pop(&again))) { /* turned around twice: oldest first again */
        call->queued_ms = clock_ms();
        db_calls_push_front(&db->queue, call);
    }
    pump(db);
}

/* ---------------------------------------------------------------- deadlines */

/* Splits off what may wait no longer. */
static void waiting_expire(struct db *db, struct db_calls *calls, int64_t now, bool up) {
    struct db_calls kept = {0};
    struct db_call *call;
    while ((call = db_calls_pop(calls))) {
        int64_t since = call->queued_ms;
        if (db_pool_lost_ms(db->pool) > since)
            since = db_pool_lost_ms(db->pool);
        if (now >= call->deadline_ms)
            call_fail(db, call, KN_DB_UNAVAILABLE, "timeout: no connection was free in time");
        else if (!up && now - since >= NO_CONN_MS)
            call_fail(db, call, KN_DB_UNAVAILABLE, db_pool_failure(db->pool));
        else
            db_calls_push(&kept, call);
    }
    *calls = kept;
}

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct db *db = arg;
    int64_t now = clock_ms();
    waiting_expire(db, &db->queue, now, db_pool_is_up(db->pool));
    db_pool_expire(db->pool, now);
    pump(db);
    if (db->live > 0)
        timer_arm(db->tick, TICK_MS);
}

static void on_retry(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct db *db = arg;
    struct db_calls kept = {0};
    struct db_call *call;
    while ((call = db_calls_pop(&db->paused)))
        db_calls_push(clock_ms() >= call->retry_ms ? &db->queue : &kept, call);
    db->paused = kept;
    if (kept.head)
        timer_arm(db->retry, CONFLICT_MS / 2);
    pump(db);
}

/* ---------------------------------------------------------------- life */

static const struct db_pool_events pool_events = {
    .room = on_room, .down = on_down, .answered = on_answered, .late = on_late, .lost = on_lost};

struct db *db_new(struct process *process, int64_t connections) {
    struct db *db = xcalloc(1, sizeof(*db));
    db->process = process;
    db->turn = evtimer_new(process->base, on_turn, db);
    db->tick = evtimer_new(process->base, on_tick, db);
    db->retry = evtimer_new(process->base, on_retry, db);
    db->pool = db_pool_new(process, connections > 0 ? (size_t)connections : 1, &pool_events, db);
    return db;
}

void db_stats(const struct db *db, struct db_stats *stats) {
    db_pool_stats(db->pool, stats);
}

const char *db_failure(const struct db *db) {
    return db_pool_down(db->pool) ? db_pool_failure(db->pool) : NULL;
}

void db_drain(struct db *db, void (*done)(void *arg), void *arg) {
    db->draining = true;
    db->drained = done;
    db->drained_arg = arg;
    if (db->live == 0)
        timer_arm(db->turn, 0);
}

static void all_fail(struct db *db, struct db_calls *calls, bool sent) {
    struct db_call *call;
    while ((call = db_calls_pop(calls)))
        call_fail(db, call, sent && !call->read_only ? KN_DB_UNCERTAIN : KN_DB_UNAVAILABLE,
                  "this process is leaving");
}

/* Nothing may call back into a pool that is gone, so calls made by these last callbacks fail too.
 */
void db_free(struct db *db) {
    struct db_calls sent = {0};
    db->draining = true;
    db->drained = NULL;
    db_pool_free(db->pool, &sent);
    all_fail(db, &sent, true);
    all_fail(db, &db->paused, false);
    all_fail(db, &db->queue, false);
    while (db->ended.head)
        on_turn(-1, 0, db);
    event_free(db->turn);
    event_free(db->tick);
    event_free(db->retry);
    free(db);
}
