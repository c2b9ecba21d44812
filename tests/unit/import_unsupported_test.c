/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is well-formed but cannot be computed: it imports, keeps its names, and the planner
 * lists all of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import_models.h"
#include "import_try.h"
#include "optimise/optimise.h"
#include "plan/plan.h"
#include "tflite_writer.h"

enum { ACT_TANH = 4, ACT_SIGN_BIT = 5 };

static struct import_try import_model(struct kt_model *m)
{
    struct import_try r = import_good(kt_write(m));
    kt_model_free(m);
    return r;
}

/* Optimise and plan the model; it must be refused for exactly these reasons. */
static void check_issues(struct import_try *r, int32_t count, const char *const *messages)
{
    struct kl_plan_issue *issues;
    int32_t found;
    assert_int_equal(kl_optimise(r->graph, NULL, &r->diag), KL_OK);
    if (kl_plan_issues(r->graph, r->arena, &issues, &found, &r->diag) != KL_OK) {
        fail_msg("%s", r->diag.message);
    }
    assert_int_equal(found, count);
    for (int32_t i = 0; i < count; i++) {
        assert_string_equal(issues[i].message, messages[i]);
        assert_int_equal(issues[i].err, KL_EUNSUPPORTED);
    }
}

static void every_unsupported_thing_is_listed(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    kt_op_at(m, O_CONV)->options.activation = ACT_TANH;
    kt_tensor_at(m, T_WEIGHTS)->type = KT_STRING;
    kt_tensor_at(m, T_WEIGHTS)->data_bytes = 24;
    kt_op_at(m, O_SOFTMAX)->code = KT_CUSTOM;
    kt_op_at(m, O_SOFTMAX)->custom_code = "Foo";
    struct import_try r = import_model(m);
    static const char *const messages[] = {
        ("operator 0 (CONV_2D): the fused activation TANH is not supported; make it an operator of "
         "its own"),
        "operator 3 (FULLY_CONNECTED): types int8, string, int32 -> int8 are not supported",
        "operator 4 (CUSTOM:Foo): this operator is not supported",
    };
    check_issues(&r, 3, messages);
    struct kl_plan *plan;
    assert_int_equal(kl_plan_create(r.graph, NULL, r.arena, &plan, &r.diag), KL_EUNSUPPORTED);
    assert_non_null(strstr(r.diag.message, messages[0]));
    assert_non_null(strstr(r.diag.message, "(and 2 more"));
    import_done(&r);
}

static void unsupported_operators_keep_name_and_reason(void **state)
{
    (void)state;
    static const struct {
        int32_t op, activation, version;
        const char *name, *reason;
    } cases[] = {
        {O_CONV, ACT_TANH, 1, "CONV_2D", "the fused activation TANH is not supported"},
        {O_FC, ACT_SIGN_BIT, 1, "FULLY_CONNECTED", "the fused activation SIGN_BIT is not"},
        {O_POOL, 0, 99, "MAX_POOL_2D", "version 99 of this operator is not known (1 to 3 are)"},
        {O_FC, 0, 0, "FULLY_CONNECTED", "version 0 of this operator is not known (1 to 13 are)"},
        {O_CONV, ACT_TANH, 50, "CONV_2D", "version 50 of this operator"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kt_model *m = small_model();
        kt_op_at(m, cases[i].op)->options.activation = cases[i].activation;
        kt_op_at(m, cases[i].op)->version = cases[i].version;
        struct import_try r = import_model(m);
        for (int32_t k = 0; k < SMALL_OPS; k++) {
            const struct kl_op *op = r.graph->subgraphs[0]->ops[k];
            assert_int_equal(op->kind == KL_OP_UNKNOWN, k == cases[i].op);
        }
        const struct kl_op *op = r.graph->subgraphs[0]->ops[cases[i].op];
        assert_string_equal(kl_op_name(op), cases[i].name);
        assert_ptr_equal(strstr(op->attr.unknown.reason, cases[i].reason), op->attr.unknown.reason);
        import_done(&r);
    }
}

/* A newer version may have other operands and options. */
static void newer_versions_may_look_different(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    static const int32_t inputs[] = {T_CONV, T_SHAPE, -1, T_BIAS};
    kt_op_at(m, O_POOL)->version = 20;
    kt_op_at(m, O_POOL)->inputs = inputs;
    kt_op_at(m, O_POOL)->input_count = 4;
    kt_op_at(m, O_POOL)->options_kind = 77;
    struct import_try r = import_model(m);
    const struct kl_op *pool = r.graph->subgraphs[0]->ops[O_POOL];
    assert_int_equal(pool->kind, KL_OP_UNKNOWN);
    assert_int_equal(pool->input_count, 4);
    import_done(&r);
}

static void malformed_parts_of_unsupported_operators_are_refused(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    kt_op_at(m, O_CONV)->options.activation = ACT_TANH;
    kt_op_at(m, O_CONV)->options.stride_h = 0;
    struct import_try r = import_try(kt_write(m), 0);
    assert_int_equal(r.err, KL_EINPUT);
    assert_string_equal(r.diag.message,
                        "operator 0 (CONV_2D): the vertical stride is 0; it must be 1 to 1048576");
    import_done(&r);
    kt_model_free(m);
}

static const struct {
    int32_t type;
    enum kl_dtype dtype;
    const char *name;
} types[] = {
    {5, KL_STRING, "string"},
    {8, KL_C64, "complex64"},
    {11, KL_C128, "complex128"},
    {14, KL_VARIANT, "variant"},
    {18, KL_BF16, "bfloat16"},
    {19, KL_S2, "int2"},
    {20, KL_U4, "uint4"},
    {21, KL_F8_E4M3FN, "float8_e4m3fn"},
    {22, KL_F8_E5M2, "float8_e5m2"},
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

/* Constants of such types have content of any size, and from any address. */
static void types_without_arithmetic_keep_their_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        struct kt_model *m = small_model();
        kt_tensor_at(m, T_WEIGHTS)->type = types[i].type;
        kt_tensor_at(m, T_WEIGHTS)->data_bytes = 1 + i;
        struct import_try r = import_try(kt_write(m), i % 4);
        assert_int_equal(r.err, KL_OK);
        const struct kl_tensor *t = r.graph->subgraphs[0]->tensors[T_WEIGHTS];
        assert_int_equal(t->dtype, types[i].dtype);
        assert_string_equal(kl_dtype_name(t->dtype), types[i].name);
        assert_int_equal(t->bytes, 0);
        assert_memory_equal(t->data, kt_tensor_at(m, T_WEIGHTS)->data, 1 + i);
        assert_true(kl_value_at(t->dtype, t->data, 47) == 0);
        char message[128];
        snprintf(message, sizeof message,
                 "operator 3 (FULLY_CONNECTED): types int8, %s, int32 -> int8 are not supported",
                 types[i].name);
        check_issues(&r, 1, (const char *const[]){message});
        import_done(&r);
        kt_model_free(m);
    }
}

