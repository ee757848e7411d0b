/* SPDX-License-Identifier: BSD-3-Clause */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

void json_init(struct kn_json *json) {
    *json = (struct kn_json){0};
}

void json_release(struct kn_json *json) {
    buf_free(&json->out);
}

struct kn_json *kn_json_new(void) {
    struct kn_json *json = xmalloc(sizeof(*json));
    json_init(json);
    return json;
}

const char *kn_json_bytes(const struct kn_json *json, size_t *length) {
    if (length)
        *length = json->out.length;
    return buf_text(&json->out);
}

void kn_json_free(struct kn_json *json) {
    if (!json)
        return;
    json_release(json);
    free(json);
}

/* The bytes that JSON wants escaped: control characters, quote and backslash. */
static bool needs_escape(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\';
}

static void add_escaped(struct buf *out, unsigned char c) {
    static const char hex[] = "0123456789abcdef";
    static const char short_forms[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                       ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    if (c < sizeof(short_forms) && short_forms[c]) {
        buf_add(out, (const char[]){'\\', short_forms[c]}, 2);
        return;
    }
    buf_add(out, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 0x0f]}, 6);
}

void json_quote(struct buf *out, const char *text, size_t length) {
    buf_reserve(out, length + 2);
    buf_add_char(out, '"');
    size_t plain = 0;
    for (size_t i = 0; i < length; i++) {
        if (!needs_escape((unsigned char)text[i]))
            continue;
        buf_add(out, text + plain, i - plain);
        add_escaped(out, (unsigned char)text[i]);
        plain = i + 1;
    }
    buf_add(out, text + plain, length - plain);
    buf_add_char(out, '"');
}

/* Writes the comma before a further member or element, and the key. */
static void begin(struct kn_json *json, const char *key) {
    if (json->comma)
        buf_add_char(&json->out, ',');
    json->comma = true;
    if (!key)
        return;
    json_quote(&json->out, key, strlen(key));
    buf_add_char(&json->out, ':');
}

static void open_with(struct kn_json *json, const char *key, char bracket) {
    begin(json, key);
    buf_add_char(&json->out, bracket);
    json->comma = false;
}

static void close_with(struct kn_json *json, char bracket) {
    buf_add_char(&json->out, bracket);
    json->comma = true;
}

void kn_json_open(struct kn_json *json, const char *key) {
    open_with(json, key, '{');
}

void kn_json_close(struct kn_json *json) {
    close_with(json, '}');
}

void kn_json_open_list(struct kn_json *json, const char *key) {
    open_with(json, key, '[');
}

void kn_json_close_list(struct kn_json *json) {
    close_with(json, ']');
}

void kn_json_raw(struct kn_json *json, const char *key, const char *text, size_t length) {
    begin(json, key);
    buf_add(&json->out, text, length);
}

void kn_json_null(struct kn_json *json, const char *key) {
    kn_json_raw(json, key, "null", 4);
}

void kn_json_text(struct kn_json *json, const char *key, const char *text) {
    if (!text) {
        kn_json_null(json, key);
        return;
    }
    begin(json, key);
    json_quote(&json->out, text, strlen(text));
}

void kn_json_integer(struct kn_json *json, const char *key, int64_t value) {
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRId64, value);
    kn_json_raw(json, key, digits, (size_t)length);
}

void kn_json_boolean(struct kn_json *json, const char *key, bool value) {
    kn_json_raw(json, key, value ? "true" : "false", value ? 4 : 5);
}

void kn_json_bool_text(struct kn_json *json, const char *key, const char *text) {
    kn_json_boolean(json, key, text && text[0] == 't');
}

void kn_json_number(struct kn_json *json, const char *key, const char *decimal) {
    if (!decimal) {
        kn_json_null(json, key);
        return;
    }
    kn_json_raw(json, key, decimal, strlen(decimal));
}

/* "2025-12-26 10:30:45.123456+00" -> "2025-12-26T10:30:45.123456Z". */
void kn_json_time(struct kn_json *json, const char *key, const char *timestamptz) {
    size_t length = timestamptz ? strlen(timestamptz) : 0;
    if (length < 19) {
        kn_json_null(json, key);
        return;
    }
    bool utc = strcmp(timestamptz + length - 3, "+00") == 0;
    begin(json, key);
    buf_add_char(&json->out, '"');
    buf_add(&json->out, timestamptz, 10);
    buf_add_char(&json->out, 'T');
    buf_add(&json->out, timestamptz + 11, length - 11 - (utc ? 3 : 0));
    buf_add_text(&json->out, utc ? "Z\"" : "\"");
}

void kn_json_page(struct kn_json *json, const struct kn_page *page, int64_t total) {
    kn_json_open(json, "meta");
    kn_json_integer(json, "current_page", page->number);
    kn_json_integer(json, "per_page", page->size);
    kn_json_integer(json, "total", total);
    kn_json_integer(json, "total_pages", (total + page->size - 1) / page->size);
    kn_json_close(json);
}
