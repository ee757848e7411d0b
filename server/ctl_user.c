/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl.h"

#include <libpq-fe.h>

#include <crypt.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "arena.h"
#include "buf.h"
#include "settings.h"

#define PASSWORD_CHARACTERS_MIN 6
#define PASSWORD_BYTES_MAX      72 /* bcrypt sees no more, and hashes may come from there */

/* ---------------------------------------------------------------- passwords */

/* A line without its end; false at the end of the input or when it does not fit. */
static bool line_read(FILE *input, char *text, size_t size) {
    if (!fgets(text, (int)size, input))
        return false;
    size_t length = strcspn(text, "\r\n");
    bool whole = text[length] || feof(input);
    text[length] = '\0';
    return whole;
}

static bool prompt(FILE *terminal, const char *question, char *text, size_t size) {
    struct termios shown, hidden;
    int fd = fileno(terminal);
    bool echoes = tcgetattr(fd, &shown) == 0;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    if (echoes)
        tcsetattr(fd, TCSAFLUSH, &hidden);
    dprintf(fd, "%s", question);
    bool answered = line_read(terminal, text, size);
    if (echoes)
        tcsetattr(fd, TCSADRAIN, &shown);
    dprintf(fd, "\n");
    return answered;
}

static int ask_twice(char *password, size_t size) {
    char again[256] = "";
    FILE *terminal = fopen("/dev/tty", "r+");
    if (!terminal)
        return ctl_fail("/dev/tty: %s; give the password on standard input", strerror(errno));
    bool answered = prompt(terminal, "New password: ", password, size) &&
                    prompt(terminal, "Once more: ", again, sizeof(again));
    fclose(terminal);
    bool same = strcmp(password, again) == 0;
    explicit_bzero(again, sizeof(again));
    if (!answered)
        return ctl_fail("no password was given");
    return same ? 0 : ctl_fail("the two passwords differ: try again");
}

static int strength_check(const char *password) {
    size_t characters = 0;
    for (const char *at = password; *at; at++)
        characters += ((unsigned char)*at & 0xc0) != 0x80;
    if (characters < PASSWORD_CHARACTERS_MIN)
        return ctl_fail("the password is too short: at least 6 characters");
    if (strlen(password) > PASSWORD_BYTES_MAX)
        return ctl_fail("the password is too long: at most 72 bytes");
    return 0;
}

/* Never from the command line, where everybody on the machine could read it. */
static int password_read(char *password, size_t size) {
    if (isatty(STDIN_FILENO)) {
        if (ask_twice(password, size) != 0)
            return 1;
    } else if (!line_read(stdin, password, size)) {
        return ctl_fail("no password on standard input: write it there as one line");
    }
    return strength_check(password);
}

/* malloc'd; NULL after saying why not. The auth module hashes in the same way. */
static char *hash_make(const char *password) {
    void *scratch = NULL;
    int size = 0;
    char *setting = crypt_gensalt_ra("$y$", 0, NULL, 0);
    const char *hash = setting ? crypt_ra(password, setting, &scratch, &size) : NULL;
    char *result = hash && *hash != '*' ? xstrdup(hash) : NULL;
    if (!result)
        ctl_fail("the password cannot be hashed: libcrypt has no yescrypt; install libcrypt1 4.4 "
                 "or newer");
    if (scratch)
        explicit_bzero(scratch, (size_t)size);
    free(scratch);
    free(setting);
    return result;
}

static char *password_hash(void) {
    char password[256] = "";
    char *hash = password_read(password, sizeof(password)) == 0 ? hash_make(password) : NULL;
    explicit_bzero(password, sizeof(password));
    return hash;
}

/* ---------------------------------------------------------------- one statement */

/* Runs a statement on the configured database. rows may be NULL. */
static int execute(const struct ctl *ctl, const char *sql, const char *const *params, int count,
                   PGresult **rows) {
    struct settings *settings = ctl_settings(ctl, NULL);
    PGconn *connection = settings ? ctl_connect(settings) : NULL;
    PGresult *result = connection ? ctl_query(connection, sql, params, count) : NULL;
    PQfinish(connection);
    settings_free(settings);
    if (!result)
        return 1;
    *rows = result;
    return 0;
}

/* ---------------------------------------------------------------- user add */

struct user_add {
    const char *name, *role, *email, *first, *last;
};

static int add_parse(struct user_add *add, int argc, char **argv) {
    static const struct option known[] = {{"role", required_argument, NULL, 'r'},
                                          {"email", required_argument, NULL, 'e'},
                                          {"first", required_argument, NULL, 'f'},
                                          {"last", required_argument, NULL, 'l'},
                                          {NULL, 0, NULL, 0}};
    int letter;
    optind = 0;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (letter == 'r')
            add->role = optarg;
        else if (letter == 'e')
            add->email = optarg;
        else if (letter == 'f')
            add->first = optarg;
        else if (letter == 'l')
            add->last = optarg;
        else
            return ctl_usage("user add: \"%s\" is unknown or lacks its value", argv[optind - 1]);
    }
    if (optind != argc - 1)
        return ctl_usage("user add: exactly one NAME is needed");
    add->name = argv[optind];
    return 0;
}

