/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON writer behind kn_json_*(). Owned and laid out here so that replies can embed one. */
#ifndef JSON_H
#define JSON_H

#include <kenangan.h>
#include "buf.h"

struct kn_json {
    struct buf out;
    bool comma; /* the next member or element needs one before it */
};

void json_init(struct kn_json *json);
void json_release(struct kn_json *json);

/* Appends text as a quoted JSON string. Shared with the log. */
void json_quote(struct buf *out, const char *text, size_t length);

#endif
