/* SPDX-License-Identifier: Apache-2.0 */
/* int8 kernels on vectors and elements, against their definitions. */
#include "kernel_support.h"

#include <math.h>
#include <string.h>

enum { CASES = 300 };

static struct kl_rows random_rows(int32_t count, size_t bytes)
{
    struct kl_rows rows = make_rows(count, bytes, random_chance(50));
    for (int32_t i = 0; i < count; i++) {
        random_s8((int8_t *)kl_row(&rows, i), bytes);
    }
    return rows;
}

static void check_fully_connected(int32_t rows, int32_t in_c, int32_t out_c)
{
    int8_t *weights = pool_alloc((size_t)(in_c * out_c), 1);
    int32_t *bias = pool_alloc((size_t)out_c, sizeof *bias);
    int32_t *folded = pool_alloc((size_t)out_c, sizeof *folded);
    const int32_t zero_point = random_between(INT8_MIN, INT8_MAX);
    struct kl_fully_connected_s8 p = {in_c, out_c, weights, folded, random_requant(out_c, 18)};
    random_s8(weights, (size_t)(in_c * out_c));
    for (int32_t c = 0; c < out_c; c++) {
        bias[c] = folded[c] = random_between(-100000, 100000);
        for (int32_t i = 0; i < in_c; i++) {
            folded[c] -= zero_point * weights[c * in_c + i];
        }
    }
    const struct kl_rows in = random_rows(rows, (size_t)in_c);
    const int8_t *x = (const int8_t *)dense_rows(&in, (size_t)in_c);
    const int8_t *y =
        (const int8_t *)run_kernel(KL_KERNEL_FULLY_CONNECTED_S8, &p, &in, rows, (size_t)out_c);
    for (int32_t r = 0; r < rows; r++) {
        for (int32_t c = 0; c < out_c; c++) {
            int64_t acc = bias[c];
            for (int32_t i = 0; i < in_c; i++) {
                acc += (int64_t)(x[r * in_c + i] - zero_point) * weights[c * in_c + i];
            }
            assert_int_equal(y[r * out_c + c], plain_requant(&p.rq, c, acc));
        }
    }
    pool_release();
}

static void test_fully_connected(void **state)
{
    (void)state;
    seed_random(20);
    for (int32_t i = 0; i < CASES; i++) {
        check_fully_connected(random_between(1, 4), random_between(1, 70), random_between(1, 23));
    }
}

/* A broadcast: extents of the output and, per input, whether a dimension is repeated. */
struct broadcast {
    struct kl_elementwise ew;
    int32_t rows;
    int32_t row_step[2]; /* elements; 0: the same row again and again */
    int32_t elements[2]; /* of one row of each input */
};

static struct broadcast random_broadcast(void)
{
    struct broadcast b = {.rows = random_between(1, 3)};
    for (int32_t d = 0; d < 3; d++) {
        b.ew.dim[d] = random_chance(30) ? 1 : random_between(1, d == 2 ? 20 : 4);
    }
    const bool plain = random_chance(30);
    for (int32_t k = 0; k < 2; k++) {
        int32_t dense = 1;
        for (int32_t d = 2; d >= 0; d--) {
            const bool repeated = !plain && random_chance(35);
            b.ew.step[k][d] = repeated ? 0 : dense;
            dense *= repeated ? 1 : b.ew.dim[d];
        }
        b.elements[k] = dense;
        b.row_step[k] = !plain && random_chance(30) ? 0 : dense;
    }
    return b;
}

static int32_t row_elements(const struct broadcast *b)
{
    return b->ew.dim[0] * b->ew.dim[1] * b->ew.dim[2];
}

/* Input k's elements laid out like the output. */
static int8_t *expanded(const struct broadcast *b, int32_t k, const struct kl_rows *in)
{
    int8_t *all = pool_alloc((size_t)(b->rows * row_elements(b)), 1);
    int8_t *to = all;
    const int32_t *dim = b->ew.dim, *step = b->ew.step[k];
    for (int32_t r = 0; r < b->rows; r++) {
        const int8_t *row = (const int8_t *)kl_row(in, b->row_step[k] ? r : 0);
        for (int32_t i = 0; i < row_elements(b); i++) {
            const int32_t at[3] = {i / (dim[1] * dim[2]), i / dim[2] % dim[1], i % dim[2]};
            *to++ = row[at[0] * step[0] + at[1] * step[1] + at[2] * step[2]];
        }
    }
    return all;
}

