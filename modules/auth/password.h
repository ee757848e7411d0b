/* SPDX-License-Identifier: BSD-3-Clause */
/* Password rules and, on the work threads, password hashing. */
#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <crypt.h>

struct kn_req;

#define PASSWORD_BYTES_MAX 72 /* bcrypt would not see the rest */

/* The contract's rules for a password one chooses for oneself; true: satisfied. */
struct password_rules {
    bool min_length, has_upper, has_lower, has_number, has_special;
    bool short_enough; /* at most PASSWORD_BYTES_MAX */
};

struct password_rules password_rules(const char *password);
bool password_strong(const struct password_rules *rules);

/* The looser rule for passwords an administrator sets. */
bool password_acceptable(const char *password);

/* Work for one request: check a password, make a hash, or both. NULL leaves a part out. */
struct password_task {
    const char *attempt; /* the password to check ... */
    const char
        *stored; /* ... against this hash; NULL: nobody's, costs the same and never matches */
    const char *wanted;     /* the password to hash, if the check (when there is one) succeeds */
    bool renew;             /* after a match with an old hash, hash the attempt anew */
    bool level_with_bcrypt; /* some accounts still have bcrypt: let every failure cost as much */
};

struct password_result {
    bool matched;                 /* true also when there was nothing to check */
    char hash[CRYPT_OUTPUT_SIZE]; /* of `wanted` or the renewed one; "" when none was made */
};

typedef void password_fn(struct kn_req *req, const struct password_result *result);

/*
 * Copies the task, runs it on a work thread and calls then(), unless the request has ended by then.
 * Replies 503 itself when too many are waiting.
 */
void password_run(struct kn_req *req, const struct password_task *task, password_fn *then);

/* The same at once, on the calling thread: what password_run() does there. */
void password_perform(const struct password_task *task, struct crypt_data *scratch,
                      struct password_result *result);

#endif
