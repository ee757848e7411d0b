/* SPDX-License-Identifier: BSD-3-Clause */
/* Just enough of the Test Anything Protocol for C tests. Include it once in each program. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct tap {
    int run, failed;
};

__attribute__((format(printf, 3, 4))) static inline bool tap_ok(struct tap *tap, bool good,
                                                                const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("%sok %d - ", good ? "" : "not ", ++tap->run);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    tap->failed += !good;
    return good;
}

/* NULL equals NULL only. */
static inline bool tap_is(struct tap *tap, const char *got, const char *wanted, const char *name) {
    bool good = got && wanted ? strcmp(got, wanted) == 0 : got == wanted;
    tap_ok(tap, good, "%s", name);
    if (!good)
        printf("#      got: %s\n# expected: %s\n", got ? got : "(null)",
               wanted ? wanted : "(null)");
    return good;
}

/* Prints the plan; the result is the program's exit status. */
static inline int tap_done(const struct tap *tap) {
    printf("1..%d\n", tap->run);
    return tap->failed != 0;
}

#endif
