/* SPDX-License-Identifier: BSD-3-Clause */
#include "reply.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "clock.h"
#include "gate.h"
#include "gate_parse.h"
#include "http.h"
#include "json.h"
#include "limiter.h"
#include "log.h"
#include "metrics.h"
#include "policy.h"
#include "process.h"
#include "request.h"
#include "router.h"
#include "settings.h"

static const char json_type[] = "application/json; charset=utf-8";

struct body { /* bytes that are given back when the last of them has left */
    const void *bytes;
    size_t length;
    void (*release)(void *arg);
    void *arg;
};

static void body_release(const struct body *body) {
    if (body->release)
        body->release(body->arg);
}

/* ---------------------------------------------------------------- headers */

/* The API is not cached unless the route says otherwise, and its errors never are. */
static bool no_store(const struct kn_req *req, int status) {
    if (req->caching_said || strncmp(req->path, "/api/", 5) != 0)
        return false;
    return status >= 400 || !req->route || !(req->route->spec.flags & KN_ROUTE_CACHEABLE);
}

static void lines_write(struct kn_req *req, int status, const char *type, size_t length,
                        struct buf *lines) {
    const struct process *process = http_process(req->http);
    if (type) {
        buf_add_text(lines, "Content-Type: ");
        buf_add_text(lines, type);
        buf_add_text(lines, "\r\n");
    }
    if (req->head && type) /* evhttp counts what it sends, and for HEAD it sends nothing */
        buf_printf(lines, "Content-Length: %zu\r\n", length);
    buf_add_text(lines, "X-Request-ID: ");
    buf_add_text(lines, req->id);
    buf_add_text(lines, "\r\n");
    buf_add_text(lines, policy_security_headers);
    policy_cors_add(&process->settings->http, kn_req_header(req, "Origin"), lines);
    if (no_store(req, status))
        buf_add_text(lines, "Cache-Control: no-store\r\n");
    buf_add(lines, buf_text(&req->headers), req->headers.length);
    if (req->conn)
        buf_add_text(lines, gate_connection_header(req->conn));
}

void kn_reply_header(struct kn_req *req, const char *name, const char *value) {
    if (strpbrk(name, "\r\n: ") || strpbrk(value, "\r\n")) {
        kn_req_log(req, KN_ERROR, "a reply header with a line break was left out: %s", name);
        return;
    }
    req->caching_said = req->caching_said || strcasecmp(name, "Cache-Control") == 0;
    buf_add_text(&req->headers, name);
    buf_add_text(&req->headers, ": ");
    buf_add_text(&req->headers, value);
    buf_add_text(&req->headers, "\r\n");
}

/* ---------------------------------------------------------------- sending */

static void account(struct kn_req *req, int status) {
    const struct process *process = http_process(req->http);
    int64_t took = clock_us() - req->started_us;
    const struct log_access line = {.request_id = req->id,
                                    .method = req->method,
                                    .target = req->target,
                                    .status = status,
                                    .latency_us = took,
                                    .client_ip = req->client_ip,
                                    .user_agent = kn_req_header(req, "User-Agent"),
                                    .error = req->reply_error};
    if (process->settings->http.access_log)
        log_access(&line);
    metrics_request(process->metrics, req->route, status, took);
    if (req->route)
        limiter_settle(process->limiter, req, status);
}

static void evbuffer_release(const void *bytes, size_t length, void *arg) {
    struct body *body = arg;
    (void)bytes;
    (void)length;
    body_release(body);
    free(body);
}

static void body_attach(struct evbuffer *buffer, const struct body *body) {
    struct body *kept = xmalloc(sizeof(*kept));
    *kept = *body;
    if (evbuffer_add_reference(buffer, body->bytes, body->length, evbuffer_release, kept) != 0)
        abort(); /* out of memory */
}

/* Hands the reply to evhttp, which wants exactly one send for each request, even when its client
 * has gone. */
static void hand_over(struct kn_req *req, int status, const char *type, const struct body *body) {
    struct buf *lines = http_lines(req->http);
    bool bytes = body->length > 0 && !req->head;
    struct evbuffer *buffer = bytes ? evbuffer_new() : NULL;
    buf_clear(lines);
    lines_write(req, status, type, body->length, lines);
    if (buffer)
        body_attach(buffer, body);
    if (req->conn) {
        struct gate_conn *conn = req->conn;
        gate_reply(conn, buf_text(lines), lines->length);
        req->conn = NULL;
        evhttp_send_reply(req->evreq, status, NULL, buffer);
        gate_flush(conn);
    } else {
        evhttp_send_reply(req->evreq, status, NULL, buffer);
    }
    req->evreq = NULL;
    if (buffer)
        evbuffer_free(buffer);
    else
        body_release(body);
}

static void second_reply(const struct kn_req *req) {
    log_write(KN_ERROR, "http", req->id, "%s %s: the handler has replied twice", req->method,
              req->path);
    abort();
}

