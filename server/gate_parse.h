/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A strict, incremental HTTP/1.1 request scanner: the only parser that client bytes ever meet. Pure
 * (no sockets, no clock), so that it can be fuzzed. Where RFC 9112 lets a recipient choose between
 * repairing and refusing, it refuses: two parsers that repair differently are how requests are
 * smuggled.
 */
#ifndef GATE_PARSE_H
#define GATE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_FIELDS_MAX 128

struct gate_limits {
    size_t line_max, header_max, header_count;
};

struct gate_field { /* offsets into the head, where both end in NUL */
    uint32_t name, value;
};

/* A request as received; owned by whoever takes it over from the scanner. */
struct gate_message {
    char *head; /* the lines, cut into NUL-terminated pieces */
    size_t head_length, head_capacity;
    uint32_t method, target; /* offsets into the head */
    bool http10, keep_alive, is_head, expect_continue, chunked;
    char *body; /* decoded; NULL when empty */
    size_t body_length, body_capacity;
    uint64_t content_length;
    size_t field_count;
    struct gate_field fields[GATE_FIELDS_MAX];
};

enum gate_result {
    GATE_MORE,   /* everything was used, more bytes are needed */
    GATE_HEAD,   /* the head is known and a body follows: gate_scan_body() first, then go on */
    GATE_DONE,   /* the message is complete; bytes behind it were not used */
    GATE_REFUSED /* status, code and reason say why; nothing more can be read from this connection */
};

struct gate_scan {
    struct gate_limits limits;
    struct gate_message *message; /* NULL before the first byte of a request */
    size_t body_max;              /* bytes the body may have */
    int state;                    /* where the next byte belongs */
    size_t line_start;            /* of the line being read, in the head */
    size_t empty_lines;           /* before the request line */
    bool has_host, has_length, has_coding;
    uint64_t left;   /* bytes of the body or the chunk still to come */
    size_t overhead; /* chunk extensions and trailers seen so far */
    unsigned digits; /* of the chunk size */
    int status;      /* of the refusal */
    const char *code, *reason;
};

void gate_scan_init(struct gate_scan *scan, const struct gate_limits *limits);
/* Forgets the message, which the caller has taken over, and begins the next request. */
void gate_scan_next(struct gate_scan *scan);
enum gate_result gate_scan_feed(struct gate_scan *scan, const char *bytes, size_t length,
                                size_t *used);
/* After GATE_HEAD: how many bytes the body may have. GATE_REFUSED if it says that it has more. */
enum gate_result gate_scan_body(struct gate_scan *scan, size_t body_max);
/* Refuses on behalf of the caller (a deadline, a route's body limit). */
enum gate_result gate_scan_refuse(struct gate_scan *scan, int status, const char *code,
                                  const char *reason);
void gate_scan_free(struct gate_scan *scan);

void gate_message_free(struct gate_message *message);
const char *gate_message_method(const struct gate_message *message);
const char *gate_message_target(const struct gate_message *message);
/* The first header of that name (any case), or NULL. */
const char *gate_message_header(const struct gate_message *message, const char *name);

#endif
