/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of the TFLite schema under the names that the tests use: tensor types and operator codes,
 * and numbers for custom operators.
 */
#ifndef KINGLET_TESTS_TFLITE_SCHEMA_H
#define KINGLET_TESTS_TFLITE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "formats/tflite_schema.h"

enum kt_type {
    KT_F32 = TFL_TYPE_FLOAT32,
    KT_F16 = TFL_TYPE_FLOAT16,
    KT_I32 = TFL_TYPE_INT32,
    KT_U8 = TFL_TYPE_UINT8,
    KT_I64 = TFL_TYPE_INT64,
    KT_STRING = TFL_TYPE_STRING,
    KT_BOOL = TFL_TYPE_BOOL,
    KT_I16 = TFL_TYPE_INT16,
    KT_I8 = TFL_TYPE_INT8,
    KT_U64 = TFL_TYPE_UINT64,
    KT_RESOURCE = TFL_TYPE_RESOURCE,
    KT_U32 = TFL_TYPE_UINT32,
    KT_I4 = TFL_TYPE_INT4
};

/* KT_ADD, ...: the builtin operators. */
enum kt_builtin {
#define TFL_BUILTIN(code, name) KT_##name = (code),
#include "formats/tflite_builtins.def"
#undef TFL_BUILTIN
    /* Custom operators: numbers of the tests' own. */
    KT_SIGNAL_WINDOW = 1000,
    KT_SIGNAL_FFT_AUTO_SCALE,
    KT_SIGNAL_RFFT,
    KT_SIGNAL_ENERGY,
    KT_SIGNAL_FILTER_BANK,
    KT_SIGNAL_FILTER_BANK_SQUARE_ROOT,
    KT_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION,
    KT_SIGNAL_PCAN,
    KT_SIGNAL_FILTER_BANK_LOG,
    KT_CIRCULAR_BUFFER,
    KT_SIGNAL_DELAY,
    KT_SIGNAL_FRAMER,
    KT_SIGNAL_STACKER,
    KT_SIGNAL_OVERLAP_ADD,
    KT_SIGNAL_IRFFT
};

enum kt_mirror { KT_REFLECT = 0, KT_SYMMETRIC = 1 };

enum kt_padding { KT_SAME = 0, KT_VALID = 1 };

enum kt_activation { KT_ACT_NONE = 0, KT_ACT_RELU = 1, KT_ACT_RELU_N1_TO_1 = 2, KT_ACT_RELU6 = 3 };

/* The operator's name as users know it ("CONV_2D"); NULL for a code not in the enum above. */
const char *kt_builtin_name(int32_t code);

/* The code of that name (upper or lower case), or -1. */
int32_t kt_builtin_code(const char *name);

/* Bytes of one element; 0 for types without a fixed size. */
size_t kt_type_bytes(int32_t type);

#endif
