/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include <math.h>

int32_t kt_build_quantized(struct kt_build *b, const char *name, int32_t type, float scale,
                           int32_t zero_point, int32_t rank, const int32_t *dim)
{
    int32_t tensor = kt_tensor_add(b->model, name, type, rank, dim);
    if (type == KT_I8) {
        kt_quantize(b->model, tensor, scale, zero_point);
    }
    return tensor;
}

int32_t kt_build_tensor(struct kt_build *b, const char *name, int32_t type, int32_t rank,
                        const int32_t *dim)
{
    float scale = kt_random_float(b->random, 0.005f, 0.1f);
    int32_t zero_point = kt_random_between(b->random, -128, 127);
    return kt_build_quantized(b, name, type, scale, zero_point, rank, dim);
}

int32_t kt_build_like(struct kt_build *b, const char *name, int32_t like, int32_t rank,
                      const int32_t *dim)
{
    const struct kt_tensor *from = kt_tensor_at(b->model, like);
    if (from->type != KT_I8) {
        return kt_tensor_add(b->model, name, from->type, rank, dim);
    }
    return kt_build_quantized(b, name, KT_I8, from->scale[0], (int32_t)from->zero_point[0], rank,
                              dim);
}

void kt_build_fill(struct kt_build *b, int32_t tensor)
{
    struct kt_tensor *t = kt_tensor_at(b->model, tensor);
    size_t bytes = kt_bytes(t);
    unsigned char *data = kt_alloc(b->model, bytes, 1);
    for (size_t i = 0; i < bytes && t->type != KT_F32; i++) {
        data[i] = (unsigned char)kt_random_between(b->random, 0, 255);
    }
    for (size_t i = 0; i < bytes / sizeof(float) && t->type == KT_F32; i++) {
        ((float *)(void *)data)[i] = kt_random_float(b->random, -1.0f, 1.0f);
    }
    kt_data(b->model, tensor, data, bytes);
}

/* Scale of weights whose sums of `taps` products fill an output of that scale. */
static float weight_scale(const struct kt_build *b, int32_t input, float out_scale, int64_t taps)
{
    /* Uniform int8 values and weights each deviate by about 73; aim at 45 in the output. */
    const struct kt_tensor *in = kt_tensor_at(b->model, input);
    return in->type == KT_I8
               ? out_scale * 45.0f / (73.0f * 73.0f * sqrtf((float)taps) * in->scale[0])
               : 1.0f;
}

int32_t kt_window_out(int32_t padding, int32_t in, int32_t filter, int32_t stride, int32_t dilation)
{
    int32_t covered = (filter - 1) * dilation + 1;
    return padding == KT_SAME ? (in + stride - 1) / stride : (in - covered) / stride + 1;
}

/* Shapes of weights and output, and products per output. */
struct layer_shape {
    int32_t weight_rank, weight[4];
    int32_t out_rank, out[4];
    int32_t channel_axis;
    int64_t taps;
};

static struct layer_shape window_shape(const struct kt_layer *l, const int32_t *in)
{
    const struct kt_options *p = &l->options;
    int32_t groups = l->groups > 0 ? l->groups : 1;
    bool depthwise = l->code == KT_DEPTHWISE_CONV_2D;
    int32_t out_h = kt_window_out(p->padding, in[1], l->k_h, p->stride_h, p->dilation_h);
    int32_t out_w = kt_window_out(p->padding, in[2], l->k_w, p->stride_w, p->dilation_w);
    struct layer_shape s = {.weight_rank = 4,
                            .weight = {l->out_c, l->k_h, l->k_w, in[3] / groups},
                            .out_rank = 4,
                            .out = {in[0], out_h, out_w, l->out_c},
                            .taps = (int64_t)l->k_h * l->k_w * (in[3] / groups)};
    if (depthwise) {
        s.weight[0] = 1;
        s.weight[3] = l->out_c;
        s.channel_axis = 3;
        s.taps = (int64_t)l->k_h * l->k_w;
    }
    return s;
}

static struct layer_shape dense_shape(const struct kt_layer *l, const struct kt_tensor *in)
{
    int32_t in_c = in->dim[in->rank - 1];
    struct layer_shape s = {
        .weight_rank = 2, .weight = {l->out_c, in_c}, .out_rank = 2, .taps = in_c};
    s.out[0] = (int32_t)(kt_elements(in) / in_c);
    s.out[1] = l->out_c;
    if (l->options.keep_num_dims) {
        s.out_rank = in->rank;
        for (int32_t i = 0; i + 1 < in->rank; i++) {
            s.out[i] = in->dim[i];
        }
        s.out[in->rank - 1] = l->out_c;
    }
    return s;
}

