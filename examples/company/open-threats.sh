#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Counts the threats of a playbook, and those that nobody has answered yet.
#
#   open-threats.sh [PLAYBOOK]     default: the playbook that runs this step
set -eu

awk '
    /^ *threats:/ { inside = 1; indent = match($0, /[^ ]/); next }
    inside && /[^ ]/ && match($0, /[^ ]/) <= indent && !/^ *-/ { inside = 0 }
    inside && /status:/ { all++; if (/status: *open/) open++ }
    END { printf "threats %d\nopen %d\n", all, open }
' "${1:-$KINGLET_PLAYBOOK}"
