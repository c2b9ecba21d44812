#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes a reader of models for a fixed number of executions and fails on the first find.
#
#   tests/fuzz/run_fuzz.sh FUZZER MAKE_MODEL RUNS [FOLDER]
#
# Seeds: small models of every operator from MAKE_MODEL, int8 and float, the files of
# tests/regress/import, and the models of $KINGLET_MODELS (default ../shared/models) up to
# 120 KB, when there are any.
# With FOLDER the corpus is kept there and grows from run to run. A find is written to the
# current folder as find-*: fix it, then move it to tests/regress/import with a line in
# stories.txt.
set -euo pipefail

if (($# < 3)); then
    sed -n '3,13s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
fuzzer=$(realpath "$1")
make_model=$(realpath "$2")
runs=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
models=${KINGLET_MODELS:-$root/../shared/models}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
corpus=${4:-$work/corpus}
mkdir -p "$corpus" "$work/made"

# The operators by their names in ops.def, as int8 and as float models. Operators of other formats,
# and those with one type only, have none; that the others keep theirs is counted.
least_models=152
mapfile -t operators < <(sed -n 's/^KL_OP(\([A-Z0-9_]*\),.*/\1/p' "$root/host/graph/ops.def" |
    tr '[:upper:]' '[:lower:]')
small_models=0
make_seed() { # NAME
    if "$make_model" "$1" "$work/made" >"$work/log" 2>&1; then
        small_models=$((small_models + 1))
    elif ! grep -q 'no model named' "$work/log"; then
        cat "$work/log" >&2
        printf 'fuzz: no small model %s\n' "$1" >&2
        exit 1
    fi
}
make_seed keyword
for operator in "${operators[@]}"; do
    make_seed "$operator"
    make_seed "$operator.f32"
done
if ((small_models < least_models)); then
    printf 'fuzz: %d small models; there were %d\n' "$small_models" "$least_models" >&2
    exit 1
fi
mkdir "$work/seeds"
cp "$work"/made/*.tflite "$root"/tests/regress/import/*.tflite "$work/seeds/"
if [[ -d $models ]]; then
    find "$models" -name '*.tflite' -size -120k -exec cp {} "$work/seeds/" \;
else
    printf 'fuzz: no folder %s; seeds are the small models only\n' "$models"
fi
printf 'fuzz: %d seeds, %d of them small models; %d executions\n' \
    "$(find "$work/seeds" -type f | wc -l)" "$small_models" "$runs"

# The same seed, so that a run in CI can be repeated. The time is a limit for a machine that
# hangs: a run that it ends early has not done its work.
if ! "$fuzzer" -runs="$runs" -seed=1 -max_len=122880 -max_total_time=900 -timeout=10 \
    -rss_limit_mb=512 -artifact_prefix=find- -print_final_stats=1 \
    "$corpus" "$work/seeds" >"$work/log" 2>&1; then
    cat "$work/log" >&2
    printf 'fuzz: a find; it is in %s/find-*\n' "$PWD" >&2
    exit 1
fi
grep -E '^(Done|stat::(number_of_executed_units|peak_rss_mb))' "$work/log"
executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
if ((${executed:-0} < runs)); then
    tail -20 "$work/log" >&2
    printf 'fuzz: only %d of %d executions\n' "${executed:-0}" "$runs" >&2
    exit 1
fi
