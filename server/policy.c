/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy.h"

#include <string.h>
#include <strings.h>

#include "settings.h"

const char policy_security_headers[] =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: strict-origin-when-cross-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

/* The origin of a URL: scheme and authority, without a path. */
static size_t origin_length(const char *url) {
    const char *authority = strstr(url, "://");
    return authority ? (size_t)(authority - url) + 3 + strcspn(authority + 3, "/?#") : strlen(url);
}

static bool origin_allowed(const struct settings_http *settings, const char *url) {
    size_t length = origin_length(url);
    for (const char *const *origin = settings->cors_origins; origin && *origin; origin++) {
        size_t allowed = strlen(*origin);
        if (allowed > 0 && (*origin)[allowed - 1] == '/')
            allowed--;
        if (allowed == length && strncasecmp(*origin, url, length) == 0)
            return true;
    }
    return false;
}

void policy_cors_add(const struct settings_http *settings, const char *origin, struct buf *lines) {
    buf_add_text(lines, "Vary: Origin\r\n");
    if (!origin || !origin_allowed(settings, origin))
        return;
    buf_printf(lines,
               "Access-Control-Allow-Origin: %s\r\n"
               "Access-Control-Allow-Credentials: true\r\n"
               "Access-Control-Expose-Headers: X-Request-ID\r\n",
               origin);
}

bool policy_preflight_add(const struct settings_http *settings, const struct kn_req *req,
                          struct buf *lines) {
    const char *origin = kn_req_header(req, "Origin");
    if (strcmp(kn_req_method(req), "OPTIONS") != 0 || !origin ||
        !kn_req_header(req, "Access-Control-Request-Method"))
        return false;
    if (origin_allowed(settings, origin))
        buf_add_text(lines,
                     "Access-Control-Allow-Methods: GET, POST, PUT, PATCH, DELETE, OPTIONS\r\n"
                     "Access-Control-Allow-Headers: Authorization, Content-Type, "
                     "X-CSRF-Token, X-Request-ID, X-Table-ID, Idempotency-Key\r\n"
                     "Access-Control-Max-Age: 600\r\n");
    return true;
}

/* The host that the client called us by is the host of this URL. */
static bool own_host(const struct kn_req *req, const char *url) {
    const char *host = kn_req_header(req, "Host");
    const char *authority = strstr(url, "://");
    if (!host || !authority)
        return false;
    size_t length = strcspn(authority + 3, "/?#");
    return strlen(host) == length && strncasecmp(authority + 3, host, length) == 0;
}

bool policy_same_origin(const struct settings_http *settings, struct kn_req *req) {
    const char *origin = kn_req_header(req, "Origin");
    const char *url = origin ? origin : kn_req_header(req, "Referer");
    if (!url || own_host(req, url) || origin_allowed(settings, url))
        return true;
    kn_reply_error(req, 403, origin ? "invalid_origin" : "invalid_referer",
                   "This request comes from a site that is not allowed");
    return false;
}
