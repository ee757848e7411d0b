/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include "arena.h"
#include "clock.h"
#include "gate_parse.h"
#include "gate_peers.h"
#include "settings.h"

#define LINGER_MS       2000
#define LINGER_BYTES    (1024 * 1024)
#define DRAIN_IDLE_MS   500
#define STATUS_LINE_MAX 128
#define REFUSED_MAX     256 /* connections over the cap that still get an answer */

enum conn_state {
    CONN_IDLE,     /* no byte of the next request has come */
    CONN_HEAD,     /* reading */
    CONN_BODY,     /* reading */
    CONN_BUSY,     /* a handler is at work; further bytes wait */
    CONN_REPLYING, /* the socket did not take the whole reply */
    CONN_CLOSING   /* our side is shut; what the client still sends is dropped */
};

struct gate_conn {
    TAILQ_ENTRY(gate_conn) in_all, in_attention;
    struct gate *gate;
    struct bufferevent *filter, *socket;
    /* the filter's own callbacks on the socket; ours stand before them */
    bufferevent_data_cb filter_read, filter_write;
    bufferevent_event_cb filter_event;
    void *filter_arg;
    enum conn_state state;
    bool new, wants_attention, broken, close_after, http10;
    int64_t deadline, since; /* ms; since: when the state began */
    struct gate_scan scan;
    struct gate_conn **holder;
    const char *reply_lines;
    size_t reply_lines_length;
    size_t dropped; /* bytes while closing */
    struct gate_peer *peer;
    struct in6_addr address;
    char ip[INET6_ADDRSTRLEN];
};

TAILQ_HEAD(conn_list, gate_conn);

struct gate {
    const struct settings_http *settings;
    struct gate_limits limits;
    struct gate_hooks hooks;
    void *arg;
    struct event *attention; /* runs for connections that need work outside of evhttp's calls */
    struct conn_list all, attending;
    struct gate_peers *peers;
    size_t count;
    bool draining;
};

/* ---------------------------------------------------------------- small parts */

/* False between the moment evhttp lets go of a connection and the moment libevent frees it. */
static bool conn_is_alive(const struct gate_conn *conn) {
    void *arg = NULL;
    bufferevent_getcb(conn->socket, NULL, NULL, NULL, &arg);
    return arg == conn;
}

static void conn_enter(struct gate_conn *conn, enum conn_state state, int64_t timeout) {
    conn->state = state;
    conn->since = clock_ms();
    conn->deadline = timeout ? conn->since + timeout : INT64_MAX;
}

static void conn_attend(struct gate_conn *conn) {
    if (conn->wants_attention)
        return;
    conn->wants_attention = true;
    TAILQ_INSERT_TAIL(&conn->gate->attending, conn, in_attention);
    event_active(conn->gate->attention, EV_TIMEOUT, 0);
}

/* Lets evhttp believe in an end of file: the one way in which it both frees a connection and
 * detaches a request that is still being worked on. Never from within a call of evhttp. */
