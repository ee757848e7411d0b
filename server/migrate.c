/* SPDX-License-Identifier: BSD-3-Clause */
#include "migrate.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "clock.h"
#include "db.h"
#include "migrate_files.h"
#include "settings.h"

/* The advisory lock's key spells "KenanSQL". */
#define LOCK_SQL "SELECT pg_advisory_lock(x'4b656e616e53514c'::bigint)"

struct migration {
    PGconn *pg;
    FILE *report;
    char **error;
    struct migrate_files files;
};

/* ---------------------------------------------------------------- saying what went wrong */

static int fail(struct migration *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int fail(struct migration *run, const char *format, ...) {
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    while (text.length && text.data[text.length - 1] == '\n')
        text.data[--text.length] = '\0';
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '\n')
            text.data[i] = ' ';
    free(*run->error);
    *run->error = buf_take(&text);
    return -1;
}

static const char *field(const PGresult *result, int code) {
    const char *text = PQresultErrorField(result, code);
    return text ? text : "";
}

/* Where the error is: at PostgreSQL's position when it names one, else at the statement. */
static int fail_in_file(struct migration *run, const struct migrate_file *file,
                        const PGresult *result, size_t statement) {
    long position = strtol(field(result, PG_DIAG_STATEMENT_POSITION), NULL, 10);
    size_t line = position > 0 ? migrate_line_of_character(file->text, position)
                               : migrate_line_of_statement(file->text, statement);
    const char *detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    return fail(run, "sql/%s:%zu: %s (%s)%s%s; nothing of this file was applied", file->path, line,
                field(result, PG_DIAG_MESSAGE_PRIMARY), field(result, PG_DIAG_SQLSTATE),
                *detail ? ": " : "", detail);
}

/* ---------------------------------------------------------------- small steps */

static int command(struct migration *run, const char *sql) {
    PGresult *result = PQexec(run->pg, sql);
    ExecStatusType status = PQresultStatus(result);
    int answer = 0;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        answer = fail(run, "migrations: %s", PQerrorMessage(run->pg));
    PQclear(result);
    return answer;
}

static void no_notice(void *arg, const char *message) {
    (void)arg, (void)message;
}

static int open_connection(struct migration *run, const struct settings *settings) {
    char *conninfo = db_conninfo(settings);
    run->pg = PQconnectdb(conninfo);
    free(conninfo);
    if (PQstatus(run->pg) != CONNECTION_OK)
        return fail(run, "cannot connect to PostgreSQL: %s", PQerrorMessage(run->pg));
    if (PQserverVersion(run->pg) < 140000)
        return fail(run, "the server is older than PostgreSQL 14: upgrade it");
    PQsetNoticeProcessor(run->pg, no_notice, NULL);
    return 0;
}

/* PostgreSQL computes the checksums, all in one query. */
static int checksums_compute(struct migration *run) {
    size_t count = run->files.count;
    const char **values = xcalloc(count, sizeof(*values));
    int *lengths = xcalloc(count, sizeof(*lengths)), *formats = xcalloc(count, sizeof(*formats));
    struct buf sql = {0};
    for (size_t i = 0; i < count; i++) {
        buf_printf(&sql, "%s encode(sha256($%zu::bytea), 'hex')", i ? "," : "SELECT", i + 1);
        values[i] = run->files.files[i].text;
        lengths[i] = (int)run->files.files[i].length;
        formats[i] = 1;
    }
    PGresult *result =
        PQexecParams(run->pg, buf_text(&sql), (int)count, NULL, values, lengths, formats, 0);
    int answer = 0;
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        answer = fail(run, "migrations: %s", PQerrorMessage(run->pg));
    for (size_t i = 0; answer == 0 && i < count; i++)
        run->files.files[i].checksum = xstrdup(PQgetvalue(result, 0, (int)i));
    PQclear(result);
    buf_free(&sql);
    free(values);
    free(lengths);
    free(formats);
    return answer;
}

static struct migrate_file *file_of(struct migration *run, const char *module, long version) {
    for (size_t i = 0; i < run->files.count; i++)
        if (run->files.files[i].version == version &&
            strcmp(run->files.files[i].module, module) == 0)
            return &run->files.files[i];
    return NULL;
}

/* A row without a file is a newer release's, or of a module taken away: not ours to judge. */
static int row_compare(struct migration *run, const PGresult *rows, int row) {
    const char *module = PQgetvalue(rows, row, 0);
    struct migrate_file *file = file_of(run, module, strtol(PQgetvalue(rows, row, 1), NULL, 10));
    if (!file)
        return 0;
    if (strcmp(file->checksum, PQgetvalue(rows, row, 2)) != 0)
        return fail(run,
                    "sql/%s was changed after it was applied on %s: put the original back and "
                    "write a new migration instead",
                    file->path, PQgetvalue(rows, row, 3));
    file->pending = false;
    return 0;
}

/* Marks what is pending; the count, or -1. */
static int pending_find(struct migration *run) {
    PGresult *rows = PQexec(run->pg, "SELECT module, version, checksum, applied_at::date"
                                     " FROM schema_migrations");
    int pending = 0, answer = 0;
    for (size_t i = 0; i < run->files.count; i++)
        run->files.files[i].pending = true;
    if (PQresultStatus(rows) == PGRES_TUPLES_OK)
        for (int row = 0; answer == 0 && row < PQntuples(rows); row++)
            answer = row_compare(run, rows, row);
    else if (strcmp(field(rows, PG_DIAG_SQLSTATE), "42P01") != 0)
        answer = fail(run, "migrations: %s", PQerrorMessage(run->pg));
    PQclear(rows);
    for (size_t i = 0; i < run->files.count; i++)
        pending += run->files.files[i].pending;
    return answer == 0 ? pending : -1;
}

