/* SPDX-License-Identifier: BSD-3-Clause */
/* How to reach PostgreSQL: connection strings and plain words for failures. */
#ifndef DB_CONNINFO_H
#define DB_CONNINFO_H

#include <stdint.h>

struct settings;

#define DB_CONNECT_TIMEOUT_MS 3000 /* per address */

/* Session settings for libpq's "options": what statements and time stamps rely on. malloc'd. */
char *db_session_options(const struct settings *settings);

/* libpq's message as a short phrase without host names or credentials, for /health. Static. */
const char *db_failure_phrase(const char *message);

#endif
