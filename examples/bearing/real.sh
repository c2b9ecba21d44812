#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tries a model on recordings of real bearings: those of the Case Western Reserve University Bearing
# Data Center, as five NPY files in $KINGLET_MODELS/datasets/cwru_bearing. Without them it says so,
# and reports no recordings.
#
#   real.sh MODEL FEATURES FOLDER
set -eu

model=$1
features=$2
data=$3
kinglet=${KINGLET:-kinglet}
recordings=${KINGLET_MODELS:-/nowhere}/datasets/cwru_bearing

rm -rf "$data"
mkdir -p "$data"
if [ ! -r "$recordings/ball_007.npy" ]; then
    echo "skipped: KINGLET_MODELS has no datasets/cwru_bearing" >&2
    printf '{"schema": "kinglet.result/1", "command": "real.sh", "ok": true, "metrics": {'
    printf '"rows": {"value": 0, "unit": "1", "provenance": "counted"}, '
    printf '"rows.right": {"value": 0, "unit": "1", "provenance": "counted"}}}\n'
    exit 0
fi
rmdir "$data"
# The healthy bearing was recorded at 48 kHz, the others at 12 kHz: all at one rate, or the rate
# alone would tell them apart.
"$kinglet" data import "$recordings" -o "$data" --table real.csv --rate 12000 --unit g \
    --classes normal,inner-race,outer-race,ball >&2
"$kinglet" evaluate "$model" --data "$data" --features "$features" --hop 1024 --by group --json
