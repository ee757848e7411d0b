/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters and the request histogram in the scoreboard; Prometheus text. */
#ifndef METRICS_H
#define METRICS_H

#include <stdint.h>

struct process;
struct route;
struct metrics;

struct metrics *metrics_new(struct process *process);
void metrics_request(struct metrics *metrics, const struct route *route, int status,
                     int64_t duration_us); /* route may be NULL: no route matched */
void metrics_free(struct metrics *metrics);

#endif
