/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The depthwise kernels for ARMv7E-M in their C definitions, with packed records, against the
 * portable kernel: random shapes, paddings, zero points, multipliers and activations, scattered
 * rows, parts of the rows, narrow bands, and results over inputs. An argument is the number of
 * cases.
 */
#include "kernel_random.h"

#include <stdlib.h>
#include <string.h>

#include "plan/overlap.h"
#include "plan/pack_columns.h"

static int32_t cases = 400;

/* Channels without results below 0 or with all of them cut off have cheap forms; some of the
 * others do not. */
static struct kl_requant random_columns_requant(int32_t channels)
{
    struct kl_requant rq = random_requant(channels, 17);
    int32_t *multiplier = pool_alloc((size_t)channels, sizeof *multiplier);
    int8_t *shift = pool_alloc((size_t)channels, sizeof *shift);
    for (int32_t c = 0; c < channels; c++) {
        multiplier[c] = random_chance(10) ? random_chance(50) ? 1 << 30 : INT32_MAX
                                          : random_between(1 << 30, INT32_MAX);
        shift[c] = (int8_t)random_between(-13, random_chance(10) ? 0 : -4);
    }
    rq.multiplier = multiplier;
    rq.shift = shift;
    if (random_chance(90)) {
        rq.out_zero_point = INT8_MIN;
    }
    if (random_chance(50)) {
        rq.min = INT8_MIN;
        rq.max = INT8_MAX;
    }
    return rq;
}

static int32_t random_size(int32_t least)
{
    return random_between(least, random_chance(80) ? 12 : 40);
}

static struct kl_window random_3x3(void)
{
    struct kl_window w = {.in_h = random_size(1),
                          .in_w = random_size(1),
                          .in_c = random_between(4, 13),
                          .k_h = 3,
                          .k_w = 3,
                          .dil_h = 1,
                          .dil_w = 1,
                          .pad_top = random_between(0, random_chance(90) ? 2 : 5),
                          .pad_left = random_between(0, 2)};
    const int32_t pad_bottom = random_between(0, 2), pad_right = random_between(0, 3);
    w.stride_h = w.stride_w = random_between(1, 2);
    w.out_c = w.in_c;
    if (random_chance(30)) { /* as "same" padding, which allows to work in place */
        w.stride_h = w.stride_w = w.pad_top = w.pad_left = 1;
        w.out_h = w.in_h;
        w.out_w = w.in_w;
        return w;
    }
    w.in_h = w.in_h + w.pad_top + pad_bottom < 3 ? 3 : w.in_h;
    w.in_w = w.in_w + w.pad_left + pad_right < 3 || w.in_w + w.pad_left < 2 ? 3 : w.in_w;
    w.out_h = (w.in_h + w.pad_top + pad_bottom - 3) / w.stride_h + 1;
    w.out_w = (w.in_w + w.pad_left + pad_right - 3) / w.stride_w + 1;
    return w;
}

/* A random convolution for both kernels. */
struct columns_case {
    int32_t images;
    struct kl_depthwise_s8 portable;
    struct kl_depthwise_3x3_s8 columns;
    void *scratch;
};

static bool random_case(struct columns_case *c)
{
    struct kl_depthwise_s8 *p = &c->portable;
    *p = (struct kl_depthwise_s8){.win = random_3x3(), .multiplier = 1};
    const size_t channels = (size_t)p->win.out_c;
    int8_t *weights = pool_alloc(channels, 9);
    int32_t *bias = pool_alloc(channels, sizeof *bias);
    random_s8(weights, channels * 9);
    for (size_t i = 0; i < channels; i++) {
        const int32_t size = random_chance(10) ? 1 << 19 : 5000;
        bias[i] = random_between(-size, size);
    }
    c->images = random_between(1, 2);
    p->in_zero_point = random_between(INT8_MIN, INT8_MAX);
    p->weights = weights;
    p->bias = bias;
    p->rq = random_columns_requant(p->win.out_c);
    assert_true(kl_columns_fit(p));
    if (!kl_pack_columns(p, pool_alloc(kl_columns_bytes(p), 1), &c->columns)) {
        return false;
    }
    c->columns.band = random_chance(50) ? c->columns.band : random_between(1, c->columns.band);
    c->scratch = pool_alloc(kl_columns_scratch(&c->columns), 1);
    return true;
}

