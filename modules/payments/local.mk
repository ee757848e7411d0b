# SPDX-License-Identifier: BSD-3-Clause
if WITH_PAYMENTS
module_LTLIBRARIES += %D%/payments.la
man_MANS += %D%/kenangan-payments.7
endif
EXTRA_DIST += %D%/kenangan-payments.7
%C%_payments_la_SOURCES = \
	%D%/payments.c
%C%_payments_la_CPPFLAGS = -I$(srcdir)/include -I$(srcdir)/%D%
%C%_payments_la_LDFLAGS = $(module_ldflags)
%C%_payments_la_LIBADD = server/libkenangan.la
