/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "buf.h"
#include "failure.h"
#include "value.h"
#include "yaml_node.h"

const struct kn_option *option_at(struct option_table table, size_t index) {
    const struct kn_option *option =
        table.first ? (const void *)((const char *)table.first + index * table.stride) : NULL;
    return option && option->name ? option : NULL;
}

size_t option_size(enum kn_option_type type) {
    switch (type) {
    case KN_OPTION_BOOLEAN:
        return sizeof(bool);
    case KN_OPTION_STRING:
    case KN_OPTION_LIST:
        return sizeof(void *);
    case KN_OPTION_INTEGER:
    case KN_OPTION_DURATION:
    case KN_OPTION_SIZE:
        return sizeof(int64_t);
    }
    return 0;
}

int option_error(const struct option_origin *origin, const struct kn_option *option, char **error,
                 const char *what) {
    if (origin->env)
        return failure(error, "environment variable %s: %s", origin->env, what);
    if (origin->node)
        return yaml_error(origin->node, error, "\"%s\": %s", option->name, what);
    return failure(error, "\"%s\": %s", option->name, what);
}

/* ---------------------------------------------------------------- text to members */

static bool number_parse(enum kn_option_type type, const char *text, int64_t *value) {
    if (type == KN_OPTION_DURATION)
        return value_duration(text, value);
    if (type == KN_OPTION_SIZE)
        return value_size(text, value);
    return value_integer(text, value);
}

static bool text_store(struct arena *arena, enum kn_option_type type, const char *text,
                       void *member) {
    switch (type) {
    case KN_OPTION_STRING:
        *(const char **)member = arena_strdup(arena, text);
        return true;
    case KN_OPTION_LIST:
        *(const char *const **)member = value_list(arena, text);
        return true;
    case KN_OPTION_BOOLEAN:
        return value_boolean(text, member);
    case KN_OPTION_INTEGER:
    case KN_OPTION_DURATION:
    case KN_OPTION_SIZE:
        return number_parse(type, text, member);
    }
    return false;
}

static int bad_value(struct arena *arena, const struct option_origin *origin,
                     const struct kn_option *option, const char *text, char **error) {
    const char *wanted = value_wanted(option->type);
    const char *what = option->flags & KN_OPTION_SECRET
                           ? arena_printf(arena, "expected %s", wanted)
                           : arena_printf(arena, "expected %s, got \"%.60s\"", wanted, text);
    return option_error(origin, option, error, what);
}

static int list_store(struct arena *arena, const struct yaml_node *node, void *member,
                      char **error) {
    size_t count = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next, count++)
        if (yaml_expect(arena, item, YAML_SCALAR, error) != 0)
            return -1;
    const char **list = arena_alloc(arena, (count + 1) * sizeof(*list));
    count = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next)
        list[count++] = arena_strdup(arena, item->text);
    *(const char *const **)member = list;
    return 0;
}

static int node_store(struct arena *arena, const struct kn_option *option,
                      const struct option_origin *origin, void *member, char **error) {
    if (option->type == KN_OPTION_LIST && origin->node->kind == YAML_LIST)
        return list_store(arena, origin->node, member, error);
    if (yaml_expect(arena, origin->node, YAML_SCALAR, error) != 0)
        return -1;
    if (text_store(arena, option->type, origin->node->text, member))
        return 0;
    return bad_value(arena, origin, option, origin->node->text, error);
}

/* ---------------------------------------------------------------- where values come from */

/* An empty variable counts as none: compose files write NAME=${NAME:-}. */
static const char *environment(const struct kn_option *option) {
    const char *text = option->env ? getenv(option->env) : NULL;
    return text && *text ? text : NULL;
}

static int missing(const struct kn_option *option, const char *subject, char **error) {
    if (option->env)
        return failure(error,
                       "%s: \"%s\" is missing: set %s in the environment, or %s in the "
                       "configuration (%s)",
                       subject, option->name, option->env, option->name,
                       option->help ? option->help : "");
    return failure(error, "%s: \"%s\" is missing: set it in the configuration (%s)", subject,
                   option->name, option->help ? option->help : "");
}

int option_set(struct arena *arena, const struct kn_option *option, const char *subject,
               const struct yaml_node *mapping, void *conf, struct option_origin *origin,
               char **error) {
    void *member = (char *)conf + option->offset;
    const char *text = environment(option);
    *origin = (struct option_origin){0};
    if (text) {
        origin->env = option->env;
    } else if ((origin->node = yaml_get(mapping, option->name))) {
        return node_store(arena, option, origin, member, error);
    } else if (option->flags & KN_OPTION_REQUIRED) {
        return missing(option, subject, error);
    } else {
        text = option->fallback;
    }
    if (!text || text_store(arena, option->type, text, member))
        return 0;
    if (origin->env)
        return bad_value(arena, origin, option, text, error);
    return failure(error, "%s: the default \"%s\" of \"%s\" is not %s: rebuild the module", subject,
                   text, option->name, value_wanted(option->type));
}

static size_t words(const char *const *list) {
    size_t count = 0;
    while (list && list[count])
        count++;
    return count;
}

int options_keys(struct arena *arena, struct option_table table, const char *const *more,
                 const struct yaml_node *mapping, char **error) {
    size_t count = 0, extra = words(more);
    if (!mapping)
        return 0;
    while (option_at(table, count))
        count++;
    const char **known = arena_alloc(arena, (count + extra + 1) * sizeof(*known));
    for (size_t i = 0; i < count; i++)
        known[i] = option_at(table, i)->name;
    for (size_t i = 0; i < extra; i++)
        known[count + i] = more[i];
    return yaml_keys(arena, mapping, known, error);
}

/* ---------------------------------------------------------------- members to text */

static void quoted(struct buf *out, const char *text) {
    if (*text &&
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-") ==
            strlen(text)) {
        buf_add_text(out, text);
        return;
    }
    buf_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_add_char(out, '\\');
        if ((unsigned char)*text < ' ')
            buf_printf(out, "\\x%02x", (unsigned)*text);
        else
            buf_add_char(out, *text);
    }
    buf_add_char(out, '"');
}

static void list_print(struct buf *out, const char *const *list) {
    buf_add_char(out, '[');
    for (size_t i = 0; list && list[i]; i++) {
        buf_add_text(out, i ? ", " : "");
        quoted(out, list[i]);
    }
    buf_add_char(out, ']');
}

static void number_print(struct buf *out, enum kn_option_type type, int64_t value) {
    if (type == KN_OPTION_DURATION)
        value_duration_text(out, value);
    else if (type == KN_OPTION_SIZE)
        value_size_text(out, value);
    else
        buf_printf(out, "%" PRId64, value);
}

static void string_print(struct buf *out, const struct kn_option *option, const char *text) {
    if (!text)
        buf_add_char(out, '~');
    else if (*text && (option->flags & KN_OPTION_SECRET))
        buf_add_text(out, "\"***MASKED***\"");
    else
        quoted(out, text);
}

void option_print(struct buf *out, const struct kn_option *option, const void *conf) {
    const void *member = (const char *)conf + option->offset;
    switch (option->type) {
    case KN_OPTION_STRING:
        string_print(out, option, *(const char *const *)member);
        return;
    case KN_OPTION_LIST:
        list_print(out, *(const char *const *const *)member);
        return;
    case KN_OPTION_BOOLEAN:
        buf_add_text(out, *(const bool *)member ? "true" : "false");
        return;
    case KN_OPTION_INTEGER:
    case KN_OPTION_DURATION:
    case KN_OPTION_SIZE:
        number_print(out, option->type, *(const int64_t *)member);
        return;
    }
}
