# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For tests that run an example. It goes to a copy of it, with a cache of its own, and says how
# faults are counted and metrics looked up.
#
#   . tests/e2e/example_run.sh SOURCE_FOLDER EXAMPLE

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
cp -R "$1/examples" "$work/examples"
rm -rf "$work"/examples/*/{model.tflite,samples,build,evidence,report,documents}
cd "$work/examples/$2" || exit
failed=0

fail() {
    printf 'FAILED: %s\n' "$1"
    failed=$((failed + 1))
}
# metric STEP NAME: of the step's newest record.
metric() {
    jq -r --arg name "$2" '.result.metrics[$name].value' "$(find evidence -name "*-$1.json" | sort | tail -1)"
}
# holds WHAT CONDITION: a condition of awk.
holds() { awk "BEGIN { exit !($2) }" || fail "$1: $2"; }
