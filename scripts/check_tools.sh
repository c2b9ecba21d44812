#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Says which tools and libraries are missing and how to get them. Installs nothing.
#
#   scripts/check_tools.sh GROUP...      groups as in setup.sh
set -euo pipefail

missing=()
need() {
    command -v "$1" >/dev/null || missing+=("$1")
}
need_library() {
    pkg-config --exists "$1" 2>/dev/null || missing+=("$1 (a development library)")
}
need_header() {
    printf '#include <%s>\n' "$1" | gcc -E - >/dev/null 2>&1 || missing+=("$1 (a header)")
}

for group in "$@"; do
    case $group in
    build)
        need gcc
        need cmake
        need ninja
        need pkg-config
        need_library jansson
        need_library yaml-0.1
        need_library libcrypto
        need_library md4c
        need_library cmocka
        need_library sndfile
        need_library libpng
        need_library libjpeg
        need_library zlib
        need_library fftw3
        need_library libprotobuf-c
        need_header bearssl.h
        need protoc-c
        ;;
    firmware)
        need arm-none-eabi-gcc
        need riscv64-unknown-elf-gcc
        need qemu-system-arm
        need qemu-system-riscv32
        ;;
    test)
        need clang
        need clang-format
        need gcovr
        ;;
    *)
        printf 'usage: scripts/check_tools.sh [build] [firmware] [test]\n' >&2
        exit 2
        ;;
    esac
done

if ((${#missing[@]} > 0)); then
    printf 'kinglet needs tools that this system lacks:\n' >&2
    printf '  %s\n' "${missing[@]}" >&2
    printf "Run 'make setup' (Debian 12), or install them by hand.\n" >&2
    exit 1
fi
