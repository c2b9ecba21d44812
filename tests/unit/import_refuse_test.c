/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the TFLite importer must refuse, each with a message about its fault. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import_models.h"
#include "import_try.h"
#include "tflite_writer.h"

static struct kt_tensor *tensor(struct kt_model *m, int32_t index)
{
    return kt_tensor_at(m, index);
}

static struct kt_options *options(struct kt_model *m, int32_t op)
{
    return &kt_op_at(m, op)->options;
}

static void set_scale(struct kt_model *m, int32_t index, float scale)
{
    kt_quantize(m, index, scale, 0);
}

static void set_shape(struct kt_model *m, int32_t index, int32_t rank, const int32_t *dim)
{
    int32_t *copy = kt_alloc(m, (size_t)rank, sizeof *copy);
    memcpy(copy, dim, (size_t)rank * sizeof *copy);
    tensor(m, index)->rank = rank;
    tensor(m, index)->dim = copy;
}

/* Replace one operand; the lists live in the model's memory. */
static void set_input(struct kt_model *m, int32_t op, int32_t place, int32_t value)
{
    struct kt_op *o = kt_op_at(m, op);
    int32_t *list = kt_alloc(m, (size_t)o->input_count, sizeof *list);
    memcpy(list, o->inputs, (size_t)o->input_count * sizeof *list);
    list[place] = value;
    o->inputs = list;
}

static void set_output(struct kt_model *m, int32_t op, int32_t value)
{
    int32_t *list = kt_alloc(m, 1, sizeof *list);
    *list = value;
    kt_op_at(m, op)->outputs = list;
}

