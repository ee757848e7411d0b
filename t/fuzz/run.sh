#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Usage: run.sh PROGRAM CORPUS SECONDS: one libFuzzer run; keeps its output unless it finds something.
set -eu
program=$1 corpus=$2/${1##*/} seconds=$3
mkdir -p "$corpus"
log=$corpus.log
if "./$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 \
    -artifact_prefix="$corpus-" -print_final_stats=1 "$corpus" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "ok - ${program##*/}: $runs inputs in $seconds s"
else
    tail -n 60 "$log"
    echo "not ok - ${program##*/}: see $log and the inputs beside it"
    exit 1
fi
