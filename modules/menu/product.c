/* SPDX-License-Identifier: BSD-3-Clause */
#include "product.h"

enum product_column {
    COLUMN_ID,
    COLUMN_CATEGORY_ID,
    COLUMN_NAME,
    COLUMN_DESCRIPTION,
    COLUMN_PRICE,
    COLUMN_IMAGE_URL,
    COLUMN_BARCODE,
    COLUMN_SKU,
    COLUMN_IS_AVAILABLE,
    COLUMN_PREPARATION_TIME,
    COLUMN_SORT_ORDER,
    COLUMN_CREATED_AT,
    COLUMN_UPDATED_AT,
    COLUMN_CATEGORY_NAME,
    COLUMN_CATEGORY_COLOR
};

void product_write(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                   size_t query, size_t row) {
    const char *value[COLUMN_CATEGORY_COLOR + 1];
    for (size_t column = 0; column <= COLUMN_CATEGORY_COLOR; column++)
        value[column] = kn_db_value(reply, query, row, column);
    kn_json_open(json, key);
    kn_json_text(json, "id", value[COLUMN_ID]);
    kn_json_text(json, "category_id", value[COLUMN_CATEGORY_ID]);
    kn_json_text(json, "name", value[COLUMN_NAME]);
    kn_json_text(json, "description", value[COLUMN_DESCRIPTION]);
    kn_json_number(json, "price", value[COLUMN_PRICE]);
    kn_json_text(json, "image_url", value[COLUMN_IMAGE_URL]);
    kn_json_text(json, "barcode", value[COLUMN_BARCODE]);
    kn_json_text(json, "sku", value[COLUMN_SKU]);
    kn_json_bool_text(json, "is_available", value[COLUMN_IS_AVAILABLE]);
    kn_json_number(json, "preparation_time", value[COLUMN_PREPARATION_TIME]);
    kn_json_number(json, "sort_order", value[COLUMN_SORT_ORDER]);
    kn_json_time(json, "created_at", value[COLUMN_CREATED_AT]);
    kn_json_time(json, "updated_at", value[COLUMN_UPDATED_AT]);
    if (value[COLUMN_CATEGORY_NAME]) {
        kn_json_open(json, "category");
        kn_json_text(json, "id", value[COLUMN_CATEGORY_ID]);
        kn_json_text(json, "name", value[COLUMN_CATEGORY_NAME]);
        kn_json_text(json, "color", value[COLUMN_CATEGORY_COLOR]);
        kn_json_close(json);
    }
    kn_json_close(json);
}
