/* SPDX-License-Identifier: BSD-3-Clause */
/* Bearer tokens: JWT, HS256 only, issuer pos-system. Knows nothing of requests or the database. */
#ifndef TOKEN_H
#define TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#define TOKEN_SECRET_MIN 32 /* bytes */
#define TOKEN_USER_ID    36 /* characters of a UUID */

/* What a token is made of. */
struct token_user {
    const char *id, *username, *role;
    int64_t epoch; /* users.token_epoch: a token of another epoch is dead */
};

/* What a request's token is believed to say; everything else comes from the stored user. */
struct token_claims {
    char user_id[TOKEN_USER_ID + 1];
    int64_t epoch;
};

/* A signed token, malloc'd, valid for lifetime seconds from now; NULL when memory is short. */
char *token_issue(const char *secret, const struct token_user *user, int64_t now, int64_t lifetime);

/* False unless the signature, the algorithm, the issuer, the expiry and all claims are right. */
bool token_read(const char *secret, const char *token, int64_t now, struct token_claims *claims);

/* "24h", "90m", "1h30m", "7d" or a bare number of hours, in seconds; -1: not a duration of at least
 * a minute and at most a year. */
int64_t token_lifetime(const char *text);

#endif
