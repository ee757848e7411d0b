/* SPDX-License-Identifier: BSD-3-Clause */
/* One transaction to be sent: its queries with copied parameters, who waits for it, and what came
 * back so far. A call is one block of memory. */
#ifndef DB_CALL_H
#define DB_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <kenangan.h>
#include "db_reply.h"

struct db_call {
    struct db_call *next;
    kn_db_fn *fn; /* NULL: was told already that its time is up */
    void *arg;
    const char *request_id; /* or NULL */
    const struct kn_query *queries;
    size_t count;
    bool read_only; /* every query is: may be sent again after a lost connection */
    int64_t started_us, sent_us;
    int64_t deadline_ms;
    int64_t queued_ms; /* since when it waits for a connection */
    int64_t retry_ms;  /* not before: after a serialization failure */
    unsigned losses;   /* connections lost under it */
    unsigned reprepares;
    unsigned conflicts;
    unsigned prepares;     /* bit i: a prepare goes ahead of query i in this attempt */
    size_t at;             /* query whose result comes next */
    bool prepare_answered; /* that query's prepare has been answered */
    struct kn_db_reply reply;
};

/* A queue of calls. Zeroed is empty. */
struct db_calls {
    struct db_call *head, *tail;
    size_t count;
};

struct db_call *db_call_new(const char *request_id, const struct kn_query *queries, size_t count,
                            kn_db_fn *fn, void *arg);
void db_call_free(struct db_call *call);

bool db_call_is_probe(const struct db_call *call);

/* Forgets the results of an earlier attempt. */
void db_call_rewind(struct db_call *call);

/* Takes the next result (and owns it). Returns the statement it has prepared or failed to, else
 * NULL; *ok tells whether the result is a success. */
const struct kn_stmt *db_call_take(struct db_call *call, PGresult *result, bool *ok);

void db_calls_push(struct db_calls *calls, struct db_call *call);
void db_calls_push_front(struct db_calls *calls, struct db_call *call);
struct db_call *db_calls_pop(struct db_calls *calls);

#endif
