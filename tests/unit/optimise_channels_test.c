/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removal of channels: what goes in each pattern, what must stay, and that no result changes.
 * Every model is planned as imported and as optimised, and run on the same inputs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/execute.h"
#include "flow/model_job.h"
#include "sparse.h"
#include "tflite_writer.h"

enum { RUNS = 6 };

/* ---- comparing ---------------------------------------------------------------------------- */

static void open_job(struct kl_model_job *job, struct kl_bytes file, bool optimised)
{
    struct kl_diag diag = {0};
    enum kl_err err = kl_model_job_open_bytes(job, "case", file, &diag);
    if (err == KL_OK && optimised) {
        err = kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, &diag);
    } else if (err == KL_OK) {
        err = kl_graph_verify(job->graph, &diag);
        err = err ? err : kl_plan_create(job->graph, NULL, job->arena, &job->plan, &diag);
    }
    if (err != KL_OK) {
        fail_msg("%s", diag.message);
    }
}

static const unsigned char *run(const struct kl_model_job *job, const struct kl_bytes *inputs)
{
    unsigned char *memory;
    struct kl_diag diag = {0};
    assert_int_equal(kl_execute_arena(job->plan, job->arena, &memory, &diag), KL_OK);
    for (int32_t i = 0; i < job->plan->input_count; i++) {
        memcpy(kl_execute_io(job->plan, &job->plan->inputs[i], memory), inputs[i].data,
               inputs[i].size);
    }
    assert_int_equal(kl_execute(job->plan, memory, &diag), KL_OK);
    return kl_execute_io(job->plan, &job->plan->outputs[0], memory);
}

/* What the pass took out of one model, or of many. */
struct outcome {
    struct kl_removed removed;
    int32_t networks, smaller;
};

/* The same outputs with and without the passes. */
static void compare(void *context, const struct kt_case *c)
{
    struct outcome *outcome = context;
    struct kl_bytes file = kt_write(c->model);
    struct kl_model_job plain;
    struct kl_model_job optimised;
    open_job(&plain, file, false);
    open_job(&optimised, file, true);
    size_t bytes = plain.plan->outputs[0].tensor->bytes;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct kl_bytes inputs[KT_MAX_IO];
        kt_case_inputs(c, seed, inputs);
        if (memcmp(run(&plain, inputs), run(&optimised, inputs), bytes) != 0) {
            fail_msg("%s: run %d differs", c->label, (int)seed);
        }
    }
    const struct kl_removed *removed = &optimised.graph->removed;
    assert_int_equal(plain.plan->macs - optimised.plan->macs, removed->macs);
    assert_true(removed->bytes >= 0 && removed->channels >= 0);
    outcome->networks++;
    outcome->smaller += removed->channels > 0;
    outcome->removed.channels += removed->channels;
    outcome->removed.macs += removed->macs;
    outcome->removed.bytes += removed->bytes;
    kl_model_job_free(&plain);
    kl_model_job_free(&optimised);
}

/* ---- patterns ----------------------------------------------------------------------------- */

/* A model that a pattern adds its layers to. */
struct pattern {
    struct kt_sink sink;
    struct kt_case c;
    struct kt_build b;
    int32_t input;
    struct outcome outcome;
};

enum { ZERO_POINT = -7 };

/* Begin with an input of 1 x 4 x 4 x 3. */
static void begin(struct pattern *p)
{
    *p = (struct pattern){.sink = {.receive = compare, .random = {17}}};
    p->sink.context = &p->outcome;
    p->b = kt_case_begin(&p->sink, &p->c, KT_CONV_2D);
    p->input = kt_build_tensor(&p->b, "input", KT_I8, KT_LIST(1, 4, 4, 3));
}

/* Compare, and give back how many channels went. */
static int64_t end(struct pattern *p, int32_t output)
{
    kt_case_end(&p->sink, &p->c, p->input, output);
    return p->outcome.removed.channels;
}

