#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ONNX models on emulated boards: small ones that are made here, against the host engine, and trained
# ones beside the sources, if they are there, against what another runtime computed.
#
#   tests/e2e/onnx_on_boards.sh KINGLET MAKE_ONNX MODELS BOARD...
set -euo pipefail

# shellcheck source=tests/e2e/each_board.sh
source "$(dirname "$0")/each_board.sh"

kinglet=$1
make_onnx=$2
models=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Models of one board share a folder and a name, so that its parts are built once.
verify() { # BOARD MODEL ARGUMENT...: silent when all is well
    local board=$1 model=$2
    shift 2
    if ! "$kinglet" verify "$model" --board "$board" "$@" -o "$work/$board" \
        >"$work/$board.log" 2>&1; then
        printf '%s on %s:\n' "$model" "$board"
        cat "$work/$board.log"
        return 1
    fi
}

mapfile -t names < <("$make_onnx" "$work")
run_board() { # BOARD: every model
    local board=$1 name folder failed=0
    for name in "${names[@]}"; do
        verify "$board" "$work/$name.onnx" || failed=$((failed + 1))
    done
    for name in keras_tract_example mnist_onnx2c micro_kws_m_qop; do
        folder=$models/onnx/$name
        if [[ -e $folder/$name.onnx ]]; then
            verify "$board" "$folder/$name.onnx" --input "$folder/$name.0.in.bin" \
                --expect "$folder/$name.0.out.bin" || failed=$((failed + 1))
        fi
    done
    printf '%s: %d small models and those beside the sources: %d failures\n' "$board" \
        "${#names[@]}" "$failed"
    ((failed == 0))
}

if ((${#names[@]} < 4)); then
    printf 'no small models\n' >&2
    exit 1
fi
each_board "$@"
