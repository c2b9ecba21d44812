/* SPDX-License-Identifier: Apache-2.0 */
/* ADD and SUB as one linear function: over all pairs against plain arithmetic, and what is not
 * accepted. */
#include "kernel_support.h"

#include <math.h>

#include "graph/quantise_params.h"
#include "plan/add_fit.h"

enum { CASES = 40 };

/* Parameters of an addition whose inputs and output have scales within a factor of about 4, as
 * trained models have. */
static struct kl_add_s8 random_add(void)
{
    struct kl_quant_s8 in[2], out;
    struct kl_add_s8 add = {0};
    struct kl_diag diag = {0};
    for (int32_t i = 0; i < 2; i++) {
        in[i] = (struct kl_quant_s8){.scale = random_float(0.02f, 0.08f),
                                     .zero_point = random_between(-128, 127)};
    }
    out = (struct kl_quant_s8){.scale = random_float(0.04f, 0.16f),
                               .zero_point = random_between(-128, 127)};
    const enum kl_activation activation = random_chance(40)   ? KL_ACT_RELU
                                          : random_chance(30) ? KL_ACT_RELU6
                                                              : KL_ACT_NONE;
    const enum kl_err err = random_chance(30) ? kl_prepare_sub_s8(in, out, activation, &add, &diag)
                                              : kl_prepare_add_s8(in, out, activation, &add, &diag);
    assert_int_equal(err, KL_OK);
    return add;
}

static int32_t plain_scaled(const struct kl_add_s8 *add, int32_t index, int32_t value)
{
    return plain_requantize((value - add->zero_point[index]) * (1 << add->left_shift),
                            add->multiplier[index], add->shift[index]);
}

static int32_t plain_add(const struct kl_add_s8 *add, int32_t a, int32_t b)
{
    const int32_t sum = plain_scaled(add, 0, a) + add->sign * plain_scaled(add, 1, b);
    return plain_clamp((int64_t)plain_requantize(sum, add->out_multiplier, add->out_shift) +
                           add->out_zero_point,
                       add->min, add->max);
}

/* Pairs for which the linear function is not the addition. */
static int32_t wrong_pairs(const struct kl_add_s8 *add, const struct kl_add_linear_s8 *fit)
{
    int32_t wrong = 0;
    for (int32_t a = INT8_MIN; a <= INT8_MAX; a++) {
        for (int32_t b = INT8_MIN; b <= INT8_MAX; b++) {
            const int64_t sum =
                (int64_t)a * fit->factor[0] + (int64_t)b * fit->factor[1] + fit->constant;
            const int64_t shifted = (int64_t)floor(ldexp((double)sum, -fit->shift));
            wrong += plain_clamp(shifted, fit->min, fit->max) != plain_add(add, a, b);
        }
    }
    return wrong;
}

static void test_finds_and_equals(void **state)
{
    int32_t found = 0;
    (void)state;
    seed_random(80);
    for (int32_t i = 0; i < CASES; i++) {
        const struct kl_add_s8 add = random_add();
        struct kl_add_linear_s8 fit;
        if (kl_add_fit(&add, &fit)) {
            found++;
            assert_true(fit.min == add.min && fit.max == add.max);
            assert_int_equal(wrong_pairs(&add, &fit), 0);
        }
    }
    print_message("%d of %d additions are linear\n", found, CASES);
    assert_true(found > CASES / 2);
}

static void test_rejects_wrong_constants(void **state)
{
    int32_t rejected = 0;
    (void)state;
    seed_random(81);
    for (int32_t i = 0; i < CASES; i++) {
        const struct kl_add_s8 add = random_add();
        struct kl_add_linear_s8 fit;
        if (!kl_add_fit(&add, &fit)) {
            continue;
        }
        assert_true(kl_add_fit_holds(&add, &fit));
        int32_t *const constants[] = {&fit.factor[0], &fit.factor[1], &fit.constant};
        const int32_t by = 1 << random_between(0, 20);
        *constants[random_between(0, 2)] += random_chance(50) ? by : -by;
        const bool holds = kl_add_fit_holds(&add, &fit);
        assert_int_equal(holds, wrong_pairs(&add, &fit) == 0);
        rejected += !holds;
    }
    assert_true(rejected > CASES / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_and_equals),
        cmocka_unit_test(test_rejects_wrong_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
