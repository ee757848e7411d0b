/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics.h"

#include <kenangan.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "ctx.h"
#include "log.h"
#include "metrics_text.h"
#include "process.h"
#include "router.h"
#include "scoreboard.h"
#include "settings.h"

#ifndef KN_VERSION
#error "KN_VERSION is given by the build"
#endif

const int64_t metrics_bounds_us[METRICS_BOUNDS] = {5000,    10000,   25000,   50000,   75000,
                                                   100000,  250000,  500000,  750000,  1000000,
                                                   2500000, 5000000, 7500000, 10000000};

struct metrics *metrics_new(struct process *process) {
    struct metrics *metrics = xcalloc(1, sizeof(*metrics));
    metrics->process = process;
    if (process->scoreboard)
        metrics->slot = &process->scoreboard->slots[process->index];
    return metrics;
}

void metrics_free(struct metrics *metrics) {
    if (!metrics)
        return;
    for (size_t i = 0; i < metrics->counter_count; i++) {
        free(metrics->counters[i].name);
        free(metrics->counters[i].help);
    }
    free(metrics);
}

static void add(_Atomic uint64_t *number, uint64_t by) {
    atomic_fetch_add_explicit(number, by, memory_order_relaxed);
}

static size_t class_of(int status) {
    return status >= 500 ? 3 : status >= 400 ? 2 : status >= 300 ? 1 : 0;
}

void metrics_request(struct metrics *metrics, const struct route *route, int status,
                     int64_t duration_us) {
    if (!metrics->slot)
        return;
    size_t index =
        route && route->index < SCOREBOARD_ROUTES_MAX ? route->index : SCOREBOARD_ROUTES_MAX;
    struct slot_class *class = &metrics->slot->routes[index].classes[class_of(status)];
    size_t bucket = 0;
    while (bucket < METRICS_BOUNDS && duration_us > metrics_bounds_us[bucket])
        bucket++;
    add(&class->buckets[bucket], 1);
    add(&class->sum_us, duration_us > 0 ? (uint64_t)duration_us : 0);
}

/* Every process of a generation runs the same setup() in the same order, so that the n-th counter
 * is the same one in each of them. */
struct kn_counter *kn_counter_add(struct kn_ctx *ctx, const char *name, const char *help) {
    struct metrics *metrics = ctx->process->metrics;
    for (size_t i = 0; i < metrics->counter_count; i++)
        if (strcmp(metrics->counters[i].name, name) == 0)
            return &metrics->counters[i];
    if (metrics->counter_count == SCOREBOARD_COUNTERS_MAX) {
        log_write(KN_ERROR, "metrics", NULL,
                  "counter %s of module %s is one too many (%d): not counted", name,
                  ctx->module->name, SCOREBOARD_COUNTERS_MAX);
        return NULL;
    }
    struct kn_counter *counter = &metrics->counters[metrics->counter_count];
    counter->name = xstrdup(name);
    counter->help = xstrdup(help ? help : "");
    counter->cell = metrics->slot ? &metrics->slot->counters[metrics->counter_count] : NULL;
    metrics->counter_count++;
    return counter;
}

void kn_counter_increment(struct kn_counter *counter, uint64_t by) {
    if (counter && counter->cell)
        add(counter->cell, by);
}

static void sum_slots(const struct scoreboard *board, struct kn_server_stats *stats) {
    for (unsigned i = 0; i <= board->workers; i++) {
        const struct slot *slot = &board->slots[i];
        stats->connections_open += atomic_load_explicit(&slot->db_open, memory_order_relaxed);
        stats->connections_in_use += atomic_load_explicit(&slot->db_in_use, memory_order_relaxed);
        stats->connections_idle += atomic_load_explicit(&slot->db_idle, memory_order_relaxed);
        if (i < board->workers &&
            atomic_load_explicit(&slot->state, memory_order_relaxed) == SLOT_READY)
            stats->workers++;
    }
}

void kn_server_stats_read(struct kn_ctx *ctx, struct kn_server_stats *stats, size_t stats_size) {
    const struct process *process = ctx->process;
    struct kn_server_stats all = {.version = KN_VERSION,
                                  .environment = process->settings->environment,
                                  .draining = process->draining};
    if (process->scoreboard) {
        all.uptime = clock_ms() - process->scoreboard->started_ms;
        sum_slots(process->scoreboard, &all);
    }
    memset(stats, 0, stats_size);
    memcpy(stats, &all, stats_size < sizeof(all) ? stats_size : sizeof(all));
}
