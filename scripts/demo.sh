#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes a keyword-spotting model to an emulated Cortex-M4F: compile, verify, profile.
# `make demo` calls it after the build.
#
# Environment: BUILD (build folder), KINGLET_MODELS (folder of trained models), BOARD.
set -euo pipefail

cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
board=${BOARD:-mps2-an386}
models=$(realpath -m "${KINGLET_MODELS:-../shared/models}")
out=$build/demo
kinglet=$build/kinglet

bold='' dim='' plain=''
if [[ -t 1 && ${TERM:-dumb} != dumb && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
fi

# step TITLE: what comes now. run COMMAND...: shows a command as a user would type it, and runs it.
step() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
run() {
    printf '%s$ %s%s\n' "$dim" "${*/#"$kinglet"/kinglet}" "$plain"
    "$@"
}

# The files get short names in one folder, so that the commands can be read.
mkdir -p "$out"
name=mlperf_kws_int8
model=$models/tflite/$name/$name.tflite
if [[ -r $model ]]; then
    step "The model: MLPerf Tiny keyword spotting, int8, 12 classes"
    sample=$models/tflite/$name/$name.real.0
else
    step "The model: a small one from the project's own writer"
    printf 'There is no %s: set KINGLET_MODELS to a folder with it to see the real one.\n' "$model"
    "$kinglet-make-model" keyword "$out"
    model=$out/keyword.tflite
    sample=$out/keyword.0
fi
cp -f "$model" "$out/kws.tflite"
cp -f "$sample.in.bin" "$out/sample.bin"
cp -f "$sample.out.bin" "$out/expected.bin"
chmod u+w "$out"/*.tflite "$out"/*.bin
cd "$out"

run "$kinglet" inspect kws.tflite

step "Compile it to C, and build a test firmware for $board"
run "$kinglet" compile kws.tflite --board "$board" -o compiled --map

step "Verify: does the board compute what the host and the reference compute?"
run "$kinglet" verify kws.tflite --board "$board" --input sample.bin --expect expected.bin

step "Profile: memory, instructions and modelled cycles on the board"
run "$kinglet" profile kws.tflite --board "$board"

printf '\n%sThe C code is in %s. Next: docs/guide/getting-started.md%s\n' "$bold" "$out/compiled" "$plain"
