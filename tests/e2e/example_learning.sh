#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An example that makes its own data, from recordings to verified firmware.
#
#   tests/e2e/example_learning.sh KINGLET SOURCE_FOLDER keyword|gesture|vision [full]
#
# Without `full` it makes and learns little, and checks that every step works. With it the gates on
# accuracy must hold, and integers must be within 0.3 points of floats on 2,000 items or more that
# training never saw.
set -euo pipefail

kinglet=$1
source=$2
example=$3
full=${4:-}

# shellcheck source=tests/e2e/example_run.sh
. "$source/tests/e2e/example_run.sh" "$source" "$example"

if [[ $example == keyword ]] && ! command -v espeak-ng >/dev/null; then
    printf 'skipped: espeak-ng is not installed\n'
    exit 77
fi

declare -A little=(
    [gesture]='train 6 4\nvalidation 2 4\ntest 4 4\n'
    [vision]='train 12 3\nvalidation 4 3\ntest 6 3\n'
)
declare -A gates=(
    [gesture]='keeps-up accurate no-duplicates'
    [vision]='worth-it accurate no-duplicates'
    [keyword]='accurate real-speakers'
)
exact=(little-lost fits-ram fits-flash fast-enough same-bits)
if [[ $full != full ]]; then
    unset KINGLET_MODELS
    exact=("${exact[@]:1}")
    gates[$example]=
    if [[ $example == keyword ]]; then
        sed -i -E 's/^(voices_most)=.*/\1=3/; s/^(takes_[a-z]*|copies)=.*/\1=1/; s/^epochs=.*/epochs=1/' settings.sh
    else
        # shellcheck disable=SC2059 # a format of our own
        printf "${little[$example]}" >recordings.txt
        sed -i -E 's/--epochs [0-9]+/--epochs 1/; s/trees=[0-9]+/trees=2/' playbook.yaml
    fi
fi

"$kinglet" playbook run --keep-going data model optimisation test >"$work/log" 2>&1 || true
cat "$work/log"
if grep -E '^  step  (FAILED|not run)' "$work/log"; then
    fail "a step"
fi
for gate in "${exact[@]}" ${gates[$example]}; do
    grep -q "gate  passed   $gate " "$work/log" || fail "gate $gate"
done
holds "evaluate and quantise agree" \
    "($(metric evaluate accuracy) - $(metric quantise accuracy)) ^ 2 < 1e-12"
if [[ $full == full ]]; then
    holds "test items" "$(metric quantise test.items) >= 2000"
    holds "int8 within 0.3 points of float" "$(metric quantise accuracy.difference) >= -0.003"
    "$kinglet" playbook report --format html,markdown >/dev/null
fi

"$kinglet" playbook run --keep-going data model optimisation test >"$work/log" 2>&1 || true
grep -q '^executed 0 steps' "$work/log" || fail "the second run does something"
printf '%s: %d failures\n' "$example" "$failed"
((failed == 0))
