/* SPDX-License-Identifier: BSD-3-Clause */
/* The route table: deny by default, static segments before {parameters}. */
#ifndef ROUTER_H
#define ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <kenangan.h>
#include "request.h"

struct router;

struct route {
    struct kn_route spec; /* completed copy: newer members zeroed for older modules */
    struct kn_ctx *ctx;
    unsigned index; /* dense, in order of registration: metrics and limiters use it */
    size_t param_count;
    const char *param_names[ROUTE_PARAMS_MAX];
    void *permission; /* access.c: resolved once, before serving */
    void *limits;     /* limiter.c: resolved once, before serving */
};

struct router *router_new(void);
/* 0, or -1 with *error malloc'd (bad pattern, duplicate, missing permission). */
int router_add(struct router *router, struct kn_ctx *ctx, const struct kn_route *spec, char **error);

enum router_result { ROUTER_FOUND, ROUTER_NOT_FOUND, ROUTER_METHOD_NOT_ALLOWED };
/* path is canonical and decoded per segment: segments is an array of decoded segments. HEAD finds GET. */
enum router_result router_find(const struct router *router, const char *method,
                               const char *const *segments, size_t segment_count,
                               const struct route **route, const char *params[ROUTE_PARAMS_MAX]);
/* "GET, HEAD, POST": for Allow and OPTIONS; "" when the path is unknown. */
void router_allowed(const struct router *router, const char *const *segments, size_t segment_count,
                    char *text, size_t size);

size_t router_count(const struct router *router);
struct route *router_get(const struct router *router, size_t index);
void router_free(struct router *router);

#endif
