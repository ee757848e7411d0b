/* SPDX-License-Identifier: BSD-3-Clause */
/* The module itself: descriptor, options, permissions, routes. */
#include "auth.h"

#include <string.h>
#include "authenticate.h"
#include "token.h"
#include "users_cache.h"

static const struct kn_option auth_options[] = {
    {.name = "secret",
     .type = KN_OPTION_STRING,
     .flags = KN_OPTION_REQUIRED | KN_OPTION_SECRET,
     .offset = offsetof(struct auth_conf, secret),
     .env = "JWT_SECRET",
     .help = "key that signs the tokens, at least 32 bytes"},
    {.name = "expiration",
     .type = KN_OPTION_STRING,
     .offset = offsetof(struct auth_conf, expiration),
     .fallback = "24h",
     .env = "JWT_EXPIRATION",
     .help = "how long a token is valid: a duration, or a number of hours"},
    {.name = NULL},
};

static const struct kn_permission auth_permissions[] = {
    {.name = "users.manage", .roles = "admin manager", .help = "list and edit staff accounts"},
    {.name = NULL},
};

static const struct kn_route auth_routes[] = {
    {.method = "POST",
     .pattern = "/api/v1/auth/login",
     .handler = login,
     .permission = "public",
     .limiters = "strict"},
    {.method = "POST", .pattern = "/api/v1/auth/logout", .handler = logout, .permission = "public"},
    {.method = "GET", .pattern = "/api/v1/auth/me", .handler = profile_show, .permission = "staff"},
    {.method = "GET", .pattern = "/api/v1/profile", .handler = profile_show, .permission = "staff"},
    {.method = "PUT",
     .pattern = "/api/v1/profile",
     .handler = profile_update,
     .permission = "staff"},
    {.method = "PUT",
     .pattern = "/api/v1/profile/password",
     .handler = password_change,
     .permission = "staff"},
    {.method = "GET",
     .pattern = "/api/v1/admin/users",
     .handler = users_list,
     .permission = "users.manage"},
    {.method = "POST",
     .pattern = "/api/v1/admin/users",
     .handler = user_create,
     .permission = "users.manage"},
    {.method = "PUT",
     .pattern = "/api/v1/admin/users/{id}",
     .handler = user_update,
     .permission = "users.manage"},
    {.method = "DELETE",
     .pattern = "/api/v1/admin/users/{id}",
     .handler = user_delete,
     .permission = "users.manage"},
    {.method = NULL},
};

static int auth_check_options(struct kn_ctx *ctx, struct auth *auth) {
    if (strlen(auth->conf->secret) < TOKEN_SECRET_MIN)
        return kn_ctx_fail(ctx,
                           "the token secret (JWT_SECRET) has %zu bytes and needs at least %d; "
                           "make one with: openssl rand -hex 32",
                           strlen(auth->conf->secret), TOKEN_SECRET_MIN);
    auth->lifetime = token_lifetime(auth->conf->expiration);
    if (auth->lifetime < 0)
        return kn_ctx_fail(ctx,
                           "expiration (JWT_EXPIRATION) is \"%s\"; write a duration from 1m to "
                           "366d such as 24h, or a number of hours",
                           auth->conf->expiration);
    return 0;
}

static int auth_setup(struct kn_ctx *ctx) {
    struct auth *auth = kn_ctx_alloc(ctx, sizeof(*auth));

    auth->ctx = ctx;
    auth->conf = kn_ctx_conf(ctx);
    kn_ctx_state_set(ctx, auth);
    if (auth_check_options(ctx, auth) < 0)
        return -1;
    if (kn_ctx_process(ctx) == KN_AGENT)
        return 0; /* nobody signs in there */
    auth->users = users_cache_new(ctx);
    return kn_authenticator_set(ctx, authenticate);
}

static void auth_stop(struct kn_ctx *ctx) {
    struct auth *auth = kn_ctx_state(ctx);

    if (auth != NULL && auth->users != NULL)
        users_cache_free(auth->users);
}

static const struct kn_module auth_module = {
    .struct_size = sizeof(struct kn_module),
    .abi_major = KN_ABI_MAJOR,
    .abi_minor = KN_ABI_MINOR,
    .option_size = sizeof(struct kn_option),
    .route_size = sizeof(struct kn_route),
    .permission_size = sizeof(struct kn_permission),
    .name = "auth",
    .version = "1.0.0",
    .summary = "sign-in, profile and staff accounts",
    .options = auth_options,
    .conf_size = sizeof(struct auth_conf),
    .permissions = auth_permissions,
    .routes = auth_routes,
    .setup = auth_setup,
    .stop = auth_stop,
};

const struct kn_module *kn_module_entry(void) {
    return &auth_module;
}
