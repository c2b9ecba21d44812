#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One small model per operator and type, on every emulated board: the board must compute what
# the slow reference of the tests computes, and every bit of what the host computes, and its stack
# must have a bound and stay within it.
#
#   tests/e2e/operators_on_boards.sh KINGLET MAKE_MODEL OPS_DEF BOARD...
set -euo pipefail

kinglet=$1
make_model=$2
ops_def=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Names in the second column of the table, without the row for what is unknown.
mapfile -t operators < <(awk -F'"' '/^KL_OP\(/ && $2 != "UNKNOWN" { print tolower($2) }' "$ops_def")
if ((${#operators[@]} == 0)); then
    printf 'no operator in %s\n' "$ops_def" >&2
    exit 2
fi

# options OPTION KIND NAME: one "OPTION FILE" per input ("in") or output ("out").
options() {
    local option=$1 kind=$2 name=$3 file
    for file in "$work/$name.0.$kind.bin" "$work/$name.0.$kind"[0-9].bin; do
        if [[ -e $file ]]; then
            printf '%s\n%s\n' "$option" "$file"
        fi
    done
}

# verify checks the bound, but says nothing when there is none.
is_bounded() { # LOG
    grep -q '^stack: .* bytes used of at most ' "$1"
}

# Models of one slot share a folder, so that a board's parts are built once and not for each model.
verify() { # BOARD NAME SLOT: silent when all is well
    local board=$1 name=$2 slot=$3 log=$work/$2.$1.log arguments
    mapfile -t arguments < <(options --input in "$name" && options --expect out "$name")
    if ! "$kinglet" verify "$work/$name.tflite" --board "$board" "${arguments[@]}" \
        -o "$work/$board.$slot" >"$log" 2>&1 || ! is_bounded "$log"; then
        printf '%s on %s:\n' "$name" "$board"
        cat "$log"
        return 1
    fi
}

# Operators of other formats, and those with one type only, have no small model; that the others
# keep theirs is counted.
least_models=190
models=()
add_model() { # NAME
    if "$make_model" "$1" "$work" >"$work/log" 2>&1; then
        if [[ $1 != *.f32 ]] || ! cmp -s "$work/$1.tflite" "$work/${1%.f32}.tflite"; then
            models+=("$1")
        fi
    elif ! grep -q 'no model named' "$work/log"; then
        cat "$work/log" >&2
        exit 1
    fi
}
for operator in "${operators[@]}"; do
    add_model "$operator"
    add_model "$operator.f32"
done
add_model keyword.int4
add_model transformer
if ((${#models[@]} < least_models)); then
    printf '%d small models; there were %d\n' "${#models[@]}" "$least_models" >&2
    exit 1
fi

failed=0
for board in "$@"; do
    for ((i = 0; i < ${#models[@]}; i += 2)); do
        verify "$board" "${models[i]}" 0 &
        first=$!
        if ((i + 1 < ${#models[@]})); then
            verify "$board" "${models[i + 1]}" 1 || failed=$((failed + 1))
        fi
        wait "$first" || failed=$((failed + 1))
    done
done
printf '%d models of %d operators on %d boards: %d failures\n' "${#models[@]}" "${#operators[@]}" \
    "$#" "$failed"
((failed == 0))
