/* SPDX-License-Identifier: BSD-3-Clause */
#include "proxies.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "failure.h"
#include "gate_parse.h"

struct network {
    struct in6_addr address;
    unsigned bits;
};

struct proxies {
    size_t count;
    struct network networks[];
};

/* True when text is an address; IPv4 gives its mapped form, *offset the bits before its own. */
static bool address_parse(const char *text, struct in6_addr *address, unsigned *offset) {
    struct in_addr ipv4;
    *offset = 0;
    if (inet_pton(AF_INET6, text, address) == 1)
        return true;
    if (inet_pton(AF_INET, text, &ipv4) != 1)
        return false;
    memset(address, 0, sizeof(*address));
    address->s6_addr[10] = address->s6_addr[11] = 0xff;
    memcpy(address->s6_addr + 12, &ipv4, 4);
    *offset = 96;
    return true;
}

static bool network_parse(const char *name, struct network *network) {
    char text[INET6_ADDRSTRLEN + 1];
    const char *slash = strchr(name, '/');
    size_t length = slash ? (size_t)(slash - name) : strlen(name);
    unsigned offset;
    if (length >= sizeof(text))
        return false;
    memcpy(text, name, length);
    text[length] = '\0';
    if (!address_parse(text, &network->address, &offset))
        return false;
    network->bits = 128;
    if (!slash)
        return true;
    char *end;
    unsigned long bits = strtoul(slash + 1, &end, 10);
    network->bits = (unsigned)bits + offset;
    return slash[1] && !*end && bits <= 128 - offset;
}

struct proxies *proxies_new(const char *const *names, char **error) {
    size_t count = 0;
    while (names && names[count])
        count++;
    struct proxies *proxies = xcalloc(1, sizeof(*proxies) + count * sizeof(struct network));
    for (; proxies->count < count; proxies->count++)
        if (!network_parse(names[proxies->count], &proxies->networks[proxies->count])) {
            failure(error, "trusted_proxies in http: \"%s\" is no address or network",
                    names[proxies->count]);
            free(proxies);
            return NULL;
        }
    return proxies;
}

void proxies_free(struct proxies *proxies) {
    free(proxies);
}

static bool network_has(const struct network *network, const struct in6_addr *address) {
    unsigned bytes = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->address.s6_addr, address->s6_addr, bytes) != 0)
        return false;
    return rest == 0 ||
           (network->address.s6_addr[bytes] ^ address->s6_addr[bytes]) >> (8 - rest) == 0;
}

bool proxies_trusted(const struct proxies *proxies, const struct in6_addr *address) {
    for (size_t i = 0; i < proxies->count; i++)
        if (network_has(&proxies->networks[i], address))
            return true;
    return false;
}

/* ---------------------------------------------------------------- the client */

/* The last element of a comma list before *end, without blanks; moves *end before it. */
static bool last_element(const char *list, size_t *end, char *text, size_t size) {
    while (*end > 0 && strchr(", \t", list[*end - 1]))
        (*end)--;
    size_t to = *end, from = to;
    while (from > 0 && !strchr(", \t", list[from - 1]))
        from--;
    *end = from;
    if (from == to || to - from >= size)
        return false;
    memcpy(text, list + from, to - from);
    text[to - from] = '\0';
    return true;
}

/* Goes through one X-Forwarded-For line from its end. True when it names the client. */
static bool line_client(const struct proxies *proxies, const char *line, struct in6_addr *client) {
    char text[64];
    struct in6_addr address;
    unsigned offset;
    size_t end = strlen(line);
    while (end > 0 && strspn(line, ", \t") < end) {
        if (!last_element(line, &end, text, sizeof(text)) ||
            !address_parse(text, &address, &offset))
            return true; /* whoever wrote this, what stands before it is not to be believed */
        *client = address;
        if (!proxies_trusted(proxies, &address))
            return true;
    }
    return false;
}

static void forwarded_client(const struct proxies *proxies, const struct gate_message *message,
                             struct in6_addr *client) {
    bool found = false;
    for (size_t i = message->field_count; i-- > 0 && !found;)
        if (strcasecmp(message->head + message->fields[i].name, "X-Forwarded-For") == 0)
            found = line_client(proxies, message->head + message->fields[i].value, client);
}

void proxies_client(const struct proxies *proxies, const struct gate_message *message,
                    const struct in6_addr *peer, char *text, size_t size) {
    struct in6_addr client = *peer;
    unsigned offset;
    if (proxies_trusted(proxies, peer) && !gate_message_header(message, "X-Forwarded-For")) {
        const char *real = gate_message_header(message, "X-Real-IP");
        if (!real || !address_parse(real, &client, &offset))
            client = *peer;
    } else if (proxies_trusted(proxies, peer)) {
        forwarded_client(proxies, message, &client);
    }
    if (IN6_IS_ADDR_V4MAPPED(&client))
        inet_ntop(AF_INET, client.s6_addr + 12, text, (socklen_t)size);
    else
        inet_ntop(AF_INET6, &client, text, (socklen_t)size);
}
