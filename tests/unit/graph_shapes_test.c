/* SPDX-License-Identifier: Apache-2.0 */
/* Each shape rule: shapes that it accepts, and each way to break them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graph_build.h"

/* A graph of one operator; float32 tensors unless the operator wants integers. */
struct single {
    struct kl_graph *graph;
    struct kl_tensor *in[4];
    struct kl_tensor *out[4];
    struct kl_op *op;
};

static struct kl_tensor *float_input(struct kl_graph *graph, struct kl_shape shape)
{
    return gb_input(graph, "value", KL_F32, shape);
}

/* `count` inputs of these shapes and one output. */
static struct single make(enum kl_op_kind kind, int32_t count, const struct kl_shape *shapes,
                          struct kl_shape out)
{
    struct single s = {.graph = gb_create()};
    for (int32_t i = 0; i < count; i++) {
        s.in[i] = float_input(s.graph, shapes[i]);
    }
    s.out[0] = gb_tensor(s.graph, "result", KL_F32, out);
    s.op = gb_op(s.graph, kind, count, s.in, 1, s.out);
    gb_output(s.graph, s.out[0]);
    return s;
}

/* A data input, constant integers, and one output. */
static struct single make_with_ints(enum kl_op_kind kind, struct kl_shape in, int32_t count,
                                    const int32_t *values, struct kl_shape out)
{
    struct single s = {.graph = gb_create()};
    s.in[0] = float_input(s.graph, in);
    s.in[1] = gb_ints(s.graph, count, values);
    s.out[0] = gb_tensor(s.graph, "result", KL_F32, out);
    s.op = gb_op(s.graph, kind, 2, s.in, 1, s.out);
    gb_output(s.graph, s.out[0]);
    return s;
}

/* A data input, two lists of constant integers, and one output. */
static struct single make_with_lists(enum kl_op_kind kind, struct kl_shape in,
                                     const int32_t counts[2], const int32_t *first,
                                     const int32_t *second, struct kl_shape out)
{
    struct single s = {.graph = gb_create()};
    s.in[0] = float_input(s.graph, in);
    s.in[1] = gb_ints(s.graph, counts[0], first);
    s.in[2] = gb_ints(s.graph, counts[1], second);
    s.out[0] = gb_tensor(s.graph, "result", KL_F32, out);
    s.op = gb_op(s.graph, kind, 3, s.in, 1, s.out);
    gb_output(s.graph, s.out[0]);
    return s;
}

/* The graph is sound; with another shape of `tensor` it is refused with `words`. */
static void breaks(struct single *s, struct kl_tensor *tensor, struct kl_shape shape,
                   const char *words)
{
    struct kl_shape before = tensor->shape;
    gb_accept(s->graph);
    gb_reshape(tensor, shape);
    gb_refuse(s->graph, words);
    gb_reshape(tensor, before);
}

/* The graph is sound; with other integers in `tensor` it is refused with `words`. */
static void breaks_with(struct single *s, struct kl_tensor *tensor, const int32_t *values,
                        const char *words)
{
    const void *before = tensor->data;
    gb_accept(s->graph);
    gb_fill(s->graph, tensor, values);
    gb_refuse(s->graph, words);
    tensor->data = before;
}

static void test_same(void **state)
{
    static const enum kl_op_kind kinds[] = {KL_OP_SOFTMAX,    KL_OP_LOGISTIC,   KL_OP_TANH,
                                            KL_OP_RELU,       KL_OP_RELU6,      KL_OP_LEAKY_RELU,
                                            KL_OP_HARD_SWISH, KL_OP_DEQUANTIZE, KL_OP_QUANTIZE};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct single s = make(kinds[i], 1, (struct kl_shape[]){GB_SHAPE(2, 3)}, GB_SHAPE(2, 3));
        breaks(&s, s.out[0], GB_SHAPE(3, 2), "has shape [3,2], its inputs imply [2,3]");
        breaks(&s, s.out[0], GB_SHAPE(6), "has shape [6], its inputs imply [2,3]");
        gb_free(s.graph);
    }
}

