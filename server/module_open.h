/* SPDX-License-Identifier: BSD-3-Clause */
/* Opens a module's shared object: may it be trusted, does its ABI fit? One owner of dlopen. */
#ifndef MODULE_OPEN_H
#define MODULE_OPEN_H

#include <kenangan.h>

struct arena;

/* The descriptor, completed: a copy in the arena in which members that the module does not know yet
 * are zeroed, its tables too. path is absolute. NULL on failure with *error malloc'd: one line that
 * names the file, what it wants and what is offered. The object is never closed. */
const struct kn_module *module_open(struct arena *arena, const char *path, char **error);

#endif
