#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1091,SC2154 # settings.sh lies beside the script
# How well would somebody be understood whom no training has heard? For each of the six real speakers a
# network is trained on all the others and on what espeak-ng says, and tried on that speaker alone.
#
#   speakers.sh WORDS FOLDER [SPEAKER...]      WORDS: folder that make-words.sh made
#
# Without real digits it says so, and reports no items.
set -eu

words=$1
folder=$2
shift 2
. ./settings.sh
kinglet=${KINGLET:-kinglet}
if [ $# = 0 ]; then
    # shellcheck disable=SC2086 # one word each
    set -- $speakers
fi

items=0
right=0
rm -rf "$folder"
mkdir -p "$folder"
for speaker in "$@"; do
    if ! ls "$words"/train/?_"$speaker"_*.wav >/dev/null 2>&1; then
        echo "skipped: no real digits by $speaker" >&2
        continue
    fi
    mkdir -p "$folder/words/test"
    cp -R "$words/train" "$words/validation" "$folder/words"
    mv "$folder"/words/train/?_"$speaker"_*.wav "$folder/words/test"
    sh learn.sh "$folder/words" "$folder/data" "$folder/model" >/dev/null 2>"$folder/log" || {
        cat "$folder/log" >&2
        exit 2
    }
    "$kinglet" evaluate "$folder/model/model.tflite" --data "$folder/data" \
        --features features.yaml >"$folder/$speaker.txt"
    # "test part: 90.00 % of 40 items right (95 %: ...)"
    line=$(sed -n 's/^test part: \([0-9.]*\) % of \([0-9]*\) .*/\1 \2/p' "$folder/$speaker.txt")
    echo "$speaker ${line% *} %"
    items=$((items + ${line#* }))
    right=$(awk -v right="$right" -v line="$line" \
        'BEGIN { split(line, part); printf "%.0f", right + part[1] * part[2] / 100 }')
    rm -rf "$folder/words" "$folder/data" "$folder/model"
done
echo "items $items"
echo "right $right"
awk -v right="$right" -v items="$items" \
    'BEGIN { printf "mean %.4f\n", right / (items + (items == 0)) }'
