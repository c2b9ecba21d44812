/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases of several operators: what fusing, folding, in-place execution and memory
 * planning must not change.
 */
#include <float.h>
#include <stdio.h>

#include "cases.h"

static struct kt_layer make_layer(int32_t code, int32_t out_c, int32_t filter,
                                  enum kt_weights weights, int32_t padding)
{
    struct kt_layer layer = {.code = code,
                             .out_c = out_c,
                             .k_h = filter,
                             .k_w = filter,
                             .weights = weights,
                             .options = kt_options_default()};
    layer.options.padding = padding;
    return layer;
}

static int32_t type_of(enum kt_weights weights)
{
    return weights == KT_WEIGHTS_F32 ? KT_F32 : KT_I8;
}

/* PAD, or PADV2 with the value of tensor `value` if that is not -1. */
static int32_t add_pad(struct kt_build *b, int32_t input, int32_t before, int32_t after,
                       int32_t value)
{
    const int32_t *in = kt_tensor_at(b->model, input)->dim;
    const int32_t amounts[8] = {0, 0, before, after, before, after, 0, 0};
    int32_t paddings = kt_tensor_add(b->model, "paddings", KT_I32, KT_LIST(4, 2));
    kt_data(b->model, paddings, amounts, sizeof(amounts));
    int32_t output = kt_build_like(
        b, "padded", input, KT_LIST(in[0], in[1] + before + after, in[2] + before + after, in[3]));
    const int32_t inputs[] = {input, paddings, value};
    bool pad = value < 0;
    kt_op_add1(b->model, pad ? KT_PAD : KT_PADV2, kt_options_default(), pad ? 2 : 3, inputs,
               output);
    return output;
}

static int32_t add_unary(struct kt_build *b, int32_t code, int32_t input)
{
    const struct kt_tensor *in = kt_tensor_at(b->model, input);
    int32_t output = kt_build_like(b, "activated", input, in->rank, in->dim);
    kt_op_add1(b->model, code, kt_options_default(), KT_LIST(input), output);
    return output;
}

static int32_t add_sum(struct kt_build *b, int32_t x, int32_t y)
{
    const struct kt_tensor *in = kt_tensor_at(b->model, x);
    float scale = in->type == KT_I8 ? in->scale[0] * 2.0f : 1.0f;
    int32_t output = kt_build_quantized(b, "sum", in->type, scale, 7, in->rank, in->dim);
    kt_op_add1(b->model, KT_ADD, kt_options_default(), KT_LIST(x, y), output);
    return output;
}

/* A padding operator in front of a convolution, whose border is the input's zero point. */
static void pad_then_convolve(struct kt_sink *sink, int32_t code, enum kt_weights weights,
                              int32_t before, int32_t after)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_layer layer = make_layer(code, 4, 3, weights, KT_VALID);
    layer.options.stride_h = 2;
    layer.options.stride_w = 2;
    int32_t input = kt_build_tensor(&b, "input", type_of(weights), KT_LIST(1, 8, 7, 4));
    int32_t output = kt_build_layer(&b, &layer, add_pad(&b, input, before, after, -1));
    snprintf(c.label, sizeof(c.label), "after PAD of %d and %d, weights %d", (int)before,
             (int)after, (int)weights);
    kt_case_end(sink, &c, input, output);
}

/* What a padded pool of maxima is in a file: PADV2 with the lowest value in front of one without
 * padding; or with another value, which the pool sees. */
