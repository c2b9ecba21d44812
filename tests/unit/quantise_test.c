/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Post-training quantisation against the formulas of TFLite's 8-bit specification, one by one, on
 * generated float models.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"
#include "flow/layers.h"
#include "quantise_try.h"

enum { ITEMS = QT_ITEMS, SIDE = 8, CLASSES = 5 };

/* CONV_2D relu, DEPTHWISE_CONV_2D, MAX_POOL_2D, RESHAPE, FULLY_CONNECTED, SOFTMAX. */
static struct kt_model *small_network(void)
{
    struct kt_build b = {kt_model_create("small network"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, SIDE, SIDE, 3));
    int32_t conv = qt_layer(&b, KT_CONV_2D, 6, 3, KT_ACT_RELU, in);
    int32_t wise = qt_layer(&b, KT_DEPTHWISE_CONV_2D, 6, 3, KT_ACT_NONE, conv);
    struct kt_options pool = kt_options_default();
    pool.filter_h = pool.filter_w = pool.stride_h = pool.stride_w = 2;
    int32_t pooled = kt_build_pool(&b, KT_MAX_POOL_2D, pool, wise);
    const struct kt_tensor *p = kt_tensor_at(b.model, pooled);
    int32_t size = p->dim[1] * p->dim[2] * p->dim[3];
    int32_t flat = kt_tensor_add(b.model, "flat", KT_F32, KT_LIST(1, size));
    int32_t shape = kt_vector_i32(b.model, "shape", KT_LIST(1, size));
    kt_op_add1(b.model, KT_RESHAPE, kt_options_default(), KT_LIST(pooled, shape), flat);
    int32_t dense = qt_layer(&b, KT_FULLY_CONNECTED, CLASSES, 1, KT_ACT_NONE, flat);
    int32_t out = kt_build_softmax(&b, 1.0f, dense);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(out));
    return b.model;
}

/* The first operator of that kind. */
static const struct kl_op *op_of(const struct kl_graph *graph, enum kl_op_kind kind)
{
    const struct kl_subgraph *subgraph = graph->subgraphs[0];
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        if (subgraph->ops[i]->kind == kind) {
            return subgraph->ops[i];
        }
    }
    return NULL;
}

/* Least and greatest value of a tensor over all inputs, by the engine. */
static struct kl_range seen(struct qt_trial *t, int32_t id)
{
    struct kl_layers layers;
    struct kl_diag diag = {0};
    struct kl_range range = {INFINITY, -INFINITY};
    const struct kl_subgraph *subgraph = t->floats->subgraphs[0];
    assert_int_equal(kl_layers_create(t->floats, t->job.arena, &layers, &diag), KL_OK);
    for (int32_t i = 0; i < ITEMS; i++) {
        const unsigned char *item =
            (const unsigned char *)t->inputs + (size_t)i * subgraph->inputs[0]->bytes;
        assert_int_equal(kl_layers_run(&layers, item, &diag), KL_OK);
        const float *values = layers.values[id];
        for (int64_t k = 0; k < kl_shape_elements(&subgraph->tensors[id]->shape); k++) {
            range.low = fminf(range.low, values[k]);
            range.high = fmaxf(range.high, values[k]);
        }
    }
    return range;
}

static void check_activation(struct qt_trial *t, const struct kl_tensor *tensor)
{
    struct kl_range range = seen(t, tensor->id);
    double low = fmin((double)range.low, 0), high = fmax((double)range.high, 0);
    double scale = (high - low) / 255;
    assert_int_equal(tensor->dtype, KL_S8);
    assert_true(fabs((double)tensor->quant.scale[0] - scale) <= scale * 1e-6);
    assert_int_equal(tensor->quant.zero_point[0], (int32_t)lround(-128 - low / scale));
}

/* Scale max / 127 of each channel, zero point 0, halves away from zero; bias in steps of both
 * scales. Channel c of weights: those whose index along `axis` is c. */
