/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "buf.h"
#include "clock.h"
#include "value.h"

#define DEADLINE_MS 3000
#define REPLY_MAX   (1024 * 1024)

/* ---------------------------------------------------------------- where to ask */

struct place {
    char host[256];
    char port[6];
    char path[512];
};

static int url_wrong(const char *url) {
    return ctl_usage("health: \"%s\" is not a URL like http://localhost:8080/health", url);
}

static bool port_valid(const char *text) {
    int64_t port;
    return value_integer(text, &port) && port > 0 && port <= 65535 && strlen(text) <= 5;
}

static bool part_copy(char *to, size_t size, const char *from, size_t length) {
    if (!length || length >= size)
        return false;
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

/* http://host[:port][/path]; an IPv6 host stands in brackets. */
static int url_parse(const char *url, struct place *place) {
    if (strncmp(url, "http://", 7) != 0 || strpbrk(url, " \t\r\n"))
        return url_wrong(url);
    const char *host = url + 7;
    bool bracket = *host == '[';
    host += bracket;
    size_t length = strcspn(host, bracket ? "]" : ":/");
    if (!part_copy(place->host, sizeof(place->host), host, length))
        return url_wrong(url);
    const char *rest = host + length + (bracket && host[length] == ']');
    snprintf(place->port, sizeof(place->port), "80");
    if (*rest == ':') {
        length = strcspn(++rest, "/");
        if (!part_copy(place->port, sizeof(place->port), rest, length) || !port_valid(place->port))
            return url_wrong(url);
        rest += length;
    }
    if (*rest && *rest != '/')
        return url_wrong(url);
    const char *path = rest[0] && rest[1] ? rest : "/health";
    return part_copy(place->path, sizeof(place->path), path, strlen(path)) ? 0 : url_wrong(url);
}

static int place_default(struct place *place) {
    const char *port = getenv("PORT");
    if (!port || !*port)
        port = "8080";
    if (!port_valid(port))
        return ctl_fail("environment variable PORT: \"%s\" is not a port number", port);
    snprintf(place->host, sizeof(place->host), "localhost");
    snprintf(place->port, sizeof(place->port), "%s", port);
    snprintf(place->path, sizeof(place->path), "/health");
    return 0;
}

/* ---------------------------------------------------------------- asking */

/* True once the socket is ready; false when the time is over (errno ETIMEDOUT). */
static bool await(int fd, short events, int64_t deadline) {
    struct pollfd item = {.fd = fd, .events = events};
    int64_t left = deadline - clock_ms();
    if (left > 0 && poll(&item, 1, (int)left) == 1)
        return true;
    errno = ETIMEDOUT;
    return false;
}

static int dial(const struct addrinfo *address, int64_t deadline) {
    int code = 0;
    socklen_t size = sizeof(code);
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS && await(fd, POLLOUT, deadline)) {
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
        if (code == 0)
            return fd;
        errno = code;
    }
    code = errno;
    close(fd);
    errno = code;
    return -1;
}

static int dial_any(const struct place *place, int64_t deadline) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    int fd = -1, outcome = getaddrinfo(place->host, place->port, &hints, &list);
    if (outcome != 0) {
        ctl_fail("unhealthy: %s: %s", place->host, gai_strerror(outcome));
        return -1;
    }
    for (struct addrinfo *address = list; address && fd < 0; address = address->ai_next)
        fd = dial(address, deadline);
    freeaddrinfo(list);
    if (fd < 0)
        ctl_fail("unhealthy: %s port %s: %s", place->host, place->port, strerror(errno));
    return fd;
}

/* HTTP/1.0, so that the reply ends with the connection. */
static bool ask(int fd, const struct place *place, int64_t deadline) {
    struct buf request = {0};
    bool literal = strchr(place->host, ':');
    buf_printf(&request, "GET %s HTTP/1.0\r\nHost: %s%s%s:%s\r\nUser-Agent: kenanganctl\r\n\r\n",
               place->path, literal ? "[" : "", place->host, literal ? "]" : "", place->port);
    bool sent = await(fd, POLLOUT, deadline) &&
                send(fd, request.data, request.length, MSG_NOSIGNAL) == (ssize_t)request.length;
    buf_free(&request);
    return sent;
}

static bool answer(int fd, struct buf *reply, int64_t deadline) {
    while (reply->length < REPLY_MAX) {
        if (!await(fd, POLLIN, deadline))
            return false;
        buf_reserve(reply, 4096);
        ssize_t got = recv(fd, reply->data + reply->length, 4096, 0);
        if (got == 0)
            return true;
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (got > 0) {
            reply->length += (size_t)got;
            reply->data[reply->length] = '\0';
        }
    }
    errno = EMSGSIZE;
    return false;
}

/* ---------------------------------------------------------------- showing */

static void newline(struct buf *out, int depth) {
    buf_printf(out, "\n%*s", 2 * (depth > 0 ? depth : 0), "");
}

/* Lays JSON out over lines; takes the text as it is. */
static void pretty(struct buf *out, const char *text) {
    int depth = 0;
    bool quoted = false;
    for (; *text; text++) {
        bool opens = !quoted && strchr("{[", *text), closes = !quoted && strchr("}]", *text);
        if (closes && !strchr("{[", text[-1]))
            newline(out, depth - 1);
        depth -= closes;
        buf_add_char(out, *text);
        if (quoted && *text == '\\' && text[1])
            buf_add_char(out, *++text);
        else if (*text == '"')
            quoted = !quoted;
        depth += opens;
        if ((opens && !strchr("}]", text[1])) || (!quoted && *text == ','))
            newline(out, depth);
        else if (!quoted && *text == ':')
            buf_add_char(out, ' ');
    }
}

static int show(const struct buf *reply) {
    const char *text = buf_text(reply), *body = strstr(text, "\r\n\r\n");
    struct buf out = {0};
    int status = 0;
    if (sscanf(text, "HTTP/1.%*1[01] %3d", &status) != 1 || !body)
        return ctl_fail("unhealthy: the answer is not HTTP: is another program on that port?");
    if (body[4] == '{') {
        pretty(&out, body + 4);
        puts(buf_text(&out));
    }
    buf_free(&out);
    return status == 200 ? 0 : ctl_fail("unhealthy: the server answered %d", status);
}

int ctl_health(const struct ctl *ctl, int argc, char **argv) {
    struct place place;
    struct buf reply = {0};
    int64_t deadline = clock_ms() + DEADLINE_MS;
    int status;
    (void)ctl;
    if (argc == 3 && !strcmp(argv[1], "--url"))
        status = url_parse(argv[2], &place);
    else if (argc == 2 && !strncmp(argv[1], "--url=", 6))
        status = url_parse(argv[1] + 6, &place);
    else
        status = argc == 1 ? place_default(&place) : ctl_usage("health takes only --url URL");
    if (status != 0)
        return status;
    int fd = dial_any(&place, deadline);
    if (fd < 0)
        return 1;
    if (ask(fd, &place, deadline) && answer(fd, &reply, deadline))
        status = show(&reply);
    else
        status = ctl_fail("unhealthy: %s port %s: %s", place.host, place.port, strerror(errno));
    close(fd);
    buf_free(&reply);
    return status;
}
