/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field numbers and enumeration values of the TFLite file format, as far as they are used.
 * Source: tensorflow/compiler/mlir/lite/schema/schema.fbs (schema version 3d). Fields are
 * numbered from 0 in the order of the schema; a union takes two numbers, type and value.
 */
#ifndef KINGLET_FORMATS_TFLITE_SCHEMA_H
#define KINGLET_FORMATS_TFLITE_SCHEMA_H

enum tfl_model {
    TFL_MODEL_VERSION = 0,
    TFL_MODEL_OPERATOR_CODES = 1,
    TFL_MODEL_SUBGRAPHS = 2,
    TFL_MODEL_DESCRIPTION = 3,
    TFL_MODEL_BUFFERS = 4
};

enum { TFL_SCHEMA_VERSION = 3 };

enum tfl_operator_code {
    TFL_OPCODE_DEPRECATED_BUILTIN = 0, /* int8; holds the code when that is below 127 */
    TFL_OPCODE_CUSTOM = 1,
    TFL_OPCODE_VERSION = 2, /* default 1 */
    TFL_OPCODE_BUILTIN = 3
};

enum tfl_subgraph_field {
    TFL_SUBGRAPH_TENSORS = 0,
    TFL_SUBGRAPH_INPUTS = 1,
    TFL_SUBGRAPH_OUTPUTS = 2,
    TFL_SUBGRAPH_OPERATORS = 3,
    TFL_SUBGRAPH_NAME = 4
};

enum tfl_tensor_field {
    TFL_TENSOR_SHAPE = 0,
    TFL_TENSOR_TYPE = 1,
    TFL_TENSOR_BUFFER = 2,
    TFL_TENSOR_NAME = 3,
    TFL_TENSOR_QUANTIZATION = 4,
    TFL_TENSOR_IS_VARIABLE = 5,
    TFL_TENSOR_SPARSITY = 6,
    TFL_TENSOR_EXTERNAL_BUFFER = 10
};

enum tfl_tensor_type {
    TFL_TYPE_FLOAT32 = 0,
    TFL_TYPE_FLOAT16 = 1,
    TFL_TYPE_INT32 = 2,
    TFL_TYPE_UINT8 = 3,
    TFL_TYPE_INT64 = 4,
    TFL_TYPE_STRING = 5,
    TFL_TYPE_BOOL = 6,
    TFL_TYPE_INT16 = 7,
    TFL_TYPE_COMPLEX64 = 8,
    TFL_TYPE_INT8 = 9,
    TFL_TYPE_FLOAT64 = 10,
    TFL_TYPE_COMPLEX128 = 11,
    TFL_TYPE_UINT64 = 12,
    TFL_TYPE_RESOURCE = 13,
    TFL_TYPE_VARIANT = 14,
    TFL_TYPE_UINT32 = 15,
    TFL_TYPE_UINT16 = 16,
    TFL_TYPE_INT4 = 17,
    TFL_TYPE_BFLOAT16 = 18,
    TFL_TYPE_INT2 = 19,
    TFL_TYPE_UINT4 = 20,
    TFL_TYPE_FLOAT8_E4M3FN = 21,
    TFL_TYPE_FLOAT8_E5M2 = 22
};

enum tfl_quantization_field {
    TFL_QUANT_SCALE = 2,
    TFL_QUANT_ZERO_POINT = 3,
    TFL_QUANT_DETAILS_TYPE = 4,
    TFL_QUANT_DIMENSION = 6
};

enum tfl_buffer_field {
    TFL_BUFFER_DATA = 0,
    TFL_BUFFER_OFFSET = 1, /* from the start of the file; valid when above 1 */
    TFL_BUFFER_SIZE = 2
};

enum tfl_operator_field {
    TFL_OPERATOR_OPCODE_INDEX = 0,
    TFL_OPERATOR_INPUTS = 1,
    TFL_OPERATOR_OUTPUTS = 2,
    TFL_OPERATOR_OPTIONS_TYPE = 3,
    TFL_OPERATOR_OPTIONS = 4,
    TFL_OPERATOR_CUSTOM_OPTIONS = 5
};

