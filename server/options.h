/* SPDX-License-Identifier: BSD-3-Clause */
/* Fills a struct from an option table: the environment wins over YAML, YAML over the default. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>
#include <kenangan.h>

struct arena;
struct buf;
struct yaml_node;

/* A table of structs that begin with a struct kn_option, ended by one whose name is NULL. */
struct option_table {
    const void *first;
    size_t stride;
};

const struct kn_option *option_at(struct option_table table, size_t index); /* NULL: the end */
size_t option_size(enum kn_option_type type);                               /* of the member */

/* Where a value came from, to blame it in a message. */
struct option_origin {
    const char *env;              /* set: the variable */
    const struct yaml_node *node; /* set: the node */
};

/* Complains about a value, naming the variable or the line it came from. Returns -1. */
int option_error(const struct option_origin *origin, const struct kn_option *option, char **error,
                 const char *what);

/* Sets one member of conf. mapping may be NULL. Texts and lists go to the arena. subject ("module
 * auth") begins the message when a value is missing. */
int option_set(struct arena *arena, const struct kn_option *option, const char *subject,
               const struct yaml_node *mapping, void *conf, struct option_origin *origin,
               char **error);

/* 0 when the mapping (may be NULL) has no keys but the table's and `more` (may be NULL). */
int options_keys(struct arena *arena, struct option_table table, const char *const *more,
                 const struct yaml_node *mapping, char **error);

/* The value in effect, as YAML; a secret is masked. */
void option_print(struct buf *out, const struct kn_option *option, const void *conf);

#endif
