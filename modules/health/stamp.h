/* SPDX-License-Identifier: BSD-3-Clause */
/* Times and durations as text. */
#ifndef STAMP_H
#define STAMP_H

#include <stdint.h>
#include <time.h>

struct kn_req;

/* "2026-01-05T10:30:00Z" */
const char *stamp_time(struct kn_req *req, time_t when);

/* "72h15m30s", "15m30s", "30s" */
const char *stamp_uptime(struct kn_req *req, int64_t ms);

#endif
