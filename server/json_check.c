/* SPDX-License-Identifier: BSD-3-Clause */
#include "json_check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define KEYS_MAX 128 /* members of one object; all objects on the way down share the table */

struct key {
    const char *text; /* as written, between the quotes */
    size_t length;
};

struct scanner {
    const char *start, *at, *end;
    int depth;
    struct key keys[KEYS_MAX]; /* of the objects that are open, outermost first */
    size_t key_count;
    struct json_error *error;
};

static bool value(struct scanner *s);

__attribute__((format(printf, 2, 3))) static bool fail(struct scanner *s, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(s->error->reason, sizeof(s->error->reason), format, args);
    va_end(args);
    s->error->offset = (size_t)(s->at - s->start);
    return false;
}

/* Length of the valid UTF-8 sequence at text, 0 when there is none. */
static size_t utf8_sequence(const unsigned char *text, size_t left) {
    unsigned char c = text[0];
    if (c < 0x80)
        return 1;
    size_t length = c >= 0xc2 && c <= 0xdf   ? 2
                    : (c & 0xf0) == 0xe0     ? 3
                    : c >= 0xf0 && c <= 0xf4 ? 4
                                             : 0;
    if (length == 0 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (c == 0xe0 && text[1] < 0xa0) || (c == 0xf0 && text[1] < 0x90);
    bool surrogate = c == 0xed && text[1] > 0x9f;
    bool too_large = c == 0xf4 && text[1] > 0x8f;
    return overlong || surrogate || too_large ? 0 : length;
}

bool utf8_check(const char *text, size_t length) {
    size_t at = 0;
    while (at < length) {
        size_t step = utf8_sequence((const unsigned char *)text + at, length - at);
        if (step == 0 || text[at] == '\0')
            return false;
        at += step;
    }
    return true;
}

static void skip_space(struct scanner *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool digit_at(const struct scanner *s) {
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static bool digits(struct scanner *s) {
    if (!digit_at(s))
        return fail(s, "a digit is missing in a number");
    while (digit_at(s))
        s->at++;
    return true;
}

static bool number(struct scanner *s) {
    if (*s->at == '-')
        s->at++;
    const char *whole = s->at;
    if (!digits(s))
        return false;
    if (*whole == '0' && s->at - whole > 1)
        return fail(s, "a number has a leading zero");
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!digits(s))
            return false;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
            s->at++;
        return digits(s);
    }
    return true;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The four hex digits behind \u; -1 when they are not there. */
static int32_t code_unit(struct scanner *s) {
    int32_t unit = 0;
    if (s->end - s->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(s->at[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    s->at += 4;
    return unit;
}

static bool unicode_escape(struct scanner *s) {
    int32_t unit = code_unit(s);
    if (unit < 0)
        return fail(s, "\\u needs four hex digits");
    if (unit == 0)
        return fail(s, "\\u0000 is not allowed in text");
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return fail(s, "a lone surrogate in text");
    if (unit < 0xd800 || unit > 0xdbff)
        return true;
    if (s->end - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u')
        return fail(s, "a lone surrogate in text");
    s->at += 2;
    int32_t low = code_unit(s);
    return (low >= 0xdc00 && low <= 0xdfff) || fail(s, "a lone surrogate in text");
}

static bool escape(struct scanner *s) {
    s->at++;
    if (s->at == s->end)
        return fail(s, "text is not closed");
    char c = *s->at++;
    if (c == 'u')
        return unicode_escape(s);
    return (c && strchr("\"\\/bfnrt", c)) || fail(s, "an unknown escape in text");
}

static bool string_char(struct scanner *s) {
    unsigned char c = (unsigned char)*s->at;
    if (c == '\\')
        return escape(s);
    if (c < 0x20)
        return fail(s, "a control character in text");
    size_t step = utf8_sequence((const unsigned char *)s->at, (size_t)(s->end - s->at));
    if (step == 0)
        return fail(s, "the body is not valid UTF-8");
    s->at += step;
    return true;
}

static bool string(struct scanner *s, struct key *content) {
    s->at++;
    content->text = s->at;
    while (s->at < s->end && *s->at != '"')
        if (!string_char(s))
            return false;
    if (s->at == s->end)
        return fail(s, "text is not closed");
    content->length = (size_t)(s->at - content->text);
    s->at++;
    return true;
}

/* Keys are compared as written, so a key is not allowed to be spelt with escapes: otherwise
 * "a" and its \u form would be two keys here and one for json-c. */
static bool key_add(struct scanner *s, size_t first, const struct key *key) {
    if (memchr(key->text, '\\', key->length))
        return fail(s, "an escape in a key");
    for (size_t i = first; i < s->key_count; i++)
        if (s->keys[i].length == key->length &&
            memcmp(s->keys[i].text, key->text, key->length) == 0)
            return fail(s, "duplicate key \"%.*s\"", (int)(key->length > 64 ? 64 : key->length),
                        key->text);
    if (s->key_count == KEYS_MAX)
        return fail(s, "more than %d keys", KEYS_MAX);
    s->keys[s->key_count++] = *key;
    return true;
}

static bool member(struct scanner *s, size_t first) {
    struct key key;
    skip_space(s);
    if (s->at == s->end || *s->at != '"')
        return fail(s, "a key in quotes is expected");
    if (!string(s, &key) || !key_add(s, first, &key))
        return false;
    skip_space(s);
    if (s->at == s->end || *s->at != ':')
        return fail(s, "a colon is expected behind a key");
    s->at++;
    return value(s);
}

static bool element(struct scanner *s, size_t first) {
    (void)first;
    return value(s);
}

/* An object or array: items, separated by commas, up to the closing bracket. */
static bool sequence(struct scanner *s, char close, bool (*item)(struct scanner *s, size_t first)) {
    size_t first = s->key_count;
    if (++s->depth > JSON_DEPTH_MAX)
        return fail(s, "nested deeper than %d", JSON_DEPTH_MAX);
    s->at++;
    skip_space(s);
    bool empty = s->at < s->end && *s->at == close;
    while (!empty) {
        if (!item(s, first))
            return false;
        skip_space(s);
        if (s->at < s->end && *s->at == close)
            break;
        if (s->at == s->end || *s->at != ',')
            return fail(s, "a comma or \"%c\" is expected", close);
        s->at++;
    }
    s->at++;
    s->depth--;
    s->key_count = first;
    return true;
}

static bool word(struct scanner *s, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, text, length) != 0)
        return fail(s, "a value is expected");
    s->at += length;
    return true;
}

static bool value(struct scanner *s) {
    struct key ignored;
    skip_space(s);
    if (s->at == s->end)
        return fail(s, "a value is expected");
    switch (*s->at) {
    case '{':
        return sequence(s, '}', member);
    case '[':
        return sequence(s, ']', element);
    case '"':
        return string(s, &ignored);
    case 't':
        return word(s, "true");
    case 'f':
        return word(s, "false");
    case 'n':
        return word(s, "null");
    default:
        if (*s->at == '-' || digit_at(s))
            return number(s);
        return fail(s, "a value is expected");
    }
}

bool json_check(const char *text, size_t length, struct json_error *error) {
    struct scanner s = {.start = text, .at = text, .end = text + length, .error = error};
    if (!value(&s))
        return false;
    skip_space(&s);
    return s.at == s.end || fail(&s, "something follows the value");
}
