/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes secrets out of text that leaves the process: the values of password, token, secret, api key
 * ... parameters, in query strings, JSON and prose, and bearer credentials. */
#ifndef MASK_H
#define MASK_H

#include <stddef.h>
#include "buf.h"

void mask_add(struct buf *out, const char *text, size_t length);

#endif
