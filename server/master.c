/* SPDX-License-Identifier: BSD-3-Clause */
#include "master.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "change.h"
#include "clock.h"
#include "fleet.h"
#include "limiter.h"
#include "listen.h"
#include "log.h"
#include "master_say.h"
#include "notify.h"
#include "pid_file.h"
#include "settings.h"
#include "upgrade.h"

#define MIGRATE_AGAIN_MS 3000

struct master {
    const struct master_start *start;
    struct ground ground;
    struct fleet *serving; /* NULL until the first change is done */
    struct fleet *leaving; /* older ones, a list */
    struct change change;
    bool reload_again;     /* SIGHUP came during a change */
    struct task migrate;   /* retried until the database is there */
    int64_t migrate_at_ms; /* INT64_MAX: nothing to migrate */
    char *program;
    pid_t upgrade, old_master;
    char *pid_file;
    bool stopping;
    int status;
};

/* ---------------------------------------------------------------- fleets that leave */

static void leave(struct master *master, struct fleet *fleet) {
    if (!fleet)
        return;
    fleet_leave(fleet);
    fleet->next = master->leaving;
    master->leaving = fleet;
}

static void tend_leaving(struct master *master, int64_t now_ms) {
    struct fleet **place = &master->leaving;
    bool any = *place != NULL;
    while (*place) {
        struct fleet *fleet = *place;
        fleet_tend(fleet, &master->ground, now_ms);
        if (fleet_gone(fleet)) {
            *place = fleet->next;
            fleet_free(fleet);
        } else {
            place = &fleet->next;
        }
    }
    /* Nobody accepts any more on addresses that only the old settings had. */
    if (any && !master->leaving && master->serving && master->change.phase == CHANGE_IDLE)
        listeners_prune(master->ground.listeners, &master->serving->settings->http);
}

/* ---------------------------------------------------------------- changes */

