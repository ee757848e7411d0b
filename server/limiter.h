/* SPDX-License-Identifier: BSD-3-Clause */
/* Rate limits: token buckets in memory shared by the workers of an instance. */
#ifndef LIMITER_H
#define LIMITER_H

#include <stdbool.h>
#include <kenangan.h>

struct process;
struct limiter;
struct limiter_table;
struct router;

struct limiter_table *limiter_table_new(void); /* by the master, before forking; survives reloads */
void limiter_table_free(struct limiter_table *table);

struct limiter *limiter_new(struct process *process);
int limiter_resolve(struct limiter *limiter, struct router *router, char **error);
/* Takes a token from each limiter of req->route keyed without the user; false after replying 429.
 */
bool limiter_admit(struct limiter *limiter, struct kn_req *req);
/* The same for those keyed by the user, once it is known. */
bool limiter_admit_user(struct limiter *limiter, struct kn_req *req);
/* Gives tokens of accepted_only limiters back when the request was refused. */
void limiter_settle(struct limiter *limiter, struct kn_req *req, int status);
void limiter_free(struct limiter *limiter);

#endif