static void their_content_and_quantisation_are_checked(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    kt_tensor_at(m, T_WEIGHTS)->type = KT_I4;
    kt_quantize(m, T_WEIGHTS, 0.5f, 8);
    struct import_try r = import_try(kt_write(m), 0);
    assert_int_equal(r.err, KL_EINPUT);
    assert_non_null(
        strstr(r.diag.message, "zero point 0 is 8, outside the range of its type int4"));
    import_done(&r);
    kt_quantize(m, T_WEIGHTS, 0.5f, 7);
    kt_tensor_at(m, T_WEIGHTS)->buffer = 999;
    r = import_try(kt_write(m), 0);
    assert_int_equal(r.err, KL_EINPUT);
    assert_non_null(strstr(r.diag.message, "buffer 999 does not exist"));
    import_done(&r);
    kt_model_free(m);
}

/* Passes neither move nor fold them, and what takes them as a model input is listed, too. */
static void nothing_computes_with_them(void **state)
{
    (void)state;
    static const int32_t permutation[] = {1, 0};
    struct kt_model *m = kt_model_create("text");
    int32_t in = kt_tensor_add(m, "in", KT_STRING, KT_LIST(3, 2));
    int32_t fixed = kt_tensor_add(m, "fixed", KT_STRING, KT_LIST(3, 2));
    int32_t perm = kt_vector_i32(m, "permutation", 2, permutation);
    int32_t turned = kt_tensor_add(m, "turned", KT_STRING, KT_LIST(2, 3));
    int32_t flat = kt_tensor_add(m, "flat", KT_STRING, KT_LIST(6));
    int32_t shape = kt_tensor_add(m, "shape", KT_I32, KT_LIST(2));
    kt_data(m, fixed, "text", 4);
    struct kt_options o = kt_options_default();
    kt_op_add1(m, KT_TRANSPOSE, o, KT_LIST(fixed, perm), turned);
    kt_op_add1(m, KT_RESHAPE, o, KT_LIST(in), flat);
    o.out_type = KT_I32;
    kt_op_add1(m, KT_SHAPE, o, KT_LIST(in), shape);
    kt_inputs(m, KT_LIST(in));
    kt_outputs(m, KT_LIST(turned, flat));
    struct import_try r = import_model(m);
    struct kl_buffer text = KL_BUFFER(1 << 16);
    kl_graph_dump(r.graph, &text);
    assert_non_null(strstr(text.data, "string[3,2] constant \"fixed\""));
    kl_buffer_free(&text);
    static const char *const messages[] = {
        "operator 0 (TRANSPOSE): types string, int32 -> string are not supported",
        "operator 1 (RESHAPE): types string -> string are not supported",
    };
    check_issues(&r, 2, messages);
    import_done(&r);
}

/* Unused or only looked at by SHAPE, such an input is still none that a device could be given. */
static void inputs_without_bytes_are_refused(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    int32_t extra = kt_tensor_add(m, "extra", KT_STRING, KT_LIST(1));
    kt_inputs(m, KT_LIST(T_IN, extra));
    struct import_try r = import_model(m);
    struct kl_plan *plan;
    assert_int_equal(kl_optimise(r.graph, NULL, &r.diag), KL_OK);
    assert_int_equal(kl_plan_create(r.graph, NULL, r.arena, &plan, &r.diag), KL_EUNSUPPORTED);
    assert_string_equal(r.diag.message,
                        "model input 1 ('extra') is of type string, which holds no data");
    import_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unsupported_thing_is_listed),
        cmocka_unit_test(unsupported_operators_keep_name_and_reason),
        cmocka_unit_test(newer_versions_may_look_different),
        cmocka_unit_test(malformed_parts_of_unsupported_operators_are_refused),
        cmocka_unit_test(types_without_arithmetic_keep_their_names),
        cmocka_unit_test(their_content_and_quantisation_are_checked),
        cmocka_unit_test(nothing_computes_with_them),
        cmocka_unit_test(inputs_without_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
