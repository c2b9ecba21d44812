#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC1091,SC2154 # settings.sh lies beside the script
# Speaks the ten digits with espeak-ng, in many voices, accents, speeds and pitches:
#
#   make-words.sh FOLDER
#
# writes FOLDER/{train,validation,test}/DIGIT_VOICE_NUMBER.wav, and to train, when they are there, the
# real digits of $KINGLET_MODELS/datasets/fsdd. How much: settings.sh. Who and what: voices.txt and
# words.txt. The same files come out again with the same version of espeak-ng.
set -eu

out=$1
. ./settings.sh
if ! command -v espeak-ng >/dev/null; then
    echo "make-words.sh: espeak-ng is missing; on Debian: apt-get install espeak-ng" >&2
    exit 2
fi
rm -rf "$out"
mkdir -p "$out/train" "$out/validation" "$out/test"

# One argument of espeak-ng on each line; ten for each recording: no pause at the end, voice, speed in
# words a minute, pitch from 0 to 99, file, and what is said.
awk -v train="$takes_train" -v validation="$takes_validation" -v test="$takes_test" \
    -v most="$voices_most" '
    # Park and Miller, 1988: the same numbers on every machine.
    function random(n) { state = state * 16807 % 2147483647; return int(state / 2147483647 * n) }
    function say(part, voice, number, digit,    a, end) {
        a = random(accents)
        end = substr(".?!,", 1 + random(4), 1)
        printf "-z\n-v\n%s+%s\n-s\n%d\n-p\n%d\n-w\n%s/%s_%s_%d.wav\n%s%s\n", accent[a], voice, \
            130 + random(150), 15 + random(70), part, digit, voice, number, word[a, digit], end
    }
    BEGIN { state = 4711; accents = 0; takes["train"] = train; takes["validation"] = validation
        takes["test"] = test }
    /^#/ || NF == 0 { next }
    FILENAME == "words.txt" {
        accent[accents] = $1
        for (i = 0; i < 10; i++) word[accents, i] = $(2 + i)
        accents++
        next
    }
    {
        for (i = 2; i <= NF && voices[$1] < most; i++) {
            voices[$1]++
            for (n = 0; n < takes[$1]; n++) for (d = 0; d < 10; d++) say($1, $i, n, d)
        }
    }' words.txt voices.txt >"$out/arguments"
tr '\n' '\0' <"$out/arguments" | (cd "$out" && xargs -0 -n 10 -P 2 espeak-ng)
rm "$out/arguments"
for part in train validation test; do
    echo "$part $(find "$out/$part" -type f | wc -l)"
done

real=${KINGLET_MODELS:-/nowhere}/datasets/fsdd
if [ -d "$real" ]; then
    cp "$real"/*.wav "$out/train"
    chmod u+w "$out"/train/*
    echo "real $(find "$real" -name '*.wav' | wc -l)"
else
    echo "real digits are left out: KINGLET_MODELS has no datasets/fsdd"
    echo "real 0"
fi
