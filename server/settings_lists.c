/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings_lists.h"

#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "buf.h"
#include "options.h"
#include "settings_table.h"
#include "value.h"
#include "yaml_node.h"

static size_t children(const struct yaml_node *node) {
    size_t count = 0;
    for (const struct yaml_node *child = node ? node->first : NULL; child; child = child->next)
        count++;
    return count;
}

/* A member of the root of the given kind; *node is NULL when it is absent. */
static int section(struct settings_store *store, const struct yaml_node *root, const char *key,
                   enum yaml_kind kind, const struct yaml_node **node, char **error) {
    *node = yaml_get(root, key);
    return *node ? yaml_expect(store->arena, *node, kind, error) : 0;
}

static int table_fill(struct settings_store *store, const struct kn_option *table,
                      const struct yaml_node *mapping, void *conf, char **error) {
    struct option_table options = {table, sizeof(*table)};
    struct option_origin origin;
    const char *label = yaml_label(store->arena, mapping);
    if (yaml_expect(store->arena, mapping, YAML_MAPPING, error) != 0 ||
        options_keys(store->arena, options, NULL, mapping, error) != 0)
        return -1;
    for (; table->name; table++)
        if (yaml_get(mapping, table->name) || table->fallback)
            if (option_set(store->arena, table, label, mapping, conf, &origin, error) != 0)
                return -1;
    return 0;
}

/* ---------------------------------------------------------------- modules */

struct check_row {
    bool critical;
    int64_t interval, timeout;
};

static const struct kn_option check_options[] = {
    {.name = "critical", .type = KN_OPTION_BOOLEAN, .offset = offsetof(struct check_row, critical)},
    {.name = "interval",
     .type = KN_OPTION_DURATION,
     .offset = offsetof(struct check_row, interval)},
    {.name = "timeout", .type = KN_OPTION_DURATION, .offset = offsetof(struct check_row, timeout)},
    {.name = NULL},
};

static int checks_check(struct settings_store *store, const struct yaml_node *checks,
                        char **error) {
    if (!checks)
        return 0;
    if (yaml_expect(store->arena, checks, YAML_MAPPING, error) != 0)
        return -1;
    for (const struct yaml_node *node = checks->first; node; node = node->next) {
        struct check_row row = {false, 1, 1};
        if (table_fill(store, check_options, node, &row, error) != 0)
            return -1;
        if (row.interval <= 0 || row.timeout <= 0)
            return yaml_error(node, error, "\"%s\": interval and timeout must be more than 0",
                              node->key);
    }
    return 0;
}

bool settings_check_override(const struct settings_module *module, const char *name, bool *critical,
                             int64_t *interval, int64_t *timeout) {
    const struct yaml_node *node = yaml_get(module->checks, name);
    struct check_row row = {*critical, *interval, *timeout};
    if (!node)
        return false;
    *node->asked = true;
    const struct yaml_node *value = yaml_get(node, "critical");
    if (value)
        value_boolean(value->text, critical);
    value = yaml_get(node, "interval");
    if (value && value_duration(value->text, &row.interval))
        *interval = row.interval;
    value = yaml_get(node, "timeout");
    if (value && value_duration(value->text, &row.timeout))
        *timeout = row.timeout;
    return true;
}

/* Only the first words of an entry decide whether it is on; an entry that is off is checked too. */
static int enabled_read(struct settings_store *store, const struct yaml_node *entry, bool *enabled,
                        char **error) {
    static const struct kn_option option = {
        .name = "enabled", .type = KN_OPTION_BOOLEAN, .fallback = "true"};
    struct option_origin origin;
    return option_set(store->arena, &option, "modules", entry, enabled, &origin, error);
}

