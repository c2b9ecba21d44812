/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels for the vectors of ARMv8.1-M in their C definitions, with packed weights, against the
 * portable kernels: random shapes, strides, dilations, paddings, zero points, multipliers and
 * activations, scattered rows and parts of the output. An argument is the number of cases.
 */
#include "kernel_random.h"

#include <stdlib.h>
#include <string.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mve.h"
#include "nn/mve/stage.h"
#include "plan/overlap.h"
#include "plan/pack_mve.h"

static int32_t cases = 300;

static int32_t random_zero_point(void)
{
    const int32_t extreme = random_chance(50) ? INT8_MIN : INT8_MAX;
    return random_chance(20) ? extreme : random_between(INT8_MIN, INT8_MAX);
}

static int32_t *packed_table(const int32_t *values, int32_t channels, bool split)
{
    int32_t *table = pool_alloc((size_t)kl_mve_padded(channels, split ? 8 : 4), sizeof *table);
    kl_pack_mve_table(values, channels, split, table);
    return table;
}

/* Tables of the channels, in the order of depthwise kernels when `split`. */
static struct kl_channels_mve pack_channels(const struct kl_requant *rq, const int32_t *bias,
                                            int32_t channels, bool split)
{
    int32_t *shift = pool_alloc((size_t)channels, sizeof *shift);
    for (int32_t c = 0; c < channels; c++) {
        shift[c] = rq->shift[c];
    }
    return (struct kl_channels_mve){.bias = packed_table(bias, channels, split),
                                    .multiplier = packed_table(rq->multiplier, channels, split),
                                    .shift = packed_table(shift, channels, split),
                                    .out_zero_point = rq->out_zero_point,
                                    .min = rq->min,
                                    .max = rq->max};
}

static int8_t *pack_rows(const int8_t *weights, int32_t channels, int32_t taps, int32_t group,
                         bool s4)
{
    const size_t all = (size_t)kl_mve_padded(channels, group) * (size_t)kl_mve_padded(taps, 16);
    int8_t *packed = pool_alloc(s4 ? all / 2 : all, 1);
    (s4 ? kl_pack_mve_rows_s4 : kl_pack_mve_rows)(weights, channels, taps, group, packed);
    return packed;
}

/* Weights of 8 or 4 bits. */
static int8_t *random_weights_of(int32_t channels, int32_t taps, bool s4)
{
    int8_t *weights = random_weights(channels, taps);
    return s4 ? narrow_weights(weights, channels * taps) : weights;
}

/* A random convolution for both kernels. */
struct conv_case {
    int32_t images;
    struct kl_conv2d_s8 portable;
    struct kl_conv2d_mve_s8 packed;
    struct packed_kernel packed_kernel;
};

static bool can_be_direct(const struct kl_window *w)
{
    return w->k_h == 1 && w->k_w == 1 && w->pad_top == 0 && w->pad_left == 0;
}

static void random_conv(struct conv_case *c, bool s4)
{
    struct kl_window *w = &c->portable.win;
    c->images = random_between(1, 2);
    random_window(w, random_chance(50) ? 16 * random_between(1, 3) : random_between(1, 35), 1);
    const int32_t taps = w->k_h * w->k_w * w->in_c;
    c->portable.groups = 1;
    c->portable.in_zero_point = random_zero_point();
    c->portable.weights = random_weights_of(w->out_c, taps, s4);
    c->portable.bias = random_bias(w->out_c);
    c->portable.rq = random_right_requant(w->out_c, bits_of(taps), 0);
    struct kl_conv2d_mve_s8 *p = &c->packed;
    p->win = *w;
    p->in_zero_point = c->portable.in_zero_point;
    p->inputs = kl_mve_padded(taps, 16);
    p->direct = can_be_direct(w) && random_chance(75);
    p->weights = pack_rows(c->portable.weights, w->out_c, taps, 2, s4);
    p->channels = pack_channels(&c->portable.rq, c->portable.bias, w->out_c, false);
    const int32_t stage = p->direct ? 0 : w->k_h * kl_mve_stage_pitch(w);
    const int32_t scratch = 12 * kl_mve_padded(w->out_c, 4) + 3 * p->inputs + stage;
    c->packed_kernel = (struct packed_kernel){
        {KL_KERNEL_CONV2D_S8, s4 ? KL_KERNEL_CONV2D_S4_MVE : KL_KERNEL_CONV2D_S8_MVE, &c->portable,
         p},
        (size_t)scratch};
}

