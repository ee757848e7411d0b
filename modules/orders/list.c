/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GET /orders: newest first, paged. Three ways, by what was asked: everything and by status walk an
 * index and count from tallies, so their cost does not grow with the closed orders; any other
 * filter searches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order_json.h"
#include "orders.h"

#define STATUSES_MAX 16

#define NEWEST_FIRST " ORDER BY created_at DESC, id DESC "

/*
 * PostgreSQL guesses that a prepared LIMIT $1 wants a tenth of what is below it. Below this window
 * the guess is near enough to stay on the index, and near enough to what a plan for the real number
 * would cost that the statement is not planned anew each time; that would cost more than reading
 * the page. Pages beyond the window are rare and may be.
 */
#define WINDOW_ROWS 100
#define WINDOW      "LIMIT 100"
#define NO_WINDOW   ""

/* $1 page size, $2 rows to skip. */
#define ALL_PAGE(window)                                                                           \
    "SELECT * FROM (SELECT * FROM orders" NEWEST_FIRST window ") w"                                \
    " LIMIT $1::bigint OFFSET $2::bigint"

/* $1 statuses, $2 page size, $3 rows to skip. */
#define STATUS_PAGE(window)                                                                        \
    "SELECT o.* FROM (SELECT DISTINCT unnest($1::text[])) s (status)"                              \
    " CROSS JOIN LATERAL (SELECT * FROM (SELECT * FROM orders WHERE orders.status = "              \
    "s.status" NEWEST_FIRST window ") w LIMIT $2::bigint + $3::bigint) o" NEWEST_FIRST             \
    "LIMIT $2::bigint OFFSET $3::bigint"

/* $1 statuses, $2 type, $3 first day, $4 last day, $5 search pattern; each may be null. */
#define MATCHES                                                                                    \
    "($1::text[] IS NULL OR status = ANY ($1::text[]))"                                            \
    " AND ($2::text IS NULL OR order_type = $2)"                                                   \
    " AND ($3::date IS NULL OR created_at >= restaurant_day_start($3::date))"                      \
    " AND ($4::date IS NULL OR created_at < restaurant_day_start($4::date + 1))"                   \
    " AND ($5::text IS NULL OR order_number ILIKE $5 OR customer_name ILIKE $5)"

/* The same filter, $6 page size, $7 rows to skip. */
#define SEARCH_PAGE                                                                                \
    "SELECT * FROM orders WHERE " MATCHES NEWEST_FIRST "LIMIT $6::bigint OFFSET $7::bigint"

#define HEADS_SQL(page) "SELECT id, " ORDER_COLUMNS " FROM (" page ") p" NEWEST_FIRST

/* By order: reading along the key needs neither join nor sort. */
#define ITEMS_SQL(page)                                                                            \
    "SELECT order_id, id, product_id, quantity, unit_price, total_price, special_instructions,"    \
    " status, created_at, updated_at FROM order_items"                                             \
    " WHERE order_id = ANY (ARRAY(SELECT p.id FROM (" page ") p)) ORDER BY order_id, line"

/* The statements of one way to list: within the window, and beyond it. */
struct listing {
    struct kn_stmt heads, items, far_heads, far_items, total;
};

static const struct listing all = {
    {"orders.list", HEADS_SQL(ALL_PAGE(WINDOW)), KN_STMT_READ},
    {"orders.list_items", ITEMS_SQL(ALL_PAGE(WINDOW)), KN_STMT_READ},
    {"orders.list_far", HEADS_SQL(ALL_PAGE(NO_WINDOW)), KN_STMT_READ},
    {"orders.list_far_items", ITEMS_SQL(ALL_PAGE(NO_WINDOW)), KN_STMT_READ},
    {"orders.list_total",
     "SELECT (SELECT count(*) FROM open_orders) + (SELECT count(*) FROM order_closures)"
     " + (SELECT sum(total) FROM order_tallies)",
     KN_STMT_READ}};

