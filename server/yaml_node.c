/* SPDX-License-Identifier: BSD-3-Clause */
#include "yaml_node.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>
#include "arena.h"
#include "buf.h"
#include "failure.h"
#include "value.h"

struct loader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one under the reader's eyes; none: YAML_NO_EVENT */
    struct arena *arena;
    const struct yaml_source *source;
    const char *bytes;
    size_t nodes;
    char **error;
};

/* ---------------------------------------------------------------- complaints */

static int complain(struct loader *loader, size_t line, const char *what) {
    return failure(loader->error, "%s:%zu: %s", loader->source->name, line, what);
}

static int refuse(struct loader *loader, const char *what) {
    return complain(loader, loader->event.start_mark.line + 1, what);
}

/* A byte that is no text has no mark, only an offset. */
static int broken(struct loader *loader) {
    const yaml_parser_t *parser = &loader->parser;
    size_t line = parser->problem_mark.line + 1;
    if (parser->error == YAML_READER_ERROR) {
        line = 1;
        for (size_t i = 0; i < parser->problem_offset; i++)
            line += loader->bytes[i] == '\n';
    }
    return failure(loader->error, "%s:%zu: not valid YAML: %s%s%s", loader->source->name, line,
                   parser->problem ? parser->problem : "out of memory", parser->context ? " " : "",
                   parser->context ? parser->context : "");
}

/* ---------------------------------------------------------------- events to nodes */

static int advance(struct loader *loader) {
    yaml_event_delete(&loader->event);
    if (!yaml_parser_parse(&loader->parser, &loader->event))
        return broken(loader);
    return 0;
}

static int plain_check(struct loader *loader, const yaml_char_t *anchor, const yaml_char_t *tag) {
    if (anchor)
        return refuse(loader, "anchors (&name) are not supported: write the value out");
    if (tag)
        return refuse(loader, "tags (!name) are not supported: remove it");
    return 0;
}

static bool empty_text(const char *text) {
    return !*text || !strcmp(text, "~") || !strcmp(text, "null");
}

static int scalar_read(struct loader *loader, const char **text, bool *empty) {
    const char *value = (const char *)loader->event.data.scalar.value;
    size_t length = loader->event.data.scalar.length;
    if (plain_check(loader, loader->event.data.scalar.anchor, loader->event.data.scalar.tag) != 0)
        return -1;
    if (memchr(value, '\0', length))
        return refuse(loader, "a text must not contain NUL");
    *empty = loader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && empty_text(value);
    *text = arena_strndup(loader->arena, value, length);
    return 0;
}

static void child_add(struct yaml_node *parent, struct yaml_node *child) {
    child->parent = parent;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

static struct yaml_node *node_new(struct loader *loader) {
    struct yaml_node *node = arena_alloc(loader->arena, sizeof(*node));
    node->source = loader->source;
    node->line = (unsigned)loader->event.start_mark.line + 1;
    node->asked = arena_alloc(loader->arena, sizeof(*node->asked));
    return node;
}

static struct yaml_node *member(const struct yaml_node *mapping, const char *key) {
    for (struct yaml_node *child = mapping->first; child; child = child->next)
        if (!strcmp(child->key, key))
            return child;
    return NULL;
}

static int key_read(struct loader *loader, const struct yaml_node *mapping,
                    struct yaml_node *child) {
    bool empty;
    if (loader->event.type == YAML_ALIAS_EVENT)
        return refuse(loader, "aliases (*name) are not supported: write the value out");
    if (loader->event.type != YAML_SCALAR_EVENT)
        return refuse(loader, "a key must be a plain word");
    if (scalar_read(loader, &child->key, &empty) != 0)
        return -1;
    const struct yaml_node *other = member(mapping, child->key);
    if (other)
        return failure(loader->error, "%s:%u: duplicate key \"%s\": it is already given in line %u",
                       child->source->name, child->line, child->key, other->line);
    return 0;
}

static int node_read(struct loader *loader, struct yaml_node *node, unsigned depth);

static int children_read(struct loader *loader, struct yaml_node *node, yaml_event_type_t end,
                         unsigned depth) {
    if (depth == YAML_DEPTH_MAX)
        return refuse(loader, "nested too deeply: 16 levels at most");
    while (advance(loader) == 0) {
        if (loader->event.type == end)
            return 0;
        if (++loader->nodes > YAML_NODES_MAX)
            return refuse(loader, "too many entries: 10000 at most");
        struct yaml_node *child = node_new(loader);
        if (node->kind == YAML_MAPPING &&
            (key_read(loader, node, child) != 0 || advance(loader) != 0))
            return -1;
        if (node_read(loader, child, depth + 1) != 0)
            return -1;
        child_add(node, child);
    }
    return -1;
}

/* Reads the node that begins with the present event. */
static int node_read(struct loader *loader, struct yaml_node *node, unsigned depth) {
    const yaml_event_t *event = &loader->event;
    bool empty;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        if (scalar_read(loader, &node->text, &empty) != 0)
            return -1;
        node->kind = empty ? YAML_EMPTY : YAML_SCALAR;
        return 0;
    case YAML_SEQUENCE_START_EVENT:
        node->kind = YAML_LIST;
        if (plain_check(loader, event->data.sequence_start.anchor,
                        event->data.sequence_start.tag) != 0)
            return -1;
        return children_read(loader, node, YAML_SEQUENCE_END_EVENT, depth);
    case YAML_MAPPING_START_EVENT:
        node->kind = YAML_MAPPING;
        if (plain_check(loader, event->data.mapping_start.anchor, event->data.mapping_start.tag) !=
            0)
            return -1;
        return children_read(loader, node, YAML_MAPPING_END_EVENT, depth);
    case YAML_ALIAS_EVENT:
        return refuse(loader, "aliases (*name) are not supported: write the value out");
    default:
        return refuse(loader, "not valid YAML");
    }
}

