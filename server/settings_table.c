/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings_table.h"

#include <stddef.h>

#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

#define AT(member)      offsetof(struct settings_store, member)
#define HTTP_AT(member) offsetof(struct settings_store, settings.http.member)
#define DB_AT(member)   offsetof(struct settings_store, settings.db.member)

/* A table reads better in rows. */
/* clang-format off */
static const struct setting top[] = {
    {{"environment", KN_OPTION_STRING, 0, AT(settings.environment), "development", "ENVIRONMENT",
      "shown by the health check"}, 0, 0},
    {{"log_level", KN_OPTION_STRING, 0, AT(log_level), "INFO", "LOG_LEVEL",
      "DEBUG, INFO, WARN or ERROR"}, 0, 0},
    {{"workers", KN_OPTION_INTEGER, 0, AT(settings.workers), "0", "KENANGAN_WORKERS",
      "worker processes; 0: one per processor"}, 0, 256},
    {{"module_dir", KN_OPTION_STRING, 0, AT(settings.module_dir), KN_MODULE_DIR, NULL,
      "folder of the modules"}, 0, 0},
    {{"sql_dir", KN_OPTION_STRING, 0, AT(settings.sql_dir), KN_SQL_DIR, NULL,
      "folder of the migrations"}, 0, 0},
    {{"pid_file", KN_OPTION_STRING, 0, AT(settings.pid_file), NULL, NULL,
      "holds the process id of the master"}, 0, 0},
    {{NULL, 0, 0, 0, NULL, NULL, NULL}, 0, 0},
};

static const struct setting http[] = {
    {{"listen", KN_OPTION_LIST, 0, HTTP_AT(listen), "0.0.0.0, ::", NULL, "addresses"}, 0, 0},
    {{"port", KN_OPTION_INTEGER, 0, AT(http_port), "8080", "PORT", "port"}, 1, 65535},
    {{"trusted_proxies", KN_OPTION_LIST, 0, HTTP_AT(trusted_proxies), "", NULL,
      "addresses or networks whose X-Forwarded-For is believed"}, 0, 0},
    {{"cors_origins", KN_OPTION_LIST, 0, HTTP_AT(cors_origins), "http://localhost:3000",
      "CORS_ALLOWED_ORIGINS", "origins of web clients"}, 0, 0},
    {{"connections", KN_OPTION_INTEGER, 0, HTTP_AT(connections), "10000", NULL,
      "connections of one worker"}, 1, 1000000},
    {{"connections_per_ip", KN_OPTION_INTEGER, 0, HTTP_AT(connections_per_ip), "0", NULL,
      "of these from one address; 0: no limit"}, 0, 1000000},
    {{"line_max", KN_OPTION_SIZE, 0, HTTP_AT(line_max), "8K", NULL, "longest request line"},
     256, 64 * KIB},
    {{"header_max", KN_OPTION_SIZE, 0, HTTP_AT(header_max), "16K", NULL, "all headers together"},
     KIB, 256 * KIB},
    {{"header_count", KN_OPTION_INTEGER, 0, HTTP_AT(header_count), "64", NULL, "header lines"},
     8, 1000},
    {{"body_max", KN_OPTION_SIZE, 0, HTTP_AT(body_max), "64K", NULL,
      "largest body of a route that does not say otherwise"}, KIB, 6 * MIB},
    {{"header_timeout", KN_OPTION_DURATION, 0, HTTP_AT(header_timeout), "10s", NULL,
      "for the whole head"}, 100, HOUR},
    {{"body_timeout", KN_OPTION_DURATION, 0, HTTP_AT(body_timeout), "30s", NULL,
      "for the whole body"}, 100, HOUR},
    {{"idle_timeout", KN_OPTION_DURATION, 0, HTTP_AT(idle_timeout), "75s", NULL,
      "between requests; longer than the proxy's keep-alive"}, 100, HOUR},
    {{"write_timeout", KN_OPTION_DURATION, 0, HTTP_AT(write_timeout), "60s", NULL,
      "for the whole reply"}, 100, HOUR},
    {{"handler_timeout", KN_OPTION_DURATION, 0, HTTP_AT(handler_timeout), "25s", NULL,
      "until a request without a reply is answered 504"}, 100, HOUR},
    {{"drain_timeout", KN_OPTION_DURATION, 0, HTTP_AT(drain_timeout), "30s", NULL,
      "that a leaving worker waits for its requests"}, 0, HOUR},
    {{"access_log", KN_OPTION_BOOLEAN, 0, HTTP_AT(access_log), "true", NULL, "log each request"},
     0, 0},
    {{NULL, 0, 0, 0, NULL, NULL, NULL}, 0, 0},
};

