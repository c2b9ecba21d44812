#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails with a diff when a committed file is not what its generator writes.
#
#   same_output.sh FILE REMEDY COMMAND...
set -euo pipefail

file=$1
remedy=$2
shift 2
if ! diff -u --label "$file (committed)" --label "$file (generated)" "$file" <("$@"); then
    printf '%s is not current: %s\n' "$file" "$remedy" >&2
    exit 1
fi
