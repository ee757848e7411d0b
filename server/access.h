/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may call a route: permissions and their roles, and the authenticator a module provides. */
#ifndef ACCESS_H
#define ACCESS_H

#include <stdbool.h>
#include <kenangan.h>

struct process;
struct access;
struct router;

struct access *access_new(struct process *process);
/* 0, or -1 with *error malloc'd (two modules declare the same name differently). */
int access_declare(struct access *access, struct kn_ctx *ctx, const struct kn_permission *permission,
                   char **error);
/* After all modules are set up: resolves every route's permission; an unknown one is an error. */
int access_resolve(struct access *access, struct router *router, char **error);

/* Calls then(req) once the caller may use req->route; replies 401, 403 or 503 itself otherwise. */
void access_check(struct access *access, struct kn_req *req, void (*then)(struct kn_req *req));
void access_free(struct access *access);

#endif