static void check_weights(const struct kl_op *was, const struct kl_op *is, int32_t axis,
                          bool per_channel)
{
    const struct kl_tensor *floats = was->inputs[1], *ints = is->inputs[1];
    const float *w = floats->data, *bias = was->inputs[2]->data;
    int64_t count = kl_shape_elements(&floats->shape), inner = 1;
    int32_t channels = floats->shape.dim[axis];
    for (int32_t i = axis + 1; i < floats->shape.rank; i++) {
        inner *= floats->shape.dim[i];
    }
    assert_int_equal(ints->quant.count, per_channel ? channels : 1);
    for (int32_t c = 0; c < channels; c++) {
        float most = 0;
        for (int64_t i = 0; i < count; i++) {
            most = !per_channel || i / inner % channels == c ? fmaxf(most, fabsf(w[i])) : most;
        }
        float scale = ints->quant.scale[per_channel ? c : 0];
        assert_true(scale == most / 127);
        for (int64_t i = 0; i < count; i++) {
            if (i / inner % channels == c) {
                assert_int_equal(((const int8_t *)ints->data)[i],
                                 lround((double)w[i] / (double)scale));
            }
        }
        double unit = (double)is->inputs[0]->quant.scale[0] * (double)scale;
        int64_t stored = is->inputs[2]->dtype == KL_S64 ? ((const int64_t *)is->inputs[2]->data)[c]
                                                        : ((const int32_t *)is->inputs[2]->data)[c];
        assert_int_equal(stored, lround((double)bias[c] / unit));
        assert_true(fabs((double)is->inputs[2]->quant.scale[per_channel ? c : 0] - unit) <=
                    unit * 1e-6);
    }
}

static void parameters_follow_the_specification(void **state)
{
    (void)state;
    struct qt_trial t;
    qt_begin(&t, small_network());
    qt_quantise(&t, (struct kl_ptq_options){0});
    const struct kl_graph *g = t.report.graph;
    const enum kl_op_kind own[] = {KL_OP_CONV_2D, KL_OP_FULLY_CONNECTED};
    check_activation(&t, g->subgraphs[0]->inputs[0]);
    for (int i = 0; i < 2; i++) {
        check_activation(&t, op_of(g, own[i])->outputs[0]);
    }
    check_weights(op_of(t.floats, KL_OP_CONV_2D), op_of(g, KL_OP_CONV_2D), 0, true);
    check_weights(op_of(t.floats, KL_OP_DEPTHWISE_CONV_2D), op_of(g, KL_OP_DEPTHWISE_CONV_2D), 3,
                  true);
    check_weights(op_of(t.floats, KL_OP_FULLY_CONNECTED), op_of(g, KL_OP_FULLY_CONNECTED), 0,
                  false);
    /* Pool and reshape have their inputs' scale, softmax its own. */
    const struct kl_quant *wise = &op_of(g, KL_OP_DEPTHWISE_CONV_2D)->outputs[0]->quant;
    assert_true(kl_quant_equal(wise, &op_of(g, KL_OP_MAX_POOL_2D)->outputs[0]->quant));
    assert_true(kl_quant_equal(wise, &op_of(g, KL_OP_RESHAPE)->outputs[0]->quant));
    const struct kl_quant *softmax = &g->subgraphs[0]->outputs[0]->quant;
    assert_true(softmax->scale[0] == 1.0f / 256 && softmax->zero_point[0] == -128);
    assert_int_equal(t.report.stay_count, 0);
    qt_end(&t);
}

static void dense_layers_can_be_per_channel(void **state)
{
    (void)state;
    struct qt_trial t;
    qt_begin(&t, small_network());
    qt_quantise(&t, (struct kl_ptq_options){.dense_channels = true});
    check_weights(op_of(t.floats, KL_OP_FULLY_CONNECTED),
                  op_of(t.report.graph, KL_OP_FULLY_CONNECTED), 0, true);
    qt_end(&t);
}

static void wide_activations_are_symmetric(void **state)
{
    (void)state;
    struct qt_trial t;
    qt_begin(&t, small_network());
    qt_quantise(&t, (struct kl_ptq_options){.wide = true});
    const struct kl_op *conv = op_of(t.report.graph, KL_OP_CONV_2D);
    struct kl_range range = seen(&t, conv->outputs[0]->id);
    assert_int_equal(conv->outputs[0]->dtype, KL_S16);
    assert_int_equal(conv->outputs[0]->quant.zero_point[0], 0);
    assert_true(conv->outputs[0]->quant.scale[0] == fmaxf(-range.low, range.high) / 32767);
    assert_int_equal(conv->inputs[2]->dtype, KL_S64);
    check_weights(op_of(t.floats, KL_OP_CONV_2D), conv, 0, true);
    qt_end(&t);
}

