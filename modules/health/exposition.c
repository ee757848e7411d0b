/* SPDX-License-Identifier: BSD-3-Clause */
/* GET /metrics: for Prometheus, not for the public. */
#include "health.h"

#include <string.h>

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * A proxy on this host that is not configured as trusted makes every visitor look local; the
 * headers that proxies add give it away.
 */
static bool exposition_local(const struct kn_req *req) {
    static const char *const forwarded[] = {"X-Forwarded-For", "X-Real-IP", "Forwarded",
                                            "CF-Connecting-IP"};
    const char *ip = kn_req_client_ip(req);

    for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
        if (kn_req_header(req, forwarded[i]) != NULL)
            return false;
    return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0 ||
           strncmp(ip, "::ffff:127.", 11) == 0;
}

/* Takes as long for a nearly right token as for a wrong one. */
static bool exposition_token(const struct kn_req *req, const char *token) {
    static const char scheme[] = "Bearer ";
    const char *sent = kn_req_header(req, "Authorization");
    unsigned char difference = 0;

    if (token == NULL || token[0] == '\0' || sent == NULL ||
        strncmp(sent, scheme, sizeof(scheme) - 1) != 0)
        return false;
    sent += sizeof(scheme) - 1;
    if (strlen(sent) != strlen(token))
        return false;
    for (size_t i = 0; token[i] != '\0'; i++)
        difference |= (unsigned char)(sent[i] ^ token[i]);
    return difference == 0;
}

static void exposition_free(void *text) {
    kn_text_free(text);
}

void health_metrics(struct kn_req *req, void *state) {
    const struct health *health = state;
    size_t length;
    char *text;

    kn_reply_header(req, "Cache-Control", "no-store");
    if (!exposition_local(req) && !exposition_token(req, health->conf->metrics_token)) {
        kn_reply_error(req, 403, "metrics_forbidden",
                       "Metrics are for this host, or with the configured metrics_token");
        return;
    }
    text = kn_metrics_text(kn_req_ctx(req), &length);
    kn_reply_bytes(req, 200, EXPOSITION_TYPE, text, length, exposition_free, text);
}
