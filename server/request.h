/* SPDX-License-Identifier: BSD-3-Clause */
/* A request between its dispatch and its reply. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <kenangan.h>
#include "buf.h"
#include "json.h"

struct arena;
struct evhttp_request;
struct gate_conn;
struct gate_message;
struct http;
struct route; /* router.h */

#define REQUEST_ID_MAX       128
#define ROUTE_PARAMS_MAX     4
#define REQUEST_LIMITERS_MAX 3

struct query_pair { /* decoded */
    const char *name, *value;
};

struct kn_req {
    TAILQ_ENTRY(kn_req) in_active; /* oldest first, until its reply is sent */
    struct http *http;
    struct gate_conn *conn;       /* NULL once the client has gone */
    struct gate_message *message; /* what the client sent */
    struct evhttp_request *evreq; /* NULL once the reply has been handed over */
    const struct route *route;    /* NULL for replies before routing (404, 400 ...) */
    struct kn_ctx *ctx;           /* the route's module; NULL likewise */
    struct arena *arena;
    const char *method, *path, *target;   /* target: as sent, for the log */
    const char *params[ROUTE_PARAMS_MAX]; /* decoded, in the order of the pattern */
    struct query_pair *query;
    size_t query_count;
    char id[REQUEST_ID_MAX + 1];
    char client_ip[46];
    struct kn_user user_storage;
    const struct kn_user *user;
    void (*admitted)(struct kn_req *req); /* access.c: what follows when the caller may */
    const void *body;
    size_t body_length;
    int64_t started_us;
    struct kn_json json; /* the reply's body while it is written */
    int reply_status;
    const char *reply_error; /* code, for the access log */
    struct buf headers;      /* the lines that the handler added to the reply */
    bool caching_said;       /* one of them is Cache-Control */
    unsigned limits_taken;   /* limiter.c: bit i: a token of the route's limiter i was taken */
    bool reply_open, replied;
    bool timed_out; /* answered 504 for; the handler's own reply is still to come, and is dropped */
    bool head;      /* HEAD: answered as GET, without the body */
    bool refreshed; /* watch.c: has used kn_watch_refresh() */
    void *data;
    unsigned references; /* reply + database and other callbacks under way */
};

/* A request that evhttp has announced, with the message taken from the gate. */
struct kn_req *request_new(struct http *http, struct evhttp_request *evreq, struct gate_conn *conn);

/* A callback under way keeps the struct (not the connection) alive; the last release frees it. */
void request_hold(struct kn_req *req);
void request_release(struct kn_req *req);

#endif
