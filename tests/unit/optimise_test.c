/* SPDX-License-Identifier: Apache-2.0 */
/* Each pass on small graphs: what it rewrites, what it must leave alone, what it prints. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graph_build.h"
#include "optimise/optimise.h"
#include "optimise/passes.h"

typedef enum kl_err pass_fn(struct kl_graph *graph, struct kl_diag *diag);

/* Run one pass between two verifications. */
static void apply(pass_fn *pass, struct kl_graph *graph)
{
    struct kl_diag diag = {0};
    gb_accept(graph);
    assert_int_equal(pass(graph, &diag), KL_OK);
    gb_accept(graph);
}

static void optimise(struct kl_graph *graph)
{
    struct kl_diag diag = {0};
    if (kl_optimise(graph, NULL, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
}

static int32_t op_count(const struct kl_graph *graph)
{
    return gb_main(graph)->op_count;
}

static struct kl_op *op_at(const struct kl_graph *graph, int32_t index)
{
    assert_true(index < op_count(graph));
    return gb_main(graph)->ops[index];
}

/* An int8 tensor; NULL quantisation when the scale is 0. */
static struct kl_tensor *int8(struct kl_graph *graph, const char *name, struct kl_shape shape,
                              float scale, int32_t zero_point)
{
    struct kl_tensor *tensor = gb_tensor(graph, name, KL_S8, shape);
    gb_quantise(graph, tensor, scale, zero_point);
    return tensor;
}

static struct kl_tensor *ints(struct kl_graph *graph, const char *name, struct kl_shape shape)
{
    return gb_tensor(graph, name, KL_S32, shape);
}

static void test_canonicalise(void **state)
{
    static const enum kl_op_kind kinds[] = {KL_OP_EXPAND_DIMS, KL_OP_SQUEEZE, KL_OP_RESHAPE};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct kl_graph *graph = gb_create();
        struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(1, 3));
        struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(3));
        struct kl_op *op = gb_op(graph, kinds[i], GB_LIST(in, gb_scalar(graph, 0)), GB_LIST(out));
        op->input_count = kinds[i] == KL_OP_SQUEEZE ? 1 : 2;
        gb_output(graph, out);
        apply(kl_pass_canonicalise, graph);
        assert_int_equal(op->kind, KL_OP_RESHAPE);
        assert_int_equal(op->input_count, 1);
        assert_ptr_equal(op->inputs[0], in);
        gb_free(graph);
    }
}

static void test_canonicalise_leaves_what_moves(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 3));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(3, 2));
    struct kl_tensor *perm = gb_ints(graph, 2, (int32_t[]){1, 0});
    struct kl_op *op = gb_op(graph, KL_OP_TRANSPOSE, GB_LIST(in, perm), GB_LIST(out));
    apply(kl_pass_canonicalise, graph);
    assert_int_equal(op->kind, KL_OP_TRANSPOSE);
    assert_int_equal(op->input_count, 2);
    gb_free(graph);
}

/* SHAPE -> STRIDED_SLICE -> PACK -> RESHAPE, as converters write "flatten all but the batch". */
static void test_fold_a_computed_shape(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(2, 3, 4));
    struct kl_tensor *shape = ints(graph, "shape", GB_SHAPE(3));
    struct kl_tensor *batch = ints(graph, "batch", GB_SCALAR);
    struct kl_tensor *packed = ints(graph, "packed", GB_SHAPE(2));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 12));
    gb_op(graph, KL_OP_SHAPE, GB_LIST(in), GB_LIST(shape));
    struct kl_op *slice =
        gb_op(graph, KL_OP_STRIDED_SLICE,
              GB_LIST(shape, gb_ints(graph, 1, (int32_t[]){0}), gb_ints(graph, 1, (int32_t[]){1}),
                      gb_ints(graph, 1, (int32_t[]){1})),
              GB_LIST(batch));
    slice->attr.strided_slice.shrink_axis_mask = 1;
    gb_op(graph, KL_OP_PACK, GB_LIST(batch, gb_scalar(graph, 12)), GB_LIST(packed));
    gb_op(graph, KL_OP_RESHAPE, GB_LIST(in, packed), GB_LIST(out));
    gb_output(graph, out);
    apply(kl_pass_fold_constants, graph);
    assert_int_equal(op_count(graph), 1);
    assert_int_equal(op_at(graph, 0)->kind, KL_OP_RESHAPE);
    assert_memory_equal(packed->data, ((int32_t[]){2, 12}), 8);
    assert_memory_equal(shape->data, ((int32_t[]){2, 3, 4}), 12);
    assert_null(packed->producer);
    gb_free(graph);
}

