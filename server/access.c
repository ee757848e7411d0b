/* SPDX-License-Identifier: BSD-3-Clause */
#include "access.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "ctx.h"
#include "failure.h"
#include "http.h"
#include "log.h"
#include "modules.h"
#include "process.h"
#include "request.h"
#include "router.h"
#include "settings.h"

struct permission {
    struct permission *next;
    const char *name;
    const char *roles;    /* separated by spaces */
    const char *declarer; /* module, for messages */
    bool public, staff;   /* built in: nobody or anybody signed in */
};

struct access {
    struct process *process;
    struct arena *arena;
    struct permission *permissions;
    struct kn_ctx *authenticating; /* the module that provides sign-in */
    kn_authenticator_fn *authenticator;
};

static struct permission *permission_find(const struct access *access, const char *name) {
    struct permission *permission = access->permissions;
    while (permission && strcmp(permission->name, name) != 0)
        permission = permission->next;
    return permission;
}

static struct permission *permission_add(struct access *access, const char *name) {
    struct permission *permission = arena_alloc(access->arena, sizeof(*permission));
    permission->name = name;
    permission->roles = "";
    permission->declarer = "the server";
    permission->next = access->permissions;
    access->permissions = permission;
    return permission;
}

struct access *access_new(struct process *process) {
    struct access *access = xcalloc(1, sizeof(*access));
    access->process = process;
    access->arena = arena_new(0);
    permission_add(access, "public")->public = true;
    permission_add(access, "staff")->staff = true;
    return access;
}

void access_free(struct access *access) {
    if (!access)
        return;
    arena_free(access->arena);
    free(access);
}

/* ---------------------------------------------------------------- before serving */

/* The roles that the configuration gives instead of the module's; NULL: none. */
static const char *configured_roles(const struct settings *settings, const char *name) {
    for (size_t i = 0; i < settings->permission_count; i++)
        if (strcmp(settings->permissions[i].name, name) == 0)
            return settings->permissions[i].roles;
    return NULL;
}

int access_declare(struct access *access, struct kn_ctx *ctx,
                   const struct kn_permission *permission, char **error) {
    const char *roles = configured_roles(access->process->settings, permission->name);
    struct permission *known = permission_find(access, permission->name);
    if (known)
        return failure(error, "module %s declares the permission %s, which %s has declared already",
                       ctx->module->name, permission->name, known->declarer);
    if (!roles)
        roles = permission->roles ? permission->roles : "";
    struct permission *added =
        permission_add(access, arena_strdup(access->arena, permission->name));
    added->roles = arena_strdup(access->arena, roles);
    added->declarer = ctx->module->name;
    return 0;
}

/* A permission in the configuration that no module has is most likely misspelt; but it may belong
 * to a module that is off, so it is no error. */
static void warn_of_unknown(const struct access *access) {
    const struct settings *settings = access->process->settings;
    for (size_t i = 0; i < settings->permission_count; i++)
        if (!permission_find(access, settings->permissions[i].name))
            log_write(KN_WARN, "access", NULL, "permissions: no module that is on has \"%s\"",
                      settings->permissions[i].name);
}

int access_resolve(struct access *access, struct router *router, char **error) {
    size_t closed = 0;
    for (size_t i = 0; i < router_count(router); i++) {
        struct route *route = router_get(router, i);
        struct permission *permission = permission_find(access, route->spec.permission);
        if (!permission)
            return failure(error,
                           "module %s: %s %s needs the permission %s, which no module declares",
                           route->ctx->module->name, route->spec.method, route->spec.pattern,
                           route->spec.permission);
        route->permission = permission;
        closed += !permission->public;
    }
    warn_of_unknown(access);
    if (closed > 0 && !access->authenticator && access->process->kind != KN_AGENT)
        log_write(KN_WARN, "access", NULL,
                  "no module provides sign-in: %zu routes will answer 503; switch auth on", closed);
    return 0;
}

int kn_authenticator_set(struct kn_ctx *ctx, kn_authenticator_fn *fn) {
    struct access *access = ctx->process->access;
    if (access->authenticator)
        return kn_ctx_fail(ctx, "module %s provides sign-in already; switch one of the two off",
                           access->authenticating->module->name);
    access->authenticating = ctx;
    access->authenticator = fn;
    return 0;
}

/* ---------------------------------------------------------------- each request */

static bool role_among(const char *role, const char *roles) {
    size_t length = strlen(role);
    while (*(roles += strspn(roles, " "))) {
        size_t word = strcspn(roles, " ");
        if (word == length && memcmp(roles, role, length) == 0)
            return true;
        roles += word;
    }
    return false;
}

/* The token behind "Bearer ", or NULL after replying 401. */
static const char *bearer_token(struct kn_req *req) {
    const char *header = kn_req_header(req, "Authorization");
    if (!header || !*header) {
        kn_reply_error(req, 401, "missing_auth_header", "Sign in first");
        return NULL;
    }
    if (strncasecmp(header, "Bearer ", 7) != 0 || header[7 + strspn(header + 7, " ")] == '\0') {
        kn_reply_error(req, 401, "invalid_auth_format",
                       "The Authorization header must be \"Bearer\" and a token");
        return NULL;
    }
    return header + 7 + strspn(header + 7, " ");
}

void access_check(struct access *access, struct kn_req *req, void (*then)(struct kn_req *req)) {
    const struct permission *permission = req->route->permission;
    if (permission->public) {
        then(req);
        return;
    }
    const char *token = bearer_token(req);
    if (!token)
        return;
    if (!access->authenticator) {
        kn_reply_error(req, 503, "authentication_unavailable",
                       "This server has no module that signs users in");
        return;
    }
    req->admitted = then;
    int before = modules_enter(access->authenticating);
    access->authenticator(req, token, kn_ctx_state(access->authenticating));
    modules_leave(access->authenticating, before);
}

void kn_auth_accept(struct kn_req *req, const struct kn_user *user) {
    const struct permission *permission = req->route->permission;
    if (req->timed_out) { /* what the client was told to have failed must not begin now */
        kn_reply_error(req, 504, "gateway_timeout", "Sign-in came too late");
        return;
    }
    if (!permission->staff && !role_among(user->role, permission->roles)) {
        kn_reply_error(req, 403, "insufficient_permissions", "Your role (%s) may not do this",
                       user->role);
        return;
    }
    req->user_storage =
        (struct kn_user){kn_req_strdup(req, user->id), kn_req_strdup(req, user->name),
                         kn_req_strdup(req, user->role)};
    req->user = &req->user_storage;
    req->admitted(req);
}

void kn_auth_refuse(struct kn_req *req, int status, const char *code, const char *message) {
    kn_reply_error(req, status, code, "%s", message);
}
