/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernels for a multiplication of 32 bits in their C definitions, with packed weights, against
 * the portable kernels: random shapes, strides, dilations, groups, paddings, zero points,
 * multipliers and activations, scattered rows and rows one by one. An argument is the number of
 * cases.
 */
#include "kernel_random.h"

#include <stdlib.h>
#include <string.h>

#include "nn/ref/window.h"
#include "plan/overlap.h"
#include "plan/pack_halves.h"

static int32_t cases = 400;

static struct kl_exact_tables new_tables(size_t channels)
{
    return (struct kl_exact_tables){pool_alloc(channels, sizeof(int32_t)),
                                    pool_alloc(channels, sizeof(int32_t)), pool_alloc(channels, 1)};
}

/* A convolution for both kernels. */
struct conv_case {
    struct kl_conv2d_s8 portable;
    struct kl_conv2d_mul32_s8 packed;
    struct packed_kernel kernel;
};

static void pack_conv(struct conv_case *c)
{
    const struct kl_conv2d_s8 *p = &c->portable;
    assert_true(kl_halves_fit(p));
    const struct kl_halves_pack pack = {pool_alloc(kl_pack_halves(p, NULL), 1),
                                        new_tables((size_t)p->win.out_c)};
    kl_pack_halves(p, &pack);
    c->packed = (struct kl_conv2d_mul32_s8){p->win,      p->groups,        p->in_zero_point,
                                            pack.stream, pack.tables.bias, p->rq};
    c->packed.rq.multiplier = pack.tables.multiplier;
    c->packed.rq.shift = pack.tables.shift;
    c->kernel = (struct packed_kernel){
        {KL_KERNEL_CONV2D_S8, KL_KERNEL_CONV2D_S8_MUL32, &c->portable, &c->packed},
        (size_t)kl_halves_scratch(p)};
}

static void test_conv(void **state)
{
    (void)state;
    seed_random(21);
    for (int32_t i = 0; i < cases; i++) {
        struct conv_case c = {.portable =
                                  random_conv2d(random_chance(25) ? random_between(2, 4) : 1)};
        pack_conv(&c);
        check_packed_window(&c.kernel, &c.portable.win, random_between(1, 2));
        pool_release();
    }
}

/* Weights of 4 bits, in blocks of some channels. */
static void check_conv_s4(void)
{
    const struct kl_conv2d_s8 wide = random_conv2d(1);
    const struct kl_window *w = &wide.win;
    const int32_t weights = w->out_c * w->k_h * w->k_w * w->in_c;
    struct kl_conv2d_s8 portable = wide;
    portable.weights = narrow_weights(wide.weights, weights);
    assert_true(kl_halves_fit(&portable));
    const struct kl_exact_tables tables = new_tables((size_t)w->out_c);
    int32_t *words = pool_alloc((size_t)kl_halves_words_s4(&portable), sizeof *words);
    kl_pack_halves_s4(&portable, words, &tables);
    const int32_t fours = random_between(1, (w->out_c + 3) / 4);
    struct kl_conv2d_s4 packed = {*w, wide.in_zero_point, 4 * fours, words, tables.bias, wide.rq};
    packed.rq.multiplier = tables.multiplier;
    packed.rq.shift = tables.shift;
    const struct packed_kernel kernel = {
        {KL_KERNEL_CONV2D_S8, KL_KERNEL_CONV2D_S4_MUL32, &portable, &packed},
        (size_t)(kl_halves_scratch(&portable) + fours * kl_halves_four_bytes(&portable))};
    check_packed_window(&kernel, w, random_between(1, 2));
    pool_release();
}

static void test_conv_s4(void **state)
{
    (void)state;
    seed_random(24);
    for (int32_t i = 0; i < cases; i++) {
        check_conv_s4();
    }
}

static void test_output_over_input(void **state)
{
    (void)state;
    seed_random(22);
    for (int32_t i = 0; i < cases; i++) {
        struct conv_case c = {.portable = random_conv2d(1)};
        const int32_t images = random_between(1, 2);
        pack_conv(&c);
        check_over_input(&c.kernel, &c.portable.win, images,
                         kl_overlap_window(&c.portable.win, images, KL_READS_PIXEL, 1).lead);
        pool_release();
    }
}

/* A 1x1 convolution of one channel over three pixels. */
static struct kl_conv2d_s8 line_of(const int8_t *weights, int32_t inputs, const int32_t *bias)
{
    static const int32_t multiplier[1] = {1 << 30};
    static const int8_t shift[1] = {-10};
    const struct kl_window win = {1, 3, inputs, 1, 3, 1, 1, 1, 1, 1, 1, 1, 0, 0};
    return (struct kl_conv2d_s8){win,     1,    0,
                                 weights, bias, {multiplier, shift, 0, INT8_MIN, INT8_MAX}};
}

/* Blocks end where 128 times the magnitudes of their weights would leave int16. */
static void test_blocks(void **state)
{
    static const int8_t weights[6] = {127, -128, 1, -128, -128, 3};
    static const int32_t bias[1] = {0};
    static const int8_t expected[9] = {127, 1, -128, 1, 1, -128, -128, 1, 3};
    const struct kl_conv2d_s8 portable = line_of(weights, 6, bias);
    int8_t stream[64];
    int32_t words[2];
    int8_t shift[1];
    const struct kl_halves_pack pack = {stream, {&words[0], &words[1], shift}};
    int32_t at = 0;
    (void)state;
    assert_int_equal(kl_pack_halves(&portable, NULL), 6 * 4 + 3);
    assert_int_equal(kl_pack_halves(&portable, &pack), 6 * 4 + 3);
    for (int32_t i = 0; i < 9; i++) {
        bool is_count = i == 1 || i == 4 || i == 7;
        assert_int_equal(stream[at], expected[i]);
        at += is_count ? 1 : 4;
    }
}