/* clang-format off */
#define SPOIL(name, ...) static void name(struct kt_model *m) { __VA_ARGS__; }
SPOIL(identifier, m->identifier = "TFL2")
SPOIL(schema_version, m->version = 2)
SPOIL(scale_nan, set_scale(m, T_IN, NAN))
SPOIL(scale_infinite, set_scale(m, T_IN, INFINITY))
SPOIL(scale_zero, set_scale(m, T_FC, 0))
SPOIL(scale_negative, set_scale(m, T_FC, -0.5f))
SPOIL(zero_point_int8, kt_quantize(m, T_IN, 1, 300))
SPOIL(zero_point_uint8, tensor(m, T_IN)->type = KT_U8)
SPOIL(zero_point_huge, kt_quantize(m, T_BIAS, 1, INT64_C(1) << 40))
SPOIL(zero_point_count, tensor(m, T_FILTER)->zero_point_count = 2)
SPOIL(quant_axis, tensor(m, T_FILTER)->axis = 4)
SPOIL(quant_axis_negative, tensor(m, T_FILTER)->axis = -1)
SPOIL(quant_count, tensor(m, T_FILTER)->axis = 1)
SPOIL(dim_negative, set_shape(m, T_IN, KT_LIST(1, -1, 8, 2)))
SPOIL(dim_zero, set_shape(m, T_CONV, KT_LIST(1, 4, 0, 4)))
SPOIL(dim_product, set_shape(m, T_IN, KT_LIST(65536, 65536, 1, 1)))
SPOIL(dim_product_64, set_shape(m, T_IN, KT_LIST(INT32_MAX, INT32_MAX, INT32_MAX, 16)))
SPOIL(dim_bytes, tensor(m, T_OUT)->type = KT_F32; set_shape(m, T_OUT, KT_LIST(1, 1 << 29)))
SPOIL(rank, set_shape(m, T_IN, KT_LIST(1, 1, 1, 1, 8, 8, 2)))
SPOIL(type_unknown, tensor(m, T_IN)->type = 99)
SPOIL(type_negative, tensor(m, T_IN)->type = -1)
SPOIL(buffer_index, tensor(m, T_FILTER)->buffer = 999)
SPOIL(buffer_short, tensor(m, T_FILTER)->data_bytes--)
SPOIL(buffer_shared, tensor(m, T_IN)->buffer = 1)
SPOIL(variable_constant, tensor(m, T_FILTER)->is_variable = true)
SPOIL(input_index, set_input(m, O_CONV, 0, SMALL_TENSORS))
SPOIL(input_index_negative, set_input(m, O_CONV, 2, -2))
SPOIL(input_omitted, set_input(m, O_CONV, 1, -1))
SPOIL(input_later, set_input(m, O_CONV, 0, T_OUT))
SPOIL(input_own, set_input(m, O_SOFTMAX, 0, T_OUT))
SPOIL(output_index, set_output(m, O_POOL, 1000))
SPOIL(output_omitted, set_output(m, O_POOL, -1))
SPOIL(output_twice, set_output(m, O_POOL, T_CONV))
SPOIL(output_constant, set_output(m, O_POOL, T_SHAPE))
SPOIL(output_input, set_output(m, O_POOL, T_IN))
SPOIL(output_variable, tensor(m, T_POOL)->is_variable = true)
SPOIL(too_few_inputs, kt_op_at(m, O_CONV)->input_count = 1)
SPOIL(too_many_inputs, kt_op_at(m, O_RESHAPE)->code = KT_SOFTMAX)
SPOIL(no_outputs, kt_op_at(m, O_POOL)->output_count = 0)
SPOIL(opcode_index, kt_op_at(m, O_POOL)->opcode_index = 5)
SPOIL(opcode_negative, kt_op_at(m, O_FC)->code = -7)
SPOIL(options_missing, kt_op_at(m, O_CONV)->omit_options = true)
SPOIL(options_missing_softmax, kt_op_at(m, O_SOFTMAX)->omit_options = true)
SPOIL(options_wrong, kt_op_at(m, O_CONV)->options_kind = 5)
SPOIL(stride_zero, options(m, O_CONV)->stride_h = 0)
SPOIL(stride_negative, options(m, O_CONV)->stride_w = -1)
SPOIL(stride_huge, options(m, O_POOL)->stride_w = INT32_MAX)
SPOIL(dilation_zero, options(m, O_CONV)->dilation_w = 0)
SPOIL(dilation_huge, options(m, O_CONV)->dilation_h = INT32_MIN)
SPOIL(filter_zero, options(m, O_POOL)->filter_h = 0)
SPOIL(filter_extent, options(m, O_CONV)->dilation_w = 1 << 20;
      set_shape(m, T_FILTER, KT_LIST(4, 1, 1 << 15, 2));
      tensor(m, T_FILTER)->data = NULL;
      kt_inputs(m, KT_LIST(T_IN, T_FILTER)))
SPOIL(padding, options(m, O_CONV)->padding = 2)
SPOIL(activation_unknown, options(m, O_POOL)->activation = -1)
SPOIL(beta_nan, options(m, O_SOFTMAX)->beta = NAN)
SPOIL(beta_zero, options(m, O_SOFTMAX)->beta = 0)
SPOIL(conv_input_rank, set_shape(m, T_IN, KT_LIST(8, 8, 2)))
SPOIL(conv_filter_rank, set_shape(m, T_FILTER, KT_LIST(4, 9, 2)))
SPOIL(conv_output_shape, set_shape(m, T_CONV, KT_LIST(1, 4, 5, 4)))
SPOIL(graph_input_constant, kt_inputs(m, KT_LIST(T_FILTER)))
SPOIL(graph_input_twice, kt_inputs(m, KT_LIST(T_IN, T_IN)))
SPOIL(graph_input_index, kt_inputs(m, KT_LIST(-1)))
SPOIL(graph_output_index, kt_outputs(m, KT_LIST(SMALL_TENSORS)))
SPOIL(graph_output_unwritten, kt_op_at(m, O_SOFTMAX)->outputs = kt_op_at(m, O_FC)->outputs;
      set_output(m, O_FC, T_OUT); set_input(m, O_SOFTMAX, 0, T_OUT);
      kt_outputs(m, KT_LIST(T_FC)); kt_subgraph_last(m)->op_count--)
