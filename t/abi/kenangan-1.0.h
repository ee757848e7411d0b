/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kenangan.h: the module interface of Kenangan POS.
 *
 * A module is a shared object that exports one function, kn_module_entry(), and includes nothing of
 * the server but this header. The server calls a module only from the event loop of one process (a
 * worker or the agent), never from two threads at once; work given to kn_work_run() is the one
 * exception and says so.
 *
 * Strings are UTF-8 and end in NUL. Unless a comment says otherwise a string passed in is copied
 * before the call returns, and a string handed out lives as long as the object it came from: for a
 * request until its reply is sent, for a database reply until its callback returns, for a module
 * context until the process ends. Times are milliseconds.
 *
 * Stability: the descriptor and its tables travel with their sizes, and new members are only
 * appended. kn_field, kn_stmt, kn_query, kn_user, kn_page and kn_event have no size beside them and
 * therefore never change. A module built against 1.x loads in every later 1.y.
 */
#ifndef KENANGAN_H
#define KENANGAN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default) /* the server itself is compiled with -fvisibility=hidden */
#endif

#define KN_ABI_MAJOR 1 /* another major number is refused */
#define KN_ABI_MINOR 0 /* a module may ask for at most the minor number the server offers */

#if defined(__GNUC__)
#define KN_PRINTF(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))
#define KN_EXPORT __attribute__((visibility("default")))
#else
#define KN_PRINTF(format_index, first_arg)
#define KN_EXPORT
#endif

struct kn_ctx;      /* a module within one process; lives as long as the process */
struct kn_req;      /* one HTTP request, from its dispatch until its reply is sent */
struct kn_form;     /* a validated request body; lives as long as its request */
struct kn_json;     /* a JSON text being written */
struct kn_db_reply; /* what PostgreSQL answered; lives during the callback */
struct kn_check;    /* one run of a health check */
struct kn_watch;    /* reference data kept in memory and reloaded when it changes */
struct kn_job;      /* one run of a background job */
struct kn_counter;  /* a metric shared by the workers of this instance */

/* ---------------------------------------------------------------- the module descriptor */

/* Server-filled configuration. Each option is a member of the module's own configuration struct. */
enum kn_option_type {
    KN_OPTION_STRING,   /* const char * */
    KN_OPTION_INTEGER,  /* int64_t */
    KN_OPTION_BOOLEAN,  /* bool */
    KN_OPTION_DURATION, /* int64_t, milliseconds; written 250ms, 10s, 5m, 24h, 7d */
    KN_OPTION_SIZE,     /* int64_t, bytes; written 512, 64K, 5M */
    KN_OPTION_LIST      /* const char *const *, ended by NULL; written [a, b] or "a,b" */
};

enum kn_option_flag {
    KN_OPTION_REQUIRED = 1, /* no default: starting without it is an error */
    KN_OPTION_SECRET = 2    /* never printed */
};

struct kn_option {
    const char *name;         /* key under the module's `options:` in YAML; NULL ends the table */
    enum kn_option_type type; /* decides the member's C type, see above */
    unsigned flags;           /* kn_option_flag, or-ed */
    size_t offset;            /* offsetof() the member */
    const char *fallback;     /* default as it would be written in YAML; NULL: zero or NULL */
    const char *env;          /* environment variable that overrides YAML; NULL: none */
    const char *help;         /* one line, shown by `kenanganctl module list -v` */
};

/* Permissions a module brings, with the roles that hold them unless the configuration says otherwise. */
struct kn_permission {
    const char *name;  /* "orders.create"; NULL ends the table */
    const char *roles; /* "admin manager server" */
    const char *help;  /* one line */
};

enum kn_route_flag {
    KN_ROUTE_SAME_ORIGIN = 1, /* refuse a foreign Origin or Referer (CSRF guard) */
    KN_ROUTE_CACHEABLE = 2    /* the handler sets Cache-Control itself instead of no-store */
};

typedef void kn_handler_fn(struct kn_req *req, void *state);

/*
 * A route. `permission` is "public" (no sign-in, an Authorization header is ignored), "staff" (any
 * signed-in user) or the name of a kn_permission. Static segments win over {parameters}. The
 * handler must cause exactly one reply, at once or later; a request still without a reply after the
 * server's handler deadline (25 s by default) is answered 504 for it, and what the handler replies
 * afterwards is dropped silently. A second reply is a programming error and ends the process.
 */
