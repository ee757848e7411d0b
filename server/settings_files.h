/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the configuration's files into one tree. */
#ifndef SETTINGS_FILES_H
#define SETTINGS_FILES_H

struct arena;
struct yaml_node;

/* The main file with what it includes, in the arena. NULL on failure with *error malloc'd. */
struct yaml_node *settings_files_read(struct arena *arena, const char *path, char **error);

/* A path as the file that mentions it means it: relative to that file's folder. */
const char *settings_files_resolve(struct arena *arena, const char *file, const char *path);

#endif
