/* SPDX-License-Identifier: BSD-3-Clause */
#include "auth.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "password.h"
#include "token.h"
#include "user_row.h"
#include "users_cache.h"

enum { LOGIN_EPOCH = USER_ROW_WIDTH, LOGIN_HASH }; /* columns behind those of the account */

static const struct kn_stmt login_user = {
    .name = "auth.login_user",
    .sql = "SELECT " USER_ROW_COLUMNS ", token_epoch, password_hash FROM users "
           "WHERE username = $1 AND is_active",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt login_rehash = {
    .name = "auth.login_rehash",
    .sql = "SELECT password_rehash($1::uuid, $2, $3)",
};

/* The username is matched exactly, so nothing is trimmed. */
static const struct kn_field login_fields[] = {
    {.name = "username",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED | KN_FIELD_VERBATIM,
     .missing = "missing_credentials",
     .invalid = "missing_credentials"},
    {.name = "password",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED | KN_FIELD_VERBATIM,
     .missing = "missing_credentials",
     .invalid = "missing_credentials"},
    {.name = NULL},
};

/* What is known of the account while its password is checked. The row's values are kept as the
 * finished JSON that the reply will carry. */
struct login {
    const char *password;
    struct token_user user;
    const char *hash; /* NULL: no such active user */
    const char *json;
    size_t json_length;
};

static void login_keep(struct kn_req *req, struct login *login, const struct kn_db_reply *reply) {
    struct kn_json *json = kn_json_new();
    const char *bytes;

    login->user.id = kn_req_strdup(req, kn_db_value(reply, 0, 0, 0));
    login->user.username = kn_req_strdup(req, kn_db_value(reply, 0, 0, 1));
    login->user.role = kn_req_strdup(req, kn_db_value(reply, 0, 0, 5));
    login->user.epoch = strtoll(kn_db_value(reply, 0, 0, LOGIN_EPOCH), NULL, 10);
    login->hash = kn_req_strdup(req, kn_db_value(reply, 0, 0, LOGIN_HASH));
    user_row_json(json, NULL, reply, 0, 0);
    bytes = kn_json_bytes(json, &login->json_length);
    login->json = memcpy(kn_req_alloc(req, login->json_length), bytes, login->json_length);
    kn_json_free(json);
}

/* A failure leaves the old hash, which verifies as well: the next sign-in tries again. */
static void login_rehashed(void *arg, const struct kn_db_reply *reply) {
    const struct auth *auth = arg;

    if (kn_db_status(reply) != KN_DB_OK)
        kn_log(auth->ctx, KN_WARN, "password hash not renewed: %s", kn_db_message(reply));
}

static void login_renew_hash(struct auth *auth, const struct login *login, const char *hash) {
    const char *params[] = {login->user.id, login->hash, hash};
    const struct kn_query query = {.stmt = &login_rehash, .params = params, .param_count = 3};

    kn_ctx_db(auth->ctx, &query, 1, login_rehashed, auth);
}

static void login_reply(struct kn_req *req, const struct auth *auth, const struct login *login) {
    char *token = token_issue(auth->conf->secret, &login->user, time(NULL), auth->lifetime);
    struct kn_json *json;

    if (token == NULL) {
        kn_req_log(req, KN_ERROR, "token not issued: out of memory");
        kn_reply_error(req, 500, "internal_error", "Internal server error");
        return;
    }
    json = kn_reply_open(req, 200, "Login successful");
    kn_json_open(json, "data");
    kn_json_text(json, "token", token);
    kn_json_raw(json, "user", login->json, login->json_length);
    kn_json_close(json);
    kn_reply_send(req);
    free(token);
}

static void login_checked(struct kn_req *req, const struct password_result *result) {
    struct auth *auth = kn_ctx_state(kn_req_ctx(req));
    const struct login *login = kn_req_data(req);

    if (!result->matched) {
        kn_reply_error(req, 401, "invalid_credentials", "Invalid username or password");
        return;
    }
    if (result->hash[0] != '\0')
        login_renew_hash(auth, login, result->hash);
    login_reply(req, auth, login);
}

static void login_found(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct auth *auth = kn_ctx_state(kn_req_ctx(req));
    struct login *login = kn_req_data(req);
    struct password_task task = {.renew = true};

    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    if (kn_db_rows(reply, 0) > 0)
        login_keep(req, login, reply);
    task.attempt = login->password;
    task.stored = login->hash;
    task.level_with_bcrypt = users_cache_has_bcrypt(auth->users);
    password_run(req, &task, login_checked);
}

void login(struct kn_req *req, void *state) {
    struct kn_form *form = kn_req_form(req, login_fields);
    struct login *login;
    const char *params[1];

    (void)state;
    if (form == NULL)
        return;
    login = kn_req_alloc(req, sizeof(*login));
    *login = (struct login){.password = kn_form_text(form, "password")};
    kn_req_data_set(req, login);
    params[0] = kn_form_text(form, "username");
    kn_req_query_db(req, &login_user, params, 1, login_found);
}

/* Tokens are stateless: the client forgets its own. */
void logout(struct kn_req *req, void *state) {
    (void)state;
    kn_reply_done(req, 200, "Logged out");
}