/* Of the sums that all layers together give. */
static double dense_sqnr(const struct qt_trial *t)
{
    return t->report.layers[t->report.layer_count - 2].sqnr;
}

static double output_sqnr(const struct qt_trial *t)
{
    return t->report.layers[t->report.layer_count - 1].sqnr;
}

static void results_stay_close(void **state)
{
    (void)state;
    for (int method = 0; method < 4; method++) {
        struct qt_trial t;
        qt_begin(&t, small_network());
        qt_quantise(
            &t, (struct kl_ptq_options){.method = (enum kl_calibration)method, .percentile = 99.9});
        assert_true(t.report.layers[t.report.layer_count - 1].is_output);
        assert_true(output_sqnr(&t) > 20);
        qt_end(&t);
    }
}

static void floats_can_stay_outside(void **state)
{
    (void)state;
    struct qt_trial t;
    qt_begin(&t, small_network());
    qt_quantise(&t, (struct kl_ptq_options){.float_io = true});
    const struct kl_subgraph *g = t.report.graph->subgraphs[0];
    assert_int_equal(g->inputs[0]->dtype, KL_F32);
    assert_int_equal(g->outputs[0]->dtype, KL_F32);
    assert_int_equal(g->ops[0]->kind, KL_OP_QUANTIZE);
    assert_int_equal(g->ops[g->op_count - 1]->kind, KL_OP_DEQUANTIZE);
    qt_end(&t);
}

/* FULLY_CONNECTED, SIN, and a join of its result with the first one's softmax. */
static struct kt_model *mixed_network(void)
{
    struct kt_build b = {kt_model_create("mixed network"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 12));
    int32_t dense = qt_layer(&b, KT_FULLY_CONNECTED, 6, 1, KT_ACT_NONE, in);
    int32_t sine = kt_tensor_add(b.model, "sine", KT_F32, KT_LIST(1, 6));
    kt_op_add1(b.model, KT_SIN, kt_options_default(), KT_LIST(dense), sine);
    int32_t second = qt_layer(&b, KT_FULLY_CONNECTED, 6, 1, KT_ACT_NONE, sine);
    int32_t softmax = kt_build_softmax(&b, 1.0f, second);
    int32_t joined = kt_tensor_add(b.model, "joined", KT_F32, KT_LIST(1, 12));
    struct kt_options axis = kt_options_default();
    axis.axis = 1;
    kt_op_add1(b.model, KT_CONCATENATION, axis, KT_LIST(second, softmax), joined);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(joined));
    return b.model;
}

static void what_has_no_integer_form_stays_float(void **state)
{
    (void)state;
    struct qt_trial t;
    qt_begin(&t, mixed_network());
    qt_quantise(&t, (struct kl_ptq_options){0});
    const struct kl_op *sine = op_of(t.report.graph, KL_OP_SIN);
    for (int32_t i = 1; i < t.report.stay_count; i++) {
        print_error("%s\n", t.report.stay[i]);
    }
    assert_int_equal(t.report.stay_count, 1);
    assert_non_null(strstr(t.report.stay[0], "(SIN)"));
    assert_int_equal(sine->inputs[0]->producer->kind, KL_OP_DEQUANTIZE);
    assert_int_equal(op_of(t.report.graph, KL_OP_QUANTIZE)->inputs[0]->producer->kind, KL_OP_SIN);
    /* The softmax has a scale of its kind, and is rescaled in front of the join. */
    const struct kl_op *join = op_of(t.report.graph, KL_OP_CONCATENATION);
    assert_int_equal(join->inputs[1]->producer->kind, KL_OP_QUANTIZE);
    assert_int_equal(join->inputs[1]->producer->inputs[0]->dtype, KL_S8);
    assert_true(kl_quant_equal(&join->inputs[0]->quant, &join->outputs[0]->quant));
    assert_true(kl_quant_equal(&join->inputs[1]->quant, &join->outputs[0]->quant));
    assert_true(output_sqnr(&t) > 20);
    qt_end(&t);
}

