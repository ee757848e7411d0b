/* SPDX-License-Identifier: BSD-3-Clause */
/* A product as the contract shows it to staff. */
#ifndef PRODUCT_H
#define PRODUCT_H

#include <kenangan.h>

/* What product_write() reads, from products p and its category c. */
#define PRODUCT_COLUMNS                                                                            \
    "p.id, p.category_id, p.name, p.description, p.price, p.image_url, p.barcode, p.sku,"          \
    " p.is_available, p.preparation_time, p.sort_order, p.created_at, p.updated_at,"               \
    " c.name, c.color"

#define PRODUCT_CATEGORY " LEFT JOIN categories c ON c.id = p.category_id"

void product_write(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                   size_t query, size_t row);

#endif
