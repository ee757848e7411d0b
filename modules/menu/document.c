/* SPDX-License-Identifier: BSD-3-Clause */
#include "document.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "memory.h"
#include "negotiate.h"

struct variant {
    const void *bytes; /* NULL: there is no such variant */
    size_t length;
    char etag[40];
};

struct document {
    unsigned references;
    struct kn_json *json; /* owns identity.bytes */
    struct variant identity, gzip;
};

/* FNV-1a with the length beside it: the tag has to change when the bytes do, nothing more. */
static void variant_tag(struct variant *variant) {
    const unsigned char *bytes = variant->bytes;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < variant->length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    snprintf(variant->etag, sizeof(variant->etag), "\"%016" PRIx64 "-%zx\"", hash, variant->length);
}

/* Leaves the gzip variant out where it would not be shorter, or zlib finds no memory. */
static void document_compress(struct document *document) {
    const struct variant *plain = &document->identity;
    z_stream stream = {0};
    if (plain->length > UINT32_MAX || deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16,
                                                   9, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    uLong bound = deflateBound(&stream, plain->length);
    Bytef *packed = memory_new(bound);
    stream.next_in = (Bytef *)(uintptr_t)plain->bytes;
    stream.avail_in = (uInt)plain->length;
    stream.next_out = packed;
    stream.avail_out = (uInt)bound;
    int result = deflate(&stream, Z_FINISH);
    size_t length = stream.total_out;
    deflateEnd(&stream);
    if (result != Z_STREAM_END || length >= plain->length) {
        free(packed);
        return;
    }
    document->gzip.bytes = packed;
    document->gzip.length = length;
    variant_tag(&document->gzip);
}

struct document *document_new(struct kn_json *json, bool compress) {
    struct document *document = memory_new(sizeof(*document));
    document->references = 1;
    document->json = json;
    document->identity.bytes = kn_json_bytes(json, &document->identity.length);
    variant_tag(&document->identity);
    if (compress)
        document_compress(document);
    return document;
}

void document_release(struct document *document) {
    if (!document || --document->references)
        return;
    kn_json_free(document->json);
    free((void *)(uintptr_t)document->gzip.bytes);
    free(document);
}

static void release_sent(void *document) {
    document_release(document);
}

const char *document_bytes(const struct document *document) {
    return document->identity.bytes;
}

void document_reply(struct kn_req *req, struct document *document) {
    const struct variant *variant = &document->identity;
    if (document->gzip.bytes && negotiate_gzip(kn_req_header(req, "Accept-Encoding")))
        variant = &document->gzip;
    kn_reply_header(req, "ETag", variant->etag);
    kn_reply_header(req, "Cache-Control", "public, max-age=0, must-revalidate");
    kn_reply_header(req, "Vary", "Accept-Encoding");
    if (negotiate_matches(kn_req_header(req, "If-None-Match"), variant->etag)) {
        kn_reply_bytes(req, 304, NULL, NULL, 0, NULL, NULL);
        return;
    }
    if (variant == &document->gzip)
        kn_reply_header(req, "Content-Encoding", "gzip");
    document->references++;
    kn_reply_bytes(req, 200, "application/json; charset=utf-8", variant->bytes, variant->length,
                   release_sent, document);
}
