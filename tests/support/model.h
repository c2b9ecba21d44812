/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model as a test describes it: the one description that the writer turns into a
 * .tflite file and that the slow reference evaluates.
 *
 * The structs are open: a test may spoil any field before the model is written, to make
 * files that a reader must refuse. Memory belongs to the model; running out of it, or a
 * mistake of the test itself, ends the program with a message.
 */
#ifndef KINGLET_TESTS_MODEL_H
#define KINGLET_TESTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "tflite_schema.h"

/* A list of int32 with its length in front, as the functions below take it: KT_LIST(1, 8, 8, 4). */
#define KT_LIST(...)                                                                 \
    (int32_t)(sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t)), (const int32_t[]) \
    {                                                                                \
        __VA_ARGS__                                                                  \
    }

enum { KT_MAX_TENSORS = 256, KT_MAX_OPS = 128, KT_MAX_SUBGRAPHS = 8, KT_MAX_IO = 64 };

struct kt_tensor {
    const char *name; /* NULL: the field is left out */
    int32_t type;     /* enum kt_type */
    int32_t rank;
    const int32_t *dim;
    int32_t scale_count; /* 0: no scale vector */
    const float *scale;
    int32_t zero_point_count; /* 0: no zero point vector */
    const int64_t *zero_point;
    int32_t axis;     /* quantised dimension */
    const void *data; /* constant content, little-endian; NULL: none */
    size_t data_bytes;
    bool is_variable;
    int64_t buffer; /* buffer index to write instead of the right one; -1: the right one */
};

/* Options of all operators; the writer takes those of the operator's own table. */
struct kt_options {
    int32_t padding; /* enum kt_padding */
    int32_t stride_w, stride_h;
    int32_t dilation_w, dilation_h;
    int32_t depth_multiplier;
    int32_t filter_w, filter_h;
    int32_t activation; /* enum kt_activation */
    int32_t keep_num_dims;
    int32_t keep_dims;
    float beta, alpha;
    int32_t axis;
    int32_t count; /* number of splits, of packed or unpacked values; GATHER: batch dimensions */
    int32_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask;
    int32_t offset; /* strided slice: end is relative to begin */
    int32_t align_corners, half_pixel_centers;
    int32_t block;              /* SPACE_TO_DEPTH, DEPTH_TO_SPACE: side of a block */
    int32_t mode;               /* MIRROR_PAD: enum kt_mirror */
    int32_t exclusive, reverse; /* CUMSUM */
    int32_t approximate;        /* GELU */
    int32_t out_type;           /* SHAPE */

    int32_t shift, length, start, end, output_scale, correction_bits; /* signal operators */
    int32_t smoothing[2], one_minus_smoothing[2], min_signal_remaining, smoothing_bits, bits;
    int32_t clamping;
    int32_t period;                            /* CIRCULAR_BUFFER; 0: its options are left out */
    int32_t frame, step, prefill, left, right; /* signal operators with frames */
    int32_t adj_x, adj_y;                      /* BATCH_MATMUL */
    int32_t rank;                              /* SVDF */
    float cell_clip;                           /* LSTM */
    int32_t time_major;                        /* LSTM */
    int32_t asymmetric;                        /* LSTM */
    int32_t subgraph[2]; /* CALL_ONCE; WHILE: condition, body; IF: then, else */
    const char *text;    /* VAR_HANDLE: name of the variable; NULL: left out */
    int32_t list_count;  /* RESHAPE: new shape, SQUEEZE: squeezed dimensions */
    const int32_t *list; /* NULL: the vector is left out */
};

struct kt_op {
    int32_t code;               /* enum kt_builtin */
    const char *custom_code;    /* of KT_CUSTOM; with it the operator is written as custom */
    const void *custom_options; /* NULL: none */
    size_t custom_bytes;
    struct kt_options options;
    bool omit_options;    /* write no options table at all */
    int32_t options_kind; /* union type to write instead of the right one; -1: the right one */
    int64_t opcode_index; /* index into operator_codes instead of the right one; -1: right */
    int32_t version;
    int32_t input_count, output_count;
    const int32_t *inputs; /* -1: omitted optional input */
    const int32_t *outputs;
};

