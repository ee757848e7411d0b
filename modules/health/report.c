/* SPDX-License-Identifier: BSD-3-Clause */
/* GET /health: the whole report, in the runbook's shape and order. */
#include "health.h"

#include <string.h>
#include "checks_seen.h"
#include "database.h"
#include "stamp.h"

static const char *report_word(bool healthy) {
    return healthy ? "healthy" : "unhealthy";
}

static void report_pool(struct kn_json *json, const struct kn_server_stats *stats) {
    kn_json_open(json, "connection_pool");
    kn_json_integer(json, "open", stats->connections_open);
    kn_json_integer(json, "in_use", stats->connections_in_use);
    kn_json_integer(json, "idle", stats->connections_idle);
    kn_json_close(json);
}

static void report_database(struct kn_req *req, struct kn_json *json,
                            const struct database_state *database,
                            const struct kn_server_stats *stats) {
    kn_json_open(json, "database");
    kn_json_text(json, "status", report_word(database->healthy));
    if (database->healthy) {
        kn_json_text(json, "response_time",
                     kn_req_printf(req, "%lldms", (long long)(database->duration + 999) / 1000));
        report_pool(json, stats);
    } else {
        kn_json_text(json, "error", database->error);
        kn_json_text(json, "response_time", "timeout");
    }
    kn_json_close(json);
}

static void report_api(struct kn_req *req, struct kn_json *json,
                       const struct kn_server_stats *stats) {
    kn_json_open(json, "api");
    kn_json_text(json, "status", "healthy");
    kn_json_text(json, "uptime", stamp_uptime(req, stats->uptime));
    kn_json_close(json);
}

struct report {
    struct kn_req *req;
    struct kn_json *json;
};

static void report_check(const struct kn_check_result *result, void *arg) {
    const struct report *report = arg;
    bool healthy = result->health == KN_HEALTHY;

    if (!checks_seen_is_module(result->name))
        return;
    kn_json_open(report->json, result->name);
    kn_json_text(report->json, "status", report_word(healthy));
    if (result->detail != NULL && result->detail[0] != '\0')
        kn_json_text(report->json, healthy ? "detail" : "error", result->detail);
    kn_json_text(report->json, "response_time",
                 kn_req_printf(report->req, "%lldms", (long long)result->duration));
    kn_json_close(report->json);
}

static void report_send(struct kn_req *req, const struct database_state *database) {
    struct kn_ctx *ctx = kn_req_ctx(req);
    bool healthy = database->healthy && checks_seen_healthy(ctx);
    struct kn_server_stats stats;
    struct report report = {.req = req};

    kn_server_stats_read(ctx, &stats, sizeof(stats));
    report.json = kn_reply_open_bare(req, healthy ? 200 : 503);
    kn_json_open(report.json, NULL);
    kn_json_text(report.json, "status", report_word(healthy));
    kn_json_text(report.json, "timestamp", stamp_time(req, time(NULL)));
    kn_json_text(report.json, "version", stats.version);
    kn_json_text(report.json, "environment", stats.environment);
    kn_json_open(report.json, "checks");
    report_database(req, report.json, database, &stats);
    if (database->healthy)
        report_api(req, report.json, &stats);
    kn_check_each(ctx, report_check, &report);
    kn_json_close(report.json);
    kn_json_close(report.json);
    kn_reply_send(req);
}

void health_report(struct kn_req *req, void *state) {
    (void)state;
    kn_reply_header(req, "Cache-Control", "no-store");
    database_probe(req, report_send);
}
