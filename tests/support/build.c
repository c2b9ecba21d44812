/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include <math.h>
#include <string.h>

int32_t kt_build_quantized(struct kt_build *b, const char *name, int32_t type, float scale,
                           int32_t zero_point, int32_t rank, const int32_t *dim)
{
    int32_t tensor = kt_tensor_add(b->model, name, type, rank, dim);
    if (type == KT_I8 || type == KT_I4) {
        kt_quantize(b->model, tensor, scale, zero_point);
    } else if (type == KT_I16) {
        kt_quantize(b->model, tensor, scale / 256.0f, 0);
    } else if (type == KT_U8) {
        kt_quantize(b->model, tensor, scale, zero_point + 128);
    }
    return tensor;
}

int32_t kt_layer_type(enum kt_weights weights)
{
    switch (weights) {
    case KT_WEIGHTS_F32:
    case KT_WEIGHTS_HYBRID:
    case KT_WEIGHTS_HYBRID_CHANNEL: return KT_F32;
    case KT_WEIGHTS_U8: return KT_U8;
    case KT_WEIGHTS_S16:
    case KT_WEIGHTS_S16_NARROW: return KT_I16;
    default: return KT_I8;
    }
}

const char *kt_weights_name(enum kt_weights weights)
{
    static const char *const names[KT_WEIGHTS_COUNT] = {
        "float32",
        "int8 per tensor",
        "int8 per channel",
        "int16x8",
        "int16x8 with 32-bit bias",
        "float32 with int8 weights",
        "float32 with int8 weights per channel",
        "int4 per channel",
        "int4 per tensor",
        "uint8",
    };
    return names[weights];
}

