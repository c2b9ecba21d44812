/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolutions and fully connected layers. int8 and int16 results:
 * tensorflow/lite/kernels/internal/ reference/integer_ops/{conv,depthwise_conv,fully_connected}.h
 * of TFLM define them.
 */
#include <math.h>
#include <stdlib.h>

#include "slow_fixed.h"
#include "slow_ops.h"

/* Zero pixels before the first one, along one side. */
static int32_t padding_before(int32_t padding, int32_t in, int32_t out, int32_t filter,
                              int32_t stride, int32_t dilation)
{
    int32_t covered = (out - 1) * stride + (filter - 1) * dilation + 1;
    return padding == KT_SAME && covered > in ? (covered - in) / 2 : 0;
}

/* One output element: its place, and what its channel reads and multiplies with. */
struct tap {
    int32_t n, y, x, out_c;
    int32_t first_in_c, in_c_count; /* input channels of the output channel */
    bool depthwise;
};

static int64_t weight_index(const struct slow_value *weights, const struct tap *t, int32_t ky,
                            int32_t kx, int32_t c)
{
    return t->depthwise ? slow_at4(weights, 0, ky, kx, t->out_c)
                        : slow_at4(weights, t->out_c, ky, kx, c);
}

/* Sum over all taps inside the image: integers into *sum, floats into *sumf. */
static void accumulate(const struct slow_op *o, const struct tap *t, int64_t *sum, float *sumf)
{
    const struct kt_options *p = &o->op->options;
    const struct slow_value *in = &o->in[0], *weights = &o->in[1], *out = &o->out[0];
    int32_t k_h = weights->tensor->dim[1], k_w = weights->tensor->dim[2];
    int32_t in_h = in->tensor->dim[1], in_w = in->tensor->dim[2];
    int32_t top =
        padding_before(p->padding, in_h, out->tensor->dim[1], k_h, p->stride_h, p->dilation_h);
    int32_t left =
        padding_before(p->padding, in_w, out->tensor->dim[2], k_w, p->stride_w, p->dilation_w);
    for (int32_t ky = 0; ky < k_h; ky++) {
        int32_t y = t->y * p->stride_h + ky * p->dilation_h - top;
        for (int32_t kx = 0; kx < k_w; kx++) {
            int32_t x = t->x * p->stride_w + kx * p->dilation_w - left;
            if (y < 0 || y >= in_h || x < 0 || x >= in_w) {
                continue;
            }
            for (int32_t c = 0; c < t->in_c_count; c++) {
                int64_t i = slow_at4(in, t->n, y, x, t->first_in_c + c);
                int64_t w = weight_index(weights, t, ky, kx, c);
                if (slow_is_float(in)) {
                    *sumf += slow_getf(in, i) * slow_getf(weights, w);
                } else {
                    *sum += (slow_get(in, i) - slow_zero_point(in)) *
                            (slow_get(weights, w) - slow_zero_point(weights));
                }
            }
        }
    }
}

/* uint8 layers round the sum times a scale once, ties to even, in single precision. */
static int64_t rescale_uint8(const struct slow_op *o, int64_t sum, int64_t low, int64_t high)
{
    float zero = (float)slow_zero_point(&o->out[0]);
    float scale = slow_tensor_scale(&o->in[0], 0) * slow_tensor_scale(&o->in[1], 0) /
                  slow_tensor_scale(&o->out[0], 0);
    float y = slow_clampf((float)sum * scale, (float)low - zero, (float)high - zero);
    return (int64_t)nearbyintf(y) + slow_zero_point(&o->out[0]);
}

/* int16 layers have 64-bit sums, except CONV_2D with an int32 bias or none. */
static bool is_wide_sum(const struct slow_op *o)
{
    const struct slow_value *bias = &o->in[2];
    bool narrow = o->op->code == KT_CONV_2D && (!bias->data || bias->tensor->type == KT_I32);
    return o->out[0].tensor->type == KT_I16 && !narrow;
}

/* Add the bias, scale by `real`, activate and store. */
static void finish(const struct slow_op *o, int64_t index, int32_t channel, int64_t sum, float sumf,
                   double real)
{
    const struct slow_value *bias = &o->in[2], *out = &o->out[0];
    if (out->tensor->type == KT_I32) {
        slow_put(out, index, sum); /* hybrid layers scale it themselves */
        return;
    }
    if (slow_is_float(out)) {
        float low, high;
        slow_float_range(o->op->options.activation, &low, &high);
        sumf += bias->data ? slow_getf(bias, channel) : 0.0f;
        slow_putf(out, index, slow_clampf(sumf, low, high));
        return;
    }
    int64_t low, high;
    slow_int_range(o->op->options.activation, out, &low, &high);
    sum += bias->data ? slow_get(bias, channel) : 0;
    if (out->tensor->type == KT_U8) {
        slow_put(out, index, rescale_uint8(o, sum, low, high));
        return;
    }
    sum = is_wide_sum(o) ? slow_rescale_wide(sum, slow_scale_of(real))
                         : slow_rescale(sum, slow_scale_of(real));
    slow_put(out, index, slow_clamp(sum + slow_zero_point(out), low, high));
}

