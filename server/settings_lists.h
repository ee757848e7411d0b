/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists of the configuration: modules, limiters, permissions. */
#ifndef SETTINGS_LISTS_H
#define SETTINGS_LISTS_H

struct settings_store;
struct yaml_node;

/* root may be NULL. 0, or -1 with *error malloc'd. */
int settings_modules_read(struct settings_store *store, const struct yaml_node *root, char **error);
int settings_limiters_read(struct settings_store *store, const struct yaml_node *root,
                           char **error);
int settings_permissions_read(struct settings_store *store, const struct yaml_node *root,
                              char **error);

#endif
