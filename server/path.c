/* SPDX-License-Identifier: BSD-3-Clause */
#include "path.h"

#include <string.h>
#include "json_check.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int path_percent(const char *text, size_t length) {
    if (length < 3 || text[0] != '%')
        return -1;
    int high = hex_value(text[1]);
    int low = hex_value(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Decodes into out and returns the new length, 0 when a byte has no place in a path. */
static size_t decode(const char *raw, size_t length, char *out) {
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        int c = (unsigned char)raw[i];
        if (c == '%') {
            c = path_percent(raw + i, length - i);
            if (c == '/')
                return 0;
            i += 2;
        }
        if (c < 0x20 || c == 0x7f || c == '\\')
            return 0;
        out[used++] = (char)c;
    }
    out[used] = '\0';
    return used;
}

static bool segment_is_dots(const char *segment) {
    return !strcmp(segment, ".") || !strcmp(segment, "..");
}

/* Cuts text, which begins with a slash, in place. */
static bool split(char *text, struct path *path) {
    path->count = 0;
    if (!text[1])
        return true;
    for (char *next = text; next;) {
        char *segment = next + 1;
        next = strchr(segment, '/');
        if (next)
            *next = '\0';
        if (segment_is_dots(segment) || (next && !*segment) || path->count == PATH_SEGMENTS_MAX)
            return false;
        path->segments[path->count++] = segment;
    }
    return true;
}

bool path_parse(const char *raw, size_t length, char *room, struct path *path) {
    if (!length || raw[0] != '/')
        return false;
    size_t used = decode(raw, length, room);
    if (!used || !utf8_check(room, used))
        return false;
    char *pieces = room + used + 1;
    memcpy(pieces, room, used + 1);
    path->text = room;
    return split(pieces, path);
}
