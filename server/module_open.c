/* SPDX-License-Identifier: BSD-3-Clause */
#include "module_open.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "arena.h"
#include "failure.h"
#include "options.h"

/* What 1.0 knew of each struct: no module can know less. */
#define SIZE_TO(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define MODULE_SIZE_1_0       SIZE_TO(struct kn_module, stop)
#define OPTION_SIZE_1_0       SIZE_TO(struct kn_option, help)
#define ROUTE_SIZE_1_0        SIZE_TO(struct kn_route, flags)
#define PERMISSION_SIZE_1_0   SIZE_TO(struct kn_permission, help)

#define ROW_SIZE_MAX  1024
#define ROW_COUNT_MAX 1000
#define CONF_SIZE_MAX (1024 * 1024)

/* ---------------------------------------------------------------- trust */

/* Code that others could replace would run as us. */
static int owner_check(const char *path, char **error) {
    struct stat status;
    if (stat(path, &status) != 0)
        return failure(error, "%s: cannot be opened: %s; install the module or correct its path",
                       path, strerror(errno));
    const char *folder = S_ISDIR(status.st_mode) ? "folder " : "";
    if (status.st_uid != 0 && status.st_uid != geteuid())
        return failure(error, "%s: %sowned by user %u, who could change it; chown root %s", path,
                       folder, (unsigned)status.st_uid, path);
    if (status.st_mode & S_IWOTH)
        return failure(error, "%s: %swritable by others; chmod go-w %s", path, folder, path);
    if (status.st_mode & S_IWGRP)
        return failure(error, "%s: %swritable by its group; chmod go-w %s", path, folder, path);
    return 0;
}

static int folder_check(const char *path, char **error) {
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    slash[slash == folder] = '\0';
    int result = owner_check(folder, error);
    free(folder);
    return result;
}

/* The folder it is named in and, behind a link, the one it lies in. */
static int trust_check(const char *path, char **error) {
    if (owner_check(path, error) != 0 || folder_check(path, error) != 0)
        return -1;
    char *real = realpath(path, NULL);
    if (!real)
        return failure(error, "%s: cannot be opened: %s", path, strerror(errno));
    int result = folder_check(real, error);
    free(real);
    return result;
}

/* ---------------------------------------------------------------- fit */

static int size_check(const char *path, const char *what, size_t size, size_t least, char **error) {
    if (size >= least && size <= ROW_SIZE_MAX && size % sizeof(void *) == 0)
        return 0;
    return failure(error,
                   "%s: its %s is %zu bytes, the server's %zu: the module was not built "
                   "with this server's <kenangan.h>; rebuild it",
                   path, what, size, least);
}

static int abi_check(const char *path, const struct kn_module *module, char **error) {
    if (module->struct_size >= SIZE_TO(struct kn_module, abi_minor) &&
        (module->abi_major != KN_ABI_MAJOR || module->abi_minor > KN_ABI_MINOR))
        return failure(error, "%s: wants module ABI %u.%u, this server offers %d.%d: %s", path,
                       module->abi_major, module->abi_minor, KN_ABI_MAJOR, KN_ABI_MINOR,
                       module->abi_major < KN_ABI_MAJOR
                           ? "rebuild the module with the installed <kenangan.h>"
                           : "install a newer server, or an older module");
    if (size_check(path, "struct kn_module", module->struct_size, MODULE_SIZE_1_0, error) != 0 ||
        size_check(path, "struct kn_option", module->option_size, OPTION_SIZE_1_0, error) != 0 ||
        size_check(path, "struct kn_route", module->route_size, ROUTE_SIZE_1_0, error) != 0)
        return -1;
    return size_check(path, "struct kn_permission", module->permission_size, PERMISSION_SIZE_1_0,
                      error);
}

static int options_check(const char *path, const struct kn_module *module, char **error) {
    struct option_table table = {module->options, sizeof(struct kn_option)};
    const struct kn_option *option;
    for (size_t i = 0; (option = option_at(table, i)); i++) {
        size_t size = option_size(option->type);
        if (!size)
            return failure(error,
                           "%s: option \"%s\" has a type that this server does not know: "
                           "rebuild the module",
                           path, option->name);
        if (module->conf_size < size || option->offset > module->conf_size - size ||
            option->offset % size)
            return failure(error,
                           "%s: option \"%s\" lies outside the module's configuration "
                           "struct (conf_size is %zu)",
                           path, option->name, module->conf_size);
    }
    return 0;
}

static int descriptor_check(const char *path, const struct kn_module *module, char **error) {
    if (!module->name || !module->version || !module->summary)
        return failure(error, "%s: its descriptor lacks name, version or summary", path);
    if (module->conf_size > CONF_SIZE_MAX)
        return failure(error, "%s: its conf_size is over 1 MiB", path);
    return options_check(path, module, error);
}

/* ---------------------------------------------------------------- copies of our own size */

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Rows of the module's size become rows of ours. Each begins with its name, NULL in the last. */
static const void *rows_copy(struct arena *arena, const void *rows, size_t theirs, size_t ours,
                             size_t *count) {
    const char *from = rows;
    *count = 0;
    if (!rows)
        return NULL;
    while (*count <= ROW_COUNT_MAX && *(const char *const *)(const void *)(from + *count * theirs))
        ++*count;
    char *copy = arena_alloc(arena, (*count + 1) * ours);
    for (size_t i = 0; i < *count; i++)
        memcpy(copy + i * ours, from + i * theirs, smaller(theirs, ours));
    return copy;
}

static int complete(struct arena *arena, const char *path, const struct kn_module *theirs,
                    struct kn_module *ours, char **error) {
    size_t options, permissions, routes;
    memcpy(ours, theirs, smaller(theirs->struct_size, sizeof(*ours)));
    ours->options =
        rows_copy(arena, theirs->options, theirs->option_size, sizeof(struct kn_option), &options);
    ours->permissions = rows_copy(arena, theirs->permissions, theirs->permission_size,
                                  sizeof(struct kn_permission), &permissions);
    ours->routes =
        rows_copy(arena, theirs->routes, theirs->route_size, sizeof(struct kn_route), &routes);
    if (options > ROW_COUNT_MAX || permissions > ROW_COUNT_MAX || routes > ROW_COUNT_MAX)
        return failure(error,
                       "%s: a table of its descriptor does not end: its last row must have "
                       "a NULL name",
                       path);
    return descriptor_check(path, ours, error);
}

/* ---------------------------------------------------------------- opening */

typedef const struct kn_module *entry_fn(void);

static entry_fn *entry_find(const char *path, char **error) {
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!object) {
        failure(error, "%s: cannot be loaded: %s", path, dlerror());
        return NULL;
    }
    void *symbol = dlsym(object, "kn_module_entry");
    if (!symbol) {
        failure(error, "%s: is no module of this server: it has no kn_module_entry()", path);
        return NULL;
    }
    entry_fn *entry;
    memcpy(&entry, &symbol, sizeof(entry));
    return entry;
}

const struct kn_module *module_open(struct arena *arena, const char *path, char **error) {
    if (trust_check(path, error) != 0)
        return NULL;
    entry_fn *entry = entry_find(path, error);
    const struct kn_module *theirs = entry ? entry() : NULL;
    if (!theirs) {
        if (entry)
            failure(error, "%s: its kn_module_entry() gave no descriptor", path);
        return NULL;
    }
    struct kn_module *ours = arena_alloc(arena, sizeof(*ours));
    if (abi_check(path, theirs, error) != 0 || complete(arena, path, theirs, ours, error) != 0)
        return NULL;
    return ours;
}
