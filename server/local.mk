# SPDX-License-Identifier: BSD-3-Clause
# libkenangan.so.1 and the two programs. The library is linked from a convenience archive, so that
# unit tests and fuzz targets can reach the functions it hides.
core_cppflags = $(AM_CPPFLAGS) \
	-DKN_VERSION='"$(VERSION)"' \
	-DKN_MODULE_DIR='"$(moduledir)"' \
	-DKN_SQL_DIR='"$(pkgdatadir)/sql"' \
	-DKN_CONF_DIR='"$(confdir)"' \
	-DKN_TEMPLATE_DIR='"$(pkgdatadir)/module-template"'

noinst_LTLIBRARIES += %D%/libcore.la
%C%_libcore_la_SOURCES = \
	%D%/access.c \
	%D%/access.h \
	%D%/arena.c \
	%D%/arena.h \
	%D%/backoff.c \
	%D%/backoff.h \
	%D%/buf.c \
	%D%/buf.h \
	%D%/change.c \
	%D%/change.h \
	%D%/checks.c \
	%D%/checks.h \
	%D%/clock.c \
	%D%/clock.h \
	%D%/ctl.c \
	%D%/ctl.h \
	%D%/ctl_config.c \
	%D%/ctl_db.c \
	%D%/ctl_health.c \
	%D%/ctl_module.c \
	%D%/ctl_scaffold.c \
	%D%/ctl_user.c \
	%D%/ctx.c \
	%D%/ctx.h \
	%D%/daemon.c \
	%D%/daemon.h \
	%D%/db.c \
	%D%/db.h \
	%D%/db_call.c \
	%D%/db_call.h \
	%D%/db_conn.c \
	%D%/db_conn.h \
	%D%/db_conninfo.c \
	%D%/db_conninfo.h \
	%D%/db_dial.c \
	%D%/db_dial.h \
	%D%/db_lookup.c \
	%D%/db_lookup.h \
	%D%/db_pool.c \
	%D%/db_pool.h \
	%D%/db_reply.c \
	%D%/db_reply.h \
	%D%/db_stmts.c \
	%D%/db_stmts.h \
	%D%/events.c \
	%D%/events.h \
	%D%/failure.c \
	%D%/failure.h \
	%D%/field.c \
	%D%/field.h \
	%D%/fleet.c \
	%D%/fleet.h \
	%D%/form.c \
	%D%/gate.c \
	%D%/gate.h \
	%D%/gate_parse.c \
	%D%/gate_parse.h \
	%D%/gate_peers.c \
	%D%/gate_peers.h \
	%D%/http.c \
	%D%/http.h \
	%D%/jobs.c \
	%D%/jobs.h \
	%D%/json.c \
	%D%/json.h \
	%D%/json_check.c \
	%D%/json_check.h \
	%D%/leader.c \
	%D%/leader.h \
	%D%/limiter.c \
	%D%/limiter.h \
	%D%/listen.c \
	%D%/listen.h \
	%D%/log.c \
	%D%/log.h \
	%D%/mask.c \
	%D%/mask.h \
	%D%/master.c \
	%D%/master.h \
	%D%/master_say.c \
	%D%/master_say.h \
	%D%/metrics.c \
	%D%/metrics.h \
	%D%/metrics_text.c \
	%D%/metrics_text.h \
	%D%/migrate.c \
	%D%/migrate.h \
	%D%/migrate_files.c \
	%D%/migrate_files.h \
	%D%/module_open.c \
	%D%/module_open.h \
	%D%/modules.c \
	%D%/modules.h \
	%D%/notify.c \
	%D%/notify.h \
	%D%/options.c \
	%D%/options.h \
	%D%/path.c \
	%D%/path.h \
	%D%/pid_file.c \
	%D%/pid_file.h \
	%D%/policy.c \
	%D%/policy.h \
	%D%/process.h \
	%D%/proxies.c \
	%D%/proxies.h \
	%D%/query.c \
	%D%/query.h \
	%D%/reply.c \
	%D%/reply.h \
	%D%/req_db.c \
	%D%/request.c \
	%D%/request.h \
	%D%/router.c \
	%D%/router.h \
	%D%/scoreboard.c \
	%D%/scoreboard.h \
	%D%/services.c \
	%D%/services.h \
	%D%/settings.c \
	%D%/settings.h \
	%D%/settings_check.c \
	%D%/settings_check.h \
	%D%/settings_files.c \
	%D%/settings_files.h \
	%D%/settings_lists.c \
	%D%/settings_lists.h \
	%D%/settings_table.c \
	%D%/settings_table.h \
	%D%/task.c \
	%D%/task.h \
	%D%/upgrade.c \
	%D%/upgrade.h \
	%D%/uuid.c \
	%D%/uuid.h \
	%D%/value.c \
	%D%/value.h \
	%D%/watch.c \
	%D%/watch.h \
	%D%/work.c \
	%D%/work.h \
	%D%/worker.c \
	%D%/worker.h \
	%D%/yaml_node.c \
	%D%/yaml_node.h
%C%_libcore_la_CPPFLAGS = $(core_cppflags)
%C%_libcore_la_CFLAGS = $(AM_CFLAGS) \
	$(LIBEVENT_CFLAGS) $(LIBPQ_CFLAGS) $(JSON_C_CFLAGS) $(YAML_CFLAGS) $(CRYPT_CFLAGS)
%C%_libcore_la_LIBADD = \
	$(LIBEVENT_LIBS) $(LIBPQ_LIBS) $(JSON_C_LIBS) $(YAML_LIBS) $(CRYPT_LIBS)

lib_LTLIBRARIES += %D%/libkenangan.la
%C%_libkenangan_la_SOURCES =
%C%_libkenangan_la_LIBADD = %D%/libcore.la
# current:revision:age; a release that adds functions raises current and age.
%C%_libkenangan_la_LDFLAGS = $(AM_LDFLAGS) -version-info 1:0:0 \
	-Wl,--version-script=$(srcdir)/%D%/libkenangan.sym
EXTRA_%C%_libkenangan_la_DEPENDENCIES = %D%/libkenangan.sym
EXTRA_DIST += %D%/libkenangan.sym

sbin_PROGRAMS += %D%/kenangand %D%/kenanganctl
%C%_kenangand_SOURCES = %D%/kenangand.c
%C%_kenangand_LDADD = %D%/libkenangan.la
%C%_kenanganctl_SOURCES = %D%/kenanganctl.c
%C%_kenanganctl_LDADD = %D%/libkenangan.la

dist_man_MANS += %D%/kenangan-module.7 %D%/kenanganctl.8 %D%/kenangand.8