static void test_conv(void **state)
{
    (void)state;
    struct single s =
        make(KL_OP_CONV_2D, 3,
             (struct kl_shape[]){GB_SHAPE(2, 9, 8, 4), GB_SHAPE(6, 3, 2, 4), GB_SHAPE(6)},
             GB_SHAPE(2, 4, 4, 6));
    s.op->attr.window.stride_h = s.op->attr.window.stride_w = 2;
    breaks(&s, s.out[0], GB_SHAPE(2, 5, 4, 6), "its inputs imply [2,4,4,6]");
    breaks(&s, s.out[0], GB_SHAPE(1, 4, 4, 6), "its inputs imply [2,4,4,6]");
    breaks(&s, s.out[0], GB_SHAPE(2, 4, 4, 5), "its inputs imply [2,4,4,6]");
    breaks(&s, s.in[0], GB_SHAPE(9, 8, 4), "the input must have 4 dimensions");
    breaks(&s, s.in[1], GB_SHAPE(6, 24), "the filter must have 4 dimensions");
    breaks(&s, s.in[1], GB_SHAPE(6, 3, 2, 3), "do not make whole groups");
    breaks(&s, s.in[2], GB_SHAPE(5), "bias has 5 values for 6 output channels");
    gb_reshape(s.in[1], GB_SHAPE(6, 3, 2, 2)); /* two groups */
    gb_accept(s.graph);
    gb_reshape(s.in[1], GB_SHAPE(6, 3, 2, 1)); /* four groups cannot make six channels */
    gb_refuse(s.graph, "do not make whole groups");
    gb_free(s.graph);
}

static void test_window_padding_and_dilation(void **state)
{
    (void)state;
    struct single s =
        make(KL_OP_CONV_2D, 2, (struct kl_shape[]){GB_SHAPE(1, 10, 10, 1), GB_SHAPE(1, 3, 3, 1)},
             GB_SHAPE(1, 10, 6, 1));
    struct kl_attr_window *w = &s.op->attr.window;
    w->dilation_h = 3; /* covers 7 rows: 10 + 4 - 7 + 1 */
    w->pad_top = 4;
    w->pad_bottom = 2;
    w->stride_w = 2; /* (10 + 2 + 1 - 3) / 2 + 1 */
    w->pad_left = 2;
    w->pad_right = 1;
    gb_accept(s.graph);
    w->pad_bottom = 1;
    gb_refuse(s.graph, "its inputs imply [1,9,6,1]");
    w->pad_bottom = 2;
    w->pad_right = 0; /* the remainder does not matter */
    gb_refuse(s.graph, "its inputs imply [1,10,5,1]");
    w->pad_right = 1;
    w->dilation_w = 7; /* 15 columns do not fit into 13 */
    gb_refuse(s.graph, "its inputs imply [1,10,0,1]");
    gb_free(s.graph);
}

static void test_depthwise(void **state)
{
    (void)state;
    struct single s =
        make(KL_OP_DEPTHWISE_CONV_2D, 3,
             (struct kl_shape[]){GB_SHAPE(1, 5, 5, 3), GB_SHAPE(1, 3, 3, 6), GB_SHAPE(6)},
             GB_SHAPE(1, 3, 3, 6));
    breaks(&s, s.out[0], GB_SHAPE(1, 3, 3, 3), "its inputs imply [1,3,3,6]");
    breaks(&s, s.in[1], GB_SHAPE(2, 3, 3, 6), "does not suit 3 input channels");
    breaks(&s, s.in[1], GB_SHAPE(1, 3, 3, 7), "does not suit 3 input channels");
    breaks(&s, s.in[1], GB_SHAPE(3, 3, 6), "the filter must have 4 dimensions");
    breaks(&s, s.in[0], GB_SHAPE(5, 5, 3), "the input must have 4 dimensions");
    breaks(&s, s.in[2], GB_SHAPE(3), "bias has 3 values for 6 output channels");
    gb_free(s.graph);
}

static void test_pool(void **state)
{
    static const enum kl_op_kind kinds[] = {KL_OP_AVERAGE_POOL_2D, KL_OP_MAX_POOL_2D};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct single s =
            make(kinds[i], 1, (struct kl_shape[]){GB_SHAPE(1, 6, 8, 3)}, GB_SHAPE(1, 3, 2, 3));
        struct kl_attr_window *w = &s.op->attr.window;
        w->filter_h = w->stride_h = 2;
        w->filter_w = w->stride_w = 4;
        breaks(&s, s.out[0], GB_SHAPE(1, 3, 2, 1), "its inputs imply [1,3,2,3]");
        breaks(&s, s.in[0], GB_SHAPE(6, 8, 3), "the input must have 4 dimensions");
        w->filter_w = 5;
        gb_refuse(s.graph, "its inputs imply [1,3,1,3]");
        gb_free(s.graph);
    }
}

