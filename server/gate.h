/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gate between the socket and evhttp. It reads every byte first, scans requests strictly
 * (gate_parse.h), bounds them in size and time, and lets one whole request at a time through. What
 * it lets through is not the client's bytes but a constant announcement ("GET / HTTP/1.1"): evhttp
 * keeps the connection and sends the reply, the request itself comes from gate_take(). So no byte
 * of a client is ever parsed twice by parsers that could disagree.
 *
 * It also decides when a connection ends: evhttp only ever sees keep-alive requests.
 */
#ifndef GATE_H
#define GATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"

struct bufferevent;
struct event_base;
struct gate;
struct gate_conn;
struct gate_message;
struct gate_scan;
struct settings_http;

struct gate_hooks {
    /* How large the body of this request may be; its head is known. */
    size_t (*body_max)(void *arg, const struct gate_message *message);
    /* Writes the complete reply to a request that scan (status, code, reason) refuses. */
    void (*refusal)(void *arg, const struct gate_conn *conn, const struct gate_scan *scan,
                    struct buf *out);
    /* Proxies are not held to the number of connections per address. */
    bool (*is_proxy)(void *arg, const struct in6_addr *address);
    /* A connection has come or gone. */
    void (*counted)(void *arg, size_t connections);
};

struct gate *gate_new(struct event_base *base, const struct settings_http *settings,
                      const struct gate_hooks *hooks, void *arg);

/* For evhttp_set_bevcb(): the buffer event of a new connection; gate is a struct gate. */
struct bufferevent *gate_accept(struct event_base *base, void *gate);

/* The connection of a buffer event that gate_accept() made. */
struct gate_conn *gate_find(struct bufferevent *event);

/* Takes over the request that evhttp has just announced. *holder is set to the connection, and to
 * NULL when the connection goes before gate_reply(). */
struct gate_message *gate_take(struct gate_conn *conn, struct gate_conn **holder);

const char *gate_peer_ip(const struct gate_conn *conn);
const struct in6_addr *gate_peer_address(const struct gate_conn *conn);

/* The Connection header that the reply must carry, with CRLF; may be "". */
const char *gate_connection_header(const struct gate_conn *conn);

/* Header lines to insert behind the status line of the reply that evhttp is about to send. Not
 * copied: they must live until gate_flush() returns, which is called right after evhttp's send. */
void gate_reply(struct gate_conn *conn, const char *lines, size_t length);
void gate_flush(struct gate_conn *conn);

/* Ends what is over its deadline. Called by a timer, a few times a second. */
void gate_sweep(struct gate *gate, int64_t now);
/* From now on replies close, and idle connections are closed by the next sweeps. */
void gate_drain(struct gate *gate);
/* Ends every connection at once; requests under way stay with their holders. */
void gate_kill_all(struct gate *gate);
size_t gate_connections(const struct gate *gate);
void gate_free(struct gate *gate); /* after the last connection has gone */

#endif