struct kn_route {
    const char *method;     /* "GET", "POST", "PUT", "PATCH", "DELETE"; NULL ends the table */
    const char *pattern;    /* whole path, "/api/v1/orders/{id}" */
    kn_handler_fn *handler; /* called with the state of kn_ctx_state() */
    const char *permission; /* required: a route without one is refused at load time */
    const char *limiters;   /* names of configured limiters, separated by spaces; NULL: none */
    size_t body_max;        /* bytes; 0: the configured default (64 KiB) */
    unsigned flags;         /* kn_route_flag, or-ed */
};

/*
 * The descriptor. Life of a module in a process: options are read into a zeroed struct of
 * conf_size bytes, setup() (declare checks, watches, subscriptions, jobs; no I/O), start() (the
 * event loop is about to run, the database may be asked), then handlers and callbacks, drain() (no
 * new requests come, finish), stop() (release what is yours). A reload starts new processes, so
 * there is no callback for it. setup() and start() return 0, or -1 after kn_ctx_fail(). A NULL
 * callback is skipped.
 */
struct kn_module {
    size_t struct_size;              /* sizeof(struct kn_module) */
    unsigned abi_major, abi_minor;   /* KN_ABI_MAJOR, KN_ABI_MINOR */
    size_t option_size, route_size;  /* sizeof(struct kn_option), sizeof(struct kn_route) */
    size_t permission_size;          /* sizeof(struct kn_permission) */
    const char *name;                /* "orders", the name used in YAML */
    const char *version;             /* the module's own version */
    const char *summary;             /* one line */
    const char *const *depends;      /* names of modules that must be on, ended by NULL; or NULL */
    const struct kn_option *options; /* or NULL */
    size_t conf_size;                /* sizeof the configuration struct, 0 without options */
    const struct kn_permission *permissions; /* or NULL */
    const struct kn_route *routes;           /* or NULL */
    int (*setup)(struct kn_ctx *ctx);
    int (*start)(struct kn_ctx *ctx);
    void (*drain)(struct kn_ctx *ctx);
    void (*stop)(struct kn_ctx *ctx);
};

/* The one symbol a module exports. Returns a static descriptor; called once per process. */
KN_EXPORT const struct kn_module *kn_module_entry(void);

/* ---------------------------------------------------------------- the module context */

enum kn_process {
    KN_WORKER = 1, /* serves HTTP */
    KN_AGENT = 2,   /* jobs and everything slow or outward; no HTTP */
    KN_CHECKING = 3 /* a throwaway process that validates a configuration: setup() only */
};

enum kn_process kn_ctx_process(const struct kn_ctx *ctx);

/* The filled configuration struct (conf_size bytes), or NULL. */
const void *kn_ctx_conf(const struct kn_ctx *ctx);

/* The module's own state, handed to handlers and callbacks. Set it in setup(). */
void kn_ctx_state_set(struct kn_ctx *ctx, void *state);
void *kn_ctx_state(const struct kn_ctx *ctx);

/* Zeroed memory that lives as long as the process. Never NULL: the process ends when memory does. */
void *kn_ctx_alloc(struct kn_ctx *ctx, size_t size);

/* Says why setup() or start() fails, in one line that tells the operator what to do. Returns -1. */
int kn_ctx_fail(struct kn_ctx *ctx, const char *format, ...) KN_PRINTF(2, 3);

/* True when a module of that name is on. */
bool kn_ctx_has_module(const struct kn_ctx *ctx, const char *name);

/* ---------------------------------------------------------------- log and metrics */

enum kn_log_level { KN_DEBUG, KN_INFO, KN_WARN, KN_ERROR };

/* One JSON line; values of password, token, secret and API key parameters are masked. */
void kn_log(struct kn_ctx *ctx, enum kn_log_level level, const char *format, ...) KN_PRINTF(3, 4);

/* The same, with the request id. */
void kn_req_log(struct kn_req *req, enum kn_log_level level, const char *format, ...)
    KN_PRINTF(3, 4);

