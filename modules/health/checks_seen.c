/* SPDX-License-Identifier: BSD-3-Clause */
#include "checks_seen.h"

#include <string.h>
#include <kenangan.h>

bool checks_seen_is_module(const char *name) {
    return strcmp(name, "database") != 0 && strcmp(name, "api") != 0;
}

static void checks_seen_one(const struct kn_check_result *result, void *arg) {
    bool *healthy = arg;

    if (result->critical && result->health != KN_HEALTHY && checks_seen_is_module(result->name))
        *healthy = false;
}

bool checks_seen_healthy(struct kn_ctx *ctx) {
    bool healthy = true;

    kn_check_each(ctx, checks_seen_one, &healthy);
    return healthy;
}
