# SPDX-License-Identifier: BSD-3-Clause
# `make check` builds the C tests and hands everything to prove. One test: make check T=t/210-orders.t
unit_programs = \
	%D%/unit/test_field \
	%D%/unit/test_json \
	%D%/unit/test_json_check \
	%D%/unit/test_mask \
	%D%/unit/test_uuid
fuzz_programs = \
	%D%/fuzz/fuzz_gate \
	%D%/fuzz/fuzz_json \
	%D%/fuzz/fuzz_path \
	%D%/fuzz/fuzz_query \
	%D%/fuzz/fuzz_yaml
test_scripts = \
	%D%/101-sql-functions.t \
	%D%/200-shift.t \
	%D%/210-orders.t \
	%D%/220-payments.t \
	%D%/230-auth.t \
	%D%/240-users.t \
	%D%/250-menu.t \
	%D%/260-tables.t \
	%D%/270-roles.t \
	%D%/280-health.t \
	%D%/290-switch-off.t \
	%D%/300-framing.t \
	%D%/310-proxy.t \
	%D%/320-limits.t \
	%D%/330-input.t \
	%D%/340-http.t \
	%D%/400-crash.t \
	%D%/410-signals.t \
	%D%/420-start.t \
	%D%/500-abi.t \
	%D%/510-template.t \
	%D%/520-layers.t \
	%D%/530-ctl.t

check_PROGRAMS += $(unit_programs) $(fuzz_programs)
EXTRA_DIST += $(test_scripts)

EXTRA_DIST += \
	%D%/abi/freeze.sh \
	%D%/abi/kenangan-1.0.h \
	%D%/abi/libkenangan-1.0.abi \
	%D%/abi/offsets.c \
	%D%/abi/sample-1.0.abi \
	%D%/abi/sample.c \
	%D%/bench/bench.pl \
	%D%/bench/bench.sh \
	%D%/bench/get.lua \
	%D%/bench/order.lua \
	%D%/fuzz/run.sh \
	%D%/lib/KN/Api.pm \
	%D%/lib/KN/Client.pm \
	%D%/lib/KN/Corpus.pm \
	%D%/lib/KN/Load.pm \
	%D%/lib/KN/Nginx.pm \
	%D%/lib/KN/Postgres.pm \
	%D%/lib/KN/Server.pm

%C%_unit_test_field_SOURCES = \
	%D%/unit/test_field.c \
	%D%/unit/tap.h
%C%_unit_test_field_LDADD = server/libcore.la
%C%_unit_test_json_SOURCES = \
	%D%/unit/test_json.c \
	%D%/unit/tap.h
%C%_unit_test_json_LDADD = server/libcore.la
%C%_unit_test_json_check_SOURCES = \
	%D%/unit/test_json_check.c \
	%D%/unit/tap.h
%C%_unit_test_json_check_LDADD = server/libcore.la
%C%_unit_test_mask_SOURCES = \
	%D%/unit/test_mask.c \
	%D%/unit/tap.h
%C%_unit_test_mask_LDADD = server/libcore.la
%C%_unit_test_uuid_SOURCES = \
	%D%/unit/test_uuid.c \
	%D%/unit/tap.h
%C%_unit_test_uuid_LDADD = server/libcore.la

%C%_fuzz_fuzz_gate_SOURCES = %D%/fuzz/fuzz_gate.c
%C%_fuzz_fuzz_gate_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
%C%_fuzz_fuzz_gate_LDADD = $(fuzz_ldadd)
%C%_fuzz_fuzz_gate_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_fuzz_json_SOURCES = %D%/fuzz/fuzz_json.c
%C%_fuzz_fuzz_json_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
%C%_fuzz_fuzz_json_LDADD = $(fuzz_ldadd)
%C%_fuzz_fuzz_json_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_fuzz_path_SOURCES = %D%/fuzz/fuzz_path.c
%C%_fuzz_fuzz_path_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
%C%_fuzz_fuzz_path_LDADD = $(fuzz_ldadd)
%C%_fuzz_fuzz_path_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_fuzz_query_SOURCES = %D%/fuzz/fuzz_query.c
%C%_fuzz_fuzz_query_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
%C%_fuzz_fuzz_query_LDADD = $(fuzz_ldadd)
%C%_fuzz_fuzz_query_LDFLAGS = $(fuzz_ldflags)
%C%_fuzz_fuzz_yaml_SOURCES = %D%/fuzz/fuzz_yaml.c
%C%_fuzz_fuzz_yaml_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
%C%_fuzz_fuzz_yaml_LDADD = $(fuzz_ldadd)
%C%_fuzz_fuzz_yaml_LDFLAGS = $(fuzz_ldflags)

# Without libFuzzer the targets run over the same inputs each time: a smoke test.
if FUZZING
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_ldadd = server/libcore.la
else
fuzz_ldflags = $(AM_LDFLAGS)
fuzz_ldadd = %D%/fuzz/libsmoke.la server/libcore.la
check_LTLIBRARIES = %D%/fuzz/libsmoke.la
%C%_fuzz_libsmoke_la_SOURCES = %D%/fuzz/smoke.c
endif

T = $(unit_programs) $(fuzz_programs) $(test_scripts:%=$(srcdir)/%)
PROVE_FLAGS = --timer
check-local: $(check_PROGRAMS)
if !FUZZING
	@KN_SRCDIR='$(abs_srcdir)' KN_BUILDDIR='$(abs_builddir)' \
	  $(PROVE) $(PROVE_FLAGS) -I'$(abs_srcdir)/t/lib' $(T)
endif

# Runs each target FUZZ_SECONDS long, FUZZ_JOBS at a time, from what earlier runs have found.
FUZZ_SECONDS = 60
FUZZ_JOBS = 2
fuzz: $(fuzz_programs)
if FUZZING
	@$(MKDIR_P) t/fuzz/corpus
	@printf '%s\n' $(fuzz_programs) | xargs -P $(FUZZ_JOBS) -I{} \
	  sh '$(srcdir)/t/fuzz/run.sh' {} '$(abs_builddir)/t/fuzz/corpus' $(FUZZ_SECONDS)
else
	@echo 'fuzzing needs a build of its own: ./configure CC=clang --enable-fuzzing'; exit 1
endif

bench: all
	KN_SRCDIR='$(abs_srcdir)' KN_BUILDDIR='$(abs_builddir)' bash '$(srcdir)/t/bench/bench.sh'

clean-local: t-clean
t-clean:
	-rm -rf t/fuzz/corpus

.PHONY: fuzz bench t-clean
