/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UUID_H
#define UUID_H

#include <stdbool.h>

#define UUID_TEXT_SIZE 37

void uuid_make(char text[UUID_TEXT_SIZE]); /* random, version 4 */

/* True when text is a UUID with dashes; canonical (may be NULL) gets it in lower case. */
bool uuid_parse(const char *text, char canonical[UUID_TEXT_SIZE]);

#endif
