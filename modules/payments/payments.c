/* SPDX-License-Identifier: BSD-3-Clause */
/* payments: staff take money for orders, and what is paid and due. */
#include <kenangan.h>

static const struct kn_stmt take = {
    "payments.take",
    "SELECT id, order_id, payment_method, amount, reference_number, status, processed_by,"
    " processed_at, created_at, username, first_name, last_name, role"
    " FROM payment_take($1, $2, $3, $4, $5)",
    0};

static const struct kn_stmt list = {
    "payments.list",
    "SELECT p.id, p.order_id, p.payment_method, p.amount, p.reference_number, p.status,"
    " p.processed_by, p.processed_at, p.created_at, s.username, s.first_name, s.last_name, s.role"
    " FROM payments p LEFT JOIN staff_ref s ON s.id = p.processed_by"
    " WHERE p.order_id = $1 ORDER BY p.created_at DESC, p.id DESC",
    KN_STMT_READ};

static const struct kn_stmt summary = {
    "payments.summary",
    "SELECT order_id, total_amount, total_paid, pending_amount, remaining_amount, is_fully_paid,"
    " payment_count FROM payment_summary($1)",
    KN_STMT_READ};

enum payment_column {
    ID,
    ORDER,
    METHOD,
    AMOUNT,
    REFERENCE,
    STATUS,
    PROCESSED_BY,
    PROCESSED_AT,
    CREATED,
    USERNAME,
    FIRST_NAME,
    LAST_NAME,
    ROLE
};

enum summary_column {
    SUMMARY_ORDER,
    SUMMARY_TOTAL,
    SUMMARY_PAID,
    SUMMARY_PENDING,
    SUMMARY_REMAINING,
    SUMMARY_FULLY_PAID,
    SUMMARY_COUNT
};

static const char *const methods[] = {"cash",           "credit_card", "debit_card",
                                      "digital_wallet", "qris",        NULL};

static const struct kn_field fields[] = {{.name = "payment_method",
                                          .type = KN_FIELD_CHOICE,
                                          .flags = KN_FIELD_REQUIRED,
                                          .missing = "invalid_payment_method",
                                          .choices = methods},
                                         {.name = "amount",
                                          .type = KN_FIELD_MONEY,
                                          .flags = KN_FIELD_REQUIRED,
                                          .min = 1,
                                          .max = 5000000000,
                                          .missing = "invalid_amount",
                                          .too_long = "amount_exceeds_limit"},
                                         {.name = "reference_number",
                                          .type = KN_FIELD_TEXT,
                                          .flags = KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL,
                                          .max = 100},
                                         {0}};

static void cashier_write(struct kn_json *json, const struct kn_db_reply *reply, size_t query,
                          size_t row) {
    if (!kn_db_value(reply, query, row, USERNAME))
        return;
    kn_json_open(json, "processed_by_user");
    kn_json_text(json, "id", kn_db_value(reply, query, row, PROCESSED_BY));
    kn_json_text(json, "username", kn_db_value(reply, query, row, USERNAME));
    kn_json_text(json, "first_name", kn_db_value(reply, query, row, FIRST_NAME));
    kn_json_text(json, "last_name", kn_db_value(reply, query, row, LAST_NAME));
    kn_json_text(json, "role", kn_db_value(reply, query, row, ROLE));
    kn_json_close(json);
}

static void payment_write(struct kn_json *json, const char *key, const struct kn_db_reply *reply,
                          size_t query, size_t row) {
    kn_json_open(json, key);
    kn_json_text(json, "id", kn_db_value(reply, query, row, ID));
    kn_json_text(json, "order_id", kn_db_value(reply, query, row, ORDER));
    kn_json_text(json, "payment_method", kn_db_value(reply, query, row, METHOD));
    kn_json_number(json, "amount", kn_db_value(reply, query, row, AMOUNT));
    kn_json_text(json, "reference_number", kn_db_value(reply, query, row, REFERENCE));
    kn_json_text(json, "status", kn_db_value(reply, query, row, STATUS));
    kn_json_text(json, "processed_by", kn_db_value(reply, query, row, PROCESSED_BY));
    kn_json_time(json, "processed_at", kn_db_value(reply, query, row, PROCESSED_AT));
    kn_json_time(json, "created_at", kn_db_value(reply, query, row, CREATED));
    cashier_write(json, reply, query, row);
    kn_json_close(json);
}

/* ---- taking money */

static void payment_taken(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    payment_write(kn_reply_open(req, 201, "Payment recorded"), "data", reply, 0, 0);
    kn_reply_send(req);
}

