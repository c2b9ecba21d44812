/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "sparse.h"

/* ---- zero weights ----------------------------------------------------------------------- */

/* The weights of a layer: element c * channel_step + k * step, k < taps, belongs to channel c. */
struct filters {
    int32_t tensor;
    int8_t *data; /* a copy that may be changed */
    int32_t channels, in_c, taps;
    int32_t channel_step, step;
};

static struct filters filters_of(const struct kt_build *b)
{
    const struct kt_subgraph *s = kt_subgraph_last(b->model);
    const struct kt_op *op = &s->ops[s->op_count - 1];
    const struct kt_tensor *w = kt_tensor_at(b->model, op->inputs[1]);
    bool depthwise = op->code == KT_DEPTHWISE_CONV_2D;
    struct filters f = {.tensor = op->inputs[1], .in_c = depthwise ? 1 : w->dim[w->rank - 1]};
    f.channels = w->dim[depthwise ? 3 : 0];
    f.taps = (int32_t)(kt_elements(w) / f.channels);
    f.channel_step = depthwise ? 1 : f.taps;
    f.step = depthwise ? f.channels : 1;
    f.data = kt_alloc(b->model, w->data_bytes, 1);
    memcpy(f.data, w->data, w->data_bytes);
    return f;
}

static void store(const struct kt_build *b, const struct filters *f)
{
    kt_data(b->model, f->tensor, f->data, (size_t)f->channels * (size_t)f->taps);
}

static void set_bias(const struct kt_build *b, int32_t channel, int32_t value)
{
    const struct kt_subgraph *s = kt_subgraph_last(b->model);
    int32_t tensor = s->ops[s->op_count - 1].inputs[2];
    if (tensor < 0) {
        return;
    }
    const struct kt_tensor *bias = kt_tensor_at(b->model, tensor);
    int32_t *data = kt_alloc(b->model, bias->data_bytes, 1);
    memcpy(data, bias->data, bias->data_bytes);
    data[channel] = value;
    kt_data(b->model, tensor, data, bias->data_bytes);
}

void kt_sparse_silence(struct kt_build *b, int32_t channel, int32_t bias)
{
    struct filters f = filters_of(b);
    for (int32_t k = 0; k < f.taps; k++) {
        f.data[channel * f.channel_step + k * f.step] = 0;
    }
    store(b, &f);
    set_bias(b, channel, bias);
}

void kt_sparse_ignore(struct kt_build *b, int32_t channel)
{
    struct filters f = filters_of(b);
    if (f.in_c == 1 && f.step > 1) {
        kt_sparse_silence(b, channel, 0);
        return;
    }
    for (int32_t i = channel; i < f.channels * f.taps; i += f.in_c) {
        f.data[i] = 0;
    }
    store(b, &f);
}

static bool one_in(struct kt_build *b, int32_t n)
{
    return kt_random_between(b->random, 1, n) == 1;
}

/* Make some channels constant, and leave some inputs unread. */
static void spoil(struct kt_build *b)
{
    enum { FAR = 1 << 24 }; /* a bias that no sum comes back from */
    struct filters f = filters_of(b);
    for (int32_t c = 0; c < f.channels; c++) {
        if (one_in(b, 4)) {
            kt_sparse_silence(b, c, one_in(b, 2) ? 0 : kt_random_between(b->random, -9000, 9000));
        } else if (one_in(b, 8)) {
            set_bias(b, c, one_in(b, 2) ? FAR : -FAR);
        }
    }
    for (int32_t i = 0; f.step == 1 && i < f.in_c; i++) {
        if (one_in(b, 3)) {
            kt_sparse_ignore(b, i);
        }
    }
}

/* ---- random layers ---------------------------------------------------------------------- */

static int32_t channels(const struct kt_build *b, int32_t tensor)
{
    const struct kt_tensor *t = kt_tensor_at(b->model, tensor);
    return t->dim[t->rank - 1];
}

static int32_t random_activation(struct kt_build *b)
{
    static const int32_t choices[] = {KT_ACT_NONE, KT_ACT_RELU, KT_ACT_RELU6};
    return choices[kt_random_between(b->random, 0, 2)];
}

static int32_t product(struct kt_build *b, int32_t code, int32_t out_c, int32_t filter, int32_t x)
{
    const struct kt_tensor *in = kt_tensor_at(b->model, x);
    struct kt_layer layer = {.code = code,
                             .out_c = out_c,
                             .k_h = filter,
                             .k_w = filter,
                             .weights = one_in(b, 3) ? KT_WEIGHTS_TENSOR : KT_WEIGHTS_CHANNEL,
                             .no_bias = one_in(b, 6),
                             .options = kt_options_default()};
    bool fits = in->rank == 4 && in->dim[1] >= filter && in->dim[2] >= filter;
    layer.options.padding = fits && one_in(b, 2) ? KT_VALID : KT_SAME;
    layer.options.activation = random_activation(b);
    layer.options.depth_multiplier = out_c / in->dim[in->rank - 1];
    if (code == KT_CONV_2D && in->dim[3] % 2 == 0 && out_c % 2 == 0 && one_in(b, 5)) {
        layer.groups = 2;
    }
    int32_t out = kt_build_layer(b, &layer, x);
    spoil(b);
    return out;
}