static void test_fully_connected(void **state)
{
    (void)state;
    struct single s =
        make(KL_OP_FULLY_CONNECTED, 3,
             (struct kl_shape[]){GB_SHAPE(2, 3, 4), GB_SHAPE(5, 4), GB_SHAPE(5)}, GB_SHAPE(6, 5));
    breaks(&s, s.out[0], GB_SHAPE(5, 6), "does not suit 6 rows of 5 channels");
    breaks(&s, s.out[0], GB_SHAPE(3, 5), "does not suit 6 rows of 5 channels");
    breaks(&s, s.in[0], GB_SHAPE(2, 3, 3), "18 input values are no multiple of 4");
    breaks(&s, s.in[1], GB_SHAPE(20), "the weights must have 2 dimensions");
    breaks(&s, s.in[2], GB_SHAPE(4), "bias has 4 values for 5 output channels");
    breaks(&s, s.out[0], GB_SCALAR, "does not suit 6 rows of 5 channels");
    gb_reshape(s.out[0], GB_SHAPE(2, 3, 5)); /* kept dimensions */
    gb_accept(s.graph);
    gb_free(s.graph);
}

static void test_broadcast(void **state)
{
    static const enum kl_op_kind kinds[] = {KL_OP_ADD, KL_OP_SUB, KL_OP_MUL, KL_OP_PRELU};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct single s = make(kinds[i], 2, (struct kl_shape[]){GB_SHAPE(2, 1, 4), GB_SHAPE(3, 1)},
                               GB_SHAPE(2, 3, 4));
        breaks(&s, s.out[0], GB_SHAPE(2, 1, 4), "its inputs imply [2,3,4]");
        breaks(&s, s.in[1], GB_SHAPE(3, 2), "cannot be broadcast");
        breaks(&s, s.in[1], GB_SHAPE(3, 1, 1), "cannot be broadcast");
        gb_reshape(s.in[1], GB_SCALAR);
        gb_refuse(s.graph, "its inputs imply [2,1,4]");
        gb_reshape(s.out[0], GB_SHAPE(2, 1, 4));
        gb_accept(s.graph);
        gb_free(s.graph);
    }
}

static void test_reduce(void **state)
{
    (void)state;
    struct single s =
        make_with_ints(KL_OP_MEAN, GB_SHAPE(2, 3, 4, 5), 2, (int32_t[]){1, -1}, GB_SHAPE(2, 4));
    breaks(&s, s.out[0], GB_SHAPE(2, 1, 4, 1), "its inputs imply [2,4]");
    breaks_with(&s, s.in[1], (int32_t[]){1, 4}, "axis 4 is outside a tensor of rank 4");
    breaks_with(&s, s.in[1], (int32_t[]){-5, 1}, "axis -5 is outside");
    breaks_with(&s, s.in[1], (int32_t[]){1, 1}, "its inputs imply [2,4,5]");
    s.op->attr.reduce.keep_dims = true;
    gb_refuse(s.graph, "its inputs imply [2,1,4,1]");
    gb_reshape(s.out[0], GB_SHAPE(2, 1, 4, 1));
    gb_accept(s.graph);
    gb_free(s.graph);
}

static void test_pad(void **state)
{
    static const int32_t paddings[] = {0, 0, 1, 2, 3, 0};
    static const int32_t large[] = {0, 0, 1, 2, 32768, 0};
    static const int32_t negative[] = {0, 0, 1, 2, -1, 0};
    (void)state;
    struct single s = make_with_ints(KL_OP_PAD, GB_SHAPE(2, 3, 4), 6, paddings, GB_SHAPE(2, 6, 7));
    gb_reshape(s.in[1], GB_SHAPE(3, 2));
    breaks(&s, s.out[0], GB_SHAPE(2, 6, 6), "its inputs imply [2,6,7]");
    breaks(&s, s.in[0], GB_SHAPE(6, 4), "6 paddings for rank 2");
    breaks_with(&s, s.in[1], large, "padding 32768 is outside 0..32767");
    breaks_with(&s, s.in[1], negative, "padding -1 is outside 0..32767");
    s.in[1]->dtype = KL_F32;
    gb_refuse(s.graph, "input 1 must be int32 or int64, not float32");
    gb_free(s.graph);
}

