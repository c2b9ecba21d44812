/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels that move bytes or convert between float and int8. */
#include "kernel_support.h"

#include <math.h>
#include <string.h>

enum { CASES = 400 };

static void random_bytes(unsigned char *to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i] = (unsigned char)random_u32();
    }
}

/* Steps of a dense array whose dimensions lie in memory in the order `order`, outermost
 * first; returns its size. */
static int32_t permuted_steps(const int32_t *dim, const int32_t *order, int32_t elem_bytes,
                              int32_t *step)
{
    int32_t bytes = elem_bytes;
    for (int32_t i = KL_MOVE_RANK - 1; i >= 0; i--) {
        step[order[i]] = bytes;
        bytes *= dim[order[i]];
    }
    return bytes;
}

static void random_order(int32_t order[KL_MOVE_RANK])
{
    for (int32_t i = 0; i < KL_MOVE_RANK; i++) {
        order[i] = i;
    }
    /* Leave the innermost ones in place now and then, so that there are long runs. */
    for (int32_t i = random_between(0, KL_MOVE_RANK - 1); i > 0; i--) {
        const int32_t other = random_between(0, i);
        const int32_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

/* What kl_move means, byte by byte. */
static void plain_move(const struct kl_move *p, const unsigned char *from, unsigned char *to,
                       int32_t dim)
{
    if (dim == KL_MOVE_RANK) {
        for (int32_t i = 0; i < p->elem_bytes; i++) {
            to[i] = from[i];
        }
        return;
    }
    for (int32_t i = 0; i < p->dim[dim]; i++) {
        plain_move(p, from + i * p->in_step[dim], to + i * p->out_step[dim], dim + 1);
    }
}

static void test_move(void **state)
{
    (void)state;
    seed_random(30);
    for (int32_t i = 0; i < CASES; i++) {
        struct kl_move p = {.elem_bytes = 1 << random_between(0, 3)};
        int32_t order[KL_MOVE_RANK];
        int32_t begin = 0;
        for (int32_t d = 0; d < KL_MOVE_RANK; d++) {
            p.dim[d] = random_chance(40) ? 1 : random_between(1, 4);
        }
        random_order(order);
        const int32_t in_bytes = permuted_steps(p.dim, order, p.elem_bytes, p.in_step);
        random_order(order);
        const int32_t out_bytes = permuted_steps(p.dim, order, p.elem_bytes, p.out_step);
        for (int32_t d = 0; d < KL_MOVE_RANK; d++) {
            if (random_chance(15)) { /* backwards */
                begin += p.in_step[d] * (p.dim[d] - 1);
                p.in_step[d] = -p.in_step[d];
            } else if (random_chance(10)) { /* repeated */
                p.in_step[d] = 0;
            } else if (random_chance(15)) { /* every other one */
                p.dim[d] = (p.dim[d] + 1) / 2;
                p.in_step[d] *= 2;
            }
        }
        unsigned char *memory = pool_alloc((size_t)in_bytes, 1);
        random_bytes(memory, (size_t)in_bytes);
        const struct kl_rows in = {.base = memory + begin, .count = 1};
        struct kl_rows out = make_rows(1, (size_t)out_bytes, true);
        unsigned char *expected = dense_rows(&out, (size_t)out_bytes);
        plain_move(&p, in.base, expected, 0);
        kl_kernels[KL_KERNEL_MOVE](&p, &in, &out, NULL);
        assert_memory_equal(kl_row(&out, 0), expected, (size_t)out_bytes);
        check_guards();
        pool_release();
    }
}

static void test_fill(void **state)
{
    (void)state;
    seed_random(31);
    for (int32_t i = 0; i < CASES; i++) {
        const int32_t elem = random_chance(50) ? 1 : 4;
        const int32_t rows = random_between(1, 4), width = random_between(1, 30);
        const struct kl_fill p = {elem, width, (int32_t)random_u32()};
        const unsigned char *y = run_kernel(KL_KERNEL_FILL, &p, NULL, rows, (size_t)(width * elem));
        for (int32_t k = 0; k < rows * width; k++) {
            assert_memory_equal(y + k * elem, &p.value, (size_t)elem);
        }
        pool_release();
    }
}

static void test_resize_nearest(void **state)
{
    (void)state;
    seed_random(32);
    for (int32_t i = 0; i < CASES; i++) {
        const int32_t batches = random_between(1, 2), in_w = random_between(1, 6);
        uint16_t row[8], col[8];
        const struct kl_resize_nearest p = {random_between(1, 6),
                                            random_between(1, 8),
                                            random_between(1, 8),
                                            random_between(1, 12),
                                            row,
                                            col};
        for (int32_t k = 0; k < 8; k++) {
            row[k] = (uint16_t)random_between(0, p.in_h - 1);
            col[k] = (uint16_t)random_between(0, in_w - 1);
        }
        const size_t in_bytes = (size_t)(in_w * p.pixel_bytes);
        const size_t out_bytes = (size_t)(p.out_w * p.pixel_bytes);
        const struct kl_rows in = make_rows(batches * p.in_h, in_bytes, random_chance(50));
        for (int32_t r = 0; r < in.count; r++) {
            random_bytes(kl_row(&in, r), in_bytes);
        }
        const unsigned char *y =
            run_kernel(KL_KERNEL_RESIZE_NEAREST, &p, &in, batches * p.out_h, out_bytes);
        for (int32_t r = 0; r < batches * p.out_h; r++) {
            const unsigned char *from = kl_row(&in, r / p.out_h * p.in_h + row[r % p.out_h]);
            for (size_t k = 0; k < out_bytes; k++) {
                const size_t pixel = (size_t)p.pixel_bytes;
                assert_int_equal(y[(size_t)r * out_bytes + k],
                                 from[col[k / pixel] * pixel + k % pixel]);
            }
        }
        pool_release();
    }
}

static int32_t plain_quantize(float x, const struct kl_quantize_f32_s8 *p)
{
    const double exact = (double)(x / p->scale);
    const double steps = p->halves_to_even ? nearbyint(exact) : round(exact);
    return (int32_t)fmin(fmax(steps + p->zero_point, INT8_MIN), INT8_MAX);
}

static void test_quantize(void **state)
{
    (void)state;
    seed_random(33);
    for (int32_t i = 0; i < CASES; i++) {
        enum { WIDTH = 64 };
        const struct kl_quantize_f32_s8 p = {WIDTH,
                                             ldexpf(random_float(1, 2), random_between(-12, 4)),
                                             random_between(INT8_MIN, INT8_MAX), i % 2};
        struct kl_rows in = make_rows(2, WIDTH * sizeof(float), random_chance(50));
        for (int32_t k = 0; k < 2 * WIDTH; k++) {
            /* Near integers, on halves, and beyond the range. */
            float x = (float)random_between(-300, 300) * p.scale;
            x += random_chance(50) ? p.scale * 0.5f : random_float(-p.scale, p.scale);
            x = random_chance(3) ? random_float(-3e38f, 3e38f) : x;
            memcpy(kl_row(&in, k / WIDTH) + k % WIDTH * 4, &x, 4);
        }
        const unsigned char *y = run_kernel(KL_KERNEL_QUANTIZE_F32_S8, &p, &in, 2, WIDTH);
        for (int32_t k = 0; k < 2 * WIDTH; k++) {
            float x;
            memcpy(&x, kl_row(&in, k / WIDTH) + k % WIDTH * 4, 4);
            assert_int_equal((int8_t)y[k], plain_quantize(x, &p));
        }
        pool_release();
    }
}

static void test_quantize_special(void **state)
{
    (void)state;
    float x[5] = {INFINITY, -INFINITY, NAN, -0.0f, 0.49999997f};
    const int8_t expected[5] = {127, -128, -128, 5, 5};
    const struct kl_quantize_f32_s8 p = {5, 1.0f, 5, 0};
    const struct kl_rows in = {.base = (unsigned char *)x, .count = 1};
    assert_memory_equal(run_kernel(KL_KERNEL_QUANTIZE_F32_S8, &p, &in, 1, 5), expected, 5);
    pool_release();
}

static void test_dequantize(void **state)
{
    (void)state;
    seed_random(34);
    for (int32_t i = 0; i < CASES; i++) {
        enum { WIDTH = 64 };
        const struct kl_dequantize_s8_f32 p = {WIDTH,
                                               ldexpf(random_float(1, 2), random_between(-12, 4)),
                                               random_between(INT8_MIN, INT8_MAX)};
        int8_t x[WIDTH];
        random_s8(x, WIDTH);
        const struct kl_rows in = {.base = (unsigned char *)x, .count = 1};
        const unsigned char *y =
            run_kernel(KL_KERNEL_DEQUANTIZE_S8_F32, &p, &in, 1, WIDTH * sizeof(float));
        for (int32_t k = 0; k < WIDTH; k++) {
            const float expected = (float)((double)p.scale * (x[k] - p.zero_point));
            assert_memory_equal(y + k * 4, &expected, 4);
        }
        pool_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_resize_nearest),
        cmocka_unit_test(test_quantize),
        cmocka_unit_test(test_quantize_special),
        cmocka_unit_test(test_dequantize),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
