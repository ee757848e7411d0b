/* SPDX-License-Identifier: BSD-3-Clause */
/* A path that path_parse() accepts has no empty segment but a last one, no dot segments and no
 * slashes, backslashes or control characters in a segment. */
#include "path.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void segment_check(const char *segment, int last) {
    if (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0 || (!*segment && !last))
        abort();
    if (strpbrk(segment, "/\\") || !utf8_check(segment, strlen(segment)))
        abort();
    for (; *segment; segment++)
        if ((unsigned char)*segment < 0x20 || *segment == 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct path path = {0};
    char *room = malloc(2 * size + 2), *raw = malloc(size + 1);
    memcpy(raw, data, size);
    if (path_parse(raw, size, room, &path)) {
        if (path.text[0] != '/' || path.count > PATH_SEGMENTS_MAX)
            abort();
        for (size_t i = 0; i < path.count; i++)
            segment_check(path.segments[i], i + 1 == path.count);
    }
    free(raw);
    free(room);
    return 0;
}
