/* SPDX-License-Identifier: BSD-3-Clause */
/* What the modules' own checks last said in this process. */
#ifndef CHECKS_SEEN_H
#define CHECKS_SEEN_H

#include <stdbool.h>

struct kn_ctx;

/* False for the two that every report asks itself, at the moment: database and api. */
bool checks_seen_is_module(const char *name);

/* No critical check of a module has failed. */
bool checks_seen_healthy(struct kn_ctx *ctx);

#endif
