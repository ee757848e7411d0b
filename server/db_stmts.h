/* SPDX-License-Identifier: BSD-3-Clause */
/* Which statements one connection has prepared, and under which names. */
#ifndef DB_STMTS_H
#define DB_STMTS_H

#include <stdbool.h>
#include <stddef.h>
#include <kenangan.h>

struct db_stmt {
    const struct kn_stmt *stmt; /* NULL: a free place */
    char name[60];              /* PostgreSQL keeps 63 bytes */
    bool prepared;              /* or on its way to be */
};

/* Zeroed is empty. */
struct db_stmts {
    struct db_stmt *places;
    size_t size, used;
    unsigned serial; /* makes names unique, also when a statement is prepared again */
};

/* The statement's entry, made when new; valid until the next call. */
struct db_stmt *db_stmts_get(struct db_stmts *stmts, const struct kn_stmt *stmt);

/* To be prepared again, under another name, when next used. */
void db_stmts_forget(struct db_stmts *stmts, const struct kn_stmt *stmt);
void db_stmts_clear(struct db_stmts *stmts);

#endif
