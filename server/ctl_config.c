/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arena.h"
#include "buf.h"
#include "log.h"
#include "module_open.h"
#include "options.h"
#include "settings.h"
#include "settings_table.h"
#include "worker.h"

/* ---------------------------------------------------------------- config check */

static int check(struct settings *settings) {
    char *error = NULL;
    int status = worker_check(settings, &error);
    if (status != 0)
        ctl_fail("%s", error);
    free(error);
    return status;
}

/* In a process of its own: a module may crash, and must not be able to take the answer with it. */
static int check_apart(struct settings *settings) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        return ctl_fail("a process for the check cannot be started");
    if (child == 0) {
        int result = check(settings);
        log_flush();
        _exit(result); /* modules release what setup() took in stop(), which a check never calls */
    }
    if (waitpid(child, &status, 0) != child)
        return ctl_fail("the process of the check is lost");
    if (WIFSIGNALED(status))
        return ctl_fail("a module crashed while it was set up: %s; turn modules off one by one to "
                        "find it",
                        strsignal(WTERMSIG(status)));
    return WEXITSTATUS(status);
}

int ctl_config_check(const struct ctl *ctl, int argc, char **argv) {
    if (argc > 2)
        return ctl_usage("config check: unexpected argument \"%s\"", argv[2]);
    log_level_set(KN_WARN);
    struct settings *settings = ctl_settings(ctl, argc == 2 ? argv[1] : NULL);
    if (!settings)
        return 1;
    log_flush();
    int status = check_apart(settings);
    settings_free(settings);
    if (status == 0)
        puts("OK");
    return status;
}

/* ---------------------------------------------------------------- config print */

static void sections_print(struct buf *out, const struct settings *settings) {
    for (const struct settings_section *section = settings_sections(); section->name; section++) {
        if (*section->name)
            buf_printf(out, "%s:\n", section->name);
        for (const struct setting *setting = section->table; setting->option.name; setting++) {
            buf_printf(out, "%s%s: ", *section->name ? "  " : "", setting->option.name);
            option_print(out, &setting->option, settings);
            buf_add_char(out, '\n');
        }
    }
}

static void limiters_print(struct buf *out, const struct settings *settings) {
    buf_add_text(out, "limiters:\n");
    for (size_t i = 0; i < settings->limiter_count; i++) {
        const struct settings_limiter *limiter = &settings->limiters[i];
        struct kn_option period = {.type = KN_OPTION_DURATION,
                                   .offset = offsetof(struct settings_limiter, period)};
        buf_printf(out, "  %s: {budget: %lld, period: ", limiter->name, (long long)limiter->budget);
        option_print(out, &period, limiter);
        buf_printf(out, ", key: %s, accepted_only: %s}\n", limiter->key,
                   limiter->accepted_only ? "true" : "false");
    }
}

static void permissions_print(struct buf *out, const struct settings *settings) {
    if (settings->permission_count)
        buf_add_text(out, "permissions:\n");
    for (size_t i = 0; i < settings->permission_count; i++)
        buf_printf(out, "  %s: %s\n", settings->permissions[i].name,
                   *settings->permissions[i].roles ? settings->permissions[i].roles : "[]");
}

static void options_print(struct buf *out, const struct kn_module *module, const void *conf) {
    if (module->options && module->options->name)
        buf_add_text(out, "    options:\n");
    for (const struct kn_option *option = module->options; option && option->name; option++) {
        buf_printf(out, "      %s: ", option->name);
        option_print(out, option, conf);
        buf_add_char(out, '\n');
    }
}

static int module_print(struct buf *out, struct settings *settings,
                        const struct settings_module *entry, char **error) {
    struct arena *arena = arena_new(4096);
    const char *path = *entry->path == '/'
                           ? entry->path
                           : arena_printf(arena, "%s/%s", settings->module_dir, entry->path);
    const struct kn_module *module = module_open(arena, path, error);
    int status = module ? 0 : -1;
    buf_printf(out, "  - name: %s\n    path: %s\n", entry->name, entry->path);
    if (module) {
        void *conf = arena_alloc(arena, module->conf_size + 1);
        status = settings_options(settings, entry, module, conf, error);
        if (status == 0)
            options_print(out, module, conf);
    }
    arena_free(arena);
    return status;
}

static int modules_print(struct buf *out, struct settings *settings) {
    int status = 0;
    if (settings->module_count)
        buf_add_text(out, "modules:\n");
    for (size_t i = 0; i < settings->module_count; i++) {
        char *error = NULL;
        if (module_print(out, settings, &settings->modules[i], &error) != 0)
            status = ctl_fail("%s", error);
        free(error);
    }
    return status;
}

int ctl_config_print(const struct ctl *ctl, int argc, char **argv) {
    struct buf out = {0};
    if (argc > 2)
        return ctl_usage("config print: unexpected argument \"%s\"", argv[2]);
    struct settings *settings = ctl_settings(ctl, argc == 2 ? argv[1] : NULL);
    if (!settings)
        return 1;
    sections_print(&out, settings);
    limiters_print(&out, settings);
    permissions_print(&out, settings);
    int status = modules_print(&out, settings);
    fputs(buf_text(&out), stdout);
    buf_free(&out);
    settings_free(settings);
    return status;
}
