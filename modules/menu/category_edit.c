/* SPDX-License-Identifier: BSD-3-Clause */
/* Adding, changing and deleting categories. */
#include "menu.h"

#include <string.h>

#include "category.h"

#define CLEARABLE (KN_FIELD_NULLABLE | KN_FIELD_EMPTY_IS_NULL)

static const struct kn_field create_fields[] = {
    {.name = "name",
     .type = KN_FIELD_TEXT,
     .flags = KN_FIELD_REQUIRED,
     .min = 1,
     .max = 100,
     .missing = "missing_name"},
    {.name = "description", .type = KN_FIELD_TEXT, .flags = CLEARABLE},
    {.name = "color", .type = KN_FIELD_TEXT, .flags = CLEARABLE},
    {.name = "image_url", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 500},
    {.name = "sort_order", .type = KN_FIELD_INTEGER, .max = INT32_MAX},
    {.name = "is_active", .type = KN_FIELD_BOOLEAN},
    {.name = NULL},
};

static const struct kn_field update_fields[] = {
    {.name = "name", .type = KN_FIELD_TEXT, .min = 1, .max = 100},
    {.name = "description", .type = KN_FIELD_TEXT, .flags = CLEARABLE},
    {.name = "color", .type = KN_FIELD_TEXT, .flags = CLEARABLE},
    {.name = "image_url", .type = KN_FIELD_TEXT, .flags = CLEARABLE, .max = 500},
    {.name = "sort_order", .type = KN_FIELD_INTEGER, .max = INT32_MAX},
    {.name = "is_active", .type = KN_FIELD_BOOLEAN},
    {.name = NULL},
};

static const struct kn_stmt create_stmt = {
    .name = "menu.category_create",
    .sql = "SELECT " CATEGORY_COLUMNS " FROM category_create($1::jsonb)",
};

static const struct kn_stmt update_stmt = {
    .name = "menu.category_update",
    .sql = "SELECT " CATEGORY_COLUMNS " FROM category_update($1::uuid, $2::jsonb)",
};

static const struct kn_stmt delete_stmt = {
    .name = "menu.category_delete",
    .sql = "SELECT category_delete($1::uuid)",
};

/* #rrggbb */
static bool is_color(const char *color) {
    return strlen(color) == 7 && color[0] == '#' &&
           strspn(color + 1, "0123456789abcdefABCDEF") == 6;
}

/* NULL after an error has been replied. */
static const struct kn_form *category_form(struct kn_req *req, const struct kn_field *fields) {
    const struct kn_form *form = kn_req_form(req, fields);
    const char *color = form ? kn_form_text(form, "color") : NULL;
    if (color && !is_color(color)) {
        kn_reply_error(req, 400, "invalid_color", "color must look like #1a2b3c");
        return NULL;
    }
    return form;
}

static void category_reply(struct kn_req *req, const struct kn_db_reply *reply, int status,
                           const char *message) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    category_write(kn_reply_open(req, status, message), "data", reply, 0);
    kn_reply_send(req);
}

static void category_created(struct kn_req *req, const struct kn_db_reply *reply) {
    category_reply(req, reply, 201, "Category created");
}

void category_create(struct kn_req *req, void *state) {
    (void)state;
    const struct kn_form *form = category_form(req, create_fields);
    if (!form)
        return;
    const char *values = kn_form_json(form);
    kn_req_query_db(req, &create_stmt, &values, 1, category_created);
}

static void category_updated(struct kn_req *req, const struct kn_db_reply *reply) {
    category_reply(req, reply, 200, "Category updated");
}

/* A body without any known key is refused by category_update(): 400 no_fields. */
void category_update(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    const struct kn_form *form = id ? category_form(req, update_fields) : NULL;
    if (!form)
        return;
    kn_req_query_db(req, &update_stmt, (const char *[]){id, kn_form_json(form)}, 2,
                    category_updated);
}

static void category_deleted(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK)
        kn_reply_db_error(req, reply);
    else
        kn_reply_done(req, 200, "Category deleted");
}

void category_delete(struct kn_req *req, void *state) {
    (void)state;
    const char *id = kn_req_param_uuid(req, "id");
    if (id)
        kn_req_query_db(req, &delete_stmt, &id, 1, category_deleted);
}
