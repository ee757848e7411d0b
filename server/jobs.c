/* SPDX-License-Identifier: BSD-3-Clause */
#include "jobs.h"

#include <event2/event.h>
#include <kenangan.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "backoff.h"
#include "clock.h"
#include "ctx.h"
#include "db.h"
#include "leader.h"
#include "log.h"
#include "modules.h"
#include "process.h"

#define FIRST_MS         1000 /* jobs start spread over this much after the process */
#define PRUNE_MS         3600000
#define PRUNE_TIMEOUT_MS 8000

struct kn_job {
    struct kn_job *next;
    struct jobs *jobs;
    struct kn_ctx *ctx; /* NULL: the server's own */
    const char *name;
    int64_t interval;
    unsigned flags;
    kn_job_fn *fn;
    struct event *timer;
    bool running;
    int64_t began_ms;
};

struct jobs {
    struct process *process;
    struct kn_job *first;
    struct kn_job prune;
    struct leader *leader; /* NULL before the start */
};

/* ---------------------------------------------------------------- running */

static void timer_set(struct kn_job *job, int64_t ms) {
    struct timeval wait = {ms / 1000, ms % 1000 * 1000};
    evtimer_add(job->timer, &wait);
}

static bool may_run(const struct kn_job *job) {
    return !(job->flags & KN_JOB_LEADER) || jobs_leader(job->jobs);
}

static void run(struct kn_job *job) {
    job->running = true;
    job->began_ms = clock_ms();
    if (!job->ctx) {
        job->fn(job, job->jobs);
        return;
    }
    int before = modules_enter(job->ctx);
    job->fn(job, job->ctx->state);
    modules_leave(job->ctx, before);
}

/* A job without the lead waits for it: on_lead() starts it then. */
static void on_timer(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct kn_job *job = arg;
    if (!job->running && !job->jobs->process->draining && may_run(job))
        run(job);
}

void kn_job_done(struct kn_job *job, bool ok, const char *detail) {
    int64_t elapsed = clock_ms() - job->began_ms;
    if (!job->running)
        return;
    job->running = false;
    log_write(ok ? KN_DEBUG : KN_WARN, job->ctx ? job->ctx->module->name : "jobs", NULL,
              "job %s %s after %lld ms%s%s", job->name, ok ? "done" : "failed", (long long)elapsed,
              detail && *detail ? ": " : "", detail ? detail : "");
    if (job->timer)
        timer_set(job, job->interval > elapsed ? job->interval - elapsed : 1);
}

static void on_lead(void *arg, bool leads) {
    struct jobs *jobs = arg;
    for (struct kn_job *job = jobs->first; job && leads; job = job->next)
        if (job->flags & KN_JOB_LEADER && !job->running && !evtimer_pending(job->timer, NULL))
            timer_set(job, random_below(FIRST_MS));
}

/* ---------------------------------------------------------------- the server's own job */

static const struct kn_stmt prune_stmt = {.name = "core.events_prune",
                                          .sql = "SELECT events_prune('7 days')"};

static void on_pruned(void *arg, const struct kn_db_reply *reply) {
    bool ok = kn_db_status(reply) == KN_DB_OK;
    kn_job_done(arg, ok, ok ? "" : kn_db_message(reply));
}

static void events_prune(struct kn_job *job, void *state) {
    struct jobs *jobs = state;
    struct kn_query query = {&prune_stmt, NULL, 0};
    db_send(jobs->process->db, NULL, &query, 1, PRUNE_TIMEOUT_MS, on_pruned, job);
}

/* ---------------------------------------------------------------- the module's side */

static void job_append(struct jobs *jobs, struct kn_job *job) {
    struct kn_job **end = &jobs->first;
    job->jobs = jobs;
    while (*end)
        end = &(*end)->next;
    *end = job;
}

int kn_job_add(struct kn_ctx *ctx, const char *name, int64_t interval, unsigned flags,
               kn_job_fn *fn) {
    struct jobs *jobs = ctx->process->jobs;
    if (interval <= 0)
        return kn_ctx_fail(ctx, "job \"%s\": its interval must be above 0", name);
    if (!jobs) /* a worker, or a check of the configuration */
        return 0;
    struct kn_job *job = arena_alloc(ctx->arena, sizeof(*job));
    job->ctx = ctx;
    job->name = arena_strdup(ctx->arena, name);
    job->interval = interval;
    job->flags = flags;
    job->fn = fn;
    job_append(jobs, job);
    return 0;
}

/* ---------------------------------------------------------------- life */

struct jobs *jobs_new(struct process *process) {
    struct jobs *jobs = xcalloc(1, sizeof(*jobs));
    jobs->process = process;
    jobs->prune.name = "events_prune";
    jobs->prune.interval = PRUNE_MS;
    jobs->prune.flags = KN_JOB_LEADER;
    jobs->prune.fn = events_prune;
    job_append(jobs, &jobs->prune);
    return jobs;
}

void jobs_start(struct jobs *jobs) {
    for (struct kn_job *job = jobs->first; job; job = job->next) {
        job->timer = evtimer_new(jobs->process->base, on_timer, job);
        timer_set(job, random_below(job->interval < FIRST_MS ? (uint32_t)job->interval : FIRST_MS));
    }
    jobs->leader = leader_new(jobs->process, on_lead, jobs);
}

bool jobs_leader(const struct jobs *jobs) {
    return jobs->leader && leader_leads(jobs->leader);
}

/* Jobs of modules live in their modules' memory, which goes later. */
void jobs_free(struct jobs *jobs) {
    if (!jobs)
        return;
    for (struct kn_job *job = jobs->first; job; job = job->next)
        if (job->timer) {
            event_free(job->timer);
            job->timer = NULL;
        }
    leader_free(jobs->leader);
    free(jobs);
}