static bool role_known(const char *role) {
    static const char *const roles[] = {"admin", "manager", "server", "counter", "kitchen"};
    for (size_t i = 0; role && i < sizeof(roles) / sizeof(roles[0]); i++)
        if (!strcmp(role, roles[i]))
            return true;
    return false;
}

static int add_check(const struct user_add *add) {
    const char *at = strchr(add->email, '@');
    if (strlen(add->name) < 3 || strlen(add->name) > 50 || strpbrk(add->name, " \t@/"))
        return ctl_usage("user add: NAME must have 3 to 50 characters, no spaces, @ or /");
    if (!role_known(add->role))
        return ctl_usage("user add: --role must be admin, manager, server, counter or kitchen");
    if (!at || at == add->email || !at[1] || strlen(add->email) > 100)
        return ctl_usage("user add: --email must look like name@example.org");
    if (!*add->first || strlen(add->first) > 50 || !*add->last || strlen(add->last) > 50)
        return ctl_usage("user add: --first and --last must have 1 to 50 characters");
    return 0;
}

static int add_run(const struct ctl *ctl, const struct user_add *add) {
    PGresult *rows;
    char *hash = password_hash();
    if (!hash)
        return 1;
    const char *params[] = {add->name, add->email, hash, add->first, add->last, add->role};
    int status = execute(
        ctl, "SELECT username, role FROM user_create($1, $2, $3, $4, $5, $6, true, 'admin')",
        params, 6, &rows);
    free(hash);
    if (status != 0)
        return 1;
    printf("%s may sign in now, as %s.\n", PQgetvalue(rows, 0, 0), PQgetvalue(rows, 0, 1));
    PQclear(rows);
    return 0;
}

int ctl_user_add(const struct ctl *ctl, int argc, char **argv) {
    struct user_add add = {.last = "-"};
    struct buf email = {0};
    int status = add_parse(&add, argc, argv);
    if (status == 0) {
        buf_printf(&email, "%s@localhost", add.name);
        add.email = add.email ? add.email : buf_text(&email);
        add.first = add.first ? add.first : add.name;
        status = add_check(&add);
    }
    if (status == 0)
        status = add_run(ctl, &add);
    buf_free(&email);
    return status;
}

/* ---------------------------------------------------------------- user passwd, list */

int ctl_user_passwd(const struct ctl *ctl, int argc, char **argv) {
    PGresult *rows;
    if (argc != 2)
        return ctl_usage("user passwd: exactly one NAME is needed");
    char *hash = password_hash();
    if (!hash)
        return 1;
    const char *params[] = {argv[1], hash};
    int status = execute(ctl,
                         "SELECT c.username FROM users u, LATERAL user_update(u.id, "
                         "jsonb_build_object('password_hash', $2::text), NULL, 'admin') c "
                         "WHERE u.username = $1",
                         params, 2, &rows);
    free(hash);
    if (status != 0)
        return 1;
    bool found = PQntuples(rows) == 1;
    PQclear(rows);
    if (!found)
        return ctl_fail("there is no user \"%s\": see `kenanganctl user list`", argv[1]);
    printf("%s has a new password; tokens given out before no longer work.\n", argv[1]);
    return 0;
}

static void print_users(const PGresult *rows) {
    static const char *const heads[] = {"USER", "ROLE", "ACTIVE", "NAME", "EMAIL"};
    int width[5];
    for (int column = 0; column < 5; column++) {
        width[column] = (int)strlen(heads[column]);
        for (int row = 0; row < PQntuples(rows); row++)
            if (PQgetlength(rows, row, column) > width[column])
                width[column] = PQgetlength(rows, row, column);
    }
    for (int row = -1; row < PQntuples(rows); row++)
        for (int column = 0; column < 5; column++)
            printf("%-*s%s", column == 4 ? 0 : width[column],
                   row < 0 ? heads[column] : PQgetvalue(rows, row, column),
                   column == 4 ? "\n" : "  ");
}

int ctl_user_list(const struct ctl *ctl, int argc, char **argv) {
    PGresult *rows;
    if (argc > 1)
        return ctl_usage("user list: unexpected argument \"%s\"", argv[1]);
    if (execute(ctl,
                "SELECT username, role, CASE WHEN is_active THEN 'yes' ELSE 'no' END, "
                "first_name || ' ' || last_name, email FROM users ORDER BY username",
                NULL, 0, &rows) != 0)
        return 1;
    print_users(rows);
    PQclear(rows);
    return 0;
}
