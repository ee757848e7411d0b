/* SPDX-License-Identifier: BSD-3-Clause */
/* The module itself: descriptor, options, permissions, routes. */
#include "health.h"

static const struct kn_option health_options[] = {
    {.name = "metrics_token",
     .type = KN_OPTION_STRING,
     .flags = KN_OPTION_SECRET,
     .offset = offsetof(struct health_conf, metrics_token),
     .env = "METRICS_TOKEN",
     .help = "bearer token that opens /metrics to other hosts"},
    {.name = "backup_dir",
     .type = KN_OPTION_STRING,
     .offset = offsetof(struct health_conf, backup_dir),
     .fallback = "/backups",
     .env = "BACKUP_DIR",
     .help = "folder of the backups, for the card on the settings page"},
    {.name = "backup_interval",
     .type = KN_OPTION_DURATION,
     .offset = offsetof(struct health_conf, backup_interval),
     .fallback = "24h",
     .help = "how often a backup is made"},
    {.name = NULL},
};

static const struct kn_permission health_permissions[] = {
    {.name = "health.view", .roles = "admin manager", .help = "see the system card"},
    {.name = NULL},
};

/* Logged at ERROR, so that it reaches whatever watches the log or the error tracker. */
static void health_error_test(struct kn_req *req, void *state) {
    (void)state;
    kn_req_log(req, KN_ERROR, "test error, asked for by %s", kn_req_client_ip(req));
    kn_reply_error(req, 500, "test_error", "This error was asked for to test the error tracking");
}

static const struct kn_route health_routes[] = {
    {.method = "GET",
     .pattern = "/health",
     .handler = health_report,
     .permission = "public",
     .flags = KN_ROUTE_CACHEABLE},
    {.method = "GET",
     .pattern = "/api/v1/health",
     .handler = health_report,
     .permission = "public",
     .flags = KN_ROUTE_CACHEABLE},
    {.method = "GET",
     .pattern = "/livez",
     .handler = health_live,
     .permission = "public",
     .flags = KN_ROUTE_CACHEABLE},
    {.method = "GET",
     .pattern = "/readyz",
     .handler = health_ready,
     .permission = "public",
     .flags = KN_ROUTE_CACHEABLE},
    {.method = "GET",
     .pattern = "/metrics",
     .handler = health_metrics,
     .permission = "public",
     .flags = KN_ROUTE_CACHEABLE},
    {.method = "GET",
     .pattern = "/api/v1/error-test",
     .handler = health_error_test,
     .permission = "public",
     .limiters = "strict"},
    {.method = "GET",
     .pattern = "/api/v1/admin/health",
     .handler = health_card,
     .permission = "health.view"},
    {.method = NULL},
};

static int health_setup(struct kn_ctx *ctx) {
    struct health *health = kn_ctx_alloc(ctx, sizeof(*health));

    health->conf = kn_ctx_conf(ctx);
    kn_ctx_state_set(ctx, health);
    return 0;
}

static const struct kn_module health_module = {
    .struct_size = sizeof(struct kn_module),
    .abi_major = KN_ABI_MAJOR,
    .abi_minor = KN_ABI_MINOR,
    .option_size = sizeof(struct kn_option),
    .route_size = sizeof(struct kn_route),
    .permission_size = sizeof(struct kn_permission),
    .name = "health",
    .version = "1.0.0",
    .summary = "health report, probes and metrics",
    .options = health_options,
    .conf_size = sizeof(struct health_conf),
    .permissions = health_permissions,
    .routes = health_routes,
    .setup = health_setup,
};

const struct kn_module *kn_module_entry(void) {
    return &health_module;
}
