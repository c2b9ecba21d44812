#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes docs/guide/cli.md from the program's own help texts (to standard output).
#
#   scripts/gen_cli.sh KINGLET
set -euo pipefail

kinglet=$1

# The version would make the page change with each release.
help_of() { # COMMAND...: its help as a code block
    printf '```text\n'
    "$kinglet" "$@" --help | sed "s/^kinglet [0-9][0-9.]*:/kinglet:/"
    printf '```\n'
}

cat <<'END'
# Commands

<!-- Generated from the help texts of the program. Change those and run `make docs`. -->

`MODEL` is a `.tflite` file. `B` is a name from `kinglet boards`, or a board file that ends in
`.yaml`. `--input`, `--output` and `--expect` are given once for each input or output of the model, in
order; files are raw little-endian tensors, or `.npy`.

Exit status:

| status | meaning |
|---|---|
| 0 | done |
| 1 | a check failed: a gate is open, a step failed, no board meets the limits, outputs differ, `inspect` found something unsupported, or the model does not fit its board |
| 2 | bad usage or bad input, or (all but `inspect`) a model with unsupported operators; the message says what and where |

With `--json` a command prints one JSON object to standard output and nothing else there; see
[JSON output](json.md). Messages go to standard error.

END

help_of
# The names of the commands in a help text that lists some.
commands_of() { # COMMAND...
    "$kinglet" "$@" --help | sed -n 's/^  \([a-z][a-z]*\)  *[A-Z].*/\1/p'
}
for command in $(commands_of); do
    printf '\n## kinglet %s\n\n' "$command"
    help_of "$command"
    if "$kinglet" "$command" --help | grep -q '^usage: kinglet [a-z]* COMMAND'; then
        for inner in $(commands_of "$command"); do
            printf '\n### kinglet %s %s\n\n' "$command" "$inner"
            help_of "$command" "$inner"
        done
    fi
done
