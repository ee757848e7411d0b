/* SPDX-License-Identifier: BSD-3-Clause */
#include "auth.h"

#include "password.h"
#include "user_row.h"

static const struct kn_stmt profile_row = {
    .name = "auth.profile_row",
    .sql = "SELECT " USER_ROW_COLUMNS " FROM users WHERE id = $1::uuid",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt profile_change = {
    .name = "auth.profile_change",
    .sql = "SELECT " USER_ROW_COLUMNS " FROM profile_update($1::uuid, $2, $3, $4)",
};

static const struct kn_stmt password_stored = {
    .name = "auth.password_stored",
    .sql = "SELECT password_hash FROM users WHERE id = $1::uuid",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt password_store = {
    .name = "auth.password_store",
    .sql = "SELECT password_change($1::uuid, $2, $3)",
};

static const struct kn_field profile_fields[] = {
    {.name = "first_name", .type = KN_FIELD_TEXT, .flags = KN_FIELD_REQUIRED, .min = 1, .max = 50},
    {.name = "last_name", .type = KN_FIELD_TEXT, .flags = KN_FIELD_REQUIRED, .min = 1, .max = 50},
    {.name = "email",
     .type = KN_FIELD_EMAIL,
     .flags = KN_FIELD_REQUIRED,
     .min = 1,
     .max = 100,
     .too_long = "invalid_email"},
    {.name = NULL},
};

static const struct kn_field password_fields[] = {
    {.name = "current_password",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED | KN_FIELD_VERBATIM,
     .invalid = "missing_fields"},
    {.name = "new_password",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED | KN_FIELD_VERBATIM,
     .invalid = "missing_fields"},
    {.name = NULL},
};

/* A password being changed. */
struct change {
    const char *current, *wanted;
    const char *stored; /* the hash that `current` was checked against */
};

static void profile_shown(struct kn_req *req, const struct kn_db_reply *reply) {
    user_row_reply(req, reply, 200, "Profile retrieved");
}

void profile_show(struct kn_req *req, void *state) {
    const char *params[] = {kn_req_user(req)->id};

    (void)state;
    kn_req_query_db(req, &profile_row, params, 1, profile_shown);
}

static void profile_updated(struct kn_req *req, const struct kn_db_reply *reply) {
    user_row_reply(req, reply, 200, "Profile updated");
}

void profile_update(struct kn_req *req, void *state) {
    struct kn_form *form = kn_req_form(req, profile_fields);
    const char *params[4];

    (void)state;
    if (form == NULL)
        return;
    params[0] = kn_req_user(req)->id;
    params[1] = kn_form_text(form, "first_name");
    params[2] = kn_form_text(form, "last_name");
    params[3] = kn_form_text(form, "email");
    kn_req_query_db(req, &profile_change, params, 4, profile_updated);
}

static void password_refuse_weak(struct kn_req *req, const struct password_rules *rules) {
    const char *message =
        rules->short_enough ? "new_password needs at least 8 characters with an upper-case letter, "
                              "a lower-case letter, a digit and a special character"
                            : "new_password may be at most 72 bytes long";
    struct kn_json *json = kn_reply_open_error(req, 400, "weak_password", message);

    kn_json_open(json, "data");
    kn_json_open(json, "password_requirements");
    kn_json_boolean(json, "min_length", rules->min_length);
    kn_json_boolean(json, "has_upper", rules->has_upper);
    kn_json_boolean(json, "has_lower", rules->has_lower);
    kn_json_boolean(json, "has_number", rules->has_number);
    kn_json_boolean(json, "has_special", rules->has_special);
    kn_json_close(json);
    kn_json_close(json);
    kn_reply_send(req);
}

static void password_changed(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK)
        kn_reply_db_error(req, reply);
    else
        kn_reply_done(req, 200, "Password changed; please sign in again");
}

static void password_checked(struct kn_req *req, const struct password_result *result) {
    const struct change *change = kn_req_data(req);
    const char *params[] = {kn_req_user(req)->id, change->stored, result->hash};

    /* Never 401 here: the client would take it for a dead session. */
    if (!result->matched)
        kn_reply_error(req, 400, "invalid_current_password", "The current password is wrong");
    else if (result->hash[0] == '\0')
        kn_reply_error(req, 500, "internal_error", "Internal server error");
    else
        kn_req_query_db(req, &password_store, params, 3, password_changed);
}

static void password_found(struct kn_req *req, const struct kn_db_reply *reply) {
    struct change *change = kn_req_data(req);
    struct password_task task = {.attempt = change->current, .wanted = change->wanted};

    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    if (kn_db_rows(reply, 0) == 0) {
        kn_reply_error(req, 404, "user_not_found", "User not found");
        return;
    }
    change->stored = kn_req_strdup(req, kn_db_value(reply, 0, 0, 0));
    task.stored = change->stored;
    password_run(req, &task, password_checked);
}

void password_change(struct kn_req *req, void *state) {
    struct kn_form *form = kn_req_form(req, password_fields);
    const char *params[] = {kn_req_user(req)->id};
    struct password_rules rules;
    struct change *change;

    (void)state;
    if (form == NULL)
        return;
    change = kn_req_alloc(req, sizeof(*change));
    change->current = kn_form_text(form, "current_password");
    change->wanted = kn_form_text(form, "new_password");
    rules = password_rules(change->wanted);
    if (!password_strong(&rules)) {
        password_refuse_weak(req, &rules);
        return;
    }
    kn_req_data_set(req, change);
    kn_req_query_db(req, &password_stored, params, 1, password_found);
}
