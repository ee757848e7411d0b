/* SPDX-License-Identifier: BSD-3-Clause */
/* evhttp behind the gate: connections in, dispatch, replies out. One owner of <event2/http.h>. */
#ifndef HTTP_H
#define HTTP_H

#include <stddef.h>

struct process;
struct http;

struct http *http_new(struct process *process);
/* Accepts on a listening socket that the master owns. */
int http_accept_on(struct http *http, int fd, char **error);
/* Stops accepting, closes idle connections, answers `Connection: close`; done() when none is left or
 * the drain timeout has passed. */
void http_drain(struct http *http, void (*done)(void *arg), void *arg);
size_t http_connections(const struct http *http);
void http_free(struct http *http);

#endif
