/* SPDX-License-Identifier: BSD-3-Clause */
/* Adding, changing and deleting products. */
#include "menu.h"

#include "product.h"

#define PRICE_MAX 9999999999 /* 99 999 999.99 in minor units */
#define CLEARABLE (KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL)

static const struct kn_field create_fields[] = {
    {.name = "category_id",
     .type = KN_FIELD_UUID,
     .flags = KN_FIELD_REQUIRED | KN_FIELD_EMPTY_IS_NULL,
     .missing = "missing_category_id",
     .invalid = "invalid_uuid"},
    {.name = "name",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED,
     .min = 1,
     .max = 100,
     .missing = "missing_name"},
    {.name = "price",
     .type = KN_FIELD_MONEY,
     .flags = KN_FIELD_REQUIRED,
     .min = 1,
     .max = PRICE_MAX,
     .missing = "invalid_price"},
    {.name = "description", .type = KN_FIELD_TEXT, .flags = CLEARABLE},
    {.name = "image_url", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 500},
    {.name = "barcode", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 50},
    {.name = "sku", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 50},
    {.name = "is_available", .type = KN_FIELD_BOOLEAN},
    {.name = "preparation_time", .type = KN_FIELD_INTEGER, .max = INT32_MAX},
    {.name = "sort_order", .type = KN_FIELD_INTEGER, .max = INT32_MAX},
    {.name = NULL},
};

static const struct kn_field update_fields[] = {
    {.name = "category_id",
     .type = KN_FIELD_UUID,
     .flags = KN_FIELD_EMPTY_IS_NULL,
     .invalid = "invalid_uuid"},
    {.name = "name", .type = KN_FIELD_TEXT, .min = 1, .max = 100},
    {.name = "price", .type = KN_FIELD_MONEY, .min = 1, .max = PRICE_MAX},
    {.name = "description", .type = KN_FIELD_TEXT, .flags = CLEARABLE},
    {.name = "image_url", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 500},
    {.name = "barcode", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 50},
    {.name = "sku", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 50},
    {.name = "is_available", .type = KN_FIELD_BOOLEAN},
    {.name = "preparation_time", .type = KN_FIELD_INTEGER, .max = INT32_MAX},
    {.name = "sort_order", .type = KN_FIELD_INTEGER, .max = INT32_MAX},
    {.name = NULL},
};

static const struct kn_stmt create_stmt = {
    .name = "menu.product_create",
    .sql = "SELECT " PRODUCT_COLUMNS " FROM product_create($1::jsonb) p" PRODUCT_CATEGORY,
};

static const struct kn_stmt update_stmt = {
    .name = "menu.product_update",
    .sql = "SELECT " PRODUCT_COLUMNS " FROM product_update($1::uuid, $2::jsonb) p" PRODUCT_CATEGORY,
};

static const struct kn_stmt delete_stmt = {
    .name = "menu.product_delete",
    .sql = "SELECT product_delete($1::uuid)",
};

static void product_reply(struct kn_req *req, const struct kn_db_reply *reply, int status,
                          const char *message) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    product_write(kn_reply_open(req, status, message), "data", reply, 0, 0);
    kn_reply_send(req);
}

static void product_created(struct kn_req *req, const struct kn_db_reply *reply) {
    product_reply(req, reply, 201, "Product created");
}

void product_create(struct kn_req *req, void *state) {
    (void)state;
    const struct kn_form *form = kn_req_form(req, create_fields);
    if (!form)
        return;
    const char *values = kn_form_json(form);
    kn_req_query_db(req, &create_stmt, &values, 1, product_created);
}

static void product_updated(struct kn_req *req, const struct kn_db_reply *reply) {
    product_reply(req, reply, 200, "Product updated");
}

void product_update(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    const struct kn_form *form = id ? kn_req_form(req, update_fields) : NULL;
    if (!form)
        return;
    kn_req_query_db(req, &update_stmt, (const char *[]){id, kn_form_json(form)}, 2,
                    product_updated);
}

static void product_deleted(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct kn_json *json = kn_reply_open(req, 200, "Product deleted");
    kn_json_open(json, "data");
    kn_json_text(json, "product_id", kn_req_data(req));
    kn_json_boolean(json, "deleted", true);
    kn_json_close(json);
    kn_reply_send(req);
}

void product_delete(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    if (!id)
        return;
    kn_req_data_set(req, kn_req_strdup(req, id));
    kn_req_query_db(req, &delete_stmt, &id, 1, product_deleted);
}
