/* SPDX-License-Identifier: BSD-3-Clause */
/* Replaces the running binary (SIGUSR2): the program on disk is started with the listening sockets,
 * and sends this master away once its own workers serve. */
#ifndef UPGRADE_H
#define UPGRADE_H

#include <stdint.h>
#include <sys/types.h>

struct ground;

/* The path the program was started by, made absolute: what an upgrade will find there; malloc'd. */
char *upgrade_program(const char *argv0);

/* Starts program with the same arguments. Its pid, or -1 after logging why. */
pid_t upgrade_begin(const char *program, char **argv, const struct ground *ground);

/* In the new master: takes sockets and start time over. *old_master is 0 when there is none.
 * 0, or -1 with *error malloc'd. */
int upgrade_inherit(struct ground *ground, pid_t *old_master, char **error);

#endif
