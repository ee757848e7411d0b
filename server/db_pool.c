/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_pool.h"

#include <event2/event.h>
#include <stdlib.h>

#include "arena.h"
#include "backoff.h"
#include "clock.h"
#include "db_conninfo.h"
#include "log.h"
#include "process.h"
#include "scoreboard.h"
#include "settings.h"

#define SWEEP_MS      5000
#define IDLE_GRACE_MS 10000 /* an extra connection stays this long after its last call */
#define SLOW_US       30000 /* calls are better not queued behind one that takes longer */

struct place {
    struct db_conn *conn;
    int64_t lifetime_ms; /* 0: none */
    bool retiring;       /* takes no new calls, closed when it has answered all */
};

struct db_pool {
    struct process *process;
    const struct db_pool_events *events;
    void *owner;
    struct place *places;
    size_t count;
    size_t keep; /* connections that may stay idle */
    struct event *dial, *sweep;
    struct place *dialling; /* one at a time */
    unsigned turn;
    struct backoff backoff;
    int64_t dial_after_ms;
    bool down;
    int64_t lost_ms;
    const char *failure;
    struct db_stats stats;
};

/* ---------------------------------------------------------------- figures */

static void stats_update(struct db_pool *pool) {
    struct db_stats now = {0};
    for (size_t i = 0; i < pool->count; i++) {
        if (!db_conn_up(pool->places[i].conn))
            continue;
        now.open++;
        if (db_conn_oldest(pool->places[i].conn))
            now.in_use++;
        else
            now.idle++;
    }
    if (now.open == pool->stats.open && now.in_use == pool->stats.in_use)
        return;
    pool->stats = now;
    if (!pool->process->scoreboard)
        return;
    struct slot *slot = &pool->process->scoreboard->slots[pool->process->index];
    atomic_store_explicit(&slot->db_open, now.open, memory_order_relaxed);
    atomic_store_explicit(&slot->db_in_use, now.in_use, memory_order_relaxed);
    atomic_store_explicit(&slot->db_idle, now.idle, memory_order_relaxed);
}

void db_pool_stats(const struct db_pool *pool, struct db_stats *stats) {
    *stats = pool->stats;
}

bool db_pool_is_up(const struct db_pool *pool) {
    return pool->stats.open > 0;
}

bool db_pool_down(const struct db_pool *pool) {
    return pool->down && pool->stats.open == 0;
}

int64_t db_pool_lost_ms(const struct db_pool *pool) {
    return pool->lost_ms;
}

const char *db_pool_failure(const struct db_pool *pool) {
    return pool->failure;
}

/* ---------------------------------------------------------------- opening */

static struct place *place_of(struct db_pool *pool, const struct db_conn *conn) {
    struct place *place = pool->places;
    while (place->conn != conn)
        place++;
    return place;
}

static struct place *place_closed(struct db_pool *pool) {
    for (size_t i = 0; i < pool->count; i++)
        if (db_conn_closed(pool->places[i].conn))
            return &pool->places[i];
    return NULL;
}

/* Opens one more, unless one is on its way or the last failure is too fresh. */
static void dial(struct db_pool *pool) {
    int64_t wait = pool->dial_after_ms - clock_ms();
    struct place *place = place_closed(pool);
    if (pool->dialling || !place)
        return;
    if (wait > 0) {
        struct timeval later = {wait / 1000, wait % 1000 * 1000};
        if (!evtimer_pending(pool->dial, NULL))
            evtimer_add(pool->dial, &later);
        return;
    }
    pool->dialling = place;
    place->retiring = false;
    db_conn_open(place->conn, pool->turn);
}

static void on_dial(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    dial(arg);
}

/* Lifetimes differ by up to a tenth, so that connections do not all retire at once. */
static int64_t lifetime_pick(const struct db_pool *pool) {
    int64_t lifetime = pool->process->settings->db.lifetime;
    return lifetime - (int64_t)(random_below((uint32_t)(lifetime / 10 % 0x7fffffff) + 1));
}

