/* SPDX-License-Identifier: Apache-2.0 */
/*
 * float32 kernels, bit for bit against plain loops in the documented order of additions.
 * Compiled without contraction, as the kernels are.
 */
#include "kernel_support.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { CASES = 200 };

static float *random_floats(size_t count)
{
    float *values = pool_alloc(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[i] = random_chance(5) ? 0.0f : random_float(-3, 3);
    }
    return values;
}

static struct kl_rows random_rows(int32_t count, int32_t elements)
{
    struct kl_rows rows = make_rows(count, (size_t)elements * 4, random_chance(50));
    for (int32_t i = 0; i < count; i++) {
        memcpy(kl_row(&rows, i), random_floats((size_t)elements), (size_t)elements * 4);
    }
    return rows;
}

static float clamp(float value, float min, float max)
{
    return fminf(fmaxf(value, min), max);
}

static void random_range(float *min, float *max)
{
    *min = random_chance(50) ? -FLT_MAX : random_float(-2, 0);
    *max = random_chance(50) ? FLT_MAX : random_float(0, 6);
}

/* Input of a tap inside the image, else NULL. */
static const float *tap(const struct kl_window *w, const float *image, const int32_t at[4],
                        int32_t ky, int32_t kx)
{
    const int32_t y = at[1] * w->stride_h + ky * w->dil_h - w->pad_top;
    const int32_t x = at[2] * w->stride_w + kx * w->dil_w - w->pad_left;
    if (y < 0 || y >= w->in_h || x < 0 || x >= w->in_w) {
        return NULL;
    }
    return image + ((at[0] * w->in_h + y) * w->in_w + x) * w->in_c;
}

static int32_t output_size(int32_t in, int32_t pad, int32_t taps, int32_t dilation, int32_t stride)
{
    const int32_t reach = (taps - 1) * dilation + 1;
    return in + pad < reach ? 0 : (in + pad - reach) / stride + 1;
}

static struct kl_window random_window(bool dilated)
{
    struct kl_window w;
    do {
        w.in_h = random_between(1, 7);
        w.in_w = random_between(1, 7);
        w.k_h = random_between(1, 4);
        w.k_w = random_between(1, 4);
        w.stride_h = random_between(1, 3);
        w.stride_w = random_between(1, 3);
        w.dil_h = dilated && random_chance(30) ? 2 : 1;
        w.dil_w = dilated && random_chance(30) ? 2 : 1;
        w.pad_top = random_between(0, w.k_h - 1);
        w.pad_left = random_between(0, w.k_w - 1);
        w.out_h = output_size(w.in_h, w.pad_top, w.k_h, w.dil_h, w.stride_h);
        w.out_w = output_size(w.in_w, w.pad_left, w.k_w, w.dil_w, w.stride_w);
    } while (w.out_h == 0 || w.out_w == 0);
    return w;
}

/* One case: the kernel's parameters and the image that the expectation reads. */
struct window_case {
    struct kl_conv2d_f32 conv;
    struct kl_depthwise_f32 depthwise;
    struct kl_pool_f32 pool;
    const float *image;
};

typedef float expect_fn(const struct window_case *c, const int32_t at[4]);

/* Run over two images and compare each output element. */
static void check_window(enum kl_kernel_id id, const void *params, const struct kl_window *w,
                         struct window_case *c, expect_fn *expected)
{
    const struct kl_rows in = random_rows(2 * w->in_h, w->in_w * w->in_c);
    c->image = (const float *)(const void *)dense_rows(&in, (size_t)(w->in_w * w->in_c) * 4);
    const unsigned char *result =
        run_kernel(id, params, &in, 2 * w->out_h, (size_t)(w->out_w * w->out_c) * 4);
    int32_t at[4];
    for (at[0] = 0; at[0] < 2; at[0]++) {
        for (at[1] = 0; at[1] < w->out_h; at[1]++) {
            for (at[2] = 0; at[2] < w->out_w; at[2]++) {
                for (at[3] = 0; at[3] < w->out_c; at[3]++) {
                    const float value = expected(c, at);
                    assert_memory_equal(result, &value, 4);
                    result += 4;
                }
            }
        }
    }
    pool_release();
}

static float expected_conv(const struct window_case *c, const int32_t at[4])
{
    const struct kl_conv2d_f32 *p = &c->conv;
    const struct kl_window *w = &p->win;
    const int32_t depth = w->in_c / p->groups;
    const int32_t first = at[3] / (w->out_c / p->groups) * depth;
    float sum = 0;
    for (int32_t ky = 0; ky < w->k_h; ky++) {
        for (int32_t kx = 0; kx < w->k_w; kx++) {
            const float *x = tap(w, c->image, at, ky, kx);
            for (int32_t i = 0; x && i < depth; i++) {
                sum += x[first + i] * p->weights[((at[3] * w->k_h + ky) * w->k_w + kx) * depth + i];
            }
        }
    }
    return clamp(sum + p->bias[at[3]], p->min, p->max);
}