static void conn_kill(struct gate_conn *conn) {
    if (conn_is_alive(conn))
        bufferevent_trigger_event(conn->filter, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
}

/* Sends FIN and waits for the client's: closing with unread bytes would make the kernel send RST,
 * which can destroy a reply that the client has not read yet. */
static void conn_close(struct gate_conn *conn) {
    shutdown(bufferevent_getfd(conn->socket), SHUT_WR);
    conn_enter(conn, CONN_CLOSING, LINGER_MS);
}

/* The socket is known to have room: nothing of ours waits in it. If it does not take all, the
 * connection is of no use any more. */
static void conn_send(struct gate_conn *conn, const char *bytes, size_t length) {
    ssize_t sent =
        send(bufferevent_getfd(conn->socket), bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != (ssize_t)length) {
        conn->broken = true;
        conn_attend(conn);
    }
}

static void conn_refuse(struct gate_conn *conn) {
    struct buf reply = {0};
    conn->gate->hooks.refusal(conn->gate->arg, conn, &conn->scan, &reply);
    conn_send(conn, buf_text(&reply), reply.length);
    buf_free(&reply);
    gate_scan_free(&conn->scan);
    conn_close(conn);
}

/* ---------------------------------------------------------------- bytes in */

static void drop_input(struct gate_conn *conn, struct evbuffer *from) {
    size_t length = evbuffer_get_length(from);
    conn->dropped += length;
    evbuffer_drain(from, length);
    if (conn->dropped > LINGER_BYTES) {
        conn->broken = true;
        conn_attend(conn);
    }
}

static enum gate_result head_known(struct gate_conn *conn, bool more_waits) {
    struct gate *gate = conn->gate;
    const struct gate_message *message = conn->scan.message;
    size_t body_max = gate->hooks.body_max(gate->arg, message);
    if (gate_scan_body(&conn->scan, body_max) == GATE_REFUSED)
        return GATE_REFUSED;
    conn_enter(conn, CONN_BODY, gate->settings->body_timeout);
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (message->expect_continue && !more_waits)
        conn_send(conn, go_on, sizeof(go_on) - 1);
    return GATE_MORE;
}

/* Feeds the scanner until a request is complete or the bytes are used up. */
static enum gate_result scan_input(struct gate_conn *conn, struct evbuffer *from) {
    enum gate_result result = GATE_MORE;
    struct evbuffer_iovec piece;
    while (result == GATE_MORE && evbuffer_peek(from, -1, NULL, &piece, 1) > 0) {
        size_t used = 0;
        result = gate_scan_feed(&conn->scan, piece.iov_base, piece.iov_len, &used);
        evbuffer_drain(from, used);
        if (result == GATE_HEAD)
            result = head_known(conn, evbuffer_get_length(from) > 0);
    }
    return result;
}

/* Tells evhttp that there is a request. */
static void announce(struct gate_conn *conn, struct evbuffer *to) {
    static const char get[] = "GET / HTTP/1.1\r\n\r\n";
    static const char head[] = "HEAD / HTTP/1.1\r\n\r\n";
    const struct gate_message *message = conn->scan.message;
    conn->close_after = !message->keep_alive || conn->gate->draining;
    conn->http10 = message->http10;
    conn_enter(conn, CONN_BUSY, 0);
    if (message->is_head)
        evbuffer_add(to, head, sizeof(head) - 1);
    else
        evbuffer_add(to, get, sizeof(get) - 1);
}

static enum bufferevent_filter_result input_filter(struct evbuffer *from, struct evbuffer *to,
                                                   ev_ssize_t limit,
                                                   enum bufferevent_flush_mode mode, void *arg) {
    struct gate_conn *conn = arg;
    (void)limit;
    (void)mode;
    if (conn->state == CONN_CLOSING)
        drop_input(conn, from);
    if (conn->state > CONN_BODY || !evbuffer_get_length(from))
        return BEV_NEED_MORE;
    if (conn->state == CONN_IDLE) {
        int64_t deadline = conn->deadline;
        conn_enter(conn, CONN_HEAD, conn->gate->settings->header_timeout);
        if (conn->new && deadline < conn->deadline)
            conn->deadline = deadline; /* the first request's time runs from the accept */
        conn->new = false;
    }
    switch (scan_input(conn, from)) {
    case GATE_DONE:
        announce(conn, to);
        return BEV_OK;
    case GATE_REFUSED:
        conn_refuse(conn);
        return BEV_NEED_MORE;
    default:
        return BEV_NEED_MORE;
    }
}

/* Lets the next request through that came in while the last one was being answered. */
static void conn_pump(struct gate_conn *conn) {
    if (!evbuffer_get_length(bufferevent_get_input(conn->socket)))
        return;
    bufferevent_flush(conn->filter, EV_READ, BEV_NORMAL);
    if (conn->state == CONN_BUSY)
        bufferevent_trigger(conn->filter, EV_READ, 0);
}

/* ---------------------------------------------------------------- bytes out */

/* Inserts our header lines behind the status line, the first line that evhttp wrote. */
static void insert_lines(struct gate_conn *conn, struct evbuffer *reply) {
    char line[STATUS_LINE_MAX];
    struct evbuffer_ptr end = evbuffer_search_eol(reply, NULL, NULL, EVBUFFER_EOL_CRLF_STRICT);
    size_t length = end.pos < 0 ? 0 : (size_t)end.pos + 2;
    if (length && length <= sizeof(line)) {
        evbuffer_remove(reply, line, length);
        evbuffer_prepend(reply, conn->reply_lines, conn->reply_lines_length);
        evbuffer_prepend(reply, line, length);
    }
    conn->reply_lines = NULL;
}

static void reply_complete(struct gate_conn *conn) {
    gate_scan_next(&conn->scan);
    if (conn->close_after) {
        conn_close(conn);
        return;
    }
    conn_enter(conn, CONN_IDLE, conn->gate->settings->idle_timeout);
    if (evbuffer_get_length(bufferevent_get_input(conn->socket)))
        conn_attend(conn);
}

/* Writes straight to the socket: what it does not take stays here, in front of evhttp, which
 * therefore hears that a reply is done only when the kernel has all of it. */
static enum bufferevent_filter_result output_filter(struct evbuffer *from, struct evbuffer *to,
                                                    ev_ssize_t limit,
                                                    enum bufferevent_flush_mode mode, void *arg) {
    struct gate_conn *conn = arg;
    (void)to;
    (void)limit;
    (void)mode;
    if (conn->state != CONN_BUSY && conn->state != CONN_REPLYING)
        return BEV_ERROR;
    if (conn->reply_lines)
        insert_lines(conn, from);
    int sent = evbuffer_write(from, bufferevent_getfd(conn->socket));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        conn->broken = true;
        conn_attend(conn);
        return BEV_ERROR;
    }
    if (!evbuffer_get_length(from)) {
        reply_complete(conn);
        return BEV_OK;
    }
    if (conn->state == CONN_BUSY)
        conn_enter(conn, CONN_REPLYING, conn->gate->settings->write_timeout);
    bufferevent_enable(conn->socket, EV_WRITE);
    return BEV_NEED_MORE;
}

