/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cheap requantisation of whole models: every channel of the MLPerf Tiny models has a form that
 * is proved, under the limits that kernels set. The folder of models is $KINGLET_MODELS, or
 * shared/models beside the source tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "flow/model_job.h"
#include "plan/requant_fit.h"

/* What CTest takes for a test that was skipped. */
enum { SKIPPED = 77 };

static bool no_models;

/* The channels of one CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED. */
struct layer {
    const struct kl_requant *rq;
    const int8_t *weights;
    const int32_t *bias;
    int32_t channels, taps;
    int32_t channel_step, step; /* of the weights, as in graph/accumulator.c */
};

static bool layer_of(const struct kl_plan_step *step, struct layer *layer)
{
    if (step->kernel == KL_KERNEL_CONV2D_S8) {
        const struct kl_conv2d_s8 *p = step->params;
        const int32_t taps = p->win.k_h * p->win.k_w * p->win.in_c / p->groups;
        *layer = (struct layer){&p->rq, p->weights, p->bias, p->win.out_c, taps, taps, 1};
        return true;
    }
    if (step->kernel == KL_KERNEL_DEPTHWISE_S8) {
        const struct kl_depthwise_s8 *p = step->params;
        const int32_t taps = p->win.k_h * p->win.k_w;
        *layer = (struct layer){&p->rq, p->weights, p->bias, p->win.out_c, taps, 1, p->win.out_c};
        return true;
    }
    if (step->kernel == KL_KERNEL_FULLY_CONNECTED_S8) {
        const struct kl_fully_connected_s8 *p = step->params;
        *layer = (struct layer){&p->rq, p->weights, p->bias, p->out_c, p->in_c, p->in_c, 1};
        return true;
    }
    return false;
}

static struct kl_requant_channel channel_of(const struct layer *layer, int32_t channel)
{
    const struct kl_channel_taps taps = {layer->weights + channel * layer->channel_step,
                                         layer->taps, layer->step, INT8_MIN, INT8_MAX};
    return kl_requant_channel_of(layer->rq, channel, layer->bias[channel], &taps);
}

/* Largest shift that all channels of a layer can share. */
static int32_t layer_shift(const struct layer *layer, int32_t scale)
{
    int32_t shift = KL_REQUANT_MAX_SHIFT;
    for (int32_t i = 0; i < layer->channels; i++) {
        const struct kl_requant_channel channel = channel_of(layer, i);
        const int32_t most = kl_requant_max_shift(&channel, scale);
        shift = most < shift ? most : shift;
    }
    return shift;
}

/* Channels and their forms. "shared": one addend for the whole layer. */
struct tally {
    int32_t channels, linear_1, linear_256, split_1, split_256, exact;
};

static void add_channel(const struct kl_requant_channel *channel, const int32_t shift[2],
                        struct tally *tally)
{
    struct kl_requant_curve curve;
    struct kl_requant_fit fit;
    assert_true(kl_requant_trace(channel, &curve));
    struct kl_requant_need need_1 = kl_requant_any(channel, 1, shift[0]);
    struct kl_requant_need need_256 = kl_requant_any(channel, 256, shift[1]);
    need_1.clamp = need_256.clamp = kl_requant_needs_clamp(channel);
    const bool split_1 =
        kl_requant_fit_split(&curve,
                             &(struct kl_requant_need){.scale = 1,
                                                       .shift = shift[1],
                                                       .addend_low = need_1.addend_low,
                                                       .addend_high = need_1.addend_high,
                                                       .clamp = need_1.clamp},
                             8, &fit);
    const bool split_256 = kl_requant_fit_split(&curve, &need_256, 0, &fit);
    need_256.start_low = INT32_MIN;
    need_256.addend_low = need_256.addend_high = kl_requant_addend(channel->zero_point, shift[1]);
    const bool linear_1 = kl_requant_fit_linear(&curve, &need_1, &fit);
    const bool linear_256 = kl_requant_fit_linear(&curve, &need_256, &fit);
    const bool exact = kl_requant_fit_exact(&curve, need_1.clamp, &fit);
    assert_true(linear_256 || split_256 || exact);
    assert_true(linear_1 || split_1 || exact);
    tally->channels++;
    tally->linear_1 += linear_1;
    tally->linear_256 += linear_256;
    tally->split_1 += split_1;
    tally->split_256 += split_256;
    tally->exact += exact;
}

static void add_layer(const struct layer *layer, struct tally *tally)
{
    const int32_t shift[2] = {layer_shift(layer, 1), layer_shift(layer, 256)};
    for (int32_t i = 0; i < layer->channels; i++) {
        const struct kl_requant_channel channel = channel_of(layer, i);
        add_channel(&channel, shift, tally);
    }
}

/* Open a model of the folder and plan it; skips the test without the model. */
static void open_model(const char *name, struct kl_model_job *job)
{
    char path[1024];
    const char *folder = getenv("KINGLET_MODELS");
    struct kl_diag diag = {0};
    snprintf(path, sizeof path, "%s/tflite/%s/%s.tflite",
             folder ? folder : KINGLET_SOURCE_DIR "/../shared/models", name, name);
    if (access(path, R_OK) != 0) {
        print_message("no %s\n", path);
        no_models = true;
        skip();
    }
    if (kl_model_job_open(job, path, &diag) != KL_OK ||
        kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
}

static struct tally count_model(const char *name)
{
    struct kl_model_job job;
    struct tally tally = {0};
    open_model(name, &job);
    const clock_t start = clock();
    for (int32_t i = 0; i < job.plan->step_count; i++) {
        struct layer layer;
        if (layer_of(&job.plan->steps[i], &layer)) {
            add_layer(&layer, &tally);
        }
    }
    kl_model_job_free(&job);
    print_message("%s: %d channels; linear %d (scale 1), %d (scale 256, shared addend); split %d, "
                  "%d; exact %d; %.2f s\n",
                  name, tally.channels, tally.linear_1, tally.linear_256, tally.split_1,
                  tally.split_256, tally.exact, (double)(clock() - start) / CLOCKS_PER_SEC);
    return tally;
}

/* All forms are always exact; the cheap ones find these channels, all but the ones that are as
 * good as dead. */
static void test_anomaly_detection(void **state)
{
    (void)state;
    const struct tally tally = count_model("mlperf_ad01_int8");
    assert_int_equal(tally.channels, 1672);
    assert_int_equal(tally.linear_256, 1672 - 640); /* all with a ReLU */
    assert_int_equal(tally.split_256, 1672);
}

static void test_keyword_spotting(void **state)
{
    (void)state;
    const struct tally tally = count_model("mlperf_kws_int8");
    assert_int_equal(tally.channels, 588);
    assert_int_equal(tally.linear_256, 588 - 12);
    assert_int_equal(tally.split_256, 588);
}

static void test_image_classification(void **state)
{
    (void)state;
    const struct tally tally = count_model("mlperf_ic_int8");
    assert_int_equal(tally.channels, 346);
    assert_int_equal(tally.split_256, 346);
}

static void test_visual_wake_words(void **state)
{
    (void)state;
    const struct tally tally = count_model("mlperf_vww_int8");
    assert_in_range(tally.channels, 600, 2738); /* fewer when dead channels were removed */
    assert_true(tally.linear_256 >= tally.channels - 2 - 2); /* 2 without a ReLU */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anomaly_detection),
        cmocka_unit_test(test_keyword_spotting),
        cmocka_unit_test(test_image_classification),
        cmocka_unit_test(test_visual_wake_words),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed ? failed : no_models ? SKIPPED : 0;
}