/* A layer without activation whose output has the zero point ZERO_POINT. */
static int32_t layer(struct pattern *p, int32_t code, int32_t out_c, int32_t filter,
                     int32_t padding, int32_t x)
{
    const struct kt_tensor *in = kt_tensor_at(p->b.model, x);
    struct kt_layer l = {.code = code,
                         .out_c = out_c,
                         .k_h = filter,
                         .k_w = filter,
                         .weights = KT_WEIGHTS_TENSOR,
                         .out_scale = 0.05f,
                         .options = kt_options_default()};
    l.options.padding = padding;
    l.options.depth_multiplier = out_c / in->dim[in->rank - 1];
    int32_t out = kt_build_layer(&p->b, &l, x);
    int64_t *zero_point = kt_alloc(p->b.model, 1, sizeof *zero_point);
    *zero_point = ZERO_POINT;
    kt_tensor_at(p->b.model, out)->zero_point = zero_point;
    return out;
}

static int32_t conv(struct pattern *p, int32_t out_c, int32_t filter, int32_t x)
{
    return layer(p, KT_CONV_2D, out_c, filter, KT_SAME, x);
}

static int32_t add(struct pattern *p, int32_t x, int32_t y)
{
    const struct kt_tensor *in = kt_tensor_at(p->b.model, x);
    int32_t out = kt_build_quantized(&p->b, "sum", KT_I8, 0.1f, 3, in->rank, in->dim);
    kt_op_add1(p->b.model, KT_ADD, kt_options_default(), KT_LIST(x, y), out);
    return out;
}

/* A channel of zero weights and bias is the zero point: gone, even in front of a padded filter. */
static void test_zero_channel(void **state)
{
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, 5, 3, p.input);
    kt_sparse_silence(&p.b, 2, 0);
    assert_int_equal(end(&p, conv(&p, 4, 3, x)), 1);
    assert_int_equal(p.outcome.removed.macs, 16 * 9 * (3 + 4));
    assert_int_equal(p.outcome.removed.bytes, 9 * (3 + 4) + 4);
}

/* With a bias it is another constant, which the taps outside the image do not read. */
static void test_padded_border(void **state)
{
    enum { BIAS = 4000 };
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, 5, 1, p.input);
    kt_sparse_silence(&p.b, 2, BIAS);
    assert_int_equal(end(&p, layer(&p, KT_CONV_2D, 4, 3, KT_SAME, x)), 0);
    begin(&p);
    x = conv(&p, 5, 1, p.input);
    kt_sparse_silence(&p.b, 2, BIAS);
    assert_int_equal(end(&p, layer(&p, KT_CONV_2D, 4, 3, KT_VALID, x)), 1);
    begin(&p);
    x = conv(&p, 5, 1, p.input);
    kt_sparse_silence(&p.b, 2, BIAS);
    assert_int_equal(end(&p, conv(&p, 4, 1, x)), 1);
}

/* A depthwise layer makes it vary at the border, and passes it on elsewhere. */
static void test_border_of_a_depthwise_layer(void **state)
{
    enum { BIAS = 4000 };
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, 5, 1, p.input);
    kt_sparse_silence(&p.b, 2, BIAS);
    x = layer(&p, KT_DEPTHWISE_CONV_2D, 5, 3, KT_SAME, x);
    assert_int_equal(end(&p, conv(&p, 4, 1, x)), 0);
    begin(&p);
    x = conv(&p, 5, 1, p.input);
    kt_sparse_silence(&p.b, 2, BIAS);
    x = layer(&p, KT_DEPTHWISE_CONV_2D, 5, 3, KT_VALID, x);
    assert_int_equal(end(&p, conv(&p, 4, 1, x)), 2);
}

/* A channel that no weight reads is dead, and so are the channels that only it needs. */
static void test_unread_channel(void **state)
{
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, 5, 3, p.input);
    x = layer(&p, KT_DEPTHWISE_CONV_2D, 5, 3, KT_SAME, x);
    x = conv(&p, 4, 1, x);
    kt_sparse_ignore(&p.b, 3);
    assert_int_equal(end(&p, x), 2);
}

