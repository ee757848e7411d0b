/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the orders module share: the module's state and its handlers. */
#ifndef ORDERS_H
#define ORDERS_H

#include <kenangan.h>

#include "reference.h"

struct orders {
    struct kn_ctx *ctx;
    struct reference products, tables, staff;
};

/* place.c */
kn_handler_fn order_place, order_place_dine_in;

/* move.c */
kn_handler_fn order_move, item_move;

/* get.c */
kn_handler_fn order_get, order_history;

/* list.c */
kn_handler_fn order_list;

/* kitchen.c */
kn_handler_fn kitchen_list;

#endif
