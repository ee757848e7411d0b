/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics_text.h"

#include <inttypes.h>
#include <kenangan.h>
#include <stdlib.h>

#include "buf.h"
#include "clock.h"
#include "ctx.h"
#include "process.h"
#include "router.h"
#include "settings.h"

static uint64_t load(const _Atomic uint64_t *number) {
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void head(struct buf *out, const char *name, const char *type, const char *help) {
    buf_printf(out, "# HELP %s ", name);
    for (; *help; help++)
        if (*help == '\\')
            buf_add_text(out, "\\\\");
        else if (*help == '\n')
            buf_add_text(out, "\\n");
        else
            buf_add_char(out, *help);
    buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void add_label(struct buf *out, const char *value) {
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            buf_add_char(out, '\\');
        buf_add_char(out, *value);
    }
}

/* One method, route and status class, summed over the processes of this instance. */
struct series {
    uint64_t buckets[SCOREBOARD_BUCKETS];
    uint64_t sum_us, count;
};

static struct series series_sum(const struct scoreboard *board, size_t route, size_t class) {
    struct series sum = {0};
    for (unsigned i = 0; i < board->workers; i++) {
        const struct slot_class *cell = &board->slots[i].routes[route].classes[class];
        for (size_t b = 0; b < SCOREBOARD_BUCKETS; b++) {
            uint64_t requests = load(&cell->buckets[b]);
            sum.buckets[b] += requests;
            sum.count += requests;
        }
        sum.sum_us += load(&cell->sum_us);
    }
    return sum;
}

static void add_series(struct buf *out, const char *labels, const struct series *sum) {
    static const char name[] = "http_server_request_duration_seconds";
    uint64_t below = 0;
    for (size_t b = 0; b < METRICS_BOUNDS; b++) {
        below += sum->buckets[b];
        buf_printf(out, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", name, labels,
                   (double)metrics_bounds_us[b] / 1e6, below);
    }
    buf_printf(out, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name, labels, sum->count);
    buf_printf(out, "%s_sum{%s} %" PRIu64 ".%06" PRIu64 "\n", name, labels, sum->sum_us / 1000000,
               sum->sum_us % 1000000);
    buf_printf(out, "%s_count{%s} %" PRIu64 "\n", name, labels, sum->count);
}

static void add_route(struct buf *out, const struct scoreboard *board, size_t index,
                      const char *method, const char *pattern) {
    for (size_t class = 0; class < SCOREBOARD_CLASSES; class ++) {
        struct series sum = series_sum(board, index, class);
        if (sum.count == 0)
            continue;
        struct buf labels = {0};
        buf_add_text(&labels, "method=\"");
        add_label(&labels, method);
        buf_add_text(&labels, "\",route=\"");
        add_label(&labels, pattern);
        buf_printf(&labels, "\",status_class=\"%zuxx\"", class + 2);
        add_series(out, buf_text(&labels), &sum);
        buf_free(&labels);
    }
}

static void add_requests(struct buf *out, const struct process *process) {
    head(out, "http_server_request_duration_seconds", "histogram",
         "Time from a request's dispatch to its reply.");
    size_t count = router_count(process->router);
    for (size_t i = 0; i < count && i < SCOREBOARD_ROUTES_MAX; i++) {
        const struct route *route = router_get(process->router, i);
        add_route(out, process->scoreboard, route->index, route->spec.method, route->spec.pattern);
    }
    add_route(out, process->scoreboard, SCOREBOARD_ROUTES_MAX, "other", "unmatched");
}

static void add_connections(struct buf *out, const struct scoreboard *board,
                            const struct kn_server_stats *stats) {
    head(out, "db_client_connection_count", "gauge", "Connections to PostgreSQL by state.");
    buf_printf(out, "db_client_connection_count{state=\"idle\"} %" PRId64 "\n",
               stats->connections_idle);
    buf_printf(out, "db_client_connection_count{state=\"used\"} %" PRId64 "\n",
               stats->connections_in_use);
    int64_t clients = 0;
    for (unsigned i = 0; i < board->workers; i++)
        clients += atomic_load_explicit(&board->slots[i].http_connections, memory_order_relaxed);
    head(out, "http_server_connection_count", "gauge", "Open connections of clients.");
    buf_printf(out, "http_server_connection_count %" PRId64 "\n", clients);
}

static void add_processes(struct buf *out, struct scoreboard *board,
                          const struct kn_server_stats *stats) {
    head(out, "kenangan_build_info", "gauge", "Constant 1, labelled with the version.");
    buf_printf(out, "kenangan_build_info{version=\"%s\"} 1\n", stats->version);
    head(out, "kenangan_uptime_seconds", "gauge",
         "Time since the server started, over reloads and upgrades.");
    buf_printf(out, "kenangan_uptime_seconds %" PRId64 ".%03" PRId64 "\n", stats->uptime / 1000,
               stats->uptime % 1000);
    head(out, "kenangan_workers", "gauge", "Workers by state.");
    buf_printf(out, "kenangan_workers{state=\"ready\"} %" PRId64 "\n", stats->workers);
    buf_printf(out, "kenangan_workers{state=\"other\"} %" PRId64 "\n",
               (int64_t)board->workers - stats->workers);
    head(out, "kenangan_worker_restarts_total", "counter",
         "Workers and agents that ended unexpectedly and were started again.");
    buf_printf(out, "kenangan_worker_restarts_total %" PRIu64 "\n", load(&board->worker_restarts));
}

static void add_counters(struct buf *out, const struct metrics *metrics,
                         const struct scoreboard *board) {
    for (size_t c = 0; c < metrics->counter_count; c++) {
        uint64_t sum = 0;
        for (unsigned i = 0; i <= board->workers; i++)
            sum += load(&board->slots[i].counters[c]);
        head(out, metrics->counters[c].name, "counter", metrics->counters[c].help);
        buf_printf(out, "%s %" PRIu64 "\n", metrics->counters[c].name, sum);
    }
}

char *kn_metrics_text(struct kn_ctx *ctx, size_t *length) {
    const struct process *process = ctx->process;
    struct buf out = {0};
    buf_reserve(&out, 4096);
    if (process->scoreboard) {
        struct kn_server_stats stats;
        kn_server_stats_read(ctx, &stats, sizeof(stats));
        add_processes(&out, process->scoreboard, &stats);
        add_connections(&out, process->scoreboard, &stats);
        add_requests(&out, process);
        add_counters(&out, process->metrics, process->scoreboard);
    }
    if (length)
        *length = out.length;
    return buf_take(&out);
}

void kn_text_free(char *text) {
    free(text);
}
