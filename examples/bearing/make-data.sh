#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the simulator, and makes the recordings that recordings.txt asks for.
#
#   make-data.sh FOLDER
set -eu

folder=$1
mkdir -p build
# Without fused operations, so that machines with the same mathematical library compute the same.
"${CC:-cc}" -std=c11 -O2 -ffp-contract=off simulate.c -lm -o build/simulate
rm -rf "$folder"
# One word each: the options that the file holds.
# shellcheck disable=SC2046
build/simulate "$folder" $(cat recordings.txt)
