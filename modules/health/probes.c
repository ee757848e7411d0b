/* SPDX-License-Identifier: BSD-3-Clause */
/* GET /livez and /readyz: for whoever starts, stops and balances instances. */
#include "health.h"

#include "checks_seen.h"
#include "database.h"

/* reason is NULL when there is nothing to complain of. */
static void probe_reply(struct kn_req *req, int status, const char *word, const char *reason) {
    struct kn_json *json = kn_reply_open_bare(req, status);

    kn_json_open(json, NULL);
    kn_json_text(json, "status", word);
    if (reason != NULL)
        kn_json_text(json, "reason", reason);
    kn_json_close(json);
    kn_reply_send(req);
}

static bool probe_draining(struct kn_req *req) {
    struct kn_server_stats stats;

    kn_server_stats_read(kn_req_ctx(req), &stats, sizeof(stats));
    return stats.draining;
}

void health_live(struct kn_req *req, void *state) {
    (void)state;
    kn_reply_header(req, "Cache-Control", "no-store");
    probe_reply(req, 200, "alive", NULL);
}

static void ready_probed(struct kn_req *req, const struct database_state *database) {
    if (!database->healthy)
        probe_reply(req, 503, "not_ready", kn_req_printf(req, "database: %s", database->error));
    else if (!checks_seen_healthy(kn_req_ctx(req)))
        probe_reply(req, 503, "not_ready", "a critical check fails, see /health");
    else
        probe_reply(req, 200, "ready", NULL);
}

void health_ready(struct kn_req *req, void *state) {
    (void)state;
    kn_reply_header(req, "Cache-Control", "no-store");
    if (probe_draining(req))
        probe_reply(req, 503, "not_ready", "draining");
    else
        database_probe(req, ready_probed);
}
