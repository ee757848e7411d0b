/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A strict reader of plain YAML: mappings, lists and scalars. Anchors, aliases, tags, duplicate
 * keys, several documents and anything deep or large are errors. Every node knows its file and
 * line.
 */
#ifndef YAML_NODE_H
#define YAML_NODE_H

#include <stdbool.h>
#include <stddef.h>

#define YAML_SIZE_MAX  (1024 * 1024)
#define YAML_DEPTH_MAX 16
#define YAML_NODES_MAX 10000

struct arena;

struct yaml_source {
    const char *name; /* as shown in messages */
    bool exposed;     /* the file can be read by everybody */
};

enum yaml_kind {
    YAML_EMPTY, /* nothing, ~ or null */
    YAML_SCALAR,
    YAML_LIST,
    YAML_MAPPING
};

struct yaml_node {
    enum yaml_kind kind;
    const struct yaml_source *source;
    unsigned line;    /* of the key, in a mapping */
    const char *key;  /* in its mapping, else NULL */
    const char *text; /* of a scalar */
    struct yaml_node *parent, *first, *last, *next;
    bool *asked; /* somebody wanted to know: what nobody asked for may be a slip */
};

/* The root, in the arena; an empty text is an empty mapping. NULL on failure with *error malloc'd:
 * "name:12: ...". A pure function of its arguments. */
struct yaml_node *yaml_parse(struct arena *arena, const struct yaml_source *source,
                             const char *bytes, size_t length, char **error);

/* Adds the members of a mapping to another one. A member that both have is an error, unless both
 * are mappings (they are merged) or both are the list under the key `list` (they are joined). */
int yaml_merge(struct yaml_node *into, struct yaml_node *from, const char *list, char **error);

/* A member of a mapping; NULL when it is absent or empty, or when the mapping is NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/* Complains about the node, "file:line: ...". Returns -1. */
int yaml_error(const struct yaml_node *node, char **error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the node is called in messages: "http.port", "modules[2].name". In the arena. */
const char *yaml_label(struct arena *arena, const struct yaml_node *node);

/* 0 when the node is of that kind, -1 with *error otherwise. */
int yaml_expect(struct arena *arena, const struct yaml_node *node, enum yaml_kind kind,
                char **error);

/* 0 when every key of the mapping is among the known ones (ended by NULL); the error asks "did you
 * mean". */
int yaml_keys(struct arena *arena, const struct yaml_node *mapping, const char *const *known,
              char **error);

#endif
