/* SPDX-License-Identifier: BSD-3-Clause */
/* What a value must be beyond its type. */
#ifndef SETTINGS_CHECK_H
#define SETTINGS_CHECK_H

struct arena;
struct option_origin;
struct setting;
struct settings_store;

/* Checks the member just set; 0, or -1 with *error malloc'd that blames the origin. */
int settings_check(struct settings_store *store, const struct setting *setting,
                   const struct option_origin *origin, char **error);

#endif
