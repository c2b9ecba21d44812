/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the firmware of kernel_core_test.c: kernels that take element by element, and pools. */
#include "kernel_core.h"

#include <string.h>

#include "nn/ref/add_linear_s8.h"
#include "nn/ref/mean_s8.h"
#include "nn/ref/mul_s8.h"
#include "nn/ref/pool_s8.h"

/* The definitions, under names of their own; once more where the core has nothing else. */
#undef KINGLET_NN_REF_ADD_LINEAR_DENSE_S8_C_H
#undef KINGLET_NN_REF_MEAN_LINE_S8_C_H
#undef KINGLET_NN_REF_MUL_LINE_S8_C_H
#undef KINGLET_NN_REF_POOL_PIXEL_S8_C_H
#define kl_add_linear_dense_s8 define_add_linear_dense_s8
#define kl_mean_line_s8 define_mean_line_s8
#define kl_mul_line_s8 define_mul_line_s8
#define kl_average_pool_pixel_s8 define_average_pool_pixel_s8
#define kl_max_pool_pixel_s8 define_max_pool_pixel_s8
#include "nn/ref/add_linear_dense_s8_c.h"
#include "nn/ref/mean_line_s8_c.h"
#include "nn/ref/mul_line_s8_c.h"
#include "nn/ref/pool_pixel_s8_c.h"
#undef kl_add_linear_dense_s8
#undef kl_mean_line_s8
#undef kl_mul_line_s8
#undef kl_average_pool_pixel_s8
#undef kl_max_pool_pixel_s8

enum { BYTES = 3072, LINE = 256, RESULTS = 512 };

static int8_t inputs[BYTES], seconds[LINE];
static int8_t results[2][RESULTS];

/* Random inputs; now and then all of them are the most negative, whose sums are the largest. */
static void fill_inputs(void)
{
    fill(inputs, BYTES);
    fill(seconds, LINE);
    if (between(0, 7) == 0) {
        memset(inputs, -128, BYTES);
    }
    memset(results, 0x55, sizeof results);
}

static int results_equal(void)
{
    return memcmp(results[0], results[1], RESULTS) == 0;
}

/* A line of both inputs, of `count` elements, for the first results. */
static struct kl_line random_line(const void *params, int32_t count)
{
    fill_inputs();
    return (struct kl_line){.params = params,
                            .a = inputs + between(0, 3),
                            .b = seconds + between(0, 3),
                            .out = results[0] + between(0, 3),
                            .a_step = 1,
                            .b_step = 1,
                            .count = count};
}

/* The same line for the other results. */
static struct kl_line other_line(const struct kl_line *line)
{
    struct kl_line other = *line;
    other.out = (int8_t *)line->out + RESULTS;
    return other;
}

int check_add_linear(void)
{
    const int32_t min = between(-128, 127);
    struct kl_add_linear_s8 p = {.factor = {any_value(), any_value()},
                                 .constant = any_value(),
                                 .shift = between(0, 31),
                                 .min = between(0, 1) ? -128 : min,
                                 .max = between(0, 1) ? 127 : between(min, 127)};
    if (between(0, 3) != 0) { /* results that are not all at the ends */
        p.factor[0] = between(-40000, 40000);
        p.factor[1] = between(-40000, 40000);
        p.constant = between(-4000000, 4000000);
        p.shift = between(12, 18);
    }
    p.max = p.max < p.min ? p.min : p.max;
    const struct kl_line line = random_line(&p, between(1, 70)), other = other_line(&line);
    kl_add_linear_dense_s8(&p, &line);
    define_add_linear_dense_s8(&p, &other);
    return results_equal();
}

int check_mul(void)
{
    const int32_t min = between(-128, 127);
    const struct kl_mul_s8 p = {.zero_point = {between(-128, 127), between(-128, 127)},
                                .out_multiplier = any_multiplier(),
                                .out_shift = between(0, 5) == 0 ? between(-31, 30) : between(-9, 0),
                                .out_zero_point = between(-128, 127),
                                .min = min,
                                .max = between(min, 127)};
    struct kl_line line = random_line(&p, between(1, 70));
    if (between(0, 1)) {
        line.a_step = between(0, 3);
        line.b_step = between(0, 3);
    }
    const struct kl_line other = other_line(&line);
    kl_mul_line_s8(&line);
    define_mul_line_s8(&other);
    return results_equal();
}