static double conv_scale(const struct slow_op *o, int32_t channel)
{
    if (slow_is_float(&o->out[0]) || o->out[0].tensor->type == KT_I32) {
        return 1.0;
    }
    return (double)slow_tensor_scale(&o->in[0], 0) * (double)slow_tensor_scale(&o->in[1], channel) /
           (double)slow_tensor_scale(&o->out[0], 0);
}

/* A copy of the operator whose input is int8: one image (or vector) of `size` floats from `first`
 * on, quantised by its own range, and its scale. With a zero point when `asymmetric`. */
float slow_quantise_image(const struct slow_value *in, int64_t first, int64_t size, bool asymmetric,
                          struct slow_value *to, int64_t *zero_point)
{
    float low = 0.0f, high = 0.0f, scale = 1.0f;
    for (int64_t i = first; i < first + size; i++) {
        low = fminf(low, slow_getf(in, i));
        high = fmaxf(high, slow_getf(in, i));
    }
    *zero_point = 0;
    if (high > low && asymmetric) {
        scale = (high - low) / 255.0f;
        float below = -128.0f - low / scale, above = 127.0f - high / scale;
        bool from_low = 128.0f + fabsf(low / scale) < 127.0f + fabsf(high / scale);
        *zero_point = slow_clamp((int64_t)roundf(from_low ? below : above), -128, 127);
    } else if (high > low) {
        scale = fmaxf(high, -low) / 127.0f;
    }
    for (int64_t i = first; i < first + size; i++) {
        float q = roundf((float)*zero_point + slow_getf(in, i) * (1.0f / scale));
        slow_put(to, i, slow_clamp((int64_t)q, asymmetric ? -128 : -127, 127));
    }
    return scale;
}

/* Float layers with int8 weights: `image` elements of the input are quantised together. */
static void hybrid(const struct slow_op *o, slow_fn *run, int64_t image, bool asymmetric)
{
    const struct slow_value *in = &o->in[0], *out = &o->out[0];
    int64_t images = slow_elements(in) / image, per_image = slow_elements(out) / images;
    size_t in_count = (size_t)slow_elements(in), out_count = (size_t)slow_elements(out);
    struct kt_tensor in_tensor = *in->tensor, sum_tensor = *out->tensor;
    float low, high;
    in_tensor.type = KT_I8;
    sum_tensor.type = KT_I32;
    struct slow_op plain = *o;
    plain.in[0] = (struct slow_value){&in_tensor, calloc(in_count, 1)};
    plain.in[2] = (struct slow_value){0};
    plain.out[0] = (struct slow_value){&sum_tensor, calloc(out_count, sizeof(int32_t))};
    if (!plain.in[0].data || !plain.out[0].data) {
        kt_die("out of memory");
    }
    slow_float_range(o->op->options.activation, &low, &high);
    for (int64_t n = 0; n < images; n++) {
        int64_t zero_point;
        float scale =
            slow_quantise_image(in, n * image, image, asymmetric, &plain.in[0], &zero_point);
        in_tensor.zero_point = &zero_point;
        in_tensor.zero_point_count = 1;
        run(&plain); /* into the int32 sums; those of this image are kept */
        for (int64_t i = n * per_image; i < (n + 1) * per_image; i++) {
            int32_t channel = (int32_t)(i % out->tensor->dim[out->tensor->rank - 1]);
            float y =
                (float)slow_get(&plain.out[0], i) * (slow_tensor_scale(&o->in[1], channel) * scale);
            y += o->in[2].data ? slow_getf(&o->in[2], channel) : 0.0f;
            slow_putf(out, i, slow_clampf(y, low, high));
        }
    }
    free(plain.in[0].data);
    free(plain.out[0].data);
}

static bool is_hybrid(const struct slow_op *o)
{
    return slow_is_float(&o->in[0]) && !slow_is_float(&o->in[1]);
}

static void convolve(const struct slow_op *o, bool depthwise)
{
    int32_t in_c = o->in[0].tensor->dim[3], out_c = o->out[0].tensor->dim[3];
    int32_t weight_c = depthwise ? 1 : o->in[1].tensor->dim[3];
    int32_t out_c_per_group = depthwise ? out_c / in_c : out_c / (in_c / weight_c);
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        int64_t sum = 0;
        float sumf = 0.0f;
        slow_coordinates(&o->out[0], i, at);
        struct tap t = {.n = at[0],
                        .y = at[1],
                        .x = at[2],
                        .out_c = at[3],
                        .first_in_c = at[3] / out_c_per_group * weight_c,
                        .in_c_count = weight_c,
                        .depthwise = depthwise};
        accumulate(o, &t, &sum, &sumf);
        finish(o, i, at[3], sum, sumf, conv_scale(o, at[3]));
    }
}

