/* SPDX-License-Identifier: BSD-3-Clause */
/* Moving an order and its items through the house. */
#include "get.h"
#include "order_json.h"
#include "orders.h"

static const struct kn_stmt move = {
    "orders.move", "SELECT " ORDER_LINE_COLUMNS " FROM order_move($1, $2, $3, $4, $5)", 0};

static const struct kn_stmt move_item = {"orders.move_item", "SELECT id FROM item_move($1, $2, $3)",
                                         0};

static const struct kn_field order_fields[] = {
    {.name = "status",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED,
     .missing = "invalid_status"},
    {.name = "notes",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL | KN_FIELD_PLAIN,
     .max = 1000},
    {0}};

static const struct kn_field item_fields[] = {{.name = "status",
                                               .type = KN_FIELD_TEXT,
                                               .flags = KN_FIELD_REQUIRED,
                                               .missing = "missing_status"},
                                              {0}};

static void order_moved(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK)
        kn_reply_db_error(req, reply);
    else
        order_show(req, reply, 200, "Order status updated");
}

void order_move(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    const struct kn_form *form = id ? kn_req_form(req, order_fields) : NULL;
    if (!form)
        return;
    const struct kn_user *user = kn_req_user(req);
    const char *params[] = {id, kn_form_text(form, "status"), kn_form_text(form, "notes"), user->id,
                            user->role};
    kn_req_query_db(req, &move, params, 5, order_moved);
}

static void item_moved(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK)
        kn_reply_db_error(req, reply);
    else
        kn_reply_done(req, 200, "Item status updated");
}

void item_move(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    const char *item = id ? kn_req_param_uuid(req, "item_id") : NULL;
    const struct kn_form *form = item ? kn_req_form(req, item_fields) : NULL;
    if (!form)
        return;
    const char *params[] = {id, item, kn_form_text(form, "status")};
    kn_req_query_db(req, &move_item, params, 3, item_moved);
}
