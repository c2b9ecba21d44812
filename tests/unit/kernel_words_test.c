/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of nn/armv7em that work on words, with the C definition of their instructions, against
 * those of the portable kernels: pools with random windows and limits, and lines of products.
 * kernel_core_test does the same with the instructions. An argument is the number of cases.
 */
#include "kernel_random.h"

#include <stdlib.h>
#include <string.h>

#include "nn/ref/mul_s8.h"
#include "nn/ref/pool_s8.h"

/* The loops on words, under names of their own. */
#define kl_average_pool_pixel_s8 words_average_pool_pixel_s8
#define kl_max_pool_pixel_s8 words_max_pool_pixel_s8
#define kl_mul_line_s8 words_mul_line_s8
#include "nn/armv7em/mul_line_s8.h"
#include "nn/armv7em/pool_pixel_s8.h"
#undef kl_average_pool_pixel_s8
#undef kl_max_pool_pixel_s8
#undef kl_mul_line_s8

static int32_t cases = 400;

static void random_limits(int32_t *min, int32_t *max)
{
    *min = random_chance(50) ? INT8_MIN : random_between(INT8_MIN, INT8_MAX);
    *max = random_chance(50) ? INT8_MAX : random_between(*min, INT8_MAX);
}

/* A pool; now and then with more taps than sums of int16 hold. */
static struct kl_pool_s8 random_pool(void)
{
    struct kl_pool_s8 p = {.offset = random_chance(30) ? 128 : 0};
    random_window(&p.win, random_chance(20) ? random_between(1, 40) : random_between(1, 9), 1);
    p.win.out_c = p.win.in_c;
    p.win.dil_h = p.win.dil_w = 1;
    if (random_chance(10)) {
        const int32_t side = random_between(15, 18);
        p.win = (struct kl_window){side, side, p.win.in_c, 1, 1, p.win.in_c, side,
                                   side, 1,    1,          1, 1, 0,          0};
    }
    random_limits(&p.min, &p.max);
    return p;
}

static void check_pool(const struct kl_pool_s8 *p, kl_pixel_fn *words, kl_pixel_fn *portable)
{
    const size_t in_bytes = (size_t)(p->win.in_w * p->win.in_c);
    const size_t out_bytes = (size_t)(p->win.out_w * p->win.out_c);
    const struct kl_rows in = make_rows(p->win.in_h, in_bytes, random_chance(50));
    const struct kl_rows out = make_rows(p->win.out_h, out_bytes, random_chance(50));
    const struct kl_rows expected = make_rows(p->win.out_h, out_bytes, false);
    fill_rows(&in, in_bytes);
    if (random_chance(10)) { /* the largest sums */
        for (int32_t i = 0; i < in.count; i++) {
            memset(kl_row(&in, i), INT8_MIN, in_bytes);
        }
    }
    kl_for_each_pixel(&p->win, p, &in, &out, 1, words);
    kl_for_each_pixel(&p->win, p, &in, &expected, 1, portable);
    assert_memory_equal(dense_rows(&out, out_bytes), expected.base,
                        (size_t)p->win.out_h * out_bytes);
    check_guards();
}

static void test_pools(void **state)
{
    (void)state;
    seed_random(31);
    for (int32_t i = 0; i < cases; i++) {
        const struct kl_pool_s8 p = random_pool();
        check_pool(&p, words_max_pool_pixel_s8, kl_max_pool_pixel_s8);
        check_pool(&p, words_average_pool_pixel_s8, kl_average_pool_pixel_s8);
        pool_release();
    }
}

static struct kl_mul_s8 random_mul(void)
{
    struct kl_mul_s8 p = {
        .zero_point = {random_between(INT8_MIN, INT8_MAX), random_between(INT8_MIN, INT8_MAX)},
        .out_multiplier = random_between(1 << 30, INT32_MAX),
        .out_shift = random_between(-12, -3),
        .out_zero_point = random_between(INT8_MIN, INT8_MAX)};
    random_limits(&p.min, &p.max);
    if (random_chance(20)) { /* extremes */
        p.out_multiplier = random_chance(50) ? 1 << 30 : INT32_MAX;
        p.out_shift = random_chance(50) ? random_between(-31, -1) : random_between(-1, 8);
    }
    if (random_chance(5)) { /* a factor of 0 has another form */
        p.out_multiplier = 0;
    }
    return p;
}

static void check_mul(const struct kl_mul_s8 *p)
{
    enum { MOST = 70, GUARD = 4 };
    int8_t a[2 * MOST], b[2 * MOST], out[MOST + GUARD], expected[MOST + GUARD];
    random_s8(a, sizeof a);
    random_s8(b, sizeof b);
    memset(out, 0x55, sizeof out);
    memset(expected, 0x55, sizeof expected);
    struct kl_line line = {.params = p,
                           .a = a,
                           .b = b,
                           .out = out,
                           .a_step = random_chance(70) ? 1 : random_between(0, 2),
                           .b_step = random_chance(70) ? 1 : random_between(0, 2),
                           .count = random_between(1, MOST)};
    words_mul_line_s8(&line);
    line.out = expected;
    kl_mul_line_s8(&line);
    assert_memory_equal(out, expected, sizeof out);
    if (line.a_step == 1) { /* results over a factor */
        line.out = a;
        words_mul_line_s8(&line);
        assert_memory_equal(a, expected, (size_t)line.count);
    }
}

static void test_mul(void **state)
{
    (void)state;
    seed_random(32);
    for (int32_t i = 0; i < cases; i++) {
        const struct kl_mul_s8 p = random_mul();
        check_mul(&p);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_mul),
    };
    cases = argc > 1 ? (int32_t)strtol(argv[1], NULL, 10) : cases;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
