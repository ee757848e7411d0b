/* SPDX-License-Identifier: BSD-3-Clause */
#include "order_json.h"

#include <string.h>

#include "orders.h"

static const char *head(const struct kn_db_reply *reply, size_t row, enum order_column column) {
    return kn_db_value(reply, 0, row, column);
}

/* The watch to refresh when id is not in memory, else NULL. */
static struct kn_watch *missing(const struct reference *reference, const char *id) {
    return !id || reference_find(reference, id) ? NULL : reference->watch;
}

struct kn_watch *order_head_missing(const struct orders *orders, const struct kn_db_reply *reply,
                                    size_t row) {
    struct kn_watch *watch = missing(&orders->tables, head(reply, row, ORDER_TABLE));
    return watch ? watch : missing(&orders->staff, head(reply, row, ORDER_USER));
}

static void embed(struct kn_json *json, const char *key, const struct reference *reference,
                  const char *id) {
    const struct reference_entry *entry = reference_find(reference, id);
    if (entry)
        kn_json_raw(json, key, entry->json, entry->json_length);
}

void order_head_write(const struct orders *orders, struct kn_json *json,
                      const struct kn_db_reply *reply, size_t row) {
    const char *table = head(reply, row, ORDER_TABLE);
    const struct reference_entry *seat = reference_find(&orders->tables, table);
    kn_json_text(json, "id", head(reply, row, ORDER_ID));
    kn_json_text(json, "order_number", head(reply, row, ORDER_NUMBER));
    kn_json_text(json, "table_id", table);
    kn_json_text(json, "user_id", head(reply, row, ORDER_USER));
    kn_json_text(json, "customer_name", head(reply, row, ORDER_CUSTOMER));
    kn_json_text(json, "order_type", head(reply, row, ORDER_TYPE));
    kn_json_text(json, "status", head(reply, row, ORDER_STATUS));
    kn_json_number(json, "subtotal", head(reply, row, ORDER_SUBTOTAL));
    kn_json_number(json, "tax_amount", head(reply, row, ORDER_TAX));
    kn_json_number(json, "discount_amount", head(reply, row, ORDER_DISCOUNT));
    kn_json_number(json, "total_amount", head(reply, row, ORDER_TOTAL));
    kn_json_text(json, "notes", head(reply, row, ORDER_NOTES));
    kn_json_time(json, "created_at", head(reply, row, ORDER_CREATED));
    kn_json_time(json, "updated_at", head(reply, row, ORDER_UPDATED));
    kn_json_time(json, "served_at", head(reply, row, ORDER_SERVED));
    kn_json_time(json, "completed_at", head(reply, row, ORDER_COMPLETED));
    kn_json_text(json, "table_number", seat ? seat->name : NULL);
    embed(json, "table", &orders->tables, table);
    embed(json, "user", &orders->staff, head(reply, row, ORDER_USER));
}

struct kn_watch *item_missing(const struct orders *orders, const struct kn_db_reply *reply,
                              size_t query, size_t row, size_t first) {
    return missing(&orders->products, kn_db_value(reply, query, row, first + ITEM_PRODUCT));
}

void item_write(const struct orders *orders, struct kn_json *json, const char *order_id,
                const struct kn_db_reply *reply, size_t query, size_t row, size_t first) {
    const char *product = kn_db_value(reply, query, row, first + ITEM_PRODUCT);
    const struct reference_entry *entry = reference_find(&orders->products, product);
    kn_json_open(json, NULL);
    kn_json_text(json, "id", kn_db_value(reply, query, row, first + ITEM_ID));
    kn_json_text(json, "order_id", order_id);
    kn_json_text(json, "product_id", product);
    kn_json_number(json, "quantity", kn_db_value(reply, query, row, first + ITEM_QUANTITY));
    kn_json_number(json, "unit_price", kn_db_value(reply, query, row, first + ITEM_UNIT_PRICE));
    kn_json_number(json, "total_price", kn_db_value(reply, query, row, first + ITEM_TOTAL_PRICE));
    kn_json_text(json, "special_instructions",
                 kn_db_value(reply, query, row, first + ITEM_INSTRUCTIONS));
    kn_json_text(json, "status", kn_db_value(reply, query, row, first + ITEM_STATUS));
    kn_json_time(json, "created_at", kn_db_value(reply, query, row, first + ITEM_CREATED));
    kn_json_time(json, "updated_at", kn_db_value(reply, query, row, first + ITEM_UPDATED));
    kn_json_text(json, "product_name", entry ? entry->name : "");
    kn_json_text(json, "product_description", entry ? entry->description : "");
    embed(json, "product", &orders->products, product);
    kn_json_close(json);
}

struct kn_watch *order_line_missing(const struct orders *orders, const struct kn_db_reply *reply) {
    struct kn_watch *watch = order_head_missing(orders, reply, 0);
    for (size_t row = 0; !watch && row < kn_db_rows(reply, 0); row++)
        watch = item_missing(orders, reply, 0, row, LINE_ITEM);
    return watch;
}

void order_line_write(const struct orders *orders, struct kn_json *json, const char *key,
                      const struct kn_db_reply *reply) {
    const char *id = head(reply, 0, ORDER_ID);
    const char *payments = kn_db_value(reply, 0, 0, LINE_PAYMENTS);
    kn_json_open(json, key);
    order_head_write(orders, json, reply, 0);
    kn_json_text(json, "payment_status", kn_db_value(reply, 0, 0, LINE_PAYMENT_STATUS));
    kn_json_text(json, "payment_method", kn_db_value(reply, 0, 0, LINE_PAYMENT_METHOD));
    kn_json_open_list(json, "items");
    for (size_t row = 0; row < kn_db_rows(reply, 0); row++)
        if (kn_db_value(reply, 0, row, LINE_ITEM + ITEM_ID))
            item_write(orders, json, id, reply, 0, row, LINE_ITEM);
    kn_json_close_list(json);
    kn_json_raw(json, "payments", payments, strlen(payments));
    kn_json_close(json);
}

size_t items_find(const struct kn_db_reply *reply, size_t query, const char *order) {
    size_t low = 0, high = kn_db_rows(reply, query);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(kn_db_value(reply, query, middle, 0), order) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool item_of(const struct kn_db_reply *reply, size_t query, size_t row, const char *order) {
    return row < kn_db_rows(reply, query) && strcmp(kn_db_value(reply, query, row, 0), order) == 0;
}
