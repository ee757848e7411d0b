/* SPDX-License-Identifier: BSD-3-Clause */
#include "work.h"

#include <event2/event.h>
#include <kenangan.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arena.h"
#include "ctx.h"
#include "log.h"
#include "modules.h"
#include "process.h"

#define THREADS   2
#define QUEUE_MAX 256

struct task {
    struct task *next;
    struct kn_ctx *ctx;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct task_list {
    struct task *first, **end;
};

struct work {
    struct process *process;
    struct event *wake; /* on the loop: something is finished */
    int wake_fd;
    pthread_t threads[THREADS];
    unsigned thread_count;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t filled;
    struct task_list waiting, finished;
    size_t unfinished; /* waiting or running */
    bool closing;
};

static void list_init(struct task_list *list) {
    list->first = NULL;
    list->end = &list->first;
}

static void list_add(struct task_list *list, struct task *task) {
    task->next = NULL;
    *list->end = task;
    list->end = &task->next;
}

static struct task *list_take(struct task_list *list) {
    struct task *task = list->first;
    if (task && !(list->first = task->next))
        list->end = &list->first;
    return task;
}

static void wake_loop(struct work *work) {
    uint64_t one = 1;
    while (write(work->wake_fd, &one, sizeof(one)) < 0)
        ; /* only EINTR: the counter cannot overflow */
}

static void *thread_main(void *arg) {
    struct work *work = arg;
    pthread_mutex_lock(&work->lock);
    while (true) {
        struct task *task = work->closing ? NULL : list_take(&work->waiting);
        if (!task && work->closing)
            break;
        if (!task) {
            pthread_cond_wait(&work->filled, &work->lock);
            continue;
        }
        pthread_mutex_unlock(&work->lock);
        task->work(task->arg);
        pthread_mutex_lock(&work->lock);
        work->unfinished--;
        list_add(&work->finished, task);
        wake_loop(work);
    }
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

/* Signals are the loop's business. */
static void threads_start(struct work *work) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (work->thread_count < THREADS &&
           pthread_create(&work->threads[work->thread_count], NULL, thread_main, work) == 0)
        work->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (work->thread_count == 0)
        log_write(KN_ERROR, "work", NULL,
                  "cannot start a thread; raise the limit on tasks (TasksMax)");
}

static void finish_tasks(struct work *work) {
    struct task *task;
    while (true) {
        pthread_mutex_lock(&work->lock);
        task = list_take(&work->finished);
        pthread_mutex_unlock(&work->lock);
        if (!task)
            return;
        int before = modules_enter(task->ctx);
        task->done(task->arg);
        modules_leave(task->ctx, before);
        free(task);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg) {
    (void)what;
    uint64_t count;
    if (read(fd, &count, sizeof(count)) > 0)
        finish_tasks(arg);
}

struct work *work_new(struct process *process) {
    struct work *work = xcalloc(1, sizeof(*work));
    work->process = process;
    work->wake_fd = -1;
    pthread_mutex_init(&work->lock, NULL);
    pthread_cond_init(&work->filled, NULL);
    list_init(&work->waiting);
    list_init(&work->finished);
    return work;
}

static bool work_begin(struct work *work) {
    if (work->wake_fd < 0) {
        work->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (work->wake_fd < 0)
            return false;
        work->wake =
            event_new(work->process->base, work->wake_fd, EV_READ | EV_PERSIST, on_wake, work);
        event_add(work->wake, NULL);
    }
    if (work->thread_count == 0)
        threads_start(work);
    return work->thread_count > 0;
}

bool kn_work_run(struct kn_ctx *ctx, void (*work_fn)(void *arg), void (*done)(void *arg),
                 void *arg) {
    struct work *work = ctx->process->work;
    if (!ctx->process->base || !work_begin(work))
        return false;
    pthread_mutex_lock(&work->lock);
    bool room = work->unfinished < QUEUE_MAX;
    if (room) {
        struct task *task = xcalloc(1, sizeof(*task));
        *task = (struct task){.ctx = ctx, .work = work_fn, .done = done, .arg = arg};
        list_add(&work->waiting, task);
        work->unfinished++;
        pthread_cond_signal(&work->filled);
    }
    pthread_mutex_unlock(&work->lock);
    return room;
}

static void threads_stop(struct work *work) {
    pthread_mutex_lock(&work->lock);
    work->closing = true;
    pthread_cond_broadcast(&work->filled);
    pthread_mutex_unlock(&work->lock);
    for (unsigned i = 0; i < work->thread_count; i++)
        pthread_join(work->threads[i], NULL);
}

/* Called while the requests still exist: what is finished tells them so. What never began is only
 * there when the drain ran out of time, and is given up with its requests. */
void work_free(struct work *work) {
    if (!work)
        return;
    threads_stop(work);
    finish_tasks(work);
    for (struct task *task; (task = list_take(&work->waiting));)
        free(task);
    if (work->wake)
        event_free(work->wake);
    if (work->wake_fd >= 0)
        close(work->wake_fd);
    pthread_cond_destroy(&work->filled);
    pthread_mutex_destroy(&work->lock);
    free(work);
}
