/* SPDX-License-Identifier: BSD-3-Clause */
#include "backup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <kenangan.h>

#define BACKUP_DEPTH 3 /* backups/daily/2026-01-05/ is the deepest that makes sense */

/* One search on its way through a work thread. Freed by whoever comes last, request or thread. */
struct backup_job {
    struct kn_req *req; /* NULL once the request has ended */
    bool finished;
    backup_fn *then;
    time_t newest;
    char folder[];
};

static time_t backup_scan(int folder, int depth);

/* Unfinished files (hidden, or named .tmp or .partial) and empty ones are no backups. */
static bool backup_counts(const char *name, const struct stat *file) {
    const char *ending = strrchr(name, '.');

    if (!S_ISREG(file->st_mode) || file->st_size == 0)
        return false;
    return ending == NULL || (strcmp(ending, ".tmp") != 0 && strcmp(ending, ".partial") != 0);
}

static time_t backup_entry(int folder, const char *name, int depth) {
    struct stat file;

    if (name[0] == '.' || fstatat(folder, name, &file, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    if (backup_counts(name, &file))
        return file.st_mtime;
    if (!S_ISDIR(file.st_mode) || depth == BACKUP_DEPTH)
        return 0;
    return backup_scan(openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), depth + 1);
}

/* Takes the descriptor over. */
static time_t backup_scan(int folder, int depth) {
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    struct dirent *entry;
    time_t newest = 0;

    if (entries == NULL) {
        if (folder >= 0)
            close(folder);
        return 0;
    }
    while ((entry = readdir(entries)) != NULL) {
        time_t made = backup_entry(dirfd(entries), entry->d_name, depth);
        if (made > newest)
            newest = made;
    }
    closedir(entries);
    return newest;
}

time_t backup_newest(const char *folder) {
    return backup_scan(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1);
}

static void backup_leave(void *arg) {
    struct backup_job *job = arg;

    job->req = NULL;
    if (job->finished)
        free(job);
}

static void backup_work(void *arg) {
    struct backup_job *job = arg;

    job->newest = backup_newest(job->folder);
}

static void backup_done(void *arg) {
    struct backup_job *job = arg;

    job->finished = true;
    if (job->req == NULL)
        free(job);
    else
        job->then(job->req, job->newest); /* may end the request and so free the job */
}

static struct backup_job *backup_job_new(const char *folder) {
    size_t size = strlen(folder) + 1;
    struct backup_job *job = calloc(1, sizeof(*job) + size);

    if (job != NULL)
        memcpy(job->folder, folder, size);
    return job;
}

void backup_find(struct kn_req *req, const char *folder, backup_fn *then) {
    struct backup_job *job = folder == NULL || folder[0] == '\0' ? NULL : backup_job_new(folder);

    if (job != NULL) {
        job->req = req;
        job->then = then;
        if (kn_work_run(kn_req_ctx(req), backup_work, backup_done, job)) {
            kn_req_cleanup(req, backup_leave, job);
            return;
        }
        free(job);
    }
    then(req, 0);
}
