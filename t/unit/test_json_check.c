/* SPDX-License-Identifier: BSD-3-Clause */
/* What the body check lets through and what it refuses, with a reason and a place. */
#include "json_check.h"

#include <stdlib.h>
#include "tap.h"

struct sample {
    const char *text;
    size_t length; /* 0: up to the NUL */
};

#define BYTES(text)                                                                                \
    { text, sizeof(text) - 1 }

static const struct sample good[] = {
    {"{}", 0},
    {"[]", 0},
    {"null", 0},
    {" true ", 0},
    {"0", 0},
    {"-0", 0},
    {"-1.5e+10", 0},
    {"\"\"", 0},
    {"\"\\u00e9\\ud83c\\udf57\"", 0},
    {"\"nasi goreng \xf0\x9f\x8d\x97\"", 0},
    {"[1,2,[3,{\"a\":{\"a\":1}}]]", 0},
    {"{\"a\":1,\"b\":{\"a\":2}}", 0},
    {"\r\n\t[ 1 , 2 ]\n", 0},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 0},
    {"\"\x7f\"", 0},
};

static const struct sample bad[] = {
    {"", 0},
    {" ", 0},
    {"{", 0},
    {"}", 0},
    {"[1,]", 0},
    {"{\"a\":1,}", 0},
    {"{a:1}", 0},
    {"{'a':1}", 0},
    {"{\"a\" 1}", 0},
    {"{\"a\":}", 0},
    {"[1 2]", 0},
    {"nul", 0},
    {"True", 0},
    {"NaN", 0},
    {"Infinity", 0},
    {"-Infinity", 0},
    {"-", 0},
    {"01", 0},
    {"-01", 0},
    {"2.", 0},
    {".5", 0},
    {"1e", 0},
    {"1e+", 0},
    {"+1", 0},
    {"0x10", 0},
    {"1 1", 0},
    {"{} {}", 0},
    {"{}x", 0},
    {"// x\n1", 0},
    {"/* x */1", 0},
    {"\"", 0},
    {"\"\\", 0},
    {"\"a\nb\"", 0},
    {"\"a\tb\"", 0},
    {"\"\\x41\"", 0},
    {"\"\\u12\"", 0},
    {"\"\\u12g4\"", 0},
    {"\"\\u0000\"", 0},
    {"\"\\ud800\"", 0},
    {"\"\\udc00\"", 0},
    {"\"\\ud800\\u0041\"", 0},
    {"\"\\ud800\\ud800\"", 0},
    {"\"\xc0\xaf\"", 0},
    {"\"\xe0\x80\xaf\"", 0},
    {"\"\xed\xa0\x80\"", 0},
    {"\"\xf4\x90\x80\x80\"", 0},
    {"\"\xff\"", 0},
    {"\"\x80\"", 0},
    {"\"\xe2\x82\"", 0},
    {"\xef\xbb\xbf{}", 0},
    {"{\"a\":1,\"a\":2}", 0},
    {"{\"x\":{\"a\":1,\"b\":0,\"a\":2}}", 0},
    {"{\"\\u0061\":1,\"a\":2}", 0},
    BYTES("{}\0"),
    BYTES("\0{}"),
    BYTES("\"a\0b\""),
    BYTES("{\"a\0b\":1}"),
    BYTES("1\0"),
    BYTES("[1,\0 2]"),
};

static size_t length_of(const struct sample *sample) {
    return sample->length ? sample->length : strlen(sample->text);
}

/* An exact copy: a scanner that reads one byte too far is seen by the sanitizer. */
static bool check(const char *text, size_t length, struct json_error *error) {
    char *copy = malloc(length ? length : 1);
    if (!copy)
        abort();
    memcpy(copy, text, length);
    bool accepted = json_check(copy, length, error);
    free(copy);
    return accepted;
}

static bool nested(int depth) {
    char text[128];
    struct json_error error;
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    return check(text, 2 * (size_t)depth, &error);
}

static void cut_short(struct tap *tap) {
    static const char whole[] = "{\"items\":[{\"id\":\"\\ud83c\\udf57\",\"n\":-1.5e3}],\"b\":true}";
    struct json_error error;
    bool all_refused = true;
    for (size_t length = 0; length < sizeof(whole) - 1; length++)
        all_refused = all_refused && !check(whole, length, &error);
    tap_ok(tap, all_refused, "no beginning of a document is a document");
    tap_ok(tap, check(whole, sizeof(whole) - 1, &error), "the whole is");
}

static void reasons(struct tap *tap) {
    struct json_error error;
    check("{\"quantity\":1, \"quantity\":2}", 28, &error);
    tap_ok(tap, strstr(error.reason, "\"quantity\"") != NULL, "a duplicate key is named");
    check("[1, x]", 6, &error);
    tap_ok(tap, error.offset == 4, "the place of the error is known");
    tap_ok(tap, utf8_check("sate \xc3\xa9", 7), "utf8_check takes UTF-8");
    tap_ok(tap, !utf8_check("a\0b", 3), "but no NUL");
    tap_ok(tap, !utf8_check("\xc3", 1), "and no half character");
}

int main(void) {
    struct tap tap = {0};
    struct json_error error;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        tap_ok(&tap, check(good[i].text, length_of(&good[i]), &error), "accepted: sample %zu", i);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error.reason[0] = '\0';
        bool refused = !check(bad[i].text, length_of(&bad[i]), &error);
        tap_ok(&tap, refused && error.reason[0] && error.offset <= length_of(&bad[i]),
               "refused with a reason: sample %zu", i);
    }
    tap_ok(&tap, nested(JSON_DEPTH_MAX), "as deep as allowed");
    tap_ok(&tap, !nested(JSON_DEPTH_MAX + 1), "not one deeper");
    cut_short(&tap);
    reasons(&tap);
    return tap_done(&tap);
}
