/* SPDX-License-Identifier: BSD-3-Clause */
#include "authenticate.h"

#include <time.h>
#include <kenangan.h>
#include "auth.h"
#include "token.h"
#include "users_cache.h"

static const struct kn_stmt user_of_token = {
    .name = "auth.user_of_token",
    .sql = "SELECT " USERS_CACHE_COLUMNS " FROM users WHERE id = $1::uuid",
    .flags = KN_STMT_READ,
};

static bool authenticate_alive(const struct users_cache_entry *user,
                               const struct token_claims *claims) {
    return user->is_active && user->epoch == claims->epoch;
}

/* The stored role counts, not the one in the token. */
static void authenticate_accept(struct kn_req *req, const struct users_cache_entry *entry) {
    const struct kn_user user = {.id = entry->id, .name = entry->username, .role = entry->role};

    kn_auth_accept(req, &user);
}

static void authenticate_refuse(struct kn_req *req) {
    kn_auth_refuse(req, 401, "invalid_token", "Invalid or expired token; please sign in again");
}

static void authenticate_unavailable(struct kn_req *req) {
    kn_reply_header(req, "Retry-After", "1");
    kn_auth_refuse(req, 503, "database_unavailable",
                   "The database is not available; please try again");
}

static void authenticate_answered(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct token_claims *claims = kn_req_data(req);
    struct users_cache_entry user;

    kn_req_data_set(req, NULL); /* it is the handler's from here on */
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_req_log(req, KN_WARN, "sign-in not checked: %s", kn_db_message(reply));
        authenticate_unavailable(req);
        return;
    }
    if (kn_db_rows(reply, 0) == 0) {
        authenticate_refuse(req);
        return;
    }
    user = users_cache_read(reply, 0);
    if (authenticate_alive(&user, claims))
        authenticate_accept(req, &user);
    else
        authenticate_refuse(req);
}

static void authenticate_ask(struct kn_req *req, const struct token_claims *claims) {
    struct token_claims *copy = kn_req_alloc(req, sizeof(*copy));
    const char *params[] = {copy->user_id};

    *copy = *claims;
    kn_req_data_set(req, copy);
    kn_req_query_db(req, &user_of_token, params, 1, authenticate_answered);
}

void authenticate(struct kn_req *req, const char *token, void *state) {
    const struct auth *auth = state;
    const struct users_cache_entry *user;
    struct token_claims claims;

    if (!token_read(auth->conf->secret, token, time(NULL), &claims)) {
        authenticate_refuse(req);
        return;
    }
    user = users_cache_find(auth->users, claims.user_id);
    if (user != NULL && authenticate_alive(user, &claims))
        authenticate_accept(req, user);
    else
        authenticate_ask(req, &claims); /* the memory may lag behind: never refuse on its word */
}
