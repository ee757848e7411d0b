/* SPDX-License-Identifier: BSD-3-Clause */
/* A small thread pool for work that would hold up the loop, such as password hashing (kn_work_run).
 */
#ifndef WORK_H
#define WORK_H

struct process;
struct work;

struct work *work_new(struct process *process); /* threads start with the first job */
void work_free(struct work *work);              /* waits for jobs under way */

#endif