static void payment_take(struct kn_req *req, void *state) {
    (void)state;
    const char *order = kn_req_param_uuid(req, "id");
    const struct kn_form *form = order ? kn_req_form(req, fields) : NULL;
    if (!form)
        return;
    const char *params[] = {order, kn_form_text(form, "payment_method"),
                            kn_form_text(form, "amount"), kn_form_text(form, "reference_number"),
                            kn_req_user(req)->id};
    kn_req_query_db(req, &take, params, 5, payment_taken);
}

/* ---- reading */

/* Both reads ask for the summary first: it has a row exactly when the order exists. */
static bool order_exists(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return false;
    }
    if (kn_db_rows(reply, 0) == 0) {
        kn_reply_error(req, 404, "order_not_found", "Order not found");
        return false;
    }
    return true;
}

static void payments_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    if (!order_exists(req, reply))
        return;
    struct kn_json *json = kn_reply_open(req, 200, "Payments");
    kn_json_open_list(json, "data");
    for (size_t row = 0; row < kn_db_rows(reply, 1); row++)
        payment_write(json, NULL, reply, 1, row);
    kn_json_close_list(json);
    kn_reply_send(req);
}

static void payment_list(struct kn_req *req, void *state) {
    (void)state;
    const char *order = kn_req_param_uuid(req, "id");
    if (!order)
        return;
    const struct kn_query queries[] = {{&summary, &order, 1}, {&list, &order, 1}};
    kn_req_db(req, queries, 2, payments_listed);
}

static void payments_summarised(struct kn_req *req, const struct kn_db_reply *reply) {
    if (!order_exists(req, reply))
        return;
    struct kn_json *json = kn_reply_open(req, 200, "Payment summary");
    kn_json_open(json, "data");
    kn_json_text(json, "order_id", kn_db_value(reply, 0, 0, SUMMARY_ORDER));
    kn_json_number(json, "total_amount", kn_db_value(reply, 0, 0, SUMMARY_TOTAL));
    kn_json_number(json, "total_paid", kn_db_value(reply, 0, 0, SUMMARY_PAID));
    kn_json_number(json, "pending_amount", kn_db_value(reply, 0, 0, SUMMARY_PENDING));
    kn_json_number(json, "remaining_amount", kn_db_value(reply, 0, 0, SUMMARY_REMAINING));
    kn_json_bool_text(json, "is_fully_paid", kn_db_value(reply, 0, 0, SUMMARY_FULLY_PAID));
    kn_json_number(json, "payment_count", kn_db_value(reply, 0, 0, SUMMARY_COUNT));
    kn_json_close(json);
    kn_reply_send(req);
}

static void payment_summary(struct kn_req *req, void *state) {
    (void)state;
    const char *order = kn_req_param_uuid(req, "id");
    if (order)
        kn_req_query_db(req, &summary, &order, 1, payments_summarised);
}

/* ---- the module */

static const struct kn_permission permissions[] = {
    {"payments.take", "admin manager counter", "take a payment"},
    {"payments.take_in_office", "admin manager", "take a payment in the back office"},
    {0}};

static const struct kn_route routes[] = {{.method = "GET",
                                          .pattern = "/api/v1/orders/{id}/payments",
                                          .handler = payment_list,
                                          .permission = "staff"},
                                         {.method = "POST",
                                          .pattern = "/api/v1/orders/{id}/payments",
                                          .handler = payment_take,
                                          .permission = "payments.take"},
                                         {.method = "GET",
                                          .pattern = "/api/v1/orders/{id}/payment-summary",
                                          .handler = payment_summary,
                                          .permission = "staff"},
                                         {.method = "POST",
                                          .pattern = "/api/v1/counter/orders/{id}/payments",
                                          .handler = payment_take,
                                          .permission = "payments.take"},
                                         {.method = "POST",
                                          .pattern = "/api/v1/admin/orders/{id}/payments",
                                          .handler = payment_take,
                                          .permission = "payments.take_in_office"},
                                         {0}};

static const char *const depends[] = {"auth", "orders", NULL};

static const struct kn_module module = {
    .struct_size = sizeof(struct kn_module),
    .abi_major = KN_ABI_MAJOR,
    .abi_minor = KN_ABI_MINOR,
    .option_size = sizeof(struct kn_option),
    .route_size = sizeof(struct kn_route),
    .permission_size = sizeof(struct kn_permission),
    .name = "payments",
    .version = "1.0.0",
    .summary = "Staff payments",
    .depends = depends,
    .permissions = permissions,
    .routes = routes,
};

const struct kn_module *kn_module_entry(void) {
    return &module;
}
