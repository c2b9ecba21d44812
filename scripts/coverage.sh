#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the unit tests of a build made with --coverage and reports the lines that they reach:
# a summary per folder here, every line in BUILD/html/index.html.
#
#   scripts/coverage.sh BUILD
set -euo pipefail

build=$1
find "$build" -name '*.gcda' -delete
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" -L unit >"$build/ctest.log" 2>&1 || {
    cat "$build/ctest.log" >&2
    exit 1
}
mkdir -p "$build/html"
# CSV has a row per file; the HTML pages show the lines.
gcovr --root . --object-directory "$build" --filter 'host/' --filter 'device/' \
    --exclude-unreachable-branches --csv "$build/coverage.csv" \
    --html-details "$build/html/index.html" --html-title 'kinglet: coverage of the unit tests' \
    "$build" >"$build/gcovr.log" 2>&1 || {
    tail -20 "$build/gcovr.log" >&2
    exit 1
}

printf '\ncoverage of the unit tests (lines reached / lines):\n'
awk -F, '
    NR == 1 {
        for (i = 1; i <= NF; i++) {
            column[$i] = i
        }
        next
    }
    {
        split($column["filename"], part, "/")
        folder = part[1] "/" part[2]
        if (!(folder in lines)) {
            order[++count] = folder
        }
        lines[folder] += $column["line_total"]
        reached[folder] += $column["line_covered"]
        all_lines += $column["line_total"]
        all_reached += $column["line_covered"]
    }
    END {
        for (i = 1; i <= count; i++) {
            folder = order[i]
            if (lines[folder] > 0) {
                printf "  %-20s %6d / %-6d %5.1f %%\n", folder, reached[folder], lines[folder],
                       100 * reached[folder] / lines[folder]
            }
        }
        if (all_lines == 0) {
            print "  no line was measured"
            exit 1
        }
        printf "  %-20s %6d / %-6d %5.1f %%\n", "all", all_reached, all_lines,
               100 * all_reached / all_lines
    }' "$build/coverage.csv"
printf '  details: %s/html/index.html\n' "$build"