SPOIL(no_graph_inputs, kt_inputs(m, 0, NULL))
SPOIL(no_graph_outputs, kt_outputs(m, 0, NULL))
SPOIL(no_subgraphs, m->subgraph_count = 0)
SPOIL(second_subgraph, kt_subgraph_add(m, "body");
      kt_tensor_add(m, "x", KT_F32, KT_LIST(1));
      kt_op_add1(m, KT_RELU, kt_options_default(), KT_LIST(0), 0))
SPOIL(accumulator, static const int32_t bias[] = {0, 0, 0, INT32_MAX};
      kt_data(m, T_BIAS, bias, sizeof bias))
/* clang-format on */

static const struct spoil {
    void (*spoil)(struct kt_model *m);
    enum kl_err err;
    const char *message;
} spoils[] = {
    {identifier, KL_EINPUT, "the file identifier is not \"TFL3\""},
    {schema_version, KL_EUNSUPPORTED, "schema version 2"},
    {scale_nan, KL_EINPUT, "tensor 0 ('in'): scale 0 is nan"},
    {scale_infinite, KL_EINPUT, "tensor 0 ('in'): scale 0 is inf"},
    {scale_zero, KL_EINPUT, "tensor 9 ('fc'): scale 0 is 0"},
    {scale_negative, KL_EINPUT, "tensor 9 ('fc'): scale 0 is -0.5"},
    {zero_point_int8, KL_EINPUT, "zero point 0 is 300"},
    {zero_point_uint8, KL_EINPUT, "zero point 0 is -3"},
    {zero_point_huge, KL_EINPUT, "zero point 0 is 1099511627776"},
    {zero_point_count, KL_EINPUT, "4 scales, but 2 zero points"},
    {quant_axis, KL_EINPUT, "quantised along dimension 4"},
    {quant_axis_negative, KL_EINPUT, "quantised along dimension -1"},
    {quant_count, KL_EINPUT, "4 scales for dimension 1, which has 3"},
    {dim_negative, KL_EINPUT, "tensor 0 ('in'): dimension 1 of its shape is -1"},
    {dim_zero, KL_EINPUT, "tensor 3 ('conv'): dimension 2 of its shape is 0"},
    {dim_product, KL_ELIMIT, "larger than 2147483647 bytes"},
    {dim_product_64, KL_ELIMIT, "larger than 2147483647 bytes"},
    {dim_bytes, KL_ELIMIT, "larger than 2147483647 bytes"},
    {rank, KL_EUNSUPPORTED, "rank 7"},
    {type_unknown, KL_EINPUT, "unknown element type 99"},
    {type_negative, KL_EINPUT, "unknown element type -1"},
    {buffer_index, KL_EINPUT, "buffer 999 does not exist"},
    {buffer_short, KL_EINPUT, "its buffer holds 71 bytes, but type and shape need 72"},
    {buffer_shared, KL_EINPUT, "its buffer holds 72 bytes, but type and shape need 128"},
    {variable_constant, KL_EINPUT, "it is a variable"},
    {input_index, KL_EINPUT, "operator 0 (CONV_2D): tensor 11 does not exist"},
    {input_index_negative, KL_EINPUT, "operator 0 (CONV_2D): tensor -2 does not exist"},
    {input_omitted, KL_EINPUT, "operator 0 (CONV_2D): input 1 is omitted"},
    {input_later, KL_EINPUT, "operator 0 (CONV_2D): input 0 (tensor 10, 'out') has no value"},
    {input_own, KL_EINPUT, "operator 4 (SOFTMAX): input 0 (tensor 10, 'out') has no value"},
    {output_index, KL_EINPUT, "operator 1 (MAX_POOL_2D): tensor 1000 does not exist"},
    {output_omitted, KL_EINPUT, "tensor -1 does not exist"},
    {output_twice, KL_EINPUT, "output 0 (tensor 3, 'conv') is already another operator's output"},
    {output_constant, KL_EINPUT, "output 0 (tensor 5, 'shape') is already a constant"},
    {output_input, KL_EINPUT, "output 0 (tensor 0, 'in') is already an input of the graph"},
    {output_variable, KL_EINPUT, "output 0 (tensor 4, 'pool') is already a variable"},
    {too_few_inputs, KL_EINPUT, "operator 0 (CONV_2D): it has 1 inputs, but takes 2 to 3"},
    {too_many_inputs, KL_EINPUT, "operator 2 (SOFTMAX): it has 2 inputs, but takes 1 to 1"},
    {no_outputs, KL_EINPUT, "operator 1 (MAX_POOL_2D): it has 0 outputs"},
    {opcode_index, KL_EINPUT, "operator 1: operator code 5 does not exist; the file has 5"},
    {opcode_negative, KL_EINPUT, "operator code -7 is negative"},
    {options_missing, KL_EINPUT, "operator 0 (CONV_2D): its options are missing"},
    {options_missing_softmax, KL_EINPUT, "operator 4 (SOFTMAX): its options are missing"},
    {options_wrong, KL_EINPUT, "its options are of type 5, which must be 1"},
    {stride_zero, KL_EINPUT, "operator 0 (CONV_2D): the vertical stride is 0"},
    {stride_negative, KL_EINPUT, "the horizontal stride is -1"},
    {stride_huge, KL_EINPUT, "the horizontal stride is 2147483647"},
    {dilation_zero, KL_EINPUT, "the horizontal dilation is 0"},
    {dilation_huge, KL_EINPUT, "the vertical dilation is -2147483648"},
    {filter_zero, KL_EINPUT, "operator 1 (MAX_POOL_2D): the filter's height is 0"},
    {filter_extent, KL_ELIMIT, "a filter of 32768 taps 1048576 apart is too large"},
    {padding, KL_EINPUT, "unknown padding 2"},
    {activation_unknown, KL_EINPUT, "unknown fused activation -1"},
    {beta_nan, KL_EINPUT, "beta is nan"},
    {beta_zero, KL_EINPUT, "beta is 0"},
    {conv_input_rank, KL_EINPUT, "its input has 3 dimensions"},
    {conv_filter_rank, KL_EINPUT, "its filter has 3 dimensions"},
    {conv_output_shape, KL_EINPUT, "CONV_2D"},
    {graph_input_constant, KL_EINPUT, "input 0 (tensor 1, 'conv/filter') is a constant"},
    {graph_input_twice, KL_EINPUT, "input 1 (tensor 0, 'in')"},
    {graph_input_index, KL_EINPUT, "tensor -1 does not exist"},
    {graph_output_index, KL_EINPUT, "tensor 11 does not exist"},
    {graph_output_unwritten, KL_EINPUT, "output 0 (tensor 9, 'fc') is written by no operator"},
    {no_graph_inputs, KL_EINPUT, "operator 0 (CONV_2D): input 0 (tensor 0, 'in') has no value"},
    {no_graph_outputs, KL_EINPUT, "the model has 1 inputs and 0 outputs"},
    {no_subgraphs, KL_EINPUT, "it has 0 subgraphs"},
    {second_subgraph, KL_EINPUT, "subgraph 1, operator 0 (RELU): input 0 (tensor 0, 'x')"},
    {accumulator, KL_EUNSUPPORTED,
     "operator 0 (CONV_2D): the 32-bit accumulator of output channel 3"},
};

