/* SPDX-License-Identifier: BSD-3-Clause */
/* A staff account as the contract shows it. */
#ifndef USER_ROW_H
#define USER_ROW_H

#include <stddef.h>

struct kn_db_reply;
struct kn_json;
struct kn_req;

/* The leading columns of every statement whose rows user_row_json() writes. */
#define USER_ROW_COLUMNS                                                                           \
    "id, username, email, first_name, last_name, role, is_active, created_at, updated_at"
#define USER_ROW_WIDTH 9

void user_row_json(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                   size_t query, size_t row);

/* The success envelope with the reply's only row as data; errors of the database are replied too.
 */
void user_row_reply(struct kn_req *req, const struct kn_db_reply *reply, int status,
                    const char *message);

#endif
