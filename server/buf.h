/* SPDX-License-Identifier: BSD-3-Clause */
/* A growing byte buffer; always NUL-terminated behind its length. Zeroed is empty. */
#ifndef BUF_H
#define BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL while nothing was reserved */
    size_t length;
    size_t capacity;
};

void buf_reserve(struct buf *buf, size_t more);
void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void buf_clear(struct buf *buf);            /* keeps the memory */
char *buf_take(struct buf *buf);            /* malloc'd, NUL-terminated; buf is empty after */
const char *buf_text(const struct buf *buf); /* never NULL */
void buf_free(struct buf *buf);

#endif