/* Values of the union BuiltinOptions. */
enum tfl_options_type {
    TFL_OPTIONS_NONE = 0,
    TFL_OPTIONS_CONV_2D = 1,
    TFL_OPTIONS_DEPTHWISE_CONV_2D = 2,
    TFL_OPTIONS_POOL_2D = 5,
    TFL_OPTIONS_SVDF = 6,
    TFL_OPTIONS_FULLY_CONNECTED = 8,
    TFL_OPTIONS_SOFTMAX = 9,
    TFL_OPTIONS_CONCATENATION = 10,
    TFL_OPTIONS_ADD = 11,
    TFL_OPTIONS_L2_NORMALIZATION = 12,
    TFL_OPTIONS_RESIZE_BILINEAR = 15,
    TFL_OPTIONS_RESHAPE = 17,
    TFL_OPTIONS_SPACE_TO_DEPTH = 19,
    TFL_OPTIONS_MUL = 21,
    TFL_OPTIONS_GATHER = 23,
    TFL_OPTIONS_REDUCER = 27,
    TFL_OPTIONS_SUB = 28,
    TFL_OPTIONS_DIV = 29,
    TFL_OPTIONS_SQUEEZE = 30,
    TFL_OPTIONS_STRIDED_SLICE = 32,
    TFL_OPTIONS_SPLIT = 35,
    TFL_OPTIONS_CAST = 37,
    TFL_OPTIONS_ARG_MAX = 40,
    TFL_OPTIONS_TRANSPOSE_CONV = 49,
    TFL_OPTIONS_SHAPE = 55,
    TFL_OPTIONS_ARG_MIN = 57,
    TFL_OPTIONS_PACK = 59,
    TFL_OPTIONS_UNPACK = 64,
    TFL_OPTIONS_UNIDIRECTIONAL_SEQUENCE_LSTM = 71,
    TFL_OPTIONS_RESIZE_NEAREST_NEIGHBOR = 74,
    TFL_OPTIONS_LEAKY_RELU = 75,
    TFL_OPTIONS_MIRROR_PAD = 77,
    TFL_OPTIONS_SPLIT_V = 79,
    TFL_OPTIONS_IF = 92,
    TFL_OPTIONS_WHILE = 93,
    TFL_OPTIONS_DEPTH_TO_SPACE = 94,
    TFL_OPTIONS_BATCH_MATMUL = 101,
    TFL_OPTIONS_CUMSUM = 102,
    TFL_OPTIONS_CALL_ONCE = 103,
    TFL_OPTIONS_VAR_HANDLE = 111,
    TFL_OPTIONS_GELU = 116
};

enum tfl_padding { TFL_PADDING_SAME = 0, TFL_PADDING_VALID = 1 };

enum tfl_activation {
    TFL_ACTIVATION_NONE = 0,
    TFL_ACTIVATION_RELU = 1,
    TFL_ACTIVATION_RELU_N1_TO_1 = 2,
    TFL_ACTIVATION_RELU6 = 3,
    TFL_ACTIVATION_TANH = 4,
    TFL_ACTIVATION_SIGN_BIT = 5
};

enum { TFL_WINDOW_PADDING = 0 }; /* in the options of all windows */

enum tfl_transpose_conv_options {
    TFL_TRANSPOSE_CONV_PADDING = 0,
    TFL_TRANSPOSE_CONV_STRIDE_W = 1,
    TFL_TRANSPOSE_CONV_STRIDE_H = 2,
    TFL_TRANSPOSE_CONV_ACTIVATION = 3
};

enum tfl_conv_2d_options {
    TFL_CONV_PADDING = 0,
    TFL_CONV_STRIDE_W = 1,
    TFL_CONV_STRIDE_H = 2,
    TFL_CONV_ACTIVATION = 3,
    TFL_CONV_DILATION_W = 4, /* default 1 */
    TFL_CONV_DILATION_H = 5  /* default 1 */
};

enum tfl_depthwise_conv_2d_options {
    TFL_DEPTHWISE_PADDING = 0,
    TFL_DEPTHWISE_STRIDE_W = 1,
    TFL_DEPTHWISE_STRIDE_H = 2,
    TFL_DEPTHWISE_MULTIPLIER = 3, /* redundant: the shapes decide */
    TFL_DEPTHWISE_ACTIVATION = 4,
    TFL_DEPTHWISE_DILATION_W = 5, /* default 1 */
    TFL_DEPTHWISE_DILATION_H = 6  /* default 1 */
};

enum tfl_pool_2d_options {
    TFL_POOL_PADDING = 0,
    TFL_POOL_STRIDE_W = 1,
    TFL_POOL_STRIDE_H = 2,
    TFL_POOL_FILTER_W = 3,
    TFL_POOL_FILTER_H = 4,
    TFL_POOL_ACTIVATION = 5
};

