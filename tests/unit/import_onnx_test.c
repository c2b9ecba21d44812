/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX models made here: what they become, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "flow/evaluate.h"
#include "import/import.h"
#include "onnx_try.h"

static float small[64];

/* Two convolutions and what lies between them share one order: a transpose at each edge. */
static void test_no_transposes_inside(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 3, 8, 8));
    kt_onnx_floats(m, "w1", KT_DIMS(4, 3, 1, 1), small, 12);
    kt_onnx_floats(m, "w2", KT_DIMS(2, 4, 1, 1), small, 8);
    kt_onnx_floats(m, "b", KT_DIMS(4, 1, 1), small, 4);
    kt_onnx_node(m, "", "Conv", KT_NAMES("x", "w1", "->", "a"));
    kt_onnx_node(m, "", "Add", KT_NAMES("a", "b", "->", "c"));
    kt_onnx_node(m, "", "Relu", KT_NAMES("c", "->", "d"));
    kt_onnx_node(m, "", "Conv", KT_NAMES("d", "w2", "->", "y"));
    kt_onnx_output(m, "y");
    struct kl_graph *graph = onnx_try_accept(m);
    assert_int_equal(onnx_try_count(graph, KL_OP_TRANSPOSE), 2);
    assert_int_equal(onnx_try_count(graph, KL_OP_CONV_2D), 2);
    assert_int_equal(onnx_try_count(graph, KL_OP_ADD), 0); /* the bias of the first */
    assert_int_equal(onnx_try_count(graph, KL_OP_RELU), 0);
    kt_onnx_free(m);
}

/* Transposes of the file undo those that the convolution asks for. */
static void test_transposes_cancel(void **state)
{
    int64_t to_nchw[] = {0, 3, 1, 2}, to_nhwc[] = {0, 2, 3, 1};
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 8, 8, 3));
    kt_onnx_floats(m, "w", KT_DIMS(4, 3, 1, 1), small, 12);
    kt_onnx_node(m, "", "Transpose", KT_NAMES("x", "->", "a"));
    kt_onnx_set_ints(m, "perm", to_nchw, 4);
    kt_onnx_node(m, "", "Conv", KT_NAMES("a", "w", "->", "b"));
    kt_onnx_node(m, "", "Transpose", KT_NAMES("b", "->", "y"));
    kt_onnx_set_ints(m, "perm", to_nhwc, 4);
    kt_onnx_output(m, "y");
    struct kl_graph *graph = onnx_try_accept(m);
    assert_int_equal(graph->subgraphs[0]->op_count, 1);
    kt_onnx_free(m);
}

/* One channel moves for free. */
static void test_one_channel_costs_nothing(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 1, 8, 8));
    kt_onnx_floats(m, "w", KT_DIMS(1, 1, 1, 1), small, 1);
    kt_onnx_node(m, "", "Conv", KT_NAMES("x", "w", "->", "y"));
    kt_onnx_output(m, "y");
    struct kl_graph *graph = onnx_try_accept(m);
    assert_int_equal(onnx_try_count(graph, KL_OP_TRANSPOSE), 0);
    assert_int_equal(graph->subgraphs[0]->outputs[0]->shape.dim[1], 1);
    kt_onnx_free(m);
}

/* Shapes that the model computes become constants. */
static void test_shapes_are_computed(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3, 4));
    kt_onnx_node(m, "", "Shape", KT_NAMES("x", "->", "s"));
    kt_onnx_node(m, "", "Reshape", KT_NAMES("x", "s", "->", "y"));
    kt_onnx_node(m, "", "Relu", KT_NAMES("y", "->", "z"));
    kt_onnx_output(m, "z");
    struct kl_graph *graph = onnx_try_accept(m);
    assert_int_equal(graph->subgraphs[0]->op_count, 1);
    kt_onnx_free(m);
}

static void test_refused_by_name(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3));
    kt_onnx_node(m, "", "Frobnicate", KT_NAMES("x", "->", "y"));
    kt_onnx_node(m, "", "Twiddle", KT_NAMES("x", "->", "z"));
    kt_onnx_node(m, "", "Relu", KT_NAMES("y", "->", "w")); /* follows a refused node: not named */
    kt_onnx_output(m, "w");
    onnx_try_refuse(m, KL_EUNSUPPORTED,
                    "node 0 (Frobnicate): this operator is not supported; node 1 (Tw");
    kt_onnx_free(m);
}

