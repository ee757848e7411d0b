/* SPDX-License-Identifier: BSD-3-Clause */
/* What browsers are told and asked: CORS, the origin guard, the security headers of every reply. */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <kenangan.h>
#include "buf.h"

struct settings_http;

extern const char policy_security_headers[]; /* lines with CRLF, on every reply */

/* Adds the CORS lines for the reply to a request with this Origin header (NULL: none). */
void policy_cors_add(const struct settings_http *settings, const char *origin, struct buf *lines);

/* Adds the lines of the reply to a CORS preflight; false when req is none. */
bool policy_preflight_add(const struct settings_http *settings, const struct kn_req *req,
                          struct buf *lines);

/* The guard of KN_ROUTE_SAME_ORIGIN: false after replying 403. */
bool policy_same_origin(const struct settings_http *settings, struct kn_req *req);

#endif