/* A Prometheus counter (name ends in _total), summed over the workers of this instance. In setup(). */
struct kn_counter *kn_counter_add(struct kn_ctx *ctx, const char *name, const char *help);
void kn_counter_increment(struct kn_counter *counter, uint64_t by);

/* Monotonic milliseconds. */
int64_t kn_clock_ms(void);

/* ---------------------------------------------------------------- the request */

/* The signed-in user. */
struct kn_user {
    const char *id; /* UUID */
    const char *name;
    const char *role;
};

struct kn_ctx *kn_req_ctx(const struct kn_req *req);
const char *kn_req_method(const struct kn_req *req);
const char *kn_req_path(const struct kn_req *req);      /* decoded, canonical, without query */
const char *kn_req_id(const struct kn_req *req);        /* the X-Request-ID of this request */
const char *kn_req_client_ip(const struct kn_req *req); /* forwarded address only from trusted proxies */
const struct kn_user *kn_req_user(const struct kn_req *req); /* NULL on public routes */

/* A path parameter, decoded; NULL when the pattern has none of that name. */
const char *kn_req_param(const struct kn_req *req, const char *name);

/* A path parameter that must be a UUID, lower-cased; otherwise replies 400 invalid_uuid, gives NULL. */
const char *kn_req_param_uuid(struct kn_req *req, const char *name);

/* The index-th (from 0) value of a query parameter, decoded; NULL when there is none. */
const char *kn_req_query(const struct kn_req *req, const char *name, size_t index);

/* "true" is true, anything else (or nothing) false. */
bool kn_req_query_true(const struct kn_req *req, const char *name);

/* A query parameter that must be a UUID. Returns false after replying 400; *value is NULL when absent. */
bool kn_req_query_uuid(struct kn_req *req, const char *name, const char **value);

/* Paging as the contract has it: page, per_page, limit, offset. Never fails. */
struct kn_page {
    int64_t number; /* from 1 */
    int64_t size;   /* 1 to 100 */
    int64_t offset; /* rows to skip */
    bool asked;     /* any paging key was given */
};
struct kn_page kn_req_page(const struct kn_req *req, int64_t default_size);

/* A request header, or NULL. */
const char *kn_req_header(const struct kn_req *req, const char *name);

/* The raw body, at most the route's body_max; *length may be NULL. Never NULL. */
const void *kn_req_body(const struct kn_req *req, size_t *length);

/* Memory that lives until the reply is sent. Never NULL. */
void *kn_req_alloc(struct kn_req *req, size_t size);
char *kn_req_strdup(struct kn_req *req, const char *text);
char *kn_req_printf(struct kn_req *req, const char *format, ...) KN_PRINTF(2, 3);

/* Calls fn(arg) when the request ends, in reverse order of registration. */
void kn_req_cleanup(struct kn_req *req, void (*fn)(void *arg), void *arg);

/* One pointer that a handler keeps for its own callbacks. */
void kn_req_data_set(struct kn_req *req, void *data);
void *kn_req_data(const struct kn_req *req);

/* ---------------------------------------------------------------- the request body */

enum kn_field_type {
    KN_FIELD_TEXT,    /* trimmed string */
    KN_FIELD_UUID,    /* string, given out in lower case */
    KN_FIELD_INTEGER, /* whole number */
    KN_FIELD_MONEY,   /* number with at most two decimals; given out as decimal text "49500.00" */
    KN_FIELD_BOOLEAN, /* given out as "true" or "false" */
    KN_FIELD_CHOICE,  /* one of `choices` */
    KN_FIELD_EMAIL,   /* trimmed string of the form local@domain */
    KN_FIELD_LIST     /* array of objects described by `items` */
};

enum kn_field_flag {
    KN_FIELD_REQUIRED = 1, /* absent, null or (for text) empty gives the code `missing` */
    KN_FIELD_NULLABLE = 2, /* null is a value; without it null counts as absent */
    KN_FIELD_PLAIN = 4,    /* strip HTML tags: text written by guests */
    KN_FIELD_VERBATIM = 8, /* do not trim: passwords */
    KN_FIELD_EMPTY_IS_NULL = 16 /* an empty string counts as null */
};

