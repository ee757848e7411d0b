/* SPDX-License-Identifier: BSD-3-Clause */
#include "leader.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>

#include "arena.h"
#include "clock.h"
#include "db_conn.h"
#include "log.h"
#include "process.h"

#define TRY_MS   2000 /* between attempts, and between signs of life once it is held */
#define LIMIT_MS 4000 /* a connection that does not answer for so long is given up */

struct leader {
    struct process *process;
    struct db_conn *conn;
    struct event *tick;
    void (*changed)(void *arg, bool leads);
    void *arg;
    unsigned turn;
    bool leads;
};

/* The key spells "Kenangan". */
static const struct kn_stmt lock_stmt = {
    .name = "core.leader_lock",
    .sql = "SELECT pg_try_advisory_lock(x'4b656e616e67616e'::bigint)",
};

static const struct kn_stmt alive_stmt = {
    .name = "core.leader_alive", .sql = "SELECT true", .flags = KN_STMT_READ};

static void leads_set(struct leader *leader, bool leads) {
    if (leader->leads == leads)
        return;
    leader->leads = leads;
    log_write(KN_INFO, "leader", NULL,
              leads ? "this instance leads now: it runs the jobs that only one may run"
                    : "this instance does not lead any more");
    leader->changed(leader->arg, leads);
}

static void ask(struct leader *leader) {
    struct kn_query query = {leader->leads ? &alive_stmt : &lock_stmt, NULL, 0};
    struct db_call *call = db_call_new(NULL, &query, 1, NULL, NULL);
    call->deadline_ms = clock_ms() + LIMIT_MS;
    if (!db_conn_send(leader->conn, call))
        db_call_free(call);
}

static void on_up(void *owner, struct db_conn *conn) {
    (void)conn;
    ask(owner);
}

static void on_failed(void *owner, struct db_conn *conn, const char *failure) {
    (void)conn, (void)failure; /* the pool complains for all */
    struct leader *leader = owner;
    leader->turn++;
}

static void on_answered(void *owner, struct db_conn *conn, struct db_call *call) {
    (void)conn;
    struct leader *leader = owner;
    const char *held = kn_db_value(&call->reply, 0, 0, 0);
    leads_set(leader, held && *held == 't');
    db_call_free(call);
}

static void calls_free(struct db_calls *calls) {
    struct db_call *call;
    while ((call = db_calls_pop(calls)))
        db_call_free(call);
}

static void on_lost(void *owner, struct db_conn *conn, struct db_calls *calls,
                    const char *failure) {
    (void)conn, (void)failure;
    struct leader *leader = owner;
    calls_free(calls);
    leads_set(leader, false);
}

static const struct db_conn_events conn_events = {
    .up = on_up, .failed = on_failed, .answered = on_answered, .lost = on_lost};

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct leader *leader = arg;
    const struct db_call *oldest = db_conn_oldest(leader->conn);
    if (oldest && oldest->deadline_ms <= clock_ms()) {
        struct db_calls calls;
        db_conn_close(leader->conn, &calls);
        on_lost(leader, leader->conn, &calls, "timeout");
    } else if (db_conn_closed(leader->conn)) {
        db_conn_open(leader->conn, leader->turn);
    } else if (db_conn_up(leader->conn) && !oldest) {
        ask(leader);
    }
}

struct leader *leader_new(struct process *process, void (*changed)(void *arg, bool leads),
                          void *arg) {
    struct leader *leader = xcalloc(1, sizeof(*leader));
    struct timeval interval = {TRY_MS / 1000, 0};
    leader->process = process;
    leader->changed = changed;
    leader->arg = arg;
    leader->conn = db_conn_new(process->base, process->settings, &conn_events, leader);
    leader->tick = event_new(process->base, -1, EV_PERSIST, on_tick, leader);
    event_add(leader->tick, &interval);
    db_conn_open(leader->conn, 0);
    return leader;
}

bool leader_leads(const struct leader *leader) {
    return leader->leads;
}

void leader_free(struct leader *leader) {
    if (!leader)
        return;
    struct db_calls calls;
    db_conn_close(leader->conn, &calls);
    calls_free(&calls);
    db_conn_free(leader->conn);
    event_free(leader->tick);
    free(leader);
}