/* Two layers, each followed by MAXIMUM with the same constant. */
static struct kt_model *shared_constant(void)
{
    struct kt_build b = {kt_model_create("shared constant"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 12));
    int32_t limits = kt_build_tensor(&b, "limits", KT_F32, KT_LIST(1, 6));
    int32_t first = qt_layer(&b, KT_FULLY_CONNECTED, 6, 1, KT_ACT_NONE, in);
    int32_t second = qt_layer(&b, KT_FULLY_CONNECTED, 6, 1, KT_ACT_NONE, in);
    int32_t larger[2] = {kt_tensor_add(b.model, "larger 0", KT_F32, KT_LIST(1, 6)),
                         kt_tensor_add(b.model, "larger 1", KT_F32, KT_LIST(1, 6))};
    kt_build_fill(&b, limits);
    kt_op_add1(b.model, KT_MAXIMUM, kt_options_default(), KT_LIST(first, limits), larger[0]);
    kt_op_add1(b.model, KT_MAXIMUM, kt_options_default(), KT_LIST(second, limits), larger[1]);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(larger[0], larger[1]));
    return b.model;
}

/* Each result has the scale of what its own layer and the constant take. */
static void constants_tie_no_scales(void **state)
{
    (void)state;
    struct qt_trial t;
    qt_begin(&t, shared_constant());
    qt_quantise(&t, (struct kl_ptq_options){0});
    const struct kl_subgraph *was = t.floats->subgraphs[0], *is = t.report.graph->subgraphs[0];
    for (int i = 0; i < 2; i++) {
        const struct kl_op *op = was->outputs[i]->producer;
        assert_int_equal(op->kind, KL_OP_MAXIMUM);
        struct kl_range range = seen(&t, op->inputs[0]->id);
        const float *limits = op->inputs[1]->data;
        for (int k = 0; k < 6; k++) {
            range.low = fminf(range.low, limits[k]);
            range.high = fmaxf(range.high, limits[k]);
        }
        struct kl_scale wanted = kl_scale_of(range, false);
        assert_true(is->outputs[i]->quant.scale[0] == wanted.scale);
        assert_int_equal(is->outputs[i]->quant.zero_point[0], wanted.zero_point);
        assert_true(
            kl_quant_equal(&is->outputs[i]->producer->inputs[1]->quant, &is->outputs[i]->quant));
    }
    assert_true(is->outputs[0]->quant.scale[0] != is->outputs[1]->quant.scale[0]);
    qt_end(&t);
}

static enum kl_err read_example(void *context, int32_t example, float *values, struct kl_diag *diag)
{
    const struct qt_trial *t = context;
    (void)diag;
    memcpy(values, t->inputs + (size_t)example * SIDE * SIDE * 3, sizeof(float) * SIDE * SIDE * 3);
    return KL_OK;
}

/* All examples have the label 0: right are those whose first output is the greatest. */
static void accuracy_counts_pairs_of_answers(void **state)
{
    (void)state;
    static const int32_t labels[ITEMS];
    struct qt_trial t;
    qt_begin(&t, small_network());
    const struct kl_learn_set test = {.count = ITEMS,
                                      .shape = {3, {SIDE, SIDE, 3}},
                                      .classes = CLASSES,
                                      .read = read_example,
                                      .context = &t,
                                      .labels = labels};
    qt_quantise(&t, (struct kl_ptq_options){.test = &test});
    const struct kl_pair *a = &t.report.accuracy;
    struct kl_layers layers;
    struct kl_diag diag = {0};
    int64_t right = 0;
    assert_int_equal(kl_layers_create(t.floats, t.job.arena, &layers, &diag), KL_OK);
    const struct kl_subgraph *subgraph = t.floats->subgraphs[0];
    for (int32_t i = 0; i < ITEMS; i++) {
        const unsigned char *item =
            (const unsigned char *)t.inputs + (size_t)i * subgraph->inputs[0]->bytes;
        assert_int_equal(kl_layers_run(&layers, item, &diag), KL_OK);
        const float *out = layers.values[subgraph->outputs[0]->id];
        bool first = true;
        for (int32_t k = 1; k < CLASSES; k++) {
            first = first && out[0] >= out[k];
        }
        right += first;
    }
    assert_int_equal(a->count, ITEMS);
    assert_int_equal(a->first, right);
    assert_int_equal(a->second - a->first, a->only_second - a->only_first);
    assert_true(fabs(a->difference * ITEMS - (double)(a->second - a->first)) < 1e-9);
    assert_true(a->low <= a->difference && a->difference <= a->high);
    qt_end(&t);
}

