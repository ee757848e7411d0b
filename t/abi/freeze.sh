#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Freezes the ABI of a release: t/abi/freeze.sh BUILD-FOLDER VERSION, once, when VERSION is released.
# Writes the header and what abidw sees of the library and of the sample module into t/abi/.
# An ordinary build with -g, without sanitizers, on the oldest supported Debian.
set -eu
[ $# -eq 2 ] || { echo "usage: $0 BUILD-FOLDER VERSION" >&2; exit 2; }
abi=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$abi/../.." && pwd)
build=$(cd "$1" && pwd)
for name in "kenangan-$2.h" "libkenangan-$2.abi" "sample-$2.abi"; do
    [ ! -e "$abi/$name" ] || { echo "$name is frozen already: a release never changes" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${CC:-cc} -std=c99 -g -O1 -fPIC -fvisibility=hidden -I"$top/include" -shared -o "$work/sample.so" \
    "$abi/sample.c" -L"$build/server/.libs" -lkenangan
# Public types only, and no folder of the machine it was made on.
see() {
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
        --exported-interfaces-only --type-id-style hash --headers-dir "$top/include" \
        --drop-private-types "$1" | sed -E "s|(<abi-instr [^>]*path=')[^']*/|\1|" >"$2"
}
see "$build/server/.libs/libkenangan.so.1" "$work/lib.abi"
see "$work/sample.so" "$work/sample.abi"
cp "$top/include/kenangan.h" "$abi/kenangan-$2.h"
cp "$work/lib.abi" "$abi/libkenangan-$2.abi"
cp "$work/sample.abi" "$abi/sample-$2.abi"
echo "frozen: kenangan-$2.h libkenangan-$2.abi sample-$2.abi"
