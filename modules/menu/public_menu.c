/* SPDX-License-Identifier: BSD-3-Clause */
#include "menu.h"

#include <stdio.h>

#include "catalogue.h"
#include "document.h"
#include "search.h"

static void catalogue_loaded(void *state, const struct kn_db_reply *reply) {
    struct menu *menu = state;
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_watch_done(menu->watch, false);
        return;
    }
    struct catalogue *old = menu->catalogue;
    menu->catalogue = catalogue_new(reply, menu->folder, true);
    catalogue_free(old);
    kn_watch_done(menu->watch, true);
}

void public_menu_watch(struct kn_watch *watch, void *state) {
    struct menu *menu = state;
    (void)watch; /* the one in menu->watch */
    kn_ctx_db(menu->ctx, catalogue_queries, CATALOGUE_QUERIES, catalogue_loaded, menu);
}

/* Guests may read the catalogue: it is there, and was the newest one a moment ago. */
static bool catalogue_usable(const struct menu *menu) {
    return menu->catalogue && kn_watch_fresh(menu->watch, menu->conf->max_stale);
}

void public_menu_check(struct kn_check *check, void *state) {
    const struct menu *menu = state;
    char detail[64];
    if (!menu->conf->cache) {
        kn_check_done(check, KN_HEALTHY, "read from the database each time");
    } else if (!menu->catalogue) {
        kn_check_done(check, KN_UNHEALTHY, "not loaded yet");
    } else if (!catalogue_usable(menu)) {
        kn_check_done(check, KN_UNHEALTHY, "older than max_stale");
    } else {
        snprintf(detail, sizeof(detail), "%zu dishes in memory", catalogue_size(menu->catalogue));
        kn_check_done(check, KN_HEALTHY, detail);
    }
}

static void reply_unavailable(struct kn_req *req) {
    kn_reply_header(req, "Retry-After", "1");
    kn_reply_header(req, "Cache-Control", "no-store");
    kn_reply_error(req, 503, "database_unavailable",
                   "The menu cannot be read right now. Please try again in a moment.");
}

static void menu_reply(struct kn_req *req, const struct menu *menu,
                       const struct catalogue *catalogue) {
    const char *category_id, *term = search_term(req);
    if (!kn_req_query_uuid(req, "category_id", &category_id))
        return;
    if (!category_id && !term) {
        document_reply(req, catalogue_menu(catalogue));
        return;
    }
    struct document *found = catalogue_select(catalogue, menu->folder, category_id, term);
    document_reply(req, found);
    document_release(found);
}

/* Without cache: a catalogue for this one reply. NULL after an error has been replied. */
static struct catalogue *catalogue_read(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct menu *menu = kn_ctx_state(kn_req_ctx(req));
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return NULL;
    }
    return catalogue_new(reply, menu->folder, false);
}

static void public_menu_read(struct kn_req *req, const struct kn_db_reply *reply) {
    struct catalogue *catalogue = catalogue_read(req, reply);
    if (catalogue)
        menu_reply(req, kn_ctx_state(kn_req_ctx(req)), catalogue);
    catalogue_free(catalogue);
}

void public_menu(struct kn_req *req, void *state) {
    const struct menu *menu = state;
    if (!menu->conf->cache)
        kn_req_db(req, catalogue_queries, CATALOGUE_QUERIES, public_menu_read);
    else if (catalogue_usable(menu))
        menu_reply(req, menu, menu->catalogue);
    else
        reply_unavailable(req);
}

static void public_categories_read(struct kn_req *req, const struct kn_db_reply *reply) {
    struct catalogue *catalogue = catalogue_read(req, reply);
    if (catalogue)
        document_reply(req, catalogue_categories(catalogue));
    catalogue_free(catalogue);
}

void public_categories(struct kn_req *req, void *state) {
    const struct menu *menu = state;
    if (!menu->conf->cache)
        kn_req_db(req, catalogue_queries, CATALOGUE_QUERIES, public_categories_read);
    else if (catalogue_usable(menu))
        document_reply(req, catalogue_categories(menu->catalogue));
    else
        reply_unavailable(req);
}