static void spoilt_models_are_refused(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct kt_model *m = small_model();
        spoils[i].spoil(m);
        struct import_try r = import_try(kt_write(m), 0);
        if (r.err != spoils[i].err || !strstr(r.diag.message, spoils[i].message)) {
            print_error("case %zu: error %d \"%s\" instead of %d \"%s\"\n", i, r.err,
                        r.diag.message, spoils[i].err, spoils[i].message);
            wrong++;
        }
        import_done(&r);
        kt_model_free(m);
    }
    assert_int_equal(wrong, 0);
}

/* Operators that join tensors have no optional ones. */
static void omitted_parts_are_refused(void **state)
{
    (void)state;
    static const int32_t codes[] = {KT_CONCATENATION, KT_PACK};
    for (size_t i = 0; i < 2; i++) {
        struct one_op op = {codes[i],     kt_options_default(), 3, 1,
                            {1, 1, 1, 1}, {{2}, {2}, {2}, {6}}, -1};
        op.options.count = 3;
        struct kt_model *m = one_op_model(&op);
        set_input(m, 0, 1, -1);
        struct import_try r = import_try(kt_write(m), 0);
        assert_int_equal(r.err, KL_EINPUT);
        assert_non_null(strstr(r.diag.message, "input 1 is omitted, but it is not optional"));
        import_done(&r);
        kt_model_free(m);
    }
}

