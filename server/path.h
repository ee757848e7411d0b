/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The canonical path of a request: decoded exactly once. Whatever could mean one thing here and
 * another thing to a proxy in front (%2f, %5c, %00, "//", dot segments) is refused, not repaired.
 */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_SEGMENTS_MAX 16

struct path {
    const char *text; /* "/api/v1/orders", decoded */
    const char *segments[PATH_SEGMENTS_MAX];
    size_t count; /* 0 for "/"; a trailing slash makes the last segment empty */
};

/* raw is the path without its query. room holds 2 * length + 2 bytes and keeps what *path points
 * to. False: the path is not canonical. */
bool path_parse(const char *raw, size_t length, char *room, struct path *path);

/* Decodes a %XX at text[0..2]; -1 when it is none. Shared with the query string. */
int path_percent(const char *text, size_t length);

#endif