static void test_reshape(void **state)
{
    static const enum kl_op_kind kinds[] = {KL_OP_RESHAPE, KL_OP_SQUEEZE};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct single s = make(kinds[i], 1, (struct kl_shape[]){GB_SHAPE(2, 6)}, GB_SHAPE(3, 4));
        breaks(&s, s.out[0], GB_SHAPE(3, 5), "reshapes 12 values to 15");
        gb_free(s.graph);
    }
    struct single s =
        make_with_ints(KL_OP_EXPAND_DIMS, GB_SHAPE(3), 1, (int32_t[]){0}, GB_SHAPE(1, 3));
    breaks(&s, s.out[0], GB_SHAPE(3, 3), "reshapes 3 values to 9");
    gb_free(s.graph);
}

static void test_transpose(void **state)
{
    (void)state;
    struct single s = make_with_ints(KL_OP_TRANSPOSE, GB_SHAPE(2, 3, 4), 3, (int32_t[]){2, 0, 1},
                                     GB_SHAPE(4, 2, 3));
    breaks(&s, s.out[0], GB_SHAPE(3, 4, 2), "its inputs imply [4,2,3]");
    breaks_with(&s, s.in[1], (int32_t[]){2, 0, 2}, "permutation names dimension 2 twice");
    breaks_with(&s, s.in[1], (int32_t[]){3, 0, 1}, "axis 3 is outside");
    breaks(&s, s.in[0], GB_SHAPE(6, 4), "permutation of 3 entries for rank 2");
    gb_free(s.graph);
}

static void test_strided_slice(void **state)
{
    (void)state;
    struct single s = {.graph = gb_create()};
    s.in[0] = float_input(s.graph, GB_SHAPE(5, 6));
    s.in[1] = gb_ints(s.graph, 2, (int32_t[]){1, 5});
    s.in[2] = gb_ints(s.graph, 2, (int32_t[]){4, 0});
    s.in[3] = gb_ints(s.graph, 2, (int32_t[]){2, -2});
    s.out[0] = gb_tensor(s.graph, "result", KL_F32, GB_SHAPE(2, 3));
    s.op = gb_op(s.graph, KL_OP_STRIDED_SLICE, 4, s.in, 1, s.out);
    gb_output(s.graph, s.out[0]);
    breaks(&s, s.out[0], GB_SHAPE(3, 3), "its inputs imply [2,3]");
    breaks_with(&s, s.in[3], (int32_t[]){0, 1}, "slice 1:4:0 of dimension 0 is invalid");
    breaks_with(&s, s.in[3], (int32_t[]){1, 40000}, "of dimension 1 is invalid");
    breaks_with(&s, s.in[2], (int32_t[]){1, 0}, "slice of dimension 0 (size 5) is empty");
    breaks(&s, s.in[2], GB_SHAPE(1), "1 slice bounds for rank 2");
    breaks(&s, s.in[0], GB_SHAPE(30), "2 slice bounds for rank 1");
    s.op->attr.strided_slice.shrink_axis_mask = 1;
    gb_refuse(s.graph, "its inputs imply [3]");
    gb_reshape(s.out[0], GB_SHAPE(3));
    breaks_with(&s, s.in[1], (int32_t[]){5, 5}, "slice of dimension 0 (size 5) is empty");
    /* Far below the start is the start. */
    gb_fill(s.graph, s.in[1], (int32_t[]){-6, 5});
    gb_accept(s.graph);
    gb_free(s.graph);
}

static void test_concatenation(void **state)
{
    (void)state;
    struct single s = make(KL_OP_CONCATENATION, 2,
                           (struct kl_shape[]){GB_SHAPE(2, 3), GB_SHAPE(2, 4)}, GB_SHAPE(2, 7));
    s.op->attr.axis.axis = -1;
    breaks(&s, s.out[0], GB_SHAPE(2, 6), "its inputs imply [2,7]");
    breaks(&s, s.in[1], GB_SHAPE(3, 4), "input 1 differs outside axis 1");
    breaks(&s, s.in[1], GB_SHAPE(2, 4, 1), "input 1 has rank 3, input 0 has 2");
    s.op->attr.axis.axis = 2;
    gb_refuse(s.graph, "axis 2 is outside a tensor of rank 2");
    gb_free(s.graph);
}