/* Two constants and a CONCATENATION of them, read by an ADD. */
static struct kl_op *constant_join(struct kl_graph *graph, float second_scale)
{
    struct kl_tensor *a = int8(graph, "a", GB_SHAPE(2), 0.5f, 0);
    struct kl_tensor *b = int8(graph, "b", GB_SHAPE(2), second_scale, 0);
    struct kl_tensor *joined = int8(graph, "joined", GB_SHAPE(4), 0.5f, 0);
    struct kl_tensor *in = gb_input(graph, "in", KL_S8, GB_SHAPE(4));
    struct kl_tensor *out = int8(graph, "out", GB_SHAPE(4), 0.5f, 0);
    gb_quantise(graph, in, 0.5f, 0);
    gb_fill(graph, a, "\x01\x02");
    gb_fill(graph, b, "\x03\x04");
    struct kl_op *join = gb_op(graph, KL_OP_CONCATENATION, GB_LIST(a, b), GB_LIST(joined));
    gb_op(graph, KL_OP_ADD, GB_LIST(in, joined), GB_LIST(out));
    gb_output(graph, out);
    return join;
}

static void test_fold_a_join(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    const struct kl_tensor *joined = constant_join(graph, 0.5f)->outputs[0];
    apply(kl_pass_fold_constants, graph);
    assert_int_equal(op_count(graph), 1);
    assert_memory_equal(joined->data, "\x01\x02\x03\x04", 4);
    gb_free(graph);
}

static void test_fold_leaves_a_join_that_rescales(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    constant_join(graph, 0.25f);
    apply(kl_pass_fold_constants, graph);
    assert_int_equal(op_count(graph), 2);
    gb_free(graph);
    graph = gb_create();
    constant_join(graph, 0.5f)->attr.axis.activation = KL_ACT_RELU;
    apply(kl_pass_fold_constants, graph);
    assert_int_equal(op_count(graph), 2);
    gb_free(graph);
}

/* A slice whose bounds are known only while folding, and whose result is too small for them. */
static void test_fold_checks_what_becomes_constant(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(4000));
    struct kl_tensor *end = ints(graph, "end", GB_SHAPE(1));
    struct kl_tensor *table = gb_tensor(graph, "table", KL_S8, GB_SHAPE(4096));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_S8, GB_SHAPE(1));
    unsigned char content[4096] = {0};
    struct kl_diag diag = {0};
    gb_fill(graph, table, content);
    gb_op(graph, KL_OP_SHAPE, GB_LIST(in), GB_LIST(end));
    gb_op(graph, KL_OP_STRIDED_SLICE,
          GB_LIST(table, gb_ints(graph, 1, (int32_t[]){0}), end, gb_ints(graph, 1, (int32_t[]){1})),
          GB_LIST(out));
    gb_output(graph, out);
    gb_accept(graph); /* not known yet */
    assert_int_equal(kl_optimise(graph, NULL, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "has shape [1], its inputs imply [4000]"));
    gb_free(graph);
}

