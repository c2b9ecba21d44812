#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests scripts/setup.sh and scripts/check_tools.sh with stand-ins for dpkg-query, apt-get,
# sudo and id, so that nothing is installed.
set -euo pipefail

scripts=$(cd "$(dirname "$0")/../../scripts" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
passed=0

# Real tools that the script needs, and nothing else, so that "missing" can be tested.
mkdir "$work/tools"
for tool in bash cat grep sed tail head mktemp rm env printf; do
    ln -s "$(command -v $tool)" "$work/tools/$tool"
done

stand_in() { # NAME LINE...
    printf '%s\n' '#!/usr/bin/env bash' "${@:2}" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# A system on which the given packages are installed, used as root.
new_system() { # PACKAGE...
    rm -rf "${work:?}/bin" "$work/calls"
    mkdir "$work/bin"
    : >"$work/calls"
    stand_in dpkg-query "$(printf 'echo installed %s;' "$@")" 'exit 1'
    stand_in apt-get "echo \"apt-get \$*\" >>'$work/calls'"
    stand_in id 'echo 0'
}

setup() { # EXPECTED-STATUS ARGUMENT...
    local expected=$1 status=0
    shift
    PATH=$work/bin:$work/tools "$scripts/setup.sh" "$@" >"$work/out" 2>&1 || status=$?
    check "status $expected" test "$status" = "$expected"
}

check() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        printf 'FAIL: %s: %s\noutput:\n' "$case_name" "$what"
        cat "$work/out"
        printf 'calls:\n'
        cat "$work/calls"
        failed=$((failed + 1))
    fi
}
says() { check "says '$1'" grep -qF -- "$1" "$work/out"; }
calls() { check "calls '$1'" grep -qF -- "$1" "$work/calls"; }
calls_nothing() { check 'calls nothing' test ! -s "$work/calls"; }

mapfile -t build < <("$scripts/setup.sh" --list build)

case_name='everything is there'
new_system "${build[@]}"
setup 0 build
calls_nothing
says "all ${#build[@]} packages are installed"

case_name='one package is missing'
new_system "${build[@]/cmake/other}"
setup 0 build
calls 'update'
check 'installs only cmake' grep -qE -- '--no-install-recommends cmake$' "$work/calls"
says 'installing 1 missing'

case_name='a package was removed but is still known'
new_system "${build[@]/cmake/other}"
stand_in dpkg-query "$(printf 'echo installed %s;' "${build[@]/cmake/other}")" \
    'echo config-files cmake'
setup 0 build
check 'installs cmake' grep -qE -- 'cmake$' "$work/calls"

case_name='not root'
new_system "${build[@]/cmake/other}"
stand_in id 'echo 1000'
stand_in sudo "echo sudo >>'$work/calls'" 'exec "$@"'
setup 0 build
calls 'sudo'
says 'with sudo'

case_name='not root, and no sudo'
new_system "${build[@]/cmake/other}"
stand_in id 'echo 1000'
setup 1 build
calls_nothing
says 'Run as root:  apt-get update'

case_name='apt-get fails'
new_system "${build[@]/cmake/other}"
stand_in apt-get 'echo "E: no route to the mirror"' 'exit 100'
setup 1 build
says 'E: no route to the mirror'
says 'could not install'

case_name='the lists cannot be refreshed, but are good enough'
new_system "${build[@]/cmake/other}"
stand_in apt-get "[[ \$* == *update* ]] && exit 100; echo \"\$*\" >>'$work/calls'"
setup 0 build
says 'apt-get update failed'
calls 'install'

case_name='not Debian'
new_system
rm "$work/bin/dpkg-query" "$work/bin/apt-get"
setup 1 build
says 'has no apt'
says 'cmake'

case_name='unknown group'
new_system
setup 2 nonsense
calls_nothing
says 'usage:'

case_name='a bare system, asked for tools'
status=0
PATH=$work/tools "$scripts/check_tools.sh" build >"$work/out" 2>&1 || status=$?
check 'status 1' test "$status" = 1
says 'ninja'
says 'make setup'

# `make` and `make demo` configure the tests, too: with the group `build` alone.
case_name='libraries of the build'
: >"$work/out"
mapfile -t libraries < <(cd "$scripts/.." && git ls-files '*CMakeLists.txt' '*.cmake' | xargs sed -nE \
    's/.*pkg_check_modules\(.* ([a-z0-9.-]+)\).*/\1/p' | sort -u)
check 'finds libraries' test "${#libraries[@]}" -gt 8
for library in "${libraries[@]}"; do
    check "check_tools.sh needs $library" grep -qxE " +need_library $library" "$scripts/check_tools.sh"
    description=$(pkg-config --variable=pcfiledir "$library")/$library.pc
    if owner=$(dpkg-query --search "$description" 2>/dev/null); then
        check "setup.sh installs $library" grep -qxF "${owner%%:*}" <(printf '%s\n' "${build[@]}")
    fi
done

printf '%d checks of the set-up script passed, %d failed\n' "$passed" "$failed"
((failed == 0))
