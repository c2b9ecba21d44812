/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D, DEPTHWISE_CONV_2D and the pools on int8, against their definitions tap by tap. */
#include "kernel_support.h"

enum { CASES = 300 };

/* One random geometry. */
struct geometry {
    struct kl_window win;
    int32_t batches;
};

static int32_t output_size(int32_t in, int32_t pad, int32_t taps, int32_t dilation, int32_t stride)
{
    const int32_t reach = (taps - 1) * dilation + 1;
    return in + pad < reach ? 0 : (in + pad - reach) / stride + 1;
}

/* Output height and width follow from the padding; retries until there is an output. */
static struct geometry random_geometry(bool dilated)
{
    struct geometry g;
    struct kl_window *w = &g.win;
    do {
        g.batches = random_between(1, 2);
        w->in_h = random_between(1, 9);
        w->in_w = random_between(1, 9);
        w->k_h = random_chance(30) ? 1 : random_between(1, 5);
        w->k_w = random_chance(30) ? 1 : random_between(1, 5);
        w->stride_h = random_between(1, 3);
        w->stride_w = random_between(1, 3);
        w->dil_h = dilated && random_chance(30) ? random_between(1, 3) : 1;
        w->dil_w = dilated && random_chance(30) ? random_between(1, 3) : 1;
        w->pad_top = random_chance(50) ? 0 : random_between(0, w->k_h - 1);
        w->pad_left = random_chance(50) ? 0 : random_between(0, w->k_w - 1);
        const int32_t pad_bottom = random_between(0, w->k_h - 1);
        const int32_t pad_right = random_between(0, w->k_w - 1);
        w->out_h = output_size(w->in_h, w->pad_top + pad_bottom, w->k_h, w->dil_h, w->stride_h);
        w->out_w = output_size(w->in_w, w->pad_left + pad_right, w->k_w, w->dil_w, w->stride_w);
    } while (w->out_h == 0 || w->out_w == 0);
    return g;
}

/* The input with scattered rows and as one array. */
struct image {
    struct kl_rows rows;
    const int8_t *dense;
};

static struct image random_image(const struct geometry *g)
{
    const size_t bytes = (size_t)(g->win.in_w * g->win.in_c);
    struct image image = {.rows = make_rows(g->batches * g->win.in_h, bytes, random_chance(50))};
    for (int32_t i = 0; i < image.rows.count; i++) {
        random_s8((int8_t *)kl_row(&image.rows, i), bytes);
    }
    image.dense = (const int8_t *)dense_rows(&image.rows, bytes);
    return image;
}

/* Input of a tap, or `outside`. */
static int32_t tap(const struct geometry *g, const int8_t *dense, const int32_t out[3], int32_t ky,
                   int32_t kx, int32_t channel, int32_t outside)
{
    const struct kl_window *w = &g->win;
    const int32_t y = out[1] * w->stride_h + ky * w->dil_h - w->pad_top;
    const int32_t x = out[2] * w->stride_w + kx * w->dil_w - w->pad_left;
    if (y < 0 || y >= w->in_h || x < 0 || x >= w->in_w) {
        return outside;
    }
    return dense[((out[0] * w->in_h + y) * w->in_w + x) * w->in_c + channel];
}

static int8_t *random_weights(size_t count)
{
    int8_t *weights = pool_alloc(count, 1);
    random_s8(weights, count);
    return weights;
}

static int32_t *random_bias(int32_t channels)
{
    int32_t *bias = pool_alloc((size_t)channels, sizeof *bias);
    for (int32_t c = 0; c < channels; c++) {
        bias[c] = random_between(-20000, 20000);
    }
    return bias;
}

static int32_t bits_of(int32_t taps)
{
    int32_t bits = 13;
    for (; taps > 1; taps /= 4) {
        bits++;
    }
    return bits;
}

/* Call `check` for every output element (n, y, x, c). */
static void for_each_output(const struct geometry *g, const int8_t *result,
                            int8_t (*expected)(const void *context, const int32_t at[4]),
                            const void *context)
{
    int32_t at[4];
    for (at[0] = 0; at[0] < g->batches; at[0]++) {
        for (at[1] = 0; at[1] < g->win.out_h; at[1]++) {
            for (at[2] = 0; at[2] < g->win.out_w; at[2]++) {
                for (at[3] = 0; at[3] < g->win.out_c; at[3]++) {
                    assert_int_equal(*result++, expected(context, at));
                }
            }
        }
    }
}

/* What the expectation of a convolution needs. */
struct conv_case {
    struct geometry g;
    struct image image;
    struct kl_conv2d_s8 params;
    struct kl_depthwise_s8 depthwise;
    const int32_t *bias; /* before folding */
};

