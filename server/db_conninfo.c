/* SPDX-License-Identifier: BSD-3-Clause */
#include "db_conninfo.h"

#include <string.h>

#include "buf.h"
#include "db.h"
#include "settings.h"

static void pair_add(struct buf *out, const char *key, const char *value) {
    if (!value || !*value)
        return;
    buf_printf(out, "%s%s='", out->length ? " " : "", key);
    for (const char *c = value; *c; c++) {
        if (*c == '\'' || *c == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *c);
    }
    buf_add_char(out, '\'');
}

/* GSSAPI is off because its negotiation blocks and costs a round trip nobody here needs. */
char *db_conninfo(const struct settings *settings) {
    const struct settings_db *db = &settings->db;
    struct buf out = {0};
    pair_add(&out, "host", db->host);
    buf_printf(&out, "%sport=%u", out.length ? " " : "", (unsigned)db->port);
    pair_add(&out, "dbname", db->name);
    pair_add(&out, "user", db->user);
    pair_add(&out, "password", db->password);
    pair_add(&out, "sslmode", db->sslmode);
    buf_printf(&out, " connect_timeout=%d", DB_CONNECT_TIMEOUT_MS / 1000);
    buf_add_text(&out, " application_name=kenangan client_encoding=UTF8 gssencmode=disable"
                       " keepalives_idle=10 keepalives_interval=5 keepalives_count=3"
                       " tcp_user_timeout=10000");
    return buf_take(&out);
}

/* The server's own limit comes a little after ours: it ends what we no longer wait for. */
char *db_session_options(const struct settings *settings) {
    struct buf out = {0};
    buf_printf(&out,
               "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres"
               " -c statement_timeout=%lld -c idle_in_transaction_session_timeout=10000",
               (long long)settings->db.timeout + 500);
    return buf_take(&out);
}

const char *db_failure_phrase(const char *message) {
    static const struct {
        const char *part, *phrase;
    } known[] = {
        {"refused", "connection refused"},
        {"No such file", "connection refused"},
        {"starting up", "database is starting up"},
        {"shutting down", "database is shutting down"},
        {"recovery", "database is recovering"},
        {"not yet accepting", "database is starting up"},
        {"too many", "too many clients"},
        {"remaining connection slots", "too many clients"},
        {"authentication", "authentication failed"},
        {"no pg_hba.conf", "authentication failed"},
        {"no password", "authentication failed"},
        {"does not exist", "database or role does not exist"},
        {"read-only", "no server accepts writes"},
        {"hot standby", "no server accepts writes"},
        {"timeout", "connection timeout"},
        {"timed out", "connection timeout"},
        {"SSL", "TLS failed"},
        {"certificate", "TLS failed"},
        {"not known", "host name not found"},
        {"name resolution", "host name not found"},
        {"closed the connection", "connection lost"},
        {"terminating connection", "connection lost"},
    };
    for (size_t i = 0; message && i < sizeof(known) / sizeof(known[0]); i++)
        if (strstr(message, known[i].part))
            return known[i].phrase;
    return "not reachable";
}