static void check_convs(bool s4)
{
    for (int32_t i = 0; i < cases; i++) {
        struct conv_case c;
        random_conv(&c, s4);
        const struct kl_window *w = &c.portable.win;
        check_packed(&c.packed_kernel, c.images * w->in_h, (size_t)(w->in_w * w->in_c),
                     c.images * w->out_h, (size_t)(w->out_w * w->out_c));
        pool_release();
    }
}

static void test_conv(void **state)
{
    (void)state;
    seed_random(41);
    check_convs(false);
}

static void test_conv_s4(void **state)
{
    (void)state;
    seed_random(45);
    check_convs(true);
}

static void test_output_over_input(void **state)
{
    (void)state;
    seed_random(42);
    for (int32_t i = 0; i < cases; i++) {
        struct conv_case c;
        random_conv(&c, random_chance(30));
        check_over_input(&c.packed_kernel, &c.portable.win, c.images,
                         kl_overlap_window(&c.portable.win, c.images, KL_READS_PIXEL, 1).lead);
        pool_release();
    }
}

static void check_depthwise(void)
{
    struct kl_depthwise_s8 portable = {.multiplier = 1, .in_zero_point = random_zero_point()};
    struct kl_window *w = &portable.win;
    const int32_t images = random_between(1, 2);
    random_window(w, random_chance(50) ? 8 * random_between(1, 4) : random_between(1, 35), 1);
    w->out_c = w->in_c;
    const int32_t taps = w->k_h * w->k_w;
    const int8_t *weights = random_weights(w->out_c, taps);
    int8_t *by_tap = pool_alloc((size_t)taps, (size_t)w->out_c);
    for (int32_t i = 0; i < taps * w->out_c; i++) {
        by_tap[i] = weights[i % w->out_c * taps + i / w->out_c];
    }
    portable.weights = by_tap;
    portable.bias = random_bias(w->out_c);
    portable.rq = random_right_requant(w->out_c, bits_of(taps), 0);
    int8_t *packed = pool_alloc((size_t)taps, (size_t)kl_mve_padded(w->out_c, 8));
    kl_pack_mve_depthwise(by_tap, w->out_c, taps, packed);
    const struct kl_depthwise_mve_s8 p = {
        *w, portable.in_zero_point, packed,
        pack_channels(&portable.rq, portable.bias, w->out_c, true)};
    const struct packed_kernel kernel = {
        {KL_KERNEL_DEPTHWISE_S8, KL_KERNEL_DEPTHWISE_S8_MVE, &portable, &p},
        (size_t)(w->k_h * kl_mve_stage_pitch(w))};
    check_packed(&kernel, images * w->in_h, (size_t)(w->in_w * w->in_c), images * w->out_h,
                 (size_t)(w->out_w * w->out_c));
    pool_release();
}

static void test_depthwise(void **state)
{
    (void)state;
    seed_random(43);
    for (int32_t i = 0; i < cases; i++) {
        check_depthwise();
    }
}

static void check_fully_connected(bool s4)
{
    const int32_t in_c = random_chance(50) ? 16 * random_between(1, 12) : random_between(1, 199);
    const int32_t out_c = random_between(1, 21), rows = random_between(1, 4);
    const struct kl_fully_connected_s8 portable = {in_c, out_c, random_weights_of(out_c, in_c, s4),
                                                   random_bias(out_c),
                                                   random_right_requant(out_c, bits_of(in_c), 0)};
    const int32_t inputs = kl_mve_padded(in_c, 16);
    const struct kl_fully_connected_mve_s8 p = {
        in_c, out_c, inputs, pack_rows(portable.weights, out_c, in_c, 4, s4),
        pack_channels(&portable.rq, portable.bias, out_c, false)};
    const int32_t scratch = 4 * kl_mve_padded(out_c, 4) + (inputs == in_c ? 0 : inputs);
    const struct packed_kernel kernel = {
        {KL_KERNEL_FULLY_CONNECTED_S8,
         s4 ? KL_KERNEL_FULLY_CONNECTED_S4_MVE : KL_KERNEL_FULLY_CONNECTED_S8_MVE, &portable, &p},
        (size_t)scratch};
    check_packed(&kernel, rows, (size_t)in_c, rows, (size_t)out_c);
    pool_release();
}

static void test_fully_connected(void **state)
{
    (void)state;
    seed_random(44);
    for (int32_t i = 0; i < cases; i++) {
        check_fully_connected(i % 2 == 1);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_conv_s4),
        cmocka_unit_test(test_output_over_input),
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_fully_connected),
    };
    cases = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : cases;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
