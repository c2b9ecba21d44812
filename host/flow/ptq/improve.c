/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes an integer model better without training, layer by layer, in order, each with the
 * inputs that the improved layers before it give:
 *
 * - Rounding of weights (AdaRound's objective: Nagel et al., "Up or Down? Adaptive Rounding for
 *   Post-Training Quantization", ICML 2020): each weight is rounded up or down such that the
 *   squared error of the layer's sums is least. The error is a quadratic form in the rounding
 *   errors; its matrix is that of the second moments of the inputs: about their means if a bias
 *   makes up for those. Coordinate descent flips one weight at a time while that helps.
 * - Biases (Nagel et al. 2019): such that the mean of each channel's sums stays as it was.
 */
#include <math.h>
#include <string.h>

#include "flow/ptq/internal.h"
#include "flow/tensor_values.h"

enum { MAX_TAPS = 1536, MAX_SAMPLES = 2048, SWEEPS = 20 };

/* Bytes that the moments of one layer may take: for each group a matrix of taps by taps, and a row
 * of taps for each of its channels, in double precision. */
#define MOMENTS_LIMIT ((size_t)512 << 20)

/* A layer whose sums are products of weights with taps of its input. Element of a filter: channel
 * c, tap t lies at c * channel_step + t * tap_step. */
struct sums_layer {
    const struct kl_op *floats, *integers;
    const struct kl_tensor *image, *image_q; /* inputs of both */
    int32_t channels, taps, groups;          /* a group of channels sees the same taps */
    int64_t channel_step, tap_step;
};

/* Moments of the taps of one group, over all samples. */
struct moments {
    int64_t samples;
    double *mean, *mean_q; /* [taps]: of floats, of integers as numbers */
    double *second;        /* [taps][taps]: of integers */
    double *cross;    /* [channels of the group][taps]: integers times the channel's float sum */
    double *mean_sum; /* [channels of the group]: of float sums, without bias */
};

static bool describe(const struct ptq *p, int32_t index, struct sums_layer *l)
{
    const struct kl_op *op = p->integers.layers[index].op;
    int32_t before = p->quantised.before[index];
    *l = (struct sums_layer){.integers = op};
    if (before < 0 || op->input_count < 2 || !op->inputs[1] || op->inputs[1]->dtype != KL_S8 ||
        !op->inputs[1]->data) {
        return false;
    }
    l->floats = p->floats.layers[before].op;
    if (l->floats->inputs[1]->dtype != KL_F32) { /* its weights were integers before */
        return false;
    }
    const struct kl_shape *w = &op->inputs[1]->shape;
    l->image = l->floats->inputs[0];
    l->image_q = op->inputs[0];
    switch (op->kind) {
    case KL_OP_FULLY_CONNECTED:
        l->channels = w->dim[0];
        l->taps = w->dim[1];
        l->groups = 1;
        break;
    case KL_OP_CONV_2D:
        l->channels = w->dim[0];
        l->taps = w->dim[1] * w->dim[2] * w->dim[3];
        l->groups = l->image->shape.dim[3] / w->dim[3];
        break;
    case KL_OP_DEPTHWISE_CONV_2D:
        l->channels = w->dim[3];
        l->taps = w->dim[1] * w->dim[2];
        l->groups = w->dim[3];
        break;
    default: return false;
    }
    bool depthwise = op->kind == KL_OP_DEPTHWISE_CONV_2D;
    l->channel_step = depthwise ? 1 : l->taps;
    l->tap_step = depthwise ? l->channels : 1;
    return true;
}

/* Where tap `tap` of group `group` at output position (y, x) lies in the image; -1: outside. */
static int64_t place_of(const struct sums_layer *l, int32_t group, int64_t position, int32_t tap)
{
    const struct kl_op *op = l->integers;
    if (op->kind == KL_OP_FULLY_CONNECTED) {
        return position * l->taps + tap;
    }
    const int32_t *in = l->image->shape.dim, *out = op->outputs[0]->shape.dim;
    const int32_t *filter = op->inputs[1]->shape.dim;
    const struct kl_attr_window *w = &op->attr.window;
    bool depthwise = op->kind == KL_OP_DEPTHWISE_CONV_2D;
    int32_t depth = depthwise ? 1 : filter[3];
    int32_t first = depthwise ? group / (l->channels / in[3]) : group * depth;
    int32_t i = tap % depth, kx = tap / depth % filter[2], ky = tap / depth / filter[2];
    int64_t x = position % out[2], y = position / out[2] % out[1];
    int64_t batch = position / out[2] / out[1];
    int64_t iy = y * w->stride_h + (int64_t)ky * w->dilation_h - w->pad_top;
    int64_t ix = x * w->stride_w + (int64_t)kx * w->dilation_w - w->pad_left;
    return iy < 0 || iy >= in[1] || ix < 0 || ix >= in[2]
               ? -1
               : ((batch * in[1] + iy) * in[2] + ix) * in[3] + first + i;
}

static int64_t position_count(const struct sums_layer *l)
{
    return kl_shape_elements(&l->integers->outputs[0]->shape) / l->channels;
}

/* The float sum of a channel without its bias. */
static double float_sum(const struct sums_layer *l, int32_t channel, const double *taps)
{
    const float *w = (const float *)l->floats->inputs[1]->data + channel * l->channel_step;
    double sum = 0;
    for (int32_t t = 0; t < l->taps; t++) {
        sum += (double)w[t * l->tap_step] * taps[t];
    }
    return sum;
}

static void add_sample(const struct sums_layer *l, int32_t group, const double *taps,
                       const double *taps_q, bool second, struct moments *m)
{
    int32_t channels = l->channels / l->groups;
    m->samples++;
    for (int32_t t = 0; t < l->taps; t++) {
        m->mean[t] += taps[t];
        m->mean_q[t] += taps_q[t];
    }
    for (int32_t c = 0; c < channels; c++) {
        double sum = float_sum(l, group * channels + c, taps);
        m->mean_sum[c] += sum;
        for (int32_t t = 0; second && t < l->taps; t++) {
            m->cross[(int64_t)c * l->taps + t] += sum * taps_q[t];
        }
    }
    for (int32_t t = 0; second && t < l->taps; t++) {
        double *row = m->second + (int64_t)t * l->taps;
        for (int32_t u = 0; taps_q[t] != 0 && u < l->taps; u++) {
            row[u] += taps_q[t] * taps_q[u];
        }
    }
}

/* Take samples of the values that both models have now. */
static void sample_item(const struct ptq *p, const struct sums_layer *l, double *taps,
                        double *taps_q, bool second, struct moments *moments)
{
    int64_t positions = position_count(l);
    int64_t wanted = MAX_SAMPLES / p->options->items + 1;
    int64_t step = second && positions > wanted ? positions / wanted : 1;
    const float *floats = p->floats.values[l->image->id];
    const void *integers = p->integers.values[l->image_q->id];
    for (int32_t g = 0; g < l->groups; g++) {
        for (int64_t at = 0; at < positions; at += step) {
            for (int32_t t = 0; t < l->taps; t++) {
                int64_t place = place_of(l, g, at, t);
                taps[t] = place < 0 ? 0 : (double)floats[place];
                taps_q[t] = place < 0 ? 0 : kl_tensor_number(l->image_q, integers, place);
            }
            add_sample(l, g, taps, taps_q, second, &moments[g]);
        }
    }
}

static double moments_bytes(const struct sums_layer *l)
{
    double taps = l->taps, channels = l->channels;
    return 8 * taps * (taps * l->groups + channels);
}

/* Why the rounding of the layer's weights cannot be chosen; NULL: it can. */
static const char *refuse_rounding(const struct ptq *p, const struct sums_layer *l)
{
    double mebibytes = moments_bytes(l) / (1 << 20);
    if (l->taps > MAX_TAPS) {
        return kl_arena_printf(p->arena, "%d taps for each output; up to %d are rounded", l->taps,
                               MAX_TAPS);
    }
    return mebibytes > (double)(MOMENTS_LIMIT >> 20)
               ? kl_arena_printf(p->arena, "its statistics would take %.0f MiB; the limit is %zu",
                                 mebibytes, MOMENTS_LIMIT >> 20)
               : NULL;
}

static bool new_moments(struct kl_arena *arena, const struct sums_layer *l, bool second,
                        struct moments **moments)
{
    size_t taps = (size_t)l->taps, channels = (size_t)(l->channels / l->groups);
    *moments = KL_NEW(arena, struct moments, (size_t)l->groups);
    for (int32_t g = 0; *moments && g < l->groups; g++) {
        struct moments *m = &(*moments)[g];
        m->mean = KL_NEW(arena, double, taps);
        m->mean_q = KL_NEW(arena, double, taps);
        m->mean_sum = KL_NEW(arena, double, channels);
        m->second = KL_NEW(arena, double, second ? taps *taps : 1);
        m->cross = KL_NEW(arena, double, second ? taps *channels : 1);
        if (!m->mean || !m->mean_q || !m->mean_sum || !m->second || !m->cross) {
            return false;
        }
    }
    return *moments != NULL;
}

static enum kl_err collect(struct ptq *p, const struct sums_layer *l, struct kl_arena *arena,
                           bool second, struct moments **moments, struct kl_diag *diag)
{
    double *taps = KL_NEW(arena, double, (size_t)l->taps);
    double *taps_q = KL_NEW(arena, double, (size_t)l->taps);
    if (!taps || !taps_q || !new_moments(arena, l, second, moments)) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int64_t item = 0; item < p->options->items; item++) {
        KL_TRY(ptq_run(p, p->options->inputs, item, diag));
        sample_item(p, l, taps, taps_q, second, *moments);
    }
    return KL_OK;
}

