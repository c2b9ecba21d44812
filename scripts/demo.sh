#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the playbook of examples/bearing from its data to its report, in a copy below the build folder:
# it makes recordings, trains a model, quantises it, and runs it on emulated boards. It needs nothing
# but this checkout. `make demo` calls it after the build. A second run finds that nothing is to do.
#
# Environment: BUILD (build folder), KINGLET_MODELS (folder that may hold recordings of real bearings),
# DEMO_RECORDINGS (options of the simulator).
set -euo pipefail

cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
KINGLET_MODELS=$(realpath -m "${KINGLET_MODELS:-../shared/models}")
export KINGLET_MODELS
# Half of the example's recordings, which is enough to see all of it in a minute or two.
recordings=${DEMO_RECORDINGS:---train 1600 --validation 400 --test 1000 --seed 1}
out=$build/demo
kinglet=$build/kinglet

bold='' dim='' plain=''
if [[ -t 1 && ${TERM:-dumb} != dumb && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
fi

# title TEXT: what comes now. run COMMAND...: shows a command as a user would type it, and runs it.
title() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
run() {
    printf '%s$ %s%s\n' "$dim" "${*/#"$kinglet"/kinglet}" "$plain"
    "$@"
}
# may_be_open COMMAND...: an open gate is no fault of the demo; anything worse is.
may_be_open() { run "$@" || (($? == 1)); }

# What running an example in its own place has left behind is not of this run.
mkdir -p "$out"
tar -C examples -cf - --exclude=model.tflite --exclude=samples --exclude=build --exclude=evidence \
    --exclude=report --exclude=documents . | tar -C "$out" -xf -
cd "$out/bearing"
printf '%s\n' "$recordings" >recordings.txt

# Real recordings may have come or gone since the last run.
real=no
if [[ -d $KINGLET_MODELS/datasets/cwru_bearing ]]; then
    real=yes
fi
if [[ $(cat "$out/real.txt" 2>/dev/null) != "$real" ]]; then
    rm -rf build/real
    printf '%s\n' "$real" >"$out/real.txt"
fi

title "A product's playbook: one file with all that the product needs, and how it is shown"
run "$kinglet" playbook check

title "Run it: data, training, quantisation, boards; every step whose inputs have changed, then the gates"
printf 'Recordings: %s (the example itself takes more: recordings.txt)\n' "$recordings"
if [[ $real == no ]]; then
    printf 'No recordings of real bearings in %s: the gate that asks for them is waived.\n' \
        "$KINGLET_MODELS"
fi
run "$kinglet" playbook run

title "How sure is it? Machines and sensors that training never saw, by how much noise hides the damage"
run "$kinglet" evaluate build/ladder/model.tflite --data build/data --features envelope --by noise

title "The same bits on a Cortex-M4F, from the samples of a damaged bearing to the answer"
of_inner_races=(build/recordings/test/inner-race_*)
run "$kinglet" verify build/ladder/model.tflite --features envelope --board mps2-an386 \
    --input "${of_inner_races[0]}"

title "Choose the board: what model and features need on each one, with limits, scores and sensitivity"
run "$kinglet" select playbook.yaml

title "All products of the company, and what they have learned (the others were not run here)"
may_be_open "$kinglet" playbook status --all "$out"

title "The report: for engineers, managers, auditors and field staff"
run "$kinglet" playbook report

printf '\n%sOpen in a browser: %s%s\n' "$bold" "$out/bearing/report/bearing-guard.html" "$plain"
for page in build/ladder/ladder.html build/select.html build/card/data-card.html \
    build/model/training.html; do
    printf '%s                   %s%s\n' "$bold" "$out/bearing/$page" "$plain"
done
printf 'The playbook is examples/bearing/playbook.yaml; begin one of your own with\n\n'
printf '    kinglet playbook init --template predictive-maintenance my-product\n\n'
