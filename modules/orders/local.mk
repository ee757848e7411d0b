# SPDX-License-Identifier: BSD-3-Clause
if WITH_ORDERS
module_LTLIBRARIES += %D%/orders.la
man_MANS += %D%/kenangan-orders.7
endif
EXTRA_DIST += %D%/kenangan-orders.7
%C%_orders_la_SOURCES = \
	%D%/get.c \
	%D%/get.h \
	%D%/kitchen.c \
	%D%/list.c \
	%D%/move.c \
	%D%/order_json.c \
	%D%/order_json.h \
	%D%/orders.c \
	%D%/orders.h \
	%D%/place.c \
	%D%/reference.c \
	%D%/reference.h
%C%_orders_la_CPPFLAGS = -I$(srcdir)/include -I$(srcdir)/%D%
%C%_orders_la_LDFLAGS = $(module_ldflags)
%C%_orders_la_LIBADD = server/libkenangan.la
