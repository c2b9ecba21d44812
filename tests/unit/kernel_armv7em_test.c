/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels for ARMv7E-M in their C definitions, with packed weights, against the portable
 * kernels: random shapes, strides, dilations, groups, paddings, zero points, multipliers and
 * activations, scattered rows and rows one by one. An argument is the number of cases.
 */
#include "kernel_random.h"

#include <stdlib.h>
#include <string.h>

#include "nn/armv7em/planes_shape.h"
#include "plan/exact_channel.h"
#include "plan/overlap.h"
#include "plan/pack_pairs.h"

static int32_t cases = 400;

/* Streams of all groups. */
static struct kl_pairs_s8 pack(struct kl_pairs_source source, int32_t groups)
{
    const struct kl_pairs_source first = source;
    struct kl_pairs_s8 pairs = {.inputs = kl_pairs_inputs(source.lines, source.line),
                                .out_zero_point = source.rq.out_zero_point,
                                .min = source.rq.min,
                                .max = source.rq.max};
    size_t words = 0;
    int32_t *stream = NULL;
    for (int pass = 0; pass < 2; pass++) {
        source = first;
        words = 0;
        for (int32_t g = 0; g < groups; g++) {
            assert_true(kl_pairs_fit(&source));
            words += kl_pack_pairs(&source, stream ? stream + words : NULL);
            source.weights += source.channels * source.lines * source.line;
            source.bias += source.channels;
            source.rq.multiplier += source.channels;
            source.rq.shift += source.channels;
        }
        stream = stream ? stream : pool_alloc(words, sizeof *stream);
    }
    pairs.stream = stream;
    return pairs;
}

/* A random convolution for both kernels. */
struct conv_case {
    struct kl_conv2d_s8 portable;
    struct kl_conv2d_pairs_s8 pairs;
    struct packed_kernel kernel;
};

static void random_conv(struct conv_case *c, int32_t groups)
{
    c->portable = random_conv2d(groups);
    const struct kl_conv2d_s8 *p = &c->portable;
    const struct kl_window *w = &p->win;
    const struct kl_pairs_source source = {p->weights,        p->bias, p->rq,
                                           w->out_c / groups, w->k_h,  w->k_w * w->in_c / groups,
                                           .block = 1};
    c->pairs = (struct kl_conv2d_pairs_s8){*w, groups, p->in_zero_point, pack(source, groups)};
    c->kernel = (struct packed_kernel){
        {KL_KERNEL_CONV2D_S8, KL_KERNEL_CONV2D_S8_ARMV7EM, &c->portable, &c->pairs},
        9 * (size_t)c->pairs.pairs.inputs};
}

static void test_conv(void **state)
{
    (void)state;
    seed_random(11);
    for (int32_t i = 0; i < cases; i++) {
        struct conv_case c;
        random_conv(&c, random_chance(25) ? random_between(2, 4) : 1);
        check_packed_window(&c.kernel, &c.portable.win, random_between(1, 2));
        pool_release();
    }
}

static void test_output_over_input(void **state)
{
    (void)state;
    seed_random(12);
    for (int32_t i = 0; i < cases; i++) {
        struct conv_case c;
        const int32_t images = random_between(1, 2);
        random_conv(&c, 1);
        check_over_input(&c.kernel, &c.portable.win, images,
                         kl_overlap_window(&c.portable.win, images, KL_READS_PIXEL, 1).lead);
        pool_release();
    }
}

static void check_fully_connected(void)
{
    const int32_t in_c = random_chance(50) ? 4 * random_between(1, 40) : random_between(1, 99);
    const int32_t out_c = random_between(1, 21);
    const int32_t rows = random_between(1, 4);
    const struct kl_requant rq = random_right_requant(out_c, bits_of(in_c), -1);
    const struct kl_fully_connected_s8 portable = {in_c, out_c, random_weights(out_c, in_c),
                                                   random_bias(out_c), rq};
    const struct kl_pairs_source source = {portable.weights, portable.bias, rq, out_c, 1, in_c,
                                           .block = 4};
    const struct kl_fully_connected_pairs_s8 pairs = {in_c, out_c, pack(source, 1)};
    const struct kl_rows in = make_rows(rows, (size_t)in_c, random_chance(50));
    const struct kl_rows out = make_rows(rows, (size_t)out_c, random_chance(50));
    void *scratch = pool_alloc((size_t)pairs.pairs.inputs, 1);
    fill_rows(&in, (size_t)in_c);
    const unsigned char *expected =
        run_kernel(KL_KERNEL_FULLY_CONNECTED_S8, &portable, &in, rows, (size_t)out_c);
    kl_kernels[KL_KERNEL_FULLY_CONNECTED_S8_ARMV7EM](&pairs, &in, &out, scratch);
    assert_memory_equal(dense_rows(&out, (size_t)out_c), expected, (size_t)(rows * out_c));
    check_guards();
    pool_release();
}

static void test_fully_connected(void **state)
{
    (void)state;
    seed_random(13);
    for (int32_t i = 0; i < cases; i++) {
        check_fully_connected();
    }
}

