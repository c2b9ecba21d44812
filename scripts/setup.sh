#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the build, the firmware and the tests need, on Debian 12. Only packages
# that are missing are installed; when none is, it does nothing and needs no rights.
#
#   scripts/setup.sh [--list] [GROUP...]      groups: build firmware test (default: all)
set -euo pipefail

build_packages=(gcc libc6-dev make cmake ninja-build pkg-config git
                libjansson-dev libyaml-dev libssl-dev libmd4c-dev libcmocka-dev
                protobuf-c-compiler libprotobuf-c-dev libonnx-dev
                libdnnl-dev libsndfile1-dev libpng-dev libjpeg62-turbo-dev zlib1g-dev
                libfftw3-dev libbearssl-dev)
firmware_packages=(gcc-arm-none-eabi libnewlib-arm-none-eabi
                   gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf
                   qemu-system-arm qemu-system-misc)
test_packages=(g++ clang libclang-rt-14-dev llvm clang-format gcovr shellcheck
               chromium python3-jsonschema python3-yaml poppler-utils curl jq openssl
               libonnx-testdata espeak-ng)

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}
usage() {
    printf 'usage: scripts/setup.sh [--list] [build] [firmware] [test]\n'
    printf '  --list  print the packages of the groups and install nothing\n'
}

list_only=no
packages=()
for argument in "$@"; do
    case $argument in
    --list) list_only=yes ;;
    build) packages+=("${build_packages[@]}") ;;
    firmware) packages+=("${firmware_packages[@]}") ;;
    test) packages+=("${test_packages[@]}") ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
if ((${#packages[@]} == 0)); then
    packages=("${build_packages[@]}" "${firmware_packages[@]}" "${test_packages[@]}")
fi
if [[ $list_only == yes ]]; then
    printf '%s\n' "${packages[@]}"
    exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    fail "this system has no apt; kinglet is built and tested on Debian 12." \
        "Install what provides these Debian packages, then run make again:" \
        "  ${packages[*]}"
fi

# One query for all; a package that was never installed is not in its answer.
installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' \
    "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
    if ! grep -qx "installed $package" <<<"$installed"; then
        missing+=("$package")
    fi
done
if ((${#missing[@]} == 0)); then
    say "all ${#packages[@]} packages are installed"
    exit 0
fi

codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null || true)
if [[ $codename != bookworm ]]; then
    say "this is not Debian 12 (bookworm) but '${codename:-unknown}': package names and versions may differ"
fi

as_root=()
if (($(id -u) != 0)); then
    if ! command -v sudo >/dev/null; then
        fail "these packages are missing, and there is no sudo to install them with:" \
            "  ${missing[*]}" \
            "Run as root:  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    fi
    as_root=(sudo)
fi

# env, since sudo drops variables.
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
say "installing ${#missing[@]} missing Debian package(s)${as_root:+ with sudo}: ${missing[*]}"
say "refreshing the package lists"
if ! apt update >"$log" 2>&1; then
    # A broken extra repository need not stop us: the lists may be good enough.
    say "apt-get update failed, trying with the lists as they are:"
    grep -E '^(E|W|Err)' "$log" | head -5 | sed 's/^/  /' || true
fi
say "downloading and unpacking (the cross compilers take a few minutes the first time)"
if ! apt install -y --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1; then
    tail -15 "$log" | sed 's/^/  /' >&2
    fail "apt-get could not install the packages; its last lines are above." \
        "Check the network and /etc/apt, then run:" \
        "  ${as_root:+sudo }apt-get update && ${as_root:+sudo }apt-get install --no-install-recommends ${missing[*]}"
fi
say "done"
