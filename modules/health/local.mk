# SPDX-License-Identifier: BSD-3-Clause
if WITH_HEALTH
module_LTLIBRARIES += %D%/health.la
man_MANS += %D%/kenangan-health.7
endif
EXTRA_DIST += %D%/kenangan-health.7
%C%_health_la_SOURCES = \
	%D%/backup.c \
	%D%/backup.h \
	%D%/card.c \
	%D%/checks_seen.c \
	%D%/checks_seen.h \
	%D%/database.c \
	%D%/database.h \
	%D%/exposition.c \
	%D%/health.c \
	%D%/health.h \
	%D%/probes.c \
	%D%/report.c \
	%D%/stamp.c \
	%D%/stamp.h
%C%_health_la_CPPFLAGS = -I$(srcdir)/include -I$(srcdir)/%D%
%C%_health_la_LDFLAGS = $(module_ldflags)
%C%_health_la_LIBADD = server/libkenangan.la
