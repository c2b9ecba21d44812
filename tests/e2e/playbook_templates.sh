#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every built-in playbook template: what `init` writes has no error, `run` does what is possible
# without a model and names what is missing, and nothing is signed by anybody.
#
#   tests/e2e/playbook_templates.sh KINGLET MAKE_MODEL
set -euo pipefail

kinglet=$1
make_model=$2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect TEXT COMMAND...: the command holds, or the text is printed as a failure.
expect() {
    local text=$1
    shift
    if ! "$@"; then
        printf '%s: %s\n' "$name" "$text"
        failed=$((failed + 1))
    fi
}
has() { grep -q -- "$1" "$2"; }
has_not() { ! has "$@"; }

# metric NAME FILE: the value of a metric of a result.
metric() {
    python3 -c 'import json, sys
print(json.load(open(sys.argv[2]))["metrics"][sys.argv[1]]["value"])' "$1" "$2"
}

try_template() {
    local folder=$work/$name status=0
    # A name with an apostrophe, an accent and a colon must not break the file.
    "$kinglet" playbook init --template "$name" --name "my-$name" --owner "Zoë O'Neil: owner" \
        "$folder" >/dev/null
    if ! "$kinglet" playbook check "$folder" --json >"$work/check"; then
        expect "check finds errors" false
        "$kinglet" playbook check "$folder" | grep '^error' || true
        return
    fi
    expect "nothing is left to a person" [ "$(metric missing "$work/check")" -gt 20 ]
    expect "no words 'Fill in:'" has 'Fill in:' "$folder/playbook.yaml"
    expect "one of the twelve chapters is missing" \
        [ "$(sed '1,/^chapters:/d' "$folder/playbook.yaml" | grep -cE '^  (use_case|hardware|data|model|optimisation|test|release|security|production|rollout|monitoring|learning):')" = 12 ]

    "$kinglet" playbook init --template "$name" "$folder" >"$work/again" 2>&1 || status=$?
    expect "init overwrites a playbook" [ "$status" = 2 ]

    status=0
    "$kinglet" playbook run --playbook "$folder" --keep-going >"$work/run" 2>&1 || status=$?
    expect "run without a model ends with $status, not 1" [ "$status" = 1 ]
    expect "run does not name the model that is missing" has 'model.tflite' "$work/run"
    expect "the first look gave no verdict" has '^  gate  passed .* feasible ' "$work/run"
    expect "an open statement is not said to be open" has 'nobody has stated it yet' "$work/run"
    expect "a gate's condition is broken" has_not BROKEN "$work/run"
    expect "a statement was recorded although nobody signed" \
        [ -z "$(find "$folder/evidence" -name '*stated*')" ]
}

mapfile -t names < <("$kinglet" playbook init --list --json |
    python3 -c 'import json, sys; print(*json.load(sys.stdin)["templates"], sep="\n")')
for name in "${names[@]}"; do
    try_template
done

name=all
expected=$'anomaly\nblank\ngesture\nkeyword\npredictive-maintenance\nvision'
expect "the templates are ${names[*]}" [ "$(printf '%s\n' "${names[@]}" | sort)" = "$expected" ]

# With a model the chapters about it run.
name=keyword
"$make_model" keyword "$work" >/dev/null
cp "$work/keyword.tflite" "$work/keyword/model.tflite"
"$kinglet" playbook run --playbook "$work/keyword" --keep-going model optimisation \
    >"$work/run" 2>&1 || true
for gate in all-operators fits-ram fits-flash fast-enough; do
    expect "with a model, gate $gate does not pass" has "^  gate  passed .* $gate " "$work/run"
done

printf '%d templates: %d failures\n' "${#names[@]}" "$failed"
((failed == 0))
