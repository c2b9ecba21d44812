/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions, pools and dense layers. */
#include <math.h>
#include <string.h>

#include "learn/network_internal.h"

enum { CHANNELS_MAX = 4096, KERNEL_MAX = 1024, DIVISOR = 8 };

enum kl_err kl_layer_as_image(const struct layer *layer)
{
    struct kl_tensor *in = layer->b->value;
    const struct kl_shape *s = &in->shape;
    if (s->rank == 3) {
        return kl_layer_op(layer, KL_OP_RESHAPE, 1, &in,
                           (struct kl_shape){4, {s->dim[0], s->dim[1], 1, s->dim[2]}}, NULL);
    }
    return s->rank == 4
               ? KL_OK
               : kl_layer_fail(layer, "needs an input with height, width and channels, or with "
                                      "time and channels");
}

/* Sizes of the window from the arguments. Beside a series, whose width is 1, one number is the
 * height alone. */
struct window {
    int32_t kernel[2], stride[2], dilation[2];
    int32_t valid; /* padding: 1: none, 0: as much as keeps the size at stride 1 */
};

static enum kl_err read_window(const struct layer *layer, const char *size_name,
                               struct window *window)
{
    static const char *const paddings[] = {"same", "valid"};
    bool series = layer->b->value->shape.dim[2] == 1;
    const struct kl_yaml *stride = kl_layer_argument(layer, "stride");
    const struct kl_yaml *size = kl_layer_argument(layer, size_name);
    KL_TRY(kl_layer_pair(layer, size_name, 1, KERNEL_MAX, window->kernel));
    KL_TRY(kl_layer_pair(layer, "stride", 1, KERNEL_MAX, window->stride));
    KL_TRY(kl_layer_pair(layer, "dilation", 1, KERNEL_MAX, window->dilation));
    if (series && !(size && size->kind == KL_YAML_LIST)) {
        window->kernel[1] = 1;
    }
    if (series && !(stride && stride->kind == KL_YAML_LIST)) {
        window->stride[1] = 1;
    }
    return kl_layer_word(layer, "padding", paddings, 2, &window->valid);
}

/* Positions of the window along one dimension, and what is padded in front and behind. */
static int32_t place(const struct window *window, int32_t axis, int32_t in, int32_t *before,
                     int32_t *after)
{
    int32_t reach = (window->kernel[axis] - 1) * window->dilation[axis] + 1;
    int32_t stride = window->stride[axis];
    *before = *after = 0;
    if (window->valid) {
        return in < reach ? 0 : (in - reach) / stride + 1;
    }
    int32_t out = (in + stride - 1) / stride;
    int32_t padding = (out - 1) * stride + reach - in;
    padding = padding > 0 ? padding : 0;
    *before = padding / 2;
    *after = padding - padding / 2;
    return out;
}

static struct kl_shape placed(const struct layer *layer, const struct window *window,
                              int32_t channels, struct kl_attr_window *attr)
{
    const int32_t *in = layer->b->value->shape.dim;
    *attr = (struct kl_attr_window){.stride_h = window->stride[0],
                                    .stride_w = window->stride[1],
                                    .dilation_h = window->dilation[0],
                                    .dilation_w = window->dilation[1]};
    int32_t h = place(window, 0, in[1], &attr->pad_top, &attr->pad_bottom);
    int32_t w = place(window, 1, in[2], &attr->pad_left, &attr->pad_right);
    return (struct kl_shape){4, {in[0], h, w, channels}};
}

/*
 * Scaled by the width, as MobileNetV2 does it: to a multiple of 8, at least 8, and never below
 * 90 % of what was asked. A width of 1 changes nothing.
 */
static int32_t scaled(double width, int32_t channels)
{
    if (width == 1.0) {
        return channels;
    }
    double wanted = channels * width;
    double rounded = floor((wanted + DIVISOR / 2.0) / DIVISOR) * DIVISOR;
    rounded = rounded < DIVISOR ? DIVISOR : rounded;
    rounded += rounded < 0.9 * wanted ? DIVISOR : 0;
    return (int32_t)fmin(rounded, CHANNELS_MAX);
}

/* Output channels: `channels` times the width, or `expand` times the input's. */
static enum kl_err read_channels(const struct layer *layer, int32_t *channels)
{
    int32_t in = layer->b->value->shape.dim[3];
    int32_t expand = 0;
    *channels = 0;
    KL_TRY(kl_layer_whole(layer, "expand", 1, 64, &expand));
    KL_TRY(kl_layer_whole(layer, "channels", 1, CHANNELS_MAX, channels));
    if ((expand == 0) == (*channels == 0)) {
        return kl_layer_fail(layer, "give either channels, or expand: how many times the channels "
                                    "of its input");
    }
    *channels = expand ? expand * in : scaled(layer->b->width, *channels);
    return *channels <= CHANNELS_MAX
               ? KL_OK
               : kl_layer_fail(layer, "%d channels; at most %d", *channels, CHANNELS_MAX);
}

static enum kl_err read_weights(const struct layer *layer, struct kl_shape shape, int64_t fan_in,
                                int64_t fan_out, int32_t units, enum init init,
                                struct kl_tensor *inputs[3])
{
    static const char *const inits[] = {"he", "glorot"};
    bool bias = !layer->before_batch_norm;
    int32_t chosen = (int32_t)init;
    KL_TRY(kl_layer_word(layer, "init", inits, 2, &chosen));
    KL_TRY(kl_layer_flag(layer, "bias", &bias));
    inputs[1] = kl_layer_weights(layer, "weights", shape, (enum init)chosen, fan_in, fan_out);
    inputs[2] = inputs[1] && bias ? kl_layer_constants(layer, "bias", units, 0.0f) : NULL;
    return inputs[1] && (inputs[2] || !bias) ? KL_OK : layer->b->diag->err;
}

