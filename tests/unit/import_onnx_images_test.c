/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image networks as common frameworks export them: no transposes are left in them, and what they
 * compute is what plain loops in NCHW compute.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_try.h"
#include "random.h"

enum { SIZE = 8, CHANNELS = 4, OUTPUTS = 5, POOLED = 4, TAPS = 9 };

static struct kt_random rng;

static void fill(float *list, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        list[i] = kt_random_float(&rng, -1.0f, 1.0f);
    }
}

static void expect_no_transposes(struct kt_onnx *m)
{
    assert_int_equal(onnx_try_count(onnx_try_accept(m), KL_OP_TRANSPOSE), 0);
}

/* A 3 x 3 convolution, padded by 1, of one channel or of each channel by itself. */
static void convolve(const float *x, const float *w, int32_t in_c, bool depthwise, int32_t out_c,
                     float *y)
{
    memset(y, 0, sizeof y[0] * (size_t)(out_c * SIZE * SIZE));
    for (int32_t o = 0; o < out_c; o++) {
        for (int32_t p = 0; p < SIZE * SIZE * in_c * TAPS; p++) {
            int32_t tap = p % TAPS, c = p / TAPS % in_c, at = p / TAPS / in_c;
            int32_t row = at / SIZE + tap / 3 - 1, column = at % SIZE + tap % 3 - 1;
            bool inside = row >= 0 && row < SIZE && column >= 0 && column < SIZE;
            if (inside && (!depthwise || c == o)) {
                y[o * SIZE * SIZE + at] += x[(c * SIZE + row) * SIZE + column] *
                                           w[(depthwise ? o : o * in_c + c) * TAPS + tap];
            }
        }
    }
}

static void pool(const float *x, float *y)
{
    for (int32_t i = 0; i < CHANNELS * POOLED * POOLED; i++) {
        int32_t c = i / (POOLED * POOLED), row = i / POOLED % POOLED * 2, column = i % POOLED * 2;
        const float *from = x + (c * SIZE + row) * SIZE + column;
        y[i] = fmaxf(fmaxf(from[0], from[1]), fmaxf(from[SIZE], from[SIZE + 1]));
    }
}

static void connect(const float *x, const float *w, const float *b, int32_t count, float *y)
{
    for (int32_t o = 0; o < OUTPUTS; o++) {
        y[o] = b[o];
        for (int32_t i = 0; i < count; i++) {
            y[o] += x[i] * w[o * count + i];
        }
    }
}

static void expect_near(const float *actual, const float *expected, int32_t count, float limit)
{
    for (int32_t i = 0; i < count; i++) {
        if (!(fabsf(actual[i] - expected[i]) <= limit)) {
            fail_msg("element %d: %g instead of %g", (int)i, (double)actual[i],
                     (double)expected[i]);
        }
    }
}

static struct {
    float w[CHANNELS * TAPS], scale[CHANNELS], bias[CHANNELS], mean[CHANNELS], variance[CHANNELS];
    float fc[OUTPUTS * CHANNELS * POOLED * POOLED], fc_bias[OUTPUTS];
} net;

/* Conv, BatchNormalization, Relu, MaxPool. */
static struct kt_onnx *begin(void)
{
    static const int64_t ones[4] = {1, 1, 1, 1}, twos[2] = {2, 2};
    struct kt_onnx *m = kt_onnx_create(13, 0);
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 1, SIZE, SIZE));
    kt_onnx_floats(m, "w", KT_DIMS(CHANNELS, 1, 3, 3), net.w, CHANNELS * TAPS);
    kt_onnx_floats(m, "s", KT_DIMS(CHANNELS), net.scale, CHANNELS);
    kt_onnx_floats(m, "b", KT_DIMS(CHANNELS), net.bias, CHANNELS);
    kt_onnx_floats(m, "mean", KT_DIMS(CHANNELS), net.mean, CHANNELS);
    kt_onnx_floats(m, "var", KT_DIMS(CHANNELS), net.variance, CHANNELS);
    kt_onnx_node(m, "", "Conv", KT_NAMES("x", "w", "->", "c"));
    kt_onnx_set_ints(m, "pads", ones, 4);
    kt_onnx_node(m, "", "BatchNormalization", KT_NAMES("c", "s", "b", "mean", "var", "->", "n"));
    kt_onnx_node(m, "", "Relu", KT_NAMES("n", "->", "r"));
    kt_onnx_node(m, "", "MaxPool", KT_NAMES("r", "->", "p"));
    kt_onnx_set_ints(m, "kernel_shape", twos, 2);
    kt_onnx_set_ints(m, "strides", twos, 2);
    return m;
}

