/* SPDX-License-Identifier: BSD-3-Clause */
#include "modules.h"

#include <stdlib.h>
#include <string.h>
#include "access.h"
#include "arena.h"
#include "ctx.h"
#include "failure.h"
#include "module_open.h"
#include "process.h"
#include "router.h"
#include "scoreboard.h"
#include "settings.h"
#include "yaml_node.h"

struct modules {
    struct process *process;
    struct kn_ctx *list;
    size_t count;
    size_t started; /* of the list: these are stopped */
};

/* ---------------------------------------------------------------- opening */

static const char *file_of(const struct process *process, const struct kn_ctx *ctx) {
    if (*ctx->settings->path == '/')
        return ctx->settings->path;
    return arena_printf(ctx->arena, "%s/%s", process->settings->module_dir, ctx->settings->path);
}

static int module_find_file(struct modules *modules, struct kn_ctx *ctx, char **error) {
    char *why = NULL;
    const char *file = file_of(modules->process, ctx);
    ctx->module = module_open(ctx->arena, file, &why);
    if (!ctx->module) {
        failure(error, "%s: module \"%s\": %s", ctx->settings->where, ctx->settings->name, why);
        free(why);
        return -1;
    }
    if (strcmp(ctx->module->name, ctx->settings->name) != 0)
        return failure(error, "%s: %s is the module \"%s\", not \"%s\": correct name or path",
                       ctx->settings->where, file, ctx->module->name, ctx->settings->name);
    return 0;
}

static int depends_check(const struct modules *modules, const struct kn_ctx *ctx, char **error) {
    for (const char *const *name = ctx->module->depends; name && *name; name++)
        if (!modules_find(modules, *name))
            return failure(error,
                           "%s: module \"%s\" needs module \"%s\", which is off: turn it on "
                           "under `modules:`, or turn \"%s\" off too",
                           ctx->settings->where, ctx->settings->name, *name, ctx->settings->name);
    return 0;
}

/* ---------------------------------------------------------------- setting up */

static int options_fill(const struct modules *modules, struct kn_ctx *ctx, char **error) {
    const struct process *process = modules->process;
    if (ctx->module->conf_size)
        ctx->conf = arena_alloc(ctx->arena, ctx->module->conf_size);
    if (process->kind == KN_CHECKING)
        settings_secrets_warn(ctx->settings, ctx->module);
    return settings_options(process->settings, ctx->settings, ctx->module, ctx->conf, error);
}

static int tables_register(const struct modules *modules, struct kn_ctx *ctx, char **error) {
    const struct kn_permission *permission = ctx->module->permissions;
    const struct kn_route *route = ctx->module->routes;
    for (; permission && permission->name; permission++)
        if (access_declare(modules->process->access, ctx, permission, error) != 0)
            return -1;
    for (; route && route->method; route++)
        if (router_add(modules->process->router, ctx, route, error) != 0)
            return -1;
    return 0;
}

static int call(struct kn_ctx *ctx, int (*fn)(struct kn_ctx *ctx), const char *name, char **error) {
    if (!fn)
        return 0;
    int before = modules_enter(ctx);
    int result = fn(ctx);
    modules_leave(ctx, before);
    if (result == 0)
        return 0;
    return failure(error, "%s: module \"%s\": %s%s", ctx->settings->where, ctx->settings->name,
                   ctx->failure ? ctx->failure : name,
                   ctx->failure ? "" : " failed without saying why");
}

/* setup() has declared its checks: whatever nobody asked for is a slip of the pen. */
static int checks_check(const struct kn_ctx *ctx, char **error) {
    const struct yaml_node *checks = ctx->settings->checks;
    for (const struct yaml_node *node = checks ? checks->first : NULL; node; node = node->next)
        if (!*node->asked)
            return yaml_error(node, error, "module \"%s\" has no health check \"%s\"",
                              ctx->settings->name, node->key);
    return 0;
}

static int module_set_up(const struct modules *modules, struct kn_ctx *ctx, char **error) {
    if (options_fill(modules, ctx, error) != 0 || tables_register(modules, ctx, error) != 0 ||
        call(ctx, ctx->module->setup, "setup()", error) != 0)
        return -1;
    return checks_check(ctx, error);
}

