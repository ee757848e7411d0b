/* SPDX-License-Identifier: BSD-3-Clause */
/* Adding, changing and deleting tables. */
#include "tables.h"

#include <string.h>

#include "table.h"

#define CLEARABLE (KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL)

/* Any word goes for status: only `occupied` and `available` have a meaning, in SQL. */
static const struct kn_field create_fields[] = {
    {.name = "table_number",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED,
     .min = 1,
     .max = 20,
     .missing = "missing_table_number"},
    {.name = "seating_capacity",
     .type = KN_FIELD_INTEGER,
     .min = 1,
     .max = 20,
     .invalid = "invalid_capacity"},
    {.name = "location", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 50},
    {.name = "is_occupied", .type = KN_FIELD_BOOLEAN},
    {.name = "qr_code", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 50},
    {.name = "status", .type = KN_FIELD_TEXT},
    {.name = NULL},
};

static const struct kn_field update_fields[] = {
    {.name = "table_number", .type = KN_FIELD_TEXT, .min = 1, .max = 20},
    {.name = "seating_capacity",
     .type = KN_FIELD_INTEGER,
     .min = 1,
     .max = 20,
     .invalid = "invalid_capacity"},
    {.name = "location", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 50},
    {.name = "is_occupied", .type = KN_FIELD_BOOLEAN},
    {.name = "qr_code", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 50},
    {.name = "status", .type = KN_FIELD_TEXT},
    {.name = NULL},
};

static const struct kn_stmt create_stmt = {
    .name = "tables.create",
    .sql = "SELECT " TABLE_COLUMNS " FROM table_create($1::jsonb) t" TABLE_ORDER,
};

static const struct kn_stmt update_stmt = {
    .name = "tables.update",
    .sql = "SELECT " TABLE_COLUMNS " FROM table_update($1::uuid, $2::jsonb) t" TABLE_ORDER,
};

static const struct kn_stmt delete_stmt = {
    .name = "tables.delete",
    .sql = "SELECT table_delete($1::uuid)",
};

/* A code is the last part of an address, and no address reaches one with slashes or dots alone. */
static bool is_reachable(const char *qr_code) {
    return !strpbrk(qr_code, "/\\") && strcmp(qr_code, ".") != 0 && strcmp(qr_code, "..") != 0;
}

/* NULL after an error has been replied. */
static const struct kn_form *table_form(struct kn_req *req, const struct kn_field *fields) {
    const struct kn_form *form = kn_req_form(req, fields);
    const char *qr_code = form ? kn_form_text(form, "qr_code") : NULL;
    if (qr_code && !is_reachable(qr_code)) {
        kn_reply_error(req, 400, "invalid_qr_code", "qr_code may not hold / or \\");
        return NULL;
    }
    return form;
}

static void table_reply(struct kn_req *req, const struct kn_db_reply *reply, int status,
                        const char *message) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    table_write(kn_reply_open(req, status, message), "data", reply, 0);
    kn_reply_send(req);
}

static void table_created(struct kn_req *req, const struct kn_db_reply *reply) {
    table_reply(req, reply, 201, "Table created");
}

void table_create(struct kn_req *req, void *state) {
    (void)state;
    const struct kn_form *form = table_form(req, create_fields);
    if (!form)
        return;
    const char *values = kn_form_json(form);
    kn_req_query_db(req, &create_stmt, &values, 1, table_created);
}

static void table_updated(struct kn_req *req, const struct kn_db_reply *reply) {
    table_reply(req, reply, 200, "Table updated");
}

/* A body without any known key is refused by table_update(): 400 no_fields. */
void table_update(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    const struct kn_form *form = id ? table_form(req, update_fields) : NULL;
    if (!form)
        return;
    kn_req_query_db(req, &update_stmt, (const char *[]){id, kn_form_json(form)}, 2, table_updated);
}

static void table_deleted(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK)
        kn_reply_db_error(req, reply);
    else
        kn_reply_done(req, 200, "Table deleted");
}

void table_delete(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    if (id)
        kn_req_query_db(req, &delete_stmt, &id, 1, table_deleted);
}
