/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "http.h"
#include "log.h"
#include "modules.h"
#include "process.h"
#include "scoreboard.h"
#include "services.h"
#include "settings.h"
#include "watch.h"

#define TICK_MS        500
#define SETTLE_MS      2
#define DATA_WAIT_MS   1500 /* for the first load of the reference data */
#define DRAIN_EXTRA_MS 3000 /* behind http.drain_timeout, for the database */

struct worker {
    struct process process;
    const struct worker_start *start;
    struct slot *slot;
    struct event *terminate, *master, *tick, *settle, *give_up;
    int64_t begun_ms;
    bool finished;
};

static const struct timeval *interval(struct timeval *storage, int64_t ms) {
    storage->tv_sec = ms / 1000;
    storage->tv_usec = ms % 1000 * 1000;
    return storage;
}

static void state_set(struct worker *worker, enum slot_state state) {
    atomic_store_explicit(&worker->slot->state, state, memory_order_relaxed);
}

/* ---------------------------------------------------------------- leaving */

static void on_db_drained(void *arg) {
    struct worker *worker = arg;
    worker->finished = true;
    event_base_loopbreak(worker->process.base);
}

static void on_http_drained(void *arg) {
    struct worker *worker = arg;
    db_drain(worker->process.db, on_db_drained, worker);
}

static void on_give_up(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    log_write(KN_WARN, "worker", NULL,
              "leaving with requests unanswered: they took longer than "
              "http.drain_timeout");
    on_db_drained(arg);
}

static void drain(struct worker *worker) {
    struct process *process = &worker->process;
    struct timeval limit;
    if (process->draining)
        return;
    process->draining = true;
    state_set(worker, SLOT_DRAINING);
    event_del(worker->settle);
    event_add(worker->give_up,
              interval(&limit, process->settings->http.drain_timeout + DRAIN_EXTRA_MS));
    modules_drain(process->modules);
    if (process->http)
        http_drain(process->http, on_http_drained, worker);
    else
        on_http_drained(worker);
}

static void on_terminate(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    drain(arg);
}

static void on_master_gone(evutil_socket_t fd, short what, void *arg) {
    (void)what;
    struct worker *worker = arg;
    char byte;
    if (read(fd, &byte, 1) != 0)
        return;
    event_del(worker->master);
    log_write(KN_WARN, "worker", NULL,
              "the master is gone: finishing what is under way, then "
              "leaving");
    drain(worker);
}

/* ---------------------------------------------------------------- arriving */

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct worker *worker = arg;
    atomic_store_explicit(&worker->slot->heartbeat_ms, clock_ms(), memory_order_relaxed);
    if (worker->process.http)
        atomic_store_explicit(&worker->slot->http_connections,
                              (int64_t)http_connections(worker->process.http),
                              memory_order_relaxed);
}

/* A worker that accepts before it has its menu would answer its first guests with 503; one that
 * waits for a database that is down would not answer /health. */
static bool may_accept(const struct worker *worker) {
    return worker->start->kind != KN_WORKER || watches_loaded(worker->process.watches) ||
           db_failure(worker->process.db) || clock_ms() - worker->begun_ms >= DATA_WAIT_MS;
}

static bool accept_all(struct worker *worker) {
    char *error = NULL;
    for (size_t i = 0; i < worker->start->listen_count; i++)
        if (http_accept_on(worker->process.http, worker->start->listen_fds[i], &error) != 0) {
            log_write(KN_ERROR, "worker", NULL, "%s", error);
            free(error);
            return false;
        }
    return true;
}

static void on_settle(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct worker *worker = arg;
    if (!may_accept(worker))
        return;
    event_del(worker->settle);
    if (!accept_all(worker))
        exit(1);
    state_set(worker, SLOT_READY);
    ssize_t told = write(worker->start->ready_fd, "+", 1);
    (void)told; /* a master that is gone is noticed by master_fd */
}

static struct event_base *base_new(void) {
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST | EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

/* Ctrl-C reaches the whole group; only the master may act on it. SIGTERM was blocked since before
 * the fork and now comes through the loop. */
static void signals_begin(void) {
    static const int ignored[] = {SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGPIPE};
    sigset_t none;
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void events_begin(struct worker *worker) {
    struct timeval period;
    struct event_base *base = worker->process.base;
    worker->terminate = evsignal_new(base, SIGTERM, on_terminate, worker);
    worker->master =
        event_new(base, worker->start->master_fd, EV_READ | EV_PERSIST, on_master_gone, worker);
    worker->tick = event_new(base, -1, EV_PERSIST, on_tick, worker);
    worker->settle = event_new(base, -1, EV_PERSIST, on_settle, worker);
    worker->give_up = evtimer_new(base, on_give_up, worker);
    event_add(worker->terminate, NULL);
    event_add(worker->master, NULL);
    event_add(worker->tick, interval(&period, TICK_MS));
}

static void events_end(struct worker *worker) {
    struct event *all[] = {worker->terminate, worker->master, worker->tick, worker->settle,
                           worker->give_up};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        event_free(all[i]);
}

/* One for the agent and one that holds the leader lock; the workers share the rest, at least one
 * each: the sum is max_open unless there are more processes. */
static int64_t connections(const struct worker_start *start) {
    if (start->kind != KN_WORKER)
        return 1;
    int64_t share = (start->settings->db.max_open - 2) / (int64_t)start->scoreboard->workers;
    return share > 0 ? share : 1;
}

static void name_process(const struct worker_start *start) {
    char name[16];
    if (start->kind == KN_WORKER)
        evutil_snprintf(name, sizeof(name), "kenangand-w%u", start->index);
    else
        evutil_snprintf(name, sizeof(name), "kenangand-agent");
    prctl(PR_SET_NAME, name);
}

static void loop(struct worker *worker) {
    struct timeval period;
    worker->begun_ms = clock_ms();
    event_add(worker->settle, interval(&period, SETTLE_MS));
    event_active(worker->settle, EV_TIMEOUT, 0);
    while (!worker->finished && event_base_loop(worker->process.base, EVLOOP_ONCE) == 0)
        log_flush(); /* the access lines of one turn share a write */
}

int worker_run(const struct worker_start *start) {
    char *error = NULL;
    struct worker worker = {.start = start, .slot = &start->scoreboard->slots[start->index]};
    worker.process = (struct process){.kind = start->kind,
                                      .index = start->index,
                                      .base = base_new(),
                                      .settings = start->settings,
                                      .scoreboard = start->scoreboard,
                                      .limits = start->limits};
    log_level_set(start->settings->log_level);
    name_process(start);
    events_begin(&worker);
    signals_begin();
    int status = 1;
    if (services_new(&worker.process, connections(start), start->quarantine, &error) == 0 &&
        services_start(&worker.process, &error) == 0) {
        loop(&worker);
        status = 0;
    } else {
        log_write(KN_ERROR, start->kind == KN_WORKER ? "worker" : "agent", NULL, "%s", error);
    }
    services_free(&worker.process);
    events_end(&worker);
    event_base_free(worker.process.base);
    libevent_global_shutdown();
    free(error);
    log_flush();
    return status;
}

int worker_check(struct settings *settings, char **error) {
    struct process process = {.kind = KN_CHECKING, .settings = settings};
    int status = services_new(&process, 0, 0, error);
    services_free(&process);
    return status == 0 ? 0 : 1;
}