static void pad_then_pool(struct kt_sink *sink, int32_t type, bool lowest)
{
    const float f32 = lowest ? -FLT_MAX : 0.25f;
    const int8_t s8 = lowest ? INT8_MIN : 3;
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_MAX_POOL_2D);
    struct kt_options pool = kt_options_default();
    pool.filter_h = pool.filter_w = 3;
    pool.stride_h = pool.stride_w = 2;
    pool.padding = KT_VALID;
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(1, 6, 7, 3));
    int32_t value = kt_build_like(&b, "value", input, 0, NULL);
    kt_data(c.model, value, type == KT_F32 ? (const void *)&f32 : (const void *)&s8,
            kt_type_bytes(type));
    int32_t padded = add_pad(&b, input, 1, 2, value);
    int32_t output = kt_build_pool(&b, KT_MAX_POOL_2D, pool, padded);
    snprintf(c.label, sizeof(c.label), "%s, after PADV2 with %s", kt_type_name(type),
             lowest ? "the lowest value" : "another value");
    kt_case_end(sink, &c, input, output);
}

/* A convolution, then an activation as an operator of its own. */
static void convolve_then_activate(struct kt_sink *sink, int32_t activation,
                                   enum kt_weights weights)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, activation);
    struct kt_layer layer = make_layer(KT_CONV_2D, 5, 3, weights, KT_SAME);
    int32_t input = kt_build_tensor(&b, "input", type_of(weights), KT_LIST(1, 6, 6, 3));
    int32_t output = add_unary(&b, activation, kt_build_layer(&b, &layer, input));
    snprintf(c.label, sizeof(c.label), "after CONV_2D, weights %d", (int)weights);
    kt_case_end(sink, &c, input, output);
}

/* A value that is read again after operators that could have overwritten it. */
static void residual(struct kt_sink *sink, enum kt_weights weights)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_ADD);
    struct kt_layer layer = make_layer(KT_CONV_2D, 6, 3, weights, KT_SAME);
    int32_t input = kt_build_tensor(&b, "input", type_of(weights), KT_LIST(1, 7, 7, 6));
    int32_t first = kt_build_layer(&b, &layer, input);
    int32_t relu = add_unary(&b, KT_RELU, first);
    int32_t second = kt_build_layer(&b, &layer, relu);
    int32_t output = add_sum(&b, add_sum(&b, second, first), add_sum(&b, relu, input));
    kt_outputs(c.model, KT_LIST(output, relu));
    snprintf(c.label, sizeof(c.label), "residual block with two outputs, weights %d", (int)weights);
    kt_case_end(sink, &c, input, output);
}

/* The same tensor as both operands, then as two outputs. */
static void same_twice(struct kt_sink *sink, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_ADD);
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(1, 3, 3, 2));
    int32_t sum = add_sum(&b, input, input);
    int32_t flat = kt_build_like(&b, "flat", sum, KT_LIST(1, 18));
    kt_op_add1(c.model, KT_RESHAPE, kt_options_default(), KT_LIST(sum), flat);
    kt_outputs(c.model, KT_LIST(sum, flat));
    snprintf(c.label, sizeof(c.label), "both operands the same, output also reshaped, type %d",
             (int)type);
    kt_case_end(sink, &c, input, sum);
}

/* A shape computed from a tensor, as converters write it for a flattened batch. */
static void computed_shape(struct kt_sink *sink)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SHAPE);
    struct kt_options shrink = kt_options_default(), pack = kt_options_default();
    int32_t input = kt_build_tensor(&b, "input", KT_I8, KT_LIST(1, 1, 1, 12));
    int32_t shape = kt_tensor_add(c.model, "shape", KT_I32, KT_LIST(4));
    int32_t zero = kt_vector_i32(c.model, "zero", KT_LIST(0));
    int32_t one = kt_vector_i32(c.model, "one", KT_LIST(1));
    int32_t batch = kt_tensor_add(c.model, "batch", KT_I32, 0, NULL);
    int32_t twelve = kt_scalar_i32(c.model, "twelve", 12);
    int32_t wanted = kt_tensor_add(c.model, "wanted", KT_I32, KT_LIST(2));
    int32_t output = kt_build_like(&b, "output", input, KT_LIST(1, 12));
    shrink.shrink_axis_mask = 1;
    pack.count = 2;
    kt_op_add1(c.model, KT_SHAPE, kt_options_default(), KT_LIST(input), shape);
    kt_op_add1(c.model, KT_STRIDED_SLICE, shrink, KT_LIST(shape, zero, one, one), batch);
    kt_op_add1(c.model, KT_PACK, pack, KT_LIST(batch, twelve), wanted);
    kt_op_add1(c.model, KT_RESHAPE, kt_options_default(), KT_LIST(input, wanted), output);
    snprintf(c.label, sizeof(c.label), "SHAPE, STRIDED_SLICE, PACK, RESHAPE");
    kt_case_end(sink, &c, input, output);
}

