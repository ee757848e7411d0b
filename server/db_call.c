/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_call.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

static size_t text_size(const char *text) {
    return text ? strlen(text) + 1 : 0;
}

static size_t params_size(const struct kn_query *query) {
    size_t size = query->param_count * sizeof(char *);
    for (size_t i = 0; i < query->param_count; i++)
        size += text_size(query->params[i]);
    return size;
}

static char *text_copy(char **room, const char *text) {
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*room, text, size);
    *room += size;
    return copy;
}

/* The block: the call, its queries, all parameter pointers, then all texts. */
struct db_call *db_call_new(const char *request_id, const struct kn_query *queries, size_t count,
                            kn_db_fn *fn, void *arg) {
    size_t size = sizeof(struct db_call) + count * sizeof(*queries) + text_size(request_id);
    size_t pointers = 0;
    for (size_t i = 0; i < count; i++) {
        size += params_size(&queries[i]);
        pointers += queries[i].param_count;
    }
    struct db_call *call = xmalloc(size);
    *call = (struct db_call){.fn = fn, .arg = arg, .count = count, .read_only = true};
    struct kn_query *copies = (struct kn_query *)(call + 1);
    const char **params = (const char **)(copies + count);
    char *texts = (char *)(params + pointers);
    for (size_t i = 0; i < count; i++) {
        copies[i] = (struct kn_query){queries[i].stmt, params, queries[i].param_count};
        for (size_t j = 0; j < queries[i].param_count; j++)
            *params++ = text_copy(&texts, queries[i].params[j]);
        if (!(queries[i].stmt->flags & KN_STMT_READ))
            call->read_only = false;
    }
    call->queries = copies;
    call->request_id = text_copy(&texts, request_id);
    return call;
}

void db_call_free(struct db_call *call) {
    db_reply_clear(&call->reply);
    free(call);
}

bool db_call_is_probe(const struct db_call *call) {
    return call->queries[0].stmt->flags & KN_STMT_PROBE;
}

void db_call_rewind(struct db_call *call) {
    db_reply_clear(&call->reply);
    call->prepares = 0;
    call->at = 0;
    call->prepare_answered = false;
}

static void keep_error(struct kn_db_reply *reply, PGresult *result) {
    reply->status = KN_DB_REFUSED;
    if (reply->error || PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
        PQclear(result);
    else
        reply->error = result;
}

const struct kn_stmt *db_call_take(struct db_call *call, PGresult *result, bool *ok) {
    ExecStatusType status = PQresultStatus(result);
    *ok = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    if (!*ok)
        keep_error(&call->reply, result);
    if (call->at == call->count) { /* an error found at the sync, such as a deferred constraint */
        if (*ok)
            PQclear(result);
        return NULL;
    }
    const struct kn_stmt *stmt = call->queries[call->at].stmt;
    if (call->prepares & (1u << call->at) && !call->prepare_answered) {
        call->prepare_answered = true;
        if (*ok)
            PQclear(result);
        return stmt;
    }
    call->at++;
    call->prepare_answered = false;
    if (*ok)
        call->reply.results[call->reply.count++] = result;
    return NULL;
}

void db_calls_push(struct db_calls *calls, struct db_call *call) {
    call->next = NULL;
    if (calls->tail)
        calls->tail->next = call;
    else
        calls->head = call;
    calls->tail = call;
    calls->count++;
}

void db_calls_push_front(struct db_calls *calls, struct db_call *call) {
    call->next = calls->head;
    calls->head = call;
    if (!calls->tail)
        calls->tail = call;
    calls->count++;
}

struct db_call *db_calls_pop(struct db_calls *calls) {
    struct db_call *call = calls->head;
    if (!call)
        return NULL;
    calls->head = call->next;
    if (!calls->head)
        calls->tail = NULL;
    calls->count--;
    call->next = NULL;
    return call;
}