void gate_reply(struct gate_conn *conn, const char *lines, size_t length) {
    conn->reply_lines = lines;
    conn->reply_lines_length = length;
    conn->holder = NULL;
}

void gate_flush(struct gate_conn *conn) {
    if (!conn_is_alive(conn)) /* killed, and not yet freed: evhttp has thrown the reply away */
        return;
    bufferevent_flush(conn->filter, EV_WRITE, BEV_NORMAL);
    conn->reply_lines = NULL;
    if (conn->state == CONN_REPLYING) /* a half-closed client still gets the rest */
        bufferevent_disable(conn->filter, EV_READ);
}

/* ---------------------------------------------------------------- the socket's events */

static void on_read(struct bufferevent *socket, void *arg) {
    struct gate_conn *conn = arg;
    conn->filter_read(socket, conn->filter_arg);
}

static void on_write(struct bufferevent *socket, void *arg) {
    struct gate_conn *conn = arg;
    conn->filter_write(socket, conn->filter_arg);
}

static void on_event(struct bufferevent *socket, short what, void *arg) {
    struct gate_conn *conn = arg;
    conn->filter_event(socket, what, conn->filter_arg);
}

/* ---------------------------------------------------------------- connections */

static void conn_free(void *arg) {
    struct gate_conn *conn = arg;
    struct gate *gate = conn->gate;
    if (conn->holder)
        *conn->holder = NULL;
    if (conn->wants_attention)
        TAILQ_REMOVE(&gate->attending, conn, in_attention);
    TAILQ_REMOVE(&gate->all, conn, in_all);
    gate_peers_leave(gate->peers, conn->peer);
    gate_scan_free(&conn->scan);
    free(conn);
    gate->count--;
    gate->hooks.counted(gate->arg, gate->count);
}

