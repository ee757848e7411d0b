/* SPDX-License-Identifier: BSD-3-Clause */
/* When the last backup was made. */
#ifndef BACKUP_H
#define BACKUP_H

#include <time.h>

struct kn_req;

typedef void backup_fn(struct kn_req *req, time_t newest);

/*
 * Looks, on a work thread, for the newest file in a folder and its subfolders and calls then(),
 * unless the request has ended by then. newest is 0 when there is none or nobody could look.
 */
void backup_find(struct kn_req *req, const char *folder, backup_fn *then);

/* The same at once: what backup_find() does on the thread. */
time_t backup_newest(const char *folder);

#endif
