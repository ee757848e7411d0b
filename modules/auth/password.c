/* SPDX-License-Identifier: BSD-3-Clause */
#include "password.h"

#include <stdlib.h>
#include <string.h>
#include <kenangan.h>

#define PASSWORD_STRONG_MIN 8 /* characters */
#define PASSWORD_WEAK_MIN   6
#define PASSWORD_SPECIAL    "!@#$%^&*()_+-=[]{};':\"\\|,.<>/?~"

/* Settings without an owner: hashing with them takes as long as with a real hash of that kind. */
static const char dummy_yescrypt[] = "$y$j9T$kenanganKenanganKenan.$";
static const char dummy_bcrypt[] = "$2b$10$kenanganKenanganKenane";

/* One task on its way through a work thread. Freed by whoever comes last, request or thread. */
struct password_job {
    struct kn_req *req; /* NULL once the request has ended */
    bool finished;      /* the thread is through with it */
    password_fn *then;
    struct password_task task;
    struct password_result result;
    struct crypt_data scratch;
    char texts[]; /* the task's strings */
};

static size_t password_characters(const char *text) {
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80; /* not a UTF-8 continuation byte */
    return count;
}

struct password_rules password_rules(const char *password) {
    struct password_rules rules = {0};

    rules.min_length = password_characters(password) >= PASSWORD_STRONG_MIN;
    rules.short_enough = strlen(password) <= PASSWORD_BYTES_MAX;
    for (const char *at = password; *at != '\0'; at++) {
        rules.has_upper |= *at >= 'A' && *at <= 'Z';
        rules.has_lower |= *at >= 'a' && *at <= 'z';
        rules.has_number |= *at >= '0' && *at <= '9';
        rules.has_special |= strchr(PASSWORD_SPECIAL, *at) != NULL;
    }
    return rules;
}

bool password_strong(const struct password_rules *rules) {
    return rules->min_length && rules->has_upper && rules->has_lower && rules->has_number &&
           rules->has_special && rules->short_enough;
}

bool password_acceptable(const char *password) {
    return password_characters(password) >= PASSWORD_WEAK_MIN &&
           strlen(password) <= PASSWORD_BYTES_MAX;
}

static bool password_is_bcrypt(const char *hash) {
    return strncmp(hash, "$2a$", 4) == 0 || strncmp(hash, "$2b$", 4) == 0 ||
           strncmp(hash, "$2y$", 4) == 0;
}

static bool password_is_yescrypt(const char *hash) {
    return strncmp(hash, "$y$", 3) == 0;
}

/* Compares in a time that does not tell how much was equal. */
static bool password_equal(const char *a, const char *b) {
    size_t length = strlen(a);
    unsigned char difference = 0;

    if (strlen(b) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return difference == 0;
}

/*
 * A failed check costs one yescrypt and, as long as bcrypt accounts exist, one bcrypt, whichever
 * the account has and whether it exists at all.
 */
static bool password_check(const struct password_task *task, struct crypt_data *scratch) {
    const char *stored = task->stored;
    bool bcrypt = stored != NULL && password_is_bcrypt(stored);
    bool yescrypt = stored != NULL && password_is_yescrypt(stored);
    bool usable = (bcrypt || yescrypt) && strlen(task->attempt) <= PASSWORD_BYTES_MAX;

    if (usable) {
        const char *hash = crypt_r(task->attempt, stored, scratch);
        if (hash != NULL && hash[0] != '*' && password_equal(hash, stored))
            return true;
    }
    if (!usable || !yescrypt)
        (void)crypt_r(task->attempt, dummy_yescrypt, scratch);
    if (task->level_with_bcrypt && (!usable || !bcrypt))
        (void)crypt_r(task->attempt, dummy_bcrypt, scratch);
    return false;
}

static void password_hash(const char *password, struct crypt_data *scratch,
                          struct password_result *result) {
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    const char *hash;

    if (crypt_gensalt_rn("$y$", 0, NULL, 0, setting, (int)sizeof(setting)) == NULL)
        return;
    hash = crypt_r(password, setting, scratch);
    if (hash != NULL && hash[0] != '*')
        memcpy(result->hash, hash, strlen(hash) + 1);
}

void password_perform(const struct password_task *task, struct crypt_data *scratch,
                      struct password_result *result) {
    result->hash[0] = '\0';
    result->matched = task->attempt == NULL || password_check(task, scratch);
    if (!result->matched)
        return;
    if (task->wanted != NULL)
        password_hash(task->wanted, scratch, result);
    else if (task->renew && !password_is_yescrypt(task->stored))
        password_hash(task->attempt, scratch, result);
}

static size_t password_size(const char *text) {
    return text == NULL ? 0 : strlen(text) + 1;
}

static size_t password_texts_size(const struct password_task *task) {
    return password_size(task->attempt) + password_size(task->stored) + password_size(task->wanted);
}

/* Copies text to *at, moves *at behind it. */
static const char *password_copy(char **at, const char *text) {
    size_t size = password_size(text);
    char *copy = *at;

    if (text == NULL)
        return NULL;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

static struct password_job *password_job_new(const struct password_task *task) {
    struct password_job *job = calloc(1, sizeof(*job) + password_texts_size(task));
    char *at;

    if (job == NULL)
        return NULL;
    at = job->texts;
    job->task = *task;
    job->task.attempt = password_copy(&at, task->attempt);
    job->task.stored = password_copy(&at, task->stored);
    job->task.wanted = password_copy(&at, task->wanted);
    return job;
}

static void password_job_free(struct password_job *job) {
    explicit_bzero(job, sizeof(*job) + password_texts_size(&job->task));
    free(job);
}

/* The request ends, with or without an answer from the thread. */
static void password_job_leave(void *arg) {
    struct password_job *job = arg;

    job->req = NULL;
    if (job->finished)
        password_job_free(job);
}

static void password_job_work(void *arg) {
    struct password_job *job = arg;

    password_perform(&job->task, &job->scratch, &job->result);
}

static void password_job_done(void *arg) {
    struct password_job *job = arg;
    struct password_result result =
        job->result; /* then() may end the request and so free the job */

    job->finished = true;
    if (job->req == NULL)
        password_job_free(job);
    else
        job->then(job->req, &result);
    explicit_bzero(&result, sizeof(result));
}

void password_run(struct kn_req *req, const struct password_task *task, password_fn *then) {
    struct password_job *job = password_job_new(task);

    if (job != NULL) {
        job->req = req;
        job->then = then;
        if (kn_work_run(kn_req_ctx(req), password_job_work, password_job_done, job)) {
            kn_req_cleanup(req, password_job_leave, job);
            return;
        }
        password_job_free(job);
    }
    kn_reply_header(req, "Retry-After", "2");
    kn_reply_error(req, 503, "server_busy", "Too many sign-ins at once; please try again");
}