static void test_fold_leaves_large_results(void **state)
{
    enum { ELEMENTS = 5 * 1024 * 1024 }; /* 20 MiB */
    static float zeros[ELEMENTS];
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *table = gb_tensor(graph, "table", KL_F32, GB_SHAPE(ELEMENTS / 2, 2));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, ELEMENTS / 2));
    struct kl_tensor *perm = gb_ints(graph, 2, (int32_t[]){1, 0});
    gb_fill(graph, table, zeros);
    gb_op(graph, KL_OP_TRANSPOSE, GB_LIST(table, perm), GB_LIST(out));
    gb_output(graph, out);
    apply(kl_pass_fold_constants, graph);
    assert_int_equal(op_count(graph), 1);
    gb_free(graph);
}

/* input -> ADD with itself -> `activation` -> out; returns the ADD. */
static struct kl_op *add_then(struct kl_graph *graph, enum kl_op_kind activation, float out_scale,
                              int32_t out_zero_point)
{
    struct kl_tensor *in = gb_input(graph, "in", KL_S8, GB_SHAPE(4));
    struct kl_tensor *sum = int8(graph, "sum", GB_SHAPE(4), 0.5f, -4);
    struct kl_tensor *out = int8(graph, "out", GB_SHAPE(4), out_scale, out_zero_point);
    gb_quantise(graph, in, 0.25f, 0);
    struct kl_op *add = gb_op(graph, KL_OP_ADD, GB_LIST(in, in), GB_LIST(sum));
    gb_op(graph, activation, GB_LIST(sum), GB_LIST(out));
    gb_output(graph, out);
    return add;
}

static void test_fuse_activation(void **state)
{
    static const struct {
        enum kl_op_kind kind;
        enum kl_activation fused;
    } cases[] = {{KL_OP_RELU, KL_ACT_RELU}, {KL_OP_RELU6, KL_ACT_RELU6}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct kl_graph *graph = gb_create();
        struct kl_op *add = add_then(graph, cases[i].kind, 0.5f, -4);
        apply(kl_pass_fuse_activations, graph);
        assert_int_equal(op_count(graph), 1);
        assert_int_equal(add->attr.binary.activation, cases[i].fused);
        assert_string_equal(add->outputs[0]->name, "out");
        gb_free(graph);
    }
}

/* The pass leaves `graph` with its two operators and the ADD without another activation. */
static void stays_apart(struct kl_graph *graph, const struct kl_op *add,
                        enum kl_activation activation)
{
    int32_t before = op_count(graph);
    apply(kl_pass_fuse_activations, graph);
    assert_int_equal(op_count(graph), before);
    assert_int_equal(add->attr.binary.activation, activation);
    gb_free(graph);
}

static void test_fuse_activation_only_when_exact(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    stays_apart(graph, add_then(graph, KL_OP_RELU, 0.25f, -4), KL_ACT_NONE); /* rescales */
    graph = gb_create();
    stays_apart(graph, add_then(graph, KL_OP_RELU, 0.5f, -3), KL_ACT_NONE); /* shifts */
    graph = gb_create();
    stays_apart(graph, add_then(graph, KL_OP_TANH, 0.5f, -4), KL_ACT_NONE); /* no clamp */
    graph = gb_create();
    struct kl_op *add = add_then(graph, KL_OP_RELU, 0.5f, -4);
    add->attr.binary.activation = KL_ACT_RELU_N1_TO_1; /* clamps already */
    stays_apart(graph, add, KL_ACT_RELU_N1_TO_1);
    graph = gb_create();
    add = add_then(graph, KL_OP_RELU, 0.5f, -4);
    gb_output(graph, add->outputs[0]); /* the sum itself is wanted too */
    stays_apart(graph, add, KL_ACT_NONE);
    graph = gb_create();
    add = add_then(graph, KL_OP_RELU, 0.5f, -4);
    struct kl_tensor *again = int8(graph, "again", GB_SHAPE(4), 0.5f, 0);
    gb_op(graph, KL_OP_TANH, GB_LIST(add->outputs[0]), GB_LIST(again));
    gb_output(graph, again);
    stays_apart(graph, add, KL_ACT_NONE);
}