/* Branches joined: each branch's result must survive until the join. */
static void branches(struct kt_sink *sink, enum kt_weights weights)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_CONCATENATION);
    struct kt_options options = kt_options_default();
    struct kt_layer layer = make_layer(KT_DEPTHWISE_CONV_2D, 4, 3, weights, KT_SAME);
    int32_t input = kt_build_tensor(&b, "input", type_of(weights), KT_LIST(1, 6, 5, 4));
    int32_t left = kt_build_layer(&b, &layer, input);
    int32_t right = add_unary(&b, KT_RELU, left);
    int32_t output = kt_build_like(&b, "joined", left, KT_LIST(1, 6, 5, 12));
    options.axis = 3;
    kt_op_add1(c.model, KT_CONCATENATION, options, KT_LIST(left, right, left), output);
    snprintf(c.label, sizeof(c.label), "branches of one layer, weights %d", (int)weights);
    kt_case_end(sink, &c, input, output);
}

/* Float in, int8 inside, float out, with a classifier at the end. */
static void quantized_inside(struct kt_sink *sink)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_DEQUANTIZE);
    struct kt_layer layer = make_layer(KT_CONV_2D, 8, 3, KT_WEIGHTS_CHANNEL, KT_SAME);
    struct kt_layer dense = make_layer(KT_FULLY_CONNECTED, 5, 0, KT_WEIGHTS_TENSOR, 0);
    struct kt_options pool = kt_options_default();
    pool.padding = KT_VALID;
    pool.filter_h = 4;
    pool.filter_w = 4;
    int32_t input = kt_tensor_add(c.model, "input", KT_F32, KT_LIST(1, 4, 4, 3));
    int32_t q = kt_build_quantized(&b, "q", KT_I8, 0.016f, -3, KT_LIST(1, 4, 4, 3));
    kt_op_add1(c.model, KT_QUANTIZE, kt_options_default(), KT_LIST(input), q);
    int32_t pooled = kt_build_pool(&b, KT_AVERAGE_POOL_2D, pool, kt_build_layer(&b, &layer, q));
    int32_t flat = kt_build_like(&b, "flat", pooled, KT_LIST(1, 8));
    kt_op_add1(c.model, KT_RESHAPE, kt_options_default(), KT_LIST(pooled), flat);
    int32_t scores = kt_build_softmax(&b, 1.0f, kt_build_layer(&b, &dense, flat));
    int32_t output = kt_tensor_add(c.model, "output", KT_F32, KT_LIST(1, 5));
    kt_op_add1(c.model, KT_DEQUANTIZE, kt_options_default(), KT_LIST(scores), output);
    snprintf(c.label, sizeof(c.label), "float classifier that is int8 inside");
    kt_case_end(sink, &c, input, output);
}

/* The value in front of an activation that could be fused is an output, too. */
static void intermediate_output(struct kt_sink *sink, enum kt_weights weights)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_RELU);
    struct kt_layer layer = make_layer(KT_CONV_2D, 3, 2, weights, KT_VALID);
    int32_t input = kt_build_tensor(&b, "input", type_of(weights), KT_LIST(1, 4, 5, 2));
    int32_t sum = kt_build_layer(&b, &layer, input);
    int32_t output = add_unary(&b, KT_RELU, sum);
    kt_outputs(c.model, KT_LIST(sum, output));
    snprintf(c.label, sizeof(c.label), "its input is an output too, weights %d", (int)weights);
    kt_case_end(sink, &c, input, output);
}

