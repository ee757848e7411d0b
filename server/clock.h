/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_ms(void); /* monotonic */
int64_t clock_us(void); /* monotonic */

#define CLOCK_TEXT_SIZE 32
/* Now in UTC, "2025-12-26T10:30:45Z". */
const char *clock_now_text(char text[CLOCK_TEXT_SIZE]);

/* 5400000 -> "1h30m0s", as Go prints durations; below a second "12ms". */
void clock_duration_text(int64_t ms, char *text, size_t size);

#endif
