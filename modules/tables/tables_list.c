/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading tables: the floor, the office, a single one, and the one behind a QR code. */
#include "tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define OFFICE_PAGE 20

/* $1 part of the location or NULL, $2 whether occupied or NULL. */
#define TABLES_WANTED                                                                              \
    " WHERE ($1::text IS NULL OR strpos(lower(t.location), lower($1::text)) > 0)"                  \
    " AND ($2::boolean IS NULL OR t.is_occupied = $2::boolean)"

/* $3 search term or NULL. */
#define TABLES_FOUND                                                                               \
    TABLES_WANTED " AND ($3::text IS NULL"                                                         \
                  " OR strpos(lower(t.table_number), lower($3::text)) > 0"                         \
                  " OR strpos(lower(t.location), lower($3::text)) > 0)"

static const struct kn_stmt tables_all = {
    .name = "tables.list",
    .sql = "SELECT " TABLE_COLUMNS " FROM dining_tables t" TABLE_ORDER TABLES_WANTED
           " ORDER BY t.table_number",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt tables_page = {
    .name = "tables.page",
    .sql = "SELECT " TABLE_COLUMNS " FROM dining_tables t" TABLE_ORDER TABLES_FOUND
           " ORDER BY t.table_number LIMIT $4::bigint OFFSET $5::bigint",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt tables_count = {
    .name = "tables.count",
    .sql = "SELECT count(*) FROM dining_tables t" TABLES_FOUND,
    .flags = KN_STMT_READ,
};

static const struct kn_stmt table_read = {
    .name = "tables.one",
    .sql = "SELECT " TABLE_COLUMNS " FROM dining_tables t" TABLE_ORDER " WHERE t.id = $1::uuid",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt table_qr_read = {
    .name = "tables.by_qr",
    .sql = "SELECT id, table_number, seating_capacity, location FROM dining_tables"
           " WHERE qr_code = $1::text",
    .flags = KN_STMT_READ,
};

static struct kn_json *tables_open(struct kn_req *req, const struct kn_db_reply *reply) {
    struct kn_json *json = kn_reply_open(req, 200, "Tables retrieved");
    kn_json_open_list(json, "data");
    for (size_t row = 0; row < kn_db_rows(reply, 0); row++)
        table_write(json, NULL, reply, row);
    kn_json_close_list(json);
    return json;
}

/* A filter that says something, or NULL: the client sends empty ones along. */
static const char *filter(const struct kn_req *req, const char *name) {
    const char *value = kn_req_query(req, name, 0);
    return value && *value ? value : NULL;
}

/* ---- the floor */

static void tables_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    tables_open(req, reply);
    kn_reply_send(req);
}

void tables_list(struct kn_req *req, void *state) {
    (void)state;
    const char *occupied = NULL;
    if (kn_req_query_true(req, "occupied_only"))
        occupied = "true";
    else if (kn_req_query_true(req, "available_only"))
        occupied = "false";
    kn_req_query_db(req, &tables_all, (const char *[]){filter(req, "location"), occupied}, 2,
                    tables_listed);
}

/* ---- the office */

/* The office sends `limit` and cannot turn pages: a small limit would hide tables from it. */
static struct kn_page office_page(const struct kn_req *req) {
    struct kn_page page = kn_req_page(req, OFFICE_PAGE);
    if (page.size >= OFFICE_PAGE || kn_req_query(req, "per_page", 0))
        return page;
    int64_t skipped = kn_req_query(req, "offset", 0) ? page.offset : -1;
    page.size = OFFICE_PAGE;
    page.offset = skipped >= 0 ? skipped : (page.number - 1) * page.size;
    page.number = page.offset / page.size + 1;
    return page;
}

/* Words other than these two mean no filter. */
static const char *occupancy(const struct kn_req *req) {
    const char *status = kn_req_query(req, "status", 0);
    if (status && strcmp(status, "occupied") == 0)
        return "true";
    return status && strcmp(status, "available") == 0 ? "false" : NULL;
}

static void tables_admin_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct kn_json *json = tables_open(req, reply);
    kn_json_page(json, kn_req_data(req), strtoll(kn_db_value(reply, 1, 0, 0), NULL, 10));
    kn_reply_send(req);
}

void tables_admin_list(struct kn_req *req, void *state) {
    (void)state;
    struct kn_page *page = kn_req_alloc(req, sizeof(*page));
    *page = office_page(req);
    kn_req_data_set(req, page);
    const char *params[] = {
        filter(req, "location"),
        occupancy(req),
        filter(req, "search"),
        kn_req_printf(req, "%" PRId64, page->size),
        kn_req_printf(req, "%" PRId64, page->offset),
    };
    const struct kn_query queries[] = {
        {.stmt = &tables_page, .params = params, .param_count = 5},
        {.stmt = &tables_count, .params = params, .param_count = 3},
    };
    kn_req_db(req, queries, 2, tables_admin_listed);
}

/* ---- one table */

/* True when there is a row; replies the error otherwise. */
static bool table_found(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return false;
    }
    if (kn_db_rows(reply, 0) == 0) {
        kn_reply_error(req, 404, "table_not_found", "Table not found");
        return false;
    }
    return true;
}

static void table_got(struct kn_req *req, const struct kn_db_reply *reply) {
    if (!table_found(req, reply))
        return;
    table_write(kn_reply_open(req, 200, "Table retrieved"), "data", reply, 0);
    kn_reply_send(req);
}

void table_get(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    if (id)
        kn_req_query_db(req, &table_read, &id, 1, table_got);
}

static void table_by_qr_got(struct kn_req *req, const struct kn_db_reply *reply) {
    if (!table_found(req, reply))
        return;
    const char *location = kn_db_value(reply, 0, 0, 3);
    struct kn_json *json = kn_reply_open(req, 200, "Table retrieved");
    kn_json_open(json, "data");
    kn_json_text(json, "id", kn_db_value(reply, 0, 0, 0));
    kn_json_text(json, "table_number", kn_db_value(reply, 0, 0, 1));
    kn_json_number(json, "seating_capacity", kn_db_value(reply, 0, 0, 2));
    if (location)
        kn_json_text(json, "location", location);
    kn_json_close(json);
    kn_reply_send(req);
}

void table_by_qr(struct kn_req *req, void *state) {
    (void)state;
    const char *qr_code = kn_req_param(req, "qr_code");
    kn_req_query_db(req, &table_qr_read, &qr_code, 1, table_by_qr_got);
}
