/* SPDX-License-Identifier: Apache-2.0 */
/* What the TFLite importer makes of good files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import_models.h"
#include "import_try.h"
#include "tflite_writer.h"

/* Import the model, hand its graph to the test through `r`, and free the model. */
static struct import_try import_model(struct kt_model *m)
{
    struct import_try r = import_good(kt_write(m));
    kt_model_free(m);
    return r;
}

static const struct kl_op *only_op(const struct import_try *r)
{
    assert_int_equal(r->graph->subgraphs[0]->op_count, 1);
    return r->graph->subgraphs[0]->ops[0];
}

static void check_tensor(const struct kl_tensor *t, const char *name, enum kl_dtype dtype,
                         size_t bytes, int32_t scales, bool constant)
{
    assert_string_equal(t->name, name);
    assert_int_equal(t->dtype, dtype);
    assert_int_equal(t->bytes, bytes);
    assert_int_equal(t->quant.count, scales);
    assert_int_equal(t->data != NULL, constant);
}

static void small_model_becomes_its_graph(void **state)
{
    (void)state;
    struct import_try r = import_model(small_model());
    const struct kl_subgraph *g = r.graph->subgraphs[0];
    assert_string_equal(r.graph->description, "a small model");
    assert_string_equal(g->name, "main");
    assert_int_equal(g->tensor_count, SMALL_TENSORS);
    assert_int_equal(g->op_count, SMALL_OPS);
    assert_ptr_equal(g->inputs[0], g->tensors[T_IN]);
    assert_ptr_equal(g->outputs[0], g->tensors[T_OUT]);
    check_tensor(g->tensors[T_IN], "in", KL_S8, 128, 1, false);
    check_tensor(g->tensors[T_FILTER], "conv/filter", KL_S8, 72, 4, true);
    check_tensor(g->tensors[T_BIAS], "conv/bias", KL_S32, 16, 4, true);
    assert_int_equal(g->tensors[T_BIAS]->quant.axis, 0); /* 3 in the file, but it has one */
    assert_true(g->tensors[T_FILTER]->quant.scale[2] == 0.125f);
    assert_int_equal(g->tensors[T_IN]->quant.zero_point[0], -3);
    assert_int_equal(((const int8_t *)g->tensors[T_FILTER]->data)[1], -8);
    assert_int_equal(((const int32_t *)g->tensors[T_BIAS]->data)[3], 600);
    for (int32_t i = 0; i < SMALL_OPS; i++) {
        assert_int_equal(g->ops[i]->source_index, i);
        assert_ptr_equal(g->ops[i]->outputs[0]->producer, g->ops[i]);
    }
    assert_null(g->tensors[T_IN]->producer);
    assert_null(g->tensors[T_FILTER]->producer);
    import_done(&r);
}

static void windows_get_explicit_padding(void **state)
{
    (void)state;
    struct import_try r = import_model(small_model());
    const struct kl_subgraph *g = r.graph->subgraphs[0];
    const struct kl_attr_window *conv = &g->ops[O_CONV]->attr.window;
    assert_int_equal(conv->stride_h, 2);
    assert_int_equal(conv->dilation_w, 1);
    assert_int_equal(conv->activation, KL_ACT_RELU);
    assert_int_equal(conv->pad_top, 0); /* 8 rows, 3 taps, stride 2: one row of padding, below */
    assert_int_equal(conv->pad_bottom, 1);
    assert_int_equal(conv->pad_left, 0);
    assert_int_equal(conv->pad_right, 1);
    const struct kl_attr_window *pool = &g->ops[O_POOL]->attr.window;
    assert_int_equal(pool->filter_h, 2);
    assert_int_equal(pool->filter_w, 2);
    assert_int_equal(pool->pad_top + pool->pad_bottom + pool->pad_left + pool->pad_right, 0);
    import_done(&r);
}

