/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Strict RFC 8259 validation before json-c sees a body: UTF-8, grammar, one value and nothing behind
 * it, no NUL, no duplicate keys, bounded depth. json-c alone accepts NaN, -01, trailing data...
 */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 16

struct json_error {
    size_t offset;    /* byte where it went wrong */
    char reason[160]; /* "duplicate key "quantity"": for the reply's message */
};

bool json_check(const char *text, size_t length, struct json_error *error);

/* True when the bytes are valid UTF-8 without NUL. */
bool utf8_check(const char *text, size_t length);

#endif
