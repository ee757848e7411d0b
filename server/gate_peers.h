/* SPDX-License-Identifier: BSD-3-Clause */
/* How many connections each client address has open. */
#ifndef GATE_PEERS_H
#define GATE_PEERS_H

#include <netinet/in.h>
#include <stddef.h>

struct gate_peers;

struct gate_peer {
    struct gate_peer *next;
    struct in6_addr address; /* IPv4 in its mapped form */
    size_t connections;
};

struct gate_peers *gate_peers_new(void);
/* Counts one more connection. */
struct gate_peer *gate_peers_enter(struct gate_peers *peers, const struct in6_addr *address);
void gate_peers_leave(struct gate_peers *peers, struct gate_peer *peer);
void gate_peers_free(struct gate_peers *peers);

#endif
