#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Gives the checks of scripts/ small trees with one fault each, and expects that they name it;
# and a tree without a fault, which they must accept.
set -euo pipefail

scripts=$(cd "$(dirname "$0")/../../scripts" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
passed=0

# new_tree: a tree in $work/tree that every check accepts.
new_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/host/base" "$work/tree/host/graph" "$work/tree/host/plan" \
        "$work/tree/host/emit" "$work/tree/device/nn/ref" "$work/tree/device/include/kinglet" \
        "$work/tree/docs"
    cd "$work/tree"
    write host/base/arena.h '#include <stddef.h>'
    write host/graph/graph.c '#include "base/arena.h"' '#include "kinglet/model.h"'
    write host/plan/plan.h '#include "graph/graph.h"'
    write host/emit/emit.c '#include "emit.h"' '#include "plan/plan.h"'
    write device/nn/ref/add.h '#include "nn/ref/other.h"' '#include <stdint.h>'
    write device/include/kinglet/model.h '#include "kinglet/dtype.h"'
    write device/port/one/start.c '#include "port/arm/part.h"' '#include "port/shared.h"'
    printf '[page](docs/page.md)\n' >README.md
    printf '[back](../README.md#top) [out](https://example.org)\n' >docs/page.md
}

write() { # FILE LINE...
    local file=$1
    shift
    mkdir -p "$(dirname "$file")"
    printf '%s\n' '/* SPDX-License-Identifier: Apache-2.0 */' "$@" >"$file"
}

accepts() { # CHECK
    if "$scripts/$1" "$work/tree" >"$work/out" 2>&1; then
        passed=$((passed + 1))
    else
        printf 'FAIL: %s refuses a tree without a fault:\n' "$1"
        cat "$work/out"
        failed=$((failed + 1))
    fi
}

refuses() { # CHECK EXPECTED-TEXT
    if "$scripts/$1" "$work/tree" >"$work/out" 2>&1; then
        printf 'FAIL: %s accepts a tree that should give: %s\n' "$1" "$2"
        failed=$((failed + 1))
    elif ! grep -qF -- "$2" "$work/out"; then
        printf 'FAIL: %s does not say: %s\nbut:\n' "$1" "$2"
        cat "$work/out"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

# One wrong include per call.
wrong_include() { # FILE INCLUDE EXPECTED-TEXT
    new_tree
    write "$1" "#include $2"
    refuses check_includes.sh "$1:2: $3"
}

new_tree
accepts check_includes.sh
accepts check_style.sh
accepts check_format.sh
accepts check_links.sh

wrong_include host/base/x.c '"graph/graph.h"' 'host/base must not include'
wrong_include host/import/x.c '"plan/plan.h"' 'host/import must not include'
wrong_include host/import/x.c '"nn/ref/add.h"' 'host/import must not include'
wrong_include host/optimise/x.c '"import/import.h"' 'host/optimise must not include'
wrong_include host/plan/x.c '"emit/emit.h"' 'host/plan must not include'
wrong_include host/plan/x.c '"nn/ref/add.h"' 'host/plan must not include'
wrong_include host/emit/x.c '"plan/offsets.h"' 'host/emit must not include'
wrong_include host/target/x.c '"graph/graph.h"' 'host/target must not include'
wrong_include host/flow/x.c '"cli/command.h"' 'host/flow must not include'
wrong_include host/cli/x.c '"playbook/run/state.h"' '"playbook/run/state.h" is only for its own'
wrong_include host/cli/x.c '"flow/flow_internal.h"' '"flow/flow_internal.h" is only for its own'
wrong_include host/emit/x.c '"../plan/plan.h"' '"../plan/plan.h": write includes from'
wrong_include host/novel/x.c '"base/arena.h"' 'no rule for host/novel'
wrong_include device/nn/ref/x.h '"base/arena.h"' 'device/nn must not include'
wrong_include device/nn/ref/x.h '<stdio.h>' '<stdio.h>: the device has only'
wrong_include device/port/one/x.c '"port/two/x.h"' 'device/port/one must not include'
wrong_include device/include/kinglet/x.h '"nn/ref/add.h"' 'device/include must not include'

# One line that breaks a rule of the style.
wrong_line() { # FILE LINE EXPECTED-TEXT
    new_tree
    write "$1" "$2"
    refuses check_style.sh "$1:2: $3"
}
wrong_line host/base/x.c 'strcpy(a, b);' 'unbounded'
wrong_line host/base/x.c 'int x = atoi(text);' 'unbounded'
wrong_line host/base/x.c 'system(command);' 'starts a shell'
wrong_line host/base/x.c 'printf("x");' 'only host/cli prints'
wrong_line host/base/x.c 'fprintf(stderr, "x");' 'only host/cli prints'
wrong_line device/nn/ref/x.h 'void *p = malloc(4);' 'not on the device'
wrong_line host/base/x.c "/* TO""DO: all */" 'unfinished'
wrong_line host/base/x.c "open(\"/""home/me/x\");" 'path of one machine'

new_tree
printf 'int x;\n' >host/base/x.c
refuses check_style.sh 'host/base/x.c:1: no SPDX line'
new_tree
write host/base/x.c 'int f(void)' '{' "$(yes '    f();' | head -130)" '}'
refuses check_style.sh 'host/base/x.c:3: function of 130 lines'
new_tree
write host/base/x.c "$(yes 'int x;' | head -1300)"
refuses check_style.sh 'host/base/x.c:1: 1301 lines'
new_tree
write host/base/x.o
refuses check_style.sh 'host/base/x.o:1: a build makes this file'

new_tree
write host/base/x.c 'int   x;'
refuses check_format.sh 'host/base/x.c:2:'

new_tree
printf '[gone](gone.md)\n' >>docs/page.md
refuses check_links.sh 'docs/page.md: link to docs/gone.md'
new_tree
printf 'alone\n' >docs/alone.md
refuses check_links.sh 'docs/alone.md: no page leads here'

printf '%d checks of the checks passed, %d failed\n' "$passed" "$failed"
((failed == 0))
