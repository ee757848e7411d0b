/* SPDX-License-Identifier: BSD-3-Clause */
/* The scanner says the same of a stream of requests however the network cuts it, and a request that
 * it lets through is sound. */
#include "gate_parse.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    size_t requests, bodies; /* complete ones, and the bytes of their bodies */
    int status;              /* of the refusal that ended it, or 0 */
};

static void message_check(const struct gate_message *message) {
    const char *host = gate_message_header(message, "Host");
    if (!*gate_message_method(message) || !*gate_message_target(message))
        abort();
    if ((!host && !message->http10) || (message->is_head && message->body_length))
        abort();
    if (message->body_length > BODY_MAX || message->field_count > GATE_FIELDS_MAX)
        abort();
}

static enum gate_result done(struct gate_scan *scan, struct outcome *outcome) {
    message_check(scan->message);
    outcome->requests++;
    outcome->bodies += scan->message->body_length;
    gate_message_free(scan->message);
    scan->message = NULL;
    gate_scan_next(scan);
    return GATE_MORE;
}

/* Feeds pieces of at most `step` bytes. */
static struct outcome run(const char *bytes, size_t size, size_t step) {
    const struct gate_limits limits = {1024, 4096, 32};
    struct outcome outcome = {0};
    struct gate_scan scan;
    enum gate_result result = GATE_MORE;
    gate_scan_init(&scan, &limits);
    for (size_t at = 0, used; at < size && result == GATE_MORE; at += used) {
        used = 0;
        result = gate_scan_feed(&scan, bytes + at, size - at < step ? size - at : step, &used);
        if (result == GATE_HEAD)
            result = gate_scan_body(&scan, BODY_MAX) == GATE_REFUSED ? GATE_REFUSED : GATE_MORE;
        else if (result == GATE_DONE)
            result = done(&scan, &outcome);
        else if (result == GATE_MORE && used == 0)
            abort(); /* would never end */
    }
    if (result == GATE_REFUSED)
        outcome.status = scan.status;
    gate_scan_free(&scan);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct outcome whole = run((const char *)data, size, SIZE_MAX);
    struct outcome bytes = run((const char *)data, size, 1);
    if (whole.requests != bytes.requests || whole.bodies != bytes.bodies ||
        whole.status != bytes.status)
        abort();
    if (whole.status && (whole.status < 400 || whole.status > 505))
        abort();
    return 0;
}
