#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks that clang-format would change no C file. `make format` applies it.
#
#   scripts/check_format.sh [ROOT]
set -euo pipefail

cd "${1:-$(dirname "$0")/..}"

folders=()
for folder in device host tests examples docs bench scripts; do
    [[ -d $folder ]] && folders+=("$folder")
done
mapfile -d '' -t files < <(find "${folders[@]}" -type f \( -name '*.c' -o -name '*.h' \) -print0 | sort -z)
if ((${#files[@]} == 0)); then
    printf "check_format: no C file below %s\n" "$PWD" >&2
    exit 2
fi
if ! clang-format --dry-run --Werror "${files[@]}" 2>&1; then
    printf 'check_format: run make format\n' >&2
    exit 1
fi
printf 'format: %d files, all right\n' "${#files[@]}"
