/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connections of one process: opened as they are needed, kept at least one, retired when old or
 * idle, dialled again with full-jitter back-off when they are lost.
 */
#ifndef DB_POOL_H
#define DB_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include "db.h"
#include "db_conn.h"

struct process;
struct db_pool;

struct db_pool_events {
    void (*room)(void *owner); /* a connection has become able to take calls */
    void (*down)(void *owner); /* none is up and the last attempt failed */
    void (*answered)(void *owner, struct db_call *call);
    void (*late)(void *owner, struct db_call *call);   /* tell now; it stays the pool's */
    void (*lost)(void *owner, struct db_calls *calls); /* sent, unanswered, the owner's again */
};

struct db_pool *db_pool_new(struct process *process, size_t connections,
                            const struct db_pool_events *events, void *owner);
void db_pool_free(struct db_pool *pool, struct db_calls *unanswered);

/* Sends the call on the best connection with room for it; false: there is none now. */
bool db_pool_send(struct db_pool *pool, struct db_call *call);

/* Gives up connections whose oldest call is past its deadline. */
void db_pool_expire(struct db_pool *pool, int64_t now_ms);

bool db_pool_down(const struct db_pool *pool);       /* none is up and the last attempt failed */
bool db_pool_is_up(const struct db_pool *pool);      /* one at least */
int64_t db_pool_lost_ms(const struct db_pool *pool); /* when the last connection was lost */
const char *db_pool_failure(const struct db_pool *pool); /* short phrase, never NULL */
void db_pool_stats(const struct db_pool *pool, struct db_stats *stats);

#endif
