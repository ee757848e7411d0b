/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef REPLY_H
#define REPLY_H

#include <kenangan.h>
#include "buf.h"

struct gate_scan;

/* Answers 504 for a handler that is silent; its own reply, should it come, is dropped. */
void reply_timeout(struct kn_req *req);
/* The same with 503, for one that the process cannot wait for. */
void reply_shutdown(struct kn_req *req);

/* A reply without a body, with these header lines besides the usual. */
void reply_empty(struct kn_req *req, int status, const struct buf *lines);

/* The whole reply, as bytes, to a request that the gate refuses; with these header lines, too. */
void reply_refusal(const struct gate_scan *scan, const char *request_id, const struct buf *lines,
                   struct buf *out);

#endif
