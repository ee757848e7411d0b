/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading categories. */
#include "menu.h"

#include <inttypes.h>
#include <stdlib.h>

#include "category.h"
#include "search.h"

/* $1 only active ones, $2 search term or NULL. */
#define CATEGORIES_WANTED                                                                          \
    " FROM categories WHERE (is_active OR NOT $1::boolean)"                                        \
    " AND ($2::text IS NULL OR strpos(lower(name), lower($2::text)) > 0"                           \
    " OR strpos(lower(description), lower($2::text)) > 0)"

static const struct kn_stmt categories_page = {
    .name = "menu.categories_page",
    .sql = "SELECT " CATEGORY_COLUMNS CATEGORIES_WANTED
           " ORDER BY sort_order, name, id LIMIT $3::bigint OFFSET $4::bigint",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt categories_count = {
    .name = "menu.categories_count",
    .sql = "SELECT count(*)" CATEGORIES_WANTED,
    .flags = KN_STMT_READ,
};

static const struct kn_stmt categories_all = {
    .name = "menu.categories",
    .sql = "SELECT " CATEGORY_COLUMNS " FROM categories WHERE is_active OR NOT $1::boolean"
           " ORDER BY sort_order, name, id",
    .flags = KN_STMT_READ,
};

static struct kn_json *categories_open(struct kn_req *req, const struct kn_db_reply *reply) {
    struct kn_json *json = kn_reply_open(req, 200, "Categories retrieved");
    kn_json_open_list(json, "data");
    for (size_t row = 0; row < kn_db_rows(reply, 0); row++)
        category_write(json, NULL, reply, row);
    kn_json_close_list(json);
    return json;
}

static const char *active_only(const struct kn_req *req) {
    return kn_req_query_true(req, "active_only") ? "true" : "false";
}

static void categories_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    categories_open(req, reply);
    kn_reply_send(req);
}

void categories_list(struct kn_req *req, void *state) {
    (void)state;
    kn_req_query_db(req, &categories_all, (const char *[]){active_only(req)}, 1, categories_listed);
}

static void categories_admin_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct kn_json *json = categories_open(req, reply);
    kn_json_page(json, kn_req_data(req), strtoll(kn_db_value(reply, 1, 0, 0), NULL, 10));
    kn_reply_send(req);
}

void categories_admin_list(struct kn_req *req, void *state) {
    (void)state;
    struct kn_page *page = kn_req_alloc(req, sizeof(*page));
    *page = kn_req_page(req, 20);
    kn_req_data_set(req, page);
    const char *params[] = {
        active_only(req),
        search_term(req),
        kn_req_printf(req, "%" PRId64, page->size),
        kn_req_printf(req, "%" PRId64, page->offset),
    };
    const struct kn_query queries[] = {
        {.stmt = &categories_page, .params = params, .param_count = 4},
        {.stmt = &categories_count, .params = params, .param_count = 2},
    };
    kn_req_db(req, queries, 2, categories_admin_listed);
}
