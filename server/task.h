/* SPDX-License-Identifier: BSD-3-Clause */
/* A throwaway child of the master: does something the master itself must not (load modules, wait
 * for a database) and reports success or one line. */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <sys/types.h>

struct settings;

/* Runs in the child: exit status, and *error malloc'd when it is not 0. */
typedef int task_fn(struct settings *settings, char **error);

struct task {
    pid_t pid;   /* 0: none under way */
    int fd;      /* where it reports */
    int status;  /* exit status, -1 when a signal ended it */
    char *error; /* what it reported; never NULL after it has ended */
};

/* life_fd: the master's end of the pipe that tells workers of its death, closed in the child. */
int task_start(struct task *task, task_fn *fn, struct settings *settings, int life_fd);
/* True when pid was the task's: it has ended, status and error are set. */
bool task_ended(struct task *task, pid_t pid, int wait_status);
void task_kill(struct task *task);
void task_clear(struct task *task); /* one that was killed is forgotten */

#endif