/* Flatten (or Reshape) of `from`, and Gemm. */
static void end(struct kt_onnx *m, const char *from, bool reshape, const char *between,
                int64_t count)
{
    static const int64_t wanted[2] = {1, -1};
    if (reshape) {
        kt_onnx_ints(m, "wanted", KT_DIMS(2), wanted, 2);
        kt_onnx_node(m, "", "Reshape", KT_NAMES(from, "wanted", "->", "f"));
    } else {
        kt_onnx_node(m, "", "Flatten", KT_NAMES(from, "->", "f"));
    }
    if (between) {
        kt_onnx_node(m, "", between, KT_NAMES("f", "->", "g"));
    }
    kt_onnx_floats(m, "fc", KT_DIMS(OUTPUTS, count), net.fc, (size_t)(OUTPUTS * count));
    kt_onnx_floats(m, "fcb", KT_DIMS(OUTPUTS), net.fc_bias, OUTPUTS);
    kt_onnx_node(m, "", "Gemm", KT_NAMES(between ? "g" : "f", "fc", "fcb", "->", "y"));
    kt_onnx_set_int(m, "transB", 1);
    kt_onnx_output(m, "y");
}

static void fill_net(void)
{
    fill(net.w, CHANNELS * TAPS);
    fill(net.scale, CHANNELS);
    fill(net.bias, CHANNELS);
    fill(net.mean, CHANNELS);
    fill(net.fc, OUTPUTS * CHANNELS * POOLED * POOLED);
    fill(net.fc_bias, OUTPUTS);
    for (int32_t i = 0; i < CHANNELS; i++) {
        net.variance[i] = kt_random_float(&rng, 0.5f, 2.0f);
    }
}

/* The part that `begin` makes, in NCHW. */
static void slow_begin(const float *x, float *pooled)
{
    float y[CHANNELS * SIZE * SIZE];
    convolve(x, net.w, 1, false, CHANNELS, y);
    for (int32_t i = 0; i < CHANNELS * SIZE * SIZE; i++) {
        int32_t c = i / (SIZE * SIZE);
        y[i] = (y[i] - net.mean[c]) / sqrtf(net.variance[c] + 1e-5f) * net.scale[c] + net.bias[c];
        y[i] = fmaxf(0.0f, y[i]);
    }
    pool(y, pooled);
}

static void test_flatten_gemm(void **state)
{
    enum { COUNT = CHANNELS * POOLED * POOLED };
    (void)state;
    for (int32_t round = 0; round < 4; round++) {
        float x[SIZE * SIZE], pooled[COUNT], y[OUTPUTS], expected[OUTPUTS];
        fill_net();
        fill(x, SIZE * SIZE);
        for (int32_t run = 0; run < 2; run++) {
            struct kt_onnx *m = begin();
            end(m, "p", round % 2, round >= 2 ? "Tanh" : NULL, COUNT);
            if (run == 0) {
                expect_no_transposes(m);
                kt_onnx_free(m);
            } else {
                onnx_try_run(m, x, (void *const[]){y});
            }
        }
        slow_begin(x, pooled);
        for (int32_t i = 0; i < COUNT && round >= 2; i++) {
            pooled[i] = tanhf(pooled[i]);
        }
        connect(pooled, net.fc, net.fc_bias, COUNT, expected);
        expect_near(y, expected, OUTPUTS, 1e-4f);
    }
}

/* What somebody else reads is transposed for them. */
static void test_flattened_twice(void **state)
{
    struct kt_onnx *m = begin();
    (void)state;
    end(m, "p", false, NULL, CHANNELS * POOLED * POOLED);
    kt_onnx_output(m, "f");
    assert_int_equal(onnx_try_count(onnx_try_accept(m), KL_OP_TRANSPOSE), 1);
    kt_onnx_free(m);
}

