/* SPDX-License-Identifier: BSD-3-Clause */
#include "clock.h"

#include <kenangan.h>
#include <stdio.h>
#include <time.h>

int64_t clock_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_ms(void) {
    return clock_us() / 1000;
}

int64_t kn_clock_ms(void) {
    return clock_ms();
}

const char *clock_now_text(char text[CLOCK_TEXT_SIZE]) {
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

void clock_duration_text(int64_t ms, char *text, size_t size) {
    long long seconds = ms / 1000;
    if (seconds == 0)
        snprintf(text, size, "%lldms", (long long)ms);
    else if (seconds < 60)
        snprintf(text, size, "%llds", seconds);
    else if (seconds < 3600)
        snprintf(text, size, "%lldm%llds", seconds / 60, seconds % 60);
    else
        snprintf(text, size, "%lldh%lldm%llds", seconds / 3600, seconds / 60 % 60, seconds % 60);
}
