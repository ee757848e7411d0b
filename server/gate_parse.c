/* SPDX-License-Identifier: BSD-3-Clause */
#include "gate_parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "arena.h"

#define HEAD_FIRST   1024
#define BODY_FIRST   4096
#define OVERHEAD_MAX 8192
#define SIZE_DIGITS  15

enum {
    AT_LINE,         /* the request line */
    AT_FIELD,        /* a header line, or the empty line behind them */
    AT_BODY,         /* Content-Length bytes */
    AT_SIZE,         /* the digits of a chunk size */
    AT_SIZE_SPACE,   /* white space behind them, which only an extension may follow */
    AT_EXTENSION,    /* ";name=value", dropped */
    AT_SIZE_LF,      /* the LF that ends the size line */
    AT_CHUNK,        /* the bytes of a chunk */
    AT_CHUNK_CR,     /* CRLF behind them */
    AT_CHUNK_LF,
    AT_TRAILER,      /* begin of a trailer line, or of the last empty one */
    AT_TRAILER_NAME, /* dropped */
    AT_TRAILER_VALUE,
    AT_TRAILER_LF,
    AT_LAST_LF,
    AT_REFUSED
};

void gate_scan_init(struct gate_scan *scan, const struct gate_limits *limits) {
    memset(scan, 0, sizeof(*scan));
    scan->limits = *limits;
    if (!scan->limits.header_count || scan->limits.header_count > GATE_FIELDS_MAX)
        scan->limits.header_count = GATE_FIELDS_MAX;
}

void gate_scan_next(struct gate_scan *scan) {
    struct gate_limits limits = scan->limits;
    gate_scan_init(scan, &limits);
}

enum gate_result gate_scan_refuse(struct gate_scan *scan, int status, const char *code,
                                  const char *reason) {
    scan->state = AT_REFUSED;
    scan->status = status;
    scan->code = code;
    scan->reason = reason;
    return GATE_REFUSED;
}

static enum gate_result bad(struct gate_scan *scan, const char *reason) {
    return gate_scan_refuse(scan, 400, "bad_request", reason);
}

void gate_message_free(struct gate_message *message) {
    if (!message)
        return;
    free(message->head);
    free(message->body);
    free(message);
}

void gate_scan_free(struct gate_scan *scan) {
    gate_message_free(scan->message);
    scan->message = NULL;
}

static struct gate_message *message_new(void) {
    /* not zeroed as a whole: the table of fields is large and field_count guards it */
    struct gate_message *message = xmalloc(sizeof(*message));
    memset(message, 0, offsetof(struct gate_message, fields));
    message->head = xmalloc(HEAD_FIRST);
    message->head_capacity = HEAD_FIRST;
    return message;
}

const char *gate_message_method(const struct gate_message *message) {
    return message->head + message->method;
}

const char *gate_message_target(const struct gate_message *message) {
    return message->head + message->target;
}

const char *gate_message_header(const struct gate_message *message, const char *name) {
    for (size_t i = 0; i < message->field_count; i++)
        if (!strcasecmp(message->head + message->fields[i].name, name))
            return message->head + message->fields[i].value;
    return NULL;
}

/* ---------------------------------------------------------------- characters */

static bool is_token_char(unsigned char c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c && strchr("!#$%&'*+-.^_`|~", c);
}

static bool is_token(const char *text) {
    if (!*text)
        return false;
    for (; *text; text++)
        if (!is_token_char((unsigned char)*text))
            return false;
    return true;
}

