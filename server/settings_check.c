/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings_check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "buf.h"
#include "log.h"
#include "options.h"
#include "settings_table.h"
#include "value.h"

/* What is wrong with a text, in the arena; NULL: nothing. */
typedef const char *check_fn(struct arena *arena, const char *text);

static bool is_address(const char *text, int *bits) {
    unsigned char bytes[sizeof(struct in6_addr)];
    *bits = inet_pton(AF_INET, text, bytes) == 1 ? 32 : 128;
    return *bits == 32 || inet_pton(AF_INET6, text, bytes) == 1;
}

static const char *listen_check(struct arena *arena, const char *text) {
    int bits;
    if (is_address(text, &bits))
        return NULL;
    return arena_printf(arena, "\"%.60s\" is not an address: write 0.0.0.0, 127.0.0.1 or \"::\"",
                        text);
}

static const char *network_check(struct arena *arena, const char *text) {
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "/");
    int64_t wanted = 0;
    int bits = 0;
    if (length < sizeof(address)) {
        memcpy(address, text, length);
        address[length] = '\0';
        if (is_address(address, &bits) &&
            (!text[length] ||
             (value_integer(text + length + 1, &wanted) && wanted >= 0 && wanted <= bits)))
            return NULL;
    }
    return arena_printf(arena,
                        "\"%.60s\" is not an address or a network: write 127.0.0.1 or "
                        "10.0.0.0/8",
                        text);
}

/* With credentials allowed, an origin cannot be a wildcard. */
static const char *origin_check(struct arena *arena, const char *text) {
    const char *host = strstr(text, "://");
    size_t scheme = strcspn(text, ":");
    if (host == text + scheme && ((scheme == 4 && !strncmp(text, "http", 4)) ||
                                  (scheme == 5 && !strncmp(text, "https", 5)))) {
        host += 3;
        if (*host && !strpbrk(host, "/?#@* \t"))
            return NULL;
    }
    return arena_printf(arena,
                        "\"%.60s\" is not an origin: write https://pos.example.org, without "
                        "a path",
                        text);
}

static const char *sslmode_check(struct arena *arena, const char *text) {
    static const char *const modes[] = {"disable", "allow",     "prefer",
                                        "require", "verify-ca", "verify-full"};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (!strcmp(text, modes[i]))
            return NULL;
    return arena_printf(arena,
                        "\"%.60s\" is not one of disable, allow, prefer, require, verify-ca "
                        "and verify-full",
                        text);
}

static const char *level_check(struct arena *arena, const char *text) {
    enum kn_log_level level;
    if (log_level_parse(text, &level))
        return NULL;
    return arena_printf(arena, "\"%.60s\" is not one of DEBUG, INFO, WARN and ERROR", text);
}

static check_fn *check_of(const struct kn_option *option) {
    static const struct {
        const char *name;
        check_fn *fn;
    } checks[] = {{"listen", listen_check},
                  {"trusted_proxies", network_check},
                  {"cors_origins", origin_check},
                  {"sslmode", sslmode_check},
                  {"log_level", level_check}};
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (!strcmp(option->name, checks[i].name))
            return checks[i].fn;
    return NULL;
}

static const char *text_check(struct arena *arena, const struct kn_option *option,
                              const void *member) {
    check_fn *fn = check_of(option);
    const char *wrong = NULL;
    if (option->type == KN_OPTION_STRING)
        return fn ? fn(arena, *(const char *const *)member) : NULL;
    const char *const *list = *(const char *const *const *)member;
    if (!strcmp(option->name, "listen") && !list[0])
        return "at least one address is needed";
    for (; fn && *list && !wrong; list++)
        wrong = fn(arena, *list);
    return wrong;
}

static const char *range_check(struct arena *arena, const struct setting *setting, int64_t value) {
    struct buf min = {0}, max = {0};
    int64_t bounds[] = {setting->min, setting->max};
    if ((!setting->min && !setting->max) || (value >= setting->min && value <= setting->max))
        return NULL;
    struct kn_option option = setting->option;
    option.offset = 0;
    option_print(&min, &option, &bounds[0]);
    option_print(&max, &option, &bounds[1]);
    const char *what = arena_printf(arena, "must be from %s to %s", buf_text(&min), buf_text(&max));
    buf_free(&min);
    buf_free(&max);
    return what;
}

int settings_check(struct settings_store *store, const struct setting *setting,
                   const struct option_origin *origin, char **error) {
    const struct kn_option *option = &setting->option;
    const void *member = (const char *)store + option->offset;
    const char *wrong = NULL;
    if (option->type == KN_OPTION_STRING || option->type == KN_OPTION_LIST)
        wrong = text_check(store->arena, option, member);
    else if (option->type != KN_OPTION_BOOLEAN)
        wrong = range_check(store->arena, setting, *(const int64_t *)member);
    return wrong ? option_error(origin, option, error, wrong) : 0;
}
