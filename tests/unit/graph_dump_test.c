/* SPDX-License-Identifier: Apache-2.0 */
/* The text dump of a small graph, and the small texts that messages are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graph/const_params.h"
#include "graph_build.h"

static struct kl_graph *small_graph(void)
{
    static const float scales[] = {0.5f, 0.25f};
    static const int32_t zeros[2];
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "image", KL_S8, GB_SHAPE(1, 4, 4, 3));
    struct kl_tensor *weights = gb_tensor(graph, "weights", KL_S8, GB_SHAPE(2, 3, 3, 3));
    struct kl_tensor *conv = gb_tensor(graph, "conv", KL_S8, GB_SHAPE(1, 2, 2, 2));
    struct kl_tensor *state = gb_tensor(graph, "state", KL_S8, GB_SCALAR);
    struct kl_tensor *sum = gb_tensor(graph, "sum", KL_S8, GB_SHAPE(1, 2, 2, 2));
    unsigned char zero[54] = {0};
    gb_quantise(graph, in, 0.1f, -128);
    gb_quantise(graph, sum, 0.75f, 3);
    gb_fill(graph, weights, zero);
    weights->quant = (struct kl_quant){2, 0, scales, zeros};
    state->is_variable = true;
    struct kl_op *op = gb_op(graph, KL_OP_CONV_2D, GB_LIST(in, weights, NULL), GB_LIST(conv));
    op->attr.window.stride_w = 2;
    op->attr.window.pad_top = 1;
    op->attr.window.pad_bottom = 1;
    op->attr.window.dilation_h = 2;
    op->attr.window.activation = KL_ACT_RELU6;
    op->attr.window.pad_right = 2;
    op = gb_op(graph, KL_OP_ADD, GB_LIST(conv, state), GB_LIST(sum));
    op->attr.binary.activation = KL_ACT_RELU;
    gb_output(graph, sum);
    return graph;
}

static void test_dump(void **state)
{
    static const char expected[] =
        "subgraph 0 \"main\"\n"
        "  %0: int8[1,4,4,3] scale 0.100000001 zero -128 \"image\"\n"
        "  %1: int8[2,3,3,3] 2 scales on axis 0 constant \"weights\"\n"
        "  %2: int8[1,2,2,2] \"conv\"\n"
        "  %3: int8[] variable \"state\"\n"
        "  %4: int8[1,2,2,2] scale 0.75 zero 3 \"sum\"\n"
        "  inputs %0\n"
        "  %2 = CONV_2D %0, %1, - stride 1x2 pad 1,1,0,2 dilation 2x1 relu6\n"
        "  %4 = ADD %2, %3 relu\n"
        "  outputs %4\n";
    (void)state;
    struct kl_graph *graph = small_graph();
    struct kl_buffer text = KL_BUFFER(4096);
    gb_accept(graph);
    kl_graph_dump(graph, &text);
    assert_string_equal(text.data, expected);
    kl_buffer_free(&text);
    gb_free(graph);
}

static void test_longest_shape_text(void **state)
{
    char text[KL_SHAPE_TEXT_BYTES];
    struct kl_shape shape =
        GB_SHAPE(INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN);
    (void)state;
    assert_string_equal(
        kl_shape_text(&shape, text),
        "[-2147483648,-2147483648,-2147483648,-2147483648,-2147483648,-2147483648]");
    shape = GB_SCALAR;
    assert_string_equal(kl_shape_text(&shape, text), "[]");
}

static void test_operator_text(void **state)
{
    char text[KL_OP_TEXT_BYTES];
    char long_name[300];
    struct kl_op op = {.kind = KL_OP_MEAN, .source_index = 12};
    (void)state;
    assert_string_equal(kl_op_text(&op, text), "operator 12 (MEAN)");
    op.source_index = -1;
    assert_string_equal(kl_op_text(&op, text), "operator MEAN");
    for (size_t i = 0; i < sizeof long_name; i++) {
        long_name[i] = i + 1 < sizeof long_name ? 'x' : '\0';
    }
    op = (struct kl_op){.kind = KL_OP_UNKNOWN, .source_index = 3, .attr.unknown.name = long_name};
    kl_op_text(&op, text);
    assert_non_null(memchr(text, '\0', sizeof text));
    assert_string_equal(text + strlen(text) - 3, "xx)");
    assert_string_equal(kl_op_name(&op), long_name);
}

static void test_macs(void **state)
{
    (void)state;
    struct kl_graph *graph = small_graph();
    assert_int_equal(kl_op_macs(gb_main(graph)->ops[0]), 8 * 3 * 3 * 3);
    assert_int_equal(kl_op_macs(gb_main(graph)->ops[1]), 0);
    gb_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_longest_shape_text),
        cmocka_unit_test(test_operator_text),
        cmocka_unit_test(test_macs),
    };
    return cmocka_run_group_tests_name("graph dump", tests, NULL, NULL);
}
