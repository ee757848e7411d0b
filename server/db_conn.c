/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_conn.h"

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db_dial.h"
#include "db_stmts.h"
#include "log.h"

struct db_conn {
    struct event_base *base;
    const struct settings *settings;
    const struct db_conn_events *events;
    void *owner;
    struct db_dial *dial;
    PGconn *pg;
    struct event *readable, *writable;
    struct db_calls calls; /* on their way, in the order they were sent */
    size_t statements;
    struct db_stmts stmts;
    int64_t opened_ms, idle_since_ms;
    char *broken; /* why; torn down by on_readable() */
};

/* Only notes it: callers may be deep inside a callback. */
static void break_off(struct db_conn *conn, const char *failure) {
    if (conn->broken)
        return;
    conn->broken = xstrdup(failure && *failure ? failure : "connection lost");
    conn->broken[strcspn(conn->broken, "\n")] = '\0';
    event_active(conn->readable, EV_READ, 0);
}

static void closed(struct db_conn *conn) {
    db_dial_cancel(conn->dial);
    conn->dial = NULL;
    if (conn->readable) { /* before libpq closes the descriptor */
        event_free(conn->readable);
        event_free(conn->writable);
    }
    conn->readable = conn->writable = NULL;
    PQfinish(conn->pg);
    conn->pg = NULL;
    db_stmts_clear(&conn->stmts);
    conn->statements = 0;
    free(conn->broken);
    conn->broken = NULL;
}

void db_conn_close(struct db_conn *conn, struct db_calls *calls) {
    *calls = conn->calls;
    conn->calls = (struct db_calls){0};
    closed(conn);
}

static void lose(struct db_conn *conn) {
    struct db_calls calls;
    char *failure = conn->broken;
    conn->broken = NULL;
    db_conn_close(conn, &calls);
    conn->events->lost(conn->owner, conn, &calls, failure);
    free(failure);
}

/* ---------------------------------------------------------------- sending */

static void flush(struct db_conn *conn) {
    int left = PQflush(conn->pg);
    if (left > 0)
        event_add(conn->writable, NULL);
    else if (left < 0)
        break_off(conn, PQerrorMessage(conn->pg));
}

static bool query_send(struct db_conn *conn, struct db_call *call, size_t index) {
    const struct kn_query *query = &call->queries[index];
    if (call->reprepares > 0) /* rely on no other call's prepare this time */
        db_stmts_forget(&conn->stmts, query->stmt);
    struct db_stmt *stmt = db_stmts_get(&conn->stmts, query->stmt);
    if (!stmt->prepared) {
        if (!PQsendPrepare(conn->pg, stmt->name, query->stmt->sql, 0, NULL))
            return false;
        stmt->prepared = true;
        call->prepares |= 1u << index;
    }
    return PQsendQueryPrepared(conn->pg, stmt->name, (int)query->param_count, query->params, NULL,
                               NULL, 0) == 1;
}

/* Without its sync a transaction is rolled back when the connection ends, so a call counts as sent
 * only from PQpipelineSync() on. That function also writes to the socket: libpq 15 cannot gather
 * the calls of one loop turn into one write. */
bool db_conn_send(struct db_conn *conn, struct db_call *call) {
    if (conn->broken)
        return false;
    db_call_rewind(call);
    for (size_t i = 0; i < call->count; i++)
        if (!query_send(conn, call, i)) {
            break_off(conn, PQerrorMessage(conn->pg));
            return false;
        }
    db_calls_push(&conn->calls, call);
    conn->statements += call->count;
    if (PQpipelineSync(conn->pg) != 1)
        break_off(conn, PQerrorMessage(conn->pg));
    else
        flush(conn);
    return true;
}

/* ---------------------------------------------------------------- receiving */

static bool is_fatal(const PGresult *result) {
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!sqlstate) /* libpq's own complaint: the connection is gone */
        return true;
    return (severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0)) ||
           strncmp(sqlstate, "57P0", 4) == 0 || strncmp(sqlstate, "08", 2) == 0;
}

