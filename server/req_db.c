/* SPDX-License-Identifier: BSD-3-Clause */
#include <kenangan.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "ctx.h"
#include "db.h"
#include "db_reply.h"
#include "log.h"
#include "modules.h"
#include "process.h"
#include "request.h"
#include "settings.h"

#define PROBE_TIMEOUT_MS 2000

struct req_call {
    struct kn_req *req;
    kn_req_db_fn *fn;
};

struct ctx_call {
    struct kn_ctx *ctx;
    kn_db_fn *fn;
    void *arg;
};

/* ---------------------------------------------------------------- asking */

static int64_t timeout_of(const struct process *process, const struct kn_query *queries) {
    int64_t timeout = process->settings->db.timeout;
    if (queries[0].stmt->flags & KN_STMT_PROBE && timeout > PROBE_TIMEOUT_MS)
        return PROBE_TIMEOUT_MS;
    return timeout;
}

/* A module that breaks the rules is stopped here, at its door, not deep inside the pipeline. */
static void count_check(struct kn_ctx *ctx, const struct kn_query *queries, size_t count) {
    bool writes = false;
    for (size_t i = 0; i < count; i++)
        writes = writes || !(queries[i].stmt->flags & KN_STMT_READ);
    if (count >= 1 && count <= DB_QUERIES_MAX && (count == 1 || !writes))
        return;
    log_write(KN_ERROR, ctx->module->name, NULL,
              "the module sent %zu queries in one call: 1 to %d are allowed, and one only if it "
              "changes something",
              count, DB_QUERIES_MAX);
    abort();
}

static void req_answered(void *arg, const struct kn_db_reply *reply) {
    struct req_call *call = arg;
    struct kn_req *req = call->req;
    int before = modules_enter(req->ctx);
    call->fn(req, reply);
    modules_leave(req->ctx, before);
    request_release(req);
}

void kn_req_db(struct kn_req *req, const struct kn_query *queries, size_t count, kn_req_db_fn *fn) {
    struct process *process = req->ctx->process;
    struct req_call *call = arena_alloc(req->arena, sizeof(*call));
    count_check(req->ctx, queries, count);
    *call = (struct req_call){req, fn};
    request_hold(req);
    db_send(process->db, req->id, queries, count, timeout_of(process, queries), req_answered, call);
}

void kn_req_query_db(struct kn_req *req, const struct kn_stmt *stmt, const char *const *params,
                     size_t param_count, kn_req_db_fn *fn) {
    struct kn_query query = {stmt, params, param_count};
    kn_req_db(req, &query, 1, fn);
}

static void ctx_answered(void *arg, const struct kn_db_reply *reply) {
    struct ctx_call *call = arg;
    int before = modules_enter(call->ctx);
    call->fn(call->arg, reply);
    modules_leave(call->ctx, before);
    free(call);
}

void kn_ctx_db(struct kn_ctx *ctx, const struct kn_query *queries, size_t count, kn_db_fn *fn,
               void *arg) {
    struct process *process = ctx->process;
    struct ctx_call *call = xmalloc(sizeof(*call));
    count_check(ctx, queries, count);
    *call = (struct ctx_call){ctx, fn, arg};
    db_send(process->db, NULL, queries, count, timeout_of(process, queries), ctx_answered, call);
}

/* ---------------------------------------------------------------- SQLSTATE to HTTP */

/* A domain error: SQLSTATE KN and the status, MESSAGE the code, DETAIL the text. */
static bool reply_domain_error(struct kn_req *req, const struct kn_db_reply *reply) {
    const char *sqlstate = kn_db_sqlstate(reply);
    const char *detail = db_reply_detail(reply);
    if (strncmp(sqlstate, "KN", 2) != 0)
        return false;
    int status = atoi(sqlstate + 2);
    if (status < 400 || status > 599)
        return false;
    if (status == 429 || status == 503) {
        const char *hint = db_reply_hint(reply); /* seconds, if the function knows */
        kn_reply_header(req, "Retry-After", isdigit((unsigned char)*hint) ? hint : "1");
    }
    kn_reply_error(req, status, kn_db_message(reply), "%s",
                   *detail ? detail : "The request was refused");
    return true;
}

static bool any_of(const struct kn_db_reply *reply, const char *const *sqlstates) {
    for (; *sqlstates; sqlstates++)
        if (db_reply_is(reply, *sqlstates))
            return true;
    return false;
}

/* It is PostgreSQL's state that is wrong, not the request: lost connections, no room, read-only,
 * conflicts that lasted, its own time limits. */
static bool is_unavailable(const struct kn_db_reply *reply) {
    static const char *const sqlstates[] = {"08",    "53",    "57P",   "58",    "25006",
                                            "40001", "40P01", "55P03", "57014", NULL};
    return kn_db_status(reply) == KN_DB_UNAVAILABLE || any_of(reply, sqlstates);
}

/* Values that validation let through and PostgreSQL does not take. */
static bool is_bad_value(const struct kn_db_reply *reply) {
    static const char *const sqlstates[] = {"22P02", "22003", "22007", "22008",
                                            "22021", "22P05", "22001", NULL};
    return any_of(reply, sqlstates);
}

void kn_reply_db_error(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) == KN_DB_UNCERTAIN) {
        kn_req_log(req, KN_WARN, "outcome unknown: %s", kn_db_message(reply));
        kn_reply_header(req, "Retry-After", "1");
        kn_reply_error(req, 503, "outcome_unknown",
                       "The connection to the database was lost before the answer came. Repeat the "
                       "same request with the same Idempotency-Key: it will not be done twice");
    } else if (is_unavailable(reply)) {
        kn_req_log(req, KN_WARN, "database unavailable: %s %s", kn_db_sqlstate(reply),
                   kn_db_message(reply));
        kn_reply_header(req, "Retry-After", "1");
        kn_reply_error(req, 503, "database_unavailable",
                       "The database is not available right now; please try again");
    } else if (reply_domain_error(req, reply)) {
        return;
    } else if (is_bad_value(reply)) {
        kn_req_log(req, KN_WARN, "value refused by PostgreSQL: %s %s", kn_db_sqlstate(reply),
                   kn_db_message(reply));
        kn_reply_error(req, 400, "invalid_value", "A value is out of range or not of its type");
    } else {
        kn_req_log(req, KN_ERROR, "PostgreSQL: %s %s%s%s", kn_db_sqlstate(reply),
                   kn_db_message(reply), *db_reply_detail(reply) ? ": " : "",
                   db_reply_detail(reply));
        kn_reply_error(req, 500, "internal_error", "Something went wrong on the server");
    }
}
