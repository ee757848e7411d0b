/* SPDX-License-Identifier: BSD-3-Clause */
/* Two request headers and what they ask for. No I/O, no allocation. */
#ifndef NEGOTIATE_H
#define NEGOTIATE_H

#include <stdbool.h>

/* Whether an Accept-Encoding header (or NULL) takes gzip and does not like identity better. */
bool negotiate_gzip(const char *accept_encoding);

/* Whether an If-None-Match header (or NULL) names this entity tag: a list, W/ and * count. */
bool negotiate_matches(const char *if_none_match, const char *etag);

#endif
