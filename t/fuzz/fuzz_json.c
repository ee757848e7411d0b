/* SPDX-License-Identifier: BSD-3-Clause */
/* What json_check() accepts, json-c must be able to read to its end: form.c relies on it. */
#include "json_check.h"
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_error error;
    if (!json_check((const char *)data, size, &error)) {
        if (error.offset > size || error.reason[0] == '\0')
            abort();
        return 0;
    }
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX * 2);
    struct json_object *value = json_tokener_parse_ex(tokener, (const char *)data, (int)size);
    enum json_tokener_error outcome = json_tokener_get_error(tokener);
    /* A number may go on in the next byte, as far as json-c knows. */
    if (outcome == json_tokener_continue) {
        value = json_tokener_parse_ex(tokener, "", 1);
        outcome = json_tokener_get_error(tokener);
    }
    if (outcome != json_tokener_success)
        abort();
    json_object_put(value);
    json_tokener_free(tokener);
    return 0;
}
