/* SPDX-License-Identifier: BSD-3-Clause */
#include "pid_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"

void pid_file_write(const char *path) {
    struct buf fresh = {0};
    buf_printf(&fresh, "%s.%ld", path, (long)getpid());
    FILE *file = fopen(buf_text(&fresh), "we");
    int reason = errno;
    if (file) {
        fprintf(file, "%ld\n", (long)getpid());
        reason = fclose(file) == 0 && rename(buf_text(&fresh), path) == 0 ? 0 : errno;
    }
    if (reason != 0 || !file)
        log_write(KN_WARN, "master", NULL,
                  "cannot write pid_file %s: %s; make its folder writable or set another", path,
                  strerror(reason));
    if (file && reason != 0)
        unlink(buf_text(&fresh));
    buf_free(&fresh);
}

void pid_file_remove(const char *path) {
    long owner = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fscanf(file, "%ld", &owner) == 1 && owner == (long)getpid())
        unlink(path);
    fclose(file);
}
