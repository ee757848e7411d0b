/* SPDX-License-Identifier: BSD-3-Clause */
#include "query.h"

#include <string.h>
#include "json_check.h"
#include "path.h"

size_t query_count(const char *text) {
    size_t count = 1;
    for (; *text; text++)
        count += *text == '&';
    return count;
}

/* Decodes text in place. */
static bool decode(char *text) {
    size_t length = strlen(text), used = 0;
    for (size_t i = 0; i < length; i++) {
        int c = (unsigned char)text[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            c = path_percent(text + i, length - i);
            if (c <= 0)
                return false;
            i += 2;
        }
        text[used++] = (char)c;
    }
    text[used] = '\0';
    return utf8_check(text, used);
}

static bool parse_pair(char *piece, struct query_pair *pair) {
    static const char empty[] = "";
    char *value = strchr(piece, '=');
    if (value)
        *value++ = '\0';
    pair->name = piece;
    pair->value = value ? value : empty;
    return decode(piece) && (!value || decode(value));
}

bool query_parse(char *text, struct query_pair *pairs, size_t *count) {
    *count = 0;
    for (char *next = text; next;) {
        char *piece = next;
        next = strchr(piece, '&');
        if (next)
            *next++ = '\0';
        if (*piece && !parse_pair(piece, &pairs[(*count)++]))
            return false;
    }
    return true;
}
