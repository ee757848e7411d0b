/* SPDX-License-Identifier: BSD-3-Clause */
/* Host names to addresses without holding up the loop: getaddrinfo() on a thread of its own. */
#ifndef DB_LOOKUP_H
#define DB_LOOKUP_H

struct event_base;
struct db_lookup;

/* addresses: numeric, ended by NULL, valid during the callback; NULL with a reason on failure. */
typedef void db_lookup_fn(void *arg, const char *const *addresses, const char *reason);

/* Calls fn once, from the loop, unless cancelled before. NULL when no thread can be started. */
struct db_lookup *db_lookup_start(struct event_base *base, const char *host, db_lookup_fn *fn,
                                  void *arg);
void db_lookup_cancel(struct db_lookup *lookup);

#endif
