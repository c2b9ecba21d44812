#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts model.tflite and samples/N.{in,out}.bin into the current folder.
#
#   get-model.sh NAME STAND_IN
#
# NAME is looked for in $KINGLET_MODELS/tflite. When it is not there, a small model with random
# weights stands in for it: `kinglet-make-model STAND_IN` writes it, a program of this checkout
# that lies beside kinglet. The last lines say which it was; the playbook reads them.
set -eu

name=$1
stand_in=$2
folder=${KINGLET_MODELS:-/nowhere}/tflite/$name

rm -rf samples model.tflite
mkdir -p samples build

# keep NUMBER FILE: the input and the expected output of one sample.
keep() {
    cp "$2.in.bin" "samples/$1.in.bin"
    cp "$2.out.bin" "samples/$1.out.bin"
}

count=0
if [ -r "$folder/$name.tflite" ]; then
    cp "$folder/$name.tflite" model.tflite
    while [ -r "$folder/$name.real.$count.in.bin" ]; do
        keep "$count" "$folder/$name.real.$count"
        count=$((count + 1))
    done
    if [ "$count" = 0 ]; then
        keep 0 "$folder/$name.0"
        count=1
    fi
    echo "model $name"
    echo "stand-in 0"
else
    maker=${KINGLET%/*}/kinglet-make-model
    if [ ! -x "$maker" ]; then
        echo "neither $folder nor $maker is there: set KINGLET_MODELS, or build all with make" >&2
        exit 2
    fi
    "$maker" "$stand_in" build >/dev/null
    cp "build/$stand_in.tflite" model.tflite
    keep 0 "build/$stand_in.0"
    count=1
    echo "model $stand_in, with random weights, since there is no $name"
    echo "stand-in 1"
fi
chmod u+w model.tflite samples/*
echo "samples $count"
