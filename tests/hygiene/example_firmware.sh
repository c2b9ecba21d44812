#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example of docs/guide/embed.md: compiles a small model, builds the example's main.c around
# it with each compiler, and runs it on the host against the slow reference's output.
#
#   example_firmware.sh KINGLET MAKE_MODEL
set -euo pipefail

kinglet=$(realpath "$1")
make_model=$(realpath "$2")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Only what the guide tells a user to do: the folder as include path, these flags.
flags=(-std=c11 -O2 -ffp-contract=off -I "$work/out"
    -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror)
main=$root/docs/guide/examples/main.c

cd "$work"
"$make_model" keyword . >/dev/null
mv keyword.tflite kws.tflite
"$kinglet" compile kws.tflite --board mps2-an386 -o out --no-build >/dev/null

for compiler in gcc clang; do
    "$compiler" "${flags[@]}" "$main" "$root/tests/hygiene/example_app.c" out/model.c -o example
    printf '%s: ' "$compiler"
    EXAMPLE_INPUT=keyword.0.in.bin EXAMPLE_EXPECT=keyword.0.out.bin ./example
done
arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 \
    "${flags[@]}" -c "$main" out/model.c
riscv64-unknown-elf-gcc --specs=picolibc.specs -march=rv32imac -mabi=ilp32 \
    "${flags[@]}" -c "$main" out/model.c
printf 'cross compilers: main.c and model.c without a warning\n'
