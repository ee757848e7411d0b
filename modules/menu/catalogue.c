/* SPDX-License-Identifier: BSD-3-Clause */
#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "memory.h"
#include "search.h"

/* One dish: where its JSON object stands in the menu, and what a filter looks at. */
struct dish {
    size_t start, length;
    char *category_id;        /* NULL without a category */
    char *name, *description; /* folded */
};

struct catalogue {
    struct document *menu, *categories;
    struct dish *dishes;
    size_t count;
};

static const struct kn_stmt menu_read = {
    .name = "menu.public",
    .sql = "SELECT p.id, p.name, p.description, p.price, p.image_url, p.category_id,"
           " coalesce(c.name, '')"
           " FROM products p LEFT JOIN categories c ON c.id = p.category_id"
           " WHERE p.is_available AND p.deleted_at IS NULL AND (c.id IS NULL OR c.is_active)"
           " ORDER BY p.sort_order, p.name, p.id",
    .flags = KN_STMT_READ,
};

static const struct kn_stmt categories_read = {
    .name = "menu.public_categories",
    .sql = "SELECT id, name, description, color, sort_order FROM categories"
           " WHERE is_active ORDER BY sort_order, name, id",
    .flags = KN_STMT_READ,
};

const struct kn_query catalogue_queries[CATALOGUE_QUERIES] = {
    {.stmt = &menu_read},
    {.stmt = &categories_read},
};

static struct kn_json *list_open(const char *message) {
    struct kn_json *json = kn_json_new();
    kn_json_open(json, NULL);
    kn_json_boolean(json, "success", true);
    kn_json_text(json, "message", message);
    kn_json_open_list(json, "data");
    return json;
}

static struct document *list_close(struct kn_json *json, bool compress) {
    kn_json_close_list(json);
    kn_json_close(json);
    return document_new(json, compress);
}

static void dish_write(struct kn_json *json, const struct kn_db_reply *reply, size_t row) {
    kn_json_open(json, NULL);
    kn_json_text(json, "id", kn_db_value(reply, 0, row, 0));
    kn_json_text(json, "name", kn_db_value(reply, 0, row, 1));
    kn_json_text(json, "description", kn_db_value(reply, 0, row, 2));
    kn_json_number(json, "price", kn_db_value(reply, 0, row, 3));
    kn_json_text(json, "image_url", kn_db_value(reply, 0, row, 4));
    kn_json_text(json, "category_id", kn_db_value(reply, 0, row, 5));
    kn_json_text(json, "category_name", kn_db_value(reply, 0, row, 6));
    kn_json_close(json);
}

static void category_write(struct kn_json *json, const struct kn_db_reply *reply, size_t row) {
    kn_json_open(json, NULL);
    kn_json_text(json, "id", kn_db_value(reply, 1, row, 0));
    kn_json_text(json, "name", kn_db_value(reply, 1, row, 1));
    kn_json_text(json, "description", kn_db_value(reply, 1, row, 2));
    kn_json_text(json, "color", kn_db_value(reply, 1, row, 3));
    kn_json_number(json, "sort_order", kn_db_value(reply, 1, row, 4));
    kn_json_close(json);
}

static void dish_load(struct dish *dish, struct kn_json *json, const struct kn_db_reply *reply,
                      size_t row, const struct folder *folder) {
    size_t end;
    kn_json_bytes(json, &dish->start);
    dish_write(json, reply, row);
    const char *bytes = kn_json_bytes(json, &end);
    if (bytes[dish->start] == ',') /* what separates it from the dish before */
        dish->start++;
    dish->length = end - dish->start;
    const char *category_id = kn_db_value(reply, 0, row, 5);
    dish->category_id = category_id ? folder_fold(folder, category_id) : NULL;
    dish->name = folder_fold(folder, kn_db_value(reply, 0, row, 1));
    dish->description = folder_fold(folder, kn_db_value(reply, 0, row, 2));
}

static void menu_load(struct catalogue *catalogue, const struct kn_db_reply *reply,
                      const struct folder *folder, bool compress) {
    struct kn_json *json = list_open("Menu retrieved");
    catalogue->count = kn_db_rows(reply, 0);
    catalogue->dishes = memory_array(catalogue->count, sizeof(*catalogue->dishes));
    for (size_t row = 0; row < catalogue->count; row++)
        dish_load(&catalogue->dishes[row], json, reply, row, folder);
    catalogue->menu = list_close(json, compress);
}

static void categories_load(struct catalogue *catalogue, const struct kn_db_reply *reply,
                            bool compress) {
    struct kn_json *json = list_open("Categories retrieved");
    for (size_t row = 0; row < kn_db_rows(reply, 1); row++)
        category_write(json, reply, row);
    catalogue->categories = list_close(json, compress);
}

struct catalogue *catalogue_new(const struct kn_db_reply *reply, const struct folder *folder,
                                bool compress) {
    struct catalogue *catalogue = memory_new(sizeof(*catalogue));
    menu_load(catalogue, reply, folder, compress);
    categories_load(catalogue, reply, compress);
    return catalogue;
}

void catalogue_free(struct catalogue *catalogue) {
    if (!catalogue)
        return;
    for (size_t i = 0; i < catalogue->count; i++) {
        free(catalogue->dishes[i].category_id);
        free(catalogue->dishes[i].name);
        free(catalogue->dishes[i].description);
    }
    free(catalogue->dishes);
    document_release(catalogue->menu);
    document_release(catalogue->categories);
    free(catalogue);
}

size_t catalogue_size(const struct catalogue *catalogue) {
    return catalogue->count;
}

struct document *catalogue_menu(const struct catalogue *catalogue) {
    return catalogue->menu;
}

struct document *catalogue_categories(const struct catalogue *catalogue) {
    return catalogue->categories;
}

static bool dish_fits(const struct dish *dish, const char *category_id, const char *term) {
    if (category_id && (!dish->category_id || strcmp(category_id, dish->category_id) != 0))
        return false;
    return !term || strstr(dish->name, term) || strstr(dish->description, term);
}

struct document *catalogue_select(const struct catalogue *catalogue, const struct folder *folder,
                                  const char *category_id, const char *term) {
    char *folded = term ? folder_fold(folder, term) : NULL;
    const char *menu = document_bytes(catalogue->menu);
    struct kn_json *json = list_open("Menu retrieved");
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct dish *dish = &catalogue->dishes[i];
        if (dish_fits(dish, category_id, folded))
            kn_json_raw(json, NULL, menu + dish->start, dish->length);
    }
    free(folded);
    return list_close(json, false);
}
