/* SPDX-License-Identifier: BSD-3-Clause */
#include "field.h"

#include <ctype.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "arena.h"
#include "uuid.h"

struct reading {
    struct arena *arena;
    const struct kn_field *field;
    const char *path;
    struct field_value *value;
    struct field_error *error;
};

static const char *invalid_code(const struct reading *r) {
    if (r->field->invalid)
        return r->field->invalid;
    if (r->field->type == KN_FIELD_UUID)
        return "invalid_uuid";
    if (r->field->type == KN_FIELD_EMAIL)
        return "invalid_email";
    return arena_printf(r->arena, "invalid_%s", r->field->name);
}

__attribute__((format(printf, 3, 4))) static bool refuse(struct reading *r, const char *code,
                                                         const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *reason = arena_vprintf(r->arena, format, args);
    va_end(args);
    r->error->code = code;
    r->error->message = arena_printf(r->arena, "\"%s\" %s", r->path, reason);
    return false;
}

static bool accept(struct reading *r, const char *text) {
    r->value->state = FIELD_SET;
    r->value->text = text;
    return true;
}

static bool missing(struct reading *r, enum field_state state) {
    r->value->state = state;
    if (!(r->field->flags & KN_FIELD_REQUIRED))
        return true;
    return refuse(r, r->field->missing ? r->field->missing : "missing_fields", "is required");
}

static bool bounded(const struct kn_field *field) {
    return field->min != 0 || field->max != 0;
}

/* ---- text */

static bool tag_begins(const char *text) {
    return text[0] == '<' &&
           (isalpha((unsigned char)text[1]) || text[1] == '/' || text[1] == '!' || text[1] == '?');
}

/* One pass; taking a tag out can join two halves of another, so the caller repeats. */
static bool strip_once(char *text) {
    char *to = text;
    bool found = false;
    for (char *from = text; *from;) {
        if (!tag_begins(from)) {
            *to++ = *from++;
            continue;
        }
        found = true;
        char *close = strchr(from, '>');
        from = close ? close + 1 : from + strlen(from);
    }
    *to = '\0';
    return found;
}

void field_strip_tags(char *text) {
    while (strip_once(text))
        continue;
}

static char *trim(char *text) {
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static int64_t characters(const char *text) {
    int64_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool length_fits(struct reading *r, const char *text) {
    int64_t length = characters(text);
    if (!bounded(r->field))
        return true;
    if (r->field->max && length > r->field->max)
        return refuse(r, r->field->too_long ? r->field->too_long : "field_too_long",
                      "may have at most %" PRId64 " characters", r->field->max);
    if (length < r->field->min)
        return refuse(r, invalid_code(r), "needs at least %" PRId64 " characters", r->field->min);
    return true;
}

static bool email_valid(const char *text) {
    const char *at = strchr(text, '@');
    if (!at || at == text || strchr(at + 1, '@'))
        return false;
    const char *dot = strrchr(at, '.');
    if (!dot || dot == at + 1 || dot[1] == '\0' || strstr(at, ".."))
        return false;
    for (const char *c = text; *c; c++)
        if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c) || strchr("<>()[],;:\\\"", *c))
            return false;
    return true;
}

static bool choice_valid(const struct kn_field *field, const char *text) {
    for (size_t i = 0; field->choices[i]; i++)
        if (strcmp(field->choices[i], text) == 0)
            return true;
    return false;
}

static bool read_uuid(struct reading *r, const char *text) {
    char canonical[UUID_TEXT_SIZE];
    if (!uuid_parse(text, canonical))
        return refuse(r, invalid_code(r), "must be a UUID");
    return accept(r, arena_strdup(r->arena, canonical));
}

/* The text types once trimmed and known not to be empty. */
static bool read_checked(struct reading *r, const char *text) {
    switch (r->field->type) {
    case KN_FIELD_UUID:
        return read_uuid(r, text);
    case KN_FIELD_CHOICE:
        if (!choice_valid(r->field, text))
            return refuse(r, invalid_code(r), "is not one of the allowed words");
        return accept(r, text);
    case KN_FIELD_EMAIL:
        if (!email_valid(text))
            return refuse(r, invalid_code(r), "must be an e-mail address");
        return length_fits(r, text) && accept(r, text);
    default:
        return length_fits(r, text) && accept(r, text);
    }
}

static bool read_text(struct reading *r, struct json_object *json) {
    if (!json_object_is_type(json, json_type_string))
        return refuse(r, invalid_code(r), "must be text");
    char *text = arena_strdup(r->arena, json_object_get_string(json));
    if (r->field->flags & KN_FIELD_PLAIN)
        field_strip_tags(text);
    if (!(r->field->flags & KN_FIELD_VERBATIM))
        text = trim(text);
    if (text[0] != '\0')
        return read_checked(r, text);
    if (r->field->flags & KN_FIELD_REQUIRED)
        return missing(r, FIELD_SET);
    if (r->field->flags & KN_FIELD_EMPTY_IS_NULL)
        return missing(r, r->field->flags & KN_FIELD_NULLABLE ? FIELD_NULL : FIELD_ABSENT);
    if (r->field->type == KN_FIELD_TEXT)
        return r->field->min == 0 ? accept(r, text)
                                  : refuse(r, invalid_code(r), "must not be empty");
    return read_checked(r, text);
}