/* One large tensor twice: the joined dimension does not fit int32. */
static void test_concatenation_overflow(void **state)
{
    (void)state;
    struct single s = {.graph = gb_create()};
    s.in[0] = gb_input(s.graph, "value", KL_S8, GB_SHAPE(INT32_MAX));
    s.in[1] = s.in[0];
    s.out[0] = gb_tensor(s.graph, "result", KL_S8, GB_SHAPE(1));
    s.op = gb_op(s.graph, KL_OP_CONCATENATION, 2, s.in, 1, s.out);
    gb_refuse(s.graph, "the joined dimension is too large");
    gb_free(s.graph);
}

static struct single make_split(int32_t parts, const struct kl_shape *shapes)
{
    struct single s = {.graph = gb_create()};
    s.in[0] = gb_scalar(s.graph, -1);
    s.in[1] = float_input(s.graph, GB_SHAPE(2, 6));
    for (int32_t i = 0; i < parts; i++) {
        s.out[i] = gb_tensor(s.graph, "part", KL_F32, shapes[i]);
    }
    s.op = gb_op(s.graph, KL_OP_SPLIT, 2, s.in, parts, s.out);
    return s;
}

static void test_split(void **state)
{
    (void)state;
    struct single s =
        make_split(3, (struct kl_shape[]){GB_SHAPE(2, 2), GB_SHAPE(2, 2), GB_SHAPE(2, 2)});
    breaks(&s, s.out[2], GB_SHAPE(2, 3), "output 2 has shape [2,3], its inputs imply [2,2]");
    breaks(&s, s.in[1], GB_SHAPE(2, 7), "dimension 7 does not split into 3 parts");
    breaks_with(&s, s.in[0], (int32_t[]){2}, "axis 2 is outside a tensor of rank 2");
    breaks_with(&s, s.in[0], (int32_t[]){0}, "dimension 2 does not split into 3 parts");
    gb_free(s.graph);
}

static void test_split_v(void **state)
{
    (void)state;
    struct single s = {.graph = gb_create()};
    s.in[0] = float_input(s.graph, GB_SHAPE(7, 2));
    s.in[1] = gb_ints(s.graph, 3, (int32_t[]){1, -1, 2});
    s.in[2] = gb_scalar(s.graph, 0);
    s.out[0] = gb_tensor(s.graph, "part", KL_F32, GB_SHAPE(1, 2));
    s.out[1] = gb_tensor(s.graph, "part", KL_F32, GB_SHAPE(4, 2));
    s.out[2] = gb_tensor(s.graph, "part", KL_F32, GB_SHAPE(2, 2));
    s.op = gb_op(s.graph, KL_OP_SPLIT_V, 3, s.in, 3, s.out);
    breaks(&s, s.out[1], GB_SHAPE(5, 2), "output 1 has shape [5,2], its inputs imply [4,2]");
    breaks_with(&s, s.in[1], (int32_t[]){1, 4, 3}, "do not make 3 parts of dimension 7");
    breaks_with(&s, s.in[1], (int32_t[]){1, -1, -1}, "size -1 of part 2");
    breaks_with(&s, s.in[1], (int32_t[]){1, -2, 2}, "size -2 of part 1");
    breaks_with(&s, s.in[1], (int32_t[]){1, 8, 2}, "size 8 of part 1");
    breaks_with(&s, s.in[1], (int32_t[]){4, -1, 4}, "its inputs imply [4,2]");
    breaks(&s, s.in[1], GB_SHAPE(2), "2 sizes do not make 3 parts");
    gb_free(s.graph);
}

static void test_pack(void **state)
{
    (void)state;
    struct single s =
        make(KL_OP_PACK, 2, (struct kl_shape[]){GB_SHAPE(2, 3), GB_SHAPE(2, 3)}, GB_SHAPE(2, 2, 3));
    s.op->attr.axis.axis = -3;
    breaks(&s, s.out[0], GB_SHAPE(2, 3, 2), "its inputs imply [2,2,3]");
    breaks(&s, s.in[1], GB_SHAPE(3, 2), "input 1 differs in shape from input 0");
    s.op->attr.axis.axis = 2;
    gb_refuse(s.graph, "its inputs imply [2,3,2]");
    s.op->attr.axis.axis = 3;
    gb_refuse(s.graph, "axis 3 is outside a tensor of rank 3");
    gb_reshape(s.in[0], GB_SHAPE(1, 1, 1, 1, 1, 1));
    gb_refuse(s.graph, "more than 6 dimensions");
    gb_free(s.graph);
}

