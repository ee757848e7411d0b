/* SPDX-License-Identifier: BSD-3-Clause */
#include "services.h"

#include <stddef.h>

#include "access.h"
#include "checks.h"
#include "db.h"
#include "events.h"
#include "http.h"
#include "jobs.h"
#include "limiter.h"
#include "metrics.h"
#include "modules.h"
#include "process.h"
#include "router.h"
#include "settings.h"
#include "watch.h"
#include "work.h"

/* A check has all that setup() may declare something to, and nothing that needs a loop. */
int services_new(struct process *process, int64_t db_connections, uint64_t quarantine,
                 char **error) {
    if (http_check(&process->settings->http, error) != 0)
        return -1;
    process->metrics = metrics_new(process);
    process->limiter = limiter_new(process);
    process->access = access_new(process);
    process->router = router_new();
    if (process->kind != KN_CHECKING)
        process->db = db_new(process, db_connections);
    process->watches = watches_new(process);
    process->events = events_new(process);
    process->checks = checks_new(process);
    if (process->kind == KN_AGENT)
        process->jobs = jobs_new(process);
    process->work = work_new(process);
    if (!modules_load(process, quarantine, error) ||
        access_resolve(process->access, process->router, error) != 0 ||
        limiter_resolve(process->limiter, process->router, error) != 0)
        return -1;
    if (process->kind == KN_WORKER)
        process->http = http_new(process);
    return 0;
}

int services_start(struct process *process, char **error) {
    if (modules_start(process->modules, error) != 0)
        return -1;
    watches_start(process->watches);
    events_start(process->events);
    checks_start(process->checks);
    if (process->jobs)
        jobs_start(process->jobs);
    return 0;
}

/* What still owes a callback goes first, while all that the callbacks may touch is there; then the
 * modules, then what the modules stand on. HTTP goes before the database: to be rid of its
 * connections it turns the loop once more, and timers that come due then still ask the database. */
void services_free(struct process *process) {
    work_free(process->work);
    if (process->http)
        http_free(process->http);
    if (process->db)
        db_free(process->db);
    if (process->modules)
        modules_stop(process->modules);
    jobs_free(process->jobs);
    checks_free(process->checks);
    events_free(process->events);
    watches_free(process->watches);
    if (process->modules)
        modules_free(process->modules);
    router_free(process->router);
    access_free(process->access);
    limiter_free(process->limiter);
    metrics_free(process->metrics);
}
