/* SPDX-License-Identifier: BSD-3-Clause */
/* GET /api/v1/admin/health: the card on the settings page. */
#include "health.h"

#include "backup.h"
#include "database.h"
#include "stamp.h"

#define BACKUP_GRACE INT64_C(7200) /* seconds a backup may be late before it counts as stale */

/* What is known of the database while the backups are looked for. */
struct card {
    struct database_state database;
    time_t checked;
};

static void card_database(struct kn_req *req, struct kn_json *json, const struct card *card) {
    long long micros = card->database.duration;

    kn_json_open(json, "database");
    kn_json_text(json, "status", card->database.healthy ? "connected" : "disconnected");
    kn_json_number(json, "latency_ms",
                   kn_req_printf(req, "%lld.%03lld", micros / 1000, micros % 1000));
    kn_json_text(json, "last_check", stamp_time(req, card->checked));
    kn_json_close(json);
}

static void card_api(struct kn_req *req, struct kn_json *json) {
    struct kn_server_stats stats;

    kn_server_stats_read(kn_req_ctx(req), &stats, sizeof(stats));
    kn_json_open(json, "api");
    kn_json_text(json, "status", "online");
    kn_json_text(json, "version", stats.version);
    kn_json_close(json);
}

static const char *card_backup_word(time_t newest, int64_t interval) {
    if (newest == 0)
        return "unknown";
    return time(NULL) - newest <= interval + BACKUP_GRACE ? "up_to_date" : "stale";
}

/* Without a backup there is no telling when the next one comes. */
static void card_backup(struct kn_req *req, struct kn_json *json, time_t newest, int64_t interval) {
    kn_json_open(json, "backup");
    kn_json_text(json, "status", card_backup_word(newest, interval));
    kn_json_text(json, "last_backup", newest == 0 ? NULL : stamp_time(req, newest));
    kn_json_text(json, "next_backup", newest == 0 ? NULL : stamp_time(req, newest + interval));
    kn_json_close(json);
}

static void card_send(struct kn_req *req, time_t newest) {
    const struct health *health = kn_ctx_state(kn_req_ctx(req));
    struct kn_json *json = kn_reply_open(req, 200, "System health retrieved");

    kn_json_open(json, "data");
    card_database(req, json, kn_req_data(req));
    card_api(req, json);
    card_backup(req, json, newest, health->conf->backup_interval / 1000);
    kn_json_close(json);
    kn_reply_send(req);
}

static void card_probed(struct kn_req *req, const struct database_state *database) {
    const struct health *health = kn_ctx_state(kn_req_ctx(req));
    struct card *card = kn_req_alloc(req, sizeof(*card));

    card->database = *database;
    card->checked = time(NULL);
    kn_req_data_set(req, card);
    backup_find(req, health->conf->backup_dir, card_send);
}

void health_card(struct kn_req *req, void *state) {
    (void)state;
    database_probe(req, card_probed);
}
