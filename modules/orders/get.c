/* SPDX-License-Identifier: BSD-3-Clause */
/* One order and its status trail. */
#include "get.h"

#include "order_json.h"
#include "orders.h"

static const struct kn_stmt get_one = {
    "orders.get", "SELECT " ORDER_LINE_COLUMNS " FROM order_lines($1)", KN_STMT_READ};

static const struct kn_stmt get_history = {
    "orders.history",
    "SELECT h.id, h.order_id, h.previous_status, h.new_status, coalesce(s.username, 'System'),"
    " coalesce(h.notes, ''), h.created_at FROM order_status_history h"
    " LEFT JOIN staff_ref s ON s.id = h.changed_by WHERE h.order_id = $1 ORDER BY h.seq",
    KN_STMT_READ};

struct shown { /* how a single-order reply is to look, kept while names are fetched */
    const char *id;
    int status;
    const char *message;
};

static void order_read(struct kn_req *req);

void order_show(struct kn_req *req, const struct kn_db_reply *reply, int status,
                const char *message) {
    const struct orders *orders = kn_ctx_state(kn_req_ctx(req));
    struct kn_watch *missing = order_line_missing(orders, reply);
    struct shown *shown = kn_req_alloc(req, sizeof(*shown));
    *shown =
        (struct shown){kn_req_strdup(req, kn_db_value(reply, 0, 0, ORDER_ID)), status, message};
    kn_req_data_set(req, shown);
    if (missing && kn_watch_refresh(missing, req, order_read))
        return;
    order_line_write(orders, kn_reply_open(req, status, message), "data", reply);
    kn_reply_send(req);
}

static void order_got(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct shown *shown = kn_req_data(req);
    if (kn_db_status(reply) != KN_DB_OK)
        kn_reply_db_error(req, reply);
    else if (kn_db_rows(reply, 0) == 0)
        kn_reply_error(req, 404, "order_not_found", "Order not found");
    else
        order_show(req, reply, shown->status, shown->message);
}

static void order_read(struct kn_req *req) {
    const struct shown *shown = kn_req_data(req);
    kn_req_query_db(req, &get_one, &shown->id, 1, order_got);
}

void order_get(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    if (!id)
        return;
    struct shown *shown = kn_req_alloc(req, sizeof(*shown));
    *shown = (struct shown){id, 200, "Order"};
    kn_req_data_set(req, shown);
    order_read(req);
}

static void entry_write(struct kn_json *json, const struct kn_db_reply *reply, size_t row) {
    static const char *const keys[] = {"id",         "order_id",   "previous_status",
                                       "new_status", "changed_by", "notes"};
    kn_json_open(json, NULL);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        kn_json_text(json, keys[i], kn_db_value(reply, 0, row, i));
    kn_json_time(json, "created_at", kn_db_value(reply, 0, row, 6));
    kn_json_close(json);
}

static void order_history_read(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    if (kn_db_rows(reply, 0) == 0) { /* every order has at least its first entry */
        kn_reply_error(req, 404, "order_not_found", "Order not found");
        return;
    }
    struct kn_json *json = kn_reply_open(req, 200, "Status history");
    kn_json_open_list(json, "data");
    for (size_t row = 0; row < kn_db_rows(reply, 0); row++)
        entry_write(json, reply, row);
    kn_json_close_list(json);
    kn_reply_send(req);
}

void order_history(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    if (id)
        kn_req_query_db(req, &get_history, &id, 1, order_history_read);
}
