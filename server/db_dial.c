/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_dial.h"

#include <event2/event.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "db.h"
#include "db_conninfo.h"
#include "db_lookup.h"
#include "settings.h"

#define HOSTS_MAX     8
#define ADDRESSES_MAX 8

struct db_dial {
    struct event_base *base;
    const struct settings *settings;
    db_dial_fn *fn;
    void *arg;
    char *host_list; /* copy of the setting, cut at its commas */
    const char *hosts[HOSTS_MAX];
    size_t host_count, host_tried, host;
    char *addresses[ADDRESSES_MAX]; /* of the host, still to be tried from address_next on */
    size_t address_count, address_next;
    struct db_lookup *lookup;
    PGconn *pg;
    struct event *socket, *timer;
    struct buf failure;
};

static void next_target(struct db_dial *dial);

static void pg_drop(struct db_dial *dial) {
    if (dial->socket)
        event_free(dial->socket); /* before libpq closes the descriptor */
    dial->socket = NULL;
    PQfinish(dial->pg);
    dial->pg = NULL;
}

static void addresses_drop(struct db_dial *dial) {
    for (size_t i = 0; i < dial->address_count; i++)
        free(dial->addresses[i]);
    dial->address_count = dial->address_next = 0;
}

void db_dial_cancel(struct db_dial *dial) {
    if (!dial)
        return;
    db_lookup_cancel(dial->lookup);
    pg_drop(dial);
    addresses_drop(dial);
    event_free(dial->timer);
    free(dial->host_list);
    buf_free(&dial->failure);
    free(dial);
}

static void failure_set(struct db_dial *dial, const char *text) {
    buf_clear(&dial->failure);
    buf_add_text(&dial->failure, text);
    while (dial->failure.length && dial->failure.data[dial->failure.length - 1] == '\n')
        dial->failure.data[--dial->failure.length] = '\0';
}

static void dial_end(struct db_dial *dial, PGconn *pg) {
    db_dial_fn *fn = dial->fn;
    void *arg = dial->arg;
    struct buf failure = dial->failure;
    dial->failure = (struct buf){0};
    db_dial_cancel(dial);
    fn(arg, pg, buf_text(&failure));
    buf_free(&failure);
}

static void dial_up(struct db_dial *dial) {
    PGconn *pg = dial->pg;
    if (PQserverVersion(pg) < 140000) {
        failure_set(dial, "the server is older than PostgreSQL 14: upgrade it");
        next_target(dial);
        return;
    }
    if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1) {
        failure_set(dial, PQerrorMessage(pg));
        next_target(dial);
        return;
    }
    dial->pg = NULL;
    dial_end(dial, pg);
}

static void socket_ready(evutil_socket_t fd, short what, void *arg);

/* The descriptor may be another one after each poll. */
static void socket_await(struct db_dial *dial, short what) {
    dial->socket = event_new(dial->base, PQsocket(dial->pg), what, socket_ready, dial);
    event_add(dial->socket, NULL);
}

static void socket_ready(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    struct db_dial *dial = arg;
    event_free(dial->socket);
    dial->socket = NULL;
    PostgresPollingStatusType status = PQconnectPoll(dial->pg);
    if (status == PGRES_POLLING_READING) {
        socket_await(dial, EV_READ);
    } else if (status == PGRES_POLLING_WRITING) {
        socket_await(dial, EV_WRITE);
    } else if (status == PGRES_POLLING_OK) {
        dial_up(dial);
    } else {
        failure_set(dial, PQerrorMessage(dial->pg));
        next_target(dial);
    }
}

static PGconn *connect_begin(const struct db_dial *dial, const char *host, const char *address) {
    char *conninfo = db_conninfo(dial->settings);
    char *options = db_session_options(dial->settings);
    const char *attrs = dial->host_count > 1 ? "read-write" : "any";
    const char *keys[] = {"dbname", "host", "hostaddr", "options", "target_session_attrs", NULL};
    const char *values[] = {conninfo, host, address, options, attrs, NULL};
    PGconn *pg = PQconnectStartParams(keys, values, 1);
    free(conninfo);
    free(options);
    return pg;
}

static void timer_arm(struct db_dial *dial) {
    struct timeval limit = {DB_CONNECT_TIMEOUT_MS / 1000, 0};
    event_add(dial->timer, &limit);
}

static void target_try(struct db_dial *dial, const char *host, const char *address) {
    pg_drop(dial);
    dial->pg = connect_begin(dial, host, address);
    if (!dial->pg || PQstatus(dial->pg) == CONNECTION_BAD) {
        failure_set(dial, dial->pg ? PQerrorMessage(dial->pg) : "out of memory");
        next_target(dial);
        return;
    }
    timer_arm(dial);
    socket_await(dial, EV_WRITE);
}

static bool numeric(const char *host) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

static void host_found(void *arg, const char *const *addresses, const char *reason) {
    struct db_dial *dial = arg;
    dial->lookup = NULL;
    if (!addresses)
        failure_set(dial, reason);
    for (; addresses && *addresses && dial->address_count < ADDRESSES_MAX; addresses++)
        dial->addresses[dial->address_count++] = xstrdup(*addresses);
    next_target(dial);
}

static void host_try(struct db_dial *dial, const char *host) {
    if (*host == '/' || *host == '@' || !*host) {
        target_try(dial, host, NULL);
    } else if (numeric(host)) {
        target_try(dial, host, host);
    } else {
        timer_arm(dial);
        dial->lookup = db_lookup_start(dial->base, host, host_found, dial);
        if (!dial->lookup) {
            failure_set(dial, "cannot start a thread to look up the host name");
            next_target(dial);
        }
    }
}

static void next_target(struct db_dial *dial) {
    event_del(dial->timer);
    if (dial->address_next < dial->address_count) {
        const char *address = dial->addresses[dial->address_next++];
        target_try(dial, dial->hosts[dial->host], address);
        return;
    }
    addresses_drop(dial);
    if (dial->host_tried == dial->host_count) {
        dial_end(dial, NULL);
        return;
    }
    if (dial->host_tried++ > 0)
        dial->host = (dial->host + 1) % dial->host_count;
    host_try(dial, dial->hosts[dial->host]);
}

/* Both the first step, so that nothing is reported before db_dial_start() returns, and the limit.
 */
static void timer_due(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    struct db_dial *dial = arg;
    if (dial->lookup || dial->pg)
        failure_set(dial, "connection timeout");
    db_lookup_cancel(dial->lookup);
    dial->lookup = NULL;
    pg_drop(dial);
    next_target(dial);
}

static void hosts_split(struct db_dial *dial) {
    const char *list = dial->settings->db.host;
    dial->host_list = xstrdup(list ? list : "");
    char *rest = dial->host_list, *host;
    while (dial->host_count < HOSTS_MAX && (host = strsep(&rest, ",")))
        dial->hosts[dial->host_count++] = host + strspn(host, " ");
}

struct db_dial *db_dial_start(struct event_base *base, const struct settings *settings,
                              unsigned turn, db_dial_fn *fn, void *arg) {
    struct db_dial *dial = xcalloc(1, sizeof(*dial));
    dial->base = base;
    dial->settings = settings;
    dial->fn = fn;
    dial->arg = arg;
    hosts_split(dial);
    dial->host = turn % dial->host_count;
    dial->timer = event_new(base, -1, 0, timer_due, dial);
    struct timeval at_once = {0, 0};
    event_add(dial->timer, &at_once);
    return dial;
}