static void weights_must_be_numbers(void **state)
{
    (void)state;
    struct qt_trial t;
    struct kl_diag diag = {0};
    qt_begin(&t, small_network());
    struct kl_ptq_report report;
    const struct kl_tensor *weights = op_of(t.job.graph, KL_OP_FULLY_CONNECTED)->inputs[1];
    float *copy = kl_arena_copy(t.job.arena, weights->data, weights->bytes);
    assert_non_null(copy);
    copy[3] = NAN;
    ((struct kl_tensor *)weights)->data = copy;
    struct kl_ptq_options options = {.inputs = (const unsigned char *)t.inputs, .items = ITEMS};
    assert_int_equal(kl_quantise_model(&t.job, &options, &report, &diag), KL_EINPUT);
    assert_non_null(strstr(diag.message, "infinity or NaN"));
    qt_end(&t);
}

static void histograms_grow_without_loss(void **state)
{
    (void)state;
    struct kl_histogram *h = calloc(1, sizeof *h);
    assert_non_null(h);
    const float values[] = {0.001f, -0.5f, 3, -700, 12345.0f, 0};
    assert_true(kl_histogram_add(h, values, 6));
    int64_t total = 0;
    for (int i = 0; i < KL_HISTOGRAM_BINS; i++) {
        total += h->bins[i];
    }
    assert_int_equal(total, 6);
    assert_true(h->low == -700 && h->high == 12345.0f);
    const float wrong = NAN;
    assert_false(kl_histogram_add(h, &wrong, 1));
    free(h);
}

static double quantisation_error(const float *values, int count, struct kl_range range)
{
    struct kl_scale scale = kl_scale_of(range, false);
    double sum = 0;
    for (int i = 0; i < count; i++) {
        int32_t q = kl_quantise_value(values[i], scale, false);
        double error = (q - scale.zero_point) * (double)scale.scale - (double)values[i];
        sum += error * error;
    }
    return sum;
}

/* Many small values and one far away: all methods but minmax leave that out. */
static void outliers_are_left_out(void **state)
{
    (void)state;
    enum { COUNT = 1000000 };
    static float values[COUNT];
    struct kl_histogram *h = calloc(1, sizeof *h);
    assert_non_null(h);
    for (int i = 0; i < COUNT; i++) {
        values[i] = kt_random_float(&qt_random, -1, 1) + kt_random_float(&qt_random, -1, 1);
    }
    values[77] = 4;
    assert_true(kl_histogram_add(h, values, COUNT));
    struct kl_range all = kl_histogram_range(h, KL_CALIBRATE_MINMAX, 100, false);
    struct kl_range most = kl_histogram_range(h, KL_CALIBRATE_PERCENTILE, 99.9, false);
    struct kl_range mse = kl_histogram_range(h, KL_CALIBRATE_MSE, 100, false);
    struct kl_range entropy = kl_histogram_range(h, KL_CALIBRATE_ENTROPY, 100, false);
    assert_true(all.high == 4);
    assert_true(most.high < 2.01f && most.high > 1.8f && most.low > -2 && most.low < -1.8f);
    assert_true(mse.high < 3 && mse.high > 1.5f);
    assert_true(entropy.high < 4 && entropy.high > 1);
    assert_true(quantisation_error(values, COUNT, mse) < quantisation_error(values, COUNT, all));
    free(h);
}

