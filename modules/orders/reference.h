/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names that orders show but do not own (products, tables, staff), kept in memory by id so that
 * hot reads need no joins. Each entry holds its finished JSON object.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <kenangan.h>

struct reference_entry {
    char id[37];
    char *name;        /* product name, table number, username */
    char *description; /* products only; "" when there is none */
    char *json;        /* the embedded object, ready to write */
    size_t json_length;
};

struct reference {
    struct kn_ctx *ctx;
    struct kn_watch *watch;
    const struct kn_stmt *load; /* rows ordered by id, see reference.c */
    void (*write)(struct kn_json *json, const struct kn_db_reply *reply, size_t row);
    struct reference_entry *entries; /* ordered by id */
    size_t count;
};

void reference_products_setup(struct reference *reference, struct kn_ctx *ctx);
void reference_tables_setup(struct reference *reference, struct kn_ctx *ctx);
void reference_staff_setup(struct reference *reference, struct kn_ctx *ctx);
void reference_free(struct reference *reference);

/* NULL when id is NULL or not in memory. */
const struct reference_entry *reference_find(const struct reference *reference, const char *id);

#endif