static const struct setting database[] = {
    {{"host", KN_OPTION_STRING, 0, DB_AT(host), "postgres", "DB_HOST",
      "host, or folder of a unix socket"}, 0, 0},
    {{"port", KN_OPTION_INTEGER, 0, AT(db_port), "5432", "DB_PORT", "port"}, 1, 65535},
    {{"user", KN_OPTION_STRING, 0, DB_AT(user), "postgres", "DB_USER", "role"}, 0, 0},
    {{"password", KN_OPTION_STRING, KN_OPTION_SECRET, DB_AT(password), "", "DB_PASSWORD",
      "its password"}, 0, 0},
    {{"name", KN_OPTION_STRING, 0, DB_AT(name), "pos_system", "DB_NAME", "database"}, 0, 0},
    {{"sslmode", KN_OPTION_STRING, 0, DB_AT(sslmode), "prefer", "DB_SSLMODE",
      "disable, allow, prefer, require, verify-ca or verify-full"}, 0, 0},
    {{"max_open", KN_OPTION_INTEGER, 0, DB_AT(max_open), "25", "DB_MAX_OPEN_CONNS",
      "connections of this instance"}, 1, 10000},
    {{"max_idle", KN_OPTION_INTEGER, 0, DB_AT(max_idle), "10", "DB_MAX_IDLE_CONNS",
      "of these, kept when there is nothing to do"}, 0, 10000},
    {{"lifetime", KN_OPTION_DURATION, 0, DB_AT(lifetime), "1h", "DB_CONN_MAX_LIFETIME",
      "of a connection; 0: without end"}, 0, 365 * 24 * HOUR},
    {{"pipeline_depth", KN_OPTION_INTEGER, 0, DB_AT(pipeline_depth), "8", NULL,
      "statements on their way on one connection"}, 1, 256},
    {{"queue_max", KN_OPTION_INTEGER, 0, DB_AT(queue_max), "1000", NULL,
      "requests of a process that wait for a connection"}, 0, 100000},
    {{"timeout", KN_OPTION_DURATION, 0, DB_AT(timeout), "10s", NULL, "for a statement"},
     100, HOUR},
    {{"migrate", KN_OPTION_BOOLEAN, 0, DB_AT(migrate), "true", NULL,
      "apply missing migrations at start"}, 0, 0},
    {{NULL, 0, 0, 0, NULL, NULL, NULL}, 0, 0},
};
/* clang-format on */

const struct settings_section *settings_sections(void) {
    static const struct settings_section sections[] = {
        {"", top}, {"http", http}, {"database", database}, {NULL, NULL}};
    return sections;
}

struct option_table settings_table(const struct settings_section *section) {
    return (struct option_table){section->table, sizeof(struct setting)};
}

const char *const *settings_top_keys(void) {
    static const char *const keys[] = {"include",     "http",    "database", "limiters",
                                       "permissions", "modules", NULL};
    return keys;
}

const struct settings_limiter *settings_limiter_defaults(void) {
    static const struct settings_limiter limiters[] = {
        {"strict", 5, MINUTE, "ip", false},
        {"public", 600, MINUTE, "ip", false},
        {"contact", 3, 5 * MINUTE, "ip", true},
        {"qr-scan", 30, MINUTE, "ip", false},
        {"customer-order", 30, MINUTE, "ip", false},
        {"order-poll", 60, MINUTE, "ip+path", false},
        {NULL, 0, 0, NULL, false},
    };
    return limiters;
}
