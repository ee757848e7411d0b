/* SPDX-License-Identifier: BSD-3-Clause */
#include "http.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "arena.h"
#include "clock.h"
#include "ctx.h"
#include "gate.h"
#include "gate_parse.h"
#include "limiter.h"
#include "log.h"
#include "metrics.h"
#include "modules.h"
#include "path.h"
#include "policy.h"
#include "process.h"
#include "proxies.h"
#include "query.h"
#include "reply.h"
#include "request.h"
#include "router.h"
#include "scoreboard.h"
#include "settings.h"
#include "uuid.h"

#define SWEEP_MS   200
#define LISTEN_MAX 64

TAILQ_HEAD(request_list, kn_req);

struct http {
    struct process *process;
    const struct settings_http *settings;
    struct evhttp *evhttp;
    struct gate *gate;
    struct proxies *proxies;
    struct evhttp_bound_socket *bound[LISTEN_MAX];
    size_t bound_count;
    struct event *sweep;
    struct request_list active;
    struct buf lines;
    int64_t drain_until;
    void (*drained)(void *arg);
    void *drained_arg;
};

const struct process *http_process(const struct http *http) {
    return http->process;
}

struct buf *http_lines(struct http *http) {
    return &http->lines;
}

void http_request_done(struct http *http, struct kn_req *req) {
    TAILQ_REMOVE(&http->active, req, in_active);
}

size_t http_connections(const struct http *http) {
    return gate_connections(http->gate);
}

/* ---------------------------------------------------------------- the way of a request */

