/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reply body that is ready to be sent: the bytes, if wanted the same bytes in gzip, and a strong
 * entity tag for each. Replies under way share it, so it is counted.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <kenangan.h>

struct document;

/* Takes over the JSON text, which must be complete. The caller holds the one reference. */
struct document *document_new(struct kn_json *json, bool compress);
void document_release(struct document *document); /* NULL is fine */

const char *document_bytes(const struct document *document);

/* Replies 200 with the variant that the client accepts, or 304 if it has that already. */
void document_reply(struct kn_req *req, struct document *document);

#endif
