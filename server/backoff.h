/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting times between attempts: full jitter below a doubling bound. Zeroed but for the bounds. */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t least_ms, most_ms;
    unsigned failures;
};

int64_t backoff_next(struct backoff *backoff); /* after a failure: how long to wait */
void backoff_reset(struct backoff *backoff);   /* after a success */

uint32_t random_below(uint32_t bound); /* 0 when bound is 0; not for secrets */

#endif