/* PAD -> CONV_2D; `paddings` of the four dimensions. */
struct padded {
    struct kl_graph *graph;
    struct kl_op *pad, *conv;
};

static struct padded pad_then_conv(enum kl_op_kind kind, const int32_t paddings[8],
                                   struct kl_tensor *(*value)(struct kl_graph *graph))
{
    struct padded p = {.graph = gb_create()};
    struct kl_shape shape = GB_SHAPE(1, 4, 5, 1);
    struct kl_tensor *in = gb_input(p.graph, "in", KL_S8, shape);
    struct kl_tensor *weights = int8(p.graph, "weights", GB_SHAPE(1, 1, 1, 1), 0.5f, 0);
    struct kl_tensor *how = gb_ints(p.graph, 8, paddings);
    gb_quantise(p.graph, in, 0.25f, 7);
    gb_fill(p.graph, weights, "\x03");
    for (int32_t i = 0; i < 8; i++) {
        shape.dim[i / 2] += paddings[i];
    }
    struct kl_tensor *padded = int8(p.graph, "padded", shape, 0.25f, 7);
    if (value) {
        p.pad = gb_op(p.graph, kind, GB_LIST(in, how, value(p.graph)), GB_LIST(padded));
    } else {
        p.pad = gb_op(p.graph, kind, GB_LIST(in, how), GB_LIST(padded));
    }
    gb_reshape(weights, GB_SHAPE(1, 1, 1, shape.dim[3]));
    gb_fill(p.graph, weights, "\x03\x03\x03\x03");
    struct kl_tensor *out = int8(p.graph, "out", shape, 0.5f, 0);
    out->shape.dim[3] = 1;
    gb_reshape(out, out->shape);
    p.conv = gb_op(p.graph, KL_OP_CONV_2D, GB_LIST(padded, weights), GB_LIST(out));
    gb_output(p.graph, out);
    return p;
}

static const int32_t around[8] = {0, 0, 1, 2, 3, 4, 0, 0};

static void test_fuse_pad(void **state)
{
    (void)state;
    struct padded p = pad_then_conv(KL_OP_PAD, around, NULL);
    const struct kl_attr_window *w = &p.conv->attr.window;
    apply(kl_pass_fuse_pads, p.graph);
    assert_int_equal(op_count(p.graph), 1);
    assert_true(w->pad_top == 1 && w->pad_bottom == 2 && w->pad_left == 3 && w->pad_right == 4);
    assert_string_equal(p.conv->inputs[0]->name, "in");
    gb_free(p.graph);
}

/* The pass fuses or leaves the pair as `fuses` says. */
static void expect_fuse(struct padded p, bool fuses)
{
    apply(kl_pass_fuse_pads, p.graph);
    assert_int_equal(op_count(p.graph), fuses ? 1 : 2);
    assert_int_equal(p.conv->attr.window.pad_left, fuses ? 3 : 0);
    gb_free(p.graph);
}

static struct kl_tensor *byte_value(struct kl_graph *graph, const char *byte)
{
    struct kl_tensor *value = int8(graph, "value", GB_SCALAR, 0.25f, 7);
    gb_fill(graph, value, byte);
    return value;
}

static struct kl_tensor *zero_point_value(struct kl_graph *graph)
{
    return byte_value(graph, "\x07");
}

static struct kl_tensor *other_value(struct kl_graph *graph)
{
    return byte_value(graph, "\x06");
}

static struct kl_tensor *computed_value(struct kl_graph *graph)
{
    return gb_input(graph, "value", KL_S8, GB_SCALAR);
}

