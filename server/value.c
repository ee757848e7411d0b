/* SPDX-License-Identifier: BSD-3-Clause */
#include "value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "buf.h"

#define WORD_MAX 40 /* longer words are not compared */

struct unit {
    const char *name;
    int64_t factor;
};

/* Longest name first where one begins another. */
static const struct unit durations[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

bool value_integer(const char *text, int64_t *value) {
    char *end;
    if (!digit(text[*text == '-']))
        return false;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    if (*end || errno)
        return false;
    *value = parsed;
    return true;
}

bool value_boolean(const char *text, bool *value) {
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0;
}

static const struct unit *unit_at(const struct unit *units, const char *text) {
    for (; units->name; units++)
        if (strncmp(text, units->name, strlen(units->name)) == 0)
            return units;
    return NULL;
}

/* The digits behind a decimal point, as thousandths; further ones are not significant. */
static int64_t fraction(const char **at) {
    int64_t thousandths = 0, weight = 100;
    for (++*at; digit(**at); ++*at, weight /= 10)
        thousandths += (**at - '0') * weight;
    return thousandths;
}

/* A number and its unit, "1.5h", added to *total. */
static bool part_add(const char **at, int64_t *total) {
    char *end;
    int64_t number, extra = 0;
    if (!digit(**at))
        return false;
    errno = 0;
    number = strtoll(*at, &end, 10);
    *at = end;
    if (**at == '.' && digit((*at)[1]))
        extra = fraction(at);
    const struct unit *unit = unit_at(durations, *at);
    if (errno || !unit || __builtin_mul_overflow(number, unit->factor, &number) ||
        __builtin_add_overflow(number, extra * unit->factor / 1000, &number))
        return false;
    *at += strlen(unit->name);
    return !__builtin_add_overflow(*total, number, total);
}

bool value_duration(const char *text, int64_t *value) {
    *value = 0;
    if (strcmp(text, "0") == 0)
        return true;
    do {
        if (!part_add(&text, value))
            return false;
    } while (*text);
    return true;
}

bool value_size(const char *text, int64_t *value) {
    char *end;
    if (!digit(*text))
        return false;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (errno)
        return false;
    if (!*end)
        return true;
    const struct unit *unit = unit_at(sizes, end);
    return unit && !end[1] && !__builtin_mul_overflow(*value, unit->factor, value);
}

static size_t commas(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += *text == ',';
    return count;
}

const char *const *value_list(struct arena *arena, const char *text) {
    const char **list = arena_alloc(arena, (commas(text) + 2) * sizeof(*list));
    size_t count = 0;
    while (*text) {
        text += strspn(text, " \t,");
        size_t length = strcspn(text, ",");
        size_t kept = length;
        while (kept && strchr(" \t", text[kept - 1]))
            kept--;
        if (kept)
            list[count++] = arena_strndup(arena, text, kept);
        text += length;
    }
    return list;
}

const char *value_wanted(enum kn_option_type type) {
    switch (type) {
    case KN_OPTION_STRING:
        return "a text";
    case KN_OPTION_INTEGER:
        return "a whole number";
    case KN_OPTION_BOOLEAN:
        return "true or false";
    case KN_OPTION_DURATION:
        return "a duration such as 250ms, 10s, 5m, 24h or 7d";
    case KN_OPTION_SIZE:
        return "a size such as 512, 64K or 5M";
    case KN_OPTION_LIST:
        return "a list such as [a, b] or \"a, b\"";
    }
    return "something else";
}

static void unit_text(struct buf *out, int64_t value, const struct unit *units, const char *plain) {
    const struct unit *best = NULL;
    for (; units->name; units++)
        if (value && value % units->factor == 0)
            best = units;
    buf_printf(out, "%" PRId64 "%s", best ? value / best->factor : value,
               best ? best->name : plain);
}

void value_duration_text(struct buf *out, int64_t ms) {
    unit_text(out, ms, durations, "");
}

void value_size_text(struct buf *out, int64_t bytes) {
    unit_text(out, bytes, sizes, "");
}

/* Levenshtein's distance, one row at a time. */
static size_t distance(const char *a, const char *b) {
    size_t row[WORD_MAX + 1], width = strlen(b);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; *a; a++, i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t best = diagonal + (*a != b[j - 1]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[width];
}

const char *value_nearest(const char *word, const char *const *words) {
    const char *nearest = NULL;
    size_t length = strlen(word), least = length / 3 + 2;
    if (length > WORD_MAX)
        return NULL;
    for (; *words; words++) {
        if (strlen(*words) > WORD_MAX)
            continue;
        size_t far = distance(word, *words);
        if (far < least && far < strlen(*words)) {
            least = far;
            nearest = *words;
        }
    }
    return nearest;
}