/* Random scales around `scale`, one per channel; a few so small that the channel is constant. */
static void scales_per_channel(struct kt_build *b, int32_t weights, int32_t axis, int32_t channels,
                               float scale)
{
    float *scales = kt_alloc(b->model, (size_t)channels, sizeof(float));
    for (int32_t i = 0; i < channels; i++) {
        bool tiny = kt_random_between(b->random, 0, 31) == 0;
        scales[i] = scale * kt_random_float(b->random, 0.25f, 2.0f) * (tiny ? 1e-8f : 1.0f);
    }
    kt_quantize_axis(b->model, weights, axis, channels, scales);
}

static int32_t add_weights(struct kt_build *b, const struct kt_layer *l,
                           const struct layer_shape *s, float scale)
{
    int32_t type = l->weights == KT_WEIGHTS_F32 ? KT_F32 : KT_I8;
    int32_t weights = kt_build_quantized(b, "weights", type, scale, 0, s->weight_rank, s->weight);
    if (l->weights == KT_WEIGHTS_CHANNEL) {
        scales_per_channel(b, weights, s->channel_axis, l->out_c, scale);
    }
    kt_build_fill(b, weights);
    return weights;
}

/* Biases of about the size of the sums they are added to. */
static int32_t add_bias(struct kt_build *b, const struct kt_layer *l, int64_t taps)
{
    int32_t bias = kt_tensor_add(b->model, "bias", l->weights == KT_WEIGHTS_F32 ? KT_F32 : KT_I32,
                                 KT_LIST(l->out_c));
    int32_t *data = kt_alloc(b->model, (size_t)l->out_c, sizeof(int32_t));
    int32_t range = (int32_t)(2000.0f * sqrtf((float)taps));
    for (int32_t i = 0; i < l->out_c; i++) {
        data[i] = kt_random_between(b->random, -range, range);
    }
    kt_data(b->model, bias, data, (size_t)l->out_c * sizeof(int32_t));
    if (l->weights == KT_WEIGHTS_F32) {
        kt_build_fill(b, bias);
    }
    return bias;
}

static const char *layer_name(int32_t code)
{
    switch (code) {
    case KT_CONV_2D: return "conv";
    case KT_DEPTHWISE_CONV_2D: return "depthwise";
    default: return "dense";
    }
}

int32_t kt_build_layer(struct kt_build *b, const struct kt_layer *layer, int32_t input)
{
    const struct kt_tensor *in = kt_tensor_at(b->model, input);
    struct layer_shape s =
        layer->code == KT_FULLY_CONNECTED ? dense_shape(layer, in) : window_shape(layer, in->dim);
    float out_scale =
        layer->out_scale > 0.0f ? layer->out_scale : kt_random_float(b->random, 0.02f, 0.15f);
    int32_t weights = add_weights(b, layer, &s, weight_scale(b, input, out_scale, s.taps));
    int32_t bias = layer->no_bias ? -1 : add_bias(b, layer, s.taps);
    int32_t zero_point = layer->options.activation == KT_ACT_NONE
                             ? kt_random_between(b->random, -40, 40)
                             : kt_random_between(b->random, -128, -60);
    int32_t output = kt_build_quantized(b, layer_name(layer->code), in->type, out_scale, zero_point,
                                        s.out_rank, s.out);
    kt_op_add1(b->model, layer->code, layer->options, KT_LIST(input, weights, bias), output);
    return output;
}

int32_t kt_build_pool(struct kt_build *b, int32_t code, struct kt_options options, int32_t input)
{
    const int32_t *in = kt_tensor_at(b->model, input)->dim;
    int32_t out_h = kt_window_out(options.padding, in[1], options.filter_h, options.stride_h, 1);
    int32_t out_w = kt_window_out(options.padding, in[2], options.filter_w, options.stride_w, 1);
    int32_t output = kt_build_like(b, "pooled", input, KT_LIST(in[0], out_h, out_w, in[3]));
    kt_op_add1(b->model, code, options, KT_LIST(input), output);
    return output;
}

int32_t kt_build_softmax(struct kt_build *b, float beta, int32_t input)
{
    const struct kt_tensor *in = kt_tensor_at(b->model, input);
    struct kt_options options = kt_options_default();
    options.beta = beta;
    int32_t output =
        kt_build_quantized(b, "probabilities", in->type, 1.0f / 256.0f, -128, in->rank, in->dim);
    kt_op_add1(b->model, KT_SOFTMAX, options, KT_LIST(input), output);
    return output;
}