static const struct listing by_status = {
    {"orders.by_status", HEADS_SQL(STATUS_PAGE(WINDOW)), KN_STMT_READ},
    {"orders.by_status_items", ITEMS_SQL(STATUS_PAGE(WINDOW)), KN_STMT_READ},
    {"orders.by_status_far", HEADS_SQL(STATUS_PAGE(NO_WINDOW)), KN_STMT_READ},
    {"orders.by_status_far_items", ITEMS_SQL(STATUS_PAGE(NO_WINDOW)), KN_STMT_READ},
    {"orders.by_status_total", "SELECT orders_total($1)", KN_STMT_READ}};

static const struct kn_stmt search_heads = {"orders.search", HEADS_SQL(SEARCH_PAGE), KN_STMT_READ};
static const struct kn_stmt search_items = {"orders.search_items", ITEMS_SQL(SEARCH_PAGE),
                                            KN_STMT_READ};
static const struct kn_stmt search_total = {
    "orders.search_total", "SELECT count(*) FROM orders WHERE " MATCHES, KN_STMT_READ};

enum { HEADS, ITEMS, TOTAL }; /* the queries of a reply */
enum { ITEM_FIRST = 1 };      /* column of ITEMS, behind the order's id */
enum { STATUSES, TYPE, FIRST_DAY, LAST_DAY, PATTERN, FILTER_COUNT };
enum { SIZE = FILTER_COUNT, SKIP, PARAM_COUNT };

static void page_write(const struct orders *orders, struct kn_json *json,
                       const struct kn_db_reply *reply) {
    kn_json_open_list(json, "data");
    for (size_t row = 0; row < kn_db_rows(reply, HEADS); row++) {
        const char *id = kn_db_value(reply, HEADS, row, ORDER_ID);
        kn_json_open(json, NULL);
        order_head_write(orders, json, reply, row);
        kn_json_open_list(json, "items");
        for (size_t item = items_find(reply, ITEMS, id); item_of(reply, ITEMS, item, id); item++)
            item_write(orders, json, id, reply, ITEMS, item, ITEM_FIRST);
        kn_json_close_list(json);
        kn_json_close(json);
    }
    kn_json_close_list(json);
}

static struct kn_watch *missing(const struct orders *orders, const struct kn_db_reply *reply) {
    struct kn_watch *watch = NULL;
    for (size_t row = 0; !watch && row < kn_db_rows(reply, HEADS); row++)
        watch = order_head_missing(orders, reply, row);
    for (size_t row = 0; !watch && row < kn_db_rows(reply, ITEMS); row++)
        watch = item_missing(orders, reply, ITEMS, row, ITEM_FIRST);
    return watch;
}

static void order_list_again(struct kn_req *req) {
    order_list(req, NULL);
}

static void order_listed(struct kn_req *req, const struct kn_db_reply *reply) {
    const struct orders *orders = kn_ctx_state(kn_req_ctx(req));
    const struct kn_page *page = kn_req_data(req);
    if (kn_db_status(reply) != KN_DB_OK) {
        kn_reply_db_error(req, reply);
        return;
    }
    struct kn_watch *watch = missing(orders, reply);
    if (watch && kn_watch_refresh(watch, req, order_list_again))
        return;
    struct kn_json *json = kn_reply_open(req, 200, "Orders");
    page_write(orders, json, reply);
    kn_json_page(json, page, strtoll(kn_db_value(reply, TOTAL, 0, 0), NULL, 10));
    kn_reply_send(req);
}

/* ---- what was asked */

struct statuses { /* the filter as a PostgreSQL array under construction */
    char array[512];
    size_t length, count;
};

static bool is_word(const char *text, size_t length) {
    return length > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz") >= length;
}

/* Adds the words of one value, joined by commas. Status words are lower-case letters, so what is
 * none matches nothing and is left out. */
static void statuses_add(struct statuses *statuses, const char *value) {
    while (*value) {
        size_t length = strcspn(value, ",");
        bool fits = statuses->length + length + 3 < sizeof(statuses->array);
        if (is_word(value, length) && fits && statuses->count < STATUSES_MAX) {
            const char *comma = statuses->count++ ? "," : "";
            int added = snprintf(statuses->array + statuses->length, length + 2, "%s%.*s", comma,
                                 (int)length, value);
            statuses->length += (size_t)added;
        }
        value += length + (value[length] == ',');
    }
}

