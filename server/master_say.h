/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MASTER_SAY_H
#define MASTER_SAY_H

struct settings;

/* The line an operator looks for: version, addresses, workers, modules. */
void master_say_serving(const struct settings *settings, unsigned workers, const char *what);

#endif