/* What the model gives out stays, constant or not; what only a constant reads does not. */
static void test_outputs_stay(void **state)
{
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, 5, 1, p.input);
    int32_t y = conv(&p, 4, 1, x);
    for (int32_t c = 0; c < 4; c++) {
        kt_sparse_silence(&p.b, c, c * 1000);
    }
    assert_int_equal(end(&p, y), 4); /* one of five channels has to stay for a shape */
}

/* A multiplier below 2^-32 is no multiplier. */
static void test_flushed_multiplier(void **state)
{
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, 3, 1, p.input);
    const struct kt_subgraph *s = kt_subgraph_last(p.b.model);
    const float scales[3] = {0.01f, 1e-9f, 0.01f};
    kt_quantize_axis(p.b.model, s->ops[s->op_count - 1].inputs[1], 0, 3, scales);
    assert_int_equal(end(&p, conv(&p, 4, 3, x)), 1);
}

/* A left shift that wraps around makes all values of what looks like one at both ends. */
static void test_wrapping_shift(void **state)
{
    enum { CHANNELS = 32 };
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, CHANNELS, 1, p.input);
    const struct kt_subgraph *s = kt_subgraph_last(p.b.model);
    float scales[CHANNELS];
    for (int32_t c = 0; c < CHANNELS; c++) {
        scales[c] = 1e8f * (float)(1 + c);
    }
    kt_quantize_axis(p.b.model, s->ops[s->op_count - 1].inputs[1], 0, CHANNELS, scales);
    assert_int_equal(end(&p, x), 0);
}

/* Sums tie their operands: a channel goes when it is dead in all of them. */
static void test_residual(void **state)
{
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, 4, 1, p.input);
    int32_t y = conv(&p, 4, 3, x);
    int32_t sum = add(&p, x, y);
    int32_t out = conv(&p, 2, 1, sum);
    kt_sparse_ignore(&p.b, 1);
    /* y's channel 1 is dead, but x's is read by the 3x3 filter: both stay. */
    assert_int_equal(end(&p, out), 0);
    begin(&p);
    x = conv(&p, 4, 1, p.input);
    y = conv(&p, 4, 3, x);
    kt_sparse_ignore(&p.b, 1);
    sum = add(&p, x, y);
    out = conv(&p, 2, 1, sum);
    kt_sparse_ignore(&p.b, 1);
    assert_int_equal(end(&p, out), 2);
}

/* The channels that a depth multiplier makes of one go together. */
static void test_depth_multiplier(void **state)
{
    struct pattern p;
    (void)state;
    begin(&p);
    int32_t x = conv(&p, 3, 1, p.input);
    x = layer(&p, KT_DEPTHWISE_CONV_2D, 6, 3, KT_SAME, x);
    x = conv(&p, 2, 1, x);
    kt_sparse_ignore(&p.b, 2); /* the first of input channel 1 */
    assert_int_equal(end(&p, x), 0);
    begin(&p);
    x = conv(&p, 3, 1, p.input);
    x = layer(&p, KT_DEPTHWISE_CONV_2D, 6, 3, KT_SAME, x);
    x = conv(&p, 2, 1, x);
    kt_sparse_ignore(&p.b, 2);
    kt_sparse_ignore(&p.b, 3);
    assert_int_equal(end(&p, x), 3);
}

static int64_t removed_with_groups(int32_t unread)
{
    struct pattern p;
    begin(&p);
    int32_t x = conv(&p, 6, 1, p.input);
    struct kt_layer grouped = {.code = KT_CONV_2D,
                               .out_c = 6,
                               .k_h = 3,
                               .k_w = 3,
                               .groups = 3,
                               .weights = KT_WEIGHTS_CHANNEL,
                               .out_scale = 0.05f,
                               .options = kt_options_default()};
    x = kt_build_layer(&p.b, &grouped, x);
    x = conv(&p, 2, 1, x);
    for (int32_t i = 0; i < unread; i++) {
        kt_sparse_ignore(&p.b, 2 + i);
    }
    return end(&p, x);
}

