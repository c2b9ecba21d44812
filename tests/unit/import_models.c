/* SPDX-License-Identifier: Apache-2.0 */
#include "import_models.h"

static int32_t quantised(struct kt_model *m, const char *name, float scale, int64_t zero_point,
                         int32_t rank, const int32_t *dim)
{
    int32_t t = kt_tensor_add(m, name, KT_I8, rank, dim);
    kt_quantize(m, t, scale, zero_point);
    return t;
}

/* A constant whose bytes are small numbers of both signs. */
static int32_t constant(struct kt_model *m, const char *name, int32_t type, int32_t rank,
                        const int32_t *dim)
{
    int32_t t = kt_tensor_add(m, name, type, rank, dim);
    size_t count = (size_t)kt_elements(kt_tensor_at(m, t));
    int8_t *bytes = kt_alloc(m, count, sizeof *bytes);
    int32_t *words = kt_alloc(m, count, sizeof *words);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (int8_t)(i * 7 % 31 - 15);
        words[i] = bytes[i] * 100;
    }
    kt_data(m, t, type == KT_I8 ? (void *)bytes : words, kt_bytes(kt_tensor_at(m, t)));
    return t;
}

static void add_tensors(struct kt_model *m)
{
    static const float filter_scales[] = {0.25f, 0.5f, 0.125f, 0.0625f};
    static const float bias_scales[] = {0.125f, 0.25f, 0.0625f, 0.03125f};
    static const int32_t shape[] = {1, 16};
    quantised(m, "in", 0.5f, -3, KT_LIST(1, 8, 8, 2));
    constant(m, "conv/filter", KT_I8, KT_LIST(4, 3, 3, 2));
    kt_quantize_axis(m, T_FILTER, 0, 4, filter_scales);
    constant(m, "conv/bias", KT_I32, KT_LIST(4));
    kt_quantize_axis(m, T_BIAS, 3, 4, bias_scales); /* some converters keep the filter's axis */
    quantised(m, "conv", 0.5f, -128, KT_LIST(1, 4, 4, 4));
    quantised(m, "pool", 0.5f, -128, KT_LIST(1, 2, 2, 4));
    kt_vector_i32(m, "shape", 2, shape);
    quantised(m, "flat", 0.5f, -128, KT_LIST(1, 16));
    constant(m, "fc/weights", KT_I8, KT_LIST(3, 16));
    kt_quantize(m, T_WEIGHTS, 0.5f, 0);
    constant(m, "fc/bias", KT_I32, KT_LIST(3));
    kt_quantize(m, T_FC_BIAS, 0.25f, 0);
    quantised(m, "fc", 0.5f, 10, KT_LIST(1, 3));
    quantised(m, "out", 1.0f / 256, -128, KT_LIST(1, 3));
}

struct kt_model *small_model(void)
{
    struct kt_model *m = kt_model_create("a small model");
    add_tensors(m);
    struct kt_options o = kt_options_default();
    o.stride_w = o.stride_h = 2;
    o.filter_w = o.filter_h = 2;
    o.activation = KT_ACT_RELU;
    kt_op_add1(m, KT_CONV_2D, o, KT_LIST(T_IN, T_FILTER, T_BIAS), T_CONV);
    o.padding = KT_VALID;
    o.activation = KT_ACT_NONE;
    kt_op_add1(m, KT_MAX_POOL_2D, o, KT_LIST(T_CONV), T_POOL);
    kt_op_add1(m, KT_RESHAPE, kt_options_default(), KT_LIST(T_POOL, T_SHAPE), T_FLAT);
    kt_op_add1(m, KT_FULLY_CONNECTED, kt_options_default(), KT_LIST(T_FLAT, T_WEIGHTS, T_FC_BIAS),
               T_FC);
    kt_op_add1(m, KT_SOFTMAX, kt_options_default(), KT_LIST(T_FC), T_OUT);
    kt_inputs(m, KT_LIST(T_IN));
    kt_outputs(m, KT_LIST(T_OUT));
    return m;
}

struct kt_model *one_op_model(const struct one_op *op)
{
    struct kt_model *m = kt_model_create("one operator");
    int32_t inputs[6];
    int32_t outputs[6];
    int32_t graph_inputs[6];
    int32_t graph_input_count = 0;
    for (int32_t i = 0; i < op->input_count + op->output_count; i++) {
        int32_t t = quantised(m, "t", 0.5f, 0, op->rank[i], op->dim[i]);
        if (i == op->constant) {
            kt_tensor_at(m, t)->type = KT_I32;
            size_t bytes = kt_bytes(kt_tensor_at(m, t));
            kt_data(m, t, kt_alloc(m, bytes, 1), bytes);
        }
        if (i >= op->input_count) {
            outputs[i - op->input_count] = t;
            continue;
        }
        inputs[i] = t;
        if (i != op->constant) {
            graph_inputs[graph_input_count++] = t;
        }
    }
    kt_op_add(m, op->code, op->options, op->input_count, inputs, op->output_count, outputs);
    kt_inputs(m, graph_input_count, graph_inputs);
    kt_outputs(m, op->output_count, outputs);
    return m;
}