static int8_t expected_conv(const void *context, const int32_t at[4])
{
    const struct conv_case *c = context;
    const struct kl_window *w = &c->g.win;
    const int32_t depth = w->in_c / c->params.groups;
    const int32_t first = at[3] / (w->out_c / c->params.groups) * depth;
    const int8_t *weight = c->params.weights + at[3] * w->k_h * w->k_w * depth;
    int64_t acc = c->bias[at[3]];
    for (int32_t ky = 0; ky < w->k_h; ky++) {
        for (int32_t kx = 0; kx < w->k_w; kx++) {
            for (int32_t i = 0; i < depth; i++) {
                const int32_t zero_point = c->params.in_zero_point;
                const int32_t x = tap(&c->g, c->image.dense, at, ky, kx, first + i, zero_point);
                acc += (int64_t)(x - zero_point) * *weight++;
            }
        }
    }
    return plain_requant(&c->params.rq, at[3], acc);
}

static const int32_t *folded_bias(const int32_t *bias, int32_t zero_point, const int8_t *weights,
                                  int32_t channels, int32_t taps, bool channel_last)
{
    int32_t *folded = pool_alloc((size_t)channels, sizeof *folded);
    for (int32_t c = 0; c < channels; c++) {
        folded[c] = bias[c];
        for (int32_t t = 0; t < taps; t++) {
            folded[c] -= zero_point * weights[channel_last ? t * channels + c : c * taps + t];
        }
    }
    return folded;
}

static void check_conv(const struct geometry *geometry, int32_t groups)
{
    struct conv_case c = {.g = *geometry};
    const struct kl_window *w = &c.g.win;
    const int32_t taps = w->k_h * w->k_w * w->in_c / groups;
    c.image = random_image(&c.g);
    c.bias = random_bias(w->out_c);
    c.params.win = *w;
    c.params.groups = groups;
    c.params.in_zero_point = random_chance(20) ? 0 : random_between(INT8_MIN, INT8_MAX);
    c.params.weights = random_weights((size_t)(taps * w->out_c));
    c.params.bias =
        folded_bias(c.bias, c.params.in_zero_point, c.params.weights, w->out_c, taps, false);
    c.params.rq = random_requant(w->out_c, bits_of(taps));
    const unsigned char *result = run_kernel(KL_KERNEL_CONV2D_S8, &c.params, &c.image.rows,
                                             c.g.batches * w->out_h, (size_t)(w->out_w * w->out_c));
    for_each_output(&c.g, (const int8_t *)result, expected_conv, &c);
    pool_release();
}

static void test_conv(void **state)
{
    (void)state;
    seed_random(1);
    for (int32_t i = 0; i < CASES; i++) {
        struct geometry g = random_geometry(true);
        /* Small and large filters take different paths. */
        const int32_t depth = random_chance(30) ? random_between(20, 40) : random_between(1, 9);
        const int32_t groups = random_chance(30) ? random_between(2, 4) : 1;
        g.win.in_c = depth * groups;
        g.win.out_c = random_between(1, 11) * groups;
        check_conv(&g, groups);
    }
}

/* Every small number of channels, as blocks of lanes overlap differently. */
static void test_conv_channel_counts(void **state)
{
    (void)state;
    seed_random(2);
    for (int32_t in_c = 1; in_c <= 9; in_c++) {
        for (int32_t out_c = 1; out_c <= 13; out_c++) {
            struct geometry g = {.win = {4, 4, in_c, 4, 4, out_c, 3, 3, 1, 1, 1, 1, 1, 1},
                                 .batches = 1};
            check_conv(&g, 1);
            g.win = (struct kl_window){3, 5, in_c, 3, 5, out_c, 1, 1, 1, 1, 1, 1, 0, 0};
            check_conv(&g, 1);
        }
    }
}

static int8_t expected_depthwise(const void *context, const int32_t at[4])
{
    const struct conv_case *c = context;
    const struct kl_window *w = &c->g.win;
    const int32_t zero_point = c->depthwise.in_zero_point;
    int64_t acc = c->bias[at[3]];
    for (int32_t ky = 0; ky < w->k_h; ky++) {
        for (int32_t kx = 0; kx < w->k_w; kx++) {
            const int32_t x =
                tap(&c->g, c->image.dense, at, ky, kx, at[3] / c->depthwise.multiplier, zero_point);
            acc += (int64_t)(x - zero_point) *
                   c->depthwise.weights[(ky * w->k_w + kx) * w->out_c + at[3]];
        }
    }
    return plain_requant(&c->depthwise.rq, at[3], acc);
}