/* A group goes as a whole or stays. */
static void test_groups(void **state)
{
    (void)state;
    assert_int_equal(removed_with_groups(1), 0);
    assert_int_equal(removed_with_groups(2), 4);
}

static int64_t removed_before_dense(bool pool, bool reshape)
{
    struct pattern p;
    begin(&p);
    int32_t x = conv(&p, 5, 1, p.input);
    kt_sparse_silence(&p.b, 1, 2000);
    if (pool) {
        struct kt_options options = kt_options_default();
        options.padding = KT_VALID;
        options.filter_h = options.filter_w = options.stride_h = options.stride_w = 4;
        x = kt_build_pool(&p.b, KT_AVERAGE_POOL_2D, options, x);
    }
    if (reshape) {
        int32_t flat = kt_build_like(&p.b, "flat", x,
                                     KT_LIST(1, (int32_t)kt_elements(kt_tensor_at(p.b.model, x))));
        kt_op_add1(p.b.model, KT_RESHAPE, kt_options_default(), KT_LIST(x), flat);
        x = flat;
    }
    return end(&p, layer(&p, KT_FULLY_CONNECTED, 3, 1, KT_SAME, x));
}

/* Through pools, and through the flattening of an image: every fifth weight goes. */
static void test_dense(void **state)
{
    (void)state;
    assert_int_equal(removed_before_dense(true, true), 1);
    assert_int_equal(removed_before_dense(true, false), 1);
    assert_int_equal(removed_before_dense(false, true), 1);
    assert_int_equal(removed_before_dense(false, false), 1);
}

/* One scale would mean another arithmetic: two channels stay. */
static void test_dense_keeps_its_kind_of_scales(void **state)
{
    struct pattern p;
    struct kt_layer dense = {.code = KT_FULLY_CONNECTED,
                             .out_c = 6,
                             .weights = KT_WEIGHTS_CHANNEL,
                             .out_scale = 0.05f,
                             .options = kt_options_default()};
    (void)state;
    begin(&p);
    int32_t x = kt_build_layer(&p.b, &dense, p.input);
    int32_t out = layer(&p, KT_FULLY_CONNECTED, 3, 1, KT_SAME, x);
    for (int32_t i = 1; i < 6; i++) {
        kt_sparse_ignore(&p.b, i);
    }
    assert_int_equal(end(&p, out), 4);
}

/* ---- random networks ---------------------------------------------------------------------- */

static void test_random_networks(void **state)
{
    enum { NETWORKS = 1500 };
    struct outcome outcome = {0};
    struct kt_sink sink = {.receive = compare, .context = &outcome};
    (void)state;
    for (uint64_t seed = 1; seed <= NETWORKS; seed++) {
        kt_sparse_network(&sink, seed * 7919);
    }
    print_message("%d of %d networks lost %lld channels in all\n", outcome.smaller,
                  outcome.networks, (long long)outcome.removed.channels);
    assert_int_equal(outcome.networks, NETWORKS);
    assert_true(outcome.smaller > NETWORKS / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero_channel),
        cmocka_unit_test(test_padded_border),
        cmocka_unit_test(test_border_of_a_depthwise_layer),
        cmocka_unit_test(test_unread_channel),
        cmocka_unit_test(test_outputs_stay),
        cmocka_unit_test(test_flushed_multiplier),
        cmocka_unit_test(test_wrapping_shift),
        cmocka_unit_test(test_residual),
        cmocka_unit_test(test_depth_multiplier),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_dense),
        cmocka_unit_test(test_dense_keeps_its_kind_of_scales),
        cmocka_unit_test(test_random_networks),
    };
    return cmocka_run_group_tests_name("optimise channels", tests, NULL, NULL);
}
