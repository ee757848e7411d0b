/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "buf.h"
#include "module_open.h"
#include "settings.h"

/* One line for each module, or a page with -v. */
struct listing {
    const struct settings *settings;
    struct arena *arena;
    bool verbose;
    int status;
};

static const char *type_word(enum kn_option_type type) {
    static const char *const words[] = {"text", "number", "boolean", "duration", "size", "list"};
    return words[type];
}

static void options_print(const struct kn_option *option) {
    for (; option && option->name; option++) {
        printf("    option      %s (%s", option->name, type_word(option->type));
        if (option->flags & KN_OPTION_REQUIRED)
            printf(", required");
        else if (option->fallback && *option->fallback)
            printf(", default %s", option->fallback);
        if (option->env)
            printf(", %s", option->env);
        printf("): %s\n", option->help ? option->help : "");
    }
}

static void permissions_print(const struct kn_permission *permission) {
    for (; permission && permission->name; permission++)
        printf("    permission  %s (%s): %s\n", permission->name,
               permission->roles ? permission->roles : "",
               permission->help ? permission->help : "");
}

static void routes_print(const struct kn_route *route) {
    for (; route && route->method; route++)
        printf("    route       %-6s %s (%s)\n", route->method, route->pattern,
               route->permission ? route->permission : "");
}

static void depends_print(const char *const *name) {
    for (; name && *name; name++)
        printf("    needs       %s\n", *name);
}

static bool on(const struct settings *settings, const char *name) {
    for (size_t i = 0; i < settings->module_count; i++)
        if (!strcmp(settings->modules[i].name, name))
            return true;
    return false;
}

static void module_print(struct listing *listing, const char *path) {
    char *error = NULL;
    const struct kn_module *module = module_open(listing->arena, path, &error);
    if (!module) {
        listing->status = ctl_fail("%s", error);
        free(error);
        return;
    }
    printf("%-14s %-8s %-4s %s\n", module->name, module->version,
           on(listing->settings, module->name) ? "on" : "off", module->summary);
    if (!listing->verbose)
        return;
    depends_print(module->depends);
    options_print(module->options);
    permissions_print(module->permissions);
    routes_print(module->routes);
}

/* What is installed, and what the configuration takes from elsewhere. */
static void modules_print(struct listing *listing) {
    glob_t found = {0};
    const struct settings *settings = listing->settings;
    const char *pattern = arena_printf(listing->arena, "%s/*.so", settings->module_dir);
    glob(pattern, 0, NULL, &found);
    if (!found.gl_pathc)
        listing->status =
            ctl_fail("no modules in %s: set `module_dir:`, or install them", settings->module_dir);
    for (size_t i = 0; i < found.gl_pathc; i++)
        module_print(listing, found.gl_pathv[i]);
    globfree(&found);
    for (size_t i = 0; i < settings->module_count; i++)
        if (settings->modules[i].path[0] == '/')
            module_print(listing, settings->modules[i].path);
}

int ctl_module_list(const struct ctl *ctl, int argc, char **argv) {
    bool verbose = argc == 2 && (!strcmp(argv[1], "-v") || !strcmp(argv[1], "--verbose"));
    if (argc > 1 && !verbose)
        return ctl_usage("module list: unexpected argument \"%s\"", argv[argc - 1]);
    struct settings *settings = ctl_settings(ctl, NULL);
    if (!settings)
        return 1;
    struct listing listing = {settings, arena_new(8192), verbose, 0};
    modules_print(&listing);
    arena_free(listing.arena);
    settings_free(settings);
    return listing.status;
}
