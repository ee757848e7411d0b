/* SPDX-License-Identifier: BSD-3-Clause */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "buf.h"
#include "log.h"
#include "settings.h"

#define BACKLOG 1024

struct listener {
    int fd;
    struct sockaddr_storage address;
};

struct listeners {
    struct listener *all;
    size_t count, capacity;
};

struct listeners *listeners_new(void) {
    return xcalloc(1, sizeof(struct listeners));
}

void listeners_free(struct listeners *listeners) {
    if (!listeners)
        return;
    listeners_cut(listeners, 0);
    free(listeners->all);
    free(listeners);
}

size_t listeners_count(const struct listeners *listeners) {
    return listeners->count;
}

void listeners_cut(struct listeners *listeners, size_t count) {
    while (listeners->count > count)
        close(listeners->all[--listeners->count].fd);
}

static void add(struct listeners *listeners, int fd, const struct sockaddr_storage *address) {
    if (listeners->count == listeners->capacity) {
        listeners->capacity = listeners->capacity ? 2 * listeners->capacity : 16;
        listeners->all = xrealloc(listeners->all, listeners->capacity * sizeof(listeners->all[0]));
    }
    listeners->all[listeners->count++] = (struct listener){.fd = fd, .address = *address};
}

static bool same(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *x = (const void *)a, *y = (const void *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *x = (const void *)a, *y = (const void *)b;
    return x->sin6_port == y->sin6_port && x->sin6_scope_id == y->sin6_scope_id &&
           memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr)) == 0;
}

