/* SPDX-License-Identifier: BSD-3-Clause */
/* Secrets that must not reach the log, and text that must stay readable. */
#include "mask.h"

#include "tap.h"

static const struct {
    const char *text, *masked;
} samples[] = {
    {"/api/v1/auth/login?password=Secret123&token=abc-def-ghi",
     "/api/v1/auth/login?password=***MASKED***&token=***MASKED***"},
    {"/x?a=1&api_key=K&b=2", "/x?a=1&api_key=***MASKED***&b=2"},
    {"/x?PassWord=K", "/x?PassWord=***MASKED***"},
    {"/x?new_password=K&c", "/x?new_password=***MASKED***&c"},
    {"/x?access_token=K", "/x?access_token=***MASKED***"},
    {"/x?client-secret=K", "/x?client-secret=***MASKED***"},
    {"/x?password=", "/x?password="},
    {"/x?password", "/x?password"},
    {"/x?q=token", "/x?q=token"},
    {"{\"password\": \"Secret 1\"}", NULL},
    {"{\"token\":\"abc\",\"n\":1}", "{\"token\":\"***MASKED***\",\"n\":1}"},
    {"password='abc' host=db", "password='***MASKED***' host=db"},
    {"Authorization: Bearer abc.def.ghi", "Authorization: ***MASKED***"},
    {"sent bearer abc.def.ghi on", "sent bearer ***MASKED*** on"},
    {"the password was wrong", "the password was wrong"},
    {"no secret here: 5 orders", NULL},
    {"order 17 placed", "order 17 placed"},
    {"", ""},
};

/* The same text, cut anywhere, must be safe to scan. */
static void cut(struct tap *tap) {
    static const char text[] = "a=1&password=Secret123&token: 'x' bearer abc";
    for (size_t length = 0; length < sizeof(text); length++) {
        struct buf out = {0};
        mask_add(&out, text, length);
        buf_free(&out);
    }
    tap_ok(tap, true, "any beginning of a text is scanned");
}

int main(void) {
    struct tap tap = {0};
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct buf out = {0};
        mask_add(&out, samples[i].text, strlen(samples[i].text));
        if (samples[i].masked)
            tap_is(&tap, buf_text(&out), samples[i].masked, samples[i].text);
        buf_free(&out);
    }
    struct buf out = {0};
    mask_add(&out, "{\"password\": \"Secret 1\"}", 24);
    tap_ok(&tap, !strstr(buf_text(&out), "Secret"), "a password in JSON");
    buf_free(&out);
    cut(&tap);
    return tap_done(&tap);
}
