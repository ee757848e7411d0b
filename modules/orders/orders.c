/* SPDX-License-Identifier: BSD-3-Clause */
/* orders: placing, moving and reading orders, and the kitchen's queue. */
#include "orders.h"

static const struct kn_permission permissions[] = {
    {"orders.place", "admin manager server counter", "place an order at the till or the table"},
    {"orders.place_at_table", "admin manager server", "place a dine-in order"},
    {"orders.place_at_counter", "admin manager counter", "place any order at the counter"},
    {"orders.place_in_office", "admin manager", "place any order in the back office"},
    {"kitchen.work", "admin manager kitchen", "see the kitchen queue and tick items"},
    {0}};

static const struct kn_route routes[] = {
    {.method = "GET", .pattern = "/api/v1/orders", .handler = order_list, .permission = "staff"},
    {.method = "POST",
     .pattern = "/api/v1/orders",
     .handler = order_place,
     .permission = "orders.place"},
    {.method = "GET",
     .pattern = "/api/v1/orders/{id}",
     .handler = order_get,
     .permission = "staff"},
    {.method = "PATCH",
     .pattern = "/api/v1/orders/{id}/status",
     .handler = order_move,
     .permission = "staff"},
    {.method = "GET",
     .pattern = "/api/v1/orders/{id}/status-history",
     .handler = order_history,
     .permission = "staff"},
    {.method = "POST",
     .pattern = "/api/v1/server/orders",
     .handler = order_place_dine_in,
     .permission = "orders.place_at_table"},
    {.method = "POST",
     .pattern = "/api/v1/counter/orders",
     .handler = order_place,
     .permission = "orders.place_at_counter"},
    {.method = "POST",
     .pattern = "/api/v1/admin/orders",
     .handler = order_place,
     .permission = "orders.place_in_office"},
    {.method = "GET",
     .pattern = "/api/v1/kitchen/orders",
     .handler = kitchen_list,
     .permission = "kitchen.work"},
    {.method = "PATCH",
     .pattern = "/api/v1/kitchen/orders/{id}/items/{item_id}/status",
     .handler = item_move,
     .permission = "kitchen.work"},
    {0}};

/* Every second: what orders left to be subtracted from the store room. Every minute: closed orders
 * into the tallies, and requests that nobody will repeat any more out. */
static const struct kn_stmt settle_stock = {"orders.settle_stock", "SELECT inventory_settle()", 0};
static const struct kn_stmt housekeeping = {"orders.housekeeping",
                                            "SELECT orders_tally(), order_requests_prune()", 0};

static void job_answered(void *arg, const struct kn_db_reply *reply) {
    bool done = kn_db_status(reply) == KN_DB_OK;
    kn_job_done(arg, done, done ? "" : kn_db_message(reply));
}

static void job_send(struct kn_job *job, const struct orders *orders, const struct kn_stmt *stmt) {
    const struct kn_query query = {stmt, NULL, 0};
    kn_ctx_db(orders->ctx, &query, 1, job_answered, job);
}

static void stock_settle(struct kn_job *job, void *state) {
    job_send(job, state, &settle_stock);
}

static void house_keep(struct kn_job *job, void *state) {
    job_send(job, state, &housekeeping);
}

static int jobs_add(struct kn_ctx *ctx) {
    if (kn_job_add(ctx, "orders.settle_stock", 1000, KN_JOB_LEADER, stock_settle) != 0)
        return -1;
    return kn_job_add(ctx, "orders.housekeeping", 60000, KN_JOB_LEADER, house_keep);
}

static int setup(struct kn_ctx *ctx) {
    struct orders *orders = kn_ctx_alloc(ctx, sizeof(*orders));
    orders->ctx = ctx;
    kn_ctx_state_set(ctx, orders);
    if (kn_ctx_process(ctx) == KN_AGENT)
        return jobs_add(ctx);
    reference_products_setup(&orders->products, ctx);
    reference_tables_setup(&orders->tables, ctx);
    reference_staff_setup(&orders->staff, ctx);
    return 0;
}

static void stop(struct kn_ctx *ctx) {
    struct orders *orders = kn_ctx_state(ctx);
    reference_free(&orders->products);
    reference_free(&orders->tables);
    reference_free(&orders->staff);
}

static const char *const depends[] = {"auth", "menu", "tables", NULL};

static const struct kn_module module = {
    .struct_size = sizeof(struct kn_module),
    .abi_major = KN_ABI_MAJOR,
    .abi_minor = KN_ABI_MINOR,
    .option_size = sizeof(struct kn_option),
    .route_size = sizeof(struct kn_route),
    .permission_size = sizeof(struct kn_permission),
    .name = "orders",
    .version = "1.0.0",
    .summary = "Order life cycle and the kitchen queue",
    .depends = depends,
    .permissions = permissions,
    .routes = routes,
    .setup = setup,
    .stop = stop,
};

const struct kn_module *kn_module_entry(void) {
    return &module;
}