/* A member of a JSON body and the contract's error codes for it. Keys not listed are ignored. */
struct kn_field {
    const char *name; /* NULL ends the table */
    enum kn_field_type type;
    unsigned flags;
    int64_t min, max; /* characters, value, minor units (1/100) or elements; 0, 0: no bounds */
    const char *missing;              /* error code, default "missing_fields" */
    const char *invalid;              /* wrong type or value, default "invalid_" + name */
    const char *too_long;             /* text over max, default "field_too_long" */
    const char *const *choices;       /* KN_FIELD_CHOICE: ended by NULL */
    const struct kn_field *items;     /* KN_FIELD_LIST: the elements' members */
};

/*
 * Parses and validates the body. On bad input replies 400 (invalid_json, or the field's code with a
 * message that names the field) and returns NULL: the handler just returns.
 */
struct kn_form *kn_req_form(struct kn_req *req, const struct kn_field *fields);

/* The canonical text of a member: NULL when absent or null. Ready to be a SQL parameter. */
const char *kn_form_text(const struct kn_form *form, const char *name);

/* True when the key was sent (even as null, if the field is nullable). */
bool kn_form_has(const struct kn_form *form, const char *name);

/* How many of the listed keys were sent. */
size_t kn_form_size(const struct kn_form *form);

/* A list member: its length, one element's member, and one member of all elements as a PostgreSQL
 * array literal ('{"a",NULL}'). */
size_t kn_form_list_size(const struct kn_form *form, const char *list);
const char *kn_form_item(const struct kn_form *form, const char *list, size_t index,
                         const char *name);
const char *kn_form_list_array(const struct kn_form *form, const char *list, const char *name);

/* The validated members as one canonical JSON object: only keys that were sent, in table order. */
const char *kn_form_json(const struct kn_form *form);

/* ---------------------------------------------------------------- the reply */

/*
 * Opens the success envelope {"success":true,"message":...} and leaves it open for further members
 * ("data", "meta"); kn_reply_send() closes and sends it.
 */
struct kn_json *kn_reply_open(struct kn_req *req, int status, const char *message);

/* Opens a reply without an envelope: the caller writes exactly one JSON value. */
struct kn_json *kn_reply_open_bare(struct kn_req *req, int status);
void kn_reply_send(struct kn_req *req);

/* The whole success envelope, without data. */
void kn_reply_done(struct kn_req *req, int status, const char *message);

/* {"success":false,"message":...,"error":code}; the message is the formatted text. */
void kn_reply_error(struct kn_req *req, int status, const char *code, const char *format, ...)
    KN_PRINTF(4, 5);

/* The same, left open after "error" for further members ("details", "data"); then kn_reply_send(). */
struct kn_json *kn_reply_open_error(struct kn_req *req, int status, const char *code,
                                    const char *message);

/* Replies to a database answer that is not KN_DB_OK: the one place where SQLSTATE becomes HTTP. */
void kn_reply_db_error(struct kn_req *req, const struct kn_db_reply *reply);

/* Adds a header; before the reply is sent. CR and LF are refused. */
void kn_reply_header(struct kn_req *req, const char *name, const char *value);

/*
 * Sends bytes that are not copied: release(arg), if given, is called when the last of them has left
 * or the client is gone. Also for statuses without a body (304): body NULL, length 0.
 */
void kn_reply_bytes(struct kn_req *req, int status, const char *content_type, const void *body,
                    size_t length, void (*release)(void *arg), void *arg);

/* ---------------------------------------------------------------- JSON text */

/* key is NULL inside arrays. Text is escaped; NULL text writes null. */
void kn_json_open(struct kn_json *json, const char *key); /* { */
void kn_json_close(struct kn_json *json);                 /* } */
void kn_json_open_list(struct kn_json *json, const char *key);
void kn_json_close_list(struct kn_json *json);
void kn_json_text(struct kn_json *json, const char *key, const char *text);
void kn_json_integer(struct kn_json *json, const char *key, int64_t value);
void kn_json_boolean(struct kn_json *json, const char *key, bool value);
void kn_json_null(struct kn_json *json, const char *key);
/* A number as PostgreSQL prints it ("49500.00"); NULL writes null. */
void kn_json_number(struct kn_json *json, const char *key, const char *decimal);
/* A timestamptz as PostgreSQL prints it in UTC, given out as RFC 3339; NULL writes null. */
void kn_json_time(struct kn_json *json, const char *key, const char *timestamptz);
/* A boolean as PostgreSQL prints it: "t" or "f". */
void kn_json_bool_text(struct kn_json *json, const char *key, const char *text);
/* Finished JSON, copied unchecked. */
void kn_json_raw(struct kn_json *json, const char *key, const char *text, size_t length);
/* The contract's paging object under the key "meta". */
void kn_json_page(struct kn_json *json, const struct kn_page *page, int64_t total);

