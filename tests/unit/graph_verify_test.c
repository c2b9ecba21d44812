/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier refuses every kind of broken graph: structure, order, sizes, quantisation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph_build.h"

/* in -> RELU -> middle -> TANH -> out, all int8 [1,4]. */
struct chain {
    struct kl_graph *graph;
    struct kl_tensor *in, *middle, *out;
    struct kl_op *relu, *tanh;
};

static struct chain make_chain(void)
{
    struct chain c = {.graph = gb_create()};
    c.in = gb_input(c.graph, "in", KL_S8, GB_SHAPE(1, 4));
    c.middle = gb_tensor(c.graph, "middle", KL_S8, GB_SHAPE(1, 4));
    c.out = gb_tensor(c.graph, "out", KL_S8, GB_SHAPE(1, 4));
    gb_quantise(c.graph, c.in, 0.5f, -3);
    gb_quantise(c.graph, c.middle, 0.5f, -128);
    gb_quantise(c.graph, c.out, 1.0f / 128, 127);
    c.relu = gb_op(c.graph, KL_OP_RELU, GB_LIST(c.in), GB_LIST(c.middle));
    c.tanh = gb_op(c.graph, KL_OP_TANH, GB_LIST(c.middle), GB_LIST(c.out));
    gb_output(c.graph, c.out);
    return c;
}

static void test_sound_graph(void **state)
{
    (void)state;
    struct chain c = make_chain();
    c.relu->position = 77;
    c.out->id = -5;
    gb_accept(c.graph);
    assert_int_equal(c.relu->position, 0);
    assert_int_equal(c.tanh->position, 1);
    assert_int_equal(c.out->id, 2);
    gb_free(c.graph);
}

static void test_order(void **state)
{
    (void)state;
    struct chain c = make_chain();
    gb_main(c.graph)->ops[0] = c.tanh;
    gb_main(c.graph)->ops[1] = c.relu;
    gb_refuse(c.graph, "'middle') has no value yet");
    gb_free(c.graph);
}

static void test_cycle(void **state)
{
    (void)state;
    struct chain c = make_chain();
    c.relu->inputs[0] = c.out;
    gb_refuse(c.graph, "'out') has no value yet");
    c.relu->inputs[0] = c.middle; /* its own output */
    gb_refuse(c.graph, "'middle') has no value yet");
    gb_free(c.graph);
}

static void test_producer_that_left_the_graph(void **state)
{
    (void)state;
    struct chain c = make_chain();
    gb_main(c.graph)->ops[0] = c.tanh;
    gb_main(c.graph)->op_count = 1;
    gb_refuse(c.graph, "'middle') has no value yet");
    gb_free(c.graph);
}

static void test_output_produced_twice(void **state)
{
    (void)state;
    struct chain c = make_chain();
    c.tanh->outputs[0] = c.middle;
    gb_refuse(c.graph, "produced by another operator");
    gb_free(c.graph);
}

static void test_one_operator_names_an_output_twice(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(4));
    struct kl_tensor *half = gb_tensor(graph, "half", KL_F32, GB_SHAPE(2));
    gb_op(graph, KL_OP_SPLIT, GB_LIST(gb_scalar(graph, 0), in), GB_LIST(half, half));
    gb_output(graph, half);
    gb_refuse(graph, "output 1 is named twice");
    gb_free(graph);
}

static void test_constant_as_output(void **state)
{
    (void)state;
    struct chain c = make_chain();
    gb_fill(c.graph, c.middle, "abcd");
    gb_refuse(c.graph, "output 0 is missing, constant");
    gb_free(c.graph);
}

static void test_missing_operands(void **state)
{
    (void)state;
    struct chain c = make_chain();
    c.relu->inputs[0] = NULL;
    gb_refuse(c.graph, "input 0 is missing");
    c.relu->inputs[0] = c.in;
    c.relu->input_count = 0;
    gb_refuse(c.graph, "0 inputs; it takes 1 to 1");
    c.relu->input_count = 1;
    c.relu->output_count = 0;
    gb_refuse(c.graph, "0 outputs; it has 1 to 1");
    c.relu->output_count = 1;
    c.relu->outputs[0] = NULL;
    gb_refuse(c.graph, "output 0 is missing");
    gb_free(c.graph);
}

static void test_input_without_value(void **state)
{
    (void)state;
    struct chain c = make_chain();
    gb_main(c.graph)->input_count = 0;
    gb_refuse(c.graph, "'in') has no value yet");
    c.in->is_variable = true; /* holds state: it always has a value */
    gb_accept(c.graph);
    gb_free(c.graph);
}

static void test_graph_output_without_value(void **state)
{
    (void)state;
    struct chain c = make_chain();
    gb_output(c.graph, gb_tensor(c.graph, "nothing", KL_S8, GB_SHAPE(1)));
    gb_refuse(c.graph, "graph output 1 ('nothing') is never computed");
    gb_free(c.graph);
}

static void test_tensor_of_another_graph(void **state)
{
    (void)state;
    struct chain c = make_chain();
    struct chain other = make_chain();
    gb_fill(other.graph, other.in, "abcd");
    c.relu->inputs[0] = other.in;
    gb_refuse(c.graph, "belongs to another subgraph");
    gb_free(other.graph);
    gb_free(c.graph);
}

