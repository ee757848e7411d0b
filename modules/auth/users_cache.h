/* SPDX-License-Identifier: BSD-3-Clause */
/* The staff accounts in memory, as far as every request needs them. */
#ifndef USERS_CACHE_H
#define USERS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kn_ctx;
struct kn_db_reply;
struct users_cache;

struct users_cache_entry {
    const char *id, *username, *role;
    int64_t epoch;
    bool is_active;
};

/* Declares the watch that keeps it current; in setup(). */
struct users_cache *users_cache_new(struct kn_ctx *ctx);
void users_cache_free(struct users_cache *cache);

/* NULL: not in memory, or the memory may be more than a second old. */
const struct users_cache_entry *users_cache_find(const struct users_cache *cache, const char *id);

/* True unless every account is known to have left bcrypt behind. */
bool users_cache_has_bcrypt(const struct users_cache *cache);

/* The columns of an entry, in the order users_cache_read() takes them, for statements on users. */
#define USERS_CACHE_COLUMNS "id, username, role, token_epoch, is_active"
struct users_cache_entry users_cache_read(const struct kn_db_reply *reply, size_t row);

#endif