static void finish(struct kn_req *req, int status, const char *type, const struct body *body) {
    if (req->timed_out) { /* answered 504 for already */
        body_release(body);
        req->timed_out = false;
        request_release(req);
        return;
    }
    if (req->replied)
        second_reply(req);
    req->replied = true;
    hand_over(req, status, type, body);
    account(req, status);
    http_request_done(req->http, req);
    request_release(req);
}

/* ---------------------------------------------------------------- JSON replies */

static struct kn_json *open_bare(struct kn_req *req, int status) {
    if (req->replied && !req->timed_out)
        second_reply(req);
    json_release(&req->json);
    json_init(&req->json);
    buf_reserve(&req->json.out, 1024);
    req->reply_status = status;
    req->reply_open = false;
    return &req->json;
}

struct kn_json *kn_reply_open_bare(struct kn_req *req, int status) {
    return open_bare(req, status);
}

struct kn_json *kn_reply_open(struct kn_req *req, int status, const char *message) {
    struct kn_json *json = open_bare(req, status);
    kn_json_open(json, NULL);
    kn_json_boolean(json, "success", true);
    kn_json_text(json, "message", message);
    req->reply_open = true;
    return json;
}

struct kn_json *kn_reply_open_error(struct kn_req *req, int status, const char *code,
                                    const char *message) {
    struct kn_json *json = open_bare(req, status);
    if (!req->timed_out)
        req->reply_error = arena_strdup(req->arena, code);
    kn_json_open(json, NULL);
    kn_json_boolean(json, "success", false);
    kn_json_text(json, "message", message);
    kn_json_text(json, "error", code);
    req->reply_open = true;
    return json;
}

void kn_reply_send(struct kn_req *req) {
    if (req->reply_open)
        kn_json_close(&req->json);
    req->reply_open = false;
    size_t length = req->json.out.length;
    char *text = buf_take(&req->json.out);
    const struct body body = {text, length, free, text};
    finish(req, req->reply_status, json_type, &body);
}

void kn_reply_done(struct kn_req *req, int status, const char *message) {
    kn_reply_open(req, status, message);
    kn_reply_send(req);
}

void kn_reply_error(struct kn_req *req, int status, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *message = arena_vprintf(req->arena, format, args);
    va_end(args);
    kn_reply_open_error(req, status, code, message);
    kn_reply_send(req);
}

void kn_reply_bytes(struct kn_req *req, int status, const char *content_type, const void *bytes,
                    size_t length, void (*release)(void *arg), void *arg) {
    const struct body body = {bytes, length, release, arg};
    finish(req, status, bytes ? content_type : NULL, &body);
}

/* ---------------------------------------------------------------- the core's own */

void reply_empty(struct kn_req *req, int status, const struct buf *lines) {
    buf_add(&req->headers, buf_text(lines), lines->length);
    finish(req, status, NULL, &(const struct body){0});
}

static void answer_for(struct kn_req *req, int status, const char *code, const char *message) {
    request_hold(req); /* for the handler's own reply */
    kn_reply_error(req, status, code, "%s", message);
    req->timed_out = true;
}

void reply_timeout(struct kn_req *req) {
    answer_for(req, 504, "gateway_timeout", "The server took too long; please try again");
}

void reply_shutdown(struct kn_req *req) {
    answer_for(req, 503, "shutting_down", "The server is leaving; please try again");
}

static const char *phrase(int status) {
    static const struct {
        int status;
        const char *text;
    } phrases[] = {{400, "Bad Request"},
                   {405, "Method Not Allowed"},
                   {408, "Request Timeout"},
                   {413, "Content Too Large"},
                   {414, "URI Too Long"},
                   {417, "Expectation Failed"},
                   {431, "Request Header Fields Too Large"},
                   {501, "Not Implemented"},
                   {503, "Service Unavailable"},
                   {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (phrases[i].status == status)
            return phrases[i].text;
    return "Refused";
}

void reply_refusal(const struct gate_scan *scan, const char *request_id, const struct buf *lines,
                   struct buf *out) {
    struct kn_json json;
    size_t length;
    json_init(&json);
    kn_json_open(&json, NULL);
    kn_json_boolean(&json, "success", false);
    kn_json_text(&json, "message", scan->reason);
    kn_json_text(&json, "error", scan->code);
    kn_json_close(&json);
    const char *body = kn_json_bytes(&json, &length);
    buf_printf(out,
               "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
               "X-Request-ID: %s\r\nCache-Control: no-store\r\n%s%s%sConnection: close\r\n\r\n%s",
               scan->status, phrase(scan->status), json_type, length, request_id,
               scan->status == 503 ? "Retry-After: 1\r\n" : "", policy_security_headers,
               buf_text(lines), scan->message && scan->message->is_head ? "" : body);
    json_release(&json);
}