static void empty_file_is_refused(void **state)
{
    (void)state;
    struct import_try r = import_try((struct kl_bytes){NULL, 0}, 0);
    assert_int_equal(r.err, KL_EINPUT);
    assert_non_null(strstr(r.diag.message, "empty"));
    import_done(&r);
}

/* Every shorter file is refused, but for those that lack only padding at the end. */
static void truncated_files_are_refused(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    struct kl_bytes file = kt_write(m);
    for (size_t size = 0; size < file.size; size++) {
        struct import_try r = import_try((struct kl_bytes){file.data, size}, 0);
        if (size + 16 < file.size) {
            assert_int_equal(r.err, KL_EINPUT);
        }
        import_done(&r);
    }
    kt_model_free(m);
}

/* import_try fails the test on anything but a verified graph or a message. */
static void changed_bytes_do_no_harm(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    struct kl_bytes file = kt_write(m);
    unsigned char *changed = malloc(file.size);
    assert_non_null(changed);
    memcpy(changed, file.data, file.size);
    int refused = 0;
    for (size_t at = 0; at < file.size; at++) {
        const unsigned char was = changed[at];
        const unsigned char values[] = {0, 0xff, (unsigned char)(was ^ 0x80),
                                        (unsigned char)(was + 1), (unsigned char)(was - 1)};
        for (size_t v = 0; v < sizeof values; v++) {
            changed[at] = values[v];
            struct import_try r = import_try((struct kl_bytes){changed, file.size}, at % 4);
            refused += r.err != KL_OK;
            import_done(&r);
        }
        changed[at] = was;
    }
    assert_true(refused > 100); /* the sweep reached more than padding and weights */
    free(changed);
    kt_model_free(m);
}

/* Out of memory at every place where the importer asks for some. */
static void short_memory_is_refused(void **state)
{
    (void)state;
    struct kt_model *m = small_model();
    struct kl_bytes file = kt_write(m);
    size_t limit = 0;
    for (enum kl_err err = KL_ELIMIT; err != KL_OK; limit += 16) {
        struct kl_arena *arena = kl_arena_create(limit);
        struct kl_diag diag = {0};
        struct kl_graph *graph = NULL;
        err = kl_import_tflite(file, arena, &graph, &diag);
        if (err != KL_OK) {
            assert_int_equal(err, KL_ELIMIT);
            assert_non_null(strstr(diag.message, "out of memory"));
            assert_null(graph);
        }
        kl_arena_free(arena);
    }
    assert_in_range(limit, 1000, 100000);
    kt_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spoilt_models_are_refused), cmocka_unit_test(empty_file_is_refused),
        cmocka_unit_test(omitted_parts_are_refused), cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(changed_bytes_do_no_harm),  cmocka_unit_test(short_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
