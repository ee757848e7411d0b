/* SPDX-License-Identifier: BSD-3-Clause */
/* Money, numbers and text of a request body: exact, bounded, and refused with the field's name. */
#include "field.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include "arena.h"
#include "tap.h"

struct sample {
    const char *json;
    const char *text; /* NULL: refused with code */
    const char *code;
};

static const struct kn_field price = {
    .name = "price", .type = KN_FIELD_MONEY, .min = 1, .max = 9999999999};
static const struct sample prices[] = {
    {"49500", "49500.00", NULL},
    {"49500.5", "49500.50", NULL},
    {"19.99", "19.99", NULL},
    {"0.01", "0.01", NULL},
    {"0.1", "0.10", NULL},
    {"99999999.99", "99999999.99", NULL},
    {"19.989999999999998", "19.99", NULL},
    {"0.30000000000000004", "0.30", NULL},
    {"1.100", "1.10", NULL},
    {"0.995", NULL, "invalid_price"},
    {"1.005", NULL, "invalid_price"},
    {"0.001", NULL, "invalid_price"},
    {"100000000", NULL, "invalid_price"},
    {"99999999.999999999", NULL, "invalid_price"},
    {"1e5", NULL, "invalid_price"},
    {"1e400", NULL, "invalid_price"},
    {"12345678901234567890123", NULL, "invalid_price"},
    {"9223372036854775808", NULL, "invalid_price"},
    {"0", NULL, "invalid_price"},
    {"-0", NULL, "invalid_price"},
    {"-0.01", NULL, "invalid_price"},
    {"-49500", NULL, "invalid_price"},
    {"\"49500\"", NULL, "invalid_price"},
    {"true", NULL, "invalid_price"},
    {"[1]", NULL, "invalid_price"},
    {"{}", NULL, "invalid_price"},
};

static const struct kn_field quantity = {
    .name = "quantity", .type = KN_FIELD_INTEGER, .min = 1, .max = 1000};
static const struct sample quantities[] = {
    {"1", "1", NULL},
    {"1000", "1000", NULL},
    {"0", NULL, "invalid_quantity"},
    {"1001", NULL, "invalid_quantity"},
    {"-1", NULL, "invalid_quantity"},
    {"1.0", NULL, "invalid_quantity"},
    {"1e2", NULL, "invalid_quantity"},
    {"99999999999999999999999", NULL, "invalid_quantity"},
    {"-99999999999999999999999", NULL, "invalid_quantity"},
    {"\"1\"", NULL, "invalid_quantity"},
};

static const struct kn_field note = {
    .name = "note", .type = KN_FIELD_TEXT, .flags = KN_FIELD_PLAIN, .max = 6};
static const struct sample notes[] = {
    {"\"  ab \"", "ab", NULL},
    {"\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\"", "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", NULL},
    {"\"abcdefg\"", NULL, "field_too_long"},
    {"\"<b>ab</b>\"", "ab", NULL},
    {"\"<scr<script>ipt>ab\"", "ipt>ab", NULL},
    {"\"a < b\"", "a < b", NULL},
    {"\"ab<script\"", "ab", NULL},
    {"5", NULL, "invalid_note"},
};

static const struct kn_field table = {.name = "table_id", .type = KN_FIELD_UUID};
static const struct sample tables[] = {
    {"\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", NULL},
    {"\"a0eebc999c0b4ef8bb6d6bb9bd380a11\"", NULL, "invalid_uuid"},
    {"\"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}\"", NULL, "invalid_uuid"},
    {"\"' OR 1=1\"", NULL, "invalid_uuid"},
    {"7", NULL, "invalid_uuid"},
};

static const struct kn_field email = {.name = "email", .type = KN_FIELD_EMAIL, .max = 30};
static const struct sample emails[] = {
    {"\" ayu@example.org \"", "ayu@example.org", NULL},
    {"\"ayu\"", NULL, "invalid_email"},
    {"\"@example.org\"", NULL, "invalid_email"},
    {"\"a@b\"", NULL, "invalid_email"},
    {"\"a@b@c.org\"", NULL, "invalid_email"},
    {"\"a@b..org\"", NULL, "invalid_email"},
    {"\"a\\r\\nBcc:@b.org\"", NULL, "invalid_email"},
    {"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.org\"", NULL, "field_too_long"},
};

static void run(struct tap *tap, const struct kn_field *field, const struct sample *samples,
                size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct sample *sample = &samples[i];
        struct arena *arena = arena_new(256);
        struct json_object *json = json_tokener_parse(sample->json);
        struct field_value value;
        struct field_error error = {0};
        bool good = field_read(arena, field, field->name, true, json, &value, &error);
        if (sample->text)
            tap_is(tap, good ? value.text : error.message, sample->text, sample->json);
        else if (tap_ok(tap, !good, "%s: %s is refused", field->name, sample->json)) {
            tap_is(tap, error.code, sample->code, "with the contract's code");
            tap_ok(tap, strstr(error.message, field->name) != NULL, "and the field's name");
        }
        json_object_put(json);
        arena_free(arena);
    }
}

/* Every amount that PostgreSQL can hold here comes back as it was written. */
static void every_cent(struct tap *tap) {
    bool same = true;
    for (int64_t minor = 1; minor < 9999999999 && same; minor = minor * 3 + 7) {
        char text[32], field_text[32];
        snprintf(text, sizeof(text), "%" PRId64 ".%02d", minor / 100, (int)(minor % 100));
        struct arena *arena = arena_new(256);
        struct json_object *json = json_tokener_parse(text);
        struct field_value value;
        struct field_error error;
        same = field_read(arena, &price, "price", true, json, &value, &error);
        snprintf(field_text, sizeof(field_text), "%s", same ? value.text : "");
        same = same && strcmp(field_text, text) == 0;
        json_object_put(json);
        arena_free(arena);
    }
    tap_ok(tap, same, "no amount changes on its way");
}

#define RUN(field, samples) run(&tap, &(field), samples, sizeof(samples) / sizeof(samples[0]))

int main(void) {
    struct tap tap = {0};
    RUN(price, prices);
    RUN(quantity, quantities);
    RUN(note, notes);
    RUN(table, tables);
    RUN(email, emails);
    every_cent(&tap);
    return tap_done(&tap);
}