static void test_conv(void **state)
{
    (void)state;
    seed_random(50);
    for (int32_t i = 0; i < CASES; i++) {
        struct window_case c;
        struct kl_conv2d_f32 *p = &c.conv;
        p->groups = random_chance(30) ? random_between(2, 3) : 1;
        p->win = random_window(true);
        p->win.in_c = random_between(1, 9) * p->groups;
        p->win.out_c = random_between(1, 9) * p->groups;
        p->weights = random_floats((size_t)(p->win.k_h * p->win.k_w * p->win.in_c * p->win.out_c));
        p->bias = random_floats((size_t)p->win.out_c);
        random_range(&p->min, &p->max);
        check_window(KL_KERNEL_CONV2D_F32, p, &p->win, &c, expected_conv);
    }
}

static float expected_depthwise(const struct window_case *c, const int32_t at[4])
{
    const struct kl_depthwise_f32 *p = &c->depthwise;
    float sum = 0;
    for (int32_t ky = 0; ky < p->win.k_h; ky++) {
        for (int32_t kx = 0; kx < p->win.k_w; kx++) {
            const float *x = tap(&p->win, c->image, at, ky, kx);
            if (x) {
                sum += x[at[3] / p->multiplier] *
                       p->weights[(ky * p->win.k_w + kx) * p->win.out_c + at[3]];
            }
        }
    }
    return clamp(sum + p->bias[at[3]], p->min, p->max);
}

static void test_depthwise(void **state)
{
    (void)state;
    seed_random(51);
    for (int32_t i = 0; i < CASES; i++) {
        struct window_case c;
        struct kl_depthwise_f32 *p = &c.depthwise;
        p->multiplier = random_chance(50) ? 1 : random_between(2, 4);
        p->win = random_window(true);
        p->win.in_c = random_between(1, 9);
        p->win.out_c = p->win.in_c * p->multiplier;
        p->weights = random_floats((size_t)(p->win.k_h * p->win.k_w * p->win.out_c));
        p->bias = random_floats((size_t)p->win.out_c);
        random_range(&p->min, &p->max);
        check_window(KL_KERNEL_DEPTHWISE_F32, p, &p->win, &c, expected_depthwise);
    }
}

static float expected_average(const struct window_case *c, const int32_t at[4])
{
    const struct kl_pool_f32 *p = &c->pool;
    float sum = 0, count = 0;
    for (int32_t i = 0; i < p->win.k_h * p->win.k_w; i++) {
        const float *x = tap(&p->win, c->image, at, i / p->win.k_w, i % p->win.k_w);
        sum += x ? x[at[3]] : 0;
        count += x != NULL;
    }
    return clamp(sum / count, p->min, p->max);
}

static float expected_max(const struct window_case *c, const int32_t at[4])
{
    const struct kl_pool_f32 *p = &c->pool;
    float max = -FLT_MAX;
    for (int32_t i = 0; i < p->win.k_h * p->win.k_w; i++) {
        const float *x = tap(&p->win, c->image, at, i / p->win.k_w, i % p->win.k_w);
        max = x && x[at[3]] > max ? x[at[3]] : max;
    }
    return clamp(max, p->min, p->max);
}

static void test_pools(void **state)
{
    (void)state;
    seed_random(52);
    for (int32_t i = 0; i < CASES; i++) {
        struct window_case c;
        struct kl_pool_f32 *p = &c.pool;
        p->win = random_window(false);
        p->win.in_c = p->win.out_c = random_between(1, 9);
        random_range(&p->min, &p->max);
        check_window(KL_KERNEL_AVERAGE_POOL_F32, p, &p->win, &c, expected_average);
        check_window(KL_KERNEL_MAX_POOL_F32, p, &p->win, &c, expected_max);
    }
}

static void test_fully_connected(void **state)
{
    (void)state;
    seed_random(53);
    for (int32_t i = 0; i < CASES; i++) {
        struct kl_fully_connected_f32 p = {
            random_between(1, 40), random_between(1, 20), NULL, NULL, 0, 0};
        p.weights = random_floats((size_t)(p.in_c * p.out_c));
        p.bias = random_floats((size_t)p.out_c);
        random_range(&p.min, &p.max);
        const struct kl_rows in = random_rows(3, p.in_c);
        const unsigned char *y =
            run_kernel(KL_KERNEL_FULLY_CONNECTED_F32, &p, &in, 3, (size_t)p.out_c * 4);
        for (int32_t k = 0; k < 3 * p.out_c; k++) {
            const float *x = (const float *)(const void *)kl_row(&in, k / p.out_c);
            float sum = 0;
            for (int32_t j = 0; j < p.in_c; j++) {
                sum += x[j] * p.weights[k % p.out_c * p.in_c + j];
            }
            const float expected = clamp(sum + p.bias[k % p.out_c], p.min, p.max);
            assert_memory_equal(y + k * 4, &expected, 4);
        }
        pool_release();
    }
}

