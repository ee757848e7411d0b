/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_lookup.h"

#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"

#define ADDRESSES_MAX 8

struct db_lookup {
    atomic_int owners; /* the loop's side and the thread: the last one frees */
    char *host;
    int done_fd;
    int failure; /* of getaddrinfo() */
    struct addrinfo *found;
    struct event *done;
    db_lookup_fn *fn;
    void *arg;
};

static void lookup_leave(struct db_lookup *lookup) {
    if (atomic_fetch_sub(&lookup->owners, 1) > 1)
        return;
    if (lookup->found)
        freeaddrinfo(lookup->found);
    close(lookup->done_fd);
    free(lookup->host);
    free(lookup);
}

static void *lookup_thread(void *arg) {
    struct db_lookup *lookup = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    lookup->failure = getaddrinfo(lookup->host, NULL, &hints, &lookup->found);
    eventfd_write(lookup->done_fd, 1);
    lookup_leave(lookup);
    return NULL;
}

static void lookup_report(struct db_lookup *lookup) {
    char texts[ADDRESSES_MAX][NI_MAXHOST];
    const char *addresses[ADDRESSES_MAX + 1] = {NULL};
    size_t count = 0;
    for (struct addrinfo *a = lookup->found; a && count < ADDRESSES_MAX; a = a->ai_next)
        if (getnameinfo(a->ai_addr, a->ai_addrlen, texts[count], NI_MAXHOST, NULL, 0,
                        NI_NUMERICHOST) == 0) {
            addresses[count] = texts[count];
            count++;
        }
    lookup->fn(lookup->arg, count ? addresses : NULL,
               lookup->failure ? gai_strerror(lookup->failure) : "no address");
}

static void lookup_done(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    struct db_lookup *lookup = arg;
    event_free(lookup->done);
    lookup->done = NULL;
    lookup_report(lookup);
    lookup_leave(lookup);
}

/* Signals belong to the thread that runs the loop. */
static int thread_start(struct db_lookup *lookup) {
    sigset_t all, before;
    pthread_t thread;
    pthread_attr_t attr;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&thread, &attr, lookup_thread, lookup);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return failure;
}

struct db_lookup *db_lookup_start(struct event_base *base, const char *host, db_lookup_fn *fn,
                                  void *arg) {
    int done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (done_fd < 0)
        return NULL;
    struct db_lookup *lookup = xcalloc(1, sizeof(*lookup));
    atomic_init(&lookup->owners, 2);
    lookup->done_fd = done_fd;
    lookup->host = xstrdup(host);
    lookup->fn = fn;
    lookup->arg = arg;
    lookup->done = event_new(base, done_fd, EV_READ, lookup_done, lookup);
    event_add(lookup->done, NULL);
    if (thread_start(lookup) == 0)
        return lookup;
    lookup_leave(lookup); /* for the thread that is not there */
    db_lookup_cancel(lookup);
    return NULL;
}

void db_lookup_cancel(struct db_lookup *lookup) {
    if (!lookup)
        return;
    event_free(lookup->done);
    lookup->done = NULL;
    lookup_leave(lookup);
}