/* Values that do not surround 0: every method's range holds 0 and most of them. */
static void ranges_far_from_zero(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static const enum kl_calibration methods[] = {KL_CALIBRATE_MINMAX, KL_CALIBRATE_PERCENTILE,
                                                  KL_CALIBRATE_MSE, KL_CALIBRATE_ENTROPY};
    static float values[COUNT];
    for (int sign = -1; sign <= 1; sign += 2) {
        struct kl_histogram *h = calloc(1, sizeof *h);
        assert_non_null(h);
        for (int i = 0; i < COUNT; i++) {
            values[i] = (float)sign * (4.5f + kt_random_float(&qt_random, -0.3f, 0.3f) +
                                       kt_random_float(&qt_random, -0.3f, 0.3f));
        }
        assert_true(kl_histogram_add(h, values, COUNT));
        for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
            struct kl_range range = kl_histogram_range(h, methods[m], 99.9, false);
            assert_true(sign > 0 ? range.high > 4.6f : range.low < -4.6f);
        }
        free(h);
    }
}

/* Not only to the nearest, and what comes out is closer to the floats. */
static void weights_are_rounded_up_or_down(void **state)
{
    (void)state;
    struct qt_trial nearest, chosen;
    uint64_t seed = qt_random.state;
    qt_begin(&nearest, small_network());
    qt_quantise(&nearest, (struct kl_ptq_options){0});
    qt_random.state = seed;
    qt_begin(&chosen, small_network());
    qt_quantise(&chosen, (struct kl_ptq_options){.adaround = true});
    const struct kl_tensor *w = op_of(chosen.floats, KL_OP_CONV_2D)->inputs[1];
    const struct kl_tensor *q = op_of(chosen.report.graph, KL_OP_CONV_2D)->inputs[1];
    int32_t changed = 0;
    for (int64_t i = 0; i < kl_shape_elements(&w->shape); i++) {
        int64_t c = i / (kl_shape_elements(&w->shape) / w->shape.dim[0]);
        double exact = (double)((const float *)w->data)[i] / (double)q->quant.scale[c];
        double stored = ((const int8_t *)q->data)[i];
        assert_true(fabs(stored - exact) < 1 + 1e-6);
        changed += stored != round(exact);
    }
    assert_true(changed > 0);
    print_message("%.1f dB, to the nearest %.1f dB\n", dense_sqnr(&chosen), dense_sqnr(&nearest));
    assert_true(dense_sqnr(&chosen) > dense_sqnr(&nearest));
    qt_end(&nearest);
    qt_end(&chosen);
}

static struct kt_model *no_bias(void)
{
    struct kt_build b = {kt_model_create("no bias"), &qt_random};
    struct kt_layer l = {.code = KT_FULLY_CONNECTED,
                         .out_c = 16,
                         .k_h = 1,
                         .k_w = 1,
                         .groups = 1,
                         .weights = KT_WEIGHTS_F32,
                         .no_bias = true,
                         .options = kt_options_default()};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 48));
    int32_t out = kt_build_layer(&b, &l, in);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(out));
    return b.model;
}

/* Where no bias makes up for it, an error of the mean is one. int16: hardly any other is left. */
static void rounding_without_bias_keeps_the_mean(void **state)
{
    (void)state;
    double sqnr[2];
    uint64_t seed = qt_random.state;
    for (int i = 0; i < 2; i++) {
        struct qt_trial t;
        qt_random.state = seed;
        qt_begin(&t, no_bias());
        for (int k = 0; k < ITEMS * 48; k++) {
            t.inputs[k] += 4;
        }
        qt_quantise(&t, (struct kl_ptq_options){.wide = true, .adaround = i == 1});
        sqnr[i] = output_sqnr(&t);
        qt_end(&t);
    }
    print_message("%.1f dB, to the nearest %.1f dB\n", sqnr[1], sqnr[0]);
    assert_true(sqnr[1] > sqnr[0] + 6);
}

/* What the layer's accumulator means for channel `c`, before anything is cut off. */
static double integer_sum(const struct kl_op *dense, const int16_t *taps, int c)
{
    const struct kl_tensor *weights = dense->inputs[1];
    const int8_t *w = weights->data;
    int32_t count = weights->shape.dim[1];
    int64_t sum = ((const int64_t *)dense->inputs[2]->data)[c];
    for (int32_t t = 0; t < count; t++) {
        sum += w[c * count + t] * taps[t];
    }
    return (double)sum * (double)dense->inputs[0]->quant.scale[0] * (double)weights->quant.scale[0];
}

