/* SPDX-License-Identifier: Apache-2.0 */
#include "tflite_schema.h"

#include <strings.h>

static const struct {
    int32_t code;
    const char *name;
} builtins[] = {
    {KT_ADD, "ADD"},
    {KT_AVERAGE_POOL_2D, "AVERAGE_POOL_2D"},
    {KT_CONCATENATION, "CONCATENATION"},
    {KT_CONV_2D, "CONV_2D"},
    {KT_DEPTHWISE_CONV_2D, "DEPTHWISE_CONV_2D"},
    {KT_DEQUANTIZE, "DEQUANTIZE"},
    {KT_FULLY_CONNECTED, "FULLY_CONNECTED"},
    {KT_LOGISTIC, "LOGISTIC"},
    {KT_MAX_POOL_2D, "MAX_POOL_2D"},
    {KT_MUL, "MUL"},
    {KT_RELU, "RELU"},
    {KT_RELU6, "RELU6"},
    {KT_RESHAPE, "RESHAPE"},
    {KT_SOFTMAX, "SOFTMAX"},
    {KT_SVDF, "SVDF"},
    {KT_TANH, "TANH"},
    {KT_PAD, "PAD"},
    {KT_TRANSPOSE, "TRANSPOSE"},
    {KT_MEAN, "MEAN"},
    {KT_SUB, "SUB"},
    {KT_SQUEEZE, "SQUEEZE"},
    {KT_STRIDED_SLICE, "STRIDED_SLICE"},
    {KT_SPLIT, "SPLIT"},
    {KT_PRELU, "PRELU"},
    {KT_PADV2, "PADV2"},
    {KT_TRANSPOSE_CONV, "TRANSPOSE_CONV"},
    {KT_EXPAND_DIMS, "EXPAND_DIMS"},
    {KT_SHAPE, "SHAPE"},
    {KT_PACK, "PACK"},
    {KT_UNPACK, "UNPACK"},
    {KT_RESIZE_NEAREST_NEIGHBOR, "RESIZE_NEAREST_NEIGHBOR"},
    {KT_LEAKY_RELU, "LEAKY_RELU"},
    {KT_SPLIT_V, "SPLIT_V"},
    {KT_QUANTIZE, "QUANTIZE"},
    {KT_HARD_SWISH, "HARD_SWISH"},
    {KT_UNIDIRECTIONAL_SEQUENCE_LSTM, "UNIDIRECTIONAL_SEQUENCE_LSTM"},
    {KT_SIGNAL_WINDOW, "SignalWindow"},
    {KT_SIGNAL_FFT_AUTO_SCALE, "SignalFftAutoScale"},
    {KT_SIGNAL_RFFT, "SignalRfft"},
    {KT_SIGNAL_ENERGY, "SignalEnergy"},
    {KT_SIGNAL_FILTER_BANK, "SignalFilterBank"},
    {KT_SIGNAL_FILTER_BANK_SQUARE_ROOT, "SignalFilterBankSquareRoot"},
    {KT_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION, "SignalFilterBankSpectralSubtraction"},
    {KT_SIGNAL_PCAN, "SignalPCAN"},
    {KT_SIGNAL_FILTER_BANK_LOG, "SignalFilterBankLog"},
    {KT_CIRCULAR_BUFFER, "CIRCULAR_BUFFER"},
    {KT_IF, "IF"},
    {KT_WHILE, "WHILE"},
    {KT_BATCH_MATMUL, "BATCH_MATMUL"},
    {KT_CUMSUM, "CUMSUM"},
    {KT_ABS, "ABS"},
    {KT_NEG, "NEG"},
    {KT_CEIL, "CEIL"},
    {KT_FLOOR, "FLOOR"},
    {KT_ROUND, "ROUND"},
    {KT_SIGN, "SIGN"},
    {KT_SQRT, "SQRT"},
    {KT_RSQRT, "RSQRT"},
    {KT_SQUARE, "SQUARE"},
    {KT_EXP, "EXP"},
    {KT_LOG, "LOG"},
    {KT_SIN, "SIN"},
    {KT_COS, "COS"},
    {KT_ELU, "ELU"},
    {KT_DIV, "DIV"},
    {KT_MAXIMUM, "MAXIMUM"},
    {KT_MINIMUM, "MINIMUM"},
    {KT_POW, "POW"},
    {KT_FLOOR_MOD, "FLOOR_MOD"},
    {KT_EQUAL, "EQUAL"},
    {KT_NOT_EQUAL, "NOT_EQUAL"},
    {KT_LESS, "LESS"},
    {KT_LESS_EQUAL, "LESS_EQUAL"},
    {KT_GREATER, "GREATER"},
    {KT_GREATER_EQUAL, "GREATER_EQUAL"},
    {KT_LOGICAL_AND, "LOGICAL_AND"},
    {KT_LOGICAL_OR, "LOGICAL_OR"},
    {KT_LOGICAL_NOT, "LOGICAL_NOT"},
    {KT_BITWISE_XOR, "BITWISE_XOR"},
    {KT_SELECT_V2, "SELECT_V2"},
    {KT_CAST, "CAST"},
    {KT_SUM, "SUM"},
    {KT_REDUCE_PROD, "REDUCE_PROD"},
    {KT_REDUCE_MAX, "REDUCE_MAX"},
    {KT_REDUCE_MIN, "REDUCE_MIN"},
    {KT_ARG_MAX, "ARG_MAX"},
    {KT_ARG_MIN, "ARG_MIN"},
    {KT_GATHER, "GATHER"},
    {KT_GATHER_ND, "GATHER_ND"},
    {KT_TOPK_V2, "TOPK_V2"},
    {KT_TILE, "TILE"},
    {KT_BROADCAST_TO, "BROADCAST_TO"},
    {KT_DEPTH_TO_SPACE, "DEPTH_TO_SPACE"},
    {KT_EMBEDDING_LOOKUP, "EMBEDDING_LOOKUP"},
    {KT_L2_NORMALIZATION, "L2_NORMALIZATION"},
    {KT_L2_POOL_2D, "L2_POOL_2D"},
    {KT_RELU_N1_TO_1, "RELU_N1_TO_1"},
    {KT_RESIZE_BILINEAR, "RESIZE_BILINEAR"},
    {KT_SPACE_TO_DEPTH, "SPACE_TO_DEPTH"},
    {KT_BATCH_TO_SPACE_ND, "BATCH_TO_SPACE_ND"},
    {KT_SPACE_TO_BATCH_ND, "SPACE_TO_BATCH_ND"},
    {KT_LOG_SOFTMAX, "LOG_SOFTMAX"},
    {KT_SELECT, "SELECT"},
    {KT_SLICE, "SLICE"},
    {KT_FLOOR_DIV, "FLOOR_DIV"},
    {KT_ZEROS_LIKE, "ZEROS_LIKE"},
    {KT_FILL, "FILL"},
    {KT_SQUARED_DIFFERENCE, "SQUARED_DIFFERENCE"},
    {KT_MIRROR_PAD, "MIRROR_PAD"},
    {KT_REVERSE_V2, "REVERSE_V2"},
    {KT_ADD_N, "ADD_N"},
    {KT_BATCH_MATMUL, "BATCH_MATMUL"},
    {KT_BROADCAST_ARGS, "BROADCAST_ARGS"},
    {KT_GELU, "GELU"},
    {KT_DYNAMIC_UPDATE_SLICE, "DYNAMIC_UPDATE_SLICE"},
    {KT_RELU_0_TO_1, "RELU_0_TO_1"},
    {KT_CALL_ONCE, "CALL_ONCE"},
    {KT_VAR_HANDLE, "VAR_HANDLE"},
    {KT_READ_VARIABLE, "READ_VARIABLE"},
    {KT_ASSIGN_VARIABLE, "ASSIGN_VARIABLE"},
};

const char *kt_builtin_name(int32_t code)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (builtins[i].code == code) {
            return builtins[i].name;
        }
    }
    return NULL;
}

int32_t kt_builtin_code(const char *name)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (strcasecmp(builtins[i].name, name) == 0) {
            return builtins[i].code;
        }
    }
    return -1;
}

size_t kt_type_bytes(int32_t type)
{
    switch (type) {
    case KT_F32:
    case KT_U32:
    case KT_I32: return 4;
    case KT_F16:
    case KT_I16: return 2;
    case KT_U8:
    case KT_I8:
    case KT_BOOL: return 1;
    case KT_U64:
    case KT_I64: return 8;
    default: return 0;
    }
}
