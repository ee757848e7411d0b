/* SPDX-License-Identifier: BSD-3-Clause */
#include "negotiate.h"

#include <string.h>
#include <strings.h>

#define UNNAMED (-1)

static const char *skip_spaces(const char *text) {
    return text + strspn(text, " \t");
}

/* "0", "0.25", "1.000" in thousandths; what is no weight counts as 0. */
static int weight(const char *text) {
    int value = *text == '1' ? 1000 : 0;
    if ((*text != '0' && *text != '1') || text[1] != '.')
        return value;
    int unit = 100;
    for (text += 2; *text >= '0' && *text <= '9' && unit; text++, unit /= 10)
        value += (*text - '0') * unit;
    return value > 1000 ? 1000 : value;
}

/* The weight among the parameters of one coding, ";q=0.5, next": 1000 without one. */
static int coding_weight(const char *text) {
    for (; *text && *text != ','; text++) {
        if (*text != ';')
            continue;
        const char *name = skip_spaces(text + 1);
        if ((*name == 'q' || *name == 'Q') && *skip_spaces(name + 1) == '=')
            return weight(skip_spaces(skip_spaces(name + 1) + 1));
    }
    return 1000;
}

static bool coding_is(const char *coding, size_t length, const char *name) {
    return length == strlen(name) && strncasecmp(coding, name, length) == 0;
}

bool negotiate_gzip(const char *accept_encoding) {
    int gzip = UNNAMED, identity = UNNAMED, any = UNNAMED;
    const char *next = accept_encoding;
    while (next) {
        const char *coding = skip_spaces(next);
        size_t length = strcspn(coding, " \t;,");
        if (coding_is(coding, length, "gzip") || coding_is(coding, length, "x-gzip"))
            gzip = coding_weight(coding + length);
        else if (coding_is(coding, length, "identity"))
            identity = coding_weight(coding + length);
        else if (coding_is(coding, length, "*"))
            any = coding_weight(coding + length);
        next = strchr(coding, ',');
        next = next ? next + 1 : NULL;
    }
    if (gzip == UNNAMED)
        gzip = any;
    return gzip > 0 && gzip >= identity;
}

bool negotiate_matches(const char *if_none_match, const char *etag) {
    size_t length = strlen(etag);
    const char *tag = if_none_match ? skip_spaces(if_none_match) : "";
    if (*tag == '*')
        return true;
    while (*tag) {
        if (strncmp(tag, "W/", 2) == 0)
            tag += 2;
        if (strncmp(tag, etag, length) == 0)
            return true;
        const char *end = *tag == '"' ? strchr(tag + 1, '"') : NULL; /* a tag may hold a comma */
        tag = strchr(end ? end : tag, ',');
        if (!tag)
            return false;
        tag = skip_spaces(tag + 1);
    }
    return false;
}
