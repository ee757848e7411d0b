/* SPDX-License-Identifier: BSD-3-Clause */
#include "token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <jwt.h>

#define TOKEN_ISSUER       "pos-system"
#define TOKEN_EPOCH_CLAIM  "kn_epoch"
#define TOKEN_LIFETIME_MIN INT64_C(60)
#define TOKEN_LIFETIME_MAX (INT64_C(366) * 86400)

static int token_claims_add(jwt_t *jwt, const struct token_user *user, int64_t now,
                            int64_t lifetime) {
    return jwt_add_grant(jwt, "user_id", user->id) ||
           jwt_add_grant(jwt, "username", user->username) ||
           jwt_add_grant(jwt, "role", user->role) || jwt_add_grant(jwt, "iss", TOKEN_ISSUER) ||
           jwt_add_grant_int(jwt, "iat", (long)now) ||
           jwt_add_grant_int(jwt, "exp", (long)(now + lifetime)) ||
           jwt_add_grant_int(jwt, TOKEN_EPOCH_CLAIM, (long)user->epoch);
}

char *token_issue(const char *secret, const struct token_user *user, int64_t now,
                  int64_t lifetime) {
    jwt_t *jwt = NULL;
    char *token = NULL;

    if (jwt_new(&jwt) != 0)
        return NULL;
    if (jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) == 0 &&
        token_claims_add(jwt, user, now, lifetime) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

/* A lower-case UUID, so that the claim can be a key and a SQL parameter as it stands. */
static bool token_uuid(const char *text) {
    if (strlen(text) != TOKEN_USER_ID)
        return false;
    for (size_t i = 0; i < TOKEN_USER_ID; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : strchr("0123456789abcdef", text[i]) == NULL)
            return false;
    }
    return true;
}

/* libjwt gives 0 for a claim that is absent or no whole number and says so only in errno. */
static bool token_integer(jwt_t *jwt, const char *claim, int64_t *value) {
    errno = 0;
    *value = jwt_get_grant_int(jwt, claim);
    return errno == 0;
}

static bool token_claims_read(jwt_t *jwt, int64_t now, struct token_claims *claims) {
    const char *issuer = jwt_get_grant(jwt, "iss");
    const char *user_id = jwt_get_grant(jwt, "user_id");
    int64_t expires;

    /* The key would also verify HS384 and HS512: only what we issue ourselves is accepted. */
    if (jwt_get_alg(jwt) != JWT_ALG_HS256)
        return false;
    if (issuer == NULL || strcmp(issuer, TOKEN_ISSUER) != 0)
        return false;
    if (!token_integer(jwt, "exp", &expires) || expires <= now)
        return false;
    if (user_id == NULL || !token_uuid(user_id))
        return false;
    memcpy(claims->user_id, user_id, TOKEN_USER_ID + 1);
    return token_integer(jwt, TOKEN_EPOCH_CLAIM, &claims->epoch);
}

bool token_read(const char *secret, const char *token, int64_t now, struct token_claims *claims) {
    jwt_t *jwt = NULL;
    bool valid;

    if (jwt_decode(&jwt, token, (const unsigned char *)secret, (int)strlen(secret)) != 0)
        return false;
    valid = token_claims_read(jwt, now, claims);
    jwt_free(jwt);
    return valid;
}

static int64_t token_unit(char unit) {
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    default:
        return 0;
    }
}

int64_t token_lifetime(const char *text) {
    int64_t total = 0;

    do {
        char *end;
        long number = strtol(text, &end, 10);
        bool bare_hours = *end == '\0' && total == 0;
        int64_t unit = bare_hours ? 3600 : token_unit(*end);
        if (text[0] < '0' || text[0] > '9' || unit == 0 || number > TOKEN_LIFETIME_MAX)
            return -1;
        total += number * unit;
        text = bare_hours ? end : end + 1;
    } while (*text != '\0');
    return total >= TOKEN_LIFETIME_MIN && total <= TOKEN_LIFETIME_MAX ? total : -1;
}
