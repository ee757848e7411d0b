/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

enum table_column {
    COLUMN_ID,
    COLUMN_TABLE_NUMBER,
    COLUMN_SEATING_CAPACITY,
    COLUMN_LOCATION,
    COLUMN_IS_OCCUPIED,
    COLUMN_QR_CODE,
    COLUMN_CREATED_AT,
    COLUMN_UPDATED_AT,
    COLUMN_ORDER_ID,
    COLUMN_ORDER_NUMBER,
    COLUMN_ORDER_CUSTOMER,
    COLUMN_ORDER_TYPE,
    COLUMN_ORDER_STATUS,
    COLUMN_ORDER_SUBTOTAL,
    COLUMN_ORDER_TAX,
    COLUMN_ORDER_TOTAL,
    COLUMN_ORDER_CREATED_AT,
    COLUMN_ORDER_UPDATED_AT,
    COLUMN_COUNT
};

static void order_write(struct kn_json *json, const char *const *value) {
    if (!value[COLUMN_ORDER_ID]) {
        kn_json_null(json, "current_order");
        return;
    }
    kn_json_open(json, "current_order");
    kn_json_text(json, "id", value[COLUMN_ORDER_ID]);
    kn_json_text(json, "order_number", value[COLUMN_ORDER_NUMBER]);
    kn_json_text(json, "customer_name", value[COLUMN_ORDER_CUSTOMER]);
    kn_json_text(json, "order_type", value[COLUMN_ORDER_TYPE]);
    kn_json_text(json, "status", value[COLUMN_ORDER_STATUS]);
    kn_json_number(json, "subtotal", value[COLUMN_ORDER_SUBTOTAL]);
    kn_json_number(json, "tax_amount", value[COLUMN_ORDER_TAX]);
    kn_json_number(json, "total_amount", value[COLUMN_ORDER_TOTAL]);
    kn_json_time(json, "created_at", value[COLUMN_ORDER_CREATED_AT]);
    kn_json_time(json, "updated_at", value[COLUMN_ORDER_UPDATED_AT]);
    kn_json_close(json);
}

void table_write(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                 size_t row) {
    const char *value[COLUMN_COUNT];
    for (size_t column = 0; column < COLUMN_COUNT; column++)
        value[column] = kn_db_value(reply, 0, row, column);
    const char *occupied = value[COLUMN_IS_OCCUPIED];
    kn_json_open(json, key);
    kn_json_text(json, "id", value[COLUMN_ID]);
    kn_json_text(json, "table_number", value[COLUMN_TABLE_NUMBER]);
    kn_json_number(json, "seating_capacity", value[COLUMN_SEATING_CAPACITY]);
    kn_json_text(json, "location", value[COLUMN_LOCATION]);
    kn_json_bool_text(json, "is_occupied", occupied);
    kn_json_text(json, "qr_code", value[COLUMN_QR_CODE]);
    kn_json_text(json, "status", occupied && *occupied == 't' ? "occupied" : "available");
    kn_json_time(json, "created_at", value[COLUMN_CREATED_AT]);
    kn_json_time(json, "updated_at", value[COLUMN_UPDATED_AT]);
    order_write(json, value);
    kn_json_close(json);
}
