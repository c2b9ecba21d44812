#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ONNX models on emulated boards: small ones that are made here, against the host engine, and trained
# ones beside the sources, if they are there, against what another runtime computed.
#
#   tests/e2e/onnx_on_boards.sh KINGLET MAKE_ONNX MODELS BOARD...
set -euo pipefail

kinglet=$1
make_onnx=$2
models=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
runs=0

verify() { # BOARD MODEL ARGUMENT...: silent when all is well
    local board=$1 model=$2
    shift 2
    runs=$((runs + 1))
    if ! "$kinglet" verify "$model" --board "$board" "$@" >"$work/log" 2>&1; then
        printf '%s on %s:\n' "$model" "$board"
        cat "$work/log"
        failed=$((failed + 1))
    fi
}

mapfile -t names < <("$make_onnx" "$work")
for board in "$@"; do
    for name in "${names[@]}"; do
        verify "$board" "$work/$name.onnx"
    done
    for name in keras_tract_example mnist_onnx2c micro_kws_m_qop; do
        folder=$models/onnx/$name
        if [[ -e $folder/$name.onnx ]]; then
            verify "$board" "$folder/$name.onnx" --input "$folder/$name.0.in.bin" \
                --expect "$folder/$name.0.out.bin"
        fi
    done
done
printf '%d runs on %d boards: %d failures\n' "$runs" "$#" "$failed"
((failed == 0 && runs >= 4 * $#))
