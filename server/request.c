/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "ctx.h"
#include "gate.h"
#include "gate_parse.h"
#include "router.h"
#include "uuid.h"

#define ARENA_FIRST 3072
#define PAGE_MAX    100

struct kn_req *request_new(struct http *http, struct evhttp_request *evreq,
                           struct gate_conn *conn) {
    struct arena *arena = arena_new(ARENA_FIRST);
    struct kn_req *req = arena_alloc(arena, sizeof(*req));
    req->arena = arena;
    req->http = http;
    req->evreq = evreq;
    req->references = 1; /* for the reply */
    req->started_us = clock_us();
    req->message = gate_take(conn, &req->conn);
    req->method = gate_message_method(req->message);
    req->target = gate_message_target(req->message);
    req->path = "";
    req->head = req->message->is_head;
    req->body = req->message->body;
    req->body_length = req->message->body_length;
    json_init(&req->json);
    return req;
}

void request_hold(struct kn_req *req) {
    req->references++;
}

void request_release(struct kn_req *req) {
    if (--req->references > 0)
        return;
    struct gate_message *message = req->message;
    json_release(&req->json);
    buf_free(&req->headers);
    arena_free(req->arena); /* the request itself lies in it */
    gate_message_free(message);
}

/* ---------------------------------------------------------------- what came */

struct kn_ctx *kn_req_ctx(const struct kn_req *req) {
    return req->ctx;
}

const char *kn_req_method(const struct kn_req *req) {
    return req->method;
}

const char *kn_req_path(const struct kn_req *req) {
    return req->path;
}

const char *kn_req_id(const struct kn_req *req) {
    return req->id;
}

const char *kn_req_client_ip(const struct kn_req *req) {
    return req->client_ip;
}

const struct kn_user *kn_req_user(const struct kn_req *req) {
    return req->user;
}

const char *kn_req_header(const struct kn_req *req, const char *name) {
    return gate_message_header(req->message, name);
}

const void *kn_req_body(const struct kn_req *req, size_t *length) {
    if (length)
        *length = req->body_length;
    return req->body ? req->body : "";
}

const char *kn_req_param(const struct kn_req *req, const char *name) {
    for (size_t i = 0; req->route && i < req->route->param_count; i++)
        if (strcmp(req->route->param_names[i], name) == 0)
            return req->params[i];
    return NULL;
}

/* The canonical form of text, or NULL after replying 400. */
static const char *uuid_or_refuse(struct kn_req *req, const char *name, const char *text) {
    char canonical[UUID_TEXT_SIZE];
    if (text && uuid_parse(text, canonical))
        return kn_req_strdup(req, canonical);
    kn_reply_error(req, 400, "invalid_uuid", "\"%s\" must be a UUID", name);
    return NULL;
}

const char *kn_req_param_uuid(struct kn_req *req, const char *name) {
    return uuid_or_refuse(req, name, kn_req_param(req, name));
}

const char *kn_req_query(const struct kn_req *req, const char *name, size_t index) {
    for (size_t i = 0; i < req->query_count; i++)
        if (strcmp(req->query[i].name, name) == 0 && index-- == 0)
            return req->query[i].value;
    return NULL;
}

bool kn_req_query_true(const struct kn_req *req, const char *name) {
    const char *value = kn_req_query(req, name, 0);
    return value && strcmp(value, "true") == 0;
}

bool kn_req_query_uuid(struct kn_req *req, const char *name, const char **value) {
    const char *text = kn_req_query(req, name, 0);
    *value = NULL;
    if (!text || !*text)
        return true;
    *value = uuid_or_refuse(req, name, text);
    return *value != NULL;
}

/* ---------------------------------------------------------------- paging */

/* A whole number of at least `least`; false when there is none or it is none. */
static bool number_asked(const struct kn_req *req, const char *name, int64_t least,
                         int64_t *number) {
    const char *text = kn_req_query(req, name, 0);
    char *end;
    if (!text || strspn(text, "0123456789") == 0 || strlen(text) > 15)
        return false;
    *number = strtoll(text, &end, 10);
    return *end == '\0' && *number >= least;
}

struct kn_page kn_req_page(const struct kn_req *req, int64_t default_size) {
    static const char *const keys[] = {"page", "per_page", "limit", "offset"};
    struct kn_page page = {.number = 1, .size = default_size};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        page.asked = page.asked || kn_req_query(req, keys[i], 0);
    if (!number_asked(req, "per_page", 1, &page.size))
        number_asked(req, "limit", 1, &page.size);
    if (page.size < 1)
        page.size = default_size;
    if (page.size > PAGE_MAX)
        page.size = PAGE_MAX;
    if (!number_asked(req, "page", 1, &page.number))
        page.number = 1;
    page.offset = (page.number - 1) * page.size;
    if (number_asked(req, "offset", 0, &page.offset))
        page.number = page.offset / page.size + 1;
    return page;
}

/* ---------------------------------------------------------------- memory */

void *kn_req_alloc(struct kn_req *req, size_t size) {
    return arena_alloc(req->arena, size);
}

char *kn_req_strdup(struct kn_req *req, const char *text) {
    return arena_strdup(req->arena, text);
}

char *kn_req_printf(struct kn_req *req, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(req->arena, format, args);
    va_end(args);
    return text;
}

void kn_req_cleanup(struct kn_req *req, void (*fn)(void *arg), void *arg) {
    arena_cleanup(req->arena, fn, arg);
}

void kn_req_data_set(struct kn_req *req, void *data) {
    req->data = data;
}

void *kn_req_data(const struct kn_req *req) {
    return req->data;
}
