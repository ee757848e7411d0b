/* SPDX-License-Identifier: BSD-3-Clause */
#include "category.h"

void category_write(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                    size_t row) {
    kn_json_open(json, key);
    kn_json_text(json, "id", kn_db_value(reply, 0, row, 0));
    kn_json_text(json, "name", kn_db_value(reply, 0, row, 1));
    kn_json_text(json, "description", kn_db_value(reply, 0, row, 2));
    kn_json_text(json, "color", kn_db_value(reply, 0, row, 3));
    kn_json_text(json, "image_url", kn_db_value(reply, 0, row, 4));
    kn_json_number(json, "sort_order", kn_db_value(reply, 0, row, 5));
    kn_json_bool_text(json, "is_active", kn_db_value(reply, 0, row, 6));
    kn_json_time(json, "created_at", kn_db_value(reply, 0, row, 7));
    kn_json_time(json, "updated_at", kn_db_value(reply, 0, row, 8));
    kn_json_close(json);
}
