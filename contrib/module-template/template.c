/* SPDX-License-Identifier: BSD-3-Clause */
/* template: a module to begin with. It has one of everything a module can have. */
#include <kenangan.h>

/* ---- options: the server fills this struct from `options:` in YAML before setup() */

struct template_conf {
    const char *greeting;
    int64_t report_every;
};

static const struct kn_option template_options[] = {
    {.name = "greeting",
     .type = KN_OPTION_STRING,
     .flags = 0,
     .offset = offsetof(struct template_conf, greeting),
     .fallback = "Selamat datang",
     .env = NULL,
     .help = "first words of GET /api/v1/template"},
    {.name = "report_every",
     .type = KN_OPTION_DURATION,
     .flags = 0,
     .offset = offsetof(struct template_conf, report_every),
     .fallback = "1m",
     .env = "TEMPLATE_REPORT_EVERY",
     .help = "how often the agent logs the orders it heard of"},
    {NULL, KN_OPTION_STRING, 0, 0, NULL, NULL, NULL}};

/* ---- state: one of these in each process; nothing here needs a lock */

struct template_state {
    struct kn_ctx *ctx;
    const struct template_conf *conf;
    int64_t orders_heard;
};

/* ---- a route: one function asks the database, its neighbour replies */

static const struct kn_stmt template_today = {
    .name = "template.today",
    .sql = "SELECT restaurant_today(), count(*) FROM product_ref WHERE name ILIKE '%' || $1 || '%'",
    .flags = KN_STMT_READ};

static void template_shown(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct template_state *state = (struct template_state *)kn_req_data(req);
    struct kn_json *json = kn_reply_open(req, 200, "Template retrieved");
    kn_json_open(json, "data");
    kn_json_text(json, "greeting", state->conf->greeting);
    kn_json_text(json, "today", kn_db_value(reply, 0, 0, 0));
    kn_json_number(json, "dishes", kn_db_value(reply, 0, 0, 1));
    kn_json_close(json);
    kn_reply_send(req);
}

static void template_show(struct kn_req *req, void *state) {
    const char *search = kn_req_query(req, "search", 0);
    const char *params[] = {search ? search : ""};
    kn_req_data_set(req, state);
    kn_req_query_db(req, &template_today, params, 1, template_shown);
}

static const struct kn_route template_routes[] = {{.method = "GET",
                                                   .pattern = "/api/v1/template",
                                                   .handler = template_show,
                                                   .permission = "public",
                                                   .limiters = "public",
                                                   .body_max = 0,
                                                   .flags = 0},
                                                  {NULL, NULL, NULL, NULL, NULL, 0, 0}};

/* ---- a health check: appears in /health as "template" */

static const struct kn_stmt template_ping = {
    .name = "template.ping", .sql = "SELECT 1 FROM restaurant_info", .flags = KN_STMT_READ};

static void template_checked(void *arg, const struct kn_db_reply *reply) {
    bool found = kn_db_status(reply) == KN_DB_OK && kn_db_rows(reply, 0) == 1;
    kn_check_done((struct kn_check *)arg, found ? KN_HEALTHY : KN_UNHEALTHY,
                  found ? "" : "the restaurant's own row cannot be read");
}

static void template_check(struct kn_check *check, void *arg) {
    struct template_state *state = (struct template_state *)arg;
    struct kn_query query = {&template_ping, NULL, 0};
    kn_ctx_db(state->ctx, &query, 1, template_checked, check);
}

/* ---- an event subscription and a job, both in the agent */

static void template_order_placed(const struct kn_event *event, void *arg) {
    struct template_state *state = (struct template_state *)arg;
    state->orders_heard++;
    kn_log(state->ctx, KN_DEBUG, "template: order %s", event->key);
}

static void template_report(struct kn_job *job, void *arg) {
    struct template_state *state = (struct template_state *)arg;
    kn_log(state->ctx, KN_INFO, "template: %lld orders since the start",
           (long long)state->orders_heard);
    kn_job_done(job, true, "");
}

/* ---- life: setup() declares, and does no input or output */

static int template_setup(struct kn_ctx *ctx) {
    struct template_state *state = (struct template_state *)kn_ctx_alloc(ctx, sizeof *state);
    state->ctx = ctx;
    state->conf = (const struct template_conf *)kn_ctx_conf(ctx);
    kn_ctx_state_set(ctx, state);
    if (state->conf->report_every < 1000)
        return kn_ctx_fail(ctx, "report_every is under a second: write 10s or more");
    if (kn_check_add(ctx, "template", 30000, 2000, false, template_check) != 0 ||
        kn_event_subscribe(ctx, KN_AGENT, "order.placed", template_order_placed) != 0)
        return -1;
    return kn_job_add(ctx, "template.report", state->conf->report_every, 0, template_report);
}

static const struct kn_module template_module = {.struct_size = sizeof(struct kn_module),
                                                 .abi_major = KN_ABI_MAJOR,
                                                 .abi_minor = KN_ABI_MINOR,
                                                 .option_size = sizeof(struct kn_option),
                                                 .route_size = sizeof(struct kn_route),
                                                 .permission_size = sizeof(struct kn_permission),
                                                 .name = "template",
                                                 .version = "0.1",
                                                 .summary = "a module to begin with",
                                                 .depends = NULL,
                                                 .options = template_options,
                                                 .conf_size = sizeof(struct template_conf),
                                                 .permissions = NULL,
                                                 .routes = template_routes,
                                                 .setup = template_setup,
                                                 .start = NULL,
                                                 .drain = NULL,
                                                 .stop = NULL};

const struct kn_module *kn_module_entry(void) {
    return &template_module;
}
