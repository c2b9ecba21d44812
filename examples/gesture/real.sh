#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tries a model on real gestures: NPY files in $KINGLET_MODELS/datasets/har_accelerometer/cgestures,
# made by one person with a sensor of 100 Hz. Without them it says so, and reports no items.
#
#   real.sh MODEL FOLDER
set -eu

model=$1
data=$2
kinglet=${KINGLET:-kinglet}
recordings=${KINGLET_MODELS:-/nowhere}/datasets/har_accelerometer/cgestures

rm -rf "$data" "$data.files"
mkdir -p "$data" "$data.files/test"
if [ ! -d "$recordings" ]; then
    echo "skipped: KINGLET_MODELS has no datasets/har_accelerometer" >&2
    printf '{"schema": "kinglet.result/1", "command": "real.sh", "ok": true, "metrics": {'
    printf '"items": {"value": 0, "unit": "1", "provenance": "counted"}}}\n'
    exit 0
fi
rmdir "$data"
for file in "$recordings"/har_record/*.npy; do
    name=$(basename "$file" .npy)
    cp "$file" "$data.files/test/${name##*_}_${name%_*}_0.npy"
done
"$kinglet" data import "$data.files" -o "$data" --pattern '{split}/{label}_{group}_{}' \
    --classes idle,snake,updown,wave --channel-names x,y,z --source-rate 100 --rate 50 >&2
"$kinglet" evaluate "$model" --data "$data" --window 100 --by group --json
