/* SPDX-License-Identifier: Apache-2.0 */
/* Temperatures that are known, and calibration errors found by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flow/temperature.h"
#include "random.h"

enum { COUNT = 20000, CLASSES = 4, ARENA_BYTES = 64 << 20 };

/* Labels drawn from the softmax of logits; the outputs are `factor` times these logits. */
static void make_answers(float factor, float *outputs, int32_t *labels)
{
    struct kt_random random = {3};
    for (int32_t i = 0; i < COUNT; i++) {
        double share[CLASSES], sum = 0;
        double drawn = (double)kt_random_float(&random, 0, 1);
        for (int32_t c = 0; c < CLASSES; c++) {
            float logit = kt_random_float(&random, -3, 3);
            outputs[i * CLASSES + c] = factor * logit;
            share[c] = exp((double)logit);
            sum += share[c];
        }
        labels[i] = 0;
        for (double below = share[0] / sum; below < drawn && labels[i] < CLASSES - 1;) {
            below += share[++labels[i]] / sum;
        }
    }
}

/* Probabilities of logits. */
static void soften(float *outputs)
{
    for (int32_t i = 0; i < COUNT; i++) {
        double sum = 0;
        for (int32_t c = 0; c < CLASSES; c++) {
            sum += exp((double)outputs[i * CLASSES + c]);
        }
        for (int32_t c = 0; c < CLASSES; c++) {
            float *value = &outputs[i * CLASSES + c];
            *value = (float)(exp((double)*value) / sum);
        }
    }
}

static struct kl_temperature fit(float factor, bool probabilities)
{
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    struct kl_diag diag = {0};
    struct kl_temperature calibration;
    float *outputs = malloc(sizeof(float) * COUNT * CLASSES);
    int32_t *labels = malloc(sizeof(int32_t) * COUNT);
    assert_true(arena && outputs && labels);
    make_answers(factor, outputs, labels);
    if (probabilities) {
        soften(outputs);
    }
    assert_int_equal(
        kl_temperature_fit(outputs, labels, COUNT, CLASSES, 1e-9, arena, &calibration, &diag),
        KL_OK);
    free(outputs);
    free(labels);
    kl_arena_free(arena);
    return calibration;
}

static void test_finds_the_temperature(void **state)
{
    const float factors[] = {1.0f, 3.0f, 0.4f};
    (void)state;
    for (int i = 0; i < 3; i++) {
        for (int probabilities = 0; probabilities < 2; probabilities++) {
            struct kl_temperature c = fit(factors[i], probabilities != 0);
            assert_int_equal(c.logits, !probabilities);
            assert_false(c.limited);
            assert_true(fabs(c.temperature / (double)factors[i] - 1) < 0.04);
            assert_true(c.after.ece < 0.015);
            assert_true(c.after.nll <= c.before.nll + 1e-12);
            assert_true(factors[i] == 1.0f || c.before.ece > 0.08);
        }
    }
}

/* Ten answers of 0.75, six of them right; four of 1, all right. */
static void test_error_by_hand(void **state)
{
    float outputs[14][2];
    int32_t labels[14];
    struct kl_arena *arena = kl_arena_create(1 << 20);
    struct kl_diag diag = {0};
    struct kl_temperature c;
    (void)state;
    for (int i = 0; i < 14; i++) {
        outputs[i][0] = i < 10 ? 0.75f : 1.0f;
        outputs[i][1] = 1 - outputs[i][0];
        labels[i] = i < 4;
    }
    assert_int_equal(kl_temperature_fit(outputs[0], labels, 14, 2, 1e-6, arena, &c, &diag), KL_OK);
    assert_true(fabs(c.before.ece - 10 * 0.15 / 14) < 1e-5);
    assert_int_equal(c.before.bins[11].count, 10);
    assert_true(fabs(c.before.bins[11].accuracy - 0.6) < 1e-9);
    assert_int_equal(c.before.bins[KL_RELIABILITY_BINS - 1].count, 4);
    double nll = (6 * -log(0.75) + 4 * -log(0.25)) / 14;
    assert_true(fabs(c.before.nll - nll) < 1e-5);
    kl_arena_free(arena);
}

static void test_extremes(void **state)
{
    const float right[2][2] = {{5, 0}, {0, 5}}, broken[2] = {NAN, 1};
    const int32_t labels[2] = {0, 1};
    struct kl_arena *arena = kl_arena_create(1 << 20);
    struct kl_diag diag = {0};
    struct kl_temperature c;
    (void)state;
    /* All right: the sharper the better, down to the end. */
    assert_int_equal(kl_temperature_fit(right[0], labels, 2, 2, 1e-6, arena, &c, &diag), KL_OK);
    assert_true(c.limited && c.temperature < 0.06);
    assert_int_equal(kl_temperature_fit(broken, labels, 1, 2, 1e-6, arena, &c, &diag), KL_EINPUT);
    kl_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_the_temperature),
        cmocka_unit_test(test_error_by_hand),
        cmocka_unit_test(test_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