static void reload(struct master *master) {
    char *error = NULL;
    if (master->change.phase != CHANGE_IDLE) {
        master->reload_again = true;
        return;
    }
    log_write(KN_INFO, "master", NULL, "reloading the configuration");
    notify_send("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_us());
    struct settings *settings = settings_read(master->start->config, &error);
    if (settings) {
        change_begin(&master->change, settings, &master->ground);
        return;
    }
    log_write(KN_ERROR, "master", NULL, "%s", error);
    log_write(KN_ERROR, "master", NULL, "reload refused; the server goes on as it was");
    notify_send("READY=1");
    free(error);
}

static void use_pid_file(struct master *master, const char *path) {
    if (master->pid_file && (!path || strcmp(path, master->pid_file) != 0))
        pid_file_remove(master->pid_file);
    free(master->pid_file);
    master->pid_file = path ? xstrdup(path) : NULL;
    if (path)
        pid_file_write(path);
}

static void changed(struct master *master, struct fleet *fleet) {
    bool first = !master->serving;
    leave(master, master->serving);
    master->serving = fleet;
    master->migrate_at_ms =
        master->change.migrate_later ? clock_ms() + MIGRATE_AGAIN_MS : INT64_MAX;
    log_level_set(fleet->settings->log_level);
    use_pid_file(master,
                 master->start->pid_file ? master->start->pid_file : fleet->settings->pid_file);
    master_say_serving(fleet->settings, fleet->workers, first ? "serving" : "reloaded, serving");
    notify_send("READY=1\nMAINPID=%ld\nSTATUS=serving", (long)getpid());
    if (master->old_master && master->old_master == getppid())
        kill(master->old_master, SIGTERM);
    master->old_master = 0;
}

static void change_failed(struct master *master, struct fleet *fleet) {
    leave(master, fleet);
    if (master->serving) {
        log_write(KN_ERROR, "master", NULL, "reload refused; the server goes on as it was");
        notify_send("READY=1");
        return;
    }
    master->stopping = true;
    master->status = 1;
}

static void tend_change(struct master *master, int64_t now_ms) {
    struct fleet *fleet = NULL;
    if (master->change.phase == CHANGE_IDLE)
        return;
    switch (change_step(&master->change, &master->ground, now_ms, &fleet)) {
    case CHANGE_UNDER_WAY:
        return;
    case CHANGE_DONE:
        changed(master, fleet);
        break;
    case CHANGE_FAILED:
        change_failed(master, fleet);
        break;
    }
    if (master->reload_again && !master->stopping) {
        master->reload_again = false;
        reload(master);
    }
}

/* ---------------------------------------------------------------- migrating later */

static void tend_migration(struct master *master, int64_t now_ms) {
    if (master->migrate.pid > 0 || now_ms < master->migrate_at_ms ||
        master->change.phase != CHANGE_IDLE)
        return;
    master->migrate_at_ms = now_ms + MIGRATE_AGAIN_MS;
    task_clear(&master->migrate);
    task_start(&master->migrate, change_migrate, master->serving->settings, master->ground.life[1]);
}

static void migration_ended(struct master *master) {
    if (master->migrate.status == 0) {
        master->migrate_at_ms = INT64_MAX;
        log_write(KN_INFO, "master", NULL, "the database is there; its schema is up to date");
    } else {
        enum kn_log_level level = master->migrate.status == CHANGE_NO_DATABASE ? KN_WARN : KN_ERROR;
        master->migrate_at_ms = clock_ms() + MIGRATE_AGAIN_MS;
        log_write(level, "master", NULL, "not migrated, will try again: %s", master->migrate.error);
    }
}

/* ---------------------------------------------------------------- signals */

static void upgrade(struct master *master) {
    if (master->upgrade > 0 || master->change.phase != CHANGE_IDLE) {
        log_write(KN_WARN, "master", NULL,
                  "upgrade refused: a reload or an upgrade is under way; try again in a moment");
        return;
    }
    master->upgrade = upgrade_begin(master->program, master->start->argv, &master->ground);
}

static void stop_at_once(struct master *master) {
    log_write(KN_WARN, "master", NULL, "told twice to stop: leaving without waiting");
    for (struct fleet *fleet = master->leaving; fleet; fleet = fleet->next)
        fleet_kill(fleet);
}

static void stop(struct master *master) {
    if (master->stopping) {
        stop_at_once(master);
        return;
    }
    master->stopping = true;
    log_write(KN_INFO, "master", NULL, "stopping: finishing what is under way");
    if (master->upgrade <= 0) /* otherwise the new master is the service now */
        notify_send("STOPPING=1");
    leave(master, change_cancel(&master->change, &master->ground));
    leave(master, master->serving);
    master->serving = NULL;
    task_kill(&master->migrate);
    master->migrate_at_ms = INT64_MAX;
}

static void child_ended(struct master *master, pid_t pid, int wait_status) {
    if (pid == master->upgrade) {
        master->upgrade = 0;
        log_write(KN_ERROR, "master", NULL,
                  "the upgrade failed, the lines above say why; this version goes on");
        return;
    }
    if (task_ended(&master->migrate, pid, wait_status)) {
        migration_ended(master);
        return;
    }
    if (change_died(&master->change, pid, wait_status) ||
        fleet_died(master->serving, pid, wait_status))
        return;
    for (struct fleet *fleet = master->leaving; fleet; fleet = fleet->next)
        if (fleet_died(fleet, pid, wait_status))
            return;
}

static void reap(struct master *master) {
    int wait_status;
    for (pid_t pid; (pid = waitpid(-1, &wait_status, WNOHANG)) > 0;)
        child_ended(master, pid, wait_status);
}

static void on_signal(struct master *master, uint32_t number) {
    switch (number) {
    case SIGCHLD:
        reap(master);
        break;
    case SIGHUP:
        if (!master->stopping)
            reload(master);
        break;
    case SIGUSR2:
        if (!master->stopping)
            upgrade(master);
        break;
    default: /* SIGTERM, SIGINT */
        stop(master);
    }
}

static int signals_new(void) {
    static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
        sigaddset(&set, handled[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---------------------------------------------------------------- the loop */

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int timeout(const struct master *master) {
    int64_t now = clock_ms(), due = earlier(now + 1000, master->change.phase != CHANGE_IDLE
                                                            ? master->change.deadline_ms
                                                            : INT64_MAX);
    if (master->migrate.pid <= 0)
        due = earlier(due, master->migrate_at_ms);
    if (master->serving)
        due = earlier(due, fleet_due_ms(master->serving));
    if (master->change.fleet)
        due = earlier(due, fleet_due_ms(master->change.fleet));
    for (const struct fleet *fleet = master->leaving; fleet; fleet = fleet->next)
        due = earlier(due, fleet_due_ms(fleet));
    return due > now ? (int)(due - now) : 0;
}

static void wait_for_something(const struct master *master) {
    struct pollfd watched[3] = {{.fd = master->ground.signal_fd, .events = POLLIN}};
    nfds_t count = 1;
    if (master->serving)
        watched[count++] = (struct pollfd){.fd = master->serving->ready[0], .events = POLLIN};
    if (master->change.fleet)
        watched[count++] = (struct pollfd){.fd = master->change.fleet->ready[0], .events = POLLIN};
    poll(watched, count, timeout(master));
}

static void turn(struct master *master) {
    struct signalfd_siginfo info;
    wait_for_something(master);
    while (read(master->ground.signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        on_signal(master, info.ssi_signo);
    int64_t now = clock_ms();
    if (!master->stopping) {
        tend_change(master, now);
        tend_migration(master, now);
    }
    if (master->serving)
        fleet_tend(master->serving, &master->ground, now);
    tend_leaving(master, now);
    log_flush();
}

static int ground_new(struct master *master) {
    struct ground *ground = &master->ground;
    char *error = NULL;
    ground->listeners = listeners_new();
    ground->limits = limiter_table_new();
    ground->signal_fd = signals_new();
    if (ground->signal_fd < 0 || pipe2(ground->life, O_CLOEXEC) != 0) {
        log_write(KN_ERROR, "master", NULL, "cannot start: %s", strerror(errno));
        return -1;
    }
    if (upgrade_inherit(ground, &master->old_master, &error) == 0)
        return 0;
    log_write(KN_ERROR, "master", NULL, "%s", error);
    free(error);
    return -1;
}

static void master_free(struct master *master) {
    if (master->pid_file)
        pid_file_remove(master->pid_file);
    free(master->pid_file);
    task_clear(&master->migrate);
    listeners_free(master->ground.listeners);
    limiter_table_free(master->ground.limits);
    free(master->program);
}

int master_run(const struct master_start *start) {
    struct master master = {
        .start = start, .program = upgrade_program(start->argv[0]), .migrate_at_ms = INT64_MAX};
    if (ground_new(&master) != 0) {
        settings_free(start->settings);
        master_free(&master);
        return 1;
    }
    change_begin(&master.change, start->settings, &master.ground);
    while (!master.stopping || master.leaving)
        turn(&master);
    if (master.status == 0)
        log_write(KN_INFO, "master", NULL, "stopped");
    master_free(&master);
    return master.status;
}
