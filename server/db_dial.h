/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes one connection to PostgreSQL on the loop: looks names up, tries each address of each host
 * for DB_CONNECT_TIMEOUT_MS, hands over a connection in pipeline mode. */
#ifndef DB_DIAL_H
#define DB_DIAL_H

#include <libpq-fe.h>

struct event_base;
struct settings;
struct db_dial;

/* pg is the caller's from now on; NULL with the last failure's message otherwise. */
typedef void db_dial_fn(void *arg, PGconn *pg, const char *failure);

/* Calls fn once, from the loop, never before this returns. turn: which host of a list is first. */
struct db_dial *db_dial_start(struct event_base *base, const struct settings *settings,
                              unsigned turn, db_dial_fn *fn, void *arg);
void db_dial_cancel(struct db_dial *dial);

#endif
