/* SPDX-License-Identifier: BSD-3-Clause */
#include "users_cache.h"

#include <stdlib.h>
#include <string.h>
#include <kenangan.h>
#include "auth.h"

#define USERS_CACHE_AGE_MAX 1000 /* ms: a dead token works no longer than this */

/* One generation of the table, in one block: entries ordered by id, then their texts. */
struct users_table {
    size_t count;
    bool has_bcrypt;
    struct users_cache_entry entries[];
};

struct users_cache {
    struct kn_ctx *ctx;
    struct kn_watch *watch;
    struct users_table *table; /* NULL until first loaded */
};

static const struct kn_stmt users_all = {
    .name = "auth.users_all",
    .sql = "SELECT " USERS_CACHE_COLUMNS ", password_hash LIKE '$2%' FROM users ORDER BY id",
    .flags = KN_STMT_READ,
};

struct users_cache_entry users_cache_read(const struct kn_db_reply *reply, size_t row) {
    return (struct users_cache_entry){
        .id = kn_db_value(reply, 0, row, 0),
        .username = kn_db_value(reply, 0, row, 1),
        .role = kn_db_value(reply, 0, row, 2),
        .epoch = strtoll(kn_db_value(reply, 0, row, 3), NULL, 10),
        .is_active = kn_db_value(reply, 0, row, 4)[0] == 't',
    };
}

static size_t users_entry_size(const struct users_cache_entry *entry) {
    return sizeof(*entry) + strlen(entry->id) + strlen(entry->username) + strlen(entry->role) + 3;
}

static const char *users_text_copy(char **at, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);

    *at += size;
    return copy;
}

static struct users_table *users_table_new(const struct kn_db_reply *reply) {
    size_t count = kn_db_rows(reply, 0);
    size_t size = sizeof(struct users_table);
    struct users_table *table;
    char *at;

    for (size_t row = 0; row < count; row++) {
        struct users_cache_entry entry = users_cache_read(reply, row);
        size += users_entry_size(&entry);
    }
    table = calloc(1, size);
    if (table == NULL)
        return NULL;
    table->count = count;
    at = (char *)&table->entries[count];
    for (size_t row = 0; row < count; row++) {
        struct users_cache_entry *entry = &table->entries[row];
        *entry = users_cache_read(reply, row);
        entry->id = users_text_copy(&at, entry->id);
        entry->username = users_text_copy(&at, entry->username);
        entry->role = users_text_copy(&at, entry->role);
        table->has_bcrypt |= kn_db_value(reply, 0, row, 5)[0] == 't';
    }
    return table;
}

static void users_loaded(void *arg, const struct kn_db_reply *reply) {
    struct users_cache *cache = arg;
    struct users_table *table = NULL;

    if (kn_db_status(reply) == KN_DB_OK)
        table = users_table_new(reply);
    if (table != NULL) {
        free(cache->table);
        cache->table = table;
    }
    kn_watch_done(cache->watch, table != NULL);
}

static void users_load(struct kn_watch *watch, void *state) {
    struct users_cache *cache = ((struct auth *)state)->users;
    const struct kn_query query = {.stmt = &users_all};

    cache->watch = watch;
    kn_ctx_db(cache->ctx, &query, 1, users_loaded, cache);
}

struct users_cache *users_cache_new(struct kn_ctx *ctx) {
    struct users_cache *cache = kn_ctx_alloc(ctx, sizeof(*cache));

    cache->ctx = ctx;
    cache->watch = kn_watch_add(ctx, "users", users_load);
    return cache;
}

void users_cache_free(struct users_cache *cache) {
    free(cache->table);
    cache->table = NULL;
}

static int users_entry_compare(const void *key, const void *entry) {
    return strcmp(key, ((const struct users_cache_entry *)entry)->id);
}

const struct users_cache_entry *users_cache_find(const struct users_cache *cache, const char *id) {
    const struct users_table *table = cache->table;

    if (table == NULL || table->count == 0 || !kn_watch_fresh(cache->watch, USERS_CACHE_AGE_MAX))
        return NULL;
    return bsearch(id, table->entries, table->count, sizeof(table->entries[0]),
                   users_entry_compare);
}

bool users_cache_has_bcrypt(const struct users_cache *cache) {
    return cache->table == NULL || cache->table->has_bcrypt;
}