/* Every input pixel spreads its products over the window at stride * its place. */
static void spread(const struct slow_op *o, int64_t *sums, float *sumfs)
{
    const struct slow_value *weights = &o->in[1], *in = &o->in[2], *out = &o->out[0];
    const struct kt_options *p = &o->op->options;
    const int32_t *k = weights->tensor->dim, *to = out->tensor->dim;
    int32_t top = padding_before(p->padding, to[1], in->tensor->dim[1], k[1], p->stride_h, 1);
    int32_t left = padding_before(p->padding, to[2], in->tensor->dim[2], k[2], p->stride_w, 1);
    for (int64_t i = 0; i < slow_elements(in); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        slow_coordinates(in, i, at);
        for (int64_t w = 0; w < slow_elements(weights); w++) {
            int32_t tap[SLOW_MAX_RANK] = {0};
            slow_coordinates(weights, w, tap);
            int32_t y = at[1] * p->stride_h + tap[1] - top;
            int32_t x = at[2] * p->stride_w + tap[2] - left;
            if (tap[3] != at[3] || y < 0 || y >= to[1] || x < 0 || x >= to[2]) {
                continue;
            }
            int64_t sum = slow_at4(out, at[0], y, x, tap[0]);
            if (slow_is_float(in)) {
                sumfs[sum] += slow_getf(in, i) * slow_getf(weights, w);
            } else {
                sums[sum] += (slow_get(in, i) - slow_zero_point(in)) * slow_get(weights, w);
            }
        }
    }
}

void slow_transpose_conv(const struct slow_op *o)
{
    size_t count = (size_t)slow_elements(&o->out[0]);
    int32_t channels = o->out[0].tensor->dim[3];
    /* As a convolution has them: image, weights, bias. */
    struct slow_op as_conv = *o;
    as_conv.in[0] = o->in[2];
    as_conv.in[2] = o->in[3];
    int64_t *sums = calloc(count, sizeof(*sums));
    float *sumfs = calloc(count, sizeof(*sumfs));
    if (!sums || !sumfs) {
        kt_die("out of memory");
    }
    spread(o, sums, sumfs);
    for (size_t i = 0; i < count; i++) {
        int32_t channel = (int32_t)(i % (size_t)channels);
        finish(&as_conv, (int64_t)i, channel, sums[i], sumfs[i], conv_scale(&as_conv, channel));
    }
    free(sums);
    free(sumfs);
}

static int64_t image_size(const struct slow_op *o)
{
    return slow_elements(&o->in[0]) / o->in[0].tensor->dim[0];
}

static bool is_per_channel(const struct slow_op *o)
{
    return o->in[1].tensor->scale_count > 1;
}

void slow_conv_2d(const struct slow_op *o)
{
    if (is_hybrid(o)) {
        hybrid(o, slow_conv_2d, image_size(o), is_per_channel(o));
    } else {
        convolve(o, false);
    }
}

void slow_depthwise_conv_2d(const struct slow_op *o)
{
    if (is_hybrid(o)) {
        hybrid(o, slow_depthwise_conv_2d, image_size(o), is_per_channel(o));
    } else {
        convolve(o, true);
    }
}

/* Per tensor, the two input scales are multiplied in single precision first. */
static double fully_connected_scale(const struct slow_op *o, int32_t channel)
{
    if (slow_is_float(&o->out[0]) || o->out[0].tensor->type == KT_I32 ||
        o->in[1].tensor->scale_count > 1) {
        return conv_scale(o, channel);
    }
    float product = slow_tensor_scale(&o->in[0], 0) * slow_tensor_scale(&o->in[1], 0);
    return (double)product / (double)slow_tensor_scale(&o->out[0], 0);
}

void slow_fully_connected(const struct slow_op *o)
{
    const struct slow_value *in = &o->in[0], *weights = &o->in[1];
    int32_t out_c = weights->tensor->dim[0], in_c = weights->tensor->dim[1];
    if (is_hybrid(o)) {
        hybrid(o, slow_fully_connected, in_c, false);
        return;
    }
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t row = i / out_c, sum = 0;
        int32_t channel = (int32_t)(i % out_c);
        float sumf = 0.0f;
        for (int32_t c = 0; c < in_c; c++) {
            int64_t at = row * in_c + c, w = (int64_t)channel * in_c + c;
            if (slow_is_float(in)) {
                sumf += slow_getf(in, at) * slow_getf(weights, w);
            } else {
                sum += (slow_get(in, at) - slow_zero_point(in)) *
                       (slow_get(weights, w) - slow_zero_point(weights));
            }
        }
        finish(o, i, channel, sum, sumf, fully_connected_scale(o, channel));
    }
}
