/* SPDX-License-Identifier: BSD-3-Clause */
#include "limiter.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "arena.h"
#include "clock.h"
#include "failure.h"
#include "process.h"
#include "request.h"
#include "router.h"
#include "settings.h"

#define SETS 16384
#define WAYS 4

/*
 * A bucket is one number, the time at which it will be full again (the generic cell rate
 * algorithm): taking a token moves it on by the time a token takes to come back. So a bucket needs
 * no lock, no refilling, and no clearing: one that is full again is as good as none.
 */
struct bucket {
    _Atomic uint64_t key;
    _Atomic int64_t full_at; /* monotonic us */
};

struct limiter_table {
    uint64_t seed; /* so that nobody can choose keys that collide */
    struct bucket buckets[SETS][WAYS];
};

struct limiter_table *limiter_table_new(void) {
    struct limiter_table *table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED ||
        getrandom(&table->seed, sizeof(table->seed), 0) != (ssize_t)sizeof(table->seed))
        abort();
    return table;
}

void limiter_table_free(struct limiter_table *table) {
    if (table)
        munmap(table, sizeof(*table));
}

/* ---------------------------------------------------------------- buckets */

static uint64_t mix(uint64_t hash) {
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
    return hash ^ (hash >> 33);
}

static uint64_t hash_text(uint64_t hash, const char *text) {
    for (; *text; text++)
        hash = mix(hash ^ (unsigned char)*text) + 0x9e3779b97f4a7c15u;
    return hash;
}

/* Whoever has an IPv6 address has a network of 2^64 of them: it counts as one client. */
static uint64_t hash_client(uint64_t hash, const char *ip) {
    struct in6_addr address;
    if (inet_pton(AF_INET6, ip, &address) != 1)
        return hash_text(hash, ip);
    for (size_t i = 0; i < 8; i++)
        hash = mix(hash ^ address.s6_addr[i]) + 0x9e3779b97f4a7c15u;
    return hash;
}

/* The bucket of the key; if it has none, that of its set which was full the longest. */
static struct bucket *bucket_find(struct limiter_table *table, uint64_t key) {
    struct bucket *set = table->buckets[key % SETS];
    struct bucket *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (atomic_load(&set[i].key) == key)
            return &set[i];
        if (atomic_load(&set[i].full_at) < atomic_load(&oldest->full_at))
            oldest = &set[i];
    }
    atomic_store(&oldest->key, key);
    atomic_store(&oldest->full_at, 0);
    return oldest;
}

static int64_t token_us(const struct settings_limiter *limiter) {
    return limiter->period * 1000 / limiter->budget;
}

/* 0, or the microseconds until there is a token again. */
static int64_t bucket_take(struct bucket *bucket, const struct settings_limiter *limiter) {
    int64_t token = token_us(limiter);
    int64_t depth = token * (limiter->budget - 1);
    int64_t now = clock_us();
    int64_t full_at = atomic_load(&bucket->full_at);
    int64_t next;
    do {
        int64_t from = full_at > now ? full_at : now;
        if (from - now > depth)
            return from - now - depth;
        next = from + token;
    } while (!atomic_compare_exchange_weak(&bucket->full_at, &full_at, next));
    return 0;
}

/* ---------------------------------------------------------------- routes */

enum subject { BY_IP, BY_PATH, BY_USER };

struct limit {
    const struct settings_limiter *settings;
    enum subject subject;
};

struct route_limits {
    struct limit limits[REQUEST_LIMITERS_MAX];
    size_t count;
};

struct limiter {
    const struct settings *settings;
    struct limiter_table *table;
    struct arena *arena;
};

struct limiter *limiter_new(struct process *process) {
    struct limiter *limiter = xcalloc(1, sizeof(*limiter));
    limiter->settings = process->settings;
    limiter->table = process->limits;
    limiter->arena = arena_new(0);
    return limiter;
}

void limiter_free(struct limiter *limiter) {
    if (!limiter)
        return;
    arena_free(limiter->arena);
    free(limiter);
}