static int32_t add_reshape(struct kt_build *b, int32_t input, int32_t rank, const int32_t *dim)
{
    int32_t output = kt_build_like(b, "reshaped", input, rank, dim);
    kt_op_add1(b->model, KT_RESHAPE, kt_options_default(), KT_LIST(input), output);
    return output;
}

/* A reshaped value shares memory with its source, which is read again after the activation. */
static void reshaped_branch(struct kt_sink *sink, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_RESHAPE);
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(1, 4, 3, 2));
    int32_t source = add_sum(&b, input, input);
    int32_t flat = add_reshape(&b, source, KT_LIST(1, 24));
    int32_t back = add_reshape(&b, add_unary(&b, KT_RELU, flat), KT_LIST(1, 4, 3, 2));
    int32_t output = add_sum(&b, source, back);
    snprintf(c.label, sizeof(c.label), "its source is read after an activation, type %d",
             (int)type);
    kt_case_end(sink, &c, input, output);
}

/* Parts of a split: one is changed, one unused, and the join takes them in another order. */
static void split_and_join(struct kt_sink *sink, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SPLIT);
    struct kt_options split = kt_options_default(), join = kt_options_default();
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(1, 4, 3, 6)), part[3];
    int32_t axis = kt_scalar_i32(c.model, "axis", 3);
    for (int32_t i = 0; i < 3; i++) {
        part[i] = kt_build_like(&b, "part", input, KT_LIST(1, 4, 3, 2));
    }
    split.count = 3;
    join.axis = -1;
    kt_op_add(c.model, KT_SPLIT, split, KT_LIST(axis, input), 3, part);
    int32_t changed = add_unary(&b, KT_RELU, part[0]);
    int32_t output = kt_build_like(&b, "joined", input, KT_LIST(1, 4, 3, 8));
    kt_op_add1(c.model, KT_CONCATENATION, join, KT_LIST(part[2], changed, part[0], changed),
               output);
    snprintf(c.label, sizeof(c.label), "parts joined in another order, type %d", (int)type);
    kt_case_end(sink, &c, input, output);
}

/* A second subgraph that nothing calls. */
static void two_subgraphs(struct kt_sink *sink)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_RELU);
    int32_t input = kt_build_tensor(&b, "input", KT_I8, KT_LIST(1, 5, 3));
    kt_outputs(c.model, KT_LIST(add_unary(&b, KT_RELU, input)));
    kt_inputs(c.model, KT_LIST(input));
    kt_subgraph_add(c.model, "spare");
    int32_t other = kt_build_tensor(&b, "other input", KT_I8, KT_LIST(2, 2));
    kt_inputs(c.model, KT_LIST(other));
    kt_outputs(c.model, KT_LIST(add_sum(&b, other, other)));
    snprintf(c.label, sizeof(c.label), "first of two subgraphs");
    kt_case_end(sink, &c, other, -1);
}

/*
 * Rows from three sources, one of them read a second time, joined and taken apart again: what may
 * be computed in the joined value, and looked at in it.
 */
