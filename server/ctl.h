/* SPDX-License-Identifier: BSD-3-Clause */
/* kenanganctl: what an operator does beside the running server. Everything here may block. */
#ifndef CTL_H
#define CTL_H

struct settings;
struct pg_conn;   /* libpq's PGconn */
struct pg_result; /* libpq's PGresult */

struct ctl {
    const char *config; /* NULL: no file, defaults and environment only */
};

/* argv[0] is the command's last word, the rest its arguments. Returns the exit status. */
typedef int ctl_command_fn(const struct ctl *ctl, int argc, char **argv);

ctl_command_fn ctl_migrate, ctl_demo;
ctl_command_fn ctl_config_check, ctl_config_print;
ctl_command_fn ctl_user_add, ctl_user_passwd, ctl_user_list;
ctl_command_fn ctl_health;
ctl_command_fn ctl_module_new, ctl_module_list;

/* Says on standard error what is wrong: returns 1 for a failure, 2 for a wrong command line. */
int ctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int ctl_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The settings in effect; NULL after saying why not. file may be NULL: the usual one. */
struct settings *ctl_settings(const struct ctl *ctl, const char *file);

/* A connection; NULL after saying why not. */
struct pg_conn *ctl_connect(const struct settings *settings);

/* The statement's rows; NULL after saying why not. */
struct pg_result *ctl_query(struct pg_conn *connection, const char *sql, const char *const *params,
                            int count);

#endif
