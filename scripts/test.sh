#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs what the tests need, builds, and runs them with prove. See --help.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<USAGE
Usage: scripts/test.sh [--sanitize] [TEST...]

Installs missing Debian packages, builds out of tree and runs the tests (or only those named, such
as t/210-orders.t) as \`make check\` does. The tests start and stop a PostgreSQL of their own.

  --sanitize   build in build-sanitize/ with AddressSanitizer and UBSan, and test that
  --help       this text
USAGE
}

packages_test=(postgresql prove=perl curl=curl nginx=nginx-light mandoc=mandoc
    abidiff=abigail-tools)

main() {
    local build=$top/build-test arguments=() tests=() given=("$@")
    while (($#)); do
        case $1 in
        --sanitize) build=$top/build-sanitize arguments=(--enable-sanitize) ;;
        -h | --help) usage && exit 0 ;;
        -*) fail "unknown argument $1" "See --help." ;;
        *) tests+=("$(realpath -- "$1")") ;;
        esac
        shift
    done
    packages_need "${packages_build[@]}" "${packages_test[@]}"
    step_down "${given[@]}"
    build_tree "$build" --prefix="$build/root" "${arguments[@]}"
    say "testing"
    if ((${#tests[@]})); then
        make -s -C "$build" check T="${tests[*]}"
    else
        make -s -C "$build" check
    fi
}

main "$@"