enum tfl_fully_connected_options {
    TFL_FULLY_CONNECTED_ACTIVATION = 0,
    TFL_FULLY_CONNECTED_WEIGHTS_FORMAT = 1, /* 0: row-major, 1: shuffled 4x16 int8 */
    TFL_FULLY_CONNECTED_KEEP_DIMS = 2,
    TFL_FULLY_CONNECTED_ASYMMETRIC = 3
};

enum tfl_softmax_options { TFL_SOFTMAX_BETA = 0 };

enum tfl_concatenation_options { TFL_CONCATENATION_AXIS = 0, TFL_CONCATENATION_ACTIVATION = 1 };

enum tfl_binary_options {
    TFL_BINARY_ACTIVATION = 0,        /* of ADD, SUB, MUL and DIV */
    TFL_BINARY_POWER_OF_TWO_SCALE = 1 /* of ADD and SUB of int16; default true */
};

enum tfl_reshape_options { TFL_RESHAPE_SHAPE = 0 };

enum tfl_squeeze_options { TFL_SQUEEZE_DIMS = 0 };

enum tfl_cast_options { TFL_CAST_FROM = 0, TFL_CAST_TO = 1 };

enum tfl_arg_options { TFL_ARG_TYPE = 0 }; /* of ARG_MAX and ARG_MIN */

enum tfl_shape_options { TFL_SHAPE_TYPE = 0 };

enum tfl_batch_matmul_options { TFL_BATCH_MATMUL_ADJ_X = 0, TFL_BATCH_MATMUL_ADJ_Y = 1 };

enum tfl_gather_options { TFL_GATHER_AXIS = 0, TFL_GATHER_BATCH_DIMS = 1 };

enum tfl_reducer_options { TFL_REDUCER_KEEP_DIMS = 0 };

enum tfl_strided_slice_options {
    TFL_SLICE_BEGIN_MASK = 0,
    TFL_SLICE_END_MASK = 1,
    TFL_SLICE_ELLIPSIS_MASK = 2,
    TFL_SLICE_NEW_AXIS_MASK = 3,
    TFL_SLICE_SHRINK_AXIS_MASK = 4,
    TFL_SLICE_OFFSET = 5
};

enum tfl_split_options { TFL_SPLIT_COUNT = 0 }; /* of SPLIT and SPLIT_V */

enum tfl_pack_options { TFL_PACK_COUNT = 0, TFL_PACK_AXIS = 1 }; /* of PACK and UNPACK */

enum tfl_block_options { TFL_BLOCK_SIZE = 0 }; /* of SPACE_TO_DEPTH and DEPTH_TO_SPACE */

enum tfl_mirror_pad_options { TFL_MIRROR_PAD_MODE = 0 };

enum tfl_mirror_pad_mode { TFL_MIRROR_REFLECT = 0, TFL_MIRROR_SYMMETRIC = 1 };

enum tfl_resize_options { TFL_RESIZE_ALIGN_CORNERS = 0, TFL_RESIZE_HALF_PIXEL_CENTERS = 1 };

enum tfl_resize_bilinear_options {
    TFL_BILINEAR_ALIGN_CORNERS = 2,
    TFL_BILINEAR_HALF_PIXEL_CENTERS = 3
};

enum tfl_l2_normalization_options { TFL_L2_NORMALIZATION_ACTIVATION = 0 };

enum tfl_svdf_options { TFL_SVDF_RANK = 0, TFL_SVDF_ACTIVATION = 1 };

enum tfl_lstm_options {
    TFL_LSTM_ACTIVATION = 0,
    TFL_LSTM_CELL_CLIP = 1,
    TFL_LSTM_PROJECTION_CLIP = 2,
    TFL_LSTM_TIME_MAJOR = 3,
    TFL_LSTM_ASYMMETRIC = 4
};

enum tfl_cumsum_options { TFL_CUMSUM_EXCLUSIVE = 0, TFL_CUMSUM_REVERSE = 1 };

enum tfl_gelu_options { TFL_GELU_APPROXIMATE = 0 };

enum tfl_if_options { TFL_IF_THEN = 0, TFL_IF_ELSE = 1 };

enum tfl_while_options { TFL_WHILE_CONDITION = 0, TFL_WHILE_BODY = 1 };

enum tfl_call_once_options { TFL_CALL_ONCE_SUBGRAPH = 0 };

enum tfl_var_handle_options { TFL_VAR_HANDLE_CONTAINER = 0, TFL_VAR_HANDLE_NAME = 1 };

enum tfl_leaky_relu_options { TFL_LEAKY_RELU_ALPHA = 0 };

#endif
