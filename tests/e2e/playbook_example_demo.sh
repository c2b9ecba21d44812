#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make demo` without the build, with few recordings: it ends well with or without recordings of real
# bearings, a second run executes nothing, and the source tree stays as it is.
#
#   tests/e2e/playbook_example_demo.sh KINGLET SOURCE_FOLDER
set -euo pipefail

kinglet=$1
source=$2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache BUILD=$work
export DEMO_RECORDINGS="--train 800 --validation 200 --test 800 --seed 1"
ln -s "$kinglet" "$work/kinglet"
failed=0

# demo MODELS TEXT: runs it; its output is in $work/log and holds the text.
demo() {
    if ! KINGLET_MODELS=$1 "$source/scripts/demo.sh" >"$work/log" 2>&1 ||
        ! grep -q -- "$2" "$work/log"; then
        printf 'demo with models in %s:\n' "$1"
        cat "$work/log"
        failed=$((failed + 1))
    fi
}
tree() { find "$source/examples" -printf '%p %T@ %s\n' | sort; }

before=$(tree)
demo "$work/none" 'waived   tried-on-real-bearings'
demo "$work/none" '^executed 0 steps, [0-9]* up to date$'
[[ -s $work/demo/bearing/report/bearing-guard.html ]] || failed=$((failed + 1))
if [[ -d ${KINGLET_MODELS:-}/datasets/cwru_bearing ]]; then
    demo "$KINGLET_MODELS" 'passed   tried-on-real-bearings'
else
    printf 'without the recordings of KINGLET_MODELS; only the simulated ones were tried\n'
fi
if [[ $(tree) != "$before" ]]; then
    printf 'the demo changed %s/examples\n' "$source"
    failed=$((failed + 1))
fi
printf 'demo: %d failures\n' "$failed"
((failed == 0))
