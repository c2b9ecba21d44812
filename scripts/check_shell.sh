#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs shellcheck over all shell scripts.
set -euo pipefail

cd "$(dirname "$0")/.."
mapfile -d '' -t scripts < <(find . \( -path './build*' -o -path './.sources' \) -prune -o -type f -name '*.sh' -print0)
shellcheck .ci/run "${scripts[@]}"
printf 'shellcheck: %d scripts, all right\n' "$((${#scripts[@]} + 1))"
