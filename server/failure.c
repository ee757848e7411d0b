/* SPDX-License-Identifier: BSD-3-Clause */
#include "failure.h"

#include <stddef.h>
#include "buf.h"

int failure_va(char **error, const char *format, va_list args) {
    struct buf text = {0};
    if (!error)
        return -1;
    buf_vprintf(&text, format, args);
    *error = buf_take(&text);
    return -1;
}

int failure(char **error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    failure_va(error, format, args);
    va_end(args);
    return -1;
}