/* The mean error of each class's sum over all inputs. */
static void mean_errors(struct qt_trial *t, double *error)
{
    struct kl_layers floats, integers;
    struct kl_diag diag = {0};
    int16_t quantised[SIDE * SIDE * 3];
    const struct kl_tensor *was = op_of(t->floats, KL_OP_FULLY_CONNECTED)->outputs[0];
    const struct kl_op *dense = op_of(t->report.graph, KL_OP_FULLY_CONNECTED);
    const struct kl_quant *in = &t->report.graph->subgraphs[0]->inputs[0]->quant;
    struct kl_scale scale = {in->scale[0], in->zero_point[0]};
    assert_int_equal(kl_layers_create(t->floats, t->job.arena, &floats, &diag), KL_OK);
    assert_int_equal(kl_layers_create(t->report.graph, t->job.arena, &integers, &diag), KL_OK);
    memset(error, 0, CLASSES * sizeof *error);
    for (int i = 0; i < ITEMS; i++) {
        const float *item = t->inputs + i * SIDE * SIDE * 3;
        for (int k = 0; k < SIDE * SIDE * 3; k++) {
            quantised[k] = (int16_t)kl_quantise_value(item[k], scale, true);
        }
        assert_int_equal(kl_layers_run(&floats, (const unsigned char *)item, &diag), KL_OK);
        assert_int_equal(kl_layers_run(&integers, (const unsigned char *)quantised, &diag), KL_OK);
        for (int c = 0; c < CLASSES; c++) {
            double sum = (double)((const float *)floats.values[was->id])[c];
            error[c] +=
                (integer_sum(dense, integers.values[dense->inputs[0]->id], c) - sum) / ITEMS;
        }
    }
}

/* To half a step of the bias; without correction it is off by many. */
static void biases_keep_the_mean(void **state)
{
    (void)state;
    uint64_t seed = qt_random.state;
    for (int i = 0; i < 2; i++) {
        struct qt_trial t;
        double error[CLASSES], largest = 0;
        qt_random.state = seed;
        qt_begin(&t, small_network());
        qt_quantise(&t, (struct kl_ptq_options){.wide = true, .correct_biases = i == 1});
        const struct kl_op *dense = op_of(t.report.graph, KL_OP_FULLY_CONNECTED);
        double unit =
            (double)dense->inputs[0]->quant.scale[0] * (double)dense->inputs[1]->quant.scale[0];
        mean_errors(&t, error);
        for (int c = 0; c < CLASSES; c++) {
            largest = fmax(largest, fabs(error[c]) / unit);
        }
        print_message("largest error of a mean: %.2f steps of the bias\n", largest);
        assert_true(i == 1 ? largest < 1 : largest > 100);
        qt_end(&t);
    }
}

static struct kt_model *one_layer(void)
{
    struct kt_build b = {kt_model_create("one layer"), &qt_random};
    int32_t in = kt_build_tensor(&b, "in", KT_F32, KT_LIST(1, 12));
    int32_t out = qt_layer(&b, KT_FULLY_CONNECTED, 6, 1, KT_ACT_NONE, in);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(out));
    return b.model;
}

