/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads the configured modules (dlopen), checks their ABI, fills their options, registers their
 * routes and permissions, and runs their life cycle. */
#ifndef MODULES_H
#define MODULES_H

#include <stddef.h>
#include <stdint.h>

struct process;
struct kn_ctx;
struct modules;

/* Loads and sets up all modules of process->settings into process; bit i of quarantine set: module i
 * is loaded, but its routes answer 503. NULL on failure with *error malloc'd: one line that names
 * the file, what it wants and what is offered. In both cases process->modules is set, for
 * modules_free(). */
struct modules *modules_load(struct process *process, uint64_t quarantine, char **error);
int modules_start(struct modules *modules, char **error);
void modules_drain(struct modules *modules);
void modules_stop(struct modules *modules);
void modules_free(struct modules *modules); /* never dlcloses */

size_t modules_count(const struct modules *modules);
struct kn_ctx *modules_get(const struct modules *modules, size_t index);
struct kn_ctx *modules_find(const struct modules *modules, const char *name);

/* Tells the scoreboard which module runs, so that a crash can be laid at its door; returns the one
 * that ran before, to be given back afterwards (-1: none, the core). */
int modules_enter(struct kn_ctx *ctx);
void modules_leave(struct kn_ctx *ctx, int before);

#endif