static double scale_of(const struct sums_layer *l, int32_t channel)
{
    const struct kl_quant *quant = &l->integers->inputs[1]->quant;
    return (double)quant->scale[quant->count > 1 ? channel : 0];
}

/* The rounding of one channel under way. */
struct rounding {
    const struct moments *m;
    const float *w;
    int8_t *q;
    double *slope, scale, ridge, least;
    int32_t taps;
    int64_t step;
    bool centred; /* a bias makes up for means */
};

/* The mean that is no error of tap t. */
static double centre(const struct rounding *r, int32_t t)
{
    return r->centred ? r->m->mean_q[t] / (double)r->m->samples : 0;
}

/* Second moment of two taps, about their centres. */
static double moment(const struct rounding *r, int32_t t, int32_t u)
{
    return r->m->second[(int64_t)t * r->taps + u] / (double)r->m->samples -
           centre(r, t) * centre(r, u);
}

static void find_slope(const struct rounding *r, int32_t in_group)
{
    const double *cross = r->m->cross + (int64_t)in_group * r->taps;
    double n = (double)r->m->samples, mean_sum = r->m->mean_sum[in_group] / n;
    for (int32_t t = 0; t < r->taps; t++) {
        double sum = 0;
        for (int32_t u = 0; u < r->taps; u++) {
            sum += moment(r, t, u) * r->q[u * r->step];
        }
        r->slope[t] = sum * r->scale - (cross[t] / n - centre(r, t) * mean_sum);
    }
}

