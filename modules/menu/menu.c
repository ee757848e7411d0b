/* SPDX-License-Identifier: BSD-3-Clause */
#include "menu.h"

#include "catalogue.h"
#include "search.h"

static const struct kn_option menu_options[] = {
    {.name = "cache",
     .type = KN_OPTION_BOOLEAN,
     .offset = offsetof(struct menu_conf, cache),
     .fallback = "true",
     .help = "serve the public menu from memory; false: ask the database each time"},
    {.name = "max_stale",
     .type = KN_OPTION_DURATION,
     .offset = offsetof(struct menu_conf, max_stale),
     .fallback = "10s",
     .help = "how long the menu in memory is served while the database cannot be asked"},
    {.name = NULL},
};

static const struct kn_permission menu_permissions[] = {
    {"menu.edit", "admin manager", "list, add, change and delete products and categories"},
    {"menu.edit_floor", "admin manager server", "add and change products below /server"},
    {NULL, NULL, NULL},
};

static const struct kn_route menu_routes[] = {
    {.method = "GET",
     .pattern = "/api/v1/public/menu",
     .handler = public_menu,
     .permission = "public",
     .limiters = "public",
     .flags = KN_ROUTE_CACHEABLE},
    {.method = "GET",
     .pattern = "/api/v1/public/categories",
     .handler = public_categories,
     .permission = "public",
     .limiters = "public",
     .flags = KN_ROUTE_CACHEABLE},

    {.method = "GET",
     .pattern = "/api/v1/products",
     .handler = products_list,
     .permission = "staff"},
    {.method = "GET",
     .pattern = "/api/v1/products/{id}",
     .handler = product_get,
     .permission = "staff"},
    {.method = "GET",
     .pattern = "/api/v1/categories",
     .handler = categories_list,
     .permission = "staff"},
    {.method = "GET",
     .pattern = "/api/v1/categories/{id}/products",
     .handler = products_of_category,
     .permission = "staff"},

    {.method = "POST",
     .pattern = "/api/v1/server/products",
     .handler = product_create,
     .permission = "menu.edit_floor"},
    {.method = "PUT",
     .pattern = "/api/v1/server/products/{id}",
     .handler = product_update,
     .permission = "menu.edit_floor"},

    {.method = "GET",
     .pattern = "/api/v1/admin/products",
     .handler = products_admin_list,
     .permission = "menu.edit"},
    {.method = "POST",
     .pattern = "/api/v1/admin/products",
     .handler = product_create,
     .permission = "menu.edit"},
    {.method = "PUT",
     .pattern = "/api/v1/admin/products/{id}",
     .handler = product_update,
     .permission = "menu.edit"},
    {.method = "DELETE",
     .pattern = "/api/v1/admin/products/{id}",
     .handler = product_delete,
     .permission = "menu.edit"},

    {.method = "GET",
     .pattern = "/api/v1/admin/categories",
     .handler = categories_admin_list,
     .permission = "menu.edit"},
    {.method = "POST",
     .pattern = "/api/v1/admin/categories",
     .handler = category_create,
     .permission = "menu.edit"},
    {.method = "PUT",
     .pattern = "/api/v1/admin/categories/{id}",
     .handler = category_update,
     .permission = "menu.edit"},
    {.method = "DELETE",
     .pattern = "/api/v1/admin/categories/{id}",
     .handler = category_delete,
     .permission = "menu.edit"},
    {.method = NULL},
};

static int menu_setup(struct kn_ctx *ctx) {
    struct menu *menu = kn_ctx_alloc(ctx, sizeof(*menu));
    menu->ctx = ctx;
    menu->conf = kn_ctx_conf(ctx);
    if (menu->conf->max_stale < 1000)
        return kn_ctx_fail(ctx, "max_stale must be at least 1s: changes are looked for four times "
                                "a second, and a shorter time would refuse guests at random");
    kn_ctx_state_set(ctx, menu);
    if (kn_ctx_process(ctx) == KN_AGENT)
        return 0; /* no HTTP there, so no menu either */
    menu->folder = folder_new();
    if (menu->conf->cache)
        menu->watch = kn_watch_add(ctx, "menu", public_menu_watch);
    return kn_check_add(ctx, "menu", 10000, 1000, false, public_menu_check);
}

static void menu_stop(struct kn_ctx *ctx) {
    struct menu *menu = kn_ctx_state(ctx);
    catalogue_free(menu->catalogue);
    menu->catalogue = NULL;
    folder_free(menu->folder);
    menu->folder = NULL;
}

static const struct kn_module menu_module = {
    .struct_size = sizeof(struct kn_module),
    .abi_major = KN_ABI_MAJOR,
    .abi_minor = KN_ABI_MINOR,
    .option_size = sizeof(struct kn_option),
    .route_size = sizeof(struct kn_route),
    .permission_size = sizeof(struct kn_permission),
    .name = "menu",
    .version = "1.0.0",
    .summary = "products and categories, and the menu that guests see",
    .options = menu_options,
    .conf_size = sizeof(struct menu_conf),
    .permissions = menu_permissions,
    .routes = menu_routes,
    .setup = menu_setup,
    .stop = menu_stop,
};

const struct kn_module *kn_module_entry(void) {
    return &menu_module;
}
