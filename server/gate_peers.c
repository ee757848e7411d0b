/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate_peers.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "arena.h"

#define CHAINS 4096 /* a power of two */

struct gate_peers {
    uint64_t seed; /* so that nobody can choose addresses that share a chain */
    struct gate_peer *chains[CHAINS];
};

struct gate_peers *gate_peers_new(void) {
    struct gate_peers *peers = xcalloc(1, sizeof(*peers));
    if (getrandom(&peers->seed, sizeof(peers->seed), 0) != (ssize_t)sizeof(peers->seed))
        peers->seed = (uint64_t)(uintptr_t)peers;
    return peers;
}

static struct gate_peer **chain_of(struct gate_peers *peers, const struct in6_addr *address) {
    uint64_t halves[2];
    memcpy(halves, address, sizeof(halves));
    uint64_t hash = (halves[0] ^ peers->seed) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ (hash >> 29) ^ halves[1]) * 0xbf58476d1ce4e5b9u;
    return &peers->chains[(hash >> 40) % CHAINS];
}

struct gate_peer *gate_peers_enter(struct gate_peers *peers, const struct in6_addr *address) {
    struct gate_peer **chain = chain_of(peers, address);
    for (struct gate_peer *peer = *chain; peer; peer = peer->next) {
        if (!memcmp(&peer->address, address, sizeof(*address))) {
            peer->connections++;
            return peer;
        }
    }
    struct gate_peer *peer = xcalloc(1, sizeof(*peer));
    peer->address = *address;
    peer->connections = 1;
    peer->next = *chain;
    return *chain = peer;
}

void gate_peers_leave(struct gate_peers *peers, struct gate_peer *peer) {
    if (!peer || --peer->connections)
        return;
    struct gate_peer **at = chain_of(peers, &peer->address);
    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    free(peer);
}

void gate_peers_free(struct gate_peers *peers) {
    free(peers); /* empty by now: every connection has left */
}
