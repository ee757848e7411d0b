/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "arena.h"
#include "failure.h"
#include "log.h"
#include "options.h"
#include "settings_check.h"
#include "settings_files.h"
#include "settings_lists.h"
#include "settings_table.h"
#include "yaml_node.h"

static struct settings_store *store_of(struct settings *settings) {
    return (struct settings_store *)settings;
}

/* ---------------------------------------------------------------- the server's own options */

static int section_fill(struct settings_store *store, const struct settings_section *section,
                        const struct yaml_node *mapping, char **error) {
    const char *const *more = *section->name ? NULL : settings_top_keys();
    if (mapping && (yaml_expect(store->arena, mapping, YAML_MAPPING, error) != 0 ||
                    options_keys(store->arena, settings_table(section), more, mapping, error) != 0))
        return -1;
    for (const struct setting *setting = section->table; setting->option.name; setting++) {
        struct option_origin origin;
        if (option_set(store->arena, &setting->option, section->name, mapping, store, &origin,
                       error) != 0 ||
            settings_check(store, setting, &origin, error) != 0)
            return -1;
    }
    return 0;
}

static int sections_fill(struct settings_store *store, const struct yaml_node *root, char **error) {
    for (const struct settings_section *section = settings_sections(); section->name; section++) {
        const struct yaml_node *mapping = *section->name ? yaml_get(root, section->name) : root;
        if (section_fill(store, section, mapping, error) != 0)
            return -1;
    }
    return 0;
}

/* Folders in the file are relative to the file, and modules need an absolute one. */
static const char *folder(struct settings_store *store, const char *path) {
    const char *file = store->settings.path;
    if (file)
        path = settings_files_resolve(store->arena, file, path);
    char *absolute = realpath(path, NULL);
    if (!absolute)
        return path;
    path = arena_strdup(store->arena, absolute);
    free(absolute);
    return path;
}

static void complete(struct settings_store *store) {
    struct settings *settings = &store->settings;
    log_level_parse(store->log_level, &settings->log_level);
    settings->http.port = (uint16_t)store->http_port;
    settings->db.port = (uint16_t)store->db_port;
    if (settings->db.max_idle > settings->db.max_open)
        settings->db.max_idle = settings->db.max_open;
    settings->module_dir = folder(store, settings->module_dir);
    settings->sql_dir = folder(store, settings->sql_dir);
    if (settings->pid_file && settings->path)
        settings->pid_file =
            settings_files_resolve(store->arena, settings->path, settings->pid_file);
}

static void exposure_warn(const struct yaml_node *node, const char *what) {
    log_write(KN_WARN, "settings", NULL,
              "%s:%u: %s is in a file that everybody can read: chmod o-r %s, or set it in the "
              "environment",
              node->source->name, node->line, what, node->source->name);
}

static void password_warn(const struct yaml_node *root) {
    const struct yaml_node *node = yaml_get(yaml_get(root, "database"), "password");
    if (node && node->source->exposed)
        exposure_warn(node, "the database password");
}

static int fill(struct settings_store *store, char **error) {
    struct yaml_node *root = NULL;
    if (store->settings.path) {
        root = settings_files_read(store->arena, store->settings.path, error);
        if (!root)
            return -1;
    }
    if (sections_fill(store, root, error) != 0 || settings_limiters_read(store, root, error) != 0 ||
        settings_permissions_read(store, root, error) != 0 ||
        settings_modules_read(store, root, error) != 0)
        return -1;
    complete(store);
    password_warn(root);
    return 0;
}

struct settings *settings_read(const char *path, char **error) {
    struct arena *arena = arena_new(16384);
    struct settings_store *store = arena_alloc(arena, sizeof(*store));
    store->arena = arena;
    store->settings.path = path ? arena_strdup(arena, path) : NULL;
    if (fill(store, error) == 0)
        return &store->settings;
    arena_free(arena);
    return NULL;
}

void settings_free(struct settings *settings) {
    if (settings)
        arena_free(store_of(settings)->arena);
}

/* ---------------------------------------------------------------- a module's options */

int settings_options(struct settings *settings, const struct settings_module *module,
                     const struct kn_module *descriptor, void *conf, char **error) {
    struct arena *arena = store_of(settings)->arena;
    struct option_table table = {descriptor->options, sizeof(struct kn_option)};
    const char *subject = arena_printf(arena, "%s: module %s", module->where, module->name);
    const struct kn_option *option;
    struct option_origin origin;
    if (options_keys(arena, table, NULL, module->options, error) != 0)
        return -1;
    for (size_t i = 0; (option = option_at(table, i)); i++)
        if (option_set(arena, option, subject, module->options, conf, &origin, error) != 0)
            return -1;
    return 0;
}

void settings_secrets_warn(const struct settings_module *module,
                           const struct kn_module *descriptor) {
    struct option_table table = {descriptor->options, sizeof(struct kn_option)};
    const struct kn_option *option;
    for (size_t i = 0; (option = option_at(table, i)); i++) {
        const struct yaml_node *node = yaml_get(module->options, option->name);
        if (node && node->source->exposed && (option->flags & KN_OPTION_SECRET))
            exposure_warn(node, "a secret");
    }
}
