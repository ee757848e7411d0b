/* SPDX-License-Identifier: BSD-3-Clause */
/* A query string that query_parse() accepts is pairs of UTF-8 without NUL, inside the text. */
#include "query.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    size_t room = query_count(text), count = 0;
    struct query_pair *pairs = calloc(room, sizeof(*pairs));
    if (query_parse(text, pairs, &count))
        for (size_t i = 0; i < count; i++)
            if (!utf8_check(pairs[i].name, strlen(pairs[i].name)) ||
                !utf8_check(pairs[i].value, strlen(pairs[i].value)))
                abort();
    if (count > room)
        abort();
    free(pairs);
    free(text);
    return 0;
}
