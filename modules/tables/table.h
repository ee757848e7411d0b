/* SPDX-License-Identifier: BSD-3-Clause */
/* A table as the contract shows it to staff. */
#ifndef TABLE_H
#define TABLE_H

#include <kenangan.h>

/* What table_write() reads, from a table t and the order o that is open there. */
#define TABLE_COLUMNS                                                                              \
    "t.id, t.table_number, t.seating_capacity, t.location, t.is_occupied, t.qr_code,"              \
    " t.created_at, t.updated_at,"                                                                 \
    " o.id, o.order_number, o.customer_name, o.order_type, o.status, o.subtotal, o.tax_amount,"    \
    " o.total_amount, o.created_at, o.updated_at"

/* At most one row a table: the newest of several open orders. */
#define TABLE_ORDER " LEFT JOIN table_orders o ON o.table_id = t.id"

void table_write(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                 size_t row);

#endif