/* A reduction whose elements lie in the inputs. */
static struct kl_reduce random_reduce(void)
{
    const int32_t means = between(1, 40), beside = between(0, 1);
    struct kl_reduce rd = {.out_dim = {1, 1, means},
                           .red_dim = {between(1, 2), between(1, 3), between(1, 12)}};
    if (between(0, 9) == 0) { /* more elements than 16 bits hold the sum of */
        rd.out_dim[2] = between(1, 9);
        rd.red_dim[2] = between(200, 300);
    }
    rd.red_step[2] = beside ? rd.out_dim[2] : 1;
    rd.red_step[1] = between(0, 40);
    rd.red_step[0] = between(0, 40);
    rd.out_step[2] = beside ? 1 : between(0, 1) * rd.red_dim[2];
    return rd;
}

int check_mean(void)
{
    const struct kl_mean_s8 p = {.rd = random_reduce(),
                                 .in_zero_point_sum = between(-128, 127) * between(1, 600),
                                 .multiplier = any_multiplier(),
                                 .shift = between(0, 5) == 0 ? between(-31, 30) : between(-9, 0),
                                 .out_zero_point = between(-128, 127)};
    const int32_t at = between(0, 3);
    fill_inputs();
    kl_mean_line_s8(&p, (const char *)inputs + at, (char *)results[0] + at);
    define_mean_line_s8(&p, (const char *)inputs + at, (char *)results[1] + at);
    return results_equal();
}

/* Output pixels of windows of `taps` with a stride and a border, so that each touches the image. */
static int32_t outputs(int32_t in, int32_t taps, int32_t stride, int32_t pad)
{
    const int32_t last = (in - 1 + pad) / stride, whole = (in + 2 * pad - taps) / stride;
    return (whole < 0 ? 0 : whole < last ? whole : last) + 1;
}

static struct kl_pool_s8 random_pool(void)
{
    const int32_t most = between(0, 9) == 0 ? 18 : 4, min = between(-128, 127);
    struct kl_window w = {.in_h = between(1, most + 2),
                          .in_w = between(1, most + 2),
                          .in_c = between(1, most == 18 ? 20 : 40),
                          .k_h = between(1, most),
                          .k_w = between(1, most),
                          .stride_h = between(1, 3),
                          .stride_w = between(1, 3),
                          .dil_h = 1,
                          .dil_w = 1};
    w.out_c = w.in_c;
    w.pad_top = between(0, w.k_h - 1);
    w.pad_left = between(0, w.k_w - 1);
    w.out_h = outputs(w.in_h, w.k_h, w.stride_h, w.pad_top);
    w.out_w = outputs(w.in_w, w.k_w, w.stride_w, w.pad_left);
    const int32_t offset = between(0, 5) == 0 ? between(0, 128) : between(0, 1) * 128;
    const int32_t low = between(0, 1) ? -128 : min;
    return (struct kl_pool_s8){w, offset, low, between(0, 1) ? 127 : between(low, 127)};
}

/* One row of outputs. */
static int check_pool(kl_pixel_fn *own, kl_pixel_fn *definition)
{
    const struct kl_pool_s8 p = random_pool();
    const int32_t in_bytes = p.win.in_w * p.win.in_c, out_bytes = p.win.out_w * p.win.out_c;
    if (p.win.in_h * in_bytes > BYTES - 4 || out_bytes > RESULTS - 4) {
        return 1;
    }
    fill_inputs();
    const struct kl_rows in = {
        .base = (unsigned char *)inputs + between(0, 3), .stride = in_bytes, .count = p.win.in_h};
    struct kl_rows out = {.stride = 0, .first = between(0, p.win.out_h - 1), .count = 1};
    out.base = (unsigned char *)results[0];
    kl_for_each_pixel(&p.win, &p, &in, &out, 1, own);
    out.base = (unsigned char *)results[1];
    kl_for_each_pixel(&p.win, &p, &in, &out, 1, definition);
    return results_equal();
}

int check_max_pool(void)
{
    return check_pool(kl_max_pool_pixel_s8, define_max_pool_pixel_s8);
}

int check_average_pool(void)
{
    return check_pool(kl_average_pool_pixel_s8, define_average_pool_pixel_s8);
}
