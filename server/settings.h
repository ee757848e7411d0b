/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's configuration: YAML file, conf.d files, then environment variables, checked and
 * typed. Immutable once read; everything in it lives as long as it does. (Not called config.h:
 * autoconf owns that name.)
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <kenangan.h>

struct yaml_node; /* a subtree with file and line of each node, see yaml_node.h */

struct settings_http {
    const char *const *listen;          /* "0.0.0.0", "::", "127.0.0.1"; ended by NULL */
    uint16_t port;                      /* PORT */
    const char *const *trusted_proxies; /* addresses or CIDR, ended by NULL; forwarded headers count only from these */
    const char *const *cors_origins;    /* CORS_ALLOWED_ORIGINS */
    int64_t connections;                /* per worker */
    int64_t connections_per_ip;         /* per worker; 0: no limit */
    int64_t line_max, header_max, header_count, body_max; /* bytes, bytes, number, bytes */
    int64_t header_timeout, body_timeout, idle_timeout, write_timeout, handler_timeout; /* ms, absolute */
    int64_t drain_timeout;              /* ms that a worker waits for its requests when it leaves */
    bool access_log;
};

struct settings_db {
    const char *host, *user, *password, *name, *sslmode; /* DB_* */
    uint16_t port;
    int64_t max_open, max_idle; /* per instance, shared out over its processes */
    int64_t lifetime;           /* ms */
    int64_t pipeline_depth;     /* statements on their way per connection */
    int64_t queue_max;          /* requests waiting per process before 503 */
    int64_t timeout;            /* ms a statement may take */
    bool migrate;               /* apply migrations at start */
};

struct settings_module {
    const char *name;
    const char *path;                /* file name in the module directory, or absolute */
    const struct yaml_node *options; /* mapping or NULL */
    const struct yaml_node *checks;  /* mapping or NULL: {menu: {critical: true, interval: 10s}} */
    const char *where;               /* "kenangan.yaml:12", for messages */
};

struct settings_limiter {
    const char *name;
    int64_t budget; /* requests ... */
    int64_t period; /* ... per ms, refilled continuously */
    const char *key; /* "ip", "ip+path", "user" */
    bool accepted_only; /* give the token back when the reply is 4xx or 5xx */
};

struct settings_permission {
    const char *name, *roles; /* overrides the module's default */
};

struct settings {
    const char *path; /* the main file, as given; NULL: defaults and environment only */
    const char *environment;
    enum kn_log_level log_level;
    int64_t workers; /* 0: one per core */
    const char *module_dir, *sql_dir, *pid_file; /* pid_file may be NULL */
    struct settings_http http;
    struct settings_db db;
    const struct settings_module *modules;
    size_t module_count;
    const struct settings_limiter *limiters;
    size_t limiter_count;
    const struct settings_permission *permissions;
    size_t permission_count;
};

/*
 * Reads everything. On failure returns NULL and *error is a malloc'd line: "kenangan.yaml:12:
 * unknown key "prot" in "http"; did you mean "port"?".
 */
struct settings *settings_read(const char *path, char **error);
void settings_free(struct settings *settings);

/*
 * Fills a module's configuration struct from its table, its YAML options and the environment.
 * Returns 0, or -1 with *error as above. Strings and lists live as long as settings.
 */
int settings_options(struct settings *settings, const struct settings_module *module,
                     const struct kn_module *descriptor, void *conf, char **error);

/* Logs a warning for each secret that stands in a file everybody can read. */
void settings_secrets_warn(const struct settings_module *module,
                           const struct kn_module *descriptor);

/* What the configuration says of a module's health check, instead of the module itself. Members it
 * does not mention stay as they are; false when it does not mention the check at all. */
bool settings_check_override(const struct settings_module *module, const char *name, bool *critical,
                             int64_t *interval, int64_t *timeout);

#endif
