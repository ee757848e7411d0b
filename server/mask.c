/* SPDX-License-Identifier: BSD-3-Clause */
#include "mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char mask[] = "***MASKED***";

static const char *const words[] = {"password", "passwd",  "pwd",     "token",  "secret",
                                    "api_key",  "api-key", "api key", "apikey", "authorization",
                                    "cookie",   "dsn",     NULL};

static size_t word_at(const char *text, size_t left) {
    for (size_t i = 0; words[i]; i++) {
        size_t length = strlen(words[i]);
        if (length <= left && strncasecmp(text, words[i], length) == 0)
            return length;
    }
    return 0;
}

static bool name_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static size_t skip(const char *text, size_t at, size_t length, const char *set) {
    while (at < length && strchr(set, text[at]) && text[at])
        at++;
    return at;
}

/* Where the value begins behind a sensitive name that ends at `at`: name, quote, = or :, quote.
 * 0 when this is not an assignment. */
static size_t value_start(const char *text, size_t at, size_t length) {
    while (at < length && name_char(text[at]))
        at++;
    at = skip(text, at, length, "\"'\\ ");
    if (length - at >= 3 && strncasecmp(text + at, "%3d", 3) == 0)
        return at + 3;
    if (at == length || (text[at] != '=' && text[at] != ':'))
        return 0;
    return skip(text, at + 1, length, "\"'\\ ");
}

static size_t value_end(const char *text, size_t at, size_t length) {
    if (length - at >= 7 && strncasecmp(text + at, "bearer ", 7) == 0)
        at += 7;
    while (at < length && !strchr("&;,\"'\\ \t\r\n}])", text[at]))
        at++;
    return at;
}

/* The length of "Bearer " credentials that stand without a name in front. */
static size_t bearer_at(const char *text, size_t left) {
    return left > 7 && strncasecmp(text, "bearer ", 7) == 0 ? 7 : 0;
}

void mask_add(struct buf *out, const char *text, size_t length) {
    size_t plain = 0;
    for (size_t at = 0; at < length;) {
        size_t word = word_at(text + at, length - at);
        size_t value = word ? value_start(text, at + word, length) : 0;
        if (!value && bearer_at(text + at, length - at))
            value = at + 7;
        if (!value) {
            at++;
            continue;
        }
        buf_add(out, text + plain, value - plain);
        at = value_end(text, value, length);
        if (at > value)
            buf_add(out, mask, sizeof(mask) - 1);
        plain = at;
    }
    buf_add(out, text + plain, length - plain);
}
