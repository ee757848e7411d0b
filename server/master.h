/* SPDX-License-Identifier: BSD-3-Clause */
/* The master: owns the listening sockets, supervises, reloads (SIGHUP), upgrades (SIGUSR2) and
 * leaves (SIGTERM). It never loads a module nor talks to a client or the database itself. */
#ifndef MASTER_H
#define MASTER_H

struct settings;

struct master_start {
    const char *config;        /* path, or NULL */
    const char *pid_file;      /* from the command line, or NULL */
    char **argv;               /* for an upgrade */
    struct settings *settings; /* the first ones; the master's from now on */
};

/* Runs until told to leave; exit status. */
int master_run(const struct master_start *start);

#endif
