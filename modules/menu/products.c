/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading products: lists for ordering screens and the office, and a single one. */
#include "menu.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "product.h"
#include "search.h"

/* $1 category, $2 availability, $3 search term; NULL takes all. */
#define PRODUCTS_WANTED                                                                            \
    " FROM products p" PRODUCT_CATEGORY " WHERE p.deleted_at IS NULL"                              \
    " AND ($1::uuid IS NULL OR p.category_id = $1::uuid)"                                          \
    " AND ($2::boolean IS NULL OR p.is_available = $2::boolean)"                                   \
    " AND ($3::text IS NULL OR strpos(lower(p.name), lower($3::text)) > 0"                         \
    " OR strpos(lower(p.description), lower($3::text)) > 0)"

#define PRODUCTS_ORDER " ORDER BY p.sort_order, p.name, p.id"

static const struct kn_stmt products_page = {
    .name = "menu.products_page",
    .sql = "SELECT " PRODUCT_COLUMNS PRODUCTS_WANTED PRODUCTS_ORDER
           " LIMIT $4::bigint OFFSET $5::bigint",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt products_count = {
    .name = "menu.products_count",
    .sql = "SELECT count(*)" PRODUCTS_WANTED,
    .flags = KN_STMT_READ,
};

static const struct kn_stmt products_all = {
    .name = "menu.products_of_category",
    .sql = "SELECT " PRODUCT_COLUMNS " FROM products p" PRODUCT_CATEGORY
           " WHERE p.deleted_at IS NULL AND p.category_id = $1::uuid"
           " AND (p.is_available OR NOT $2::boolean)" PRODUCTS_ORDER,
    .flags = KN_STMT_READ,
};

static const struct kn_stmt product_read = {
    .name = "menu.product",
    .sql = "SELECT " PRODUCT_COLUMNS " FROM products p" PRODUCT_CATEGORY
           " WHERE p.deleted_at IS NULL AND p.id = $1::uuid",
    .flags = KN_STMT_READ,
};

static struct kn_json *products_open(struct kn_req *req, const struct kn_db_reply *reply) {
    struct kn_json *json = kn_reply_open(req, 200, "Products retrieved");
    kn_json_open_list(json, "data");
    for (size_t row = 0; row < kn_db_rows(reply, 0); row++)
        product_write(json, NULL, reply, 0, row);
    kn_json_close_list(json);
    return json;
}

static void products_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct kn_json *json = products_open(req, reply);
    kn_json_page(json, kn_req_data(req), strtoll(kn_db_value(reply, 1, 0, 0), NULL, 10));
    kn_reply_send(req);
}

/* "true" and "false" choose, anything else takes both. */
static const char *availability(const struct kn_req *req) {
    const char *available = kn_req_query(req, "available", 0);
    bool chooses = available && (!strcmp(available, "true") || !strcmp(available, "false"));
    return chooses ? available : NULL;
}

static void products_page_send(struct kn_req *req, int64_t default_size) {
    struct kn_page *page = kn_req_alloc(req, sizeof(*page));
    *page = kn_req_page(req, default_size);
    const char *params[5] = {[1] = availability(req), [2] = search_term(req)};
    if (!kn_req_query_uuid(req, "category_id", &params[0]))
        return;
    params[3] = kn_req_printf(req, "%" PRId64, page->size);
    params[4] = kn_req_printf(req, "%" PRId64, page->offset);
    kn_req_data_set(req, page);
    const struct kn_query queries[] = {
        {.stmt = &products_page, .params = params, .param_count = 5},
        {.stmt = &products_count, .params = params, .param_count = 3},
    };
    kn_req_db(req, queries, 2, products_listed);
}

/* Ordering screens ask without paging keys and show whatever comes back: hence 100. */
void products_list(struct kn_req *req, void *state) {
    (void)state;
    products_page_send(req, 100);
}

void products_admin_list(struct kn_req *req, void *state) {
    (void)state;
    products_page_send(req, 20);
}

static void products_of_category_read(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    products_open(req, reply);
    kn_reply_send(req);
}

void products_of_category(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    if (!id)
        return;
    const char *available_only = kn_req_query_true(req, "available_only") ? "true" : "false";
    kn_req_query_db(req, &products_all, (const char *[]){id, available_only}, 2,
                    products_of_category_read);
}

static void product_got(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    if (kn_db_rows(reply, 0) == 0) {
        kn_reply_error(req, 404, "product_not_found", "Product not found");
        return;
    }
    product_write(kn_reply_open(req, 200, "Product retrieved"), "data", reply, 0, 0);
    kn_reply_send(req);
}

void product_get(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    if (id)
        kn_req_query_db(req, &product_read, &id, 1, product_got);
}