/* ---------------------------------------------------------------- applying */

/* Runs the file's statements, which are in the open transaction. */
static int text_run(struct migration *run, const struct migrate_file *file) {
    int answer = 0;
    size_t statement = 0;
    PGresult *result;
    if (!PQsendQuery(run->pg, file->text))
        return fail(run, "sql/%s: %s", file->path, PQerrorMessage(run->pg));
    while ((result = PQgetResult(run->pg))) {
        ExecStatusType status = PQresultStatus(result);
        bool good =
            status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
        if (!good && answer == 0)
            answer = PQstatus(run->pg) == CONNECTION_OK
                         ? fail_in_file(run, file, result, statement)
                         : fail(run, "sql/%s: %s", file->path, PQerrorMessage(run->pg));
        statement++;
        PQclear(result);
    }
    if (answer == 0 && PQtransactionStatus(run->pg) != PQTRANS_INTRANS)
        answer = fail(run,
                      "sql/%s ends or begins a transaction itself: remove its BEGIN, COMMIT "
                      "and ROLLBACK",
                      file->path);
    return answer;
}

static int row_insert(struct migration *run, const struct migrate_file *file) {
    char version[24];
    snprintf(version, sizeof(version), "%ld", file->version);
    const char *values[] = {version, file->module, file->name, file->checksum};
    PGresult *result =
        PQexecParams(run->pg,
                     "INSERT INTO schema_migrations (version, module, name, checksum)"
                     " VALUES ($1, $2, $3, $4)",
                     4, NULL, values, NULL, NULL, 0);
    int answer = 0;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        answer = fail(run, "sql/%s: %s", file->path, PQerrorMessage(run->pg));
    PQclear(result);
    return answer;
}

/* COMMIT of a failed transaction succeeds too, with the tag ROLLBACK. */
static int commit(struct migration *run, const struct migrate_file *file) {
    PGresult *result = PQexec(run->pg, "COMMIT");
    int answer = 0;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        answer = fail(run, "sql/%s: %s", file->path, PQerrorMessage(run->pg));
    else if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
        answer = fail(run, "sql/%s: PostgreSQL rolled it back", file->path);
    PQclear(result);
    return answer;
}

static int file_apply(struct migration *run, const struct migrate_file *file, bool record) {
    int64_t began = clock_ms();
    if (command(run, "BEGIN") != 0)
        return -1;
    if (text_run(run, file) != 0 || (record && row_insert(run, file) != 0) ||
        commit(run, file) != 0) {
        PQclear(PQexec(run->pg, "ROLLBACK"));
        return -1;
    }
    if (run->report)
        fprintf(run->report, "applied %s (%lld ms)\n", file->path, (long long)(clock_ms() - began));
    return 0;
}

/* Under the lock: another instance may have applied all or some while we waited. The lock goes with
 * the connection. */
static int pending_apply(struct migration *run) {
    static const char table[] =
        "CREATE TABLE IF NOT EXISTS schema_migrations ("
        " version integer NOT NULL, module text NOT NULL, name text NOT NULL,"
        " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),"
        " PRIMARY KEY (module, version))";
    if (command(run, LOCK_SQL) != 0 || command(run, table) != 0 || pending_find(run) < 0)
        return -1;
    for (size_t i = 0; i < run->files.count; i++)
        if (run->files.files[i].pending && file_apply(run, &run->files.files[i], true) != 0)
            return -1;
    return 0;
}

/* ---------------------------------------------------------------- entry points */

static void run_end(struct migration *run) {
    migrate_files_free(&run->files);
    PQfinish(run->pg);
}

static int run_begin(struct migration *run, const struct settings *settings, bool demo) {
    *run->error = NULL;
    if (migrate_files_read(&run->files, settings->sql_dir, demo, run->error) != 0)
        return -1;
    return open_connection(run, settings);
}

int migrate_run(const struct settings *settings, FILE *report, char **error) {
    struct migration run = {.report = report, .error = error};
    int pending = -1, answer = -1;
    if (run_begin(&run, settings, false) == 0 && checksums_compute(&run) == 0)
        pending = pending_find(&run);
    if (pending >= 0)
        answer = pending > 0 ? pending_apply(&run) : 0;
    if (answer != 0 && run.pg && PQstatus(run.pg) != CONNECTION_OK)
        answer = MIGRATE_UNREACHABLE;
    run_end(&run);
    return answer;
}

int migrate_pending(const struct settings *settings, char **error) {
    struct migration run = {.error = error};
    int pending = -1;
    if (run_begin(&run, settings, false) == 0 && checksums_compute(&run) == 0)
        pending = pending_find(&run);
    run_end(&run);
    return pending;
}

int migrate_demo(const struct settings *settings, FILE *report, char **error) {
    struct migration run = {.report = report, .error = error};
    int answer = run_begin(&run, settings, true);
    if (answer == 0)
        answer = command(&run, LOCK_SQL);
    for (size_t i = 0; answer == 0 && i < run.files.count; i++)
        answer = file_apply(&run, &run.files.files[i], false);
    run_end(&run);
    return answer;
}