/* A layer that keeps height and width, so that its output can be added to its input. */
static int32_t same_size(struct kt_build *b, int32_t out_c, int32_t x)
{
    struct kt_layer layer = {.code = KT_CONV_2D,
                             .out_c = out_c,
                             .k_h = 1,
                             .k_w = one_in(b, 2) ? 3 : 1,
                             .weights = KT_WEIGHTS_CHANNEL,
                             .options = kt_options_default()};
    layer.options.padding = KT_SAME;
    layer.options.activation = random_activation(b);
    int32_t out = kt_build_layer(b, &layer, x);
    spoil(b);
    return out;
}

static int32_t binary(struct kt_build *b, int32_t code, int32_t x, int32_t y)
{
    const struct kt_tensor *in = kt_tensor_at(b->model, x);
    struct kt_options options = kt_options_default();
    options.activation = random_activation(b);
    int32_t out = kt_build_quantized(b, "binary", KT_I8,
                                     in->scale[0] * kt_random_float(b->random, 1.5f, 3.0f),
                                     kt_random_between(b->random, -40, 40), in->rank, in->dim);
    kt_op_add1(b->model, code, options, KT_LIST(x, y), out);
    return out;
}

/* x with a constant for each channel, or for all, added or multiplied. */
static int32_t with_constant(struct kt_build *b, int32_t x)
{
    int32_t count = one_in(b, 3) ? 1 : channels(b, x);
    const struct kt_tensor *in = kt_tensor_at(b->model, x);
    int32_t constant = kt_build_quantized(b, "constant", KT_I8, in->scale[0],
                                          (int32_t)in->zero_point[0], KT_LIST(count));
    kt_build_fill(b, constant);
    return binary(b, one_in(b, 2) ? KT_MUL : KT_ADD, x, constant);
}

static int32_t residual(struct kt_build *b, int32_t x)
{
    int32_t y = same_size(b, channels(b, x), x);
    if (one_in(b, 2)) {
        y = same_size(b, channels(b, x), y);
    }
    if (one_in(b, 2)) {
        x = same_size(b, channels(b, x), x);
    }
    return binary(b, one_in(b, 3) ? KT_SUB : KT_ADD, x, y);
}

/* Two branches, side by side in channels or in rows. */
static int32_t join(struct kt_build *b, int32_t x)
{
    int32_t c = kt_random_between(b->random, 1, 4);
    bool rows = one_in(b, 3);
    int32_t y = same_size(b, c, x);
    const struct kt_tensor *first = kt_tensor_at(b->model, y);
    struct kt_layer layer = {.code = KT_CONV_2D,
                             .out_c = rows ? c : c + 1,
                             .k_h = 1,
                             .k_w = 1,
                             .weights = KT_WEIGHTS_CHANNEL,
                             .options = kt_options_default()};
    int32_t z = kt_build_layer(b, &layer, x);
    spoil(b);
    struct kt_tensor *second = kt_tensor_at(b->model, z);
    second->scale = first->scale; /* joined values share their scale */
    second->zero_point = first->zero_point;
    struct kt_options options = kt_options_default();
    options.axis = rows ? 1 : -1;
    const int32_t *dim = first->dim;
    int32_t out = kt_build_like(
        b, "joined", y,
        KT_LIST(dim[0], rows ? dim[1] * 2 : dim[1], dim[2], rows ? c : c + channels(b, z)));
    kt_op_add1(b->model, KT_CONCATENATION, options, KT_LIST(y, z), out);
    return out;
}

static int32_t pad(struct kt_build *b, int32_t x)
{
    const int32_t amounts[8] = {0, 0, 1, 0, 0, 2, 0, 0};
    const int32_t *in = kt_tensor_at(b->model, x)->dim;
    int32_t paddings = kt_tensor_add(b->model, "paddings", KT_I32, KT_LIST(4, 2));
    kt_data(b->model, paddings, amounts, sizeof(amounts));
    int32_t out = kt_build_like(b, "padded", x, KT_LIST(in[0], in[1] + 1, in[2] + 2, in[3]));
    kt_op_add1(b->model, KT_PAD, kt_options_default(), KT_LIST(x, paddings), out);
    return out;
}

