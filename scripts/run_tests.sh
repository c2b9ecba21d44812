#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs CTest and then prints the tables that tests have left in BUILD/tables/*.txt, since
# CTest hides the output of tests that pass. Behind them it names the tests that were skipped;
# with CI=true only those may be that need the folder of trained models. The last line is
# CTest's own summary, or what was skipped and must not be.
#
#   scripts/run_tests.sh BUILD [CTEST-OPTION...]
set -euo pipefail

build=$1
shift
log=$build/ctest.log
rm -rf "$build/tables"
mkdir -p "$build/tables"

# They need the folder of trained models.
may_skip=(golden-models golden-models-all-boards bench-limits unit-import_models_test)

status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error "$@" 2>&1 | tee "$log" || status=$?

for table in "$build"/tables/*.txt; do
    [[ -e $table ]] || continue
    printf '\n'
    cat "$table"
done

# CTest lists them at its end as "NUMBER - NAME (Skipped)".
mapfile -t skipped < <(sed -nE 's/^[[:space:]]+[0-9]+ - (.*) \((Skipped|Disabled)\).*$/\1/p' "$log")
forbidden=()
((${#skipped[@]} == 0)) || printf '\n'
for name in "${skipped[@]}"; do
    printf 'skipped: %s\n' "$name"
    if [[ ${CI:-} == true && " ${may_skip[*]} " != *" $name "* ]]; then
        forbidden+=("$name")
    fi
done
printf '\n'
grep 'tests passed, ' "$log" || printf 'no test ran\n'
if ((${#forbidden[@]} > 0)); then
    printf 'FAILED: skipped, which CI does not allow: %s\n' "${forbidden[*]}"
    exit 1
fi
exit "$status"
