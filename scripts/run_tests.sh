#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs CTest and then prints the tables that tests have left in BUILD/tables/*.txt, since
# CTest hides the output of tests that pass. The last line is CTest's own summary.
#
#   scripts/run_tests.sh BUILD [CTEST-OPTION...]
set -euo pipefail

build=$1
shift
log=$build/ctest.log
rm -rf "$build/tables"
mkdir -p "$build/tables"

status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error "$@" 2>&1 | tee "$log" || status=$?

for table in "$build"/tables/*.txt; do
    [[ -e $table ]] || continue
    printf '\n'
    cat "$table"
done
printf '\n'
grep 'tests passed, ' "$log" || printf 'no test ran\n'
exit "$status"