const char *kt_type_name(int32_t type)
{
    switch (type) {
    case KT_F32: return "float32";
    case KT_I16: return "int16";
    case KT_U8: return "uint8";
    case KT_I8: return "int8";
    default: return "other type";
    }
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
    int32_t tensor = kt_tensor_add(b->model, name, from->type, rank, dim);
    if (from->scale_count == 1) {
        kt_quantize(b->model, tensor, from->scale[0], from->zero_point[0]);
    }
    return tensor;
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
    float finer = in->type == KT_I16 ? 256.0f : 1.0f; /* kt_build_quantized */
    return in->scale_count == 1
               ? out_scale * 45.0f / (73.0f * 73.0f * sqrtf((float)taps) * in->scale[0] * finer)
               : 0.01f;
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

/* The output of a transposed convolution is as large as the convolution's input would be. */
static struct layer_shape transposed_shape(const struct kt_layer *l, const int32_t *in)
{
    const struct kt_options *p = &l->options;
    bool same = p->padding == KT_SAME;
    int32_t out_h = same ? in[1] * p->stride_h : (in[1] - 1) * p->stride_h + l->k_h;
    int32_t out_w = same ? in[2] * p->stride_w : (in[2] - 1) * p->stride_w + l->k_w;
    return (struct layer_shape){.weight_rank = 4,
                                .weight = {l->out_c, l->k_h, l->k_w, in[3]},
                                .out_rank = 4,
                                .out = {in[0], out_h, out_w, l->out_c},
                                .taps = (int64_t)l->k_h * l->k_w * in[3]};
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

static bool is_per_channel(enum kt_weights weights)
{
    return weights == KT_WEIGHTS_CHANNEL || weights == KT_WEIGHTS_S16 ||
           weights == KT_WEIGHTS_S16_NARROW || weights == KT_WEIGHTS_HYBRID_CHANNEL ||
           weights == KT_WEIGHTS_S4;
}

static int32_t weights_type(enum kt_weights weights)
{
    switch (weights) {
    case KT_WEIGHTS_F32: return KT_F32;
    case KT_WEIGHTS_U8: return KT_U8;
    case KT_WEIGHTS_S4:
    case KT_WEIGHTS_S4_TENSOR: return KT_I4;
    default: return KT_I8;
    }
}

static int32_t add_weights(struct kt_build *b, const struct kt_layer *l,
                           const struct layer_shape *s, float scale)
{
    int32_t type = weights_type(l->weights);
    scale *= type == KT_I4 ? 16.0f : 1.0f;
    int32_t zero_point = type == KT_U8 ? kt_random_between(b->random, -30, 30) : 0;
    int32_t weights =
        kt_build_quantized(b, "weights", type, scale, zero_point, s->weight_rank, s->weight);
    if (is_per_channel(l->weights)) {
        scales_per_channel(b, weights, s->channel_axis, l->out_c, scale);
    }
    kt_build_fill(b, weights);
    return weights;
}

/* Biases of about the size of the sums they are added to. */
static int32_t add_bias(struct kt_build *b, const struct kt_layer *l, int64_t taps)
{
    int32_t type = kt_layer_type(l->weights) == KT_F32 ? KT_F32
                   : l->weights == KT_WEIGHTS_S16      ? KT_I64
                                                       : KT_I32;
    int32_t bias = kt_tensor_add(b->model, "bias", type, KT_LIST(l->out_c));
    size_t bytes = kt_type_bytes(type);
    unsigned char *data = kt_alloc(b->model, (size_t)l->out_c, bytes);
    int32_t range = (int32_t)(2000.0f * sqrtf((float)taps));
    for (int32_t i = 0; i < l->out_c; i++) {
        int64_t value = kt_random_between(b->random, -range, range);
        value *= kt_layer_type(l->weights) == KT_I16 ? 256 : 1;
        memcpy(data + (size_t)i * bytes, &value, bytes);
    }
    kt_data(b->model, bias, data, (size_t)l->out_c * bytes);
    if (type == KT_F32) {
        kt_build_fill(b, bias);
    }
    return bias;
}

static const char *layer_name(int32_t code)
{
    switch (code) {
    case KT_CONV_2D: return "conv";
    case KT_DEPTHWISE_CONV_2D: return "depthwise";
    case KT_TRANSPOSE_CONV: return "transposed";
    default: return "dense";
    }
}

static struct layer_shape shape_of(const struct kt_layer *layer, const struct kt_tensor *in)
{
    switch (layer->code) {
    case KT_FULLY_CONNECTED: return dense_shape(layer, in);
    case KT_TRANSPOSE_CONV: return transposed_shape(layer, in->dim);
    default: return window_shape(layer, in->dim);
    }
}

/* The operands in the operator's order; TRANSPOSE_CONV has the output's shape in front. */
static void add_layer(struct kt_build *b, const struct kt_layer *layer, const int32_t operands[3],
                      int32_t output)
{
    const struct kt_tensor *out = kt_tensor_at(b->model, output);
    if (layer->code != KT_TRANSPOSE_CONV) {
        kt_op_add1(b->model, layer->code, layer->options, 3, operands, output);
        return;
    }
    int32_t shape = kt_vector_i32(b->model, "shape", out->rank, out->dim);
    kt_op_add1(b->model, layer->code, layer->options,
               KT_LIST(shape, operands[1], operands[0], operands[2]), output);
}

int32_t kt_build_layer(struct kt_build *b, const struct kt_layer *layer, int32_t input)
{
    const struct kt_tensor *in = kt_tensor_at(b->model, input);
    struct layer_shape s = shape_of(layer, in);
    float out_scale =
        layer->out_scale > 0.0f ? layer->out_scale : kt_random_float(b->random, 0.02f, 0.15f);
    int32_t weights = add_weights(b, layer, &s, weight_scale(b, input, out_scale, s.taps));
    int32_t bias = layer->no_bias ? -1 : add_bias(b, layer, s.taps);
    int32_t zero_point = layer->options.activation == KT_ACT_NONE
                             ? kt_random_between(b->random, -40, 40)
                             : kt_random_between(b->random, -128, -60);
    int32_t output = kt_build_quantized(b, layer_name(layer->code), in->type, out_scale, zero_point,
                                        s.out_rank, s.out);
    add_layer(b, layer, (const int32_t[3]){input, weights, bias}, output);
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
    float scale = in->type == KT_I16 ? 1.0f / 128.0f : 1.0f / 256.0f; /* int16: 2^-15 */
    int32_t output =
        kt_build_quantized(b, "probabilities", in->type, scale, -128, in->rank, in->dim);
    kt_op_add1(b->model, KT_SOFTMAX, options, KT_LIST(input), output);
    return output;
}
