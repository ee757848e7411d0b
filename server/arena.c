/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_MIN 1024

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct hook {
    struct hook *next;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct block *blocks; /* newest first; the last one is part of this allocation */
    struct hook *hooks;
    struct block first;
};

static void out_of_memory(void) {
    static const char line[] = "{\"level\":\"ERROR\",\"message\":\"out of memory\"}\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof(line) - 1);
    (void)ignored;
    abort();
}

void *xmalloc(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *xcalloc(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *xrealloc(void *old, size_t size) {
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

char *xstrdup(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(xmalloc(size), text, size);
}

struct arena *arena_new(size_t first_block) {
    size_t size = first_block < BLOCK_MIN ? BLOCK_MIN : first_block;
    struct arena *arena = xmalloc(sizeof(*arena) + size);
    arena->hooks = NULL;
    arena->first.next = NULL;
    arena->first.used = 0;
    arena->first.size = size;
    arena->blocks = &arena->first;
    return arena;
}

static size_t round_up(size_t size) {
    size_t unit = alignof(max_align_t);
    if (size > SIZE_MAX - unit)
        out_of_memory();
    return (size + unit - 1) / unit * unit;
}

static struct block *block_add(struct arena *arena, size_t size) {
    size_t room = arena->blocks->size * 2;
    if (room < size)
        room = size;
    if (room > SIZE_MAX - sizeof(struct block))
        out_of_memory();
    struct block *block = xmalloc(sizeof(*block) + room);
    block->next = arena->blocks;
    block->used = 0;
    block->size = room;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    size_t rounded = round_up(size);
    struct block *block = arena->blocks;
    if (block->size - block->used < rounded)
        block = block_add(arena, rounded);
    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memset(memory, 0, rounded);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length) {
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text) {
    return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_alloc(arena, (size_t)(length < 0 ? 0 : length) + 1);
    if (length > 0)
        vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void arena_cleanup(struct arena *arena, void (*fn)(void *arg), void *arg) {
    struct hook *hook = arena_alloc(arena, sizeof(*hook));
    hook->fn = fn;
    hook->arg = arg;
    hook->next = arena->hooks;
    arena->hooks = hook;
}

void arena_free(struct arena *arena) {
    if (!arena)
        return;
    for (struct hook *hook = arena->hooks; hook; hook = hook->next)
        hook->fn(hook->arg);
    struct block *block = arena->blocks;
    while (block != &arena->first) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}
