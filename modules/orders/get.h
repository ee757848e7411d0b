/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef GET_H
#define GET_H

#include <kenangan.h>

/* Replies with the order whose ORDER_LINE_COLUMNS rows the reply holds (at least one); reads it
 * again first when a name it shows is not in memory yet. */
void order_show(struct kn_req *req, const struct kn_db_reply *reply, int status,
                const char *message);

#endif