/* Each reason once, with how many nodes it has; unknown operators behind refused ones, too. */
static void test_refusals_are_listed(void **state)
{
    struct kl_onnx_refusals all = {0};
    const struct kl_onnx_options options = {.evaluate = kl_evaluate, .refusals = &all};
    struct kl_graph *graph;
    struct kl_diag diag = {0};
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3));
    kt_onnx_node(m, "", "Frobnicate", KT_NAMES("x", "->", "y"));
    kt_onnx_node(m, "com.example", "Twiddle", KT_NAMES("y", "->", "z"));
    kt_onnx_node(m, "", "Relu", KT_NAMES("y", "->", "w"));
    kt_onnx_node(m, "", "Frobnicate", KT_NAMES("w", "->", "v"));
    kt_onnx_node(m, "", "Dropout", KT_NAMES("x", "x", "x", "->", "u"));
    kt_onnx_output(m, "v");
    assert_int_equal(kl_import_onnx(kt_onnx_pack(m), &options, m->arena, &graph, &diag),
                     KL_EUNSUPPORTED);
    assert_int_equal(all.count, 3);
    assert_string_equal(all.list[0].name, "Frobnicate");
    assert_int_equal(all.list[0].count, 2);
    assert_int_equal(all.list[0].version, 13);
    assert_string_equal(all.list[1].domain, "com.example");
    assert_int_equal(all.list[1].node, 1);
    assert_string_equal(all.list[2].name, "Dropout");
    assert_true(all.list[2].reason[0] != '\0');
    kt_onnx_free(m);
}

static void test_contradictions(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3));
    kt_onnx_node(m, "", "Relu", KT_NAMES("nothing", "->", "y"));
    kt_onnx_output(m, "y");
    onnx_try_refuse(m, KL_EINPUT, "input 0 ('nothing') is made by no earlier node");
    kt_onnx_free(m);

    m = kt_onnx_create(13, 0);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3));
    kt_onnx_floats(m, "w", KT_DIMS(3, 4), small, 11); /* one value is missing */
    kt_onnx_node(m, "", "MatMul", KT_NAMES("x", "w", "->", "y"));
    kt_onnx_output(m, "y");
    onnx_try_refuse(m, KL_EINPUT, "content does not suit");
    kt_onnx_free(m);

    m = kt_onnx_create(99, 0);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3));
    kt_onnx_node(m, "", "Relu", KT_NAMES("x", "->", "y"));
    kt_onnx_output(m, "y");
    onnx_try_refuse(m, KL_EUNSUPPORTED, "opset 99");
    kt_onnx_free(m);
}

/* Content in other files is never read. */
static void test_external_data(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3));
    kt_onnx_floats(m, "w", KT_DIMS(3, 4), small, 12);
    m->graph.initializer[0]->has_data_location = 1;
    m->graph.initializer[0]->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    kt_onnx_node(m, "", "MatMul", KT_NAMES("x", "w", "->", "y"));
    kt_onnx_output(m, "y");
    onnx_try_refuse(m, KL_EUNSUPPORTED, "in another file");
    kt_onnx_free(m);
}

/* A constant of that type whose content is two values in a byte. */
static void nibbles(struct kt_onnx *m, const char *name, int32_t type, int32_t rank,
                    const int64_t *dims, unsigned char *packed, size_t bytes)
{
    Onnx__TensorProto *t = kt_onnx_ints(m, name, rank, dims, NULL, 0);
    t->data_type = type;
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){.len = bytes, .data = packed};
}