/* Inputs and weights of the greatest magnitudes fill the halves to their ends. */
static void test_extremes(void **state)
{
    static const int8_t extremes[4] = {INT8_MIN, INT8_MAX, -127, 1};
    static const int32_t bias[1] = {1 << 15};
    (void)state;
    for (int32_t i = 0; i < 256; i++) {
        int8_t weights[40];
        struct kl_rows in = make_rows(1, 3 * sizeof weights, false);
        struct kl_rows out = make_rows(1, 3, false);
        for (size_t k = 0; k < sizeof weights; k++) {
            weights[k] = extremes[k % 2 ? i & 3 : i >> 2 & 3];
        }
        for (size_t k = 0; k < 3 * sizeof weights; k++) {
            in.base[k] = (unsigned char)extremes[k < sizeof weights ? i >> 4 & 3 : i >> 6];
        }
        struct conv_case c = {.portable = line_of(weights, sizeof weights, bias)};
        pack_conv(&c);
        const unsigned char *expected = run_kernel(KL_KERNEL_CONV2D_S8, &c.portable, &in, 1, 3);
        kl_kernels[KL_KERNEL_CONV2D_S8_MUL32](&c.packed, &in, &out,
                                              pool_alloc(c.kernel.scratch_bytes, 1));
        assert_memory_equal(out.base, expected, 3);
        pool_release();
    }
}

static void test_what_does_not_fit(void **state)
{
    static const int8_t weights[4] = {1, 2, 3, 4};
    static const int32_t small[1] = {5}, large[1] = {(1 << 30) - 100};
    static const int8_t left[1] = {0};
    struct kl_conv2d_s8 portable = line_of(weights, 4, small);
    (void)state;
    assert_true(kl_halves_fit(&portable));
    portable.rq.shift = left;
    assert_false(kl_halves_fit(&portable));
    /* The sum may leave the range, but its result is 127 whatever the inputs are. */
    portable = line_of(weights, 4, large);
    assert_true(kl_halves_fit(&portable));
}

/* A random depthwise convolution with 3x3 filters, as both kernels take it. */
static struct kl_depthwise_s8 random_depthwise(int32_t stride)
{
    const int32_t channels = random_between(1, 19);
    const int32_t size[2] = {random_between(1, 9), random_between(1, 14)};
    struct kl_window win = {.in_h = size[0],
                            .in_w = size[1],
                            .in_c = channels,
                            .out_c = channels,
                            .k_h = 3,
                            .k_w = 3,
                            .stride_h = stride,
                            .stride_w = stride,
                            .dil_h = 1,
                            .dil_w = 1,
                            .pad_top = random_between(0, 2),
                            .pad_left = random_between(0, 2)};
    win.out_h = (win.in_h + win.pad_top - 1) / stride + 1 - random_between(0, 1);
    win.out_w = (win.in_w + win.pad_left - 1) / stride + 1 - random_between(0, 1);
    win.out_h = win.out_h < 1 ? 1 : win.out_h;
    win.out_w = win.out_w < 1 ? 1 : win.out_w;
    return (struct kl_depthwise_s8){.win = win,
                                    .multiplier = 1,
                                    .in_zero_point = random_between(INT8_MIN, INT8_MAX),
                                    .weights = random_weights(channels, 9),
                                    .bias = random_bias(channels),
                                    .rq = random_right_requant(channels, bits_of(9), -1)};
}

/* The same with the tables of a plan. */
static struct kl_depthwise_s8 packed_depthwise(const struct kl_depthwise_s8 *portable)
{
    const size_t channels = (size_t)portable->win.out_c;
    const struct kl_exact_tables tables = new_tables(channels);
    int8_t *weights = pool_alloc(channels, 9);
    struct kl_depthwise_s8 p = *portable;
    assert_true(kl_exact_depthwise(portable, weights, &tables));
    p.weights = weights;
    p.bias = tables.bias;
    p.rq.multiplier = tables.multiplier;
    p.rq.shift = tables.shift;
    return p;
}

static void check_depthwise(int32_t stride)
{
    const enum kl_kernel_id id =
        stride == 1 ? KL_KERNEL_DEPTHWISE_3X3_S8_MUL32 : KL_KERNEL_DEPTHWISE_3X3_BY_2_S8_MUL32;
    const struct kl_depthwise_s8 portable = random_depthwise(stride);
    const struct kl_depthwise_s8 packed = packed_depthwise(&portable);
    const struct kl_window *w = &portable.win;
    const int32_t images = random_between(1, 2);
    const struct packed_kernel kernel = {{KL_KERNEL_DEPTHWISE_S8, id, &portable, &packed},
                                         3 * (size_t)kl_window_pixels(w) * (size_t)w->in_c};
    check_packed_window(&kernel, w, images);
    check_over_input(&kernel, w, images, kl_overlap_window_rows(w, images, 1).lead);
    pool_release();
}

static void test_depthwise(void **state)
{
    (void)state;
    seed_random(23);
    for (int32_t i = 0; i < cases; i++) {
        check_depthwise(1 + i % 2);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),
        cmocka_unit_test(test_conv_s4),
        cmocka_unit_test(test_output_over_input),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_depthwise),
    };
    cases = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : cases;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