/* All three spellings of the client; NULL when none was given. */
static const char *statuses_asked(struct kn_req *req, size_t *count) {
    static const char *const names[] = {"status", "status[]"};
    struct statuses statuses = {0};
    bool asked = false;
    for (size_t n = 0; n < 2; n++)
        for (size_t i = 0; kn_req_query(req, names[n], i); i++) {
            asked = asked || *kn_req_query(req, names[n], i);
            statuses_add(&statuses, kn_req_query(req, names[n], i));
        }
    *count = statuses.count;
    return asked ? kn_req_printf(req, "{%s}", statuses.array) : NULL;
}

/* A query parameter, NULL when absent or empty. */
static const char *text_asked(struct kn_req *req, const char *name) {
    const char *value = kn_req_query(req, name, 0);
    return value && *value ? value : NULL;
}

/* YYYY-MM-DD or NULL: what is no day filters nothing. PostgreSQL gets only days that exist. */
static const char *day_asked(struct kn_req *req, const char *name) {
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *value = text_asked(req, name);
    int year, month, day, end = 0;
    if (!value || sscanf(value, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || end != 10)
        return NULL;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1] ||
        (month == 2 && day == 29 && !leap))
        return NULL;
    return kn_req_strdup(req, value);
}

/* Substring pattern with the wildcards of the user escaped. */
static const char *pattern_asked(struct kn_req *req) {
    const char *text = text_asked(req, "search");
    if (!text)
        return NULL;
    char *pattern = kn_req_alloc(req, 2 * strlen(text) + 3);
    size_t at = 0;
    pattern[at++] = '%';
    for (; *text; text++) {
        if (strchr("%_\\", *text))
            pattern[at++] = '\\';
        pattern[at++] = *text;
    }
    pattern[at] = '%';
    return pattern;
}

static bool within_window(struct kn_req *req) {
    const struct kn_page *page = kn_req_data(req);
    return page->offset + page->size <= WINDOW_ROWS;
}

static void list_send(struct kn_req *req, const struct listing *listing, const char *const *params,
                      size_t param_count, size_t total_count) {
    bool near = within_window(req);
    const struct kn_query queries[] = {
        {near ? &listing->heads : &listing->far_heads, params, param_count},
        {near ? &listing->items : &listing->far_items, params, param_count},
        {&listing->total, params, total_count}};
    kn_req_db(req, queries, 3, order_listed);
}

static void list_search(struct kn_req *req, const char *const params[PARAM_COUNT]) {
    const struct kn_query queries[] = {{&search_heads, params, PARAM_COUNT},
                                       {&search_items, params, PARAM_COUNT},
                                       {&search_total, params, FILTER_COUNT}};
    kn_req_db(req, queries, 3, order_listed);
}

static void list_by_status(struct kn_req *req, const char *const params[PARAM_COUNT]) {
    const char *page[] = {params[STATUSES], params[SIZE], params[SKIP]};
    list_send(req, &by_status, page, 3, 1);
}

void order_list(struct kn_req *req, void *state) {
    (void)state;
    size_t status_count;
    const char *statuses = statuses_asked(req, &status_count);
    struct kn_page *page = kn_req_alloc(req, sizeof(*page));
    *page = kn_req_page(req, 20);
    if (status_count > 1 && !page->asked)
        *page = kn_req_page(req, 100); /* these screens cannot page */
    kn_req_data_set(req, page);
    const char *params[PARAM_COUNT] = {
        [SIZE] = kn_req_printf(req, "%lld", (long long)page->size),
        [SKIP] = kn_req_printf(req, "%lld", (long long)page->offset),
        [STATUSES] = statuses,
        [TYPE] = text_asked(req, "order_type"),
        [FIRST_DAY] = day_asked(req, "start_date"),
        [LAST_DAY] = day_asked(req, "end_date"),
        [PATTERN] = pattern_asked(req),
    };
    if (params[TYPE] || params[FIRST_DAY] || params[LAST_DAY] || params[PATTERN])
        list_search(req, params);
    else if (params[STATUSES])
        list_by_status(req, params);
    else
        list_send(req, &all, params + SIZE, 2, 0);
}
