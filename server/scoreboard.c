/* SPDX-License-Identifier: BSD-3-Clause */
#include "scoreboard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "log.h"

struct scoreboard *scoreboard_new(unsigned workers, int64_t started_ms) {
    size_t size = sizeof(struct scoreboard) + (workers + 1) * sizeof(struct slot);
    struct scoreboard *board =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (board == MAP_FAILED) {
        log_write(KN_ERROR, "master", NULL,
                  "no shared memory for %u workers: %s; lower `workers` or raise the memory limit",
                  workers, strerror(errno));
        abort();
    }
    board->size = size;
    board->workers = workers;
    board->started_ms = started_ms;
    return board;
}

void scoreboard_free(struct scoreboard *scoreboard) {
    if (scoreboard)
        munmap(scoreboard, scoreboard->size);
}

static void clear_gauges(struct slot *slot) {
    atomic_store_explicit(&slot->running_module, -1, memory_order_relaxed);
    atomic_store_explicit(&slot->db_open, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->db_in_use, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->db_idle, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->http_connections, 0, memory_order_relaxed);
}

void scoreboard_begin(struct slot *slot, int32_t pid) {
    clear_gauges(slot);
    atomic_store_explicit(&slot->heartbeat_ms, clock_ms(), memory_order_relaxed);
    atomic_store_explicit(&slot->state, SLOT_STARTING, memory_order_relaxed);
    atomic_store_explicit(&slot->pid, pid, memory_order_relaxed);
}

void scoreboard_end(struct slot *slot) {
    clear_gauges(slot);
    atomic_store_explicit(&slot->state, SLOT_EMPTY, memory_order_relaxed);
    atomic_store_explicit(&slot->pid, 0, memory_order_relaxed);
}
