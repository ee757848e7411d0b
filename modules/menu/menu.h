/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the menu module share: its state and its handlers. */
#ifndef MENU_H
#define MENU_H

#include <kenangan.h>

struct catalogue;
struct folder;

struct menu_conf {
    bool cache;
    int64_t max_stale; /* ms */
};

struct menu {
    struct kn_ctx *ctx;
    const struct menu_conf *conf;
    struct kn_watch *watch;      /* NULL without cache */
    struct catalogue *catalogue; /* NULL until it has been loaded once, and without cache */
    struct folder *folder;
};

/* public_menu.c */
void public_menu_watch(struct kn_watch *watch, void *state);
void public_menu_check(struct kn_check *check, void *state);
void public_menu(struct kn_req *req, void *state);
void public_categories(struct kn_req *req, void *state);

/* products.c */
void products_list(struct kn_req *req, void *state);
void products_admin_list(struct kn_req *req, void *state);
void products_of_category(struct kn_req *req, void *state);
void product_get(struct kn_req *req, void *state);

/* product_edit.c */
void product_create(struct kn_req *req, void *state);
void product_update(struct kn_req *req, void *state);
void product_delete(struct kn_req *req, void *state);

/* categories.c */
void categories_list(struct kn_req *req, void *state);
void categories_admin_list(struct kn_req *req, void *state);

/* category_edit.c */
void category_create(struct kn_req *req, void *state);
void category_update(struct kn_req *req, void *state);
void category_delete(struct kn_req *req, void *state);

#endif
