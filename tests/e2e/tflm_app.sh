#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An application with the calls of TensorFlow Lite Micro, compiled by a C++ compiler against the
# engine, computes what `kinglet run` computes, and refuses a broken pack.
#
#   tests/e2e/tflm_app.sh KINGLET MAKE_MODEL SOURCE_DIR
set -euo pipefail

kinglet=$1
make_model=$2
source=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$make_model" conv_2d . >/dev/null
"$kinglet" compile conv_2d.tflite --board mps2-an386 --pack --no-build -o build >/dev/null
pack=$(find build -name '*.klm')
"$kinglet" run conv_2d.tflite --input conv_2d.0.in.bin --output expected >/dev/null

include=(-I "$source/device/include" -I "$source/device")
for file in "$source"/device/nn/kernels.c "$source"/device/nn/pack/*.c; do
    gcc -std=c11 -O1 -ffp-contract=off "${include[@]}" -c "$file" -o "$(basename "$(dirname "$file")")-$(basename "$file").o"
done
g++ -std=c++11 -O1 -Wall -Wextra -Werror -fno-exceptions -fno-rtti "${include[@]}" \
    "$source/tests/e2e/tflm_app.cc" ./*.c.o -o app

./app "$pack" conv_2d.0.in.bin >actual
cmp expected actual

# One byte of the header: AllocateTensors must fail.
cp "$pack" broken.klm
printf '\x7f' | dd of=broken.klm bs=1 seek=4 conv=notrunc status=none
status=0
./app broken.klm conv_2d.0.in.bin >/dev/null || status=$?
if ((status != 4)); then
    printf 'a broken pack gave status %d\n' "$status" >&2
    exit 1
fi
echo "the application computes what the host computes"