static float plain_binary(enum kl_kernel_id id, const struct kl_binary_f32 *p, float a, float b)
{
    switch (id) {
    case KL_KERNEL_ADD_F32: return clamp(a + b, p->min, p->max);
    case KL_KERNEL_SUB_F32: return clamp(a - b, p->min, p->max);
    case KL_KERNEL_MUL_F32: return clamp(a * b, p->min, p->max);
    default: return a < 0 ? a * b : a; /* PRELU */
    }
}

/* [n][h][c] with one [h][1] and one [c] operand, and both dense. */
static void check_binary(enum kl_kernel_id id)
{
    const int32_t n = random_between(1, 3), h = random_between(1, 4), c = random_between(1, 9);
    const struct kl_elementwise dense = {{n, h, c}, {{h * c, c, 1}, {h * c, c, 1}}};
    const struct kl_elementwise broadcast = {{n, h, c}, {{0, 1, 0}, {0, 0, 1}}};
    const bool repeat = random_chance(50);
    struct kl_binary_f32 p = {.ew = repeat ? broadcast : dense};
    random_range(&p.min, &p.max);
    struct kl_rows in[2] = {random_rows(2, repeat ? h : n * h * c),
                            random_rows(2, repeat ? c : n * h * c)};
    const size_t bytes = (size_t)(n * h * c) * 4;
    float *expected = pool_alloc(2, bytes);
    for (int32_t i = 0; i < 2 * n * h * c; i++) {
        const int32_t row = i / (n * h * c), at = i % (n * h * c);
        const float *a = (const float *)(const void *)kl_row(&in[0], row);
        const float *b = (const float *)(const void *)kl_row(&in[1], row);
        expected[i] = plain_binary(id, &p, a[repeat ? at / c % h : at], b[repeat ? at % c : at]);
    }
    assert_memory_equal(run_kernel(id, &p, in, 2, bytes), expected, 2 * bytes);
    if (!repeat) {
        const struct kl_rows out = in[random_between(0, 1)];
        kl_kernels[id](&p, in, &out, NULL);
        assert_memory_equal(dense_rows(&out, bytes), expected, 2 * bytes);
    }
    pool_release();
}

static void test_binary(void **state)
{
    (void)state;
    seed_random(54);
    for (int32_t i = 0; i < CASES; i++) {
        check_binary(KL_KERNEL_ADD_F32);
        check_binary(KL_KERNEL_SUB_F32);
        check_binary(KL_KERNEL_MUL_F32);
        check_binary(KL_KERNEL_PRELU_F32);
    }
}

static void test_mean(void **state)
{
    (void)state;
    seed_random(55);
    for (int32_t i = 0; i < CASES; i++) {
        const int32_t h = random_between(1, 6), w = random_between(1, 6), c = random_between(1, 9);
        /* Over height and width, then over channels. */
        const struct kl_mean_f32 spatial = {{{1, 1, c}, {0, 0, 1}, {1, h, w}, {0, w * c, c}}};
        const struct kl_mean_f32 channels = {{{1, h, w}, {0, w * c, c}, {1, 1, c}, {0, 0, 1}}};
        const struct kl_rows in = random_rows(1, h * w * c);
        const float *x = (const float *)(const void *)kl_row(&in, 0);
        const unsigned char *y = run_kernel(KL_KERNEL_MEAN_F32, &spatial, &in, 1, (size_t)c * 4);
        for (int32_t k = 0; k < c; k++) {
            float sum = 0;
            for (int32_t j = 0; j < h * w; j++) {
                sum += x[j * c + k];
            }
            const float expected = sum / (float)(h * w);
            assert_memory_equal(y + k * 4, &expected, 4);
        }
        y = run_kernel(KL_KERNEL_MEAN_F32, &channels, &in, 1, (size_t)(h * w) * 4);
        for (int32_t k = 0; k < h * w; k++) {
            float sum = 0;
            for (int32_t j = 0; j < c; j++) {
                sum += x[k * c + j];
            }
            const float expected = sum / (float)c;
            assert_memory_equal(y + k * 4, &expected, 4);
        }
        pool_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),   cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_pools),  cmocka_unit_test(test_fully_connected),
        cmocka_unit_test(test_binary), cmocka_unit_test(test_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