static bool is_id_char(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* The client's own request id if it is sane, else a new one. */
static void identify(const struct gate_message *message, char id[REQUEST_ID_MAX + 1]) {
    const char *given = message ? gate_message_header(message, "X-Request-ID") : NULL;
    size_t length = given ? strlen(given) : 0;
    bool sane = length >= 1 && length <= REQUEST_ID_MAX;
    for (size_t i = 0; sane && i < length; i++)
        sane = is_id_char(given[i]);
    if (sane)
        memcpy(id, given, length + 1);
    else
        uuid_make(id);
}

/* Splits the target into canonical path and query; false after replying 400. */
static bool locate(struct kn_req *req, struct path *path) {
    size_t length = strcspn(req->target, "?");
    char *room = arena_alloc(req->arena, 2 * length + 2);
    if (!path_parse(req->target, length, room, path)) {
        kn_reply_error(req, 400, "invalid_path", "The path is not canonical");
        return false;
    }
    req->path = path->text;
    if (req->target[length] == '\0')
        return true;
    char *query = arena_strdup(req->arena, req->target + length + 1);
    size_t pairs = query_count(query);
    req->query = arena_alloc(req->arena, (pairs + 1) * sizeof(*req->query));
    if (pairs <= QUERY_PAIRS_MAX && query_parse(query, req->query, &req->query_count))
        return true;
    req->query_count = 0;
    kn_reply_error(req, 400, "invalid_query", "The query string is malformed or too long");
    return false;
}

/* OPTIONS: a CORS preflight, or the question what a path allows. */
static void options(struct kn_req *req, const struct path *path) {
    struct buf lines = {0};
    char allowed[64];
    if (!policy_preflight_add(req->http->settings, req, &lines)) {
        router_allowed(req->http->process->router, path->segments, path->count, allowed,
                       sizeof(allowed));
        buf_printf(&lines, "Allow: %s\r\n", *allowed ? allowed : "OPTIONS");
    }
    reply_empty(req, 204, &lines);
    buf_free(&lines);
}

static bool route_find(struct kn_req *req, const struct path *path) {
    char allowed[64];
    const struct router *router = req->http->process->router;
    switch (
        router_find(router, req->method, path->segments, path->count, &req->route, req->params)) {
    case ROUTER_FOUND:
        req->ctx = req->route->ctx;
        return true;
    case ROUTER_METHOD_NOT_ALLOWED:
        req->route = NULL;
        router_allowed(router, path->segments, path->count, allowed, sizeof(allowed));
        kn_reply_header(req, "Allow", allowed);
        kn_reply_error(req, 405, "method_not_allowed", "%s is not possible here", req->method);
        return false;
    default:
        req->route = NULL;
        kn_reply_error(req, 404, "not_found", "Not found");
        return false;
    }
}

static void handle(struct kn_req *req) {
    struct kn_ctx *ctx = req->ctx;
    if (!limiter_admit_user(req->http->process->limiter, req))
        return;
    int before = modules_enter(ctx);
    req->route->spec.handler(req, ctx->state);
    modules_leave(ctx, before);
}

static void admit(struct kn_req *req) {
    const struct process *process = req->http->process;
    if (req->ctx->quarantined)
        kn_reply_error(req, 503, "module_quarantined",
                       "This part of the server has failed repeatedly and is switched off");
    else if ((!(req->route->spec.flags & KN_ROUTE_SAME_ORIGIN) ||
              policy_same_origin(req->http->settings, req)) &&
             limiter_admit(process->limiter, req))
        access_check(process->access, req, handle);
}

static void dispatch(struct kn_req *req, const struct in6_addr *peer) {
    struct path path;
    identify(req->message, req->id);
    proxies_client(req->http->proxies, req->message, peer, req->client_ip, sizeof(req->client_ip));
    if (strcmp(req->target, "*") == 0)
        path = (struct path){.text = "*"};
    else if (!locate(req, &path))
        return;
    if (strcmp(req->method, "OPTIONS") == 0)
        options(req, &path);
    else if (route_find(req, &path))
        admit(req);
}

static void on_request(struct evhttp_request *evreq, void *arg) {
    struct http *http = arg;
    struct evhttp_connection *connection = evhttp_request_get_connection(evreq);
    struct gate_conn *conn = gate_find(evhttp_connection_get_bufferevent(connection));
    struct in6_addr peer = *gate_peer_address(conn);
    struct kn_req *req = request_new(http, evreq, conn);
    TAILQ_INSERT_TAIL(&http->active, req, in_active);
    request_hold(req); /* so that a reply within does not free it under our feet */
    dispatch(req, &peer);
    request_release(req);
}

/* ---------------------------------------------------------------- what the gate asks */

static size_t on_body_max(void *arg, const struct gate_message *message) {
    struct http *http = arg;
    char room[2 * 8192 + 2];
    const char *params[ROUTE_PARAMS_MAX], *target = gate_message_target(message);
    const struct route *route;
    struct path path;
    size_t length = strcspn(target, "?");
    if (2 * length + 2 <= sizeof(room) && path_parse(target, length, room, &path) &&
        router_find(http->process->router, gate_message_method(message), path.segments, path.count,
                    &route, params) == ROUTER_FOUND &&
        route->spec.body_max > 0)
        return route->spec.body_max;
    return (size_t)http->settings->body_max;
}

static bool is_printable(const char *text) {
    for (; *text; text++)
        if (*text <= 0x20 || *text >= 0x7f)
            return false;
    return true;
}

/* One line for a request of which perhaps not even the first line could be read. */
static void log_refusal(const struct gate_scan *scan, const char *id, const char *client_ip) {
    const struct gate_message *message = scan->message;
    bool known = message && message->target > 0 && is_printable(gate_message_method(message)) &&
                 is_printable(gate_message_target(message));
    const struct log_access line = {.request_id = id,
                                    .method = known ? gate_message_method(message) : "-",
                                    .target = known ? gate_message_target(message) : "-",
                                    .status = scan->status,
                                    .client_ip = client_ip,
                                    .user_agent =
                                        message ? gate_message_header(message, "User-Agent") : NULL,
                                    .error = scan->code};
    log_access(&line);
}

static void on_refusal(void *arg, const struct gate_conn *conn, const struct gate_scan *scan,
                       struct buf *out) {
    struct http *http = arg;
    const struct gate_message *message = scan->message;
    char id[REQUEST_ID_MAX + 1], client_ip[INET6_ADDRSTRLEN];
    struct buf lines = {0};
    identify(message, id);
    policy_cors_add(http->settings, message ? gate_message_header(message, "Origin") : NULL,
                    &lines);
    reply_refusal(scan, id, &lines, out);
    buf_free(&lines);
    memcpy(client_ip, gate_peer_ip(conn), sizeof(client_ip));
    if (message)
        proxies_client(http->proxies, message, gate_peer_address(conn), client_ip,
                       sizeof(client_ip));
    if (http->settings->access_log)
        log_refusal(scan, id, client_ip);
    metrics_request(http->process->metrics, NULL, scan->status, 0);
}

static bool on_is_proxy(void *arg, const struct in6_addr *address) {
    const struct http *http = arg;
    return proxies_trusted(http->proxies, address);
}

static void on_counted(void *arg, size_t connections) {
    const struct http *http = arg;
    struct slot *slot = &http->process->scoreboard->slots[http->process->index];
    atomic_store_explicit(&slot->http_connections, (int64_t)connections, memory_order_relaxed);
}

/* ---------------------------------------------------------------- listening */

/* Out of file descriptors: accept() would fail again at once and for as long as the listener is
 * readable, so it rests until the next sweep. */
static void on_accept_error(struct evconnlistener *listener, void *arg) {
    int error = EVUTIL_SOCKET_ERROR();
    (void)arg;
    if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
        return;
    log_write(KN_ERROR, "http", NULL, "connections wait: %s; raise the limit of open files",
              strerror(error));
    evconnlistener_disable(listener);
}

static void accept_again(struct http *http) {
    for (size_t i = 0; i < http->bound_count; i++)
        evconnlistener_enable(evhttp_bound_socket_get_listener(http->bound[i]));
}

int http_accept_on(struct http *http, int fd, char **error) {
    struct evhttp_bound_socket *bound = NULL;
    if (http->bound_count < LISTEN_MAX)
        bound = evhttp_accept_socket_with_handle(http->evhttp, fd);
    if (!bound) {
        *error = xstrdup("a listening socket cannot be used: too many, or out of memory");
        return -1;
    }
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(bound), on_accept_error);
    http->bound[http->bound_count++] = bound;
    return 0;
}

