/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that is freed all at once, with cleanup hooks. Allocation never fails: the process ends. */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(size_t first_block);
void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for any type */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Hooks run in reverse order when the arena is freed. */
void arena_cleanup(struct arena *arena, void (*fn)(void *arg), void *arg);
void arena_free(struct arena *arena); /* NULL is fine */

/* malloc and friends that end the process when memory does. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);

#endif