/* A JSON text of one's own, outside a reply. */
struct kn_json *kn_json_new(void);
const char *kn_json_bytes(const struct kn_json *json, size_t *length);
void kn_json_free(struct kn_json *json);

/* ---------------------------------------------------------------- the database */

enum kn_stmt_flag {
    KN_STMT_READ = 1, /* changes nothing: may be repeated after a lost connection */
    KN_STMT_PROBE = 2 /* health probe: fails as unavailable after 2 s, not after the usual timeout */
};

/* A statement, prepared on each connection when first used. Static: the pointer is its identity. */
struct kn_stmt {
    const char *name; /* unique, "orders.place": seen in logs and traces */
    const char *sql;  /* one statement, parameters $1, $2 ... */
    unsigned flags;   /* kn_stmt_flag */
};

/* A statement with its parameters in text form; NULL is SQL NULL. Copied before the call returns. */
struct kn_query {
    const struct kn_stmt *stmt;
    const char *const *params;
    size_t param_count;
};

enum kn_db_status {
    KN_DB_OK = 0,      /* durable: PostgreSQL has committed */
    KN_DB_REFUSED,     /* PostgreSQL answered with an error; nothing was changed */
    KN_DB_UNAVAILABLE, /* never reached PostgreSQL; nothing was changed */
    KN_DB_UNCERTAIN    /* sent, but the answer was lost or came too late: it may have happened */
};

typedef void kn_req_db_fn(struct kn_req *req, const struct kn_db_reply *reply);
typedef void kn_db_fn(void *arg, const struct kn_db_reply *reply);

/*
 * Sends queries as one transaction in one round trip. The callback is called exactly once, from the
 * loop, never before this call returns: also on timeout, disconnect and shutdown, and also when the
 * client has gone (replying is then harmless). A request that changes something sends exactly one
 * query; reads may send up to 8.
 */
void kn_req_db(struct kn_req *req, const struct kn_query *queries, size_t count, kn_req_db_fn *fn);

/* The same outside a request. */
void kn_ctx_db(struct kn_ctx *ctx, const struct kn_query *queries, size_t count, kn_db_fn *fn,
               void *arg);

/* Convenience for the common case: one statement. */
void kn_req_query_db(struct kn_req *req, const struct kn_stmt *stmt, const char *const *params,
                     size_t param_count, kn_req_db_fn *fn);

enum kn_db_status kn_db_status(const struct kn_db_reply *reply);
const char *kn_db_sqlstate(const struct kn_db_reply *reply); /* "" when there is none */
const char *kn_db_message(const struct kn_db_reply *reply);  /* PostgreSQL's message: for the log */

/* Rows of the query-th query. Values are PostgreSQL's text form, NULL for SQL NULL. */
size_t kn_db_rows(const struct kn_db_reply *reply, size_t query);
const char *kn_db_value(const struct kn_db_reply *reply, size_t query, size_t row, size_t column);

/* ---------------------------------------------------------------- reference data in memory */

/*
 * Reference data (menu, users, table names) is kept in each process and read again when its topic's
 * row in reference_versions changes: every process sees a committed change within half a second.
 * fn is called after start and after each change; it loads what it needs and ends with
 * kn_watch_done(), true if the new data is in place (false: it is called again soon).
 */
typedef void kn_watch_fn(struct kn_watch *watch, void *state);
struct kn_watch *kn_watch_add(struct kn_ctx *ctx, const char *topic, kn_watch_fn *fn);
void kn_watch_done(struct kn_watch *watch, bool loaded);

/* True when the data was known to be the newest at some moment within the last max_age ms. */
bool kn_watch_fresh(const struct kn_watch *watch, int64_t max_age);

/* Loads again now and then calls then(req), at most once a request (false: was done already or not
 * possible). For a row that is not in memory yet. */
