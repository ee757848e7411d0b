/* SPDX-License-Identifier: BSD-3-Clause */
/* What guests see: the available dishes and active categories, as finished replies. */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include <kenangan.h>

#define CATALOGUE_QUERIES 2

struct catalogue;
struct document;
struct folder;

/* The queries whose answer catalogue_new() reads. */
extern const struct kn_query catalogue_queries[CATALOGUE_QUERIES];

/* compress: also in gzip, for a catalogue that serves many requests. */
struct catalogue *catalogue_new(const struct kn_db_reply *reply, const struct folder *folder,
                                bool compress);
void catalogue_free(struct catalogue *catalogue); /* NULL is fine; documents being sent live on */

size_t catalogue_size(const struct catalogue *catalogue); /* dishes */

/* The whole menu and all categories; they belong to the catalogue. */
struct document *catalogue_menu(const struct catalogue *catalogue);
struct document *catalogue_categories(const struct catalogue *catalogue);

/* The dishes of a category (NULL: all) whose name or description holds the term (NULL: all). The
 * caller releases the document. */
struct document *catalogue_select(const struct catalogue *catalogue, const struct folder *folder,
                                  const char *category_id, const char *term);

#endif
