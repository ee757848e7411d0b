/* SPDX-License-Identifier: BSD-3-Clause */
#include "stamp.h"

#include <kenangan.h>

const char *stamp_time(struct kn_req *req, time_t when) {
    char text[sizeof("2026-01-05T10:30:00Z")];
    struct tm utc;

    if (gmtime_r(&when, &utc) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        return NULL;
    return kn_req_strdup(req, text);
}

const char *stamp_uptime(struct kn_req *req, int64_t ms) {
    long long seconds = ms / 1000;

    if (seconds >= 3600)
        return kn_req_printf(req, "%lldh%lldm%llds", seconds / 3600, seconds / 60 % 60,
                             seconds % 60);
    if (seconds >= 60)
        return kn_req_printf(req, "%lldm%llds", seconds / 60, seconds % 60);
    return kn_req_printf(req, "%llds", seconds);
}
