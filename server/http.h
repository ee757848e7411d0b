/* SPDX-License-Identifier: BSD-3-Clause */
/* evhttp behind the gate: connections in, dispatch, replies out. One owner of <event2/http.h>. */
#ifndef HTTP_H
#define HTTP_H

#include <stddef.h>

#include "buf.h"

struct process;
struct http;
struct kn_req;
struct settings_http;

/* What can be wrong in the settings without YAML noticing: 0, or -1 with *error malloc'd. */
int http_check(const struct settings_http *settings, char **error);
struct http *http_new(struct process *process);
/* Accepts on a listening socket that the master owns. */
int http_accept_on(struct http *http, int fd, char **error);
/* Stops accepting, closes idle connections, answers `Connection: close`; done() when none is left
 * or the drain timeout has passed. */
void http_drain(struct http *http, void (*done)(void *arg), void *arg);
size_t http_connections(const struct http *http);

/* For reply.c: where the request runs, room for the header lines of the reply that is being sent,
 * and the end of a request. */
const struct process *http_process(const struct http *http);
struct buf *http_lines(struct http *http);
void http_request_done(struct http *http, struct kn_req *req);

void http_free(struct http *http);

#endif
