/* SPDX-License-Identifier: BSD-3-Clause */
#include "task.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "log.h"

#define REPORT_MAX 4096 /* fits in any pipe, so that the child never waits for the master */

static void child_main(task_fn *fn, struct settings *settings, int fd) {
    sigset_t none;
    char *error = NULL;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int status = fn(settings, &error);
    if (error) {
        ssize_t told = write(fd, error, strnlen(error, REPORT_MAX));
        (void)told; /* without a reader nobody misses it */
    }
    free(error);
    log_flush();
    _exit(status);
}

int task_start(struct task *task, task_fn *fn, struct settings *settings, int life_fd) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        close(life_fd);
        child_main(fn, settings, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -1;
    }
    *task = (struct task){.pid = pid, .fd = ends[0]};
    return 0;
}

bool task_ended(struct task *task, pid_t pid, int wait_status) {
    if (task->pid != pid || pid == 0)
        return false;
    char text[REPORT_MAX + 1];
    ssize_t length = read(task->fd, text, REPORT_MAX);
    text[length > 0 ? length : 0] = '\0';
    close(task->fd);
    task->pid = 0;
    task->status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    if (WIFSIGNALED(wait_status) && text[0] == '\0')
        snprintf(text, sizeof(text), "ended by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    task->error = xstrdup(text);
    return true;
}

void task_kill(struct task *task) {
    if (task->pid > 0)
        kill(task->pid, SIGKILL);
}

void task_clear(struct task *task) {
    if (task->pid > 0) {
        close(task->fd);
        task->pid = 0;
    }
    free(task->error);
    task->error = NULL;
}
