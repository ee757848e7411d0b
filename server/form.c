/* SPDX-License-Identifier: BSD-3-Clause */
/* A request body as a whole: strict JSON, then each field of the handler's table. */
#include <kenangan.h>

#include <json-c/json.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "field.h"
#include "json.h"
#include "json_check.h"
#include "request.h"

struct row { /* the members of one object: the body, or an element of a list */
    const struct kn_field *fields;
    struct field_value *values;
    struct row *elements; /* of the list member, if the table has one */
    size_t element_count;
    const struct kn_field *list; /* which member that is */
};

struct kn_form {
    struct arena *arena;
    struct row row;
};

static size_t field_count(const struct kn_field *fields) {
    size_t count = 0;
    while (fields[count].name)
        count++;
    return count;
}

static const char *member_path(struct arena *arena, const char *prefix, const char *name) {
    return *prefix ? arena_printf(arena, "%s.%s", prefix, name) : name;
}

static bool row_read(struct arena *arena, struct row *row, const struct kn_field *fields,
                     const char *prefix, struct json_object *object, struct field_error *error);

static bool element_read(struct arena *arena, struct row *element, const struct kn_field *list,
                         size_t index, struct json_object *json, struct field_error *error) {
    const char *path = arena_printf(arena, "%s[%zu]", list->name, index);
    if (!json_object_is_type(json, json_type_object)) {
        error->code = list->invalid ? list->invalid : "invalid_json";
        error->message = arena_printf(arena, "\"%s\" must be an object", path);
        return false;
    }
    return row_read(arena, element, list->items, path, json, error);
}

static bool list_read(struct arena *arena, struct row *row, const struct kn_field *list,
                      struct json_object *array, struct field_error *error) {
    row->list = list;
    row->element_count = json_object_array_length(array);
    row->elements = arena_alloc(arena, row->element_count * sizeof(*row->elements));
    for (size_t i = 0; i < row->element_count; i++)
        if (!element_read(arena, &row->elements[i], list, i, json_object_array_get_idx(array, i),
                          error))
            return false;
    return true;
}

static bool row_read(struct arena *arena, struct row *row, const struct kn_field *fields,
                     const char *prefix, struct json_object *object, struct field_error *error) {
    size_t count = field_count(fields);
    row->fields = fields;
    row->values = arena_alloc(arena, count * sizeof(*row->values));
    for (size_t i = 0; i < count; i++) {
        struct json_object *json = NULL;
        bool present = json_object_object_get_ex(object, fields[i].name, &json);
        const char *path = member_path(arena, prefix, fields[i].name);
        if (!field_read(arena, &fields[i], path, present, json, &row->values[i], error))
            return false;
        if (row->values[i].list && !list_read(arena, row, &fields[i], row->values[i].list, error))
            return false;
    }
    return true;
}

static void object_put(void *object) {
    json_object_put(object);
}

/* The body as a json-c object, or NULL after replying 400. */
static struct json_object *body_parse(struct kn_req *req) {
    struct json_error error;
    size_t length;
    const char *body = kn_req_body(req, &length);
    if (length == 0) {
        kn_reply_error(req, 400, "invalid_json", "A JSON body is required");
        return NULL;
    }
    if (!json_check(body, length, &error)) {
        kn_reply_error(req, 400, "invalid_json", "The body is not valid JSON: %s (at byte %zu)",
                       error.reason, error.offset);
        return NULL;
    }
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *object = json_tokener_parse_ex(tokener, body, (int)length);
    json_tokener_free(tokener);
    if (!json_object_is_type(object, json_type_object)) {
        json_object_put(object);
        kn_reply_error(req, 400, "invalid_json", "The body must be a JSON object");
        return NULL;
    }
    return object;
}