static void run_columns(const struct columns_case *c, const struct kl_rows *in,
                        const struct kl_rows *out)
{
    const enum kl_kernel_id kernel = c->portable.win.stride_h == 1
                                         ? KL_KERNEL_DEPTHWISE_3X3_S8_ARMV7EM
                                         : KL_KERNEL_DEPTHWISE_3X3_BY_2_S8_ARMV7EM;
    kl_kernels[kernel](&c->columns, in, out, c->scratch);
}

/* Row ranges of random length, one after the other. */
static void run_parts(const struct columns_case *c, const struct kl_rows *in,
                      const struct kl_rows *out)
{
    for (int32_t first = 0; first < out->count;) {
        struct kl_rows part = *out;
        part.first = first;
        part.count = random_chance(50) ? out->count - first : random_between(1, out->count - first);
        run_columns(c, in, &part);
        first += part.count;
    }
}

static struct kl_rows random_input(const struct columns_case *c)
{
    const size_t bytes = (size_t)(c->portable.win.in_w * c->portable.win.in_c);
    const struct kl_rows in = make_rows(c->images * c->portable.win.in_h, bytes, random_chance(50));
    for (int32_t i = 0; i < in.count; i++) {
        random_s8((int8_t *)kl_row(&in, i), bytes);
    }
    return in;
}

/* Results over the input, as near as the plan may lay them. */
static void check_over_the_input(const struct columns_case *c)
{
    const struct kl_window *w = &c->portable.win;
    const struct packed_kernel kernel = {{KL_KERNEL_DEPTHWISE_S8,
                                          KL_KERNEL_DEPTHWISE_3X3_BY_2_S8_ARMV7EM, &c->portable,
                                          &c->columns},
                                         kl_columns_scratch(&c->columns)};
    check_over_input(&kernel, w, c->images,
                     kl_overlap_window_bands(w, c->images, c->columns.band, 1).lead);
}

static void check_case(const struct columns_case *c)
{
    const struct kl_window *w = &c->portable.win;
    const size_t bytes = (size_t)(w->out_w * w->out_c);
    const int32_t rows = c->images * w->out_h;
    const struct kl_rows in = random_input(c);
    const struct kl_rows out = make_rows(rows, bytes, random_chance(50));
    const unsigned char *expected =
        run_kernel(KL_KERNEL_DEPTHWISE_S8, &c->portable, &in, rows, bytes);
    run_parts(c, &in, &out);
    assert_memory_equal(dense_rows(&out, bytes), expected, (size_t)rows * bytes);
    if (w->stride_h == 1 && w->pad_top <= 2 && w->in_h == w->out_h && w->in_w == w->out_w) {
        run_columns(c, &in, &(struct kl_rows){in.base, in.offset, in.stride, 0, rows});
        assert_memory_equal(dense_rows(&in, bytes), expected, (size_t)rows * bytes);
    }
    if (w->stride_h == 2) {
        check_over_the_input(c);
    }
    check_guards();
}

static void test_equals_the_portable_kernel(void **state)
{
    int32_t packed = 0;
    (void)state;
    seed_random(21);
    for (int32_t i = 0; i < cases; i++) {
        struct columns_case c;
        if (random_case(&c)) {
            packed++;
            check_case(&c);
        }
        pool_release();
    }
    print_message("%d of %d cases have cheap forms\n", packed, cases);
    assert_true(packed > cases / 2);
}

static void test_what_does_not_fit(void **state)
{
    struct kl_depthwise_s8 p = {.multiplier = 1};
    (void)state;
    seed_random(22);
    p.win = random_3x3();
    assert_true(kl_columns_fit(&p));
    p.multiplier = 2;
    assert_false(kl_columns_fit(&p));
    p.multiplier = 1;
    p.win.k_w = 5;
    assert_false(kl_columns_fit(&p));
    p.win.k_w = 3;
    p.win.dil_h = 2;
    assert_false(kl_columns_fit(&p));
    p.win.dil_h = 1;
    p.win.stride_w = 3 - p.win.stride_w;
    assert_false(kl_columns_fit(&p));
    p.win.stride_w = p.win.stride_h;
    p.win.in_w = 1;
    p.win.pad_left = 0; /* the first two pixels are not both there */
    assert_false(kl_columns_fit(&p));
    p.win.in_w = 10;
    assert_true(kl_columns_fit(&p));
    p.win.out_w = 1 << 20; /* not even a row fits the scratch memory */
    assert_false(kl_columns_fit(&p));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_the_portable_kernel),
        cmocka_unit_test(test_what_does_not_fit),
    };
    cases = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : cases;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
