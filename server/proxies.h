/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose word on the client's address is believed. */
#ifndef PROXIES_H
#define PROXIES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct gate_message;
struct proxies;

/* names: addresses and networks ("10.0.0.0/8"), ended by NULL. NULL with *error malloc'd. */
struct proxies *proxies_new(const char *const *names, char **error);
void proxies_free(struct proxies *proxies);

/* IPv4 addresses in their mapped form. */
bool proxies_trusted(const struct proxies *proxies, const struct in6_addr *address);

/* The client's address as text: the peer's own, or, when the peer is a trusted proxy, the last one
 * in X-Forwarded-For (else X-Real-IP) that no trusted proxy has. */
void proxies_client(const struct proxies *proxies, const struct gate_message *message,
                    const struct in6_addr *peer, char *text, size_t size);

#endif