/* The two inputs of a broadcast, in rows and laid out like the output. */
struct operands {
    struct kl_rows in[2];
    const int8_t *a, *b;
};

static struct operands random_operands(const struct broadcast *b)
{
    struct operands o;
    for (int32_t k = 0; k < 2; k++) {
        o.in[k] = random_rows(b->row_step[k] ? b->rows : 1, (size_t)b->elements[k]);
        if (!b->row_step[k]) {
            o.in[k].offset = NULL;
            o.in[k].stride = 0;
        }
    }
    o.a = expanded(b, 0, &o.in[0]);
    o.b = expanded(b, 1, &o.in[1]);
    return o;
}

/* Again with the output on top of an input that has its shape. */
static void check_in_place(enum kl_kernel_id id, const void *params, const struct broadcast *b,
                           const struct operands *o, const unsigned char *expected)
{
    const size_t bytes = (size_t)row_elements(b);
    for (int32_t k = 0; k < 2; k++) {
        if (b->elements[k] != row_elements(b) || !b->row_step[k]) {
            continue;
        }
        struct kl_rows in[2] = {o->in[0], o->in[1]};
        in[k] = make_rows(b->rows, bytes, false);
        for (int32_t r = 0; r < b->rows; r++) {
            memcpy(kl_row(&in[k], r), kl_row(&o->in[k], r), bytes);
        }
        kl_kernels[id](params, in, &in[k], NULL);
        assert_memory_equal(in[k].base, expected, bytes * (size_t)b->rows);
    }
}

static int32_t plain_add(const struct kl_add_s8 *p, int32_t a, int32_t b)
{
    const int32_t x =
        plain_requantize((a - p->zero_point[0]) * 1048576, p->multiplier[0], p->shift[0]);
    const int32_t y =
        plain_requantize((b - p->zero_point[1]) * 1048576, p->multiplier[1], p->shift[1]);
    const int64_t sum = p->sign > 0 ? (int64_t)x + y : (int64_t)x - y;
    const int32_t scaled = plain_requantize((int32_t)sum, p->out_multiplier, p->out_shift);
    return plain_clamp((int64_t)scaled + p->out_zero_point, p->min, p->max);
}

static void test_add_and_sub(void **state)
{
    (void)state;
    seed_random(21);
    for (int32_t i = 0; i < CASES; i++) {
        const struct broadcast b = random_broadcast();
        const struct operands o = random_operands(&b);
        struct kl_add_s8 p = {.ew = b.ew, .left_shift = 20, .sign = random_chance(50) ? 1 : -1};
        for (int32_t k = 0; k < 2; k++) {
            p.zero_point[k] = random_between(INT8_MIN, INT8_MAX);
            p.multiplier[k] = random_between(1 << 30, INT32_MAX);
            p.shift[k] = -random_between(random_chance(80) ? 1 : 0, 6);
        }
        p.out_multiplier = random_between(1 << 30, INT32_MAX);
        p.out_shift = -random_between(14, 21);
        p.out_zero_point = random_between(INT8_MIN, INT8_MAX);
        p.min = random_chance(50) ? INT8_MIN : random_between(INT8_MIN, INT8_MAX);
        p.max = random_between(p.min, INT8_MAX);
        const unsigned char *result =
            run_kernel(KL_KERNEL_ADD_S8, &p, o.in, b.rows, (size_t)row_elements(&b));
        for (int32_t e = 0; e < b.rows * row_elements(&b); e++) {
            assert_int_equal((int8_t)result[e], plain_add(&p, o.a[e], o.b[e]));
        }
        check_in_place(KL_KERNEL_ADD_S8, &p, &b, &o, result);
        pool_release();
    }
}

