/* SPDX-License-Identifier: BSD-3-Clause */
#include "user_row.h"

#include <kenangan.h>

void user_row_json(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                   size_t query, size_t row) {
    kn_json_open(json, key);
    kn_json_text(json, "id", kn_db_value(reply, query, row, 0));
    kn_json_text(json, "username", kn_db_value(reply, query, row, 1));
    kn_json_text(json, "email", kn_db_value(reply, query, row, 2));
    kn_json_text(json, "first_name", kn_db_value(reply, query, row, 3));
    kn_json_text(json, "last_name", kn_db_value(reply, query, row, 4));
    kn_json_text(json, "role", kn_db_value(reply, query, row, 5));
    kn_json_bool_text(json, "is_active", kn_db_value(reply, query, row, 6));
    kn_json_time(json, "created_at", kn_db_value(reply, query, row, 7));
    kn_json_time(json, "updated_at", kn_db_value(reply, query, row, 8));
    kn_json_close(json);
}

void user_row_reply(struct kn_req *req, const struct kn_db_reply *reply, int status,
                    const char *message) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    if (kn_db_rows(reply, 0) == 0) {
        kn_reply_error(req, 404, "user_not_found", "User not found");
        return;
    }
    user_row_json(kn_reply_open(req, status, message), "data", reply, 0, 0);
    kn_reply_send(req);
}
