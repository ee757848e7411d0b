/* SPDX-License-Identifier: BSD-3-Clause */
#include "auth.h"

#include <stdlib.h>
#include <string.h>
#include "password.h"
#include "user_row.h"

#define USERS_PAGE_MIN 20 /* the client sends small limits and could not page to the rest */

#define USERS_FILTER                                                                               \
    "WHERE ($1::text IS NULL OR role = $1) AND ($2::boolean IS NULL OR is_active = $2) "           \
    "AND ($3::text IS NULL OR first_name || ' ' || last_name ILIKE $3 OR username ILIKE $3 "       \
    "OR email ILIKE $3)"

static const struct kn_stmt users_page = {
    .name = "auth.users_page",
    .sql = "SELECT " USER_ROW_COLUMNS " FROM users " USERS_FILTER
           " ORDER BY created_at DESC, id DESC LIMIT $4::bigint OFFSET $5::bigint",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt users_count = {
    .name = "auth.users_count",
    .sql = "SELECT count(*) FROM users " USERS_FILTER,
    .flags = KN_STMT_READ,
};

static const struct kn_stmt user_insert = {
    .name = "auth.user_create",
    .sql = "SELECT " USER_ROW_COLUMNS " FROM user_create($1, $2, $3, $4, $5, $6, $7::boolean, $8)",
};

static const struct kn_stmt user_edit = {
    .name = "auth.user_update",
    .sql = "SELECT " USER_ROW_COLUMNS " FROM user_update($1::uuid, $2::jsonb, $3::uuid, $4)",
};

static const struct kn_stmt user_remove = {
    .name = "auth.user_delete",
    .sql = "SELECT user_delete($1::uuid, $2::uuid, $3)",
};

static const char *const user_roles[] = {"admin", "manager", "server", "counter", "kitchen", NULL};

static const struct kn_field user_create_fields[] = {
    {.name = "username",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED,
     .min = 3,
     .max = 50,
     .too_long = "invalid_username"},
    {.name = "email",
     .type = KN_FIELD_EMAIL,
     .flags = KN_FIELD_REQUIRED,
     .min = 1,
     .max = 100,
     .too_long = "invalid_email"},
    {.name = "password",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED | KN_FIELD_VERBATIM,
     .invalid = "weak_password"},
    {.name = "first_name", .type = KN_FIELD_TEXT, .flags = KN_FIELD_REQUIRED, .min = 1, .max = 50},
    {.name = "last_name", .type = KN_FIELD_TEXT, .flags = KN_FIELD_REQUIRED, .min = 1, .max = 50},
    {.name = "role", .type = KN_FIELD_CHOICE, .flags = KN_FIELD_REQUIRED, .choices = user_roles},
    {.name = "is_active", .type = KN_FIELD_BOOLEAN},
    {.name = NULL},
};

/* An empty password field in an edit form means: leave it as it is. */
static const struct kn_field user_update_fields[] = {
    {.name = "username",
     .type = KN_FIELD_TEXT,
     .min = 3,
     .max = 50,
     .too_long = "invalid_username"},
    {.name = "email", .type = KN_FIELD_EMAIL, .min = 1, .max = 100, .too_long = "invalid_email"},
    {.name = "password",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_VERBATIM | KN_FIELD_EMPTY_IS_NULL,
     .invalid = "weak_password"},
    {.name = "first_name", .type = KN_FIELD_TEXT, .min = 1, .max = 50},
    {.name = "last_name", .type = KN_FIELD_TEXT, .min = 1, .max = 50},
    {.name = "role", .type = KN_FIELD_CHOICE, .choices = user_roles},
    {.name = "is_active", .type = KN_FIELD_BOOLEAN},
    {.name = NULL},
};

/* ---- list */

/* "50%" as a pattern that finds just that: '%50\%%'. */
static const char *users_pattern(struct kn_req *req, const char *search) {
    char *pattern, *at;

    if (search == NULL || search[0] == '\0')
        return NULL;
    pattern = kn_req_alloc(req, 2 * strlen(search) + 3);
    at = pattern;
    *at++ = '%';
    for (; *search != '\0'; search++) {
        if (strchr("%_\\", *search) != NULL)
            *at++ = '\\';
        *at++ = *search;
    }
    *at++ = '%';
    *at = '\0';
    return pattern;
}

static struct kn_page users_paging(const struct kn_req *req) {
    struct kn_page page = kn_req_page(req, USERS_PAGE_MIN);

    if (kn_req_query(req, "per_page", 0) == NULL && page.size < USERS_PAGE_MIN) {
        page.size = USERS_PAGE_MIN;
        if (kn_req_query(req, "offset", 0) == NULL)
            page.offset = (page.number - 1) * page.size;
        else
            page.number = page.offset / page.size + 1;
    }
    return page;
}

/* An absent, empty or unknown word does not filter. */
static const char *users_active(const struct kn_req *req) {
    const char *active = kn_req_query(req, "active", 0);

    if (active != NULL && (strcmp(active, "true") == 0 || strcmp(active, "false") == 0))
        return active;
    return NULL;
}

static const char *users_role(const struct kn_req *req) {
    const char *role = kn_req_query(req, "role", 0);

    return role != NULL && role[0] != '\0' ? role : NULL;
}

static void users_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct kn_page page = users_paging(req);
    struct kn_json *json;

    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    json = kn_reply_open(req, 200, "Users retrieved");
    kn_json_open_list(json, "data");
    for (size_t row = 0; row < kn_db_rows(reply, 0); row++)
        user_row_json(json, NULL, reply, 0, row);
    kn_json_close_list(json);
    kn_json_page(json, &page, strtoll(kn_db_value(reply, 1, 0, 0), NULL, 10));
    kn_reply_send(req);
}