static void test_fuse_pad_only_with_real_zero(void **state)
{
    (void)state;
    expect_fuse(pad_then_conv(KL_OP_PADV2, around, zero_point_value), true);
    expect_fuse(pad_then_conv(KL_OP_PADV2, around, other_value), false);
    expect_fuse(pad_then_conv(KL_OP_PADV2, around, computed_value), false);
}

static void test_fuse_pad_only_around_the_image(void **state)
{
    static const int32_t batches[8] = {0, 1, 0, 0, 3, 0, 0, 0};
    static const int32_t channels[8] = {0, 0, 0, 0, 3, 0, 1, 0};
    (void)state;
    expect_fuse(pad_then_conv(KL_OP_PAD, batches, NULL), false);
    expect_fuse(pad_then_conv(KL_OP_PAD, channels, NULL), false);
}

static void test_fuse_pad_only_when_nobody_else_reads_it(void **state)
{
    (void)state;
    struct padded p = pad_then_conv(KL_OP_PAD, around, NULL);
    gb_output(p.graph, p.pad->outputs[0]);
    expect_fuse(p, false);
    p = pad_then_conv(KL_OP_PAD, around, NULL);
    gb_quantise(p.graph, p.pad->outputs[0], 0.25f, 6); /* another zero */
    expect_fuse(p, false);
}

static void test_fuse_pad_of_floats(void **state)
{
    (void)state;
    for (int32_t minus = 0; minus < 2; minus++) {
        float zero = minus ? -0.0f : 0.0f;
        struct padded p = pad_then_conv(KL_OP_PADV2, around, zero_point_value);
        for (int32_t i = 0; i < gb_main(p.graph)->tensor_count; i++) {
            struct kl_tensor *tensor = gb_main(p.graph)->tensors[i];
            if (tensor->dtype == KL_S8) {
                tensor->dtype = KL_F32;
                tensor->quant.count = 0;
                gb_reshape(tensor, tensor->shape);
            }
        }
        gb_fill(p.graph, p.pad->inputs[2], &zero);
        /* A convolution skips taps outside the image; -0.0 could make another sum of it. */
        expect_fuse(p, !minus);
    }
}

/* PADV2 -> MAX_POOL_2D of `side` x `side`, as files hold a padded pool of maxima. */
static struct padded pad_then_pool(enum kl_dtype dtype, const void *lowest, int32_t side)
{
    struct padded p = {.graph = gb_create()};
    struct kl_tensor *in = gb_input(p.graph, "in", dtype, GB_SHAPE(1, 4, 5, 2));
    struct kl_tensor *padded = gb_tensor(p.graph, "padded", dtype, GB_SHAPE(1, 7, 12, 2));
    struct kl_tensor *value = gb_tensor(p.graph, "lowest", dtype, GB_SCALAR);
    struct kl_tensor *out = gb_tensor(p.graph, "out", dtype, GB_SHAPE(1, 8 - side, 13 - side, 2));
    gb_fill(p.graph, value, lowest);
    if (dtype != KL_F32) {
        gb_quantise(p.graph, in, 0.25f, 0);
        gb_quantise(p.graph, padded, 0.25f, 0);
        gb_quantise(p.graph, value, 0.25f, 0);
        gb_quantise(p.graph, out, 0.25f, 0);
    }
    p.pad = gb_op(p.graph, KL_OP_PADV2, GB_LIST(in, gb_ints(p.graph, 8, around), value),
                  GB_LIST(padded));
    p.conv = gb_op(p.graph, KL_OP_MAX_POOL_2D, GB_LIST(padded), GB_LIST(out));
    p.conv->attr.window.filter_h = p.conv->attr.window.filter_w = side;
    gb_output(p.graph, out);
    return p;
}