static struct gate_conn *conn_new(struct gate *gate, struct bufferevent *socket) {
    struct gate_conn *conn = xcalloc(1, sizeof(*conn));
    conn->gate = gate;
    conn->socket = socket;
    conn->new = true;
    gate_scan_init(&conn->scan, &gate->limits);
    conn_enter(conn, CONN_IDLE, gate->settings->header_timeout);
    TAILQ_INSERT_TAIL(&gate->all, conn, in_all);
    gate->count++;
    gate->hooks.counted(gate->arg, gate->count);
    return conn;
}

struct bufferevent *gate_accept(struct event_base *base, void *arg) {
    struct gate *gate = arg;
    struct bufferevent *socket = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!socket)
        return NULL;
    struct gate_conn *conn = conn_new(gate, socket);
    conn->filter = bufferevent_filter_new(socket, input_filter, output_filter,
                                          BEV_OPT_CLOSE_ON_FREE, conn_free, conn);
    if (!conn->filter)
        abort(); /* out of memory; evhttp would go on with a connection that has no gate */
    bufferevent_getcb(socket, &conn->filter_read, &conn->filter_write, &conn->filter_event,
                      &conn->filter_arg);
    bufferevent_setcb(socket, on_read, on_write, on_event, conn);
    conn_attend(conn);
    return conn->filter;
}

/* The socket is known only now: evhttp sets it after gate_accept(). */
static void conn_identify(struct gate_conn *conn) {
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);
    memset(&name, 0, sizeof(name));
    if (getpeername(bufferevent_getfd(conn->socket), (struct sockaddr *)&name, &length))
        conn->broken = true;
    if (name.ss_family == AF_INET6) {
        conn->address = ((struct sockaddr_in6 *)&name)->sin6_addr;
    } else {
        conn->address.s6_addr[10] = conn->address.s6_addr[11] = 0xff;
        memcpy(conn->address.s6_addr + 12, &((struct sockaddr_in *)&name)->sin_addr, 4);
    }
    if (IN6_IS_ADDR_V4MAPPED(&conn->address))
        inet_ntop(AF_INET, conn->address.s6_addr + 12, conn->ip, sizeof(conn->ip));
    else
        inet_ntop(AF_INET6, &conn->address, conn->ip, sizeof(conn->ip));
    conn->peer = gate_peers_enter(conn->gate->peers, &conn->address);
}

/* Counts a new connection against the caps. */
static void conn_admit(struct gate_conn *conn) {
    struct gate *gate = conn->gate;
    size_t cap = (size_t)gate->settings->connections;
    size_t per_ip = (size_t)gate->settings->connections_per_ip;
    conn_identify(conn);
    bool crowded = per_ip && conn->peer->connections > per_ip &&
                   !gate->hooks.is_proxy(gate->arg, &conn->address);
    if (cap && gate->count > cap + REFUSED_MAX)
        conn->broken = true;
    else if (crowded || (cap && gate->count > cap)) {
        gate_scan_refuse(&conn->scan, 503, "too_many_connections",
                         "Too many connections; try again in a moment.");
        conn_refuse(conn);
    }
}

static void attend(struct gate_conn *conn) {
    if (!conn_is_alive(conn))
        return;
    if (!conn->peer)
        conn_admit(conn);
    if (conn->broken)
        conn_kill(conn);
    else if (conn->state == CONN_IDLE)
        conn_pump(conn);
}

static void on_attention(evutil_socket_t fd, short what, void *arg) {
    struct gate *gate = arg;
    struct gate_conn *conn;
    (void)fd;
    (void)what;
    while ((conn = TAILQ_FIRST(&gate->attending))) {
        TAILQ_REMOVE(&gate->attending, conn, in_attention);
        conn->wants_attention = false;
        attend(conn);
    }
}

