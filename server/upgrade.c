/* SPDX-License-Identifier: BSD-3-Clause */
#include "upgrade.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "buf.h"
#include "clock.h"
#include "fleet.h"
#include "listen.h"
#include "log.h"

#define ENV_FDS     "KENANGAN_LISTEN_FDS"
#define ENV_STARTED "KENANGAN_STARTED"
#define ENV_MASTER  "KENANGAN_OLD_MASTER"

static char *own_path(void) {
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    return xstrdup(path);
}

/* Not resolved further: an upgrade is often a symbolic link that points elsewhere now. */
char *upgrade_program(const char *argv0) {
    char here[PATH_MAX];
    if (!strchr(argv0, '/'))
        return own_path();
    if (argv0[0] == '/' || !getcwd(here, sizeof(here)))
        return xstrdup(argv0);
    struct buf path = {0};
    buf_printf(&path, "%s/%s", here, argv0);
    return buf_take(&path);
}

static void set_number(const char *name, long long value) {
    char text[32];
    snprintf(text, sizeof(text), "%lld", value);
    setenv(name, text, 1);
}

static void become(const char *program, char **argv, const struct ground *ground, pid_t master) {
    struct buf fds = {0};
    sigset_t none;
    listeners_hand_down(ground->listeners, &fds);
    setenv(ENV_FDS, buf_text(&fds), 1);
    set_number(ENV_STARTED, ground->started_ms);
    set_number(ENV_MASTER, master);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv(program, argv);
    log_write(KN_ERROR, "master", NULL, "cannot run %s: %s", program, strerror(errno));
    _exit(1);
}

pid_t upgrade_begin(const char *program, char **argv, const struct ground *ground) {
    pid_t master = getpid();
    if (master == 1) {
        log_write(KN_ERROR, "master", NULL,
                  "process 1 of a container cannot be replaced: start a new container instead");
        return -1;
    }
    log_flush();
    pid_t pid = fork();
    if (pid == 0)
        become(program, argv, ground, master);
    if (pid < 0)
        log_write(KN_ERROR, "master", NULL, "cannot fork for the upgrade: %s", strerror(errno));
    else
        log_write(KN_INFO, "master", NULL, "upgrade: started %s as pid %ld", program, (long)pid);
    return pid;
}

int upgrade_inherit(struct ground *ground, pid_t *old_master, char **error) {
    const char *fds = getenv(ENV_FDS), *started = getenv(ENV_STARTED), *master = getenv(ENV_MASTER);
    ground->started_ms = clock_ms();
    *old_master = 0;
    int status = 0;
    /* Inherited by something else in between, the variables mean nothing. */
    if (fds && master && strtol(master, NULL, 10) == (long)getppid()) {
        *old_master = getppid();
        if (started)
            ground->started_ms = strtoll(started, NULL, 10);
        status = listeners_inherit(ground->listeners, fds, error);
    }
    unsetenv(ENV_FDS);
    unsetenv(ENV_STARTED);
    unsetenv(ENV_MASTER);
    return status;
}
