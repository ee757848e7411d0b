/* SPDX-License-Identifier: BSD-3-Clause */
/* What metrics.c counts and metrics_text.c prints as Prometheus text (kn_metrics_text). */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "scoreboard.h"

#define METRICS_BOUNDS (SCOREBOARD_BUCKETS - 1)

struct kn_counter {
    char *name, *help;
    _Atomic uint64_t *cell; /* in this process's slot; NULL in a check */
};

struct metrics {
    struct process *process;
    struct slot *slot; /* NULL in a check */
    struct kn_counter counters[SCOREBOARD_COUNTERS_MAX];
    size_t counter_count;
};

extern const int64_t metrics_bounds_us[METRICS_BOUNDS];

#endif
