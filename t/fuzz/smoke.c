/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a fuzz target without libFuzzer: on the files named as arguments, or else on inputs that are
 * the same on each run, so that `make check` notices a target that no longer works. Prints TAP.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SMOKE_ROUNDS = 20000, SMOKE_SIZE = 512 };

/* Bytes that the parsers give a meaning to, so that random input gets past their first check. */
static const char alphabet[] =
    "GET POST /a/../%2f%00?&=+;:\r\n\r\n\"{}[],.-0123456789eE\\u\tHostchunked#&*!|>'";

static uint32_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static size_t invent(uint64_t *state, uint8_t *data) {
    size_t size = next(state) % SMOKE_SIZE;
    for (size_t i = 0; i < size; i++) {
        uint32_t dice = next(state);
        data[i] = dice % 8 == 0 ? (uint8_t)(dice >> 8)
                                : (uint8_t)alphabet[(dice >> 8) % (sizeof alphabet - 1)];
    }
    return size;
}

static int run_file(const char *name) {
    static uint8_t data[1 << 20];
    FILE *file = fopen(name, "rb");
    if (!file) {
        perror(name);
        return -1;
    }
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    return 0;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (run_file(argv[i]) != 0)
            return 1;
    }
    uint64_t state = 1;
    for (int round = 0; argc == 1 && round < SMOKE_ROUNDS; round++) {
        uint8_t *data = malloc(SMOKE_SIZE); /* exact-size copies let ASan see an overrun */
        if (!data)
            return 1;
        size_t size = invent(&state, data);
        uint8_t *exact = realloc(data, size ? size : 1);
        if (!exact)
            return 1;
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    puts("1..1\nok 1 - the target survived its inputs");
    return 0;
}