/* ---- numbers */

static bool above(struct reading *r, const char *limit) {
    const char *code = r->field->too_long ? r->field->too_long : invalid_code(r);
    return refuse(r, code, "must be at most %s", limit);
}

static bool read_integer(struct reading *r, struct json_object *json) {
    int64_t min = bounded(r->field) ? r->field->min : INT32_MIN;
    int64_t max = bounded(r->field) ? r->field->max : INT32_MAX;
    if (!json_object_is_type(json, json_type_int))
        return refuse(r, invalid_code(r), "must be a whole number");
    int64_t number = json_object_get_int64(json); /* saturates, so bounds still hold */
    if (number > max)
        return above(r, arena_printf(r->arena, "%" PRId64, max));
    if (number < min)
        return refuse(r, invalid_code(r), "must be at least %" PRId64, min);
    return accept(r, arena_printf(r->arena, "%" PRId64, number));
}

static bool all_of(const char *text, char c) {
    return text[strspn(text, (const char[]){c, '\0'})] == '\0';
}

/* Digits behind the second decimal are only the noise of binary floats ("0.30000000000000004",
 * "19.989999999999998") or zeros; anything else is a third decimal. Returns the minor unit to add,
 * or -1. */
static int rounding(const char *rest) {
    if (all_of(rest, '0'))
        return 0;
    if (strlen(rest) < 6)
        return -1;
    if (strncmp(rest, "0000", 4) == 0)
        return 0;
    return strncmp(rest, "9999", 4) == 0 ? 1 : -1;
}

/* Decimal text to minor units; false when it has an exponent, is too long or has too many decimals.
 */
static bool parse_money(const char *text, int64_t *minor) {
    bool negative = text[0] == '-';
    const char *whole = text + negative;
    size_t digits = strspn(whole, "0123456789");
    const char *fraction = whole[digits] == '.' ? whole + digits + 1 : "";
    size_t decimals = strspn(fraction, "0123456789");
    const char *end = *fraction ? fraction + decimals : whole + digits;
    if (digits == 0 || digits > 13 || *end != '\0')
        return false;
    int64_t amount = 0;
    for (size_t i = 0; i < digits; i++)
        amount = amount * 10 + (whole[i] - '0');
    for (size_t i = 0; i < 2; i++)
        amount = amount * 10 + (i < decimals ? fraction[i] - '0' : 0);
    int extra = decimals > 2 ? rounding(fraction + 2) : 0;
    *minor = negative ? -(amount + extra) : amount + extra;
    return extra >= 0;
}

static const char *money_text(struct arena *arena, int64_t minor) {
    int64_t size = minor < 0 ? -minor : minor;
    return arena_printf(arena, "%s%" PRId64 ".%02d", minor < 0 ? "-" : "", size / 100,
                        (int)(size % 100));
}

static bool read_money(struct reading *r, struct json_object *json) {
    int64_t minor;
    if (!json_object_is_type(json, json_type_int) && !json_object_is_type(json, json_type_double))
        return refuse(r, invalid_code(r), "must be a number");
    if (!parse_money(json_object_get_string(json), &minor))
        return refuse(r, invalid_code(r), "must be an amount with at most two decimals");
    if (r->field->max && minor > r->field->max)
        return above(r, money_text(r->arena, r->field->max));
    if (bounded(r->field) && minor < r->field->min)
        return refuse(r, invalid_code(r), "must be at least %s",
                      money_text(r->arena, r->field->min));
    return accept(r, money_text(r->arena, minor));
}

static bool read_boolean(struct reading *r, struct json_object *json) {
    if (!json_object_is_type(json, json_type_boolean))
        return refuse(r, invalid_code(r), "must be true or false");
    return accept(r, json_object_get_boolean(json) ? "true" : "false");
}

static bool read_list(struct reading *r, struct json_object *json) {
    if (!json_object_is_type(json, json_type_array))
        return refuse(r, invalid_code(r), "must be a list");
    int64_t size = (int64_t)json_object_array_length(json);
    if (size == 0 && (r->field->flags & KN_FIELD_REQUIRED))
        return missing(r, FIELD_SET);
    if (r->field->max && size > r->field->max)
        return refuse(r, invalid_code(r), "may have at most %" PRId64 " entries", r->field->max);
    if (size < r->field->min)
        return refuse(r, invalid_code(r), "needs at least %" PRId64 " entries", r->field->min);
    r->value->list = json;
    return accept(r, NULL);
}

bool field_read(struct arena *arena, const struct kn_field *field, const char *path, bool present,
                struct json_object *json, struct field_value *value, struct field_error *error) {
    struct reading r = {arena, field, path, value, error};
    *value = (struct field_value){0};
    if (!present)
        return missing(&r, FIELD_ABSENT);
    if (!json)
        return missing(&r, field->flags & KN_FIELD_NULLABLE ? FIELD_NULL : FIELD_ABSENT);
    switch (field->type) {
    case KN_FIELD_INTEGER:
        return read_integer(&r, json);
    case KN_FIELD_MONEY:
        return read_money(&r, json);
    case KN_FIELD_BOOLEAN:
        return read_boolean(&r, json);
    case KN_FIELD_LIST:
        return read_list(&r, json);
    default:
        return read_text(&r, json);
    }
}