struct kn_form *kn_req_form(struct kn_req *req, const struct kn_field *fields) {
    struct field_error error;
    struct json_object *object = body_parse(req);
    if (!object)
        return NULL;
    kn_req_cleanup(req, object_put, object);
    struct kn_form *form = kn_req_alloc(req, sizeof(*form));
    form->arena = req->arena;
    if (row_read(req->arena, &form->row, fields, "", object, &error))
        return form;
    kn_reply_error(req, 400, error.code, "%s", error.message);
    return NULL;
}

static const struct field_value *row_value(const struct row *row, const char *name) {
    for (size_t i = 0; row->fields[i].name; i++)
        if (strcmp(row->fields[i].name, name) == 0)
            return &row->values[i];
    return NULL;
}

static const char *row_text(const struct row *row, const char *name) {
    const struct field_value *value = row_value(row, name);
    return value && value->state == FIELD_SET ? value->text : NULL;
}

const char *kn_form_text(const struct kn_form *form, const char *name) {
    return row_text(&form->row, name);
}

bool kn_form_has(const struct kn_form *form, const char *name) {
    const struct field_value *value = row_value(&form->row, name);
    return value && value->state != FIELD_ABSENT;
}

size_t kn_form_size(const struct kn_form *form) {
    size_t sent = 0;
    for (size_t i = 0; form->row.fields[i].name; i++)
        sent += form->row.values[i].state != FIELD_ABSENT;
    return sent;
}

static bool is_list(const struct row *row, const char *list) {
    return row->list && strcmp(row->list->name, list) == 0;
}

size_t kn_form_list_size(const struct kn_form *form, const char *list) {
    return is_list(&form->row, list) ? form->row.element_count : 0;
}

const char *kn_form_item(const struct kn_form *form, const char *list, size_t index,
                         const char *name) {
    if (index >= kn_form_list_size(form, list))
        return NULL;
    return row_text(&form->row.elements[index], name);
}

static void array_add(struct buf *out, const char *text) {
    if (!text) {
        buf_add_text(out, "NULL");
        return;
    }
    buf_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *text);
    }
    buf_add_char(out, '"');
}

const char *kn_form_list_array(const struct kn_form *form, const char *list, const char *name) {
    struct buf out = {0};
    buf_add_char(&out, '{');
    for (size_t i = 0; i < kn_form_list_size(form, list); i++) {
        if (i > 0)
            buf_add_char(&out, ',');
        array_add(&out, kn_form_item(form, list, i, name));
    }
    buf_add_char(&out, '}');
    const char *array = arena_strndup(form->arena, out.data, out.length);
    buf_free(&out);
    return array;
}

static void row_write(struct kn_json *json, const char *key, const struct row *row);

static void value_write(struct kn_json *json, const struct row *row, size_t index) {
    const struct kn_field *field = &row->fields[index];
    const struct field_value *value = &row->values[index];
    if (value->state == FIELD_NULL) {
        kn_json_null(json, field->name);
    } else if (field->type == KN_FIELD_LIST) {
        kn_json_open_list(json, field->name);
        for (size_t i = 0; i < row->element_count; i++)
            row_write(json, NULL, &row->elements[i]);
        kn_json_close_list(json);
    } else if (field->type == KN_FIELD_INTEGER || field->type == KN_FIELD_MONEY ||
               field->type == KN_FIELD_BOOLEAN) {
        kn_json_raw(json, field->name, value->text, strlen(value->text));
    } else {
        kn_json_text(json, field->name, value->text);
    }
}

static void row_write(struct kn_json *json, const char *key, const struct row *row) {
    kn_json_open(json, key);
    for (size_t i = 0; row->fields[i].name; i++)
        if (row->values[i].state != FIELD_ABSENT)
            value_write(json, row, i);
    kn_json_close(json);
}

const char *kn_form_json(const struct kn_form *form) {
    struct kn_json json;
    size_t length;
    json_init(&json);
    row_write(&json, NULL, &form->row);
    const char *text = kn_json_bytes(&json, &length);
    text = arena_strndup(form->arena, text, length);
    json_release(&json);
    return text;
}
