#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs model.tflite over samples/ on this machine, and counts how often the outputs are those of the
# reference that comes with the samples. This is agreement, not accuracy: the samples carry no labels.
#
#   agreement.sh [CSV]     also writes one line per sample to the file
set -eu

kinglet=${KINGLET:-kinglet}
csv=${1:-/dev/null}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Number of the largest of the int8 values in a file.
largest() {
    od -An -v -t d1 -w1 "$1" | awk 'NR == 1 || $1 > most { most = $1; at = NR - 1 } END { print at }'
}

samples=0
exact=0
same_top=0
mkdir -p "$(dirname "$csv")"
echo "sample,largest,expected,exact" >"$csv"
for input in samples/*.in.bin; do
    expected=${input%.in.bin}.out.bin
    "$kinglet" run model.tflite --input "$input" --output "$work/out.bin" --json >"$work/log"
    got=$(largest "$work/out.bin")
    want=$(largest "$expected")
    equal=0
    if cmp -s "$work/out.bin" "$expected"; then
        equal=1
    fi
    samples=$((samples + 1))
    exact=$((exact + equal))
    if [ "$got" = "$want" ]; then
        same_top=$((same_top + 1))
    fi
    echo "$(basename "$input" .in.bin),$got,$want,$equal" >>"$csv"
done
echo "samples $samples"
echo "exact $exact"
echo "same largest value $same_top"