/* One broken quantisation of the chain's input. */
static void refuse_quantisation(float scale, int32_t zero_point, const char *words)
{
    struct chain c = make_chain();
    gb_quantise(c.graph, c.in, scale, zero_point);
    gb_refuse(c.graph, words);
    gb_free(c.graph);
}

static void test_scales(void **state)
{
    (void)state;
    refuse_quantisation(NAN, 0, "must be positive");
    refuse_quantisation(INFINITY, 0, "must be positive");
    refuse_quantisation(0.0f, 0, "must be positive");
    refuse_quantisation(-1.0f, 0, "must be positive");
}

static void test_zero_points(void **state)
{
    static const struct {
        enum kl_dtype dtype;
        int32_t low, high;
    } ranges[] = {{KL_S8, -128, 127}, {KL_U8, 0, 255}, {KL_S16, -32768, 32767}};
    (void)state;
    refuse_quantisation(1.0f, 128, "zero point 128 is outside its type int8");
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct kl_graph *graph = gb_create();
        struct kl_tensor *in = gb_input(graph, "in", ranges[i].dtype, GB_SHAPE(2));
        for (int32_t edge = 0; edge < 2; edge++) {
            int32_t inside = edge ? ranges[i].high : ranges[i].low;
            gb_quantise(graph, in, 1.0f, inside);
            gb_accept(graph);
            gb_quantise(graph, in, 1.0f, edge ? inside + 1 : inside - 1);
            gb_refuse(graph, "is outside its type");
        }
        gb_free(graph);
    }
}

static void test_scales_per_channel(void **state)
{
    static const float scales[] = {1.0f, 2.0f, 0.0f};
    static const int32_t zeros[3];
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_S8, GB_SHAPE(2, 3));
    in->quant = (struct kl_quant){.count = 2, .axis = 0, .scale = scales, .zero_point = zeros};
    gb_accept(graph);
    in->quant.axis = 1;
    gb_refuse(graph, "2 scales do not suit dimension 1");
    in->quant.axis = 2;
    gb_refuse(graph, "2 scales do not suit dimension 2");
    in->quant.axis = -1;
    gb_refuse(graph, "2 scales do not suit dimension -1");
    in->quant = (struct kl_quant){.count = 3, .axis = 1, .scale = scales, .zero_point = zeros};
    gb_refuse(graph, "scale 2 is 0");
    in->quant.scale = NULL;
    gb_refuse(graph, "incomplete quantisation");
    in->quant.count = -1;
    gb_refuse(graph, "incomplete quantisation");
    gb_free(graph);
}

static void test_sizes(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(1, 2, 3, 4, 5, 6));
    gb_accept(graph);
    in->bytes++;
    gb_refuse(graph, "does not suit its shape");
    in->shape.rank = 7;
    gb_refuse(graph, "rank 7, at most 6");
    in->shape.rank = -1;
    gb_refuse(graph, "rank -1");
    gb_reshape(in, GB_SHAPE(2, 0));
    gb_refuse(graph, "dimension 1 of 0 is unusable");
    gb_reshape(in, GB_SHAPE(2, -1));
    gb_refuse(graph, "dimension 1 of -1 is unusable");
    gb_free(graph);
}

static void test_sizes_that_overflow(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_S8, GB_SHAPE(INT32_MAX));
    gb_accept(graph);
    gb_reshape(in, GB_SHAPE(65536, 32768)); /* 2^31 elements */
    gb_refuse(graph, "dimension 1 of 32768 is unusable");
    in->shape = GB_SHAPE(65536, 65536, 65536, 65536); /* 2^64: nothing when it wraps */
    in->bytes = 0;
    gb_refuse(graph, "is unusable");
    in->dtype = KL_F32; /* elements fit, bytes do not */
    gb_reshape(in, GB_SHAPE(1 << 29));
    gb_refuse(graph, "does not suit its shape");
    gb_free(graph);
}

static void test_unknown_operators_are_kept(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_S8, GB_SHAPE(4));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_S8, GB_SHAPE(9));
    struct kl_op *op = gb_op(graph, KL_OP_UNKNOWN, GB_LIST(in), GB_LIST(out));
    op->attr.unknown.name = "SVDF";
    gb_output(graph, out);
    gb_accept(graph);
    out->producer = NULL;
    gb_refuse(graph, "operator 0 (SVDF): output 0 is missing");
    gb_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_graph),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_producer_that_left_the_graph),
        cmocka_unit_test(test_output_produced_twice),
        cmocka_unit_test(test_one_operator_names_an_output_twice),
        cmocka_unit_test(test_constant_as_output),
        cmocka_unit_test(test_missing_operands),
        cmocka_unit_test(test_input_without_value),
        cmocka_unit_test(test_graph_output_without_value),
        cmocka_unit_test(test_tensor_of_another_graph),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_zero_points),
        cmocka_unit_test(test_scales_per_channel),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_sizes_that_overflow),
        cmocka_unit_test(test_unknown_operators_are_kept),
    };
    return cmocka_run_group_tests_name("graph verify", tests, NULL, NULL);
}