static void test_global_pool_gemm(void **state)
{
    float x[SIZE * SIZE], pooled[CHANNELS * POOLED * POOLED], means[CHANNELS] = {0}, y[OUTPUTS];
    float expected[OUTPUTS];
    (void)state;
    fill_net();
    fill(x, SIZE * SIZE);
    slow_begin(x, pooled);
    for (int32_t i = 0; i < CHANNELS * POOLED * POOLED; i++) {
        means[i / (POOLED * POOLED)] += pooled[i] / (POOLED * POOLED);
    }
    connect(means, net.fc, net.fc_bias, CHANNELS, expected);
    for (int32_t run = 0; run < 2; run++) {
        struct kt_onnx *m = begin();
        kt_onnx_node(m, "", "GlobalAveragePool", KT_NAMES("p", "->", "q"));
        end(m, "q", false, NULL, CHANNELS);
        if (run == 0) {
            expect_no_transposes(m);
            kt_onnx_free(m);
        } else {
            onnx_try_run(m, x, (void *const[]){y});
        }
    }
    expect_near(y, expected, OUTPUTS, 1e-4f);
}

/* Depthwise and pointwise convolutions with a branch around them. */
static void test_depthwise_separable(void **state)
{
    static const int64_t ones[4] = {1, 1, 1, 1};
    static float depthwise[CHANNELS * TAPS], pointwise[CHANNELS * CHANNELS];
    struct kt_onnx *m = begin();
    (void)state;
    fill(depthwise, CHANNELS * TAPS);
    fill(pointwise, CHANNELS * CHANNELS);
    kt_onnx_floats(m, "dw", KT_DIMS(CHANNELS, 1, 3, 3), depthwise, CHANNELS * TAPS);
    kt_onnx_floats(m, "pw", KT_DIMS(CHANNELS, CHANNELS, 1, 1), pointwise, CHANNELS * CHANNELS);
    kt_onnx_node(m, "", "Conv", KT_NAMES("p", "dw", "->", "d"));
    kt_onnx_set_int(m, "group", CHANNELS);
    kt_onnx_set_ints(m, "pads", ones, 4);
    kt_onnx_node(m, "", "Relu", KT_NAMES("d", "->", "dr"));
    kt_onnx_node(m, "", "Conv", KT_NAMES("dr", "pw", "->", "e"));
    kt_onnx_node(m, "", "Add", KT_NAMES("e", "p", "->", "sum"));
    kt_onnx_node(m, "", "Clip", KT_NAMES("sum", "->", "k"));
    end(m, "k", true, NULL, CHANNELS * POOLED * POOLED);
    expect_no_transposes(m);
    kt_onnx_free(m);
}

/* --- quantised: QuantizeLinear and DequantizeLinear around every operator --- */

static const float step = 1.0f / 16, weight_step = 1.0f / 64;

static void quantise(struct kt_onnx *m, const char *from, const char *to)
{
    char middle[40];
    snprintf(middle, sizeof middle, "%s.q", to);
    kt_onnx_node(m, "", "QuantizeLinear", KT_NAMES(from, "step", "zero", "->", middle));
    kt_onnx_node(m, "", "DequantizeLinear", KT_NAMES(middle, "step", "zero", "->", to));
}

/* Weights on the grid, so that the float model means the same. */
static void quantised_weights(struct kt_onnx *m, const char *name, int32_t rank,
                              const int64_t *dims, float *values, size_t count)
{
    char integers[40];
    signed char *data = kl_arena_alloc(m->arena, count, 1);
    Onnx__TensorProto *tensor;
    snprintf(integers, sizeof integers, "%s.q", name);
    for (size_t i = 0; i < count; i++) {
        data[i] = (signed char)lrintf(values[i] / weight_step);
        values[i] = (float)data[i] * weight_step;
    }
    tensor = kt_onnx_floats(m, integers, rank, dims, NULL, 0);
    tensor->data_type = 3; /* int8 */
    tensor->has_raw_data = 1;
    tensor->raw_data = (ProtobufCBinaryData){count, (uint8_t *)data};
    kt_onnx_node(m, "", "DequantizeLinear", KT_NAMES(integers, "weight_step", "zero", "->", name));
}

