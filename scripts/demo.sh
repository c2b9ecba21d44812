#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the playbooks of examples/ from check to report, in a copy below the build folder.
# `make demo` calls it after the build. A second run finds that nothing is to do.
#
# Environment: BUILD (build folder), KINGLET_MODELS (folder of trained models).
set -euo pipefail

cd "$(dirname "$0")/.."
build=$(realpath "${BUILD:-build}")
KINGLET_MODELS=$(realpath -m "${KINGLET_MODELS:-../shared/models}")
export KINGLET_MODELS
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

# The models of the last run are kept unless the folder of models is another one, or came or went.
mkdir -p "$out"
# What running an example in its own place has left behind is not of this run.
tar -C examples -cf - --exclude=model.tflite --exclude=samples --exclude=build --exclude=evidence \
    --exclude=report --exclude=documents . | tar -C "$out" -xf -
source=stand-in
if [[ -d $KINGLET_MODELS/tflite ]]; then
    source=$KINGLET_MODELS
fi
if [[ $(cat "$out/models.txt" 2>/dev/null) != "$source" ]]; then
    rm -f "$out"/*/model.tflite
    printf '%s\n' "$source" >"$out/models.txt"
fi
cd "$out/keyword"

title "A product's playbook: one file with all that the product needs, and how it is shown"
if [[ $source == stand-in ]]; then
    printf 'No trained models in %s: a small model with random weights stands in for them.\n' \
        "$KINGLET_MODELS"
    printf 'The gate trained-model keeps it from being shipped; it is waived for this example.\n'
fi
run "$kinglet" playbook check

title "Run it: every step whose inputs have changed, then the gates"
run "$kinglet" playbook run

title "Choose the board: what the model needs on each one, with limits, scores and sensitivity"
run "$kinglet" select playbook.yaml

title "The company's second product: open where nobody has stated yet what only people can"
may_be_open "$kinglet" playbook run --playbook "$out/anomaly"

title "All products of the company, and what they have learned"
may_be_open "$kinglet" playbook status --all "$out"

title "The report: for engineers, managers, auditors and field staff"
run "$kinglet" playbook report

printf '\n%sOpen in a browser: %s%s\n' "$bold" "$out/keyword/report/voice-lamp.html" "$plain"
printf '%sand               %s%s\n' "$bold" "$out/keyword/build/select.html" "$plain"
printf 'The playbook is examples/keyword/playbook.yaml; begin one of your own with\n\n'
printf '    kinglet playbook init --template keyword my-product\n\n'
