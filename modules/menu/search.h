/* SPDX-License-Identifier: BSD-3-Clause */
/* Searching without regard to case. */
#ifndef SEARCH_H
#define SEARCH_H

#include <kenangan.h>

/* The `search` parameter without surrounding spaces; NULL when there is nothing to look for. */
const char *search_term(struct kn_req *req);

/* Turns text into lower case for all of Unicode, whatever locale the server was started in. */
struct folder;
struct folder *folder_new(void);
void folder_free(struct folder *folder);

/* The lower-case form of a valid UTF-8 text, malloc'd; NULL gives "". */
char *folder_fold(const struct folder *folder, const char *text);

#endif