static void test_unpack(void **state)
{
    (void)state;
    struct single s = {.graph = gb_create()};
    s.in[0] = float_input(s.graph, GB_SHAPE(3, 2));
    s.out[0] = gb_tensor(s.graph, "part", KL_F32, GB_SHAPE(3));
    s.out[1] = gb_tensor(s.graph, "part", KL_F32, GB_SHAPE(3));
    s.op = gb_op(s.graph, KL_OP_UNPACK, 1, s.in, 2, s.out);
    s.op->attr.axis.axis = 1;
    breaks(&s, s.out[1], GB_SHAPE(2), "output 1 does not suit the input's shape");
    breaks(&s, s.out[1], GB_SHAPE(3, 1), "output 1 does not suit the input's shape");
    breaks(&s, s.in[0], GB_SHAPE(3, 3), "output 0 does not suit the input's shape");
    s.op->attr.axis.axis = 2;
    gb_refuse(s.graph, "axis 2 is outside a tensor of rank 2");
    gb_free(s.graph);
}

static void test_shape(void **state)
{
    (void)state;
    struct single s = make(KL_OP_SHAPE, 1, (struct kl_shape[]){GB_SHAPE(2, 3)}, GB_SHAPE(2));
    s.out[0]->dtype = KL_S32;
    breaks(&s, s.out[0], GB_SHAPE(3), "its inputs imply [2]");
    gb_free(s.graph);
}

static void test_resize(void **state)
{
    (void)state;
    struct single s = make_with_ints(KL_OP_RESIZE_NEAREST_NEIGHBOR, GB_SHAPE(1, 2, 3, 4), 2,
                                     (int32_t[]){5, 7}, GB_SHAPE(1, 5, 7, 4));
    breaks(&s, s.out[0], GB_SHAPE(1, 7, 5, 4), "its inputs imply [1,5,7,4]");
    breaks(&s, s.in[0], GB_SHAPE(2, 3, 4), "the input must have 4 dimensions");
    breaks_with(&s, s.in[1], (int32_t[]){0, 7}, "the new size must be two numbers of 1..65535");
    breaks_with(&s, s.in[1], (int32_t[]){5, 65536}, "the new size must be two numbers");
    breaks(&s, s.in[1], GB_SHAPE(1), "the new size must be two numbers");
    gb_free(s.graph);
}

static void test_slice(void **state)
{
    (void)state;
    struct single s = make_with_lists(KL_OP_SLICE, GB_SHAPE(4, 5), (int32_t[]){2, 2},
                                      (int32_t[]){1, 2}, (int32_t[]){2, -1}, GB_SHAPE(2, 3));
    breaks(&s, s.out[0], GB_SHAPE(2, 2), "its inputs imply [2,3]");
    breaks(&s, s.in[2], GB_SHAPE(1), "2 and 1 slice bounds for rank 2");
    breaks_with(&s, s.in[1], (int32_t[]){-1, 2}, "from -1 of dimension 0 (4)");
    breaks_with(&s, s.in[1], (int32_t[]){1, 5}, "-1 elements from 5 of dimension 1 (5)");
    breaks_with(&s, s.in[2], (int32_t[]){4, 3}, "4 elements from 1 of dimension 0 (4)");
    breaks_with(&s, s.in[2], (int32_t[]){0, 3}, "0 elements from 1 of dimension 0 (4)");
    gb_free(s.graph);
}

static void test_mirror_pad(void **state)
{
    (void)state;
    struct single s = make_with_ints(KL_OP_MIRROR_PAD, GB_SHAPE(2, 3), 4, (int32_t[]){1, 0, 2, 2},
                                     GB_SHAPE(3, 7));
    s.op->attr.mirror.reflect = true;
    breaks(&s, s.out[0], GB_SHAPE(3, 6), "its inputs imply [3,7]");
    breaks_with(&s, s.in[1], (int32_t[]){2, 0, 2, 2}, "dimension 0 has 1 elements to mirror");
    breaks_with(&s, s.in[1], (int32_t[]){1, 0, 2, 3}, "dimension 1 has 2 elements to mirror");
    s.op->attr.mirror.reflect = false;
    breaks_with(&s, s.in[1], (int32_t[]){1, 3, 2, 2}, "dimension 0 has 2 elements to mirror");
    gb_free(s.graph);
}

