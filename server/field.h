/* SPDX-License-Identifier: BSD-3-Clause */
/* One member of a request body: from a json-c value to the canonical text that SQL gets. Pure. */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <kenangan.h>

struct arena;
struct json_object;

enum field_state { FIELD_ABSENT, FIELD_NULL, FIELD_SET };

struct field_value {
    enum field_state state;
    const char *text;         /* canonical, when set */
    struct json_object *list; /* KN_FIELD_LIST: the array, checked to be one */
};

struct field_error {
    const char *code;    /* the contract's error code */
    const char *message; /* names the field; in the arena */
};

/* Reads one scalar; path is how the message names the field ("items[2].quantity"). present: the key
 * was in the body (json is NULL for null). False with *error on bad input. */
bool field_read(struct arena *arena, const struct kn_field *field, const char *path, bool present,
                struct json_object *json, struct field_value *value, struct field_error *error);

/* Removes HTML tags in place. */
void field_strip_tags(char *text);

#endif