static void on_up(void *owner, struct db_conn *conn) {
    struct db_pool *pool = owner;
    pool->dialling = NULL;
    pool->dial_after_ms = 0;
    backoff_reset(&pool->backoff);
    place_of(pool, conn)->lifetime_ms = lifetime_pick(pool);
    if (pool->down)
        log_write(KN_INFO, "db", NULL, "PostgreSQL is reachable again");
    pool->down = false;
    stats_update(pool);
    pool->events->room(pool->owner);
}

static void on_failed(void *owner, struct db_conn *conn, const char *failure) {
    (void)conn;
    struct db_pool *pool = owner;
    pool->dialling = NULL;
    pool->turn++;
    pool->dial_after_ms = clock_ms() + backoff_next(&pool->backoff);
    if (pool->stats.open > 0) {
        log_write(KN_WARN, "db", NULL, "cannot open one more connection to PostgreSQL: %s",
                  failure);
        return;
    }
    if (!pool->down)
        log_write(KN_ERROR, "db", NULL,
                  "PostgreSQL cannot be reached: %s; trying again until it can (check DB_HOST, "
                  "DB_PORT and that it runs)",
                  failure);
    pool->failure = db_failure_phrase(failure);
    pool->down = true;
    dial(pool);
    pool->events->down(pool->owner);
}

/* ---------------------------------------------------------------- closing */

static void on_lost(void *owner, struct db_conn *conn, struct db_calls *calls,
                    const char *failure) {
    (void)conn;
    struct db_pool *pool = owner;
    log_write(KN_WARN, "db", NULL, "lost a connection to PostgreSQL: %s", failure);
    pool->failure = db_failure_phrase(failure);
    stats_update(pool);
    if (pool->stats.open == 0) {
        pool->lost_ms = clock_ms();
        dial(pool);
    }
    pool->events->lost(pool->owner, calls);
}

static void retire(struct db_pool *pool, struct place *place) {
    struct db_calls none;
    db_conn_close(place->conn, &none);
    place->retiring = false;
    stats_update(pool);
    if (pool->stats.open == 0)
        dial(pool);
}

static void on_answered(void *owner, struct db_conn *conn, struct db_call *call) {
    struct db_pool *pool = owner;
    if (db_reply_is(&call->reply, "25006")) /* a standby now: find the primary */
        place_of(pool, conn)->retiring = true;
    pool->events->answered(pool->owner, call);
    if (db_conn_oldest(conn))
        return;
    stats_update(pool);
    if (place_of(pool, conn)->retiring)
        event_active(pool->sweep, EV_TIMEOUT, 0);
}

/* Sweeping closes what is old, what was told to retire and what lies idle beyond the share. */
static bool sweepable(const struct db_pool *pool, struct place *place, size_t idle) {
    int64_t now = clock_ms();
    if (!db_conn_up(place->conn))
        return false;
    if (place->lifetime_ms > 0 && now - db_conn_opened_ms(place->conn) > place->lifetime_ms)
        place->retiring = true;
    if (db_conn_oldest(place->conn))
        return false;
    return place->retiring ||
           (idle > pool->keep && now - db_conn_idle_since_ms(place->conn) > IDLE_GRACE_MS);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct db_pool *pool = arg;
    for (size_t i = pool->count; i-- > 0;)
        if (sweepable(pool, &pool->places[i], (size_t)pool->stats.idle))
            retire(pool, &pool->places[i]);
}

/* A probe's short deadline is no reason to make the calls around it uncertain. */
static void probes_expire(struct db_pool *pool, struct db_conn *conn, int64_t now_ms) {
    for (struct db_call *call = db_conn_oldest(conn); call; call = call->next)
        if (call->deadline_ms <= now_ms && db_call_is_probe(call) && call->fn) {
            call->deadline_ms = now_ms + pool->process->settings->db.timeout;
            pool->events->late(pool->owner, call);
        }
}

