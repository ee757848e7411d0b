/* SPDX-License-Identifier: BSD-3-Clause */
/* The query string, decoded once. */
#ifndef QUERY_H
#define QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include "request.h"

#define QUERY_PAIRS_MAX 64

/* How many pairs text can hold at most; more than QUERY_PAIRS_MAX is too many. */
size_t query_count(const char *text);

/*
 * Decodes "a=1&b&c=%20" in place into pairs (room for query_count() of them). A key without "=" has
 * the empty value; empty pieces are skipped. False: bad percent sign, NUL or not UTF-8.
 */
bool query_parse(char *text, struct query_pair *pairs, size_t *count);

#endif
