/* SPDX-License-Identifier: BSD-3-Clause */
/* What PostgreSQL answered to one call: the results of its queries, or why there are none. */
#ifndef DB_REPLY_H
#define DB_REPLY_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <kenangan.h>

#define DB_QUERIES_MAX 8

struct kn_db_reply {
    enum kn_db_status status;
    size_t count;                      /* queries that have a result */
    PGresult *results[DB_QUERIES_MAX]; /* owned */
    PGresult *error;                   /* owned: the first error PostgreSQL reported */
    const char *reason;                /* static text when there is no error result */
};

void db_reply_clear(struct kn_db_reply *reply);

/* The DETAIL and HINT of the error; "" when there is none. */
const char *db_reply_detail(const struct kn_db_reply *reply);
const char *db_reply_hint(const struct kn_db_reply *reply);

/* True when the SQLSTATE is the given one, or of the given class when that has two characters. */
bool db_reply_is(const struct kn_db_reply *reply, const char *sqlstate);

#endif