static void test_fuse_pad_of_maxima(void **state)
{
    const float lowest = -FLT_MAX, infinite = -INFINITY, low = -1e30f;
    const int8_t low_s8 = INT8_MIN, other_s8 = -127;
    const int16_t low_s16 = INT16_MIN, other_s16 = INT8_MIN;
    (void)state;
    expect_fuse(pad_then_pool(KL_F32, &lowest, 5), true);
    expect_fuse(pad_then_pool(KL_F32, &infinite, 5), true);
    expect_fuse(pad_then_pool(KL_F32, &low, 5), false);
    expect_fuse(pad_then_pool(KL_S8, &low_s8, 5), true);
    expect_fuse(pad_then_pool(KL_S8, &other_s8, 5), false);
    expect_fuse(pad_then_pool(KL_S16, &low_s16, 5), true);
    expect_fuse(pad_then_pool(KL_S16, &other_s16, 5), false);
    /* Four columns of padding: a window of four would see nothing else. */
    expect_fuse(pad_then_pool(KL_F32, &lowest, 4), false);
    /* PAD writes zero, which is larger than what a pool begins with. */
    struct padded p = pad_then_pool(KL_F32, &lowest, 5);
    p.pad->kind = KL_OP_PAD;
    p.pad->input_count = 2;
    expect_fuse(p, false);
}

static void test_remove_dead(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(4));
    struct kl_tensor *a = gb_tensor(graph, "a", KL_F32, GB_SHAPE(4));
    struct kl_tensor *b = gb_tensor(graph, "b", KL_F32, GB_SHAPE(4));
    struct kl_tensor *c = gb_tensor(graph, "c", KL_F32, GB_SHAPE(4));
    struct kl_tensor *unread = gb_input(graph, "unread", KL_F32, GB_SHAPE(4));
    gb_tensor(graph, "stray", KL_F32, GB_SHAPE(4));
    gb_op(graph, KL_OP_RELU, GB_LIST(in), GB_LIST(a));
    gb_op(graph, KL_OP_TANH, GB_LIST(a), GB_LIST(b)); /* read by the next one only */
    gb_op(graph, KL_OP_TANH, GB_LIST(b), GB_LIST(c)); /* read by nobody */
    gb_output(graph, a);
    apply(kl_pass_remove_dead, graph);
    assert_int_equal(op_count(graph), 1);
    assert_int_equal(gb_main(graph)->tensor_count, 3);
    assert_ptr_equal(gb_main(graph)->tensors[0], in);
    assert_ptr_equal(gb_main(graph)->tensors[1], a);
    assert_ptr_equal(gb_main(graph)->tensors[2], unread); /* callers still pass it */
    gb_free(graph);
}

static void test_remove_dead_keeps_what_is_not_understood(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(4));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(4));
    struct kl_tensor *half = gb_tensor(graph, "half", KL_F32, GB_SHAPE(2));
    struct kl_tensor *rest = gb_tensor(graph, "rest", KL_F32, GB_SHAPE(2));
    gb_op(graph, KL_OP_UNKNOWN, GB_LIST(in), GB_LIST(out))->attr.unknown.name = "ASSIGN";
    gb_op(graph, KL_OP_SPLIT, GB_LIST(gb_scalar(graph, 0), in), GB_LIST(half, rest));
    gb_output(graph, rest); /* one part is read: the split stays */
    apply(kl_pass_remove_dead, graph);
    assert_int_equal(op_count(graph), 2);
    gb_free(graph);
}

/* All passes together leave one convolution of PAD, CONV_2D, RELU and a dead branch. */
static void test_pipeline(void **state)
{
    (void)state;
    struct padded p = pad_then_conv(KL_OP_PAD, around, NULL);
    struct kl_tensor *sum = p.conv->outputs[0];
    struct kl_tensor *out = int8(p.graph, "clamped", sum->shape, 0.5f, 0);
    struct kl_tensor *dead = int8(p.graph, "dead", GB_SHAPE(1, 4, 5, 1), 0.5f, 0);
    gb_op(p.graph, KL_OP_RELU, GB_LIST(sum), GB_LIST(out));
    gb_op(p.graph, KL_OP_TANH, GB_LIST(p.conv->inputs[0]->producer->inputs[0]), GB_LIST(dead));
    gb_main(p.graph)->outputs[0] = out;
    optimise(p.graph);
    assert_int_equal(op_count(p.graph), 1);
    assert_int_equal(p.conv->attr.window.activation, KL_ACT_RELU);
    assert_int_equal(p.conv->attr.window.pad_right, 4);
    assert_int_equal(gb_main(p.graph)->tensor_count, 3); /* input, weights, output */
    gb_free(p.graph);
}

