/* SPDX-License-Identifier: BSD-3-Clause */
/* One line for the operator, handed up by functions that take a char **error. */
#ifndef FAILURE_H
#define FAILURE_H

#include <stdarg.h>

/* Sets *error to a malloc'd line and returns -1. error may be NULL. */
int failure(char **error, const char *format, ...) __attribute__((format(printf, 2, 3)));
int failure_va(char **error, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
