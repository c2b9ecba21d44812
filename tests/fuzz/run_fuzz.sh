#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes a reader of models for a fixed number of executions and fails on the first find.
#
#   tests/fuzz/run_fuzz.sh FUZZER MAKE_MODEL RUNS [FOLDER]
#
# Seeds: a small model per operator from MAKE_MODEL, the files of tests/regress/import, and
# the models of $KINGLET_MODELS (default ../shared/models) up to 120 KB, when there are any.
# With FOLDER the corpus is kept there and grows from run to run. A find is written to the
# current folder as find-*: fix it, then move it to tests/regress/import with a line in
# stories.txt.
set -euo pipefail

if (($# < 3)); then
    sed -n '3,12s/^# \{0,1\}//p' "$0" >&2
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

# The operators by their names in ops.def; those that no small model has are left out.
sed -n 's/^KL_OP(\([A-Z0-9_]*\),.*/\1/p' "$root/host/graph/ops.def" | tr '[:upper:]' '[:lower:]' |
    while read -r name; do
        "$make_model" "$name" "$work/made" >/dev/null 2>&1 || true
    done
"$make_model" keyword "$work/made" >/dev/null
mkdir "$work/seeds"
cp "$work"/made/*.tflite "$root"/tests/regress/import/*.tflite "$work/seeds/"
if [[ -d $models ]]; then
    find "$models" -name '*.tflite' -size -120k -exec cp {} "$work/seeds/" \;
else
    printf 'fuzz: no folder %s; seeds are the small models only\n' "$models"
fi
printf 'fuzz: %d seeds, %d executions\n' "$(find "$work/seeds" -type f | wc -l)" "$runs"

# The same seed, so that a run in CI can be repeated; the time is a limit for slow machines.
if ! "$fuzzer" -runs="$runs" -seed=1 -max_len=122880 -max_total_time=300 -timeout=10 \
    -rss_limit_mb=512 -artifact_prefix=find- -print_final_stats=1 \
    "$corpus" "$work/seeds" >"$work/log" 2>&1; then
    cat "$work/log" >&2
    printf 'fuzz: a find; it is in %s/find-*\n' "$PWD" >&2
    exit 1
fi
grep -E '^(Done|stat::(number_of_executed_units|peak_rss_mb))' "$work/log"
