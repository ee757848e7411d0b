/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One connection to PostgreSQL in pipeline mode: calls go in, answered calls come out in the same
 * order. A call is answered when its sync is: nothing before that is known to be durable.
 */
#ifndef DB_CONN_H
#define DB_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include "db_call.h"

struct event_base;
struct settings;
struct db_conn;

/* All are called from the loop, never from within a function of this file that the owner calls. */
struct db_conn_events {
    void (*up)(void *owner, struct db_conn *conn);
    /* A dial failed: the connection is closed again. */
    void (*failed)(void *owner, struct db_conn *conn, const char *failure);
    /* The call is the owner's again, with status KN_DB_OK or KN_DB_REFUSED. */
    void (*answered)(void *owner, struct db_conn *conn, struct db_call *call);
    /* The connection is closed; calls were sent and not answered. They are the owner's. */
    void (*lost)(void *owner, struct db_conn *conn, struct db_calls *calls, const char *failure);
};

struct db_conn *db_conn_new(struct event_base *base, const struct settings *settings,
                            const struct db_conn_events *events, void *owner);
void db_conn_free(struct db_conn *conn); /* closed, see db_conn_close() */

/* Starts dialling; turn tells which host of a list comes first. */
void db_conn_open(struct db_conn *conn, unsigned turn);

/* Closes, in any state, without telling the owner; the unanswered calls go to *calls. */
void db_conn_close(struct db_conn *conn, struct db_calls *calls);

/* Sends a call; false when the connection turned out to be dead before the whole call was handed
 * over (it cannot have happened then): the call stays the owner's, lost() follows from the loop. */
bool db_conn_send(struct db_conn *conn, struct db_call *call);

bool db_conn_closed(const struct db_conn *conn);       /* neither up nor dialling */
bool db_conn_up(const struct db_conn *conn);           /* takes calls */
size_t db_conn_statements(const struct db_conn *conn); /* on their way */
struct db_call *
db_conn_oldest(const struct db_conn *conn); /* call under way, or NULL; then ->next */
int64_t db_conn_opened_ms(const struct db_conn *conn);
int64_t db_conn_idle_since_ms(const struct db_conn *conn);

#endif
