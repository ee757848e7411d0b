/* SPDX-License-Identifier: BSD-3-Clause */
/* The sign-in module: its configuration, its state and the handlers of its routes. */
#ifndef AUTH_H
#define AUTH_H

#include <kenangan.h>

struct users_cache;

struct auth_conf {
    const char *secret;
    const char *expiration; /* a duration, or a bare number of hours */
};

struct auth {
    struct kn_ctx *ctx;
    const struct auth_conf *conf;
    int64_t lifetime; /* of a token, seconds */
    struct users_cache *users;
};

/* login.c */
void login(struct kn_req *req, void *state);
void logout(struct kn_req *req, void *state);

/* profile.c */
void profile_show(struct kn_req *req, void *state);
void profile_update(struct kn_req *req, void *state);
void password_change(struct kn_req *req, void *state);

/* users.c */
void users_list(struct kn_req *req, void *state);
void user_create(struct kn_req *req, void *state);
void user_update(struct kn_req *req, void *state);
void user_delete(struct kn_req *req, void *state);

#endif
