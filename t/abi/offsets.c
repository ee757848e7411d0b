/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where everything in the public structures stands on 64-bit machines, since 1.0. A line here never
 * changes: later members are appended, with lines of their own. SIZE may be outgrown, since the
 * structure travels with its size or comes from the server; WHOLE may not.
 */
#include <kenangan.h>

#define JOIN(a, b) a##b
#define NAME(line) JOIN(pinned_, line)
#define HOLDS(condition) typedef char NAME(__LINE__)[(condition) ? 1 : -1]
#define SIZE(type, size) HOLDS(sizeof(type) >= (size))
#define WHOLE(type, size) HOLDS(sizeof(type) == (size))
#define AT(type, member, offset) HOLDS(offsetof(type, member) == (offset))
#define IS(constant, value) HOLDS((constant) == (value))

HOLDS(sizeof(void *) == 8 && sizeof(size_t) == 8);
IS(KN_ABI_MAJOR, 1);

SIZE(struct kn_option, 48);
AT(struct kn_option, name, 0);
AT(struct kn_option, type, 8);
AT(struct kn_option, flags, 12);
AT(struct kn_option, offset, 16);
AT(struct kn_option, fallback, 24);
AT(struct kn_option, env, 32);
AT(struct kn_option, help, 40);

SIZE(struct kn_permission, 24);
AT(struct kn_permission, name, 0);
AT(struct kn_permission, roles, 8);
AT(struct kn_permission, help, 16);

SIZE(struct kn_route, 56);
AT(struct kn_route, method, 0);
AT(struct kn_route, pattern, 8);
AT(struct kn_route, handler, 16);
AT(struct kn_route, permission, 24);
AT(struct kn_route, limiters, 32);
AT(struct kn_route, body_max, 40);
AT(struct kn_route, flags, 48);

SIZE(struct kn_module, 136);
AT(struct kn_module, struct_size, 0);
AT(struct kn_module, abi_major, 8);
AT(struct kn_module, abi_minor, 12);
AT(struct kn_module, option_size, 16);
AT(struct kn_module, route_size, 24);
AT(struct kn_module, permission_size, 32);
AT(struct kn_module, name, 40);
AT(struct kn_module, version, 48);
AT(struct kn_module, summary, 56);
AT(struct kn_module, depends, 64);
AT(struct kn_module, options, 72);
AT(struct kn_module, conf_size, 80);
AT(struct kn_module, permissions, 88);
AT(struct kn_module, routes, 96);
AT(struct kn_module, setup, 104);
AT(struct kn_module, start, 112);
AT(struct kn_module, drain, 120);
AT(struct kn_module, stop, 128);

WHOLE(struct kn_user, 24);
AT(struct kn_user, id, 0);
AT(struct kn_user, name, 8);
AT(struct kn_user, role, 16);

WHOLE(struct kn_page, 32);
AT(struct kn_page, number, 0);
AT(struct kn_page, size, 8);
AT(struct kn_page, offset, 16);
AT(struct kn_page, asked, 24);

WHOLE(struct kn_field, 72);
AT(struct kn_field, name, 0);
AT(struct kn_field, type, 8);
AT(struct kn_field, flags, 12);
AT(struct kn_field, min, 16);
AT(struct kn_field, max, 24);
AT(struct kn_field, missing, 32);
AT(struct kn_field, invalid, 40);
AT(struct kn_field, too_long, 48);
AT(struct kn_field, choices, 56);
AT(struct kn_field, items, 64);

WHOLE(struct kn_stmt, 24);
AT(struct kn_stmt, name, 0);
AT(struct kn_stmt, sql, 8);
AT(struct kn_stmt, flags, 16);

WHOLE(struct kn_query, 24);
AT(struct kn_query, stmt, 0);
AT(struct kn_query, params, 8);
AT(struct kn_query, param_count, 16);

SIZE(struct kn_check_result, 32);
AT(struct kn_check_result, name, 0);
AT(struct kn_check_result, health, 8);
AT(struct kn_check_result, critical, 12);
AT(struct kn_check_result, detail, 16);
AT(struct kn_check_result, duration, 24);

SIZE(struct kn_server_stats, 64);
AT(struct kn_server_stats, version, 0);
AT(struct kn_server_stats, environment, 8);
AT(struct kn_server_stats, uptime, 16);
AT(struct kn_server_stats, workers, 24);
AT(struct kn_server_stats, connections_open, 32);
AT(struct kn_server_stats, connections_in_use, 40);
AT(struct kn_server_stats, connections_idle, 48);
AT(struct kn_server_stats, draining, 56);

SIZE(struct kn_event, 32);
AT(struct kn_event, topic, 0);
AT(struct kn_event, key, 8);
AT(struct kn_event, payload, 16);
AT(struct kn_event, id, 24);

IS(KN_OPTION_STRING, 0);
IS(KN_OPTION_INTEGER, 1);
IS(KN_OPTION_BOOLEAN, 2);
IS(KN_OPTION_DURATION, 3);
IS(KN_OPTION_SIZE, 4);
IS(KN_OPTION_LIST, 5);
IS(KN_OPTION_REQUIRED, 1);
IS(KN_OPTION_SECRET, 2);
IS(KN_ROUTE_SAME_ORIGIN, 1);
IS(KN_ROUTE_CACHEABLE, 2);
IS(KN_WORKER, 1);
IS(KN_AGENT, 2);
IS(KN_CHECKING, 3);
IS(KN_DEBUG, 0);
IS(KN_INFO, 1);
IS(KN_WARN, 2);
IS(KN_ERROR, 3);
IS(KN_FIELD_TEXT, 0);
IS(KN_FIELD_UUID, 1);
IS(KN_FIELD_INTEGER, 2);
IS(KN_FIELD_MONEY, 3);
IS(KN_FIELD_BOOLEAN, 4);
IS(KN_FIELD_CHOICE, 5);
IS(KN_FIELD_EMAIL, 6);
IS(KN_FIELD_LIST, 7);
IS(KN_FIELD_REQUIRED, 1);
IS(KN_FIELD_NULLABLE, 2);
IS(KN_FIELD_PLAIN, 4);
IS(KN_FIELD_VERBATIM, 8);
IS(KN_FIELD_EMPTY_IS_NULL, 16);
IS(KN_STMT_READ, 1);
IS(KN_STMT_PROBE, 2);
IS(KN_DB_OK, 0);
IS(KN_DB_REFUSED, 1);
IS(KN_DB_UNAVAILABLE, 2);
IS(KN_DB_UNCERTAIN, 3);
IS(KN_HEALTHY, 0);
IS(KN_UNHEALTHY, 1);
IS(KN_JOB_LEADER, 1);