/* An idle backend that is told to go says so in a notice. */
static void on_notice(void *arg, const PGresult *result) {
    struct db_conn *conn = arg;
    if (PQresultErrorField(result, PG_DIAG_SQLSTATE) && is_fatal(result))
        break_off(conn, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    else if (log_wants(KN_DEBUG))
        log_write(KN_DEBUG, "db", NULL, "notice: %s", PQresultErrorMessage(result));
}

/* Statements whose names may be stale: prepared again before their next use. */
static void stmts_forget(struct db_conn *conn, const struct db_call *call) {
    for (size_t i = 0; i < call->count; i++)
        db_stmts_forget(&conn->stmts, call->queries[i].stmt);
}

static void call_end(struct db_conn *conn) {
    struct db_call *call = db_calls_pop(&conn->calls);
    conn->statements -= call->count;
    if (!conn->calls.head)
        conn->idle_since_ms = clock_ms();
    if (db_reply_is(&call->reply, "0A000") || db_reply_is(&call->reply, "26000"))
        stmts_forget(conn, call);
    conn->events->answered(conn->owner, conn, call);
}

static void result_take(struct db_conn *conn, PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        call_end(conn);
        return;
    }
    if (status == PGRES_FATAL_ERROR && is_fatal(result)) {
        break_off(conn, PQresultErrorMessage(result));
        PQclear(result);
        return;
    }
    bool ok;
    const struct kn_stmt *prepare = db_call_take(conn->calls.head, result, &ok);
    if (prepare && !ok)
        db_stmts_forget(&conn->stmts, prepare);
}

/* NULLs only separate results; the sync alone ends a call. Several NULLs in a row are none of the
 * protocol's: libpq has given up. */
static void results_read(struct db_conn *conn) {
    unsigned nulls = 0;
    while (conn->calls.head && !conn->broken && !PQisBusy(conn->pg)) {
        PGresult *result = PQgetResult(conn->pg);
        if (result) {
            nulls = 0;
            result_take(conn, result);
        } else if (++nulls > 3) {
            break_off(conn, PQerrorMessage(conn->pg));
        }
    }
    if (!conn->calls.head && !conn->broken)
        PQisBusy(conn->pg); /* parses what comes unasked, such as notices */
}

/* Nobody here listens; a channel left on by a function must not pile up. */
static void notifies_drop(struct db_conn *conn) {
    PGnotify *notify;
    while ((notify = PQnotifies(conn->pg)))
        PQfreemem(notify);
}

static void on_readable(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct db_conn *conn = arg;
    bool at_end = !conn->broken && !PQconsumeInput(conn->pg);
    if (!conn->broken && !at_end)
        flush(conn);
    if (!conn->broken)
        results_read(conn); /* also what came before the end */
    if (at_end)
        break_off(conn, PQerrorMessage(conn->pg));
    if (conn->broken)
        lose(conn);
    else
        notifies_drop(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct db_conn *conn = arg;
    if (!conn->broken)
        flush(conn);
}

/* ---------------------------------------------------------------- opening */

static void on_dialled(void *arg, PGconn *pg, const char *failure) {
    struct db_conn *conn = arg;
    conn->dial = NULL;
    if (!pg) {
        conn->events->failed(conn->owner, conn, failure);
        return;
    }
    conn->pg = pg;
    PQsetNoticeReceiver(pg, on_notice, conn);
    conn->readable = event_new(conn->base, PQsocket(pg), EV_READ | EV_PERSIST, on_readable, conn);
    conn->writable = event_new(conn->base, PQsocket(pg), EV_WRITE, on_writable, conn);
    event_add(conn->readable, NULL);
    conn->opened_ms = conn->idle_since_ms = clock_ms();
    conn->events->up(conn->owner, conn);
}

void db_conn_open(struct db_conn *conn, unsigned turn) {
    conn->dial = db_dial_start(conn->base, conn->settings, turn, on_dialled, conn);
}

struct db_conn *db_conn_new(struct event_base *base, const struct settings *settings,
                            const struct db_conn_events *events, void *owner) {
    struct db_conn *conn = xcalloc(1, sizeof(*conn));
    conn->base = base;
    conn->settings = settings;
    conn->events = events;
    conn->owner = owner;
    return conn;
}

void db_conn_free(struct db_conn *conn) {
    if (!conn)
        return;
    closed(conn);
    free(conn);
}

bool db_conn_closed(const struct db_conn *conn) {
    return !conn->pg && !conn->dial;
}

bool db_conn_up(const struct db_conn *conn) {
    return conn->pg && !conn->broken;
}

size_t db_conn_statements(const struct db_conn *conn) {
    return conn->statements;
}

struct db_call *db_conn_oldest(const struct db_conn *conn) {
    return conn->calls.head;
}

int64_t db_conn_opened_ms(const struct db_conn *conn) {
    return conn->opened_ms;
}

int64_t db_conn_idle_since_ms(const struct db_conn *conn) {
    return conn->idle_since_ms;
}
