/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever yaml_parse() accepts is a sound tree of bounded depth; whatever it refuses has a reason
 * of one line that begins with the file's name. */
#include "yaml_node.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "settings_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t tree_check(struct arena *arena, const struct yaml_node *node, unsigned depth) {
    size_t count = 1;
    if (depth > YAML_DEPTH_MAX || node->line == 0 || (node->kind == YAML_SCALAR && !node->text))
        abort();
    if (node->kind != YAML_LIST && node->kind != YAML_MAPPING && node->first)
        abort();
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        if (child->parent != node || (node->kind == YAML_MAPPING) != (child->key != NULL))
            abort();
        if (child->key && child->kind != YAML_EMPTY && yaml_get(node, child->key) != child)
            abort();
        count += tree_check(arena, child, depth + 1);
    }
    if (count > YAML_NODES_MAX + 1)
        abort();
    return count;
}

static void keys_check(struct arena *arena, const struct yaml_node *root) {
    char *error = NULL;
    struct option_table table = settings_table(settings_sections());
    if (options_keys(arena, table, settings_top_keys(), root, &error) != 0 && !error)
        abort();
    free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct yaml_source source = {"fuzz.yaml", false};
    struct arena *arena = arena_new(4096);
    char *error = NULL;
    const struct yaml_node *root = yaml_parse(arena, &source, (const char *)data, size, &error);
    if (root) {
        tree_check(arena, root, 0);
        keys_check(arena, root);
    } else if (!error || strncmp(error, "fuzz.yaml:", 10) != 0) {
        abort();
    }
    if (root && error)
        abort();
    free(error);
    arena_free(arena);
    return 0;
}
