#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example of vibration from simulated recordings to verified firmware. The accuracy of integers
# holds on 2,400 machines of which training saw none.
#
#   tests/e2e/example_bearing.sh KINGLET SOURCE_FOLDER [full]
#
# Without `full` it trains on a quarter of the recordings, and leaves out the chapters that other
# examples run.
set -euo pipefail

kinglet=$1
source=$2
full=${3:-}

# shellcheck source=tests/e2e/example_run.sh
. "$source/tests/e2e/example_run.sh" "$source" bearing

chapters=()
if [[ $full != full ]]; then
    echo '--train 800 --validation 200 --test 2400 --seed 1' >recordings.txt
    chapters=(model optimisation test)
fi
if ! "$kinglet" playbook run "${chapters[@]}" >"$work/log" 2>&1 && ! grep -q '^stopped at gate' "$work/log"; then
    fail "the run"
fi
cat "$work/log"
for gate in worth-it rung-found little-lost fits-ram fits-flash fast-enough accurate same-bits tried-out; do
    grep -q "gate  passed   $gate" "$work/log" || fail "gate $gate"
done

# Integers against floats, on machines and sensors that training never saw.
holds "test items" "$(metric ladder test.items) >= 2000"
holds "int8 within 0.3 points of float" "$(metric ladder test.difference) >= -0.003"
holds "evaluate and ladder agree" \
    "($(metric evaluate accuracy) - $(metric ladder test.accuracy)) ^ 2 < 1e-12"
jq -e '.found[] | select(.path == "build/data")' "$(find evidence -name '*-train.json')" >/dev/null ||
    fail "the data set is no input of the training"

# Real recordings: they are few, and only reported.
case $(metric real rows) in
0) grep -q skipped "$(find evidence -name '*-real.json')" || fail "real recordings are missing without a word" ;;
*) printf 'real recordings: %s of %s, %s of all windows\n' "$(metric real rows.right)" \
    "$(metric real rows)" "$(metric real accuracy)" ;;
esac

# The same seed gives the same recordings; another one gives others.
for seed in 7 7 8; do
    build/simulate "again$((count = ${count:-0} + 1))" --train 12 --validation 0 --test 0 --seed $seed >/dev/null
done
diff -r again1 again2 >/dev/null || fail "the same seed gives other recordings"
! diff -r again1 again3 >/dev/null || fail "another seed gives the same recordings"
if command -v clang >/dev/null; then
    clang -std=c11 -O1 -ffp-contract=off simulate.c -lm -o build/simulate-clang
    build/simulate-clang again4 --train 12 --validation 0 --test 0 --seed 7 >/dev/null
    diff -r again1 again4 >/dev/null || fail "another compiler gives other recordings"
fi
! build/simulate again5 --trian 4 2>/dev/null || fail "an unknown option is taken"

# Physics: where little noise hides it, the highest line of the envelope's spectrum is that of a ball
# that passes the damaged outer race, or a multiple: 3.5848 times per turn in a 6205. Without damage it
# is elsewhere.
build/simulate physics --train 192 --validation 0 --test 0 >/dev/null
shopt -s extglob
# lines CLASS: how many of 16 recordings have their highest line there, by the speed in the name.
lines() {
    local file rpm
    for file in physics/train/"$1"_*_noise0.npy; do
        rpm=${file##*_load*([0-9])_}
        "$kinglet" run envelope.yaml --input "$file" --output "$work/lines.bin" >/dev/null
        od -An -v -t f4 -w4 "$work/lines.bin" | awk -v rpm="${rpm%%rpm*}" -v order=3.5848 '
            NR == 1 || $1 > most { most = $1; hertz = (NR + 2) * 1500 / 512 }
            END { ratio = hertz / (order * rpm / 60); n = int(ratio + 0.5)
                  print (n >= 1 && (ratio - n) ^ 2 < (0.04 * n) ^ 2) }'
    done | grep -c 1 || true
}
cp "$source/features/envelope.yaml" envelope.yaml
holds "lines of damaged outer races" "$(lines outer-race) >= 13"
holds "lines of sound bearings" "$(lines normal) <= 4"
rm -r physics envelope.yaml

"$kinglet" playbook run "${chapters[@]}" >"$work/log" 2>&1 || true
grep -q '^executed 0 steps' "$work/log" || fail "the second run does something"
if [[ $full == full ]]; then
    "$kinglet" playbook report --format html,markdown >/dev/null
    [[ -s report/bearing-guard.html && -s build/card/data-card.html ]] || fail "no report"
fi
printf 'bearing: %d failures\n' "$failed"
((failed == 0))