enum kl_err kl_layer_conv(const struct layer *layer)
{
    struct window window = {{3, 3}, {1, 1}, {1, 1}, 0};
    struct kl_attr_window attr;
    int32_t channels, groups = 1;
    KL_TRY(kl_layer_as_image(layer));
    struct kl_tensor *inputs[3] = {layer->b->value};
    int32_t in_c = inputs[0]->shape.dim[3];
    KL_TRY(read_channels(layer, &channels));
    KL_TRY(read_window(layer, "kernel", &window));
    KL_TRY(kl_layer_whole(layer, "groups", 1, CHANNELS_MAX, &groups));
    if (in_c % groups || channels % groups) {
        return kl_layer_fail(layer, "%d groups do not divide %d and %d channels", groups, in_c,
                             channels);
    }
    int64_t taps = (int64_t)window.kernel[0] * window.kernel[1];
    struct kl_shape shape = {4, {channels, window.kernel[0], window.kernel[1], in_c / groups}};
    struct kl_shape out = placed(layer, &window, channels, &attr);
    struct kl_op *op;
    KL_TRY(read_weights(layer, shape, taps * (in_c / groups), taps * (channels / groups), channels,
                        INIT_HE, inputs));
    KL_TRY(kl_layer_op(layer, KL_OP_CONV_2D, inputs[2] ? 3 : 2, inputs, out, &op));
    op->attr.window = attr;
    return KL_OK;
}

enum kl_err kl_layer_depthwise_conv(const struct layer *layer)
{
    struct window window = {{3, 3}, {1, 1}, {1, 1}, 0};
    struct kl_attr_window attr;
    int32_t multiplier = 1;
    KL_TRY(kl_layer_as_image(layer));
    struct kl_tensor *inputs[3] = {layer->b->value};
    KL_TRY(read_window(layer, "kernel", &window));
    KL_TRY(kl_layer_whole(layer, "multiplier", 1, 16, &multiplier));
    int32_t channels = inputs[0]->shape.dim[3] * multiplier;
    int64_t taps = (int64_t)window.kernel[0] * window.kernel[1];
    struct kl_shape shape = {4, {1, window.kernel[0], window.kernel[1], channels}};
    struct kl_shape out = placed(layer, &window, channels, &attr);
    struct kl_op *op;
    KL_TRY(read_weights(layer, shape, taps, taps * multiplier, channels, INIT_HE, inputs));
    KL_TRY(kl_layer_op(layer, KL_OP_DEPTHWISE_CONV_2D, inputs[2] ? 3 : 2, inputs, out, &op));
    op->attr.window = attr;
    return KL_OK;
}

enum kl_err kl_layer_dense(const struct layer *layer)
{
    struct kl_tensor *inputs[3] = {layer->b->value};
    int32_t units = 0;
    KL_TRY(kl_layer_whole(layer, "units", 1, CHANNELS_MAX, &units));
    if (units == 0) {
        return kl_layer_fail(layer, "units are missing: how many outputs it has");
    }
    if (inputs[0]->shape.rank != 2) {
        return kl_layer_fail(layer, "its input has height, width or time; put flatten or "
                                    "global_average_pool in front of it");
    }
    int32_t in = inputs[0]->shape.dim[1];
    KL_TRY(read_weights(layer, (struct kl_shape){2, {units, in}}, in, units, units, INIT_GLOROT,
                        inputs));
    return kl_layer_op(layer, KL_OP_FULLY_CONNECTED, inputs[2] ? 3 : 2, inputs,
                       (struct kl_shape){2, {inputs[0]->shape.dim[0], units}}, NULL);
}

enum kl_err kl_layer_pool(const struct layer *layer)
{
    struct window window = {{2, 2}, {0, 0}, {1, 1}, 1};
    struct kl_attr_window attr;
    struct kl_op *op;
    KL_TRY(kl_layer_as_image(layer));
    struct kl_tensor *in = layer->b->value;
    KL_TRY(kl_layer_pair(layer, "size", 1, KERNEL_MAX, window.stride));
    window.stride[0] = window.stride[0] ? window.stride[0] : window.kernel[0];
    window.stride[1] = window.stride[1] ? window.stride[1] : window.kernel[1];
    KL_TRY(read_window(layer, "size", &window));
    struct kl_shape out = placed(layer, &window, in->shape.dim[3], &attr);
    bool max = strcmp(layer->kind, "max_pool") == 0;
    KL_TRY(kl_layer_op(layer, max ? KL_OP_MAX_POOL_2D : KL_OP_AVERAGE_POOL_2D, 1, &in, out, &op));
    op->attr.window = attr;
    op->attr.window.filter_h = window.kernel[0];
    op->attr.window.filter_w = window.kernel[1];
    return KL_OK;
}

enum kl_err kl_layer_global_average_pool(const struct layer *layer)
{
    static const int32_t axes[] = {1, 2};
    struct kl_tensor *in = layer->b->value;
    struct kl_tensor *inputs[2] = {in, NULL};
    if (in->shape.rank != 3 && in->shape.rank != 4) {
        return kl_layer_fail(layer, "its input has neither height and width nor time");
    }
    inputs[1] = kl_layer_integers(layer, "axes", in->shape.rank - 2, axes);
    if (!inputs[1]) {
        return layer->b->diag->err;
    }
    return kl_layer_op(layer, KL_OP_MEAN, 2, inputs,
                       (struct kl_shape){2, {in->shape.dim[0], in->shape.dim[in->shape.rank - 1]}},
                       NULL);
}