/* ---------------------------------------------------------------- time */

static void late_answer(struct http *http) {
    int64_t limit = clock_us() - http->settings->handler_timeout * 1000;
    struct kn_req *req;
    while ((req = TAILQ_FIRST(&http->active)) && req->started_us < limit)
        reply_timeout(req);
}

static void drain_look(struct http *http, int64_t now) {
    bool idle = gate_connections(http->gate) == 0 && TAILQ_EMPTY(&http->active);
    if (!http->drained || (!idle && now < http->drain_until))
        return;
    if (!idle)
        gate_kill_all(http->gate);
    void (*drained)(void *arg) = http->drained;
    http->drained = NULL;
    drained(http->drained_arg);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg) {
    struct http *http = arg;
    int64_t now = clock_ms();
    (void)fd;
    (void)what;
    gate_sweep(http->gate, now);
    late_answer(http);
    accept_again(http);
    drain_look(http, now);
}

/* ---------------------------------------------------------------- life */

static struct bufferevent *on_connection(struct event_base *base, void *arg) {
    struct http *http = arg;
    return gate_accept(base, http->gate);
}

static void evhttp_prepare(struct http *http) {
    http->evhttp = evhttp_new(http->process->base);
    if (!http->evhttp)
        abort();
    evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_default_content_type(http->evhttp, NULL);
    evhttp_set_bevcb(http->evhttp, on_connection, http);
    evhttp_set_gencb(http->evhttp, on_request, http);
}

int http_check(const struct settings_http *settings, char **error) {
    struct proxies *proxies = proxies_new(settings->trusted_proxies, error);
    proxies_free(proxies);
    return proxies ? 0 : -1;
}

struct http *http_new(struct process *process) {
    static const struct gate_hooks hooks = {on_body_max, on_refusal, on_is_proxy, on_counted};
    const struct timeval period = {0, SWEEP_MS * 1000};
    char *error = NULL;
    struct http *http = xcalloc(1, sizeof(*http));
    http->process = process;
    http->settings = &process->settings->http;
    http->proxies = proxies_new(http->settings->trusted_proxies, &error);
    TAILQ_INIT(&http->active);
    http->gate = gate_new(process->base, http->settings, &hooks, http);
    http->sweep = event_new(process->base, -1, EV_PERSIST, on_sweep, http);
    if (!http->sweep || !http->proxies)
        abort(); /* out of memory; the names were checked before */
    event_add(http->sweep, &period);
    evhttp_prepare(http);
    return http;
}

void http_drain(struct http *http, void (*done)(void *arg), void *arg) {
    http->drained = done;
    http->drained_arg = arg;
    http->drain_until = clock_ms() + http->settings->drain_timeout;
    for (size_t i = 0; i < http->bound_count; i++)
        evhttp_del_accept_socket(http->evhttp, http->bound[i]);
    http->bound_count = 0;
    gate_drain(http->gate);
}

/* libevent frees buffer events from the loop, so it has to turn until the last is gone. */
static void turn(struct http *http) {
    for (int i = 0; i < 10 && (i < 2 || gate_connections(http->gate) > 0); i++)
        event_base_loop(http->process->base, EVLOOP_NONBLOCK);
}

void http_free(struct http *http) {
    struct kn_req *req;
    if (!http)
        return;
    event_free(http->sweep);
    while ((req = TAILQ_FIRST(&http->active)))
        reply_shutdown(req);
    gate_kill_all(http->gate);
    turn(http);
    evhttp_free(http->evhttp);
    turn(http);
    gate_free(http->gate);
    proxies_free(http->proxies);
    buf_free(&http->lines);
    free(http);
}