struct kt_subgraph {
    const char *name;
    int32_t tensor_count, op_count, input_count, output_count;
    struct kt_tensor tensors[KT_MAX_TENSORS];
    struct kt_op ops[KT_MAX_OPS];
    int32_t inputs[KT_MAX_IO];
    int32_t outputs[KT_MAX_IO];
};

/* How operator codes are stored. */
enum kt_code_style {
    KT_CODES_BOTH, /* the byte (at most 127) and the int32 field, as converters write today */
    KT_CODES_BYTE, /* only the deprecated byte, as old converters wrote */
    KT_CODES_INT32 /* only the int32 field */
};

struct kt_model {
    struct kl_arena *arena;
    uint32_t version;       /* of the schema: 3 */
    const char *identifier; /* four characters: "TFL3" */
    const char *description;
    enum kt_code_style code_style;
    int32_t subgraph_count;
    struct kt_subgraph *subgraphs[KT_MAX_SUBGRAPHS];
};

/* An empty model with one empty subgraph. The caller frees it with kt_model_free. */
struct kt_model *kt_model_create(const char *description);
void kt_model_free(struct kt_model *model);

/* Add a subgraph; all functions below work on the subgraph that was added last. */
struct kt_subgraph *kt_subgraph_add(struct kt_model *model, const char *name);
struct kt_subgraph *kt_subgraph_last(const struct kt_model *model);

/* Add a tensor without quantisation and content; returns its index. */
int32_t kt_tensor_add(struct kt_model *model, const char *name, int32_t type, int32_t rank,
                      const int32_t *dim);

/* Quantisation per tensor. */
void kt_quantize(struct kt_model *model, int32_t tensor, float scale, int64_t zero_point);

/* Quantisation along a dimension: `count` scales, zero points all 0. */
void kt_quantize_axis(struct kt_model *model, int32_t tensor, int32_t axis, int32_t count,
                      const float *scale);

/* Constant content; copied. */
void kt_data(struct kt_model *model, int32_t tensor, const void *data, size_t bytes);

/* A constant int32 vector (shapes, axes, paddings). */
int32_t kt_vector_i32(struct kt_model *model, const char *name, int32_t count,
                      const int32_t *value);
/* A constant int32 scalar. */
int32_t kt_scalar_i32(struct kt_model *model, const char *name, int32_t value);

/* Options with the schema's usual values: strides, dilations 1, no activation, beta 1. */
struct kt_options kt_options_default(void);

/* Add an operator with these options; returns its index. */
int32_t kt_op_add(struct kt_model *model, int32_t code, struct kt_options options,
                  int32_t input_count, const int32_t *inputs, int32_t output_count,
                  const int32_t *outputs);

/* Add an operator with one output. */
int32_t kt_op_add1(struct kt_model *model, int32_t code, struct kt_options options,
                   int32_t input_count, const int32_t *inputs, int32_t output);

void kt_inputs(struct kt_model *model, int32_t count, const int32_t *tensors);
void kt_outputs(struct kt_model *model, int32_t count, const int32_t *tensors);

struct kt_tensor *kt_tensor_at(const struct kt_model *model, int32_t tensor);
struct kt_op *kt_op_at(const struct kt_model *model, int32_t op);

/* Number of elements, and size in bytes, by shape and type. */
int64_t kt_elements(const struct kt_tensor *tensor);
size_t kt_bytes(const struct kt_tensor *tensor);

/* Memory that lives as long as the model; zeroed. */
void *kt_alloc(struct kt_model *model, size_t count, size_t size);

/* End the program: a test did something wrong. */
void kt_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
