# SPDX-License-Identifier: BSD-3-Clause
if WITH_TABLES
module_LTLIBRARIES += %D%/tables.la
man_MANS += %D%/kenangan-tables.7
endif
EXTRA_DIST += %D%/kenangan-tables.7
%C%_tables_la_SOURCES = \
	%D%/table.c \
	%D%/table.h \
	%D%/table_edit.c \
	%D%/tables.c \
	%D%/tables.h \
	%D%/tables_list.c \
	%D%/tables_location.c
%C%_tables_la_CPPFLAGS = -I$(srcdir)/include -I$(srcdir)/%D%
%C%_tables_la_LDFLAGS = $(module_ldflags)
%C%_tables_la_LIBADD = server/libkenangan.la