/* x [2][3] times weights [3][2] of 4 bits, between integers; uint4 has a zero point of 8. */
static void check_nibbles(int32_t type, size_t bytes, const char *refused)
{
    enum { ONNX_UINT4 = 21 };
    static const float scale[1] = {0.125f};
    static const int8_t values[6] = {-8, 6, 0, -7, -5, 7}; /* [2][3] */
    unsigned char int4[4] = {0x98, 0xb6, 0x70}, uint4[4] = {0x10, 0x3e, 0xf8}, eight[1] = {8};
    struct kt_onnx *m = kt_onnx_create(21, 0);
    bool is_signed = type != ONNX_UINT4;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3));
    kt_onnx_floats(m, "s", KT_DIMS(1), scale, 1);
    nibbles(m, "w", type, KT_DIMS(3, 2), is_signed ? int4 : uint4, bytes);
    nibbles(m, "z", type, KT_DIMS(1), eight, 1);
    kt_onnx_node(m, "", "QuantizeLinear", KT_NAMES("x", "s", "->", "q"));
    kt_onnx_node(m, "", "DequantizeLinear", KT_NAMES("q", "s", "->", "d"));
    kt_onnx_node(m, "", "DequantizeLinear",
                 is_signed ? KT_NAMES("w", "s", "->", "wd") : KT_NAMES("w", "s", "z", "->", "wd"));
    kt_onnx_node(m, "", "MatMul", KT_NAMES("d", "wd", "->", "p"));
    kt_onnx_node(m, "", "QuantizeLinear", KT_NAMES("p", "s", "->", "r"));
    kt_onnx_node(m, "", "DequantizeLinear", KT_NAMES("r", "s", "->", "y"));
    kt_onnx_output(m, "y");
    if (refused) {
        onnx_try_refuse(m, KL_EINPUT, refused);
        kt_onnx_free(m);
        return;
    }
    const struct kl_graph *graph = onnx_try_accept(m);
    const struct kl_subgraph *subgraph = graph->subgraphs[0];
    assert_int_equal(onnx_try_count(graph, KL_OP_FULLY_CONNECTED), 1);
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        if (subgraph->ops[i]->kind == KL_OP_FULLY_CONNECTED) {
            const struct kl_tensor *weights = subgraph->ops[i]->inputs[1];
            assert_int_equal(weights->dtype, KL_S8);
            assert_int_equal(weights->quant.zero_point[0], 0);
            assert_memory_equal(weights->data, values, sizeof values);
        }
    }
    kt_onnx_free(m);
}

static void test_weights_of_four_bits(void **state)
{
    (void)state;
    check_nibbles(22, 3, NULL);
    check_nibbles(21, 3, NULL);
    check_nibbles(22, 4, "content does not suit its shape");
    check_nibbles(21, 2, "content does not suit its shape");
}

static enum kl_err import(struct kt_onnx *m, struct kl_bytes file, struct kl_diag *diag)
{
    const struct kl_onnx_options options = {.evaluate = kl_evaluate};
    struct kl_graph *graph;
    return kl_import_onnx(file, &options, m->arena, &graph, diag);
}

/* Bytes that are cut, or nest too deeply, end with a message. */
static void test_hostile_bytes(void **state)
{
    struct kt_onnx *m = kt_onnx_create(13, 0);
    unsigned char nested[400];
    (void)state;
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(2, 3));
    kt_onnx_node(m, "", "Relu", KT_NAMES("x", "->", "y"));
    kt_onnx_output(m, "y");
    struct kl_bytes file = kt_onnx_pack(m);
    for (size_t size = 0; size < file.size; size++) {
        struct kl_diag diag = {0};
        if (import(m, (struct kl_bytes){file.data, size}, &diag) != KL_OK) {
            assert_true(diag.message[0] != '\0');
        }
    }
    /* A graph in an attribute of a node in a graph ... : fields 7, 1, 5, 6, then 1, 5, 6 again. */
    size_t at = sizeof nested;
    for (int i = 0; at > 12; i++) {
        static const unsigned char fields[] = {6, 5, 1};
        size_t size = sizeof nested - at;
        nested[--at] = (unsigned char)(size >> 7);
        nested[--at] = (unsigned char)(size & 0x7f) | 0x80;
        nested[--at] = (unsigned char)(fields[i % 3] << 3 | 2);
    }
    struct kl_diag diag = {0};
    assert_int_not_equal(import(m, (struct kl_bytes){nested + at, sizeof nested - at}, &diag),
                         KL_OK);
    kt_onnx_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_transposes_inside),
        cmocka_unit_test(test_transposes_cancel),
        cmocka_unit_test(test_one_channel_costs_nothing),
        cmocka_unit_test(test_shapes_are_computed),
        cmocka_unit_test(test_refused_by_name),
        cmocka_unit_test(test_refusals_are_listed),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_external_data),
        cmocka_unit_test(test_weights_of_four_bits),
        cmocka_unit_test(test_hostile_bytes),
    };
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
        small[i] = (float)i / 16.0f - 1.0f;
    }
    return cmocka_run_group_tests_name("import onnx", tests, NULL, NULL);
}
