/* SPDX-License-Identifier: Apache-2.0 */
/* Operator codes: their names, the operators that the graph has, and their versions. */
#include "import/tflite_import.h"

enum tfl_builtin {
#define TFL_BUILTIN(code, name) TFL_BUILTIN_##name = (code),
#include "import/tflite_builtins.def"
#undef TFL_BUILTIN
    TFL_BUILTIN_UNKNOWN = -1, /* ops.def's row for everything else */
    /* Operators that only other formats have. */
    TFL_BUILTIN_ERF = -1,
    TFL_BUILTIN_SOFTPLUS = -1,
    TFL_BUILTIN_GATHER_ELEMENTS = -1,
    TFL_BUILTIN_SCATTER_ND_UPDATE = -1,
    TFL_BUILTIN_SCATTER_ELEMENTS = -1,
    TFL_BUILTIN_RESAMPLE = -1,
    TFL_BUILTIN_TREE_ENSEMBLE = -1,
    TFL_BUILTIN_SQUARED_DISTANCE = -1,
    TFL_BUILTIN_NEAREST_VOTE = -1,
    /* Custom operators: tfl_custom_kind knows them by name. */
    TFL_BUILTIN_SIGNAL_WINDOW = -1,
    TFL_BUILTIN_SIGNAL_FFT_AUTO_SCALE = -1,
    TFL_BUILTIN_SIGNAL_RFFT = -1,
    TFL_BUILTIN_SIGNAL_ENERGY = -1,
    TFL_BUILTIN_SIGNAL_FILTER_BANK = -1,
    TFL_BUILTIN_SIGNAL_FILTER_BANK_SQUARE_ROOT = -1,
    TFL_BUILTIN_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION = -1,
    TFL_BUILTIN_SIGNAL_PCAN = -1,
    TFL_BUILTIN_SIGNAL_FILTER_BANK_LOG = -1
};

static const char *const builtin_names[] = {
#define TFL_BUILTIN(code, name) [code] = #name,
#include "import/tflite_builtins.def"
#undef TFL_BUILTIN
};

/* A row of ops.def without a code fails to compile here. */
static const int32_t codes[] = {
#define KL_OP(kind, ...) [KL_OP_##kind] = TFL_BUILTIN_##kind,
#include "graph/ops.def"
#undef KL_OP
};

const char *tfl_builtin_name(int32_t code)
{
    size_t count = sizeof builtin_names / sizeof builtin_names[0];
    return code >= 0 && (size_t)code < count ? builtin_names[code] : NULL;
}

enum kl_op_kind tfl_kind(int32_t code)
{
    for (int kind = 0; kind < KL_OP_KIND_COUNT; kind++) {
        if (codes[kind] == code && code >= 0) {
            return (enum kl_op_kind)kind;
        }
    }
    return KL_OP_UNKNOWN;
}

/*
 * A newer version may have options that change the result, so it is refused. The numbers are
 * the newest registered in tensorflow/lite/core/kernels/register.cc, or named in the schema.
 */
int32_t tfl_newest_version(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_UNKNOWN: return 0;
    case KL_OP_FULLY_CONNECTED: return 13;
    case KL_OP_CONV_2D:
    case KL_OP_STRIDED_SLICE: return 8;
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_CAST:
    case KL_OP_MUL: return 7;
    case KL_OP_DEQUANTIZE:
    case KL_OP_TRANSPOSE: return 6;
    case KL_OP_ADD:
    case KL_OP_SUB: return 5;
    case KL_OP_CONCATENATION:
    case KL_OP_PAD:
    case KL_OP_PADV2:
    case KL_OP_SPLIT:
    case KL_OP_PACK:
    case KL_OP_UNPACK:
    case KL_OP_TRANSPOSE_CONV:
    case KL_OP_RESIZE_NEAREST_NEIGHBOR: return 4;
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D:
    case KL_OP_MEAN:
    case KL_OP_SOFTMAX:
    case KL_OP_LOGISTIC:
    case KL_OP_TANH:
    case KL_OP_RELU:
    case KL_OP_RELU6:
    case KL_OP_QUANTIZE: return 3;
    case KL_OP_SVDF: return 4;
    case KL_OP_UNIDIRECTIONAL_SEQUENCE_LSTM: return 4;
    case KL_OP_LEAKY_RELU:
    case KL_OP_SQUEEZE:
    case KL_OP_SPLIT_V: return 2;
    default: return 1;
    }
}
