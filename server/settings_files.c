/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings_files.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "arena.h"
#include "buf.h"
#include "failure.h"
#include "yaml_node.h"

static int cannot_read(const char *path, int code, char **error) {
    return failure(error, "%s: cannot be read: %s", path, strerror(code));
}

static int bytes_read(int fd, const char *path, struct buf *bytes, char **error) {
    for (;;) {
        buf_reserve(bytes, 65536);
        ssize_t got = read(fd, bytes->data + bytes->length, 65536);
        if (got < 0)
            return cannot_read(path, errno, error);
        if (got == 0 || bytes->length > YAML_SIZE_MAX)
            return 0;
        bytes->length += (size_t)got;
    }
}

static int file_read(const char *path, struct buf *bytes, bool *exposed, char **error) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_read(path, errno, error);
    int result = 0;
    if (fstat(fd, &status) != 0)
        result = cannot_read(path, errno, error);
    else if (S_ISDIR(status.st_mode))
        result = cannot_read(path, EISDIR, error);
    else
        result = bytes_read(fd, path, bytes, error);
    close(fd);
    *exposed = result == 0 && (status.st_mode & S_IROTH);
    return result;
}

static struct yaml_node *tree_read(struct arena *arena, const char *path, char **error) {
    struct buf bytes = {0};
    struct yaml_source *source = arena_alloc(arena, sizeof(*source));
    struct yaml_node *root = NULL;
    source->name = arena_strdup(arena, path);
    if (file_read(path, &bytes, &source->exposed, error) == 0)
        root = yaml_parse(arena, source, buf_text(&bytes), bytes.length, error);
    buf_free(&bytes);
    return root;
}

const char *settings_files_resolve(struct arena *arena, const char *file, const char *path) {
    const char *slash = strrchr(file, '/');
    if (*path == '/' || !slash)
        return path;
    return arena_printf(arena, "%.*s/%s", (int)(slash - file), file, path);
}

static int included_read(struct arena *arena, struct yaml_node *root, const char *path,
                         char **error) {
    struct yaml_node *tree = tree_read(arena, path, error);
    if (!tree)
        return -1;
    const struct yaml_node *nested = yaml_get(tree, "include");
    if (nested)
        return yaml_error(nested, error, "only the main file may include others");
    return yaml_merge(root, tree, "modules", error);
}

/* A pattern that matches nothing is fine, a name without wildcards must exist. */
static int pattern_read(struct arena *arena, struct yaml_node *root, const struct yaml_node *node,
                        char **error) {
    glob_t found = {0};
    if (yaml_expect(arena, node, YAML_SCALAR, error) != 0)
        return -1;
    const char *pattern = settings_files_resolve(arena, node->source->name, node->text);
    int flags = strpbrk(pattern, "*?[") ? 0 : GLOB_NOCHECK;
    int outcome = glob(pattern, flags, NULL, &found);
    int result = 0;
    if (outcome != 0 && outcome != GLOB_NOMATCH)
        result = yaml_error(node, error, "the folder of \"%s\" cannot be read", pattern);
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
        result = included_read(arena, root, found.gl_pathv[i], error);
    globfree(&found);
    return result;
}

struct yaml_node *settings_files_read(struct arena *arena, const char *path, char **error) {
    struct yaml_node *root = tree_read(arena, path, error);
    const struct yaml_node *include = yaml_get(root, "include");
    if (!root || !include)
        return root;
    if (include->kind != YAML_LIST)
        return pattern_read(arena, root, include, error) == 0 ? root : NULL;
    for (const struct yaml_node *item = include->first; item; item = item->next)
        if (pattern_read(arena, root, item, error) != 0)
            return NULL;
    return root;
}
