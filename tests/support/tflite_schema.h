/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of the TFLite schema that the tests write: tensor types, operator codes,
 * option tables. Source: tensorflow/compiler/mlir/lite/schema/schema.fbs.
 */
#ifndef KINGLET_TESTS_TFLITE_SCHEMA_H
#define KINGLET_TESTS_TFLITE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

enum kt_type {
    KT_F32 = 0,
    KT_F16 = 1,
    KT_I32 = 2,
    KT_U8 = 3,
    KT_I64 = 4,
    KT_STRING = 5,
    KT_BOOL = 6,
    KT_I16 = 7,
    KT_I8 = 9,
    KT_U64 = 12,
    KT_RESOURCE = 13,
    KT_U32 = 15,
    KT_I4 = 17
};

enum kt_builtin {
    KT_ADD = 0,
    KT_AVERAGE_POOL_2D = 1,
    KT_CONCATENATION = 2,
    KT_CONV_2D = 3,
    KT_DEPTHWISE_CONV_2D = 4,
    KT_DEPTH_TO_SPACE = 5,
    KT_DEQUANTIZE = 6,
    KT_EMBEDDING_LOOKUP = 7,
    KT_FLOOR = 8,
    KT_FULLY_CONNECTED = 9,
    KT_L2_NORMALIZATION = 11,
    KT_L2_POOL_2D = 12,
    KT_LOGISTIC = 14,
    KT_MAX_POOL_2D = 17,
    KT_MUL = 18,
    KT_RELU = 19,
    KT_RELU_N1_TO_1 = 20,
    KT_RELU6 = 21,
    KT_RESHAPE = 22,
    KT_RESIZE_BILINEAR = 23,
    KT_SOFTMAX = 25,
    KT_SPACE_TO_DEPTH = 26,
    KT_SVDF = 27,
    KT_TANH = 28,
    KT_CUSTOM = 32,
    KT_PAD = 34,
    KT_GATHER = 36,
    KT_BATCH_TO_SPACE_ND = 37,
    KT_SPACE_TO_BATCH_ND = 38,
    KT_TRANSPOSE = 39,
    KT_MEAN = 40,
    KT_SUB = 41,
    KT_DIV = 42,
    KT_SQUEEZE = 43,
    KT_UNIDIRECTIONAL_SEQUENCE_LSTM = 44,
    KT_STRIDED_SLICE = 45,
    KT_EXP = 47,
    KT_TOPK_V2 = 48,
    KT_SPLIT = 49,
    KT_LOG_SOFTMAX = 50,
    KT_CAST = 53,
    KT_PRELU = 54,
    KT_MAXIMUM = 55,
    KT_ARG_MAX = 56,
    KT_MINIMUM = 57,
    KT_LESS = 58,
    KT_NEG = 59,
    KT_PADV2 = 60,
    KT_GREATER = 61,
    KT_GREATER_EQUAL = 62,
    KT_LESS_EQUAL = 63,
    KT_SELECT = 64,
    KT_SLICE = 65,
    KT_SIN = 66,
    KT_TRANSPOSE_CONV = 67,
    KT_TILE = 69,
    KT_EXPAND_DIMS = 70,
    KT_EQUAL = 71,
    KT_NOT_EQUAL = 72,
    KT_LOG = 73,
    KT_SUM = 74,
    KT_SQRT = 75,
    KT_RSQRT = 76,
    KT_SHAPE = 77,
    KT_POW = 78,
    KT_ARG_MIN = 79,
    KT_REDUCE_PROD = 81,
    KT_REDUCE_MAX = 82,
    KT_PACK = 83,
    KT_LOGICAL_OR = 84,
    KT_LOGICAL_AND = 86,
    KT_LOGICAL_NOT = 87,
    KT_UNPACK = 88,
    KT_REDUCE_MIN = 89,
    KT_FLOOR_DIV = 90,
    KT_SQUARE = 92,
    KT_ZEROS_LIKE = 93,
    KT_FILL = 94,
    KT_FLOOR_MOD = 95,
    KT_RESIZE_NEAREST_NEIGHBOR = 97,
    KT_LEAKY_RELU = 98,
    KT_SQUARED_DIFFERENCE = 99,
    KT_MIRROR_PAD = 100,
    KT_ABS = 101,
    KT_SPLIT_V = 102,
    KT_CEIL = 104,
    KT_REVERSE_V2 = 105,
    KT_ADD_N = 106,
    KT_GATHER_ND = 107,
    KT_COS = 108,
    KT_ELU = 111,
    KT_QUANTIZE = 114,
    KT_ROUND = 116,
    KT_HARD_SWISH = 117,
    KT_IF = 118,
    KT_WHILE = 119,
    KT_SELECT_V2 = 123,
    KT_BATCH_MATMUL = 126,
    KT_CUMSUM = 128, /* above 127: only the int32 field can hold it */
    KT_CALL_ONCE = 129,
    KT_BROADCAST_TO = 130,
    KT_VAR_HANDLE = 142,
    KT_READ_VARIABLE = 143,
    KT_ASSIGN_VARIABLE = 144,
    KT_BROADCAST_ARGS = 145,
    KT_GELU = 150,
    KT_DYNAMIC_UPDATE_SLICE = 151,
    KT_RELU_0_TO_1 = 152,
    KT_SIGN = 158,
    KT_BITWISE_XOR = 160,
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
    KT_CIRCULAR_BUFFER
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
