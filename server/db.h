/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PostgreSQL for one process: a pool of connections in pipeline mode. A call is one transaction:
 * its queries, one sync. Calls go to an idle connection; when all are busy they are pipelined up to
 * the configured depth, then queued, then refused as KN_DB_UNAVAILABLE.
 */
#ifndef DB_H
#define DB_H

#include <kenangan.h>

struct process;
struct db;

struct db_stats {
    int64_t open, in_use, idle;
};

struct db *db_new(struct process *process, int64_t connections);
void db_send(struct db *db, const char *request_id, const struct kn_query *queries, size_t count,
             int64_t timeout, kn_db_fn *fn, void *arg);
void db_stats(const struct db *db, struct db_stats *stats);

/* While PostgreSQL is known to be unreachable: why, in a short phrase without host names; else
 * NULL. */
const char *db_failure(const struct db *db);

/* Takes no new calls (they fail as unavailable); done() when the last one under way has answered.
 */
void db_drain(struct db *db, void (*done)(void *arg), void *arg);
void db_free(struct db *db);

/* A keyword/value connection string for libpq from the settings; malloc'd. Shared with migrate and
 * kenanganctl. */
struct settings;
char *db_conninfo(const struct settings *settings);

#endif
