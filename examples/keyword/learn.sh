#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1091,SC2154 # settings.sh lies beside the script
# From recordings to a network: a data set, copies that are louder, faster, later or noisier, and the
# training. Every model of the example is made by this.
#
#   learn.sh WORDS DATA MODEL      WORDS: folder that make-words.sh made
#
# prints the result of `kinglet train` as JSON.
set -eu

words=$1
data=$2
model=$3
. ./settings.sh
kinglet=${KINGLET:-kinglet}

rm -rf "$data.words"
mkdir -p "$data.words"
cp -R "$words/." "$data.words"
# Six speakers are few beside eighty voices of a machine: they count more than once.
for file in "$data.words"/train/?_*_?.wav; do
    name=$(basename "$file" .wav)
    voice=${name#*_}
    case " $speakers " in
    *" ${voice%_*} "*)
        n=1
        while [ "$n" -lt "$real_weight" ]; do
            cp "$file" "$data.words/train/$name$n.wav"
            n=$((n + 1))
        done
        ;;
    esac
done
"$kinglet" data import "$data.words" -o "$data.plain" --replace --pattern '{split}/{label}_{group}_{}' \
    --rate 8000 --classes 0,1,2,3,4,5,6,7,8,9 --source "espeak-ng, Free Spoken Digit Dataset" >&2
"$kinglet" data augment "$data.plain" -o "$data" --replace --copies "$copies" --shift 0.1 \
    --noise 10:40 --gain 12 --stretch 10 >&2
rm -rf "$data.words" "$data.plain"
"$kinglet" train network.yaml --data "$data" --features features.yaml --shape 49x26x1 \
    --epochs "$epochs" --smoothing 0.1 --mask 8x5 --seed 1 -o "$model" --json