bool kn_watch_refresh(struct kn_watch *watch, struct kn_req *req, void (*then)(struct kn_req *req));

/* ---------------------------------------------------------------- sign-in */

/*
 * The module that provides sign-in sets the authenticator; the server calls it with the bearer
 * token of a request to a non-public route. It ends with exactly one of accept and refuse, at once
 * or later. The server then compares the role with the route's permission.
 */
typedef void kn_authenticator_fn(struct kn_req *req, const char *token, void *state);
int kn_authenticator_set(struct kn_ctx *ctx, kn_authenticator_fn *fn);
void kn_auth_accept(struct kn_req *req, const struct kn_user *user);
void kn_auth_refuse(struct kn_req *req, int status, const char *code, const char *message);

/* ---------------------------------------------------------------- health */

enum kn_health { KN_HEALTHY = 0, KN_UNHEALTHY = 1 };

/* Declares a health check, in setup(). It runs in every worker each interval and has timeout ms to
 * call kn_check_done(). Critical ones (set in YAML, or here by default) turn /health to 503. */
typedef void kn_check_fn(struct kn_check *check, void *state);
int kn_check_add(struct kn_ctx *ctx, const char *name, int64_t interval, int64_t timeout,
                 bool critical, kn_check_fn *fn);
void kn_check_done(struct kn_check *check, enum kn_health health, const char *detail);

/* The last result of each check of this process. */
struct kn_check_result {
    const char *name;
    enum kn_health health;
    bool critical;
    const char *detail; /* short, no secrets; may be "" */
    int64_t duration;   /* ms of the last run */
};
void kn_check_each(struct kn_ctx *ctx, void (*fn)(const struct kn_check_result *result, void *arg),
                   void *arg);

/* What the server knows of itself, summed over this instance's workers. */
struct kn_server_stats {
    const char *version;
    const char *environment; /* ENVIRONMENT */
    int64_t uptime;          /* ms since the master started */
    int64_t workers;         /* running */
    int64_t connections_open, connections_in_use, connections_idle; /* to PostgreSQL */
    bool draining;           /* this process takes no new work */
};
/* stats_size is sizeof(*stats); members this server does not know are zeroed. */
void kn_server_stats_read(struct kn_ctx *ctx, struct kn_server_stats *stats, size_t stats_size);

/* The whole Prometheus exposition of this instance; free it with kn_text_free(). */
char *kn_metrics_text(struct kn_ctx *ctx, size_t *length);
void kn_text_free(char *text);

/* ---------------------------------------------------------------- events, jobs, work */

struct kn_event {
    const char *topic;   /* "order.placed" */
    const char *key;     /* usually the id of what changed */
    const char *payload; /* JSON */
    int64_t id;          /* position in the outbox */
};

/*
 * Events are rows of the outbox, written by the same transaction as the change they tell of
 * (event_publish() in SQL). A subscriber hears those committed after its process started, in commit
 * order, from the loop, in processes of the given kind (KN_WORKER: in each worker; KN_AGENT: in the
 * agent of each instance). A topic ending in ".*" takes all that begin so. In setup().
 */
typedef void kn_event_fn(const struct kn_event *event, void *state);
int kn_event_subscribe(struct kn_ctx *ctx, enum kn_process where, const char *topic,
                       kn_event_fn *fn);

/* Publishes an event of its own transaction, for changes that have no SQL function. */
void kn_event_publish(struct kn_ctx *ctx, const char *topic, const char *key, const char *payload);

enum kn_job_flag {
    KN_JOB_LEADER = 1 /* only in the one instance that holds the leader lock */
};

/* A periodic job in the agent. fn ends with kn_job_done(); runs of one job never overlap. In setup(). */
typedef void kn_job_fn(struct kn_job *job, void *state);
int kn_job_add(struct kn_ctx *ctx, const char *name, int64_t interval, unsigned flags,
               kn_job_fn *fn);
void kn_job_done(struct kn_job *job, bool ok, const char *detail);

/* Runs work(arg) on a thread of a small pool, then done(arg) on the loop. work() must not call any
 * other function of this header. False when the queue is full: neither was or will be called. */
bool kn_work_run(struct kn_ctx *ctx, void (*work)(void *arg), void (*done)(void *arg), void *arg);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