static void check_depthwise(const struct geometry *geometry, int32_t multiplier)
{
    struct conv_case c = {.g = *geometry};
    const struct kl_window *w = &c.g.win;
    const int32_t taps = w->k_h * w->k_w;
    struct kl_depthwise_s8 *p = &c.depthwise;
    c.image = random_image(&c.g);
    c.bias = random_bias(w->out_c);
    p->win = *w;
    p->multiplier = multiplier;
    p->in_zero_point = random_chance(20) ? 0 : random_between(INT8_MIN, INT8_MAX);
    p->weights = random_weights((size_t)(taps * w->out_c));
    p->bias = folded_bias(c.bias, p->in_zero_point, p->weights, w->out_c, taps, true);
    p->rq = random_requant(w->out_c, bits_of(taps));
    const unsigned char *result = run_kernel(KL_KERNEL_DEPTHWISE_S8, p, &c.image.rows,
                                             c.g.batches * w->out_h, (size_t)(w->out_w * w->out_c));
    for_each_output(&c.g, (const int8_t *)result, expected_depthwise, &c);
    pool_release();
}

static void test_depthwise(void **state)
{
    (void)state;
    seed_random(3);
    for (int32_t i = 0; i < CASES; i++) {
        struct geometry g = random_geometry(true);
        const int32_t multiplier = random_chance(60) ? 1 : random_between(2, 5);
        g.win.in_c = random_chance(20) ? random_between(30, 70) : random_between(1, 9);
        g.win.out_c = g.win.in_c * multiplier;
        check_depthwise(&g, multiplier);
    }
}

struct pool_case {
    struct geometry g;
    struct image image;
    struct kl_pool_s8 params;
};

enum { OUTSIDE = 1000 };

static int8_t expected_average(const void *context, const int32_t at[4])
{
    const struct pool_case *c = context;
    int32_t sum = 0, count = 0;
    for (int32_t ky = 0; ky < c->g.win.k_h; ky++) {
        for (int32_t kx = 0; kx < c->g.win.k_w; kx++) {
            const int32_t x = tap(&c->g, c->image.dense, at, ky, kx, at[3], OUTSIDE);
            count += x != OUTSIDE;
            sum += x != OUTSIDE ? x : 0;
        }
    }
    /* Twice the magnitude plus one half, rounded down. */
    const int32_t size = ((sum < 0 ? -sum : sum) * 2 + count) / (2 * count);
    return (int8_t)plain_clamp(sum < 0 ? -size : size, c->params.min, c->params.max);
}

static int8_t expected_max(const void *context, const int32_t at[4])
{
    const struct pool_case *c = context;
    int32_t max = -OUTSIDE;
    for (int32_t ky = 0; ky < c->g.win.k_h; ky++) {
        for (int32_t kx = 0; kx < c->g.win.k_w; kx++) {
            const int32_t x = tap(&c->g, c->image.dense, at, ky, kx, at[3], -OUTSIDE);
            max = x > max ? x : max;
        }
    }
    return (int8_t)plain_clamp(max, c->params.min, c->params.max);
}

static void check_pool(enum kl_kernel_id id,
                       int8_t (*expected)(const void *context, const int32_t at[4]))
{
    for (int32_t i = 0; i < CASES; i++) {
        struct pool_case c = {.g = random_geometry(false)};
        c.g.win.in_c = c.g.win.out_c = random_between(1, 9);
        c.image = random_image(&c.g);
        c.params.win = c.g.win;
        c.params.min = random_chance(50) ? INT8_MIN : random_between(INT8_MIN, INT8_MAX);
        c.params.max = random_chance(50) ? INT8_MAX : random_between(c.params.min, INT8_MAX);
        const unsigned char *result =
            run_kernel(id, &c.params, &c.image.rows, c.g.batches * c.g.win.out_h,
                       (size_t)(c.g.win.out_w * c.g.win.out_c));
        for_each_output(&c.g, (const int8_t *)result, expected, &c);
        pool_release();
    }
}

static void test_average_pool(void **state)
{
    (void)state;
    seed_random(4);
    check_pool(KL_KERNEL_AVERAGE_POOL_S8, expected_average);
}

static void test_max_pool(void **state)
{
    (void)state;
    seed_random(5);
    check_pool(KL_KERNEL_MAX_POOL_S8, expected_max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),      cmocka_unit_test(test_conv_channel_counts),
        cmocka_unit_test(test_depthwise), cmocka_unit_test(test_average_pool),
        cmocka_unit_test(test_max_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
