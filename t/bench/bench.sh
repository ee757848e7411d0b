#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs the benchmark of `make bench`: prints the table, writes bench.json into the build folder.
# BENCH_SECONDS (3) is the length of one measurement, BENCH_ROUNDS (3) how often each pair takes turns.
set -eu
for tool in wrk h2load nginx; do
    PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || {
        echo "bench: $tool is missing: apt-get install wrk nghttp2-client nginx-light" >&2
        exit 1
    }
done
exec perl -I"$KN_SRCDIR/t/lib" "$KN_SRCDIR/t/bench/bench.pl" "$@"