static bool name_valid(const char *name) {
    return *name >= 'a' && *name <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

static int name_read(struct settings_store *store, const struct yaml_node *entry, const char **name,
                     char **error) {
    const struct yaml_node *node = yaml_get(entry, "name");
    if (!node)
        return yaml_error(entry, error, "a module needs a name: write \"name: menu\"");
    if (yaml_expect(store->arena, node, YAML_SCALAR, error) != 0)
        return -1;
    *name = node->text;
    if (!name_valid(*name))
        return yaml_error(node, error,
                          "\"%.60s\" cannot be a module's name: use small letters, "
                          "digits, - and _",
                          *name);
    return 0;
}

static int path_read(struct settings_store *store, const struct yaml_node *entry,
                     struct settings_module *module, char **error) {
    const struct yaml_node *node = yaml_get(entry, "path");
    if (!node) {
        module->path = arena_printf(store->arena, "%s.so", module->name);
        return 0;
    }
    module->path = node->text;
    return yaml_expect(store->arena, node, YAML_SCALAR, error);
}

static int module_read(struct settings_store *store, const struct yaml_node *entry,
                       struct settings_module *module, bool *enabled, char **error) {
    static const char *const keys[] = {"name", "path", "enabled", "options", "checks", NULL};
    if (yaml_expect(store->arena, entry, YAML_MAPPING, error) != 0 ||
        yaml_keys(store->arena, entry, keys, error) != 0 ||
        name_read(store, entry, &module->name, error) != 0 ||
        path_read(store, entry, module, error) != 0 ||
        enabled_read(store, entry, enabled, error) != 0)
        return -1;
    module->options = yaml_get(entry, "options");
    module->checks = yaml_get(entry, "checks");
    module->where = arena_printf(store->arena, "%s:%u", entry->source->name, entry->line);
    if (module->options && yaml_expect(store->arena, module->options, YAML_MAPPING, error) != 0)
        return -1;
    return checks_check(store, module->checks, error);
}

static int module_twice(const struct settings_module *list, size_t count,
                        const struct settings_module *module, const struct yaml_node *entry,
                        char **error) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i].name, module->name))
            return yaml_error(entry, error,
                              "module \"%s\" is already given in %s: remove one of "
                              "them",
                              module->name, list[i].where);
    return 0;
}

int settings_modules_read(struct settings_store *store, const struct yaml_node *root,
                          char **error) {
    const struct yaml_node *list;
    if (section(store, root, "modules", YAML_LIST, &list, error) != 0)
        return -1;
    struct settings_module *modules =
        arena_alloc(store->arena, (children(list) + 1) * sizeof(*modules));
    size_t count = 0;
    for (const struct yaml_node *entry = list ? list->first : NULL; entry; entry = entry->next) {
        bool enabled = true;
        modules[count] = (struct settings_module){0};
        if (module_read(store, entry, &modules[count], &enabled, error) != 0 ||
            module_twice(modules, count, &modules[count], entry, error) != 0)
            return -1;
        count += enabled;
    }
    if (count > 64)
        return yaml_error(list, error, "more than 64 modules are on: turn some off");
    store->settings.modules = modules;
    store->settings.module_count = count;
    return 0;
}

/* ---------------------------------------------------------------- limiters */

static const struct kn_option limiter_options[] = {
    {.name = "budget",
     .type = KN_OPTION_INTEGER,
     .offset = offsetof(struct settings_limiter, budget)},
    {.name = "period",
     .type = KN_OPTION_DURATION,
     .offset = offsetof(struct settings_limiter, period)},
    {.name = "key", .type = KN_OPTION_STRING, .offset = offsetof(struct settings_limiter, key)},
    {.name = "accepted_only",
     .type = KN_OPTION_BOOLEAN,
     .offset = offsetof(struct settings_limiter, accepted_only)},
    {.name = NULL},
};

static int limiter_read(struct settings_store *store, const struct yaml_node *node,
                        struct settings_limiter *limiter, char **error) {
    if (table_fill(store, limiter_options, node, limiter, error) != 0)
        return -1;
    if (limiter->budget < 1 || limiter->budget > 1000000)
        return yaml_error(node, error, "limiter \"%s\" needs a \"budget\" from 1 to 1000000",
                          node->key);
    if (limiter->period < 100 || limiter->period > 86400000)
        return yaml_error(node, error, "limiter \"%s\" needs a \"period\" from 100ms to 1d",
                          node->key);
    if (strcmp(limiter->key, "ip") && strcmp(limiter->key, "ip+path") &&
        strcmp(limiter->key, "user"))
        return yaml_error(node, error, "limiter \"%s\": the \"key\" must be ip, ip+path or user",
                          node->key);
    return 0;
}

