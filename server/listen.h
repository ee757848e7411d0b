/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The listening sockets. The master opens one per worker and address (SO_REUSEPORT) and keeps them
 * all: closing one resets the connections that wait in it. Worker k of n accepts on every n-th.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <stddef.h>

struct buf;
struct settings_http;
struct listeners;

struct listeners *listeners_new(void);
void listeners_free(struct listeners *listeners); /* closes them */

/* Takes over what an older master hands down: "7,8,9", as listeners_text() wrote it. */
int listeners_inherit(struct listeners *listeners, const char *text, char **error);

/* Opens what is missing for that many workers. 0, or -1 with *error malloc'd: one line. */
int listeners_open(struct listeners *listeners, const struct settings_http *http, unsigned workers,
                   char **error);

/* Takes an opening back: closes all but the first `count`, which is what listeners_count() said. */
size_t listeners_count(const struct listeners *listeners);
void listeners_cut(struct listeners *listeners, size_t count);

/* Closes the sockets of addresses that are no longer configured. */
void listeners_prune(struct listeners *listeners, const struct settings_http *http);

/* The sockets of worker `index` of `workers`: malloc'd, *count of them. */
int *listeners_of_worker(const struct listeners *listeners, const struct settings_http *http,
                         unsigned index, unsigned workers, size_t *count);

/* In a forked process: closes all but those it accepts on (none: all). */
void listeners_keep(struct listeners *listeners, const int *fds, size_t count);

/* In a forked process: lets the sockets survive exec() and names them for listeners_inherit(). */
void listeners_hand_down(struct listeners *listeners, struct buf *text);

#endif
