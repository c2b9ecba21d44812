# SPDX-License-Identifier: Apache-2.0
# For the scripts of this folder: run_board, which they define, for several boards at a time.
# shellcheck shell=bash

each_board() { # BOARD...: 1 when run_board failed for one of them
    local board job failed=0 jobs=()
    for board in "$@"; do
        run_board "$board" &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do
        wait "$job" || failed=$((failed + 1))
    done
    ((failed == 0))
}