/* A random depthwise convolution whose channels all have the exact form. */
static struct kl_depthwise_s8 random_depthwise(void)
{
    struct kl_depthwise_s8 p = {.multiplier = random_chance(70) ? 1 : random_between(2, 4)};
    struct kl_window *w = &p.win;
    random_window(w, random_between(4, 13), 1);
    w->out_c = w->in_c * p.multiplier;
    if (random_chance(20)) { /* filters that take several segments */
        w->k_w = random_between(5, 17);
        w->in_w += w->k_w * w->dil_w;
    }
    if (random_chance(30)) { /* as "same" padding, which allows to work in place */
        w->stride_h = w->stride_w = 1;
        w->pad_top = random_between(0, (w->k_h - 1) * w->dil_h);
        w->pad_left = random_between(0, (w->k_w - 1) * w->dil_w);
        w->out_h = w->in_h;
        w->out_w = w->in_w;
    }
    const int32_t taps = w->k_h * w->k_w;
    p.in_zero_point = random_between(INT8_MIN, INT8_MAX);
    p.weights = random_weights(w->out_c, taps);
    p.bias = random_bias(w->out_c);
    p.rq = random_right_requant(w->out_c, bits_of(taps), -1);
    return p;
}

/* The same with the tables of a plan. */
static struct kl_depthwise_s8 packed_depthwise(const struct kl_depthwise_s8 *portable)
{
    const size_t channels = (size_t)portable->win.out_c;
    const size_t taps = (size_t)(portable->win.k_h * portable->win.k_w);
    const struct kl_exact_tables tables = {pool_alloc(channels, sizeof(int32_t)),
                                           pool_alloc(channels, sizeof(int32_t)),
                                           pool_alloc(channels, 1)};
    int8_t *weights = pool_alloc(channels, taps);
    struct kl_depthwise_s8 p = *portable;
    assert_true(kl_exact_depthwise(portable, weights, &tables));
    p.weights = weights;
    p.bias = tables.bias;
    p.rq.multiplier = tables.multiplier;
    p.rq.shift = tables.shift;
    return p;
}

static void test_depthwise(void **state)
{
    (void)state;
    seed_random(14);
    for (int32_t i = 0; i < cases; i++) {
        const struct kl_depthwise_s8 portable = random_depthwise();
        const struct kl_depthwise_s8 packed = packed_depthwise(&portable);
        const struct kl_window *w = &portable.win;
        const int32_t images = random_between(1, 2);
        assert_true(kl_planes_fit(&packed));
        const struct packed_kernel kernel = {
            {KL_KERNEL_DEPTHWISE_S8, KL_KERNEL_DEPTHWISE_S8_ARMV7EM, &portable, &packed},
            (size_t)kl_planes_scratch(&packed)};
        check_packed_window(&kernel, w, images);
        if (portable.multiplier == 1 && w->stride_h == 1 && w->in_h == w->out_h &&
            w->in_w == w->out_w && w->pad_top < kl_plane_reach(w->k_h, w->dil_h)) {
            check_over_input(&kernel, w, images, 0);
        }
        pool_release();
    }
}

/* One channel with these weights' sum and shift. */
static struct kl_pairs_source one_channel(const int8_t *weights, int32_t taps, const int32_t *bias,
                                          const int32_t *multiplier, const int8_t *shift)
{
    const struct kl_requant rq = {multiplier, shift, 0, INT8_MIN, INT8_MAX};
    return (struct kl_pairs_source){weights, bias, rq, 1, 1, taps, .block = 1};
}

static void test_what_does_not_fit(void **state)
{
    static const int8_t weights[4] = {1, 2, 3, 4};
    static const int8_t ordinary[1] = {-8}, left[1] = {0};
    static const int32_t multiplier[1] = {1 << 30};
    static const int32_t small[1] = {5}, large[1] = {(1 << 30) - 100};
    struct kl_pairs_source s;
    (void)state;
    s = one_channel(weights, 4, small, multiplier, ordinary);
    assert_true(kl_pairs_fit(&s));
    assert_int_equal(kl_pack_pairs(&s, NULL), 2 + 2 + 3);
    s = one_channel(weights, 4, small, multiplier, left);
    assert_false(kl_pairs_fit(&s));
    /* The sum may leave the range, but its result is 127 whatever the inputs are. */
    s = one_channel(weights, 4, large, multiplier, ordinary);
    assert_true(kl_pairs_fit(&s));
}

/* Two channels of which the second has a sum of more than 24 bits take a pair each. */
static void test_split_pairs(void **state)
{
    static const int8_t weights[8] = {1, 1, 1, 1, 127, 127, 127, 127};
    static const int8_t shift[2] = {-16, -16};
    static const int32_t multiplier[2] = {1 << 30, 1 << 30};
    static const int32_t narrow[2] = {0, (1 << 23) - 1 - 4 * 127 * 127};
    static const int32_t wide[2] = {0, (1 << 23) - 4 * 127 * 127};
    const struct kl_requant rq = {multiplier, shift, 0, INT8_MIN, INT8_MAX};
    struct kl_pairs_source s = {weights, narrow, rq, 2, 1, 4, .block = 1};
    (void)state;
    assert_int_equal(kl_pack_pairs(&s, NULL), 7);
    s.bias = wide;
    assert_int_equal(kl_pack_pairs(&s, NULL), 14);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_output_over_input),
        cmocka_unit_test(test_fully_connected),
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_split_pairs),
    };
    cases = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : cases;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