static bool is_value_char(unsigned char c) {
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

/* A registered name or address with an optional port; no user, path or white space. */
static bool is_host(const char *text) {
    if (!*text)
        return false;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c <= 0x20 || c >= 0x7f || strchr("/\\@?#,\"<>`{}|^", c))
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------- the request line */

static bool is_known_method(const char *method) {
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (!strcmp(method, known[i]))
            return true;
    return false;
}

static enum gate_result check_method(struct gate_scan *scan, const char *method) {
    if (!is_token(method))
        return bad(scan, "The request line does not begin with a method.");
    if (is_known_method(method))
        return GATE_MORE;
    if (!strcmp(method, "TRACE") || !strcmp(method, "CONNECT"))
        return gate_scan_refuse(scan, 405, "method_not_allowed", "This method is not allowed.");
    return gate_scan_refuse(scan, 501, "method_not_implemented", "This method is not known.");
}

static enum gate_result check_target(struct gate_scan *scan, const char *method,
                                     const char *target) {
    if (!strcmp(target, "*") && !strcmp(method, "OPTIONS"))
        return GATE_MORE;
    if (*target != '/')
        return bad(scan, "The request target must be a path that begins with \"/\".");
    for (; *target; target++)
        if (*target <= 0x20 || *target >= 0x7f || *target == '#')
            return bad(scan, "The request target has a character that must be percent-encoded.");
    return GATE_MORE;
}

static enum gate_result check_version(struct gate_scan *scan, const char *version) {
    bool http11 = !strcmp(version, "HTTP/1.1");
    scan->message->http10 = !strcmp(version, "HTTP/1.0");
    scan->message->keep_alive = http11;
    if (http11 || scan->message->http10)
        return GATE_MORE;
    if (strlen(version) == 8 && !strncmp(version, "HTTP/", 5) && version[6] == '.' &&
        version[5] >= '0' && version[5] <= '9' && version[7] >= '0' && version[7] <= '9')
        return gate_scan_refuse(scan, 505, "version_not_supported", "Speak HTTP/1.1.");
    return bad(scan, "The request line does not end with an HTTP version.");
}

/* method SP target SP version, each exactly once. line ends in NUL. */
static enum gate_result request_line(struct gate_scan *scan, char *line, size_t length) {
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (strlen(line) != length || !version || strchr(version + 1, ' '))
        return bad(scan, "The request line is not: method, path, version.");
    *target++ = '\0';
    *version++ = '\0';
    struct gate_message *message = scan->message;
    message->method = (uint32_t)(line - message->head);
    message->target = (uint32_t)(target - message->head);
    message->is_head = !strcmp(line, "HEAD");
    enum gate_result result = check_method(scan, line);
    if (result == GATE_MORE)
        result = check_target(scan, line, target);
    if (result == GATE_MORE)
        result = check_version(scan, version);
    if (result == GATE_MORE)
        scan->state = AT_FIELD;
    return result;
}

/* ---------------------------------------------------------------- header lines */

static enum gate_result content_length(struct gate_scan *scan, const char *value) {
    if (scan->has_length)
        return bad(scan, "Content-Length was sent twice.");
    scan->has_length = true;
    size_t digits = strspn(value, "0123456789");
    if (!digits || value[digits] || digits > 18)
        return bad(scan, "Content-Length is not a number.");
    scan->message->content_length = strtoull(value, NULL, 10);
    return GATE_MORE;
}

static enum gate_result transfer_encoding(struct gate_scan *scan, const char *value) {
    if (scan->has_coding || strcasecmp(value, "chunked"))
        return bad(scan, "Transfer-Encoding can only be \"chunked\".");
    if (scan->message->http10)
        return bad(scan, "Transfer-Encoding does not belong in an HTTP/1.0 request.");
    scan->has_coding = true;
    scan->message->chunked = true;
    return GATE_MORE;
}

static enum gate_result host(struct gate_scan *scan, const char *value) {
    if (scan->has_host || !is_host(value))
        return bad(scan, "There must be exactly one valid Host header.");
    scan->has_host = true;
    return GATE_MORE;
}

/* A comma list of options; only two concern us. */
static enum gate_result connection(struct gate_scan *scan, const char *value) {
    while (*value) {
        value += strspn(value, ", \t");
        size_t length = strcspn(value, ", \t");
        if (length == 5 && !strncasecmp(value, "close", 5)) {
            scan->message->keep_alive = false;
            return GATE_MORE;
        }
        if (length == 10 && !strncasecmp(value, "keep-alive", 10))
            scan->message->keep_alive = true;
        value += length;
    }
    return GATE_MORE;
}

static enum gate_result expect(struct gate_scan *scan, const char *value) {
    if (strcasecmp(value, "100-continue"))
        return gate_scan_refuse(scan, 417, "expectation_failed",
                                "Only \"Expect: 100-continue\" is understood.");
    scan->message->expect_continue = !scan->message->http10;
    return GATE_MORE;
}

/* What a header means for the framing of this request and of the next one. */
static enum gate_result field_meaning(struct gate_scan *scan, const char *name, const char *value) {
    switch (strlen(name)) {
    case 4:
        return strcasecmp(name, "Host") ? GATE_MORE : host(scan, value);
    case 6:
        return strcasecmp(name, "Expect") ? GATE_MORE : expect(scan, value);
    case 10:
        return strcasecmp(name, "Connection") ? GATE_MORE : connection(scan, value);
    case 14:
        return strcasecmp(name, "Content-Length") ? GATE_MORE : content_length(scan, value);
    case 17:
        return strcasecmp(name, "Transfer-Encoding") ? GATE_MORE : transfer_encoding(scan, value);
    default:
        return GATE_MORE;
    }
}

static char *trim(char *text, char *end) {
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    return text + strspn(text, " \t");
}

static enum gate_result field_line(struct gate_scan *scan, char *line, size_t length) {
    if (*line == ' ' || *line == '\t')
        return bad(scan, "A header line begins with white space.");
    char *colon = memchr(line, ':', length);
    for (char *c = line; colon && c < colon; c++)
        if (!is_token_char((unsigned char)*c))
            colon = NULL;
    if (!colon || colon == line)
        return bad(scan, "A header line is not: name, colon, value.");
    for (char *c = colon + 1; c < line + length; c++)
        if (!is_value_char((unsigned char)*c))
            return bad(scan, "A header has a control character in its value.");
    struct gate_message *message = scan->message;
    if (message->field_count == scan->limits.header_count)
        return gate_scan_refuse(scan, 431, "headers_too_large", "There are too many headers.");
    *colon = '\0';
    char *value = trim(colon + 1, line + length);
    struct gate_field *field = &message->fields[message->field_count++];
    field->name = (uint32_t)(line - message->head);
    field->value = (uint32_t)(value - message->head);
    return field_meaning(scan, line, value);
}

/* The empty line behind the headers. */
static enum gate_result head_end(struct gate_scan *scan) {
    struct gate_message *message = scan->message;
    if (!scan->has_host && !message->http10)
        return bad(scan, "There must be exactly one valid Host header.");
    if (scan->has_length && scan->has_coding)
        return bad(scan, "Content-Length and Transfer-Encoding exclude each other.");
    bool has_body = message->chunked || message->content_length;
    if (has_body && message->is_head)
        return bad(scan, "A HEAD request cannot have a body.");
    if (!has_body)
        return GATE_DONE;
    scan->left = message->chunked ? 0 : message->content_length;
    scan->state = message->chunked ? AT_SIZE : AT_BODY;
    return GATE_HEAD;
}

/* ---------------------------------------------------------------- lines of the head */

static void head_add(struct gate_message *message, const char *bytes, size_t length) {
    if (message->head_capacity - message->head_length <= length) {
        message->head_capacity = message->head_capacity * 2 + length;
        message->head = xrealloc(message->head, message->head_capacity);
    }
    memcpy(message->head + message->head_length, bytes, length);
    message->head_length += length;
}

static enum gate_result too_long(struct gate_scan *scan) {
    if (scan->state == AT_LINE)
        return gate_scan_refuse(scan, 414, "uri_too_long", "The request line is too long.");
    return gate_scan_refuse(scan, 431, "headers_too_large", "The headers are too large.");
}

/* A complete line lies at line_start; the LF is the head's last byte. */
static enum gate_result line_end(struct gate_scan *scan) {
    struct gate_message *message = scan->message;
    char *line = message->head + scan->line_start;
    size_t length = message->head_length - scan->line_start - 1;
    if (!length || line[length - 1] != '\r')
        return bad(scan, "A line does not end in CRLF.");
    line[--length] = '\0';
    if (scan->state == AT_LINE && !length && !scan->empty_lines++) {
        message->head_length = scan->line_start;
        return GATE_MORE; /* RFC 9112 2.2: old clients send one behind a body */
    }
    if (memchr(line, '\r', length) || memchr(line, '\0', length))
        return bad(scan, "A line of the head has a control character.");
    scan->line_start = message->head_length;
    if (scan->state == AT_LINE)
        return request_line(scan, line, length);
    return length ? field_line(scan, line, length) : head_end(scan);
}

/* Takes one line, or what there is of it. */
static enum gate_result feed_line(struct gate_scan *scan, const char *bytes, size_t length,
                                  size_t *used) {
    const char *lf = memchr(bytes, '\n', length);
    size_t piece = lf ? (size_t)(lf - bytes) + 1 : length;
    size_t line = scan->message->head_length - scan->line_start + piece;
    size_t max = scan->state == AT_LINE ? scan->limits.line_max + 2
                                        : scan->limits.line_max + scan->limits.header_max + 2;
    size_t size = scan->state == AT_LINE ? line : scan->message->head_length + piece;
    if (size > max)
        return too_long(scan);
    head_add(scan->message, bytes, piece);
    *used += piece;
    return lf ? line_end(scan) : GATE_MORE;
}

/* ---------------------------------------------------------------- the body */

static void body_add(struct gate_message *message, const char *bytes, size_t length) {
    if (message->body_capacity - message->body_length <= length) {
        size_t capacity = message->body_capacity ? message->body_capacity * 2 : BODY_FIRST;
        while (capacity - message->body_length <= length)
            capacity *= 2;
        message->body = xrealloc(message->body, capacity);
        message->body_capacity = capacity;
    }
    memcpy(message->body + message->body_length, bytes, length);
    message->body_length += length;
    message->body[message->body_length] = '\0';
}

/* Takes bytes of the body or of a chunk; true when it is complete. */
static bool feed_bytes(struct gate_scan *scan, const char *bytes, size_t length, size_t *used) {
    size_t piece = length < scan->left ? length : (size_t)scan->left;
    body_add(scan->message, bytes, piece);
    *used += piece;
    scan->left -= piece;
    return !scan->left;
}

static enum gate_result body_too_large(struct gate_scan *scan) {
    return gate_scan_refuse(scan, 413, "body_too_large", "The request body is too large.");
}

enum gate_result gate_scan_body(struct gate_scan *scan, size_t body_max) {
    scan->body_max = body_max;
    return scan->message->content_length > body_max ? body_too_large(scan) : GATE_MORE;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum gate_result size_char(struct gate_scan *scan, char c) {
    int digit = scan->state == AT_SIZE ? hex_digit(c) : -1;
    if (digit >= 0 && ++scan->digits <= SIZE_DIGITS) {
        scan->left = scan->left * 16 + (unsigned)digit;
        return GATE_MORE;
    }
    if (digit < 0 && scan->digits && c == ';')
        scan->state = AT_EXTENSION;
    else if (digit < 0 && scan->digits && (c == ' ' || c == '\t'))
        scan->state = AT_SIZE_SPACE;
    else if (scan->state == AT_SIZE && scan->digits && c == '\r')
        scan->state = AT_SIZE_LF;
    else
        return bad(scan, "A chunk size is not a hexadecimal number.");
    return GATE_MORE;
}

static enum gate_result size_end(struct gate_scan *scan) {
    scan->digits = 0;
    if (scan->left > scan->body_max || scan->message->body_length > scan->body_max - scan->left)
        return body_too_large(scan);
    scan->state = scan->left ? AT_CHUNK : AT_TRAILER;
    return GATE_MORE;
}

static enum gate_result expect_char(struct gate_scan *scan, char c, char wanted, int next) {
    if (c != wanted)
        return bad(scan, "The chunked body is broken: CRLF is missing.");
    scan->state = next;
    return GATE_MORE;
}

static enum gate_result trailer_char(struct gate_scan *scan, char c) {
    if (scan->state == AT_TRAILER && c == '\r') {
        scan->state = AT_LAST_LF;
        return GATE_MORE;
    }
    if (scan->state == AT_TRAILER_VALUE) {
        if (c == '\r')
            scan->state = AT_TRAILER_LF;
        else if (!is_value_char((unsigned char)c))
            return bad(scan, "A trailer has a control character in its value.");
        return GATE_MORE;
    }
    if (scan->state == AT_TRAILER_NAME && c == ':')
        scan->state = AT_TRAILER_VALUE;
    else if (is_token_char((unsigned char)c))
        scan->state = AT_TRAILER_NAME;
    else
        return bad(scan, "A trailer line is not: name, colon, value.");
    return GATE_MORE;
}

static enum gate_result extension_char(struct gate_scan *scan, char c) {
    if (c == '\r')
        scan->state = AT_SIZE_LF;
    else if (!is_value_char((unsigned char)c))
        return bad(scan, "A chunk extension has a control character.");
    return GATE_MORE;
}

/* One byte of what surrounds the chunks. */
static enum gate_result framing_char(struct gate_scan *scan, char c) {
    switch (scan->state) {
    case AT_SIZE:
    case AT_SIZE_SPACE:
        return size_char(scan, c);
    case AT_EXTENSION:
        return extension_char(scan, c);
    case AT_SIZE_LF:
        return c == '\n' ? size_end(scan) : bad(scan, "A chunk size line does not end in CRLF.");
    case AT_CHUNK_CR:
        return expect_char(scan, c, '\r', AT_CHUNK_LF);
    case AT_CHUNK_LF:
        return expect_char(scan, c, '\n', AT_SIZE);
    case AT_TRAILER_LF:
        return expect_char(scan, c, '\n', AT_TRAILER);
    case AT_LAST_LF:
        return c == '\n' ? GATE_DONE : bad(scan, "The chunked body does not end in CRLF.");
    default:
        return trailer_char(scan, c);
    }
}

static enum gate_result feed_chunked(struct gate_scan *scan, const char *bytes, size_t length,
                                     size_t *used) {
    if (scan->state == AT_CHUNK) {
        if (feed_bytes(scan, bytes, length, used))
            scan->state = AT_CHUNK_CR;
        return GATE_MORE;
    }
    int before = scan->state;
    (*used)++;
    enum gate_result result = framing_char(scan, *bytes);
    /* size digits and CRLFs are paid for by the data they carry; the rest must not grow for ever */
    if (result == GATE_MORE && (before == AT_SIZE_SPACE || before == AT_EXTENSION ||
                                before >= AT_TRAILER) && ++scan->overhead > OVERHEAD_MAX)
        return gate_scan_refuse(scan, 431, "headers_too_large",
                                "Chunk extensions and trailers are too large.");
    return result;
}

static enum gate_result feed_body(struct gate_scan *scan, const char *bytes, size_t length,
                                  size_t *used) {
    if (scan->state != AT_BODY)
        return feed_chunked(scan, bytes, length, used);
    return feed_bytes(scan, bytes, length, used) ? GATE_DONE : GATE_MORE;
}

enum gate_result gate_scan_feed(struct gate_scan *scan, const char *bytes, size_t length,
                                size_t *used) {
    enum gate_result result = GATE_MORE;
    *used = 0;
    if (scan->state == AT_REFUSED)
        return GATE_REFUSED;
    if (!scan->message && length)
        scan->message = message_new();
    while (result == GATE_MORE && *used < length) {
        const char *at = bytes + *used;
        size_t left = length - *used;
        result = scan->state <= AT_FIELD ? feed_line(scan, at, left, used)
                                         : feed_body(scan, at, left, used);
    }
    return result;
}
