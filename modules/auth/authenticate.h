/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is calling: the server's authenticator. */
#ifndef AUTHENTICATE_H
#define AUTHENTICATE_H

struct kn_req;

/* A kn_authenticator_fn; state is the module's struct auth. */
void authenticate(struct kn_req *req, const char *token, void *state);

#endif