/* SAME over several sizes: {in, filter, stride, out, before, after}, worked out by hand. */
static void same_padding_follows_the_rule(void **state)
{
    (void)state;
    static const int32_t cases[][6] = {
        {5, 3, 1, 5, 1, 1}, {5, 3, 2, 3, 1, 1}, {6, 3, 2, 3, 0, 1}, {7, 2, 1, 7, 0, 1},
        {7, 4, 3, 3, 1, 2}, {4, 1, 3, 2, 0, 0}, {3, 5, 1, 3, 2, 2}, {9, 10, 2, 5, 4, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int32_t *c = cases[i];
        struct one_op op = {KT_AVERAGE_POOL_2D,
                            kt_options_default(),
                            1,
                            1,
                            {4, 4},
                            {{1, c[0], 5, 2}, {1, c[3], 5, 2}},
                            -1};
        op.options.filter_h = c[1];
        op.options.stride_h = c[2];
        struct import_try r = import_model(one_op_model(&op));
        const struct kl_attr_window *w = &only_op(&r)->attr.window;
        assert_int_equal(w->pad_top, c[4]);
        assert_int_equal(w->pad_bottom, c[5]);
        assert_int_equal(w->pad_left, 0);
        import_done(&r);
    }
}

static void depth_multiplier_may_be_left_out(void **state)
{
    (void)state;
    for (int32_t stored = 0; stored < 3; stored += 2) {
        struct kt_options o = kt_options_default();
        o.depth_multiplier = stored; /* 0: an exporter that leaves it out */
        o.dilation_h = 2;
        o.padding = KT_VALID;
        struct one_op op = {KT_DEPTHWISE_CONV_2D,
                            o,
                            2,
                            1,
                            {4, 4, 4},
                            {{1, 5, 5, 3}, {1, 3, 1, 6}, {1, 1, 5, 6}},
                            -1};
        struct import_try r = import_model(one_op_model(&op));
        assert_int_equal(only_op(&r)->kind, KL_OP_DEPTHWISE_CONV_2D);
        assert_int_equal(only_op(&r)->attr.window.dilation_h, 2);
        import_done(&r);
    }
}

static void activations_and_axes_are_read(void **state)
{
    (void)state;
    static const enum kl_activation want[] = {KL_ACT_NONE, KL_ACT_RELU, KL_ACT_RELU_N1_TO_1,
                                              KL_ACT_RELU6};
    static const int32_t codes[] = {KT_ADD, KT_SUB, KT_MUL};
    for (size_t i = 0; i < 4; i++) {
        struct kt_options o = kt_options_default();
        o.activation = (int32_t)i;
        struct one_op op = {codes[i % 3], o, 2, 1, {2, 2, 2}, {{2, 3}, {2, 3}, {2, 3}}, -1};
        struct import_try r = import_model(one_op_model(&op));
        assert_int_equal(only_op(&r)->attr.binary.activation, want[i]);
        import_done(&r);
        op.code = KT_CONCATENATION;
        op.options.axis = -1;
        op.dim[2][1] = 6;
        r = import_model(one_op_model(&op));
        assert_int_equal(only_op(&r)->attr.axis.axis, -1);
        assert_int_equal(only_op(&r)->attr.axis.activation, want[i]);
        import_done(&r);
    }
}

static void other_options_are_read(void **state)
{
    (void)state;
    struct kt_options o = kt_options_default();
    o.alpha = 0.125f;
    o.beta = 2.5f;
    o.keep_dims = 1;
    o.align_corners = 1;
    struct one_op leaky = {KT_LEAKY_RELU, o, 1, 1, {1, 1}, {{4}, {4}}, -1};
    struct import_try r = import_model(one_op_model(&leaky));
    assert_true(only_op(&r)->attr.leaky_relu.alpha == 0.125f);
    import_done(&r);
    struct one_op softmax = {KT_SOFTMAX, o, 1, 1, {2, 2}, {{1, 4}, {1, 4}}, -1};
    r = import_model(one_op_model(&softmax));
    assert_true(only_op(&r)->attr.softmax.beta == 2.5f);
    import_done(&r);
    struct one_op mean = {KT_MEAN, o, 2, 1, {2, 1, 2}, {{3, 4}, {1}, {1, 4}}, 1};
    r = import_model(one_op_model(&mean));
    assert_true(only_op(&r)->attr.reduce.keep_dims);
    import_done(&r);
    struct one_op resize = {KT_RESIZE_NEAREST_NEIGHBOR,        o, 2, 1, {4, 1, 4},
                            {{1, 4, 4, 1}, {2}, {1, 1, 1, 1}}, 1};
    struct kt_model *m = one_op_model(&resize);
    kt_data(m, 1, (int32_t[]){1, 1}, 8);
    r = import_model(m);
    assert_true(only_op(&r)->attr.resize.align_corners);
    assert_false(only_op(&r)->attr.resize.half_pixel_centers);
    import_done(&r);
}

static void slices_packs_and_splits_are_read(void **state)
{
    (void)state;
    struct kt_options o = kt_options_default();
    o.begin_mask = 1, o.end_mask = 2, o.shrink_axis_mask = 0;
    struct one_op slice = {
        KT_STRIDED_SLICE, o, 4, 1, {2, 1, 1, 1, 2}, {{2, 3}, {2}, {2}, {2}, {1, 3}}, -1};
    struct kt_model *m = one_op_model(&slice);
    for (int32_t i = 1; i < 4; i++) {
        kt_tensor_at(m, i)->type = KT_I32;
        kt_data(m, i, i == 1 ? (int32_t[]){0, 0} : (int32_t[]){1, 1}, 8);
    }
    kt_inputs(m, KT_LIST(0));
    struct import_try r = import_model(m);
    assert_int_equal(only_op(&r)->attr.strided_slice.begin_mask, 1);
    assert_int_equal(only_op(&r)->attr.strided_slice.end_mask, 2);
    assert_false(only_op(&r)->attr.strided_slice.offset);
    import_done(&r);
    o.count = 2;
    o.axis = 1;
    struct one_op pack = {KT_PACK, o, 2, 1, {1, 1, 2}, {{3}, {3}, {3, 2}}, -1};
    r = import_model(one_op_model(&pack));
    assert_int_equal(only_op(&r)->attr.axis.axis, 1);
    import_done(&r);
    struct one_op split = {KT_SPLIT, o, 2, 2, {0, 2, 2, 2}, {{0}, {4, 3}, {2, 3}, {2, 3}}, 0};
    r = import_model(one_op_model(&split));
    assert_int_equal(only_op(&r)->output_count, 2);
    import_done(&r);
    split.options.count = 3;
    m = one_op_model(&split);
    r = import_try(kt_write(m), 0);
    assert_non_null(strstr(r.diag.message, "its options say 3 tensors, but it has 2"));
    import_done(&r);
    kt_model_free(m);
}

static void absent_options_are_the_defaults(void **state)
{
    (void)state;
    static const int32_t codes[] = {KT_ADD, KT_SUB, KT_MUL};
    for (size_t i = 0; i < 3; i++) {
        struct one_op op = {codes[i], kt_options_default(), 2, 1, {1, 1, 1}, {{2}, {2}, {2}}, -1};
        struct kt_model *m = one_op_model(&op);
        kt_op_at(m, 0)->omit_options = true;
        struct import_try r = import_model(m);
        assert_int_equal(only_op(&r)->attr.binary.activation, KL_ACT_NONE);
        import_done(&r);
    }
}

static void all_ways_of_storing_codes_are_read(void **state)
{
    (void)state;
    static const enum kt_code_style styles[] = {KT_CODES_BOTH, KT_CODES_BYTE, KT_CODES_INT32};
    for (size_t i = 0; i < 3; i++) {
        struct kt_model *m = small_model();
        m->code_style = styles[i];
        struct import_try r = import_model(m);
        assert_int_equal(r.graph->subgraphs[0]->ops[O_FC]->kind, KL_OP_FULLY_CONNECTED);
        import_done(&r);
    }
}

static void unknown_operators_keep_their_names(void **state)
{
    (void)state;
    static const struct {
        int32_t code;
        const char *custom;
        const char *name;
    } cases[] = {
        {KT_SVDF, NULL, "SVDF"},
        {KT_CUMSUM, NULL, "CUMSUM"},
        {209, NULL, "STABLEHLO_CASE"},
        {210, NULL, "BUILTIN:210"},
        {INT32_MAX, NULL, "BUILTIN:2147483647"},
        {KT_CUSTOM, "Foo\n\xc3\xa9", "CUSTOM:Foo???"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct one_op op = {cases[i].code, kt_options_default(), 2, 1,
                            {1, 1, 1},     {{2}, {3}, {4}},      -1};
        struct kt_model *m = one_op_model(&op);
        kt_op_at(m, 0)->custom_code = cases[i].custom;
        kt_op_at(m, 0)->version = 77;
        struct import_try r = import_model(m);
        assert_int_equal(only_op(&r)->kind, KL_OP_UNKNOWN);
        assert_string_equal(kl_op_name(only_op(&r)), cases[i].name);
        import_done(&r);
    }
}

static void names_are_made_printable(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct kt_model *m = small_model();
    kt_tensor_at(m, T_IN)->name = name;
    kt_tensor_at(m, T_OUT)->name = "\x1b[31m\x7f";
    kt_tensor_at(m, T_FC)->name = NULL;
    struct import_try r = import_model(m);
    struct kl_tensor **t = r.graph->subgraphs[0]->tensors;
    assert_int_equal(strlen(t[T_IN]->name), 255);
    assert_string_equal(t[T_IN]->name + 250, "nn...");
    assert_string_equal(t[T_OUT]->name, "?[31m?");
    assert_string_equal(t[T_FC]->name, "tensor 9");
    import_done(&r);
}

static void optional_inputs_and_variables(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    int32_t *inputs = kt_alloc(m, 3, sizeof *inputs);
    inputs[0] = T_FLAT, inputs[1] = T_WEIGHTS, inputs[2] = -1;
    kt_op_at(m, O_FC)->inputs = inputs;
    int32_t state_tensor = kt_tensor_add(m, "state", KT_I8, KT_LIST(1, 3));
    kt_quantize(m, state_tensor, 0.5f, 10);
    kt_tensor_at(m, state_tensor)->is_variable = true;
    kt_op_at(m, O_SOFTMAX)->code = KT_CUSTOM; /* unknown: takes any operands */
    kt_op_at(m, O_SOFTMAX)->custom_code = "Keeps";
    int32_t *both = kt_alloc(m, 2, sizeof *both);
    both[0] = T_FC, both[1] = state_tensor;
    kt_op_at(m, O_SOFTMAX)->inputs = both;
    kt_op_at(m, O_SOFTMAX)->input_count = 2;
    struct import_try r = import_model(m);
    const struct kl_subgraph *g = r.graph->subgraphs[0];
    assert_null(g->ops[O_FC]->inputs[2]);
    assert_true(g->ops[O_SOFTMAX]->inputs[1]->is_variable);
    assert_int_equal(g->tensor_count, SMALL_TENSORS); /* with the variable, without the bias */
    import_done(&r);
}

/* Converters leave such quantisation on tensors that are not quantised, and tensors without a
 * use that no graph could hold. */
static void leftovers_of_converters_are_ignored(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    kt_quantize(m, T_SHAPE, 0.0f, 0);
    int32_t unused = kt_tensor_add(m, "intermediate", KT_I16, KT_LIST(0));
    kt_quantize(m, unused, 0.0f, 99999);
    struct import_try r = import_model(m);
    const struct kl_subgraph *g = r.graph->subgraphs[0];
    assert_int_equal(g->tensors[T_SHAPE]->quant.count, 0);
    assert_int_equal(g->tensor_count, SMALL_TENSORS);
    import_done(&r);
    struct one_op op = {KT_RELU, kt_options_default(), 1, 1, {1, 1}, {{2}, {2}}, -1};
    m = one_op_model(&op);
    for (int32_t i = 0; i < 2; i++) {
        kt_tensor_at(m, i)->type = KT_F32;
        kt_quantize(m, i, 0.0f, 1000);
    }
    r = import_model(m);
    assert_int_equal(r.graph->subgraphs[0]->tensors[0]->quant.count, 0);
    import_done(&r);
}

/* The same graph and constants from every alignment of the file in memory. */
static void alignment_does_not_matter(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    for (size_t shift = 0; shift < 8; shift++) {
        struct import_try r = import_try(kt_write(m), shift);
        assert_int_equal(r.err, KL_OK);
        const struct kl_tensor *bias = r.graph->subgraphs[0]->tensors[T_BIAS];
        assert_int_equal((uintptr_t)bias->data % sizeof(int32_t), 0);
        assert_memory_equal(bias->data, kt_tensor_at(m, T_BIAS)->data, bias->bytes);
        import_done(&r);
    }
    kt_model_free(m);
}

static void subgraphs_have_their_own_tensors(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    kt_subgraph_add(m, "body");
    kt_tensor_add(m, "x", KT_F32, KT_LIST(3));
    kt_tensor_add(m, "y", KT_F32, KT_LIST(3));
    kt_op_add1(m, KT_RELU, kt_options_default(), KT_LIST(0), 1);
    kt_inputs(m, KT_LIST(0));
    kt_outputs(m, KT_LIST(1, 0));
    struct import_try r = import_model(m);
    assert_int_equal(r.graph->subgraph_count, 2);
    const struct kl_subgraph *body = r.graph->subgraphs[1];
    assert_string_equal(body->name, "body");
    assert_string_equal(body->tensors[1]->name, "y");
    assert_ptr_equal(body->outputs[1], body->inputs[0]);
    import_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_model_becomes_its_graph),
        cmocka_unit_test(windows_get_explicit_padding),
        cmocka_unit_test(same_padding_follows_the_rule),
        cmocka_unit_test(depth_multiplier_may_be_left_out),
        cmocka_unit_test(activations_and_axes_are_read),
        cmocka_unit_test(other_options_are_read),
        cmocka_unit_test(slices_packs_and_splits_are_read),
        cmocka_unit_test(absent_options_are_the_defaults),
        cmocka_unit_test(all_ways_of_storing_codes_are_read),
        cmocka_unit_test(unknown_operators_keep_their_names),
        cmocka_unit_test(names_are_made_printable),
        cmocka_unit_test(optional_inputs_and_variables),
        cmocka_unit_test(leftovers_of_converters_are_ignored),
        cmocka_unit_test(alignment_does_not_matter),
        cmocka_unit_test(subgraphs_have_their_own_tensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
