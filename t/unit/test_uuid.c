/* SPDX-License-Identifier: BSD-3-Clause */
#include "uuid.h"

#include <stdlib.h>
#include "tap.h"

static const char *const bad[] = {
    "",
    "a0eebc99",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
    "a0eebc9909c0b-4ef8-bb6d-6bb9bd380a11",
    "a0eebc99-9c0b-4ef8-bb6d_6bb9bd380a11",
    "a0eebc999c0b-4ef8-bb6d-6bb9bd380a11-",
    "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
    " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ",
    "------------------------------------",
};

/* An exact copy, so that the sanitizer sees a read behind the end. */
static bool parse(const char *text, char canonical[UUID_TEXT_SIZE]) {
    char *copy = strdup(text);
    if (!copy)
        abort();
    bool good = uuid_parse(copy, canonical);
    free(copy);
    return good;
}

static void made(struct tap *tap) {
    char first[UUID_TEXT_SIZE], second[UUID_TEXT_SIZE], canonical[UUID_TEXT_SIZE];
    uuid_make(first);
    uuid_make(second);
    tap_ok(tap, parse(first, canonical), "what is made can be read");
    tap_is(tap, canonical, first, "is canonical");
    tap_ok(tap, first[14] == '4' && strchr("89ab", first[19]), "version 4, variant 1");
    tap_ok(tap, strcmp(first, second) != 0, "two differ");
}

int main(void) {
    struct tap tap = {0};
    char canonical[UUID_TEXT_SIZE];
    made(&tap);
    tap_ok(&tap, parse("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", canonical), "capitals are read");
    tap_is(&tap, canonical, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "and made small");
    tap_ok(&tap, parse("00000000-0000-0000-0000-000000000000", NULL), "no version is asked for");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        tap_ok(&tap, !parse(bad[i], NULL), "\"%s\" is none", bad[i]);
    return tap_done(&tap);
}
