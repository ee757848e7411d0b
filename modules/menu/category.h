/* SPDX-License-Identifier: BSD-3-Clause */
/* A category as the contract shows it to staff. */
#ifndef CATEGORY_H
#define CATEGORY_H

#include <kenangan.h>

/* What category_write() reads. */
#define CATEGORY_COLUMNS                                                                           \
    "id, name, description, color, image_url, sort_order, is_active, created_at, updated_at"

void category_write(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                    size_t row);

#endif