static void test_mul(void **state)
{
    (void)state;
    seed_random(22);
    for (int32_t i = 0; i < CASES; i++) {
        const struct broadcast b = random_broadcast();
        const struct operands o = random_operands(&b);
        const int32_t min = random_chance(50) ? INT8_MIN : random_between(INT8_MIN, INT8_MAX);
        const struct kl_mul_s8 p = {
            b.ew,
            {random_between(INT8_MIN, INT8_MAX), random_between(INT8_MIN, INT8_MAX)},
            random_between(1 << 30, INT32_MAX),
            random_between(-12, 2),
            random_between(INT8_MIN, INT8_MAX),
            min,
            random_between(min, INT8_MAX)};
        const unsigned char *result =
            run_kernel(KL_KERNEL_MUL_S8, &p, o.in, b.rows, (size_t)row_elements(&b));
        for (int32_t e = 0; e < b.rows * row_elements(&b); e++) {
            const int32_t product = (o.a[e] - p.zero_point[0]) * (o.b[e] - p.zero_point[1]);
            const int64_t scaled = plain_requantize(product, p.out_multiplier, p.out_shift);
            assert_int_equal((int8_t)result[e],
                             plain_clamp(scaled + p.out_zero_point, p.min, p.max));
        }
        check_in_place(KL_KERNEL_MUL_S8, &p, &b, &o, result);
        pool_release();
    }
}

static void test_prelu(void **state)
{
    (void)state;
    seed_random(23);
    for (int32_t i = 0; i < CASES; i++) {
        const struct broadcast b = random_broadcast();
        const struct operands o = random_operands(&b);
        const struct kl_prelu_s8 p = {
            b.ew,
            {random_between(INT8_MIN, INT8_MAX), random_between(INT8_MIN, INT8_MAX)},
            random_between(1 << 30, INT32_MAX),
            random_between(-3, 2),
            random_between(1 << 30, INT32_MAX),
            random_between(-12, 0),
            random_between(INT8_MIN, INT8_MAX)};
        const unsigned char *result =
            run_kernel(KL_KERNEL_PRELU_S8, &p, o.in, b.rows, (size_t)row_elements(&b));
        for (int32_t e = 0; e < b.rows * row_elements(&b); e++) {
            const int32_t x = o.a[e] - p.zero_point[0];
            const int64_t y = x >= 0 ? plain_requantize(x, p.pos_multiplier, p.pos_shift)
                                     : plain_requantize(x * (o.b[e] - p.zero_point[1]),
                                                        p.neg_multiplier, p.neg_shift);
            assert_int_equal((int8_t)result[e],
                             plain_clamp(y + p.out_zero_point, INT8_MIN, INT8_MAX));
        }
        check_in_place(KL_KERNEL_PRELU_S8, &p, &b, &o, result);
        pool_release();
    }
}

