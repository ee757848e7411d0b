/* SPDX-License-Identifier: BSD-3-Clause */
#include "search.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "memory.h"

struct folder {
    locale_t locale; /* 0 where the C library knows no C.UTF-8: then only ASCII is folded */
};

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

const char *search_term(struct kn_req *req) {
    const char *term = kn_req_query(req, "search", 0);
    if (!term)
        return NULL;
    while (is_space(*term))
        term++;
    if (!*term)
        return NULL;
    char *trimmed = kn_req_strdup(req, term);
    for (size_t length = strlen(trimmed); is_space(trimmed[length - 1]); length--)
        trimmed[length - 1] = '\0';
    return trimmed;
}

struct folder *folder_new(void) {
    struct folder *folder = memory_new(sizeof(*folder));
    folder->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return folder;
}

void folder_free(struct folder *folder) {
    if (folder && folder->locale)
        freelocale(folder->locale);
    free(folder);
}

static wint_t lower(const struct folder *folder, wint_t c) {
    if (folder->locale)
        return towlower_l(c, folder->locale);
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Reads one character of valid UTF-8 and moves *text behind it. */
static wint_t utf8_read(const unsigned char **text) {
    unsigned char lead = *(*text)++;
    if (lead < 0x80)
        return lead;
    unsigned more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    wint_t c = lead & (0x3fU >> more);
    for (; more && **text; more--)
        c = c << 6 | (*(*text)++ & 0x3fU);
    return c;
}

static char *utf8_write(char *out, wint_t c) {
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    unsigned more = c >= 0x10000 ? 3 : c >= 0x800 ? 2 : 1;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    *out++ = (char)(leads[more] | c >> (6 * more));
    while (more--)
        *out++ = (char)(0x80 | (c >> (6 * more) & 0x3f));
    return out;
}

char *folder_fold(const struct folder *folder, const char *text) {
    const unsigned char *in = (const unsigned char *)(text ? text : "");
    /* A lower-case letter may need more bytes than its capital (two become three at most). */
    char *folded = memory_new(strlen((const char *)in) * 2 + 1), *out = folded;
    while (*in)
        out = utf8_write(out, lower(folder, utf8_read(&in)));
    *out = '\0';
    return folded;
}