/* The dump after a pass of PAD -> CONV_2D. */
static enum kl_err dump_after(const char *pass, struct kl_buffer *text, struct kl_diag *diag)
{
    struct padded p = pad_then_conv(KL_OP_PAD, around, NULL);
    struct kl_pass_dump dump = {.after = pass, .text = text};
    enum kl_err err = kl_optimise(p.graph, &dump, diag);
    gb_free(p.graph);
    return err;
}

static void test_dump_after(void **state)
{
    static const struct {
        const char *pass;
        bool has_pad, has_between;
    } cases[] = {{"import", true, true},           {"remove-unused", true, true},
                 {"canonicalise", true, true},     {"fold-constants", true, true},
                 {"fuse-activations", true, true}, {"fuse-pads", false, true},
                 {"remove-channels", false, true}, {"remove-dead", false, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kl_buffer text = KL_BUFFER(1 << 16);
        struct kl_diag diag = {0};
        assert_int_equal(dump_after(cases[i].pass, &text, &diag), KL_OK);
        assert_int_equal(strstr(text.data, "= PAD ") != NULL, cases[i].has_pad);
        /* The tensor between the two goes with the last pass. */
        assert_int_equal(strstr(text.data, "\"padded\"") != NULL, cases[i].has_between);
        assert_ptr_equal(strstr(strstr(text.data, "subgraph 0") + 1, "subgraph 0"), NULL);
        kl_buffer_free(&text);
    }
}

static void test_dump_after_an_unknown_pass(void **state)
{
    (void)state;
    struct kl_buffer text = KL_BUFFER(1 << 16);
    struct kl_diag diag = {0};
    assert_int_equal(dump_after("fuse-everything", &text, &diag), KL_EUSAGE);
    assert_string_equal(
        diag.message,
        "no pass is called 'fuse-everything'; there are import, remove-unused, canonicalise, "
        "fold-constants, fuse-activations, fuse-pads, remove-channels, "
        "uint8-to-int8, remove-dead");
    assert_int_equal(text.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonicalise),
        cmocka_unit_test(test_canonicalise_leaves_what_moves),
        cmocka_unit_test(test_fold_a_computed_shape),
        cmocka_unit_test(test_fold_a_join),
        cmocka_unit_test(test_fold_leaves_a_join_that_rescales),
        cmocka_unit_test(test_fold_checks_what_becomes_constant),
        cmocka_unit_test(test_fold_leaves_large_results),
        cmocka_unit_test(test_fuse_activation),
        cmocka_unit_test(test_fuse_activation_only_when_exact),
        cmocka_unit_test(test_fuse_pad),
        cmocka_unit_test(test_fuse_pad_only_with_real_zero),
        cmocka_unit_test(test_fuse_pad_only_around_the_image),
        cmocka_unit_test(test_fuse_pad_only_when_nobody_else_reads_it),
        cmocka_unit_test(test_fuse_pad_of_floats),
        cmocka_unit_test(test_fuse_pad_of_maxima),
        cmocka_unit_test(test_remove_dead),
        cmocka_unit_test(test_remove_dead_keeps_what_is_not_understood),
        cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_dump_after),
        cmocka_unit_test(test_dump_after_an_unknown_pass),
    };
    return cmocka_run_group_tests_name("optimise", tests, NULL, NULL);
}