struct gate_conn *gate_find(struct bufferevent *event) {
    void *arg = NULL;
    bufferevent_getcb(bufferevent_get_underlying(event), NULL, NULL, NULL, &arg);
    return arg;
}

struct gate_message *gate_take(struct gate_conn *conn, struct gate_conn **holder) {
    struct gate_message *message = conn->scan.message;
    conn->scan.message = NULL;
    conn->holder = holder;
    *holder = conn;
    return message;
}

const char *gate_peer_ip(const struct gate_conn *conn) {
    return conn->ip;
}

const struct in6_addr *gate_peer_address(const struct gate_conn *conn) {
    return &conn->address;
}

const char *gate_connection_header(const struct gate_conn *conn) {
    if (conn->close_after)
        return "Connection: close\r\n";
    return conn->http10 ? "Connection: keep-alive\r\n" : "";
}

/* ---------------------------------------------------------------- time */

static void kill_hard(struct gate_conn *conn) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0}; /* do not keep megabytes for a sleeper */
    setsockopt(bufferevent_getfd(conn->socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    conn_kill(conn);
}

static void conn_expire(struct gate_conn *conn) {
    switch (conn->state) {
    case CONN_HEAD:
    case CONN_BODY:
        gate_scan_refuse(&conn->scan, 408, "request_timeout", "The request took too long to come.");
        conn_refuse(conn);
        break;
    case CONN_REPLYING:
        kill_hard(conn);
        break;
    default:
        conn_kill(conn);
    }
}

/* A connection that has just answered may have the next request on its way: it gets a little time
 * to bring it, and is then answered with "Connection: close". */
static bool conn_may_leave(const struct gate_conn *conn, int64_t now) {
    char byte;
    return conn->state == CONN_IDLE && now - conn->since >= DRAIN_IDLE_MS &&
           recv(bufferevent_getfd(conn->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void gate_sweep(struct gate *gate, int64_t now) {
    struct gate_conn *next;
    for (struct gate_conn *conn = TAILQ_FIRST(&gate->all); conn; conn = next) {
        next = TAILQ_NEXT(conn, in_all); /* killing frees later, from the loop */
        if (!conn_is_alive(conn))
            continue;
        if (now >= conn->deadline)
            conn_expire(conn);
        else if (gate->draining && conn_may_leave(conn, now))
            conn_kill(conn); /* nothing is on its way in either direction */
    }
}

void gate_drain(struct gate *gate) {
    struct gate_conn *conn;
    gate->draining = true;
    TAILQ_FOREACH(conn, &gate->all, in_all)
        conn->close_after = true;
}

void gate_kill_all(struct gate *gate) {
    struct gate_conn *next;
    for (struct gate_conn *conn = TAILQ_FIRST(&gate->all); conn; conn = next) {
        next = TAILQ_NEXT(conn, in_all);
        conn_kill(conn);
    }
}

size_t gate_connections(const struct gate *gate) {
    return gate->count;
}

struct gate *gate_new(struct event_base *base, const struct settings_http *settings,
                      const struct gate_hooks *hooks, void *arg) {
    struct gate *gate = xcalloc(1, sizeof(*gate));
    gate->settings = settings;
    gate->limits.line_max = (size_t)settings->line_max;
    gate->limits.header_max = (size_t)settings->header_max;
    gate->limits.header_count = (size_t)settings->header_count;
    gate->hooks = *hooks;
    gate->arg = arg;
    gate->attention = event_new(base, -1, 0, on_attention, gate);
    if (!gate->attention)
        abort();
    TAILQ_INIT(&gate->all);
    TAILQ_INIT(&gate->attending);
    gate->peers = gate_peers_new();
    return gate;
}

void gate_free(struct gate *gate) {
    if (!gate)
        return;
    event_free(gate->attention);
    gate_peers_free(gate->peers);
    free(gate);
}