static struct settings_limiter *limiter_of(struct settings_limiter *list, size_t *count,
                                           const char *name) {
    for (size_t i = 0; i < *count; i++)
        if (!strcmp(list[i].name, name))
            return &list[i];
    list[*count] = (struct settings_limiter){.name = name, .key = "ip"};
    return &list[(*count)++];
}

int settings_limiters_read(struct settings_store *store, const struct yaml_node *root,
                           char **error) {
    const struct settings_limiter *defaults = settings_limiter_defaults();
    const struct yaml_node *mapping;
    size_t count = 0;
    if (section(store, root, "limiters", YAML_MAPPING, &mapping, error) != 0)
        return -1;
    while (defaults[count].name)
        count++;
    struct settings_limiter *limiters =
        arena_alloc(store->arena, (count + children(mapping)) * sizeof(*limiters));
    memcpy(limiters, defaults, count * sizeof(*limiters));
    for (const struct yaml_node *node = mapping ? mapping->first : NULL; node; node = node->next)
        if (limiter_read(store, node, limiter_of(limiters, &count, node->key), error) != 0)
            return -1;
    store->settings.limiters = limiters;
    store->settings.limiter_count = count;
    return 0;
}

/* ---------------------------------------------------------------- permissions */

/* A slip in a role's name would silently take a permission away. */
static int role_add(struct buf *out, const char *role, const struct yaml_node *node, char **error) {
    static const char *const roles[] = {"admin", "manager", "server", "counter", "kitchen", NULL};
    for (size_t i = 0; roles[i]; i++)
        if (!strcmp(role, roles[i])) {
            buf_printf(out, "%s%s", out->length ? " " : "", role);
            return 0;
        }
    const char *meant = value_nearest(role, roles);
    return yaml_error(node, error, "unknown role \"%.60s\"%s%s%s", role,
                      meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
}

static int words_add(struct buf *out, const char *text, const struct yaml_node *node,
                     char **error) {
    while (*(text += strspn(text, " ,\t"))) {
        size_t length = strcspn(text, " ,\t");
        char *role = xmalloc(length + 1);
        memcpy(role, text, length);
        role[length] = '\0';
        int result = role_add(out, role, node, error);
        free(role);
        if (result != 0)
            return -1;
        text += length;
    }
    return 0;
}

static int roles_read(struct settings_store *store, const struct yaml_node *node, struct buf *out,
                      char **error) {
    if (node->kind != YAML_LIST)
        return yaml_expect(store->arena, node, YAML_SCALAR, error) != 0
                   ? -1
                   : words_add(out, node->text, node, error);
    for (const struct yaml_node *item = node->first; item; item = item->next)
        if (yaml_expect(store->arena, item, YAML_SCALAR, error) != 0 ||
            role_add(out, item->text, item, error) != 0)
            return -1;
    return 0;
}

int settings_permissions_read(struct settings_store *store, const struct yaml_node *root,
                              char **error) {
    const struct yaml_node *mapping;
    size_t count = 0;
    if (section(store, root, "permissions", YAML_MAPPING, &mapping, error) != 0)
        return -1;
    struct settings_permission *list =
        arena_alloc(store->arena, (children(mapping) + 1) * sizeof(*list));
    for (const struct yaml_node *node = mapping ? mapping->first : NULL; node; node = node->next) {
        struct buf roles = {0};
        int result = roles_read(store, node, &roles, error);
        list[count].name = node->key;
        list[count++].roles = arena_strdup(store->arena, buf_text(&roles));
        buf_free(&roles);
        if (result != 0)
            return -1;
    }
    store->settings.permissions = list;
    store->settings.permission_count = count;
    return 0;
}