/* Round weight t the other way, if that makes the error less. */
static bool flip(const struct rounding *r, int32_t t)
{
    double exact = (double)r->w[t * r->step] / r->scale, now = r->q[t * r->step];
    double other = now > exact ? floor(exact) : ceil(exact);
    double step = (other - now) * r->scale;
    double nearer = (other - exact) * (other - exact) - (now - exact) * (now - exact);
    double change =
        step * (2 * r->slope[t] + step * moment(r, t, t)) + r->ridge * nearer * r->scale * r->scale;
    if (fabs(other) > INT8_MAX || other == now || fabs(other - exact) >= 1 || change >= -r->least) {
        return false;
    }
    for (int32_t u = 0; u < r->taps; u++) {
        r->slope[u] += step * moment(r, t, u);
    }
    r->q[t * r->step] = (int8_t)other;
    return true;
}

/*
 * Choose the rounding of one channel. With d the weights as integers say them, minus nothing:
 * the error is d' C d - 2 d' r, with the moments C and r: centred ones if a bias makes up for
 * means. A small share of the mean of C's diagonal keeps weights near their floats that the samples
 * say nothing of.
 */
static void round_channel(const struct sums_layer *l, int32_t channel, const struct moments *m,
                          int32_t in_group, double *slope)
{
    struct rounding r = {.m = m,
                         .w = (const float *)l->floats->inputs[1]->data + channel * l->channel_step,
                         .q = (int8_t *)l->integers->inputs[1]->data + channel * l->channel_step,
                         .slope = slope,
                         .scale = scale_of(l, channel),
                         .taps = l->taps,
                         .step = l->tap_step,
                         .centred = kl_op_bias(l->integers) != NULL};
    double trace = 0;
    for (int32_t t = 0; t < l->taps; t++) {
        trace += moment(&r, t, t);
    }
    r.ridge = 0.01 * trace / l->taps;
    r.least = 1e-15 * trace;
    find_slope(&r, in_group);
    bool better = true;
    for (int sweep = 0; better && sweep < SWEEPS; sweep++) {
        better = false;
        for (int32_t t = 0; t < l->taps; t++) {
            better = flip(&r, t) || better;
        }
    }
}

