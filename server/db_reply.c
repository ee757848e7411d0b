/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_reply.h"

#include <string.h>

void db_reply_clear(struct kn_db_reply *reply) {
    for (size_t i = 0; i < reply->count; i++)
        PQclear(reply->results[i]);
    PQclear(reply->error);
    *reply = (struct kn_db_reply){0};
}

static const char *error_field(const struct kn_db_reply *reply, int field) {
    const char *text = reply->error ? PQresultErrorField(reply->error, field) : NULL;
    return text ? text : "";
}

const char *db_reply_detail(const struct kn_db_reply *reply) {
    return error_field(reply, PG_DIAG_MESSAGE_DETAIL);
}

const char *db_reply_hint(const struct kn_db_reply *reply) {
    return error_field(reply, PG_DIAG_MESSAGE_HINT);
}

bool db_reply_is(const struct kn_db_reply *reply, const char *sqlstate) {
    return strncmp(kn_db_sqlstate(reply), sqlstate, strlen(sqlstate)) == 0;
}

enum kn_db_status kn_db_status(const struct kn_db_reply *reply) {
    return reply->status;
}

const char *kn_db_sqlstate(const struct kn_db_reply *reply) {
    return error_field(reply, PG_DIAG_SQLSTATE);
}

const char *kn_db_message(const struct kn_db_reply *reply) {
    if (!reply->error)
        return reply->reason ? reply->reason : "";
    const char *primary = error_field(reply, PG_DIAG_MESSAGE_PRIMARY);
    return *primary ? primary : PQresultErrorMessage(reply->error);
}

size_t kn_db_rows(const struct kn_db_reply *reply, size_t query) {
    if (reply->status != KN_DB_OK || query >= reply->count)
        return 0;
    return (size_t)PQntuples(reply->results[query]);
}

const char *kn_db_value(const struct kn_db_reply *reply, size_t query, size_t row, size_t column) {
    if (row >= kn_db_rows(reply, query))
        return NULL;
    const PGresult *result = reply->results[query];
    if (column >= (size_t)PQnfields(result) || PQgetisnull(result, (int)row, (int)column))
        return NULL;
    return PQgetvalue(result, (int)row, (int)column);
}
