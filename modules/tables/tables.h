/* SPDX-License-Identifier: BSD-3-Clause */
/* The handlers of the tables module. It keeps no state: every answer comes from the database. */
#ifndef TABLES_H
#define TABLES_H

#include <kenangan.h>

/* tables_list.c */
void tables_list(struct kn_req *req, void *state);
void tables_admin_list(struct kn_req *req, void *state);
void table_get(struct kn_req *req, void *state);
void table_by_qr(struct kn_req *req, void *state);

/* tables_location.c */
void tables_by_location(struct kn_req *req, void *state);
void tables_status(struct kn_req *req, void *state);

/* table_edit.c */
void table_create(struct kn_req *req, void *state);
void table_update(struct kn_req *req, void *state);
void table_delete(struct kn_req *req, void *state);

#endif