static void test_space_and_depth(void **state)
{
    (void)state;
    struct single s = make(KL_OP_SPACE_TO_DEPTH, 1, (struct kl_shape[]){GB_SHAPE(1, 4, 6, 3)},
                           GB_SHAPE(1, 2, 3, 12));
    s.op->attr.block.size = 2;
    breaks(&s, s.out[0], GB_SHAPE(1, 2, 3, 6), "its inputs imply [1,2,3,12]");
    breaks(&s, s.in[0], GB_SHAPE(4, 6, 3), "the input must have 4 dimensions");
    breaks(&s, s.in[0], GB_SHAPE(1, 4, 5, 3), "blocks of side 2 do not divide [1,4,5,3]");
    s.op->attr.block.size = 0;
    gb_refuse(s.graph, "blocks of side 0");
    gb_free(s.graph);
    s = make(KL_OP_DEPTH_TO_SPACE, 1, (struct kl_shape[]){GB_SHAPE(1, 2, 3, 12)},
             GB_SHAPE(1, 4, 6, 3));
    s.op->attr.block.size = 2;
    breaks(&s, s.in[0], GB_SHAPE(1, 2, 3, 10), "blocks of side 2 do not divide [1,2,3,10]");
    s.op->attr.block.size = 1 << 16;
    gb_refuse(s.graph, "blocks of side 65536");
    gb_free(s.graph);
}

static void test_space_and_batch(void **state)
{
    (void)state;
    struct single s =
        make_with_lists(KL_OP_SPACE_TO_BATCH_ND, GB_SHAPE(2, 5, 7, 2), (int32_t[]){2, 4},
                        (int32_t[]){2, 3}, (int32_t[]){1, 2, 4, 4}, GB_SHAPE(12, 4, 5, 2));
    breaks(&s, s.out[0], GB_SHAPE(12, 5, 4, 2), "its inputs imply [12,4,5,2]");
    breaks(&s, s.in[2], GB_SHAPE(3), "2 block sides and 3 paddings or crops");
    breaks_with(&s, s.in[1], (int32_t[]){2, 4}, "blocks of 4 do not divide 15 elements");
    breaks_with(&s, s.in[1], (int32_t[]){0, 3}, "blocks of 0 with 1 before and 2 behind");
    breaks_with(&s, s.in[2], (int32_t[]){-1, 2, 4, 4}, "blocks of 2 with -1 before");
    gb_free(s.graph);
    s = make_with_lists(KL_OP_BATCH_TO_SPACE_ND, GB_SHAPE(12, 4, 5, 2), (int32_t[]){2, 4},
                        (int32_t[]){2, 3}, (int32_t[]){1, 2, 4, 4}, GB_SHAPE(2, 5, 7, 2));
    breaks_with(&s, s.in[1], (int32_t[]){5, 3}, "blocks of 5 do not suit its batches and crops");
    breaks_with(&s, s.in[2], (int32_t[]){4, 4, 4, 4}, "blocks of 2 do not suit its batches");
    gb_free(s.graph);
}

/* What depends on values of the run is not the verifier's business: the planner names it. */
static void test_computed_parameters_are_left_to_the_planner(void **state)
{
    (void)state;
    struct single s = make_with_ints(KL_OP_PAD, GB_SHAPE(2), 2, (int32_t[]){1, 1}, GB_SHAPE(4));
    gb_main(s.graph)->inputs[0] = s.in[0];
    struct kl_tensor *computed = gb_input(s.graph, "computed", KL_S32, GB_SHAPE(2));
    s.op->inputs[1] = computed;
    gb_accept(s.graph);
    gb_free(s.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_window_padding_and_dilation),
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_fully_connected),
        cmocka_unit_test(test_broadcast),
        cmocka_unit_test(test_reduce),
        cmocka_unit_test(test_pad),
        cmocka_unit_test(test_reshape),
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_strided_slice),
        cmocka_unit_test(test_concatenation),
        cmocka_unit_test(test_concatenation_overflow),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_split_v),
        cmocka_unit_test(test_pack),
        cmocka_unit_test(test_unpack),
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_mirror_pad),
        cmocka_unit_test(test_space_and_depth),
        cmocka_unit_test(test_space_and_batch),
        cmocka_unit_test(test_computed_parameters_are_left_to_the_planner),
    };
    return cmocka_run_group_tests_name("graph shapes", tests, NULL, NULL);
}
