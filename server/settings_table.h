/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's own options: what there is, its defaults and its bounds. */
#ifndef SETTINGS_TABLE_H
#define SETTINGS_TABLE_H

#include <kenangan.h>
#include "options.h"
#include "settings.h"

struct arena;
struct yaml_node;

/* The settings with what they are made of. */
struct settings_store {
    struct settings settings; /* first: a struct settings * points to the whole */
    struct arena *arena;
    const char *log_level;
    int64_t http_port, db_port;
};

struct setting {
    struct kn_option option; /* offset in struct settings_store */
    int64_t min, max;        /* 0, 0: none */
};

struct settings_section {
    const char *name; /* "" at the top */
    const struct setting *table;
};

const struct settings_section *settings_sections(void); /* ended by a NULL name */
struct option_table settings_table(const struct settings_section *section);

/* Keys at the top that are not options. */
const char *const *settings_top_keys(void);

/* The limiters of the contract, ended by a NULL name. */
const struct settings_limiter *settings_limiter_defaults(void);

#endif
