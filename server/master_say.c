/* SPDX-License-Identifier: BSD-3-Clause */
#include "master_say.h"

#include <string.h>

#include "buf.h"
#include "log.h"
#include "settings.h"

static void add_addresses(struct buf *out, const struct settings_http *http) {
    for (size_t i = 0; http->listen[i]; i++) {
        bool v6 = strchr(http->listen[i], ':') != NULL;
        buf_printf(out, "%s%s%s%s:%u", i ? ", " : "", v6 ? "[" : "", http->listen[i], v6 ? "]" : "",
                   (unsigned)http->port);
    }
}

static void add_modules(struct buf *out, const struct settings *settings) {
    for (size_t i = 0; i < settings->module_count; i++)
        buf_printf(out, "%s%s", i ? ", " : "", settings->modules[i].name);
    if (settings->module_count == 0)
        buf_add_text(out, "none");
}

void master_say_serving(const struct settings *settings, unsigned workers, const char *what) {
    struct buf addresses = {0}, modules = {0};
    add_addresses(&addresses, &settings->http);
    add_modules(&modules, settings);
    log_write(KN_INFO, "master", NULL,
              "kenangand " KN_VERSION " %s on %s; workers: %u; modules: %s", what,
              buf_text(&addresses), workers, buf_text(&modules));
    buf_free(&addresses);
    buf_free(&modules);
}