static int32_t pool(struct kt_build *b, int32_t x)
{
    struct kt_options options = kt_options_default();
    options.padding = KT_SAME;
    options.filter_h = options.filter_w = 2;
    options.stride_h = options.stride_w = kt_random_between(b->random, 1, 2);
    return kt_build_pool(b, one_in(b, 2) ? KT_MAX_POOL_2D : KT_AVERAGE_POOL_2D, options, x);
}

/* A function of one value, to a scale of its own. */
static int32_t function(struct kt_build *b, int32_t x)
{
    static const int32_t codes[] = {KT_RELU, KT_LEAKY_RELU, KT_QUANTIZE, KT_HARD_SWISH};
    const struct kt_tensor *in = kt_tensor_at(b->model, x);
    struct kt_options options = kt_options_default();
    options.alpha = 0.25f;
    int32_t out = kt_build_quantized(b, "function", KT_I8, in->scale[0] * 1.25f,
                                     kt_random_between(b->random, -128, 20), in->rank, in->dim);
    kt_op_add1(b->model, codes[kt_random_between(b->random, 0, 3)], options, KT_LIST(x), out);
    return out;
}

static int32_t random_layer(struct kt_build *b, int32_t x)
{
    int32_t in_c = channels(b, x);
    switch (kt_random_between(b->random, 0, 11)) {
    case 0:
    case 1: return product(b, KT_CONV_2D, kt_random_between(b->random, 1, 8), 1, x);
    case 2:
    case 3: return product(b, KT_CONV_2D, kt_random_between(b->random, 1, 8), 3, x);
    case 4:
    case 5:
        return product(b, KT_DEPTHWISE_CONV_2D, in_c * (in_c < 5 && one_in(b, 2) ? 2 : 1), 3, x);
    case 6: return residual(b, x);
    case 7: return with_constant(b, x);
    case 8: return in_c < 8 ? join(b, x) : residual(b, x);
    case 9: return pad(b, x);
    case 10: return pool(b, x);
    default: return function(b, x);
    }
}

/* ---- the end of a network ---------------------------------------------------------------- */

static int32_t dense(struct kt_build *b, int32_t out_c, int32_t x)
{
    return product(b, KT_FULLY_CONNECTED, out_c, 1, x);
}

static int32_t flatten(struct kt_build *b, int32_t x)
{
    const struct kt_tensor *in = kt_tensor_at(b->model, x);
    int32_t out =
        kt_build_like(b, "flat", x, KT_LIST(in->dim[0], (int32_t)(kt_elements(in) / in->dim[0])));
    kt_op_add1(b->model, KT_RESHAPE, kt_options_default(), KT_LIST(x), out);
    return out;
}

static int32_t mean(struct kt_build *b, int32_t x)
{
    const int32_t *in = kt_tensor_at(b->model, x)->dim;
    int32_t axes = kt_vector_i32(b->model, "axes", KT_LIST(1, 2));
    int32_t out = kt_build_like(b, "mean", x, KT_LIST(in[0], in[3]));
    kt_op_add1(b->model, KT_MEAN, kt_options_default(), KT_LIST(x, axes), out);
    return out;
}

static int32_t head(struct kt_build *b, int32_t x)
{
    switch (kt_random_between(b->random, 0, 3)) {
    case 0: return x;
    case 1: x = flatten(b, x); break;
    case 2: x = mean(b, x); break;
    default: break; /* FULLY_CONNECTED over the channels of each pixel */
    }
    x = dense(b, kt_random_between(b->random, 1, 6), x);
    if (one_in(b, 2)) {
        x = dense(b, kt_random_between(b->random, 1, 6), x);
    }
    return one_in(b, 2) ? kt_build_softmax(b, 1.0f, x) : x;
}

void kt_sparse_network(struct kt_sink *sink, uint64_t seed)
{
    struct kt_sink own = {.receive = sink->receive, .context = sink->context, .random = {seed}};
    struct kt_case c;
    struct kt_build b = kt_case_begin(&own, &c, KT_CONV_2D);
    int32_t input = kt_build_tensor(
        &b, "input", KT_I8,
        KT_LIST(kt_random_between(b.random, 1, 2), kt_random_between(b.random, 1, 6),
                kt_random_between(b.random, 1, 6), kt_random_between(b.random, 1, 4)));
    int32_t x = product(&b, KT_CONV_2D, kt_random_between(b.random, 2, 8), 1, input);
    int32_t layers = kt_random_between(b.random, 1, 6);
    for (int32_t i = 0; i < layers; i++) {
        x = random_layer(&b, x);
    }
    int32_t output = head(&b, x);
    snprintf(c.label, sizeof(c.label), "sparse network %llu", (unsigned long long)seed);
    kt_case_end(&own, &c, input, output);
}

void kt_generate_sparse(struct kt_sink *sink)
{
    enum { NETWORKS = 24 };
    for (uint64_t seed = 1; seed <= NETWORKS; seed++) {
        kt_sparse_network(sink, seed);
    }
}
