/* SPDX-License-Identifier: BSD-3-Clause */
/* Placing an order. */
#include <string.h>

#include "get.h"
#include "order_json.h"
#include "orders.h"

#define ITEMS_MAX 200

static const struct kn_stmt place = {
    "orders.place",
    "SELECT " ORDER_LINE_COLUMNS
    " FROM order_place('staff', $1::text, $2, $1::text::uuid, $3, $4, $5, $6, $7,"
    " $8, $9, $10, encode(sha256(convert_to($11, 'UTF8')), 'base64'))",
    0};

static const struct kn_field item_fields[] = {
    {.name = "product_id",
     .type = KN_FIELD_UUID,
     .flags = KN_FIELD_REQUIRED,
     .missing = "product_not_found"},
    {.name = "quantity",
     .type = KN_FIELD_INTEGER,
     .flags = KN_FIELD_REQUIRED,
     .min = 1,
     .max = 1000,
     .missing = "invalid_quantity"},
    {.name = "special_instructions",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL | KN_FIELD_PLAIN,
     .max = 500},
    {0}};

static const struct kn_field fields[] = {
    {.name = "table_id",
     .type = KN_FIELD_UUID,
     .flags = KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL},
    {.name = "customer_name",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL | KN_FIELD_PLAIN,
     .max = 100},
    {.name = "order_type", .type = KN_FIELD_TEXT, .flags = KN_FIELD_NULLABLE},
    {.name = "items",
     .type = KN_FIELD_LIST,
     .flags = KN_FIELD_REQUIRED,
     .max = ITEMS_MAX,
     .missing = "empty_order",
     .items = item_fields},
    {.name = "notes",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL | KN_FIELD_PLAIN,
     .max = 1000},
    {0}};

static void order_placed(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK)
        kn_reply_db_error(req, reply);
    else
        order_show(req, reply, 201, "Order placed");
}

/* Visible ASCII, 1 to 255 characters; false after replying 400. NULL key: none was sent. */
static bool idempotency_key(struct kn_req *req, const char **key) {
    *key = kn_req_header(req, "Idempotency-Key");
    if (!*key)
        return true;
    size_t length = strlen(*key);
    bool valid = length >= 1 && length <= 255;
    for (size_t i = 0; valid && i < length; i++)
        valid = (*key)[i] > ' ' && (*key)[i] <= '~';
    if (!valid)
        kn_reply_error(req, 400, "invalid_idempotency_key",
                       "Idempotency-Key must be 1 to 255 visible ASCII characters");
    return valid;
}

static void order_send(struct kn_req *req, const char *forced_type) {
    const char *key;
    const struct kn_form *form = kn_req_form(req, fields);
    if (!form || !idempotency_key(req, &key))
        return;
    const struct kn_user *user = kn_req_user(req);
    const char *params[] = {
        user->id,
        user->role,
        forced_type ? forced_type : kn_form_text(form, "order_type"),
        kn_form_text(form, "table_id"),
        kn_form_text(form, "customer_name"),
        kn_form_text(form, "notes"),
        kn_form_list_array(form, "items", "product_id"),
        kn_form_list_array(form, "items", "quantity"),
        kn_form_list_array(form, "items", "special_instructions"),
        key,
        kn_form_json(form),
    };
    kn_req_query_db(req, &place, params, sizeof(params) / sizeof(params[0]), order_placed);
}

void order_place(struct kn_req *req, void *state) {
    (void)state;
    order_send(req, NULL);
}

void order_place_dine_in(struct kn_req *req, void *state) {
    (void)state;
    order_send(req, "dine_in");
}
