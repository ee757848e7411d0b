/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A module for the tests of the ABI: uses something of every area of the header. Built against the
 * frozen header of a release it must load in every later server of the same major number. The
 * macros let a test build it wrong.
 */
#include <kenangan.h>

#ifndef SAMPLE_STRUCT_SIZE
#define SAMPLE_STRUCT_SIZE sizeof(struct kn_module)
#endif
#ifndef SAMPLE_MAJOR
#define SAMPLE_MAJOR KN_ABI_MAJOR
#endif
#ifndef SAMPLE_MINOR
#define SAMPLE_MINOR KN_ABI_MINOR
#endif
#ifndef SAMPLE_OPTION_SIZE
#define SAMPLE_OPTION_SIZE sizeof(struct kn_option)
#endif
#ifndef SAMPLE_ROUTE_SIZE
#define SAMPLE_ROUTE_SIZE sizeof(struct kn_route)
#endif

struct sample_conf {
    const char *word;
    int64_t number, pause, room;
    bool loud;
    const char *const *list;
};

static const struct kn_option sample_options[] = {
    {"word", KN_OPTION_STRING, 0, offsetof(struct sample_conf, word), "apa", NULL, "a word"},
    {"number", KN_OPTION_INTEGER, 0, offsetof(struct sample_conf, number), "7", NULL, "a number"},
    {"pause", KN_OPTION_DURATION, 0, offsetof(struct sample_conf, pause), "250ms", NULL, "a time"},
    {"room", KN_OPTION_SIZE, 0, offsetof(struct sample_conf, room), "64K", NULL, "a size"},
    {"loud", KN_OPTION_BOOLEAN, 0, offsetof(struct sample_conf, loud), "true", NULL, "yes or no"},
    {"list", KN_OPTION_LIST, 0, offsetof(struct sample_conf, list), "a,b", NULL, "words"},
    {NULL, KN_OPTION_STRING, 0, 0, NULL, NULL, NULL}};

static const struct kn_permission sample_permissions[] = {
    {"sample.see", "admin kitchen", "see the sample"}, {NULL, NULL, NULL}};

static const struct kn_stmt sample_sum = {"sample.sum", "SELECT $1::int + $2::int", KN_STMT_READ};

static void sample_summed(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct sample_conf *conf = (const struct sample_conf *)kn_ctx_conf(kn_req_ctx(req));
    struct kn_json *json;
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    kn_reply_header(req, "X-Sample", conf->word);
    json = kn_reply_open(req, 200, "Sample");
    kn_json_open(json, "data");
    kn_json_text(json, "word", conf->word);
    kn_json_integer(json, "number", conf->number);
    kn_json_integer(json, "pause", conf->pause);
    kn_json_integer(json, "room", conf->room);
    kn_json_boolean(json, "loud", conf->loud);
    kn_json_text(json, "second", conf->list[1]);
    kn_json_number(json, "sum", kn_db_value(reply, 0, 0, 0));
    kn_json_text(json, "id", kn_req_param(req, "id"));
    kn_json_close(json);
    kn_reply_send(req);
}

static void sample_show(struct kn_req *req, void *state) {
    const char *params[2] = {"40", "2"};
    (void)state;
    kn_req_query_db(req, &sample_sum, params, 2, sample_summed);
}

static void sample_secret(struct kn_req *req, void *state) {
    (void)state;
    kn_reply_done(req, 200, kn_req_user(req)->role);
}

static const struct kn_field sample_fields[] = {
    {"price", KN_FIELD_MONEY, KN_FIELD_REQUIRED, 1, 1000, NULL, NULL, NULL, NULL, NULL},
    {NULL, KN_FIELD_TEXT, 0, 0, 0, NULL, NULL, NULL, NULL, NULL}};

static void sample_take(struct kn_req *req, void *state) {
    const struct kn_form *form = kn_req_form(req, sample_fields);
    (void)state;
    if (form)
        kn_reply_done(req, 201, kn_form_text(form, "price"));
}

static const struct kn_route sample_routes[] = {
    {"GET", "/api/v1/sample/{id}", sample_show, "public", "public", 0, 0},
    {"GET", "/api/v1/sample/secret", sample_secret, "sample.see", NULL, 0, 0},
    {"POST", "/api/v1/sample", sample_take, "public", NULL, 100, KN_ROUTE_SAME_ORIGIN},
    {NULL, NULL, NULL, NULL, NULL, 0, 0}};

static void sample_check(struct kn_check *check, void *state) {
    (void)state;
    kn_check_done(check, KN_HEALTHY, "fine");
}

static void sample_event(const struct kn_event *event, void *state) {
    kn_log((struct kn_ctx *)state, KN_INFO, "sample heard %s of %s", event->topic, event->key);
}

static void sample_job(struct kn_job *job, void *state) {
    (void)state;
    kn_job_done(job, true, "");
}

static int sample_setup(struct kn_ctx *ctx) {
    kn_ctx_state_set(ctx, ctx);
    if (!kn_counter_add(ctx, "sample_calls_total", "Calls."))
        return kn_ctx_fail(ctx, "no counter");
    if (kn_check_add(ctx, "sample", 1000, 500, false, sample_check) ||
        kn_event_subscribe(ctx, KN_AGENT, "order.*", sample_event))
        return -1;
    return kn_job_add(ctx, "sample.job", 60000, KN_JOB_LEADER, sample_job);
}

static const struct kn_module sample_module = {SAMPLE_STRUCT_SIZE,
                                               SAMPLE_MAJOR,
                                               SAMPLE_MINOR,
                                               SAMPLE_OPTION_SIZE,
                                               SAMPLE_ROUTE_SIZE,
                                               sizeof(struct kn_permission),
                                               "sample",
                                               "1.0",
                                               "for the tests of the ABI",
                                               NULL,
                                               sample_options,
                                               sizeof(struct sample_conf),
                                               sample_permissions,
                                               sample_routes,
                                               sample_setup,
                                               NULL,
                                               NULL,
                                               NULL};

const struct kn_module *kn_module_entry(void) {
    return &sample_module;
}
