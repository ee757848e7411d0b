/* SPDX-License-Identifier: BSD-3-Clause */
#include "router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "ctx.h"
#include "path.h"

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

/* One segment of the patterns: its static children, and the one that takes any text. */
struct node {
    char *name;
    struct node *next; /* sibling */
    struct node *children;
    struct node *any;
    const struct route *routes[METHOD_COUNT];
};

struct router {
    struct node *root;
    struct route **routes;
    size_t count, capacity;
};

struct router *router_new(void) {
    struct router *router = xcalloc(1, sizeof(*router));
    router->root = xcalloc(1, sizeof(*router->root));
    return router;
}

static int method_index(const char *method) {
    if (!strcmp(method, "HEAD"))
        return 0;
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (!strcmp(method, methods[i]))
            return (int)i;
    return -1;
}

static struct node *child_find(const struct node *node, const char *name, size_t length) {
    for (struct node *child = node->children; child; child = child->next)
        if (!strncmp(child->name, name, length) && !child->name[length])
            return child;
    return NULL;
}

static struct node *child_get(struct node *node, const char *name, size_t length) {
    struct node *child = child_find(node, name, length);
    if (child)
        return child;
    child = xcalloc(1, sizeof(*child));
    child->name = xmalloc(length + 1);
    memcpy(child->name, name, length);
    child->name[length] = '\0';
    child->next = node->children;
    return node->children = child;
}

static struct node *any_get(struct node *node) {
    if (!node->any)
        node->any = xcalloc(1, sizeof(*node->any));
    return node->any;
}

static int fail(char **error, struct kn_ctx *ctx, const struct kn_route *spec, const char *why) {
    if (asprintf(error, "module \"%s\": route %s %s: %s",
                 ctx && ctx->module ? ctx->module->name : "core",
                 spec->method ? spec->method : "(no method)",
                 spec->pattern ? spec->pattern : "(no pattern)", why) < 0)
        *error = NULL;
    return -1;
}

/* The name between the braces of "{id}", a copy that lives as long as the route. */
static const char *param_name(const char *segment, size_t length) {
    if (length < 3 || segment[length - 1] != '}')
        return NULL;
    char *name = xmalloc(length - 1);
    memcpy(name, segment + 1, length - 2);
    name[length - 2] = '\0';
    return name;
}

/* Walks the pattern, adding nodes; NULL when it is malformed. */
static struct node *pattern_node(struct router *router, struct route *route) {
    struct node *node = router->root;
    const char *at = route->spec.pattern;
    size_t depth = 0;
    if (!strcmp(at, "/"))
        return node;
    while (*at == '/') {
        const char *segment = at + 1;
        size_t length = strcspn(segment, "/");
        if (!length || ++depth > PATH_SEGMENTS_MAX)
            return NULL;
        if (*segment == '{') {
            const char *name = param_name(segment, length);
            if (!name || route->param_count == ROUTE_PARAMS_MAX) {
                free((char *)(uintptr_t)name);
                return NULL;
            }
            route->param_names[route->param_count++] = name;
            node = any_get(node);
        } else {
            node = child_get(node, segment, length);
        }
        at = segment + length;
    }
    return *at || at == route->spec.pattern ? NULL : node;
}

static void route_free(struct route *route) {
    for (size_t i = 0; i < route->param_count; i++)
        free((char *)(uintptr_t)route->param_names[i]);
    free(route);
}

static void append(struct router *router, struct route *route) {
    if (router->count == router->capacity) {
        router->capacity = router->capacity ? router->capacity * 2 : 64;
        router->routes = xrealloc(router->routes, router->capacity * sizeof(*router->routes));
    }
    route->index = (unsigned)router->count;
    router->routes[router->count++] = route;
}

int router_add(struct router *router, struct kn_ctx *ctx, const struct kn_route *spec,
               char **error) {
    int method = spec->method ? method_index(spec->method) : -1;
    if (method < 0 || !strcmp(spec->method, "HEAD"))
        return fail(error, ctx, spec, "the method must be GET, POST, PUT, PATCH or DELETE");
    if (!spec->pattern || !spec->handler)
        return fail(error, ctx, spec, "a route needs a pattern and a handler");
    if (!spec->permission || !*spec->permission)
        return fail(error, ctx, spec, "a route needs a permission: \"public\", \"staff\" or a name");
    struct route *route = xcalloc(1, sizeof(*route));
    route->spec = *spec;
    route->ctx = ctx;
    struct node *node = pattern_node(router, route);
    if (!node || node->routes[method]) {
        route_free(route);
        return fail(error, ctx, spec,
                    node ? "another route has this method and pattern already"
                         : "bad pattern: write it as /api/v1/things/{id}");
    }
    node->routes[method] = route;
    append(router, route);
    return 0;
}

static bool node_has_routes(const struct node *node) {
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (node->routes[i])
            return true;
    return false;
}

/* The node of a path: static segments first, then {parameters}, each tried to the end. */
static const struct node *find(const struct node *node, const char *const *segments, size_t count,
                               const char **params) {
    if (!count)
        return node_has_routes(node) ? node : NULL;
    const struct node *child = child_find(node, segments[0], strlen(segments[0]));
    const struct node *found = child ? find(child, segments + 1, count - 1, params) : NULL;
    if (found || !node->any || !*segments[0])
        return found;
    *params = segments[0];
    return find(node->any, segments + 1, count - 1, params + 1);
}

enum router_result router_find(const struct router *router, const char *method,
                               const char *const *segments, size_t segment_count,
                               const struct route **route, const char *params[ROUTE_PARAMS_MAX]) {
    const char *values[PATH_SEGMENTS_MAX + 1] = {NULL};
    const struct node *node = find(router->root, segments, segment_count, values);
    *route = NULL;
    if (!node)
        return ROUTER_NOT_FOUND;
    memcpy(params, values, ROUTE_PARAMS_MAX * sizeof(*params));
    int index = method_index(method);
    if (index >= 0)
        *route = node->routes[index];
    return *route ? ROUTER_FOUND : ROUTER_METHOD_NOT_ALLOWED;
}

void router_allowed(const struct router *router, const char *const *segments, size_t segment_count,
                    char *text, size_t size) {
    const char *values[PATH_SEGMENTS_MAX + 1];
    const struct node *node = find(router->root, segments, segment_count, values);
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; node && i < METHOD_COUNT; i++) {
        if (!node->routes[i])
            continue;
        int added = snprintf(text + used, size - used, "%s%s%s", used ? ", " : "", methods[i],
                             i == 0 ? ", HEAD" : "");
        if (added < 0 || (size_t)added >= size - used)
            return;
        used += (size_t)added;
    }
}

size_t router_count(const struct router *router) {
    return router->count;
}

struct route *router_get(const struct router *router, size_t index) {
    return router->routes[index];
}

static void node_free(struct node *node) {
    if (!node)
        return;
    for (struct node *child = node->children; child;) {
        struct node *next = child->next;
        node_free(child);
        child = next;
    }
    node_free(node->any);
    free(node->name);
    free(node);
}

void router_free(struct router *router) {
    if (!router)
        return;
    for (size_t i = 0; i < router->count; i++)
        route_free(router->routes[i]);
    free(router->routes);
    node_free(router->root);
    free(router);
}
