/* SPDX-License-Identifier: BSD-3-Clause */
/* Orders as the contract shows them, written from flat rows and the names in memory. */
#ifndef ORDER_JSON_H
#define ORDER_JSON_H

#include <kenangan.h>

struct orders;

/* The columns of an order behind its id, in the order of enum order_column. */
#define ORDER_COLUMNS                                                                              \
    "order_number, table_id, user_id, customer_name, order_type, status, subtotal, tax_amount, "   \
    "discount_amount, total_amount, notes, created_at, updated_at, served_at, completed_at"

enum order_column {
    ORDER_ID,
    ORDER_NUMBER,
    ORDER_TABLE,
    ORDER_USER,
    ORDER_CUSTOMER,
    ORDER_TYPE,
    ORDER_STATUS,
    ORDER_SUBTOTAL,
    ORDER_TAX,
    ORDER_DISCOUNT,
    ORDER_TOTAL,
    ORDER_NOTES,
    ORDER_CREATED,
    ORDER_UPDATED,
    ORDER_SERVED,
    ORDER_COMPLETED,
    ORDER_COLUMN_COUNT
};

/* Items: from column `first` on. */
enum item_column {
    ITEM_ID,
    ITEM_PRODUCT,
    ITEM_QUANTITY,
    ITEM_UNIT_PRICE,
    ITEM_TOTAL_PRICE,
    ITEM_INSTRUCTIONS,
    ITEM_STATUS,
    ITEM_CREATED,
    ITEM_UPDATED,
    ITEM_COLUMN_COUNT
};

/* A whole single-order reply: rows of one order, one per item, columns ORDER_*, LINE_*, ITEM_*. */
#define ORDER_LINE_COLUMNS                                                                         \
    "order_id, " ORDER_COLUMNS ", payment_status, payment_method, payments, item_id, "             \
    "product_id, quantity, unit_price, total_price, special_instructions, item_status, "           \
    "item_created_at, item_updated_at"

enum { LINE_PAYMENT_STATUS = ORDER_COLUMN_COUNT, LINE_PAYMENT_METHOD, LINE_PAYMENTS, LINE_ITEM };

/*
 * The *_missing() functions give the watch whose data lacks a product, table or user that the rows
 * name (it was added a moment ago), or NULL when all is in memory.
 */
struct kn_watch *order_line_missing(const struct orders *orders, const struct kn_db_reply *reply);
void order_line_write(const struct orders *orders, struct kn_json *json, const char *key,
                      const struct kn_db_reply *reply);

/* The members of an order, without items: for lists. Opens no object itself. */
struct kn_watch *order_head_missing(const struct orders *orders, const struct kn_db_reply *reply,
                                    size_t row);
void order_head_write(const struct orders *orders, struct kn_json *json,
                      const struct kn_db_reply *reply, size_t row);

/* One item object. */
struct kn_watch *item_missing(const struct orders *orders, const struct kn_db_reply *reply,
                              size_t query, size_t row, size_t first);
void item_write(const struct orders *orders, struct kn_json *json, const char *order_id,
                const struct kn_db_reply *reply, size_t query, size_t row, size_t first);

/* Items of many orders: a query whose first column is the order and whose rows are sorted by it.
 * The row of the order's first item, if it has any; then item_of() tells where they end. */
size_t items_find(const struct kn_db_reply *reply, size_t query, const char *order);
bool item_of(const struct kn_db_reply *reply, size_t query, size_t row, const char *order);

#endif
