#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds a simulator of this folder, and makes the recordings that recordings.txt asks for: who or what
# is recorded is in one part only.
#
#   make-data.sh PROGRAM FOLDER      PROGRAM.c; its arguments are FOLDER FROM TO TAKES
set -eu

program=$1
folder=$2
mkdir -p build
# Without fused operations, so that every machine computes the same.
"${CC:-cc}" -std=c11 -O2 -ffp-contract=off "$program.c" -lm -o "build/$program"
rm -rf "$folder"
from=0
grep -v '^#' recordings.txt | while read -r part many takes; do
    mkdir -p "$folder/$part"
    "build/$program" "$folder/$part" "$from" "$((from + many))" "$takes"
    from=$((from + many))
    echo "$part $((many * takes * 4))"
done
