/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <libpq-fe.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "db.h"
#include "migrate.h"
#include "settings.h"

/* ---------------------------------------------------------------- talking to PostgreSQL */

/* libpq's messages are of several lines; the first says it. */
static int first_line(const char *text) {
    return (int)strcspn(text, "\n");
}

PGconn *ctl_connect(const struct settings *settings) {
    char *text = db_conninfo(settings);
    PGconn *connection = PQconnectdb(text);
    free(text);
    if (PQstatus(connection) == CONNECTION_OK)
        return connection;
    const char *message = PQerrorMessage(connection);
    ctl_fail("the database cannot be reached: %.*s; check DB_HOST, DB_PORT, DB_USER, DB_PASSWORD "
             "and DB_NAME, or `database:` in the configuration",
             first_line(message), message);
    PQfinish(connection);
    return NULL;
}

/* Our own functions say in the detail what the operator should read. */
static void explain(const PGresult *result, const PGconn *connection) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state && !strncmp(state, "KN", 2) && detail)
        ctl_fail("%s", detail);
    else if (state && (!strcmp(state, "42P01") || !strcmp(state, "42883")))
        ctl_fail("the database has no such tables yet: run `kenanganctl migrate`");
    else if (message)
        ctl_fail("the database refused: %s", message);
    else
        ctl_fail("the database did not answer: %.*s", first_line(PQerrorMessage(connection)),
                 PQerrorMessage(connection));
}

PGresult *ctl_query(PGconn *connection, const char *sql, const char *const *params, int count) {
    PGresult *result = PQexecParams(connection, sql, count, NULL, params, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return result;
    explain(result, connection);
    PQclear(result);
    return NULL;
}

/* ---------------------------------------------------------------- migrate, demo */

static int status_print(const struct settings *settings) {
    char *error = NULL;
    int missing = migrate_pending(settings, &error);
    if (missing < 0) {
        ctl_fail("%s", error);
        free(error);
        return 1;
    }
    if (missing == 0)
        puts("The database is up to date.");
    else
        printf("%d migration%s missing: run `kenanganctl migrate`.\n", missing,
               missing == 1 ? " is" : "s are");
    return 0;
}

static int apply(const struct settings *settings,
                 int (*fn)(const struct settings *settings, FILE *report, char **error)) {
    char *error = NULL;
    if (fn(settings, stdout, &error) == 0)
        return 0;
    fflush(stdout);
    ctl_fail("%s", error);
    free(error);
    return 1;
}

int ctl_migrate(const struct ctl *ctl, int argc, char **argv) {
    bool status = argc == 2 && !strcmp(argv[1], "--status");
    if (argc > 1 && !status)
        return ctl_usage("migrate: unexpected argument \"%s\"", argv[argc - 1]);
    struct settings *settings = ctl_settings(ctl, NULL);
    if (!settings)
        return 1;
    int result = status ? status_print(settings) : apply(settings, migrate_run);
    settings_free(settings);
    return result;
}

int ctl_demo(const struct ctl *ctl, int argc, char **argv) {
    if (argc > 1)
        return ctl_usage("demo: unexpected argument \"%s\"", argv[1]);
    struct settings *settings = ctl_settings(ctl, NULL);
    if (!settings)
        return 1;
    int result = apply(settings, migrate_demo);
    settings_free(settings);
    return result;
}