static int resolve(const char *host, uint16_t port, struct sockaddr_storage *address,
                   socklen_t *length) {
    char service[8];
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found;
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return -1;
    memset(address, 0, sizeof(*address));
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

/* Accepted connections inherit TCP_NODELAY: one system call less for each. */
static int open_socket(const struct sockaddr_storage *address, socklen_t length, bool shared) {
    int on = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    bool ready = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0;
    if (address->ss_family == AF_INET6)
        ready = ready && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0;
    if (shared)
        ready = ready && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 &&
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0;
    ready = ready && bind(fd, (const struct sockaddr *)address, length) == 0;
    if (shared)
        ready = ready && listen(fd, BACKLOG) == 0;
    if (ready)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* Two instances that share a port by SO_REUSEPORT would each get half of the guests: a bind
 * without it finds the other one. */
static int probe(const struct sockaddr_storage *address, socklen_t length) {
    int fd = open_socket(address, length, false);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static const char *advice(int reason) {
    switch (reason) {
    case EADDRINUSE:
        return "another program (perhaps a second kenangand) has it: stop that one or change "
               "http.port";
    case EACCES:
        return "ports below 1024 need root or CAP_NET_BIND_SERVICE: change http.port";
    case EADDRNOTAVAIL:
        return "this machine has no such address: correct http.listen";
    case EAFNOSUPPORT:
        return "this machine has no IPv6: remove the address from http.listen";
    case EMFILE:
    case ENFILE:
        return "too many open files: raise the limit (LimitNOFILE)";
    default:
        return "correct http.listen and http.port";
    }
}

static int cannot_listen(const char *host, uint16_t port, int reason, char **error) {
    bool v6 = strchr(host, ':') != NULL;
    struct buf text = {0};
    buf_printf(&text, "cannot listen on %s%s%s port %u: %s; %s", v6 ? "[" : "", host, v6 ? "]" : "",
               (unsigned)port, strerror(reason), advice(reason));
    *error = buf_take(&text);
    return -1;
}

static size_t count_of(const struct listeners *listeners, const struct sockaddr_storage *address) {
    size_t count = 0;
    for (size_t i = 0; i < listeners->count; i++)
        count += same(&listeners->all[i].address, address);
    return count;
}

static int open_address(struct listeners *listeners, const char *host, uint16_t port,
                        unsigned workers, char **error) {
    struct sockaddr_storage address;
    socklen_t length;
    if (resolve(host, port, &address, &length) != 0) {
        struct buf text = {0};
        buf_printf(&text,
                   "http.listen: \"%s\" is no IP address; write 0.0.0.0, :: or one of this "
                   "machine's addresses",
                   host);
        *error = buf_take(&text);
        return -1;
    }
    size_t have = count_of(listeners, &address);
    if (have == 0 && probe(&address, length) != 0)
        return cannot_listen(host, port, errno, error);
    for (; have < workers; have++) {
        int fd = open_socket(&address, length, true);
        if (fd < 0)
            return cannot_listen(host, port, errno, error);
        add(listeners, fd, &address);
    }
    return 0;
}

/* The shipped configuration names both families; a machine may well have only one. */
static bool lacks_ipv6(const struct settings_http *http, size_t index) {
    if (strcmp(http->listen[index], "::") != 0 || (index == 0 && !http->listen[1]))
        return false;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
        bool usable = bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;
        close(fd);
        if (usable)
            return false;
    }
    log_write(KN_WARN, "master", NULL, "this machine has no IPv6: not listening on [::]");
    return true;
}

int listeners_open(struct listeners *listeners, const struct settings_http *http, unsigned workers,
                   char **error) {
    for (size_t i = 0; http->listen[i]; i++)
        if (!lacks_ipv6(http, i) &&
            open_address(listeners, http->listen[i], http->port, workers, error) != 0)
            return -1;
    return 0;
}

int listeners_inherit(struct listeners *listeners, const char *text, char **error) {
    while (*text) {
        char *end;
        long fd = strtol(text, &end, 10);
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof(address);
        if (end == text || fd < 3 || fd > 1000000 ||
            getsockname((int)fd, (struct sockaddr *)&address, &length) != 0 ||
            fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0) {
            *error = xstrdup("KENANGAN_LISTEN_FDS names no open sockets; it is set by an upgrade "
                             "only: unset it");
            return -1;
        }
        add(listeners, (int)fd, &address);
        text = *end == ',' ? end + 1 : end;
    }
    return 0;
}

static bool configured(const struct settings_http *http, const struct sockaddr_storage *address) {
    for (size_t i = 0; http->listen[i]; i++) {
        struct sockaddr_storage wanted;
        socklen_t length;
        if (resolve(http->listen[i], http->port, &wanted, &length) == 0 && same(&wanted, address))
            return true;
    }
    return false;
}

void listeners_prune(struct listeners *listeners, const struct settings_http *http) {
    size_t kept = 0;
    for (size_t i = 0; i < listeners->count; i++)
        if (configured(http, &listeners->all[i].address))
            listeners->all[kept++] = listeners->all[i];
        else
            close(listeners->all[i].fd);
    listeners->count = kept;
}

int *listeners_of_worker(const struct listeners *listeners, const struct settings_http *http,
                         unsigned index, unsigned workers, size_t *count) {
    int *fds = xcalloc(listeners->count + 1, sizeof(int));
    *count = 0;
    for (size_t i = 0; i < listeners->count; i++) {
        size_t position = 0; /* among those of its address */
        for (size_t j = 0; j < i; j++)
            position += same(&listeners->all[j].address, &listeners->all[i].address);
        if (position % workers == index && configured(http, &listeners->all[i].address))
            fds[(*count)++] = listeners->all[i].fd;
    }
    return fds;
}

static bool contains(const int *fds, size_t count, int fd) {
    for (size_t i = 0; i < count; i++)
        if (fds[i] == fd)
            return true;
    return false;
}

void listeners_keep(struct listeners *listeners, const int *fds, size_t count) {
    for (size_t i = 0; i < listeners->count; i++)
        if (!contains(fds, count, listeners->all[i].fd))
            close(listeners->all[i].fd);
    listeners->count = 0;
}

void listeners_hand_down(struct listeners *listeners, struct buf *text) {
    for (size_t i = 0; i < listeners->count; i++) {
        fcntl(listeners->all[i].fd, F_SETFD, 0);
        buf_printf(text, "%s%d", i ? "," : "", listeners->all[i].fd);
    }
}
