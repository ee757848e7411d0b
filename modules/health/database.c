/* SPDX-License-Identifier: BSD-3-Clause */
#include "database.h"

#include <string.h>
#include <time.h>
#include <kenangan.h>

struct probe {
    int64_t started;
    database_fn *then;
};

static const struct kn_stmt database_select = {
    .name = "health.database",
    .sql = "SELECT 1",
    .flags = KN_STMT_READ | KN_STMT_PROBE,
};

static int64_t database_clock(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What went wrong in words that are safe to publish: PostgreSQL's own name hosts and users. */
static const char *database_category(const struct kn_db_reply *reply) {
    static const struct {
        const char *part, *category;
    } table[] = {
        {"refused", "connection refused"},
        {"No such file", "connection refused"},
        {"too many", "too many connections"},
        {"starting up", "starting up"},
        {"shutting down", "shutting down"},
        {"authentication", "authentication failed"},
        {"does not exist", "database not found"},
        {"timeout", "timeout"},
        {"timed out", "timeout"},
        {"lost", "connection lost"},
        {"recovering", "recovering"},
        {"host name", "host name not found"},
        {"TLS", "TLS failed"},
    };
    const char *message = kn_db_message(reply);

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (message != NULL && strstr(message, table[i].part) != NULL)
            return table[i].category;
    return "unavailable";
}

static void database_answered(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct probe *probe = kn_req_data(req);
    struct database_state state = {
        .healthy = kn_db_status(reply) == KN_DB_OK,
        .duration = database_clock() - probe->started,
    };

    if (!state.healthy)
        state.error = database_category(reply);
    probe->then(req, &state);
}

void database_probe(struct kn_req *req, database_fn *then) {
    struct probe *probe = kn_req_alloc(req, sizeof(*probe));

    probe->started = database_clock();
    probe->then = then;
    kn_req_data_set(req, probe);
    kn_req_query_db(req, &database_select, NULL, 0, database_answered);
}
