/* SPDX-License-Identifier: BSD-3-Clause */
#include "fleet.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "listen.h"
#include "log.h"
#include "scoreboard.h"
#include "settings.h"
#include "worker.h"

#define LOOK_MS          1000
#define HUNG_LOOKS       30 /* looks, not a clock: a machine that was stopped must not look hung */
#define QUICK_MS         1000 /* dying sooner than that leads to a pause */
#define PAUSE_MS         100
#define PAUSE_MAX_MS     5000
#define QUICK_DEATHS_MAX 3 /* before a new fleet is given up */
#define CRASH_WINDOW_MS  60000
#define LEAVE_EXTRA_MS   5000

static unsigned worker_count(const struct settings *settings) {
    cpu_set_t cores;
    if (settings->workers > 0)
        return (unsigned)settings->workers;
    return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (unsigned)CPU_COUNT(&cores) : 1;
}

struct fleet *fleet_new(struct settings *settings, const struct ground *ground) {
    unsigned workers = worker_count(settings);
    struct fleet *fleet = xcalloc(1, sizeof(*fleet) + (workers + 1) * sizeof(fleet->members[0]));
    if (pipe2(fleet->ready, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(fleet);
        return NULL;
    }
    fleet->settings = settings;
    fleet->workers = workers;
    fleet->board = scoreboard_new(workers, ground->started_ms);
    return fleet;
}

void fleet_free(struct fleet *fleet) {
    if (!fleet)
        return;
    close(fleet->ready[0]);
    close(fleet->ready[1]);
    scoreboard_free(fleet->board);
    settings_free(fleet->settings);
    free(fleet);
}

/* ---------------------------------------------------------------- starting */

static int child_main(struct fleet *fleet, const struct ground *ground, unsigned index) {
    struct worker_start start = {.kind = index < fleet->workers ? KN_WORKER : KN_AGENT,
                                 .index = index,
                                 .settings = fleet->settings,
                                 .scoreboard = fleet->board,
                                 .limits = ground->limits,
                                 .master_fd = ground->life[0],
                                 .ready_fd = fleet->ready[1],
                                 .quarantine = fleet->quarantine};
    int *fds = NULL;
    if (start.kind == KN_WORKER)
        fds = listeners_of_worker(ground->listeners, &fleet->settings->http, index, fleet->workers,
                                  &start.listen_count);
    start.listen_fds = fds;
    close(ground->life[1]);
    close(ground->signal_fd);
    close(fleet->ready[0]);
    listeners_keep(ground->listeners, fds, start.listen_count);
    int status = worker_run(&start);
    free(fds);
    return status;
}

static void start_member(struct fleet *fleet, const struct ground *ground, unsigned index) {
    struct member *member = &fleet->members[index];
    log_flush(); /* or the child would write it again */
    scoreboard_begin(&fleet->board->slots[index], 0);
    pid_t pid = fork();
    if (pid == 0)
        exit(child_main(fleet, ground, index));
    member->begun_ms = clock_ms();
    member->still = 0;
    member->hung = false;
    if (pid < 0) {
        log_write(KN_ERROR, "master", NULL,
                  "cannot fork: %s; raise the limit on processes or memory", strerror(errno));
        scoreboard_end(&fleet->board->slots[index]);
        member->due_ms = member->begun_ms + PAUSE_MAX_MS;
        return;
    }
    member->pid = pid;
    atomic_store_explicit(&fleet->board->slots[index].pid, pid, memory_order_relaxed);
}

void fleet_start(struct fleet *fleet, const struct ground *ground) {
    for (unsigned i = 0; i <= fleet->workers; i++)
        start_member(fleet, ground, i);
}

/* ---------------------------------------------------------------- dying */

static bool is_crash(int wait_status) {
    if (!WIFSIGNALED(wait_status))
        return false;
    switch (WTERMSIG(wait_status)) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGABRT:
    case SIGTRAP:
    case SIGSYS:
        return true;
    default:
        return false; /* somebody sent it */
    }
}

/* The oldest of the last crashes is the one that is overwritten. */
static void blame(struct fleet *fleet, int module) {
    if (module < 0 || (size_t)module >= fleet->settings->module_count ||
        module >= QUARANTINE_MODULES || fleet->quarantine & (uint64_t)1 << module)
        return;
    int64_t *crashes = fleet->crashes_ms[module], now = clock_ms();
    memmove(&crashes[0], &crashes[1], (QUARANTINE_CRASHES - 1) * sizeof(crashes[0]));
    crashes[QUARANTINE_CRASHES - 1] = now;
    if (crashes[0] == 0 || now - crashes[0] > CRASH_WINDOW_MS)
        return;
    fleet->quarantine |= (uint64_t)1 << module;
    log_write(KN_ERROR, "master", NULL,
              "module %s crashed %d times within a minute: in workers started from now on its "
              "routes answer 503; repair or disable it, then reload (SIGHUP)",
              fleet->settings->modules[module].name, QUARANTINE_CRASHES);
}

static const char *module_name(const struct fleet *fleet, int module) {
    return module >= 0 && (size_t)module < fleet->settings->module_count
               ? fleet->settings->modules[module].name
               : "none (the core)";
}

static void report_death(const struct fleet *fleet, unsigned index, pid_t pid, int wait_status,
                         int module) {
    const char *kind = index < fleet->workers ? "worker" : "agent";
    if (WIFSIGNALED(wait_status))
        log_write(KN_ERROR, "master", NULL,
                  "%s %u (pid %ld) was ended by signal %d (%s); running module: %s", kind, index,
                  (long)pid, WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)),
                  module_name(fleet, module));
    else
        log_write(KN_ERROR, "master", NULL, "%s %u (pid %ld) left with status %d", kind, index,
                  (long)pid, WEXITSTATUS(wait_status));
}