/* The bias that keeps the mean of the channel's sums, in steps of the accumulator. */
static void correct_bias(const struct sums_layer *l, int32_t channel, const struct moments *m,
                         int32_t in_group)
{
    const struct kl_tensor *bias = kl_op_bias(l->integers), *floats = kl_op_bias(l->floats);
    const int8_t *q = (const int8_t *)l->integers->inputs[1]->data + channel * l->channel_step;
    double n = (double)m->samples, sum = 0, scale = scale_of(l, channel);
    double unit = scale * (double)l->image_q->quant.scale[0];
    for (int32_t t = 0; t < l->taps; t++) {
        sum += m->mean_q[t] / n * q[t * l->tap_step] * scale;
    }
    double wanted =
        (double)((const float *)floats->data)[channel] + m->mean_sum[in_group] / n - sum;
    double value = round(wanted / unit);
    value = fmin(fmax(value, -0x1p30), 0x1p30);
    if (bias->dtype == KL_S64) {
        ((int64_t *)bias->data)[channel] = (int64_t)value;
    } else {
        ((int32_t *)bias->data)[channel] = (int32_t)value;
    }
}

static enum kl_err improve(struct ptq *p, int32_t index, const struct sums_layer *l, bool round,
                           struct kl_arena *arena, struct kl_diag *diag)
{
    struct moments *moments = NULL;
    int32_t channels = l->channels / l->groups;
    double *slope = KL_NEW(arena, double, (size_t)l->taps);
    if (!slope) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(collect(p, l, arena, round, &moments, diag));
    for (int32_t c = 0; c < l->channels; c++) {
        const struct moments *m = &moments[c / channels];
        if (round) {
            round_channel(l, c, m, c % channels, slope);
        }
        if (kl_op_bias(l->integers)) {
            correct_bias(l, c, m, c % channels);
        }
    }
    return kl_layers_renew(&p->integers, index, p->arena, diag);
}

/* A layer that keeps what the pass gave it, or a part of that. */
static enum kl_err note_kept(struct ptq *p, const struct kl_op *op, const char *why,
                             struct kl_diag *diag)
{
    const char *text =
        kl_arena_printf(p->arena, "operator %d (%s): %s", op->position, kl_op_name(op), why);
    if (!text) {
        return KL_FAIL_MEMORY(diag);
    }
    p->kept[p->kept_count++] = text;
    return KL_OK;
}

static enum kl_err improve_layer(struct ptq *p, int32_t index, struct kl_diag *diag)
{
    struct sums_layer l;
    const struct kl_op *op = p->integers.layers[index].op;
    if (!describe(p, index, &l)) {
        bool layer = kl_weights_axis(op) >= 0 && p->quantised.before[index] >= 0 &&
                     op->inputs[1]->dtype == KL_S8;
        return layer ? note_kept(p, op, "weights of this kind are not improved", diag) : KL_OK;
    }
    const char *why = p->options->adaround ? refuse_rounding(p, &l) : NULL;
    bool round = p->options->adaround && !why;
    if (why) {
        KL_TRY(note_kept(p, op, why, diag));
    }
    p->improved += round || kl_op_bias(op);
    struct kl_arena *arena = kl_arena_create(KL_JOB_LIMIT);
    enum kl_err err = arena ? improve(p, index, &l, round, arena, diag) : KL_FAIL_MEMORY(diag);
    kl_arena_free(arena);
    return err;
}

enum kl_err ptq_improve(struct ptq *p, struct kl_diag *diag)
{
    if (!p->options->adaround && !p->options->correct_biases) {
        return KL_OK;
    }
    p->kept = KL_NEW(p->arena, const char *, (size_t)p->integers.count + 1);
    if (!p->kept) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < p->integers.count; i++) {
        KL_TRY(improve_layer(p, i, diag));
    }
    return KL_OK;
}
