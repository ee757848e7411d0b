/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks the database whether it lives, for one request. */
#ifndef DATABASE_H
#define DATABASE_H

#include <stdbool.h>
#include <stdint.h>

struct kn_req;

struct database_state {
    bool healthy;
    const char *error; /* a short category without host names or addresses; NULL when healthy */
    int64_t duration;  /* microseconds */
};

typedef void database_fn(struct kn_req *req, const struct database_state *database);

/* Uses the request's data pointer until then() is called, after 2 s at the latest. */
void database_probe(struct kn_req *req, database_fn *then);

#endif
