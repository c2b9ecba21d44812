#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the program with KINGLET_EMULATION=OFF: what needs no board works, and the commands that
# do say which option brings them.
#
#   without_emulation.sh MAKE_MODEL COMPILER
set -euo pipefail

make_model=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake -G Ninja -S "$root" -B "$work/build" -DCMAKE_C_COMPILER="$2" -DCMAKE_BUILD_TYPE=Debug \
    -DKINGLET_EMULATION=OFF -DKINGLET_TESTS=OFF >/dev/null
ninja -C "$work/build" -j2 --quiet
kinglet=$work/build/kinglet

cd "$work"
"$make_model" keyword . >/dev/null
"$kinglet" inspect keyword.tflite >/dev/null
"$kinglet" run keyword.tflite --input keyword.0.in.bin --output out.bin >/dev/null
cmp out.bin keyword.0.out.bin
"$kinglet" compile keyword.tflite --board mps2-an386 -o out --no-build >/dev/null
[[ -s out/model.c ]]
printf 'inspect, run and compile work\n'

for command in verify profile; do
    status=0
    "$kinglet" "$command" keyword.tflite --board mps2-an386 2>message || status=$?
    cat message
    [[ $status == 2 ]]
    grep -q -- '-DKINGLET_EMULATION=ON' message
done
