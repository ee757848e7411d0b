/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctx.h"

#include <stdarg.h>
#include <stdlib.h>
#include "arena.h"
#include "failure.h"
#include "modules.h"
#include "process.h"

enum kn_process kn_ctx_process(const struct kn_ctx *ctx) {
    return ctx->process->kind;
}

const void *kn_ctx_conf(const struct kn_ctx *ctx) {
    return ctx->conf;
}

void kn_ctx_state_set(struct kn_ctx *ctx, void *state) {
    ctx->state = state;
}

void *kn_ctx_state(const struct kn_ctx *ctx) {
    return ctx->state;
}

void *kn_ctx_alloc(struct kn_ctx *ctx, size_t size) {
    return arena_alloc(ctx->arena, size);
}

/* The first reason is the cause; what follows from it is not worth a line. */
int kn_ctx_fail(struct kn_ctx *ctx, const char *format, ...) {
    va_list args;
    if (ctx->failure)
        return -1;
    va_start(args, format);
    failure_va(&ctx->failure, format, args);
    va_end(args);
    return -1;
}

bool kn_ctx_has_module(const struct kn_ctx *ctx, const char *name) {
    return modules_find(ctx->process->modules, name) != NULL;
}
