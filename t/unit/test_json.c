/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON writer: commas, escapes, and whatever it writes passes our own strict check. */
#include "json.h"

#include "json_check.h"
#include "tap.h"

static void document(struct kn_json *json) {
    kn_json_open(json, NULL);
    kn_json_text(json, "name", "Nasi \"Goreng\"\\\n\x01");
    kn_json_text(json, "none", NULL);
    kn_json_integer(json, "low", INT64_MIN);
    kn_json_number(json, "price", "49500.00");
    kn_json_number(json, "no_price", NULL);
    kn_json_boolean(json, "yes", true);
    kn_json_bool_text(json, "no", "f");
    kn_json_open_list(json, "list");
    kn_json_close_list(json);
    kn_json_open_list(json, "lists");
    kn_json_open(json, NULL);
    kn_json_close(json);
    kn_json_open(json, NULL);
    kn_json_null(json, "x");
    kn_json_close(json);
    kn_json_raw(json, NULL, "[1,2]", 5);
    kn_json_close_list(json);
    kn_json_close(json);
}

static void times(struct tap *tap) {
    static const char *const samples[][2] = {
        {"2025-12-26 10:30:45.123456+00", "\"2025-12-26T10:30:45.123456Z\""},
        {"2025-12-26 10:30:45+00", "\"2025-12-26T10:30:45Z\""},
        {"2025-12-26 10:30:45+07:00", "\"2025-12-26T10:30:45+07:00\""},
        {NULL, "null"},
        {"", "null"},
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct kn_json *json = kn_json_new();
        kn_json_time(json, NULL, samples[i][0]);
        tap_is(tap, kn_json_bytes(json, NULL), samples[i][1], "a time");
        kn_json_free(json);
    }
}

/* Every byte below 0x80 in a text, written and checked. */
static void escapes(struct tap *tap) {
    struct json_error error;
    bool all = true;
    for (int c = 1; c < 0x80; c++) {
        char text[] = {(char)c, '\0'};
        size_t length;
        struct kn_json *json = kn_json_new();
        kn_json_text(json, NULL, text);
        const char *bytes = kn_json_bytes(json, &length);
        all = all && json_check(bytes, length, &error);
        kn_json_free(json);
    }
    tap_ok(tap, all, "every character is escaped as JSON wants it");
}

static void pages(struct tap *tap) {
    static const struct {
        int64_t size, total;
        const char *text;
    } samples[] = {
        {20, 0, "\"total\":0,\"total_pages\":0"},
        {20, 20, "\"total\":20,\"total_pages\":1"},
        {20, 21, "\"total\":21,\"total_pages\":2"},
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct kn_page page = {.number = 1, .size = samples[i].size};
        struct kn_json *json = kn_json_new();
        kn_json_page(json, &page, samples[i].total);
        tap_ok(tap, strstr(kn_json_bytes(json, NULL), samples[i].text) != NULL, "%s",
               samples[i].text);
        kn_json_free(json);
    }
}

int main(void) {
    struct tap tap = {0};
    struct json_error error;
    size_t length;
    struct kn_json *json = kn_json_new();
    document(json);
    const char *bytes = kn_json_bytes(json, &length);
    tap_is(&tap, bytes,
           "{\"name\":\"Nasi \\\"Goreng\\\"\\\\\\n\\u0001\",\"none\":null,"
           "\"low\":-9223372036854775808,\"price\":49500.00,\"no_price\":null,\"yes\":true,"
           "\"no\":false,\"list\":[],\"lists\":[{},{\"x\":null},[1,2]]}",
           "a document with everything");
    tap_ok(&tap, json_check(bytes, length, &error), "is one for the strict check, too");
    kn_json_free(json);
    times(&tap);
    escapes(&tap);
    pages(&tap);
    return tap_done(&tap);
}
