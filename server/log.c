/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "ctx.h"
#include "json.h"
#include "mask.h"
#include "request.h"

#define HELD_MAX 16384

static const char *const level_names[] = {"DEBUG", "INFO", "WARN", "ERROR"};

/* The process's log: see log.h for why it is not behind a context. One thread writes. */
static struct {
    enum kn_log_level level;
    struct buf held;
} log_state = {.level = KN_INFO};

bool log_level_parse(const char *word, enum kn_log_level *level) {
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++)
        if (strcasecmp(word, level_names[i]) == 0) {
            *level = (enum kn_log_level)i;
            return true;
        }
    return false;
}

void log_level_set(enum kn_log_level level) {
    log_state.level = level;
}

bool log_wants(enum kn_log_level level) {
    return level >= log_state.level;
}

void log_flush(void) {
    size_t done = 0;
    while (done < log_state.held.length) {
        ssize_t written =
            write(STDOUT_FILENO, log_state.held.data + done, log_state.held.length - done);
        if (written > 0)
            done += (size_t)written;
        else if (errno != EINTR)
            break; /* nobody reads the log: lose lines rather than requests */
    }
    buf_clear(&log_state.held);
}

static struct buf *line_open(enum kn_log_level level, const char *request_id) {
    struct buf *out = &log_state.held;
    char now[CLOCK_TEXT_SIZE];
    buf_add_text(out, "{\"timestamp\":\"");
    buf_add_text(out, clock_now_text(now));
    buf_add_text(out, "\",\"level\":\"");
    buf_add_text(out, level_names[level]);
    buf_add_char(out, '"');
    if (request_id) {
        buf_add_text(out, ",\"request_id\":");
        json_quote(out, request_id, strlen(request_id));
    }
    return out;
}

static void line_close(enum kn_log_level level) {
    buf_add_text(&log_state.held, "}\n");
    if (level >= KN_WARN || log_state.held.length > HELD_MAX)
        log_flush();
}

static void add_masked(struct buf *out, const char *key, const char *text) {
    struct buf masked = {0};
    mask_add(&masked, text, strlen(text));
    buf_add_text(out, key);
    json_quote(out, buf_text(&masked), masked.length);
    buf_free(&masked);
}

void log_vwrite(enum kn_log_level level, const char *source, const char *request_id,
                const char *format, va_list args) {
    if (!log_wants(level))
        return;
    struct buf message = {0};
    buf_vprintf(&message, format, args);
    struct buf *out = line_open(level, request_id);
    buf_add_text(out, ",\"source\":");
    json_quote(out, source, strlen(source));
    add_masked(out, ",\"message\":", buf_text(&message));
    buf_free(&message);
    line_close(level);
    log_flush();
}

void log_write(enum kn_log_level level, const char *source, const char *request_id,
               const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_vwrite(level, source, request_id, format, args);
    va_end(args);
}

static void add_target(struct buf *out, const char *target) {
    if (strchr(target, '?')) {
        add_masked(out, ",\"path\":", target);
        return;
    }
    buf_add_text(out, ",\"path\":");
    json_quote(out, target, strlen(target));
}

static void add_text(struct buf *out, const char *key, const char *text) {
    buf_add_text(out, key);
    json_quote(out, text, strlen(text));
}

/* Header bytes that are not UTF-8 would make the line invalid JSON: each becomes a question mark.
 */
static void add_header(struct buf *out, const char *key, const char *text) {
    char clean[512];
    size_t length = 0;
    for (; text[length] && length < sizeof(clean) - 1; length++)
        clean[length] = (unsigned char)text[length] < 0x80 ? text[length] : '?';
    clean[length] = '\0';
    add_text(out, key, clean);
}

static void add_latency(struct buf *out, int64_t us) {
    char text[48];
    int length = snprintf(text, sizeof(text), ",\"latency\":\"%lld.%lldms\"", (long long)us / 1000,
                          (long long)us % 1000 / 100);
    buf_add(out, text, (size_t)length);
}

void log_access(const struct log_access *line) {
    enum kn_log_level level = line->status >= 500   ? KN_ERROR
                              : line->status >= 400 ? KN_WARN
                                                    : KN_INFO;
    if (!log_wants(level))
        return;
    char status[32];
    struct buf *out = line_open(level, line->request_id);
    add_text(out, ",\"method\":", line->method);
    add_target(out, line->target);
    int length = snprintf(status, sizeof(status), ",\"status_code\":%d", line->status);
    buf_add(out, status, (size_t)length);
    add_latency(out, line->latency_us);
    add_text(out, ",\"client_ip\":", line->client_ip);
    add_header(out, ",\"user_agent\":", line->user_agent ? line->user_agent : "");
    if (line->error)
        add_text(out, ",\"error\":", line->error);
    line_close(level < KN_ERROR ? KN_INFO : level);
}

void kn_log(struct kn_ctx *ctx, enum kn_log_level level, const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_vwrite(level, ctx->module->name, NULL, format, args);
    va_end(args);
}

void kn_req_log(struct kn_req *req, enum kn_log_level level, const char *format, ...) {
    va_list args;
    va_start(args, format);
    log_vwrite(level, req->ctx ? req->ctx->module->name : "http", req->id, format, args);
    va_end(args);
}
