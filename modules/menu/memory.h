/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that outlives a request. As everywhere in the server the process ends when there is none.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

void *memory_new(size_t size); /* zeroed; free() it */
void *memory_array(size_t count, size_t size);

#endif
