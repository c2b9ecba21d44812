#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Feature pipelines on emulated boards, alone and in front of models: the same bits as on the host,
# and the steps of the pipeline in the profile.
#
#   tests/e2e/features_on_boards.sh KINGLET SOURCE MODELS BOARD...
set -euo pipefail

# shellcheck source=tests/e2e/each_board.sh
source "$(dirname "$0")/each_board.sh"

kinglet=$1
source=$2
models=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() { # LOG COMMAND ARGUMENT...: silent when all is well
    local log=$1
    shift
    if ! "$kinglet" "$@" >"$log" 2>&1; then
        printf 'kinglet %s:\n' "$*"
        cat "$log"
        return 1
    fi
}

verify() { # BOARD MODEL ARGUMENT...
    local board=$1
    shift
    run "$work/$board.log" verify "$@" --board "$board" -o "$work/$board"
}

# Does the profile list the steps of the pipeline?
profile() { # BOARD MODEL ARGUMENT...
    local board=$1 step
    shift
    run "$work/$board.profile" profile "$@" --board "$board" -o "$work/$board" || return 1
    for step in FRAME REAL_FFT BAND_SUMS; do
        if ! grep -q "$step" "$work/$board.profile"; then
            printf 'no %s in the profile:\n' "$step"
            cat "$work/$board.profile"
            return 1
        fi
    done
}

run_board() { # BOARD
    local board=$1 failed=0 model folder
    verify "$board" "$source/features/spectrum.yaml" || failed=$((failed + 1))
    model=$models/tflite/mlperf_kws_int8/mlperf_kws_int8.tflite
    if [[ -e $model ]]; then
        profile "$board" "$model" --features mfcc || failed=$((failed + 1))
        verify "$board" "$model" --features mfcc || failed=$((failed + 1))
    else
        profile "$board" "$source/features/mfcc.yaml" || failed=$((failed + 1))
        verify "$board" "$source/features/mfcc.yaml" --pack || failed=$((failed + 1))
    fi
    model=$models/tflite/micro_speech_quantized/micro_speech_quantized.tflite
    folder=$models/datasets/tflm_micro_speech
    if [[ -e $model && -e $folder ]]; then
        tail -c +45 "$folder/yes_1000ms.wav" >"$work/$board.samples.bin" # without its header
        verify "$board" "$model" --features micro-frontend --input "$work/$board.samples.bin" \
            --expect "$folder/yes_1000ms.micro_speech_quantized.out.bin" || failed=$((failed + 1))
    else
        verify "$board" "$source/features/micro-frontend.yaml" || failed=$((failed + 1))
    fi
    printf '%s: %d failures\n' "$board" "$failed"
    ((failed == 0))
}

each_board "$@"