void users_list(struct kn_req *req, void *state) {
    const struct kn_page page = users_paging(req);
    const char *params[] = {
        users_role(req),
        users_active(req),
        users_pattern(req, kn_req_query(req, "search", 0)),
        kn_req_printf(req, "%lld", (long long)page.size),
        kn_req_printf(req, "%lld", (long long)page.offset),
    };
    const struct kn_query queries[] = {
        {.stmt = &users_page, .params = params, .param_count = 5},
        {.stmt = &users_count, .params = params, .param_count = 3},
    };

    (void)state;
    kn_req_db(req, queries, 2, users_listed);
}

/* ---- create and update */

/* An account being written; its password, if one was sent, is hashed first. */
struct edit {
    const char *id; /* NULL: a new one */
    const struct kn_form *form;
};

static void user_created(struct kn_req *req, const struct kn_db_reply *reply) {
    user_row_reply(req, reply, 201, "User created");
}

static void user_insert_send(struct kn_req *req, const struct kn_form *form, const char *hash) {
    const char *params[] = {
        kn_form_text(form, "username"),
        kn_form_text(form, "email"),
        hash,
        kn_form_text(form, "first_name"),
        kn_form_text(form, "last_name"),
        kn_form_text(form, "role"),
        kn_form_text(form, "is_active"),
        kn_req_user(req)->role,
    };

    kn_req_query_db(req, &user_insert, params, 8, user_created);
}

static void user_updated(struct kn_req *req, const struct kn_db_reply *reply) {
    user_row_reply(req, reply, 200, "User updated");
}

/* The members that were sent, with the hash in the password's place. */
static struct kn_json *user_changes(const struct kn_form *form, const char *hash) {
    static const char *const texts[] = {"username", "email", "first_name", "last_name", "role"};
    const char *active = kn_form_text(form, "is_active");
    struct kn_json *json = kn_json_new();

    kn_json_open(json, NULL);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (kn_form_text(form, texts[i]) != NULL)
            kn_json_text(json, texts[i], kn_form_text(form, texts[i]));
    if (active != NULL)
        kn_json_boolean(json, "is_active", strcmp(active, "true") == 0);
    if (hash != NULL)
        kn_json_text(json, "password_hash", hash);
    kn_json_close(json);
    return json;
}

static void user_edit_send(struct kn_req *req, const struct edit *edit, const char *hash) {
    struct kn_json *changes = user_changes(edit->form, hash);
    size_t length;
    const char *bytes = kn_json_bytes(changes, &length);
    const char *params[] = {
        edit->id,
        kn_req_printf(req, "%.*s", (int)length, bytes),
        kn_req_user(req)->id,
        kn_req_user(req)->role,
    };

    kn_json_free(changes);
    kn_req_query_db(req, &user_edit, params, 4, user_updated);
}

static void user_send(struct kn_req *req, const struct edit *edit, const char *hash) {
    if (edit->id == NULL)
        user_insert_send(req, edit->form, hash);
    else
        user_edit_send(req, edit, hash);
}

static void user_hashed(struct kn_req *req, const struct password_result *result) {
    if (result->hash[0] == '\0')
        kn_reply_error(req, 500, "internal_error", "Internal server error");
    else
        user_send(req, kn_req_data(req), result->hash);
}

/* Sends the account on its way, by the hashing threads when a password came with it. */
static void user_write(struct kn_req *req, const struct kn_form *form, const char *id) {
    struct edit *edit = kn_req_alloc(req, sizeof(*edit));
    struct password_task task = {.wanted = kn_form_text(form, "password")};

    *edit = (struct edit){.id = id, .form = form};
    kn_req_data_set(req, edit);
    if (task.wanted == NULL)
        user_send(req, edit, NULL);
    else if (!password_acceptable(task.wanted))
        kn_reply_error(req, 400, "weak_password",
                       "\"password\" needs at least 6 characters and at most 72 bytes");
    else
        password_run(req, &task, user_hashed);
}

void user_create(struct kn_req *req, void *state) {
    struct kn_form *form = kn_req_form(req, user_create_fields);

    (void)state;
    if (form != NULL)
        user_write(req, form, NULL);
}

void user_update(struct kn_req *req, void *state) {
    const char *id = kn_req_param_uuid(req, "id");
    struct kn_form *form;

    (void)state;
    if (id == NULL)
        return;
    form = kn_req_form(req, user_update_fields);
    if (form == NULL)
        return;
    if (kn_form_size(form) == 0)
        kn_reply_error(req, 400, "no_fields", "Nothing to change was sent");
    else
        user_write(req, form, id);
}

/* ---- delete */

static void user_deleted(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK)
        kn_reply_db_error(req, reply);
    else
        kn_reply_done(req, 200, "User deleted");
}

void user_delete(struct kn_req *req, void *state) {
    const char *params[3];

    (void)state;
    params[0] = kn_req_param_uuid(req, "id");
    if (params[0] == NULL)
        return;
    params[1] = kn_req_user(req)->id;
    params[2] = kn_req_user(req)->role;
    kn_req_query_db(req, &user_remove, params, 3, user_deleted);
}