static const struct settings_limiter *configured(const struct settings *settings, const char *name,
                                                 size_t length) {
    for (size_t i = 0; i < settings->limiter_count; i++)
        if (strlen(settings->limiters[i].name) == length &&
            memcmp(settings->limiters[i].name, name, length) == 0)
            return &settings->limiters[i];
    return NULL;
}

static enum subject subject_of(const struct settings_limiter *settings) {
    if (strcmp(settings->key, "user") == 0)
        return BY_USER;
    return strcmp(settings->key, "ip+path") == 0 ? BY_PATH : BY_IP;
}

static int refuse(char **error, const struct route *route, size_t length, const char *name,
                  const char *why) {
    return failure(error, "%s %s: limiter \"%.*s\" %s", route->spec.method, route->spec.pattern,
                   (int)length, name, why);
}

static int route_resolve(struct limiter *limiter, struct route *route, char **error) {
    const char *name = route->spec.limiters;
    struct route_limits *limits = arena_alloc(limiter->arena, sizeof(*limits));
    route->limits = limits;
    while (name && *(name += strspn(name, " "))) {
        size_t length = strcspn(name, " ");
        const struct settings_limiter *settings = configured(limiter->settings, name, length);
        if (!settings)
            return refuse(error, route, length, name,
                          "is not configured; add it under limiters: {budget, period}");
        if (limits->count == REQUEST_LIMITERS_MAX)
            return refuse(error, route, length, name, "is one more than a route may have");
        limits->limits[limits->count++] = (struct limit){settings, subject_of(settings)};
        name += length;
    }
    return 0;
}

int limiter_resolve(struct limiter *limiter, struct router *router, char **error) {
    for (size_t i = 0; i < router_count(router); i++)
        if (route_resolve(limiter, router_get(router, i), error) != 0)
            return -1;
    return 0;
}

/* ---------------------------------------------------------------- requests */

static struct bucket *bucket_of(struct limiter *limiter, const struct limit *limit,
                                const struct kn_req *req) {
    uint64_t hash = hash_text(limiter->table->seed, limit->settings->name);
    hash = mix(hash + 1);
    hash = limit->subject == BY_USER ? hash_text(hash, req->user->id)
                                     : hash_client(hash, req->client_ip);
    if (limit->subject == BY_PATH)
        hash = hash_text(mix(hash + 1), req->path);
    return bucket_find(limiter->table, hash ? hash : 1);
}

static void reply_limited(struct kn_req *req, int64_t wait_us) {
    char seconds[24];
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(wait_us / 1000000 + 1));
    kn_reply_header(req, "Retry-After", seconds);
    kn_reply_error(req, 429, "rate_limit_exceeded", "Too many requests; try again in %s s",
                   seconds);
}

/* Those limits are taken whose subject is known by now: addresses before sign-in, users after. */
static bool admit(struct limiter *limiter, struct kn_req *req, bool users) {
    const struct route_limits *limits = req->route->limits;
    for (size_t i = 0; i < limits->count; i++) {
        const struct limit *limit = &limits->limits[i];
        if ((limit->subject == BY_USER) != users)
            continue;
        int64_t wait = bucket_take(bucket_of(limiter, limit, req), limit->settings);
        if (wait > 0) {
            reply_limited(req, wait);
            return false;
        }
        req->limits_taken |= 1u << i;
    }
    return true;
}

bool limiter_admit(struct limiter *limiter, struct kn_req *req) {
    return admit(limiter, req, false);
}

bool limiter_admit_user(struct limiter *limiter, struct kn_req *req) {
    return !req->user || admit(limiter, req, true);
}

void limiter_settle(struct limiter *limiter, struct kn_req *req, int status) {
    const struct route_limits *limits = req->route->limits;
    for (size_t i = 0; i < limits->count && status >= 400; i++) {
        const struct limit *limit = &limits->limits[i];
        /* only what this request has taken: many are refused before they come to a limiter */
        if (limit->settings->accepted_only && (req->limits_taken & (1u << i)))
            atomic_fetch_sub(&bucket_of(limiter, limit, req)->full_at, token_us(limit->settings));
    }
}