static int all_set_up(struct modules *modules, char **error) {
    for (size_t i = 0; i < modules->count; i++)
        if (module_find_file(modules, &modules->list[i], error) != 0)
            return -1;
    for (size_t i = 0; i < modules->count; i++)
        if (depends_check(modules, &modules->list[i], error) != 0)
            return -1;
    for (size_t i = 0; i < modules->count; i++)
        if (module_set_up(modules, &modules->list[i], error) != 0)
            return -1;
    return 0;
}

static struct modules *modules_new(struct process *process, uint64_t quarantine) {
    const struct settings *settings = process->settings;
    struct modules *modules = xcalloc(1, sizeof(*modules));
    modules->process = process;
    modules->count = settings->module_count;
    modules->list = xcalloc(modules->count, sizeof(*modules->list));
    for (size_t i = 0; i < modules->count; i++)
        modules->list[i] = (struct kn_ctx){.process = process,
                                           .settings = &settings->modules[i],
                                           .index = (unsigned)i,
                                           .arena = arena_new(4096),
                                           .quarantined = quarantine >> i & 1};
    return modules;
}

/* setup() may ask for other modules, so the list is the process's before it is complete; and after
 * a failure it stays there, because services hold contexts until they are freed. */
struct modules *modules_load(struct process *process, uint64_t quarantine, char **error) {
    process->modules = modules_new(process, quarantine);
    return all_set_up(process->modules, error) == 0 ? process->modules : NULL;
}

/* ---------------------------------------------------------------- life */

int modules_start(struct modules *modules, char **error) {
    while (modules->started < modules->count) {
        struct kn_ctx *ctx = &modules->list[modules->started];
        if (call(ctx, ctx->module->start, "start()", error) != 0)
            return -1;
        modules->started++;
    }
    return 0;
}

static void tell(struct kn_ctx *ctx, void (*fn)(struct kn_ctx *ctx)) {
    if (!fn)
        return;
    int before = modules_enter(ctx);
    fn(ctx);
    modules_leave(ctx, before);
}

void modules_drain(struct modules *modules) {
    for (size_t i = 0; i < modules->started; i++)
        tell(&modules->list[i], modules->list[i].module->drain);
}

/* In reverse: a module may rely on those before it to the end. */
void modules_stop(struct modules *modules) {
    while (modules->started) {
        struct kn_ctx *ctx = &modules->list[--modules->started];
        tell(ctx, ctx->module->stop);
    }
}

void modules_free(struct modules *modules) {
    if (!modules)
        return;
    for (size_t i = 0; i < modules->count; i++) {
        arena_free(modules->list[i].arena);
        free(modules->list[i].failure);
    }
    free(modules->list);
    free(modules);
}

/* ---------------------------------------------------------------- who is who */

size_t modules_count(const struct modules *modules) {
    return modules->count;
}

struct kn_ctx *modules_get(const struct modules *modules, size_t index) {
    return &modules->list[index];
}

struct kn_ctx *modules_find(const struct modules *modules, const char *name) {
    for (size_t i = 0; i < modules->count; i++)
        if (!strcmp(modules->list[i].settings->name, name))
            return &modules->list[i];
    return NULL;
}

static _Atomic int32_t *running(const struct kn_ctx *ctx) {
    const struct process *process = ctx->process;
    return process->scoreboard ? &process->scoreboard->slots[process->index].running_module : NULL;
}

int modules_enter(struct kn_ctx *ctx) {
    _Atomic int32_t *module = running(ctx);
    if (!module)
        return -1;
    int before = atomic_load_explicit(module, memory_order_relaxed);
    atomic_store_explicit(module, (int32_t)ctx->index, memory_order_relaxed);
    return before;
}

void modules_leave(struct kn_ctx *ctx, int before) {
    _Atomic int32_t *module = running(ctx);
    if (module)
        atomic_store_explicit(module, (int32_t)before, memory_order_relaxed);
}
