/* SPDX-License-Identifier: BSD-3-Clause */
/* The dining room by area. Tables without a location stand in "General". */
#include "tables.h"

#include <string.h>

#include "table.h"

#define LOCATION      "coalesce(nullif(t.location, ''), 'General')"
#define GROUP_COLUMN  18 /* behind the TABLE_COLUMNS */
#define OCCUPIED      "count(*) FILTER (WHERE t.is_occupied)"
#define OCCUPIED_RATE "coalesce(round(100.0 * " OCCUPIED " / nullif(count(*), 0), 2), 0)"

static const struct kn_stmt grouped_read = {
    .name = "tables.by_location",
    .sql = "SELECT " TABLE_COLUMNS ", " LOCATION " FROM dining_tables t" TABLE_ORDER
           " ORDER BY " LOCATION ", t.table_number",
    .flags = KN_STMT_READ,
};

/* The first row is the whole room, also when it has no table. */
static const struct kn_stmt status_read = {
    .name = "tables.status",
    .sql = "SELECT " LOCATION ", count(*), " OCCUPIED ", count(*) - " OCCUPIED ", " OCCUPIED_RATE
           " FROM dining_tables t GROUP BY GROUPING SETS ((), (" LOCATION "))"
           " ORDER BY grouping(" LOCATION ") DESC, 1",
    .flags = KN_STMT_READ,
};

static void groups_write(struct kn_json *json, const struct kn_db_reply *reply) {
    const char *open = NULL;
    for (size_t row = 0; row < kn_db_rows(reply, 0); row++) {
        const char *location = kn_db_value(reply, 0, row, GROUP_COLUMN);
        if (open && strcmp(open, location) != 0) {
            kn_json_close_list(json);
            kn_json_close(json);
            open = NULL;
        }
        if (!open) {
            kn_json_open(json, NULL);
            kn_json_text(json, "location", location);
            kn_json_open_list(json, "tables");
            open = location;
        }
        table_write(json, NULL, reply, row);
    }
    if (open) {
        kn_json_close_list(json);
        kn_json_close(json);
    }
}

static void tables_grouped(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct kn_json *json = kn_reply_open(req, 200, "Tables retrieved");
    kn_json_open_list(json, "data");
    groups_write(json, reply);
    kn_json_close_list(json);
    kn_reply_send(req);
}

void tables_by_location(struct kn_req *req, void *state) {
    (void)state;
    kn_req_query_db(req, &grouped_read, NULL, 0, tables_grouped);
}

static void counts_write(struct kn_json *json, const struct kn_db_reply *reply, size_t row) {
    kn_json_number(json, "total_tables", kn_db_value(reply, 0, row, 1));
    kn_json_number(json, "occupied_tables", kn_db_value(reply, 0, row, 2));
    kn_json_number(json, "available_tables", kn_db_value(reply, 0, row, 3));
    kn_json_number(json, "occupancy_rate", kn_db_value(reply, 0, row, 4));
}

static void tables_status_read(struct kn_req *req, const struct kn_db_reply *reply) {
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct kn_json *json = kn_reply_open(req, 200, "Table status retrieved");
    kn_json_open(json, "data");
    counts_write(json, reply, 0);
    kn_json_open_list(json, "by_location");
    for (size_t row = 1; row < kn_db_rows(reply, 0); row++) {
        kn_json_open(json, NULL);
        kn_json_text(json, "location", kn_db_value(reply, 0, row, 0));
        counts_write(json, reply, row);
        kn_json_close(json);
    }
    kn_json_close_list(json);
    kn_json_close(json);
    kn_reply_send(req);
}

void tables_status(struct kn_req *req, void *state) {
    (void)state;
    kn_req_query_db(req, &status_read, NULL, 0, tables_status_read);
}
