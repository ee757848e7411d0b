/* SPDX-License-Identifier: BSD-3-Clause */
/* The migration files on disk, and where in one a statement stands. */
#ifndef MIGRATE_FILES_H
#define MIGRATE_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct migrate_file {
    char *module; /* folder */
    char *name;   /* "030_menu.sql" */
    char *path;   /* "menu/030_menu.sql", below the sql directory */
    long version; /* 30 */
    char *text;   /* contents, NUL-terminated */
    size_t length;
    char *checksum; /* SHA-256 in hex, set by migrate.c */
    bool pending;   /* set by migrate.c */
};

struct migrate_files {
    struct migrate_file *files; /* in order of application */
    size_t count;
};

/* sql_dir/<module>/NNN_*.sql of all folders but demo, or with demo only that one. 0, or -1 with
 * *error malloc'd. */
int migrate_files_read(struct migrate_files *files, const char *sql_dir, bool demo, char **error);
void migrate_files_free(struct migrate_files *files);

/* The line (from 1) of the character-th character (from 1), as PostgreSQL counts them. */
size_t migrate_line_of_character(const char *text, long character);

/* The line on which the index-th (from 0) statement begins. */
size_t migrate_line_of_statement(const char *text, size_t index);

#endif
