/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_stmts.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"

#define SIZE_FIRST 64 /* a power of two */

static size_t place_of(const struct db_stmts *stmts, const struct kn_stmt *stmt) {
    size_t i = ((uintptr_t)stmt >> 3) * 0x9e3779b1u;
    for (;; i++) {
        const struct kn_stmt *there = stmts->places[i & (stmts->size - 1)].stmt;
        if (!there || there == stmt)
            return i & (stmts->size - 1);
    }
}

static void grow(struct db_stmts *stmts) {
    struct db_stmts old = *stmts;
    stmts->size = old.size ? old.size * 2 : SIZE_FIRST;
    stmts->places = xcalloc(stmts->size, sizeof(*stmts->places));
    for (size_t i = 0; i < old.size; i++)
        if (old.places[i].stmt)
            stmts->places[place_of(stmts, old.places[i].stmt)] = old.places[i];
    free(old.places);
}

static void name_make(struct db_stmts *stmts, struct db_stmt *place) {
    snprintf(place->name, sizeof(place->name), "%.44s/%u", place->stmt->name, ++stmts->serial);
}

struct db_stmt *db_stmts_get(struct db_stmts *stmts, const struct kn_stmt *stmt) {
    if (stmts->used * 2 >= stmts->size)
        grow(stmts);
    struct db_stmt *place = &stmts->places[place_of(stmts, stmt)];
    if (!place->stmt) {
        place->stmt = stmt;
        stmts->used++;
        name_make(stmts, place);
    }
    return place;
}

void db_stmts_forget(struct db_stmts *stmts, const struct kn_stmt *stmt) {
    struct db_stmt *place = db_stmts_get(stmts, stmt);
    if (place->prepared)
        name_make(stmts, place);
    place->prepared = false;
}

void db_stmts_clear(struct db_stmts *stmts) {
    free(stmts->places);
    *stmts = (struct db_stmts){0};
}