/* A dense array of six dimensions, alternately kept and reduced. */
static void test_mean(void **state)
{
    (void)state;
    seed_random(24);
    for (int32_t i = 0; i < CASES; i++) {
        struct kl_mean_s8 p = {.multiplier = random_between(1 << 28, INT32_MAX),
                               .shift = random_between(-8, 1),
                               .out_zero_point = random_between(INT8_MIN, INT8_MAX)};
        struct kl_reduce *rd = &p.rd;
        int32_t step = 1;
        for (int32_t d = 2; d >= 0; d--) {
            const bool kept_inside = random_chance(50);
            rd->out_dim[d] = random_chance(30) ? 1 : random_between(1, 5);
            rd->red_dim[d] = random_chance(30) ? 1 : random_between(1, 5);
            rd->out_step[d] = kept_inside ? step : step * rd->red_dim[d];
            rd->red_step[d] = kept_inside ? step * rd->out_dim[d] : step;
            step *= rd->out_dim[d] * rd->red_dim[d];
        }
        const int32_t count = rd->red_dim[0] * rd->red_dim[1] * rd->red_dim[2];
        const int32_t outputs = rd->out_dim[0] * rd->out_dim[1] * rd->out_dim[2];
        const int32_t zero_point = random_between(INT8_MIN, INT8_MAX);
        p.in_zero_point_sum = zero_point * count;
        const struct kl_rows in = random_rows(1, (size_t)step);
        const int8_t *x = (const int8_t *)kl_row(&in, 0);
        const unsigned char *y = run_kernel(KL_KERNEL_MEAN_S8, &p, &in, 1, (size_t)outputs);
        for (int32_t o = 0; o < outputs; o++) {
            const int32_t base = o / (rd->out_dim[1] * rd->out_dim[2]) * rd->out_step[0] +
                                 o / rd->out_dim[2] % rd->out_dim[1] * rd->out_step[1] +
                                 o % rd->out_dim[2] * rd->out_step[2];
            int32_t sum = 0;
            for (int32_t r = 0; r < count; r++) {
                sum += x[base + r / (rd->red_dim[1] * rd->red_dim[2]) * rd->red_step[0] +
                         r / rd->red_dim[2] % rd->red_dim[1] * rd->red_step[1] +
                         r % rd->red_dim[2] * rd->red_step[2]] -
                       zero_point;
            }
            const int64_t mean = plain_requantize(sum, p.multiplier, p.shift);
            assert_int_equal((int8_t)y[o],
                             plain_clamp(mean + p.out_zero_point, INT8_MIN, INT8_MAX));
        }
        pool_release();
    }
}

/* Close to the real softmax; kernel_fixed_point_test.c checks the bits. */
static void test_softmax(void **state)
{
    (void)state;
    seed_random(25);
    for (int32_t i = 0; i < CASES; i++) {
        const int32_t width = random_chance(20) ? random_between(100, 1000) : random_between(1, 20);
        const double scale = ldexp(1.0 + random_between(0, 1000) / 1001.0, random_between(-9, 0));
        int exponent;
        const double fraction = frexp(scale * (1 << 26), &exponent);
        const struct kl_softmax_s8 p = {width, (int32_t)llround(fraction * 2147483648.0), exponent,
                                        -(int32_t)floor(31.0 * (1 << 26) / ldexp(1, exponent))};
        const int32_t rows = random_between(1, 3);
        const struct kl_rows in = random_rows(rows, (size_t)width);
        const unsigned char *y = run_kernel(KL_KERNEL_SOFTMAX_S8, &p, &in, rows, (size_t)width);
        for (int32_t r = 0; r < rows; r++) {
            const int8_t *x = (const int8_t *)kl_row(&in, r);
            double sum = 0;
            for (int32_t k = 0; k < width; k++) {
                sum += exp(scale * x[k]);
            }
            for (int32_t k = 0; k < width; k++) {
                const double expected = fmin(exp(scale * x[k]) / sum * 256 - 128, 127);
                assert_true(fabs((int8_t)y[r * width + k] - expected) < 0.51 + 1e-3 * width);
            }
        }
        pool_release();
    }
}

static void test_lookup(void **state)
{
    (void)state;
    seed_random(26);
    for (int32_t i = 0; i < CASES; i++) {
        int8_t table[256];
        const int32_t width = random_between(1, 50), rows = random_between(1, 3);
        const struct kl_lookup_s8 p = {width, table};
        random_s8(table, sizeof table);
        struct kl_rows in = random_rows(rows, (size_t)width);
        const unsigned char *y = run_kernel(KL_KERNEL_LOOKUP_S8, &p, &in, rows, (size_t)width);
        for (int32_t k = 0; k < rows * width; k++) {
            const int8_t x = (int8_t)kl_row(&in, k / width)[k % width];
            assert_int_equal((int8_t)y[k], table[x + 128]);
        }
        kl_kernels[KL_KERNEL_LOOKUP_S8](&p, &in, &in, NULL);
        assert_memory_equal(dense_rows(&in, (size_t)width), y, (size_t)(rows * width));
        pool_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fully_connected),
        cmocka_unit_test(test_add_and_sub),
        cmocka_unit_test(test_mul),
        cmocka_unit_test(test_prelu),
        cmocka_unit_test(test_mean),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_lookup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
