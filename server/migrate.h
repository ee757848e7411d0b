/* SPDX-License-Identifier: BSD-3-Clause */
/* Forward-only, checksummed migrations under an advisory lock. Blocking: for the master before it
 * forks and for kenanganctl, never in a loop. */
#ifndef MIGRATE_H
#define MIGRATE_H

#include <stdio.h>

struct settings;

#define MIGRATE_UNREACHABLE (-2) /* the database does not answer: worth another try later */

/* Applies what is missing from sql_dir/<module>/NNN_*.sql, in order of NNN, each file in one
 * transaction together with its row in schema_migrations. report (may be NULL) gets a line per
 * file. 0, or -1 with *error malloc'd: a changed checksum, a failed statement with file and line;
 * MIGRATE_UNREACHABLE likewise. */
int migrate_run(const struct settings *settings, FILE *report, char **error);

/* How many are missing; -1 on error. */
int migrate_pending(const struct settings *settings, char **error);

/* Applies the files of sql_dir/demo, in order of their names. */
int migrate_demo(const struct settings *settings, FILE *report, char **error);

#endif