static void plan_restart(struct fleet *fleet, struct member *member, int wait_status) {
    int64_t now = clock_ms(), pause = 0;
    member->quick_deaths = now - member->begun_ms < QUICK_MS ? member->quick_deaths + 1 : 0;
    if (!fleet->complete && ((WIFEXITED(wait_status) && WEXITSTATUS(wait_status) != 0) ||
                             member->quick_deaths >= QUICK_DEATHS_MAX))
        fleet->failed = true;
    if (member->quick_deaths > 1)
        pause = (int64_t)PAUSE_MS << (member->quick_deaths < 10 ? member->quick_deaths - 2 : 8);
    member->due_ms = now + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
    atomic_fetch_add_explicit(&fleet->board->worker_restarts, 1, memory_order_relaxed);
}

static void member_died(struct fleet *fleet, unsigned index, int wait_status) {
    struct member *member = &fleet->members[index];
    struct slot *slot = &fleet->board->slots[index];
    int module = atomic_load_explicit(&slot->running_module, memory_order_relaxed);
    pid_t pid = member->pid;
    member->pid = 0;
    scoreboard_end(slot);
    if (fleet->leaving && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)
        return;
    report_death(fleet, index, pid, wait_status, module);
    if (is_crash(wait_status) || member->hung)
        blame(fleet, module);
    if (!fleet->leaving)
        plan_restart(fleet, member, wait_status);
}

bool fleet_died(struct fleet *fleet, pid_t pid, int wait_status) {
    for (unsigned i = 0; fleet && i <= fleet->workers; i++)
        if (fleet->members[i].pid == pid) {
            member_died(fleet, i, wait_status);
            return true;
        }
    return false;
}

/* ---------------------------------------------------------------- tending */

static void look(struct fleet *fleet, unsigned index) {
    struct member *member = &fleet->members[index];
    struct slot *slot = &fleet->board->slots[index];
    int64_t beat = atomic_load_explicit(&slot->heartbeat_ms, memory_order_relaxed);
    bool moved = beat != member->heartbeat_ms ||
                 atomic_load_explicit(&slot->state, memory_order_relaxed) != SLOT_READY;
    member->heartbeat_ms = beat;
    member->still = moved ? 0 : member->still + 1;
    if (member->still < HUNG_LOOKS || member->hung)
        return;
    member->hung = true;
    log_write(KN_ERROR, "master", NULL, "%s %u (pid %ld) has not moved for %d s: killing it",
              index < fleet->workers ? "worker" : "agent", index, (long)member->pid,
              HUNG_LOOKS * LOOK_MS / 1000);
    kill(member->pid, SIGKILL);
}

static bool all_serve(const struct fleet *fleet) {
    for (unsigned i = 0; i <= fleet->workers; i++)
        if (atomic_load_explicit(&fleet->board->slots[i].state, memory_order_relaxed) != SLOT_READY)
            return false;
    return true;
}

static void tend_leaving(struct fleet *fleet, int64_t now_ms) {
    if (now_ms < fleet->kill_at_ms || fleet_gone(fleet))
        return;
    log_write(KN_WARN, "master", NULL, "some processes would not leave in time: killing them");
    fleet_kill(fleet);
    fleet->kill_at_ms = now_ms + LEAVE_EXTRA_MS;
}

void fleet_tend(struct fleet *fleet, const struct ground *ground, int64_t now_ms) {
    char bytes[64];
    while (read(fleet->ready[0], bytes, sizeof(bytes)) > 0)
        ; /* only wakes the master: the board tells more */
    if (fleet->leaving) {
        tend_leaving(fleet, now_ms);
        return;
    }
    bool time_to_look = now_ms >= fleet->look_at_ms;
    if (time_to_look)
        fleet->look_at_ms = now_ms + LOOK_MS;
    for (unsigned i = 0; i <= fleet->workers; i++)
        if (fleet->members[i].pid == 0 && now_ms >= fleet->members[i].due_ms)
            start_member(fleet, ground, i);
        else if (fleet->members[i].pid > 0 && time_to_look)
            look(fleet, i);
    fleet->complete = fleet->complete || all_serve(fleet);
}

int64_t fleet_due_ms(const struct fleet *fleet) {
    int64_t due = fleet->leaving ? fleet->kill_at_ms : fleet->look_at_ms;
    for (unsigned i = 0; !fleet->leaving && i <= fleet->workers; i++)
        if (fleet->members[i].pid == 0 && fleet->members[i].due_ms < due)
            due = fleet->members[i].due_ms;
    return due;
}

/* ---------------------------------------------------------------- leaving */

static void send_all(const struct fleet *fleet, int number) {
    for (unsigned i = 0; i <= fleet->workers; i++)
        if (fleet->members[i].pid > 0)
            kill(fleet->members[i].pid, number);
}

void fleet_leave(struct fleet *fleet) {
    if (fleet->leaving)
        return;
    fleet->leaving = true;
    fleet->kill_at_ms = clock_ms() + fleet->settings->http.drain_timeout + LEAVE_EXTRA_MS;
    send_all(fleet, SIGTERM);
}

void fleet_kill(struct fleet *fleet) {
    send_all(fleet, SIGKILL);
}

bool fleet_gone(const struct fleet *fleet) {
    for (unsigned i = 0; i <= fleet->workers; i++)
        if (fleet->members[i].pid > 0)
            return false;
    return true;
}
