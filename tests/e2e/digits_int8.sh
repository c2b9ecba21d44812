#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What int8 changes on handwritten digits: five-fold cross-validation of a small network, each of the
# 1,797 items tested once, as floats and as integers. The means differ by at most 0.3 points.
# Usage: digits_int8.sh KINGLET MODELS
set -euo pipefail

kinglet=$1
digits=$2/datasets/sklearn/digits.csv.gz
if [[ ! -r $digits ]]; then
    printf 'without %s; skipped\n' "$digits"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$kinglet" data import "$digits" -o "$work/digits" --kind table --label-column last >/dev/null
"$kinglet" train small-cnn --data "$work/digits" --shape 8x8x1 --epochs 20 --cross-validate 5 \
    --int8 --seed 1 --json >"$work/result"
jq -r '.int8 | "\(.items) items: floats \(.accuracy_float), int8 \(.accuracy), " +
    "difference \(.difference) (\(.low) to \(.high))"' "$work/result"
jq -e '.int8 | .items == 1797 and .accuracy_float > 0.98 and (.difference | fabs) <= 0.003' \
    "$work/result" >/dev/null
