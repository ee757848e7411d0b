# SPDX-License-Identifier: BSD-3-Clause
if WITH_MENU
module_LTLIBRARIES += %D%/menu.la
man_MANS += %D%/kenangan-menu.7
endif
EXTRA_DIST += %D%/kenangan-menu.7
%C%_menu_la_SOURCES = \
	%D%/catalogue.c \
	%D%/catalogue.h \
	%D%/categories.c \
	%D%/category.c \
	%D%/category.h \
	%D%/category_edit.c \
	%D%/document.c \
	%D%/document.h \
	%D%/memory.c \
	%D%/memory.h \
	%D%/menu.c \
	%D%/menu.h \
	%D%/negotiate.c \
	%D%/negotiate.h \
	%D%/product.c \
	%D%/product.h \
	%D%/product_edit.c \
	%D%/products.c \
	%D%/public_menu.c \
	%D%/search.c \
	%D%/search.h
%C%_menu_la_CFLAGS = $(AM_CFLAGS) $(ZLIB_CFLAGS)
%C%_menu_la_CPPFLAGS = -I$(srcdir)/include -I$(srcdir)/%D%
%C%_menu_la_LDFLAGS = $(module_ldflags)
%C%_menu_la_LIBADD = server/libkenangan.la $(ZLIB_LIBS)
