/* SPDX-License-Identifier: BSD-3-Clause */
/* The kitchen's queue: open orders up to ready, oldest first, polled every three seconds. */
#include <string.h>

#include "order_json.h"
#include "orders.h"

#define QUEUE_SQL(condition)                                                                       \
    "SELECT id, order_number, table_id, order_type, status, coalesce(customer_name, ''), notes,"   \
    " created_at, updated_at FROM open_orders WHERE status " condition " ORDER BY created_at, id"

#define ITEMS_SQL(condition)                                                                       \
    "SELECT order_id, id, product_id, quantity, coalesce(special_instructions, ''), status"        \
    " FROM order_items WHERE order_id = ANY (ARRAY(SELECT o.id FROM open_orders o"                 \
    " WHERE o.status " condition ")) ORDER BY order_id, line"

static const struct kn_stmt queue_all = {"orders.kitchen", QUEUE_SQL("<> 'served'"), KN_STMT_READ};
static const struct kn_stmt items_all = {"orders.kitchen_items", ITEMS_SQL("<> 'served'"),
                                         KN_STMT_READ};
static const struct kn_stmt queue_one = {"orders.kitchen_status", QUEUE_SQL("= $1"), KN_STMT_READ};
static const struct kn_stmt items_one = {"orders.kitchen_status_items", ITEMS_SQL("= $1"),
                                         KN_STMT_READ};

enum { QUEUE, ITEMS }; /* the two queries of a reply */

enum ticket_column { ID, NUMBER, TABLE, TYPE, STATUS, CUSTOMER, NOTES, CREATED, UPDATED };
enum entry_column {
    ENTRY_ORDER,
    ENTRY_ID,
    ENTRY_PRODUCT,
    ENTRY_QUANTITY,
    ENTRY_INSTRUCTIONS,
    ENTRY_STATUS
};

static const char *order_value(const struct kn_db_reply *reply, size_t row,
                               enum ticket_column col) {
    return kn_db_value(reply, QUEUE, row, col);
}

static const char *item_value(const struct kn_db_reply *reply, size_t row, enum entry_column col) {
    return kn_db_value(reply, ITEMS, row, col);
}

static void ticket_item_write(const struct orders *orders, struct kn_json *json,
                              const struct kn_db_reply *reply, size_t row) {
    const char *product = item_value(reply, row, ENTRY_PRODUCT);
    const struct reference_entry *entry = reference_find(&orders->products, product);
    kn_json_open(json, NULL);
    kn_json_text(json, "id", item_value(reply, row, ENTRY_ID));
    kn_json_text(json, "order_id", item_value(reply, row, ENTRY_ORDER));
    kn_json_text(json, "product_id", product);
    kn_json_number(json, "quantity", item_value(reply, row, ENTRY_QUANTITY));
    kn_json_text(json, "special_instructions", item_value(reply, row, ENTRY_INSTRUCTIONS));
    kn_json_text(json, "status", item_value(reply, row, ENTRY_STATUS));
    kn_json_text(json, "product_name", entry ? entry->name : "");
    kn_json_text(json, "product_description", entry ? entry->description : "");
    if (entry)
        kn_json_raw(json, "product", entry->json, entry->json_length);
    kn_json_close(json);
}

static void ticket_write(const struct orders *orders, struct kn_json *json,
                         const struct kn_db_reply *reply, size_t row) {
    const char *table = order_value(reply, row, TABLE);
    const struct reference_entry *seat = reference_find(&orders->tables, table);
    kn_json_text(json, "id", order_value(reply, row, ID));
    kn_json_text(json, "order_number", order_value(reply, row, NUMBER));
    kn_json_text(json, "table_id", table);
    kn_json_text(json, "table_number", seat ? seat->name : "");
    kn_json_text(json, "order_type", order_value(reply, row, TYPE));
    kn_json_text(json, "status", order_value(reply, row, STATUS));
    kn_json_text(json, "customer_name", order_value(reply, row, CUSTOMER));
    kn_json_text(json, "notes", order_value(reply, row, NOTES));
    kn_json_time(json, "created_at", order_value(reply, row, CREATED));
    kn_json_time(json, "updated_at", order_value(reply, row, UPDATED));
    if (seat)
        kn_json_raw(json, "table", seat->json, seat->json_length);
}

/* The two queries see the table at two moments: an order that arrived or left in between has rows
 * in only one of them. It is skipped, as a moment earlier or later it would have been. */
static void queue_write(const struct orders *orders, struct kn_json *json,
                        const struct kn_db_reply *reply) {
    for (size_t row = 0; row < kn_db_rows(reply, QUEUE); row++) {
        const char *order = order_value(reply, row, ID);
        size_t item = items_find(reply, ITEMS, order);
        if (!item_of(reply, ITEMS, item, order))
            continue;
        kn_json_open(json, NULL);
        ticket_write(orders, json, reply, row);
        kn_json_open_list(json, "items");
        for (; item_of(reply, ITEMS, item, order); item++)
            ticket_item_write(orders, json, reply, item);
        kn_json_close_list(json);
        kn_json_close(json);
    }
}

/* The watch of the first name that is not in memory, or NULL. */
static struct kn_watch *missing(const struct orders *orders, const struct kn_db_reply *reply) {
    for (size_t row = 0; row < kn_db_rows(reply, QUEUE); row++) {
        const char *table = order_value(reply, row, TABLE);
        if (table && !reference_find(&orders->tables, table))
            return orders->tables.watch;
    }
    for (size_t row = 0; row < kn_db_rows(reply, ITEMS); row++)
        if (!reference_find(&orders->products, item_value(reply, row, ENTRY_PRODUCT)))
            return orders->products.watch;
    return NULL;
}

static void kitchen_again(struct kn_req *req) {
    kitchen_list(req, NULL);
}

static void kitchen_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct orders *orders = kn_ctx_state(kn_req_ctx(req));
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct kn_watch *watch = missing(orders, reply);
    if (watch && kn_watch_refresh(watch, req, kitchen_again))
        return;
    struct kn_json *json = kn_reply_open(req, 200, "Kitchen orders");
    kn_json_open_list(json, "data");
    queue_write(orders, json, reply);
    kn_json_close_list(json);
    kn_reply_send(req);
}

static bool is_kitchen_status(const char *status) {
    static const char *const words[] = {"pending", "confirmed", "preparing", "ready"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], status) == 0)
            return true;
    return false;
}

void kitchen_list(struct kn_req *req, void *state) {
    (void)state;
    const char *status = kn_req_query(req, "status", 0);
    if (!status || !*status || strcmp(status, "all") == 0) {
        const struct kn_query all[] = {{&queue_all, NULL, 0}, {&items_all, NULL, 0}};
        kn_req_db(req, all, 2, kitchen_listed);
    } else if (is_kitchen_status(status)) {
        const struct kn_query one[] = {{&queue_one, &status, 1}, {&items_one, &status, 1}};
        kn_req_db(req, one, 2, kitchen_listed);
    } else {
        kn_reply_error(req, 400, "invalid_status",
                       "\"status\" must be all, pending, confirmed, preparing or ready");
    }
}
