/* SPDX-License-Identifier: BSD-3-Clause */
#include "reference.h"

#include <stdlib.h>
#include <string.h>

#include "orders.h"

/* Each statement gives id, name and description first; what follows is for its writer. */
static const struct kn_stmt products_load = {
    "orders.products",
    "SELECT id, name, coalesce(description, ''), description, price, preparation_time, image_url"
    " FROM product_ref ORDER BY id",
    KN_STMT_READ};

static const struct kn_stmt tables_load = {
    "orders.tables",
    "SELECT id, table_number, '', location, seating_capacity FROM table_ref ORDER BY id",
    KN_STMT_READ};

static const struct kn_stmt staff_load = {
    "orders.staff",
    "SELECT id, username, '', first_name, last_name, role FROM staff_ref ORDER BY id",
    KN_STMT_READ};

static void product_write(struct kn_json *json, const struct kn_db_reply *reply, size_t row) {
    kn_json_text(json, "id", kn_db_value(reply, 0, row, 0));
    kn_json_text(json, "name", kn_db_value(reply, 0, row, 1));
    kn_json_text(json, "description", kn_db_value(reply, 0, row, 3));
    kn_json_number(json, "price", kn_db_value(reply, 0, row, 4));
    kn_json_number(json, "preparation_time", kn_db_value(reply, 0, row, 5));
    kn_json_text(json, "image_url", kn_db_value(reply, 0, row, 6));
}

static void table_write(struct kn_json *json, const struct kn_db_reply *reply, size_t row) {
    kn_json_text(json, "id", kn_db_value(reply, 0, row, 0));
    kn_json_text(json, "table_number", kn_db_value(reply, 0, row, 1));
    kn_json_text(json, "location", kn_db_value(reply, 0, row, 3));
    kn_json_number(json, "seating_capacity", kn_db_value(reply, 0, row, 4));
}

static void staff_write(struct kn_json *json, const struct kn_db_reply *reply, size_t row) {
    kn_json_text(json, "id", kn_db_value(reply, 0, row, 0));
    kn_json_text(json, "username", kn_db_value(reply, 0, row, 1));
    kn_json_text(json, "first_name", kn_db_value(reply, 0, row, 3));
    kn_json_text(json, "last_name", kn_db_value(reply, 0, row, 4));
    kn_json_text(json, "role", kn_db_value(reply, 0, row, 5));
}

static void entries_free(struct reference_entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(entries[i].name);
        free(entries[i].description);
        free(entries[i].json);
    }
    free(entries);
}

void reference_free(struct reference *reference) {
    entries_free(reference->entries, reference->count);
    reference->entries = NULL;
    reference->count = 0;
}

static bool entry_fill(struct reference *reference, struct reference_entry *entry,
                       const struct kn_db_reply *reply, size_t row) {
    struct kn_json *json = kn_json_new();
    kn_json_open(json, NULL);
    reference->write(json, reply, row);
    kn_json_close(json);
    const char *text = kn_json_bytes(json, &entry->json_length);
    entry->json = strndup(text, entry->json_length);
    kn_json_free(json);
    strncpy(entry->id, kn_db_value(reply, 0, row, 0), sizeof(entry->id) - 1);
    entry->name = strdup(kn_db_value(reply, 0, row, 1));
    entry->description = strdup(kn_db_value(reply, 0, row, 2));
    return entry->json && entry->name && entry->description;
}

static void reference_loaded(void *arg, const struct kn_db_reply *reply) {
    struct reference *reference = arg;
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_watch_done(reference->watch, false);
        return;
    }
    size_t count = kn_db_rows(reply, 0);
    struct reference_entry *entries = calloc(count + 1, sizeof(*entries));
    bool filled = entries != NULL;
    for (size_t row = 0; filled && row < count; row++)
        filled = entry_fill(reference, &entries[row], reply, row);
    if (!filled) {
        entries_free(entries, entries ? count : 0);
        kn_watch_done(reference->watch, false);
        return;
    }
    reference_free(reference);
    reference->entries = entries;
    reference->count = count;
    kn_watch_done(reference->watch, true);
}

static void reference_load(struct reference *reference) {
    const struct kn_query query = {reference->load, NULL, 0};
    kn_ctx_db(reference->ctx, &query, 1, reference_loaded, reference);
}

static void products_changed(struct kn_watch *watch, void *state) {
    (void)watch;
    reference_load(&((struct orders *)state)->products);
}

static void tables_changed(struct kn_watch *watch, void *state) {
    (void)watch;
    reference_load(&((struct orders *)state)->tables);
}

static void staff_changed(struct kn_watch *watch, void *state) {
    (void)watch;
    reference_load(&((struct orders *)state)->staff);
}

void reference_products_setup(struct reference *reference, struct kn_ctx *ctx) {
    *reference = (struct reference){.ctx = ctx, .load = &products_load, .write = product_write};
    reference->watch = kn_watch_add(ctx, "menu", products_changed);
}

void reference_tables_setup(struct reference *reference, struct kn_ctx *ctx) {
    *reference = (struct reference){.ctx = ctx, .load = &tables_load, .write = table_write};
    reference->watch = kn_watch_add(ctx, "tables", tables_changed);
}

void reference_staff_setup(struct reference *reference, struct kn_ctx *ctx) {
    *reference = (struct reference){.ctx = ctx, .load = &staff_load, .write = staff_write};
    reference->watch = kn_watch_add(ctx, "users", staff_changed);
}

static int entry_compare(const void *id, const void *entry) {
    return strcmp(id, ((const struct reference_entry *)entry)->id);
}

const struct reference_entry *reference_find(const struct reference *reference, const char *id) {
    if (!id || reference->count == 0)
        return NULL;
    return bsearch(id, reference->entries, reference->count, sizeof(*reference->entries),
                   entry_compare);
}
