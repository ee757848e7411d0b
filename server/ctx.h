/* SPDX-License-Identifier: BSD-3-Clause */
/* A module within a process. Laid out here because every service that calls a module needs it. */
#ifndef CTX_H
#define CTX_H

#include <kenangan.h>

struct process;
struct arena;
struct settings_module;

struct kn_ctx {
    struct process *process;
    const struct kn_module *module; /* the loader's own, completed copy */
    const struct settings_module *settings;
    unsigned index; /* position in the configuration; the scoreboard names the running module by it */
    void *conf;
    void *state;
    struct arena *arena;
    char *failure; /* what kn_ctx_fail() said */
    bool quarantined;
};

#endif
