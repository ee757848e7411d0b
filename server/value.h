/* SPDX-License-Identifier: BSD-3-Clause */
/* Typed values written as text, in YAML, the environment and the defaults of option tables. */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <kenangan.h>

struct arena;
struct buf;

bool value_integer(const char *text, int64_t *value);
bool value_boolean(const char *text, bool *value);     /* true or false, nothing else */
bool value_duration(const char *text, int64_t *value); /* 250ms, 10s, 1h30m, 1.5h; in ms */
bool value_size(const char *text, int64_t *value);     /* 512, 64K, 5M, 1G; in bytes */
const char *const *value_list(struct arena *arena, const char *text); /* "a, b", ended by NULL */

/* "a duration such as 250ms, 10s, 5m, 24h or 7d", to say what was expected. */
const char *value_wanted(enum kn_option_type type);

/* The text that gives the value back. */
void value_duration_text(struct buf *out, int64_t ms);
void value_size_text(struct buf *out, int64_t bytes);

/* The word of the list that was probably meant, NULL when none is close. */
const char *value_nearest(const char *word, const char *const *words);

#endif
