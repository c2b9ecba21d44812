#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Rules of the house that neither the compiler nor the formatter knows. Prints each
# violation as FILE:LINE, then a report on the length of files and functions.
#
#   scripts/check_style.sh [ROOT]
set -euo pipefail

cd "${1:-$(dirname "$0")/..}"

max_file_lines=1200
long_file_lines=600
max_function_lines=120
long_function_lines=60
max_tracked_bytes=$((1 << 20))

violations=$(mktemp)
trap 'rm -f "$violations"' EXIT

# All files that are or would be tracked; without git, all files but build folders.
list_files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
            if [[ -e $file ]]; then
                printf '%s\n' "$file"
            fi
        done
    else
        find . -type f -not -path './build*' -not -path './.git/*' -printf '%P\n'
    fi | sort
}
mapfile -t files < <(list_files)

select_files() { # REGEX: those of the files whose path matches
    printf '%s\n' "${files[@]}" | grep -E "$1" || true
}
mapfile -t c_files < <(select_files '\.[ch]$')
mapfile -t written < <(select_files '(\.([chS]|sh|awk|cmake|def|ya?ml|ld|py)|(^|/)(CMakeLists\.txt|Makefile|run))$')
mapfile -t texts < <(select_files '(\.([chS]|sh|awk|cmake|def|ya?ml|ld|py|md|svg|txt)|(^|/)(Makefile|run))$')
if ((${#c_files[@]} == 0)); then
    printf 'check_style: no C file below %s\n' "$PWD" >&2
    exit 2
fi

# forbid MESSAGE REGEX FILE...: each line that matches is a violation.
forbid() {
    local message=$1 regex=$2
    shift 2
    if (($# > 0)); then
        { grep -HnE -- "$regex" "$@" || true; } |
            awk -F: -v message="$message" '{ print $1 ":" $2 ": " message }' >>"$violations"
    fi
}

# call NAMES: a regex for a call of one of them (not of kl_NAME, not of x.NAME).
call() { printf '(^|[^A-Za-z0-9_.>])(%s)[[:space:]]*\\(' "$1"; }

# Header.
for file in "${written[@]}"; do
    # Not `head | grep -q`: head would die of SIGPIPE.
    if ! grep -q 'SPDX-License-Identifier: Apache-2.0' <(sed -n 1,3p "$file"); then
        printf '%s:1: no SPDX line\n' "$file" >>"$violations"
    fi
done

# Functions with a bounded or checked substitute.
forbid 'unbounded or unchecked function' \
    "$(call 'strcpy|strcat|stpcpy|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtok|scanf|sscanf|tmpnam|mktemp|alloca')" \
    "${c_files[@]}"

# A shell between us and a program is a way in for file names. Tests may use one.
mapfile -t shipped_files < <(printf '%s\n' "${c_files[@]}" | grep -E '^(host|device)/' || true)
forbid 'starts a shell' "$(call 'system|popen')" "${shipped_files[@]}"

# The device is freestanding; only its host port is a program of the host.
mapfile -t device_files < <(printf '%s\n' "${c_files[@]}" |
    grep '^device/' | grep -v '^device/port/host/' || true)
forbid 'not on the device' \
    "$(call 'malloc|calloc|realloc|free|printf|fprintf|puts|putchar|snprintf|abort|exit|assert')" \
    "${device_files[@]}"

# Only host/cli prints, and the plugin, which runs inside the emulator.
mapfile -t silent_files < <(printf '%s\n' "${c_files[@]}" |
    grep '^host/' | grep -vE '^host/(cli|emulate/plugin)/' || true)
forbid 'only host/cli prints' "$(call 'printf|puts|putchar|perror')|$(call 'fprintf|fputs')std(out|err)" \
    "${silent_files[@]}"

# Notes to oneself, and folders of one's own machine. (Split, so as not to find themselves.)
forbid 'unfinished' "\\b(TO""DO|FIX""ME|XX""X|HA""CK)\\b" "${texts[@]}"
forbid 'path of one machine' '(^|[^A-Za-z0-9_.}/-])/(work|home|root|Users)/' "${texts[@]}"

# What a build makes does not belong in the tree, nor do large files.
mapfile -t generated < <(select_files '(\.(o|a|so|elf|map|d|gcda|gcno|profraw)|(^|/)(compile_commands\.json|CMakeCache\.txt|build\.ninja))$')
for file in "${generated[@]}"; do
    printf '%s:1: a build makes this file; it must not be tracked\n' "$file" >>"$violations"
done
while IFS=$'\t' read -r bytes file; do
    if ((bytes > max_tracked_bytes)); then
        printf '%s:1: %d bytes; files over %d do not belong in the tree\n' \
            "$file" "$bytes" "$max_tracked_bytes" >>"$violations"
    fi
done < <(stat --printf='%s\t%n\n' "${files[@]}")

# Length of files and functions. The formatter puts the braces of a function, and only
# those, alone into the first column.
report=$(awk -v max_file="$max_file_lines" -v long_file="$long_file_lines" \
    -v max_function="$max_function_lines" -v long_function="$long_function_lines" \
    -v violations="$violations" '
    function end_of_file() {
        if (lines > max_file) {
            printf "%s:1: %d lines; the limit is %d\n", name, lines, max_file >> violations
        } else if (lines > long_file) {
            printf "  long file: %s (%d lines)\n", name, lines
        }
    }
    FNR == 1 {
        if (name != "") {
            end_of_file()
        }
        name = FILENAME
        start = 0
    }
    { lines = FNR }
    /^{$/ { start = FNR }
    /^}$/ && start {
        length_of = FNR - start - 1
        start_line = start
        start = 0
        count[length_of]++
        functions++
        if (length_of > max_function) {
            printf "%s:%d: function of %d lines; the limit is %d\n", FILENAME, start_line,
                   length_of, max_function >> violations
        } else if (length_of > long_function) {
            printf "  long function: %s:%d (%d lines)\n", FILENAME, start_line, length_of
            long++
        }
    }
    END {
        end_of_file()
        for (median = 0; 2 * seen < functions; median++) {
            seen += count[median]
        }
        printf "style: %d functions, median %d lines, %d over %d\n", functions,
               functions ? median - 1 : 0, long, long_function
    }' "${c_files[@]}")
printf '%s\n' "$report"

if [[ -s $violations ]]; then
    sort -t: -k1,1 -k2,2n "$violations" >&2
    printf 'check_style: %d violations\n' "$(wc -l <"$violations")" >&2
    exit 1
fi
printf 'style: %d files, all right\n' "${#files[@]}"
