/* SPDX-License-Identifier: BSD-3-Clause */
#include "backoff.h"

#include <event2/util.h>

uint32_t random_below(uint32_t bound) {
    uint32_t value;
    evutil_secure_rng_get_bytes(&value, sizeof(value));
    return bound ? value % bound : 0;
}

int64_t backoff_next(struct backoff *backoff) {
    int64_t bound = backoff->least_ms;
    for (unsigned i = 0; i < backoff->failures && bound < backoff->most_ms; i++)
        bound *= 2;
    if (bound > backoff->most_ms)
        bound = backoff->most_ms;
    backoff->failures++;
    return backoff->least_ms + (int64_t)random_below((uint32_t)(bound - backoff->least_ms) + 1);
}

void backoff_reset(struct backoff *backoff) {
    backoff->failures = 0;
}