void db_pool_expire(struct db_pool *pool, int64_t now_ms) {
    for (size_t i = 0; i < pool->count; i++) {
        struct db_conn *conn = pool->places[i].conn;
        probes_expire(pool, conn, now_ms);
        const struct db_call *oldest = db_conn_oldest(conn);
        if (!oldest || oldest->deadline_ms > now_ms)
            continue;
        struct db_calls calls;
        db_conn_close(conn, &calls);
        on_lost(pool, conn, &calls, "timeout: no answer in time");
    }
}

/* ---------------------------------------------------------------- sending */

/* Statements ahead, as the price of a place; SIZE_MAX: closed to new calls. */
static size_t price(const struct place *place, int64_t now_us) {
    const struct db_call *oldest = db_conn_oldest(place->conn);
    if (!db_conn_up(place->conn) || place->retiring)
        return SIZE_MAX;
    if (oldest && now_us - oldest->sent_us > SLOW_US)
        return db_conn_statements(place->conn) + 1000;
    return db_conn_statements(place->conn);
}

static struct place *place_best(struct db_pool *pool, int64_t now_us, size_t *best) {
    struct place *found = NULL;
    *best = SIZE_MAX;
    for (size_t i = 0; i<pool->count && * best> 0; i++) {
        size_t here = price(&pool->places[i], now_us);
        if (here < *best) {
            *best = here;
            found = &pool->places[i];
        }
    }
    return found;
}

/*
 * Connections grow as the square root of the calls under way: few of them with a pipeline each
 * serve PostgreSQL better than many with one call each, but only more of them let commits share a
 * flush when the disk is slow, and then calls pile up.
 */
bool db_pool_send(struct db_pool *pool, struct db_call *call) {
    size_t ahead;
    call->sent_us = clock_us();
    struct place *place = place_best(pool, call->sent_us, &ahead);
    if (!place || (ahead > 0 && ahead >= (size_t)pool->stats.open))
        dial(pool);
    if (!place)
        return false;
    size_t statements = db_conn_statements(place->conn);
    size_t depth = (size_t)pool->process->settings->db.pipeline_depth;
    if (statements > 0 && statements + call->count > depth)
        return false;
    bool sent = db_conn_send(place->conn, call);
    if (statements == 0)
        stats_update(pool);
    return sent;
}

/* ---------------------------------------------------------------- life */

static const struct db_conn_events conn_events = {
    .up = on_up, .failed = on_failed, .answered = on_answered, .lost = on_lost};

static size_t keep_share(const struct settings_db *db, size_t connections) {
    if (db->max_open <= 0)
        return connections;
    size_t share = (size_t)(db->max_idle * (int64_t)connections / db->max_open);
    return share > 0 ? share : 1;
}

struct db_pool *db_pool_new(struct process *process, size_t connections,
                            const struct db_pool_events *events, void *owner) {
    struct db_pool *pool = xcalloc(1, sizeof(*pool));
    struct timeval sweep = {SWEEP_MS / 1000, 0};
    pool->process = process;
    pool->events = events;
    pool->owner = owner;
    pool->count = connections;
    pool->keep = keep_share(&process->settings->db, connections);
    pool->places = xcalloc(connections, sizeof(*pool->places));
    for (size_t i = 0; i < connections; i++)
        pool->places[i].conn = db_conn_new(process->base, process->settings, &conn_events, pool);
    pool->failure = "not connected yet";
    pool->backoff = (struct backoff){.least_ms = 50, .most_ms = 2000};
    pool->lost_ms = clock_ms();
    pool->dial = evtimer_new(process->base, on_dial, pool);
    pool->sweep = event_new(process->base, -1, EV_PERSIST, on_sweep, pool);
    event_add(pool->sweep, &sweep);
    dial(pool);
    return pool;
}

void db_pool_free(struct db_pool *pool, struct db_calls *unanswered) {
    struct db_call *call;
    for (size_t i = 0; i < pool->count; i++) {
        struct db_calls calls;
        db_conn_close(pool->places[i].conn, &calls);
        while ((call = db_calls_pop(&calls)))
            db_calls_push(unanswered, call);
        db_conn_free(pool->places[i].conn);
    }
    event_free(pool->dial);
    event_free(pool->sweep);
    free(pool->places);
    free(pool);
}
