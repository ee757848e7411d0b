/* SPDX-License-Identifier: BSD-3-Clause */
#include "tables.h"

static const struct kn_permission tables_permissions[] = {
    {"tables.edit", "admin manager", "list, add, change and delete tables in the office"},
    {NULL, NULL, NULL},
};

static const struct kn_route tables_routes[] = {
    {.method = "GET",
     .pattern = "/api/v1/customer/table/{qr_code}",
     .handler = table_by_qr,
     .permission = "public",
     .limiters = "public qr-scan"},

    {.method = "GET", .pattern = "/api/v1/tables", .handler = tables_list, .permission = "staff"},
    {.method = "GET",
     .pattern = "/api/v1/tables/by-location",
     .handler = tables_by_location,
     .permission = "staff"},
    {.method = "GET",
     .pattern = "/api/v1/tables/status",
     .handler = tables_status,
     .permission = "staff"},
    {.method = "GET",
     .pattern = "/api/v1/tables/{id}",
     .handler = table_get,
     .permission = "staff"},

    {.method = "GET",
     .pattern = "/api/v1/admin/tables",
     .handler = tables_admin_list,
     .permission = "tables.edit"},
    {.method = "POST",
     .pattern = "/api/v1/admin/tables",
     .handler = table_create,
     .permission = "tables.edit"},
    {.method = "PUT",
     .pattern = "/api/v1/admin/tables/{id}",
     .handler = table_update,
     .permission = "tables.edit"},
    {.method = "DELETE",
     .pattern = "/api/v1/admin/tables/{id}",
     .handler = table_delete,
     .permission = "tables.edit"},
    {.method = NULL},
};

static const struct kn_module tables_module = {
    .struct_size = sizeof(struct kn_module),
    .abi_major = KN_ABI_MAJOR,
    .abi_minor = KN_ABI_MINOR,
    .option_size = sizeof(struct kn_option),
    .route_size = sizeof(struct kn_route),
    .permission_size = sizeof(struct kn_permission),
    .name = "tables",
    .version = "1.0.0",
    .summary = "dining tables, who sits at them, and their QR codes",
    .permissions = tables_permissions,
    .routes = tables_routes,
};

const struct kn_module *kn_module_entry(void) {
    return &tables_module;
}