/* Weights that grew by half, and a bias that left all reach: so many are cut off. */
static void what_old_scales_do_not_reach_is_counted(void **state)
{
    (void)state;
    struct qt_trial old, new;
    uint64_t seed = qt_random.state;
    qt_begin(&old, one_layer());
    qt_quantise(&old, (struct kl_ptq_options){0});
    qt_random.state = seed;
    qt_begin(&new, one_layer());
    const struct kl_op *op = op_of(new.job.graph, KL_OP_FULLY_CONNECTED);
    double scale =
        (double)op_of(old.report.graph, KL_OP_FULLY_CONNECTED)->inputs[1]->quant.scale[0];
    float *weights = kl_arena_copy(new.job.arena, op->inputs[1]->data, op->inputs[1]->bytes);
    float *bias = kl_arena_copy(new.job.arena, op->inputs[2]->data, op->inputs[2]->bytes);
    assert_true(weights && bias);
    int64_t wanted = 1;
    for (int i = 0; i < 6 * 12; i++) {
        weights[i] *= 1.5f;
        wanted += fabs(round((double)weights[i] / scale)) > INT8_MAX;
    }
    bias[2] = 1e9f;
    ((struct kl_tensor *)op->inputs[1])->data = weights;
    ((struct kl_tensor *)op->inputs[2])->data = bias;
    qt_quantise(&new, (struct kl_ptq_options){.like = old.report.graph});
    assert_true(wanted > 2);
    assert_int_equal(new.report.cut_off, wanted);
    qt_end(&old);
    qt_end(&new);
}

static float channel_most(const struct kl_tensor *w, int64_t inner, int32_t channels, int32_t c)
{
    float most = 0;
    for (int64_t i = 0; i < kl_shape_elements(&w->shape); i++) {
        most = i / inner % channels == c ? fmaxf(most, fabsf(((const float *)w->data)[i])) : most;
    }
    return most;
}

/* In real numbers, that is; and the ranges of both layers become equal, biases included. */
static void equalised_layers_compute_the_same(void **state)
{
    (void)state;
    struct qt_trial t;
    struct kl_diag diag = {0};
    struct kl_layers layers[2];
    int32_t pairs;
    qt_begin(&t, small_network());
    assert_int_equal(kl_optimise_portable(t.job.graph, &diag), KL_OK);
    int32_t out = t.job.graph->subgraphs[0]->outputs[0]->id;
    assert_int_equal(kl_layers_create(t.job.graph, t.job.arena, &layers[0], &diag), KL_OK);
    assert_int_equal(kl_layers_run(&layers[0], (const unsigned char *)t.inputs, &diag), KL_OK);
    assert_int_equal(kl_equalise(t.job.graph, &pairs, &diag), KL_OK);
    assert_int_equal(pairs, 1);
    assert_int_equal(kl_layers_create(t.job.graph, t.job.arena, &layers[1], &diag), KL_OK);
    assert_int_equal(kl_layers_run(&layers[1], (const unsigned char *)t.inputs, &diag), KL_OK);
    for (int32_t i = 0; i < CLASSES; i++) {
        assert_float_equal(((float *)layers[0].values[out])[i], ((float *)layers[1].values[out])[i],
                           1e-5);
    }
    const struct kl_tensor *first = op_of(t.job.graph, KL_OP_CONV_2D)->inputs[1];
    const struct kl_tensor *second = op_of(t.job.graph, KL_OP_DEPTHWISE_CONV_2D)->inputs[1];
    const struct kl_tensor *bias = op_of(t.job.graph, KL_OP_CONV_2D)->inputs[2];
    for (int32_t c = 0; c < 6; c++) {
        float a = channel_most(first, 27, 6, c), b = channel_most(second, 1, 6, c);
        a = fmaxf(a, fabsf(((const float *)bias->data)[c]));
        assert_float_equal(a / b, 1, 1e-2);
    }
    qt_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_follow_the_specification),
        cmocka_unit_test(dense_layers_can_be_per_channel),
        cmocka_unit_test(wide_activations_are_symmetric),
        cmocka_unit_test(results_stay_close),
        cmocka_unit_test(floats_can_stay_outside),
        cmocka_unit_test(what_has_no_integer_form_stays_float),
        cmocka_unit_test(constants_tie_no_scales),
        cmocka_unit_test(accuracy_counts_pairs_of_answers),
        cmocka_unit_test(weights_must_be_numbers),
        cmocka_unit_test(histograms_grow_without_loss),
        cmocka_unit_test(outliers_are_left_out),
        cmocka_unit_test(ranges_far_from_zero),
        cmocka_unit_test(weights_are_rounded_up_or_down),
        cmocka_unit_test(rounding_without_bias_keeps_the_mean),
        cmocka_unit_test(biases_keep_the_mean),
        cmocka_unit_test(what_old_scales_do_not_reach_is_counted),
        cmocka_unit_test(equalised_layers_compute_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