static void rows_joined_and_split(struct kt_sink *sink, int32_t type)
{
    enum { ROWS = 2, WIDTH = 4, CHANNELS = 6 };
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_CONCATENATION);
    struct kt_options options = kt_options_default();
    int32_t part[3];
    int32_t input =
        kt_build_quantized(&b, "input", type, 0.05f, 3, KT_LIST(1, ROWS, WIDTH, CHANNELS));
    int32_t again = add_unary(&b, KT_RELU, input);
    int32_t twice = add_unary(&b, KT_RELU6, again);
    int32_t whole = kt_build_like(&b, "whole", input, KT_LIST(1, ROWS * 3, WIDTH, CHANNELS));
    options.axis = 1;
    kt_op_add1(c.model, KT_CONCATENATION, options, KT_LIST(again, input, twice), whole);
    int32_t later = add_unary(&b, KT_RELU, again);
    for (int32_t i = 0; i < 3; i++) {
        part[i] = kt_build_like(&b, "part", input, KT_LIST(1, ROWS, WIDTH, CHANNELS));
    }
    int32_t axis = kt_scalar_i32(c.model, "axis", 1);
    options.count = 3;
    kt_op_add(c.model, KT_SPLIT, options, KT_LIST(axis, whole), 3, part);
    int32_t output = add_sum(&b, add_sum(&b, part[2], part[1]), add_sum(&b, part[0], later));
    snprintf(c.label, sizeof(c.label), "%s rows joined, split and added",
             type == KT_I8 ? "int8" : "float32");
    kt_case_end(sink, &c, input, output);
}

/* Weights that are stored as float16 or int8 and dequantised: constants in the end. */
static void stored_weights(struct kt_sink *sink, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_FULLY_CONNECTED);
    int32_t input = kt_build_tensor(&b, "input", KT_F32, KT_LIST(2, 9));
    int32_t stored = kt_build_quantized(&b, "stored", type, 0.02f, 5, KT_LIST(4, 9));
    uint16_t *data = kt_alloc(c.model, 36, sizeof(*data));
    for (int32_t i = 0; i < 36; i++) { /* finite, the smallest ones among them */
        int32_t sign = kt_random_between(b.random, 0, 1);
        data[i] = (uint16_t)(sign << 15 | kt_random_between(b.random, 0, 17 << 10));
    }
    kt_data(c.model, stored, data, 36 * kt_type_bytes(type));
    int32_t weights = kt_build_tensor(&b, "weights", KT_F32, KT_LIST(4, 9));
    int32_t output = kt_build_tensor(&b, "output", KT_F32, KT_LIST(2, 4));
    kt_op_add1(c.model, KT_DEQUANTIZE, kt_options_default(), KT_LIST(stored), weights);
    kt_op_add1(c.model, KT_FULLY_CONNECTED, kt_options_default(), KT_LIST(input, weights, -1),
               output);
    snprintf(c.label, sizeof(c.label), "weights stored as %s", type == KT_F16 ? "float16" : "int8");
    kt_case_end(sink, &c, input, output);
}

void kt_generate_chain(struct kt_sink *sink)
{
    for (int32_t w = KT_WEIGHTS_F32; w <= KT_WEIGHTS_CHANNEL; w++) {
        enum kt_weights weights = (enum kt_weights)w;
        pad_then_convolve(sink, KT_CONV_2D, weights, 1, 1);
        pad_then_convolve(sink, KT_CONV_2D, weights, 0, 2);
        pad_then_convolve(sink, KT_DEPTHWISE_CONV_2D, weights, 0, 1);
        convolve_then_activate(sink, KT_RELU, weights);
        convolve_then_activate(sink, KT_RELU6, weights);
        residual(sink, weights);
        branches(sink, weights);
        intermediate_output(sink, weights);
    }
    for (int lowest = 0; lowest < 2; lowest++) {
        pad_then_pool(sink, KT_F32, lowest);
        pad_then_pool(sink, KT_I8, lowest);
    }
    stored_weights(sink, KT_F16);
    stored_weights(sink, KT_I8);
    same_twice(sink, KT_I8);
    same_twice(sink, KT_F32);
    reshaped_branch(sink, KT_I8);
    reshaped_branch(sink, KT_F32);
    split_and_join(sink, KT_I8);
    split_and_join(sink, KT_F32);
    rows_joined_and_split(sink, KT_I8);
    rows_joined_and_split(sink, KT_F32);
    computed_shape(sink);
    two_subgraphs(sink);
    quantized_inside(sink);
}