static struct kt_onnx *quantised_net(void)
{
    static const int64_t ones[4] = {1, 1, 1, 1}, twos[2] = {2, 2};
    struct kt_onnx *m = kt_onnx_create(13, 0);
    static const unsigned char nothing[1] = {0};
    kt_onnx_floats(m, "step", 0, ones, &step, 1);
    kt_onnx_floats(m, "weight_step", 0, ones, &weight_step, 1);
    Onnx__TensorProto *zero = kt_onnx_floats(m, "zero", 0, ones, NULL, 0);
    zero->data_type = 3;
    zero->has_raw_data = 1;
    zero->raw_data = (ProtobufCBinaryData){1, (uint8_t *)(uintptr_t)nothing};
    kt_onnx_input(m, "x", KT_ONNX_F32, KT_DIMS(1, 1, SIZE, SIZE));
    quantised_weights(m, "w", KT_DIMS(CHANNELS, 1, 3, 3), net.w, CHANNELS * TAPS);
    quantise(m, "x", "x1");
    kt_onnx_node(m, "", "Conv", KT_NAMES("x1", "w", "->", "c"));
    kt_onnx_set_ints(m, "pads", ones, 4);
    kt_onnx_node(m, "", "Relu", KT_NAMES("c", "->", "r"));
    quantise(m, "r", "r1");
    kt_onnx_node(m, "", "Add", KT_NAMES("r1", "r1", "->", "sum")); /* a residual */
    quantise(m, "sum", "s1");
    kt_onnx_node(m, "", "MaxPool", KT_NAMES("s1", "->", "p"));
    kt_onnx_set_ints(m, "kernel_shape", twos, 2);
    kt_onnx_set_ints(m, "strides", twos, 2);
    quantise(m, "p", "p1");
    kt_onnx_node(m, "", "Flatten", KT_NAMES("p1", "->", "f"));
    quantise(m, "f", "f1");
    quantised_weights(m, "fc", KT_DIMS(OUTPUTS, CHANNELS * POOLED * POOLED), net.fc,
                      OUTPUTS * CHANNELS * POOLED * POOLED);
    kt_onnx_node(m, "", "Gemm", KT_NAMES("f1", "fc", "->", "y"));
    kt_onnx_set_int(m, "transB", 1);
    quantise(m, "y", "y1");
    kt_onnx_output(m, "y1");
    return m;
}

static float on_grid(float x)
{
    return fmaxf(-128.0f, fminf(127.0f, nearbyintf(x / step))) * step;
}

static void test_quantised(void **state)
{
    enum { COUNT = CHANNELS * POOLED * POOLED };
    static const float zeros[OUTPUTS];
    (void)state;
    for (int32_t round = 0; round < 4; round++) {
        float x[SIZE * SIZE], c[CHANNELS * SIZE * SIZE], pooled[COUNT], y[OUTPUTS];
        float expected[OUTPUTS];
        fill_net();
        for (int32_t i = 0; i < OUTPUTS * COUNT; i++) {
            net.fc[i] /= 8.0f;
        }
        fill(x, SIZE * SIZE);
        struct kt_onnx *m = quantised_net();
        struct kl_graph *graph = onnx_try_accept(m);
        assert_int_equal(onnx_try_count(graph, KL_OP_TRANSPOSE), 0);
        assert_int_equal(onnx_try_count(graph, KL_OP_DEQUANTIZE), 1);
        onnx_try_run(m, x, (void *const[]){y});
        for (int32_t i = 0; i < SIZE * SIZE; i++) {
            x[i] = on_grid(x[i]);
        }
        convolve(x, net.w, 1, false, CHANNELS, c);
        for (int32_t i = 0; i < CHANNELS * SIZE * SIZE; i++) {
            c[i] = on_grid(2.0f * on_grid(fmaxf(0.0f, c[i])));
        }
        pool(c, pooled);
        connect(pooled, net.fc, zeros, COUNT, expected);
        for (int32_t i = 0; i < OUTPUTS; i++) {
            expected[i] = on_grid(expected[i]);
        }
        expect_near(y, expected, OUTPUTS, 2.01f * step); /* halves are rounded another way */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flatten_gemm),     cmocka_unit_test(test_flattened_twice),
        cmocka_unit_test(test_global_pool_gemm), cmocka_unit_test(test_depthwise_separable),
        cmocka_unit_test(test_quantised),
    };
    rng.state = 5;
    return cmocka_run_group_tests_name("import onnx images", tests, NULL, NULL);
}
