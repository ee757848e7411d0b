/* SPDX-License-Identifier: BSD-3-Clause */
/* The log: one JSON object a line on standard output, secrets masked. It is the one
 * service of a process that is not reached through a context: everything may need to complain. */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <kenangan.h>

bool log_level_parse(const char *word, enum kn_log_level *level); /* DEBUG INFO WARN ERROR, any case */
void log_level_set(enum kn_log_level level);
bool log_wants(enum kn_log_level level);

/* source is a module's name or a service's ("db", "master"); request_id may be NULL. */
void log_write(enum kn_log_level level, const char *source, const char *request_id,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
void log_vwrite(enum kn_log_level level, const char *source, const char *request_id,
                const char *format, va_list args) __attribute__((format(printf, 4, 0)));

/* The line a request leaves, in the runbook's format; level follows the status (4xx WARN, 5xx ERROR). */
struct log_access {
    const char *request_id;
    const char *method;
    const char *target; /* path with query, masked here */
    int status;
    int64_t latency_us;
    const char *client_ip;
    const char *user_agent; /* may be NULL */
    const char *error;      /* error code of the reply, may be NULL */
};
void log_access(const struct log_access *line);

/* Access lines are held back until log_flush() or a buffer's worth, so that many share a write. The
 * loop's owner calls log_flush() a few times a second; warnings and errors flush by themselves. */
void log_flush(void);

#endif
