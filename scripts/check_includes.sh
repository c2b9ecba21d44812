#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks who includes whom in device/ and host/; the rules are in check_includes.awk.
#
#   scripts/check_includes.sh [ROOT]
set -euo pipefail

rules=$(cd "$(dirname "$0")" && pwd)/check_includes.awk
cd "${1:-$(dirname "$0")/..}"

folders=()
for folder in device host; do
    [[ -d $folder ]] && folders+=("$folder")
done
mapfile -d '' -t files < <(find "${folders[@]}" -type f \
    \( -name '*.c' -o -name '*.h' -o -name '*.def' \) -print0 | sort -z)
if ((${#files[@]} == 0)); then
    printf 'check_includes: no C file below %s\n' "$PWD" >&2
    exit 2
fi
if ! awk -f "$rules" "${files[@]}"; then
    printf 'check_includes: the includes above point the wrong way\n' >&2
    exit 1
fi
printf 'include directions: %d files, all right\n' "${#files[@]}"