/* ---------------------------------------------------------------- the document */

static int root_read(struct loader *loader, struct yaml_node *root) {
    if (node_read(loader, root, 0) != 0)
        return -1;
    if (root->kind == YAML_EMPTY)
        root->kind = YAML_MAPPING;
    if (root->kind != YAML_MAPPING)
        return complain(loader, root->line, "expected keys at the top, such as \"http:\"");
    return advance(loader); /* document end */
}

static struct yaml_node *document_read(struct loader *loader) {
    struct yaml_node *root = node_new(loader);
    root->kind = YAML_MAPPING;
    if (advance(loader) != 0 || advance(loader) != 0) /* stream start, document start */
        return NULL;
    if (loader->event.type == YAML_STREAM_END_EVENT)
        return root;
    if (advance(loader) != 0 || root_read(loader, root) != 0 || advance(loader) != 0)
        return NULL;
    if (loader->event.type == YAML_STREAM_END_EVENT)
        return root;
    refuse(loader, "a second document begins here: remove the \"---\"");
    return NULL;
}

struct yaml_node *yaml_parse(struct arena *arena, const struct yaml_source *source,
                             const char *bytes, size_t length, char **error) {
    struct loader loader = {.arena = arena, .source = source, .bytes = bytes, .error = error};
    if (length > YAML_SIZE_MAX) {
        failure(error, "%s: larger than 1 MiB: split it with `include:`", source->name);
        return NULL;
    }
    if (!yaml_parser_initialize(&loader.parser)) {
        failure(error, "%s: out of memory", source->name);
        return NULL;
    }
    yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)bytes, length);
    struct yaml_node *root = document_read(&loader);
    yaml_event_delete(&loader.event);
    yaml_parser_delete(&loader.parser);
    return root;
}

/* ---------------------------------------------------------------- using the nodes */

static int already(const struct yaml_node *first, const struct yaml_node *second, char **error) {
    return yaml_error(second, error, "\"%s\" is already given in %s:%u: remove one of them",
                      second->key, first->source->name, first->line);
}

static void join(struct yaml_node *into, struct yaml_node *from) {
    struct yaml_node *next;
    for (struct yaml_node *child = from->first; child; child = next) {
        next = child->next;
        child_add(into, child);
    }
}

int yaml_merge(struct yaml_node *into, struct yaml_node *from, const char *list, char **error) {
    struct yaml_node *next;
    for (struct yaml_node *child = from->first; child; child = next) {
        next = child->next;
        struct yaml_node *other = member(into, child->key);
        if (!other) {
            child_add(into, child);
        } else if (other->kind == YAML_EMPTY) {
            struct yaml_node *after = other->next;
            *other = *child;
            other->parent = into;
            other->next = after;
            for (struct yaml_node *moved = other->first; moved; moved = moved->next)
                moved->parent = other;
        } else if (child->kind == YAML_MAPPING && other->kind == YAML_MAPPING) {
            if (yaml_merge(other, child, "", error) != 0)
                return -1;
        } else if (child->kind == YAML_LIST && other->kind == YAML_LIST &&
                   !strcmp(child->key, list)) {
            join(other, child);
        } else if (child->kind != YAML_EMPTY) {
            return already(other, child, error);
        }
    }
    return 0;
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key) {
    const struct yaml_node *node = mapping ? member(mapping, key) : NULL;
    return node && node->kind != YAML_EMPTY ? node : NULL;
}

int yaml_error(const struct yaml_node *node, char **error, const char *format, ...) {
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    failure(error, "%s:%u: %s", node->source->name, node->line, buf_text(&text));
    buf_free(&text);
    return -1;
}

static size_t position(const struct yaml_node *node) {
    size_t index = 1;
    for (const struct yaml_node *other = node->parent->first; other != node; other = other->next)
        index++;
    return index;
}

const char *yaml_label(struct arena *arena, const struct yaml_node *node) {
    if (!node->parent)
        return "";
    const char *above = yaml_label(arena, node->parent);
    if (!node->key)
        return arena_printf(arena, "%s[%zu]", above, position(node));
    return arena_printf(arena, "%s%s%s", above, *above ? "." : "", node->key);
}

int yaml_expect(struct arena *arena, const struct yaml_node *node, enum yaml_kind kind,
                char **error) {
    static const char *const words[] = {"nothing", "a single value", "a list such as [a, b]",
                                        "keys with values"};
    if (node->kind == kind)
        return 0;
    return yaml_error(node, error, "\"%s\" must be %s, not %s", yaml_label(arena, node),
                      words[kind], words[node->kind]);
}

int yaml_keys(struct arena *arena, const struct yaml_node *mapping, const char *const *known,
              char **error) {
    for (const struct yaml_node *child = mapping->first; child; child = child->next) {
        const char *const *word = known;
        while (*word && strcmp(*word, child->key))
            word++;
        if (*word)
            continue;
        const char *meant = value_nearest(child->key, known);
        const char *label = yaml_label(arena, mapping);
        return yaml_error(child, error, "unknown key \"%s\"%s%s%s%s%s%s", child->key,
                          *label ? " in \"" : "", label, *label ? "\"" : "",
                          meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
    }
    return 0;
}
