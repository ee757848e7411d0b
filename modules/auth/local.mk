# SPDX-License-Identifier: BSD-3-Clause
if WITH_AUTH
module_LTLIBRARIES += %D%/auth.la
man_MANS += %D%/kenangan-auth.7
endif
EXTRA_DIST += %D%/kenangan-auth.7
%C%_auth_la_SOURCES = \
	%D%/auth.c \
	%D%/auth.h \
	%D%/authenticate.c \
	%D%/authenticate.h \
	%D%/login.c \
	%D%/password.c \
	%D%/password.h \
	%D%/profile.c \
	%D%/token.c \
	%D%/token.h \
	%D%/user_row.c \
	%D%/user_row.h \
	%D%/users.c \
	%D%/users_cache.c \
	%D%/users_cache.h
%C%_auth_la_CFLAGS = $(AM_CFLAGS) $(LIBJWT_CFLAGS) $(CRYPT_CFLAGS)
%C%_auth_la_CPPFLAGS = -I$(srcdir)/include -I$(srcdir)/%D%
%C%_auth_la_LDFLAGS = $(module_ldflags)
%C%_auth_la_LIBADD = server/libkenangan.la $(LIBJWT_LIBS) $(CRYPT_LIBS)
