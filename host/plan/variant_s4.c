/* SPDX-License-Identifier: Apache-2.0 */
/* Layers whose weights need 4 bits only keep them in that form; the kernels are for any core. */
#include "plan/overlap.h"
#include "plan/pack_s4.h"
#include "plan/variant.h"

/*
 * Scratch memory for unpacked weights that is worth fewer walks over the inputs, and how much at
 * least the shorter form has to save. Four channels are what the kernels work on at once.
 */
enum { SCRATCH_TARGET = 2048, SCRATCH_LIMIT = 16 * 1024, MIN_WEIGHTS = 64, CHANNELS = 4 };

/* Bounds of the pack's check: so many products of -128 * -8 and such a bias fit int32. */
enum { MAX_TAPS = 1 << 20, MAX_BIAS = 1 << 30 };

/* The tables of a layer. */
struct layer {
    const int8_t *weights;
    const int32_t *bias;
    const struct kl_requant *rq;
    int32_t channels, taps; /* weights of one channel */
};

static bool sums_fit(const struct layer *layer)
{
    for (int32_t c = 0; c < layer->channels; c++) {
        if (layer->bias[c] < -MAX_BIAS || layer->bias[c] > MAX_BIAS) {
            return false;
        }
    }
    return layer->taps < MAX_TAPS;
}

/* The weights of the step's layer; NULL: none that could be short. */
static const int8_t *weights_of(const struct kl_lowering *l, const struct kl_plan_step *step)
{
    switch (step->kernel) {
    case KL_KERNEL_CONV2D_S8: return ((const struct kl_conv2d_s8 *)step->params)->weights;
    case KL_KERNEL_FULLY_CONNECTED_S8:
        return ((const struct kl_fully_connected_s8 *)step->params)->weights;
    case KL_KERNEL_DEPTHWISE_S8:
        return l->kernels == KL_KERNELS_PORTABLE
                   ? ((const struct kl_depthwise_s8 *)step->params)->weights
                   : NULL;
    default: return NULL;
    }
}

bool kl_step_is_s4(const struct kl_lowering *l, const struct kl_plan_step *step)
{
    const int8_t *weights = l->wide_weights ? NULL : weights_of(l, step);
    const int64_t count = kl_shape_elements(&l->op->inputs[1]->shape);
    return weights && count >= MIN_WEIGHTS && kl_fit_s4(weights, count);
}

/* Keep weights block by block, bias and requantisation. */
static enum kl_err keep_tables(struct kl_lowering *l, const struct layer *layer, int32_t block,
                               const int32_t **weights, const int32_t **bias, struct kl_requant *rq,
                               struct kl_diag *diag)
{
    const size_t channels = (size_t)layer->channels;
    const size_t most = ((size_t)layer->taps * channels) / 8 + channels / (size_t)block + 1;
    const void *kept[4];
    int32_t *words = KL_LOWER_NEW(l, int32_t, most);
    int32_t used = 0;
    if (!words) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < layer->channels; c += block) {
        const int32_t count = layer->channels - c < block ? layer->channels - c : block;
        used += kl_pack_s4(layer->weights + (int64_t)c * layer->taps, (int64_t)count * layer->taps,
                           words + used);
    }
    *rq = *layer->rq;
    KL_TRY(kl_lower_constant(l, words, sizeof words[0] * (size_t)used, KL_S32, &kept[0], diag));
    KL_TRY(kl_lower_constant(l, layer->bias, sizeof(int32_t) * channels, KL_S32, &kept[1], diag));
    KL_TRY(
        kl_lower_constant(l, rq->multiplier, sizeof(int32_t) * channels, KL_S32, &kept[2], diag));
    KL_TRY(kl_lower_constant(l, rq->shift, channels, KL_S8, &kept[3], diag));
    *weights = kept[0];
    *bias = kept[1];
    rq->multiplier = kept[2];
    rq->shift = kept[3];
    return KL_OK;
}

/* As many channels as the scratch memory should hold, in fours; 0: even four are too many. */
static int32_t block_of(const struct layer *layer)
{
    int32_t block = SCRATCH_TARGET / layer->taps / CHANNELS * CHANNELS;
    block = block < CHANNELS ? CHANNELS : block;
    block = block > layer->channels ? layer->channels : block;
    return (int64_t)block * layer->taps <= SCRATCH_LIMIT ? block : 0;
}

/* Images of that window in the operator's input. */
static int32_t images_of(const struct kl_lowering *l, const struct kl_window *w)
{
    const int64_t pixels = (int64_t)w->in_h * w->in_w;
    return (int32_t)(kl_shape_elements(&l->op->inputs[0]->shape) / (pixels * w->in_c));
}

static size_t scratch_of(int64_t weights)
{
    return (size_t)(weights + 7) / 8 * 8;
}

static enum kl_err convolve(struct kl_lowering *l, const struct kl_conv2d_s8 *portable,
                            struct kl_plan_step *step, struct kl_diag *diag)
{
    const struct kl_window *w = &portable->win;
    const int64_t taps = (int64_t)w->k_h * w->k_w * w->in_c;
    const struct layer layer = {portable->weights, portable->bias, &portable->rq, w->out_c,
                                taps < MAX_TAPS ? (int32_t)taps : MAX_TAPS};
    const int32_t block = block_of(&layer);
    if (portable->groups != 1 || block == 0 || !sums_fit(&layer)) {
        return KL_OK;
    }
    struct kl_conv2d_s4 *p = KL_LOWER_NEW(l, struct kl_conv2d_s4, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->win = *w;
    p->in_zero_point = portable->in_zero_point;
    p->block = block;
    KL_TRY(keep_tables(l, &layer, block, &p->weights, &p->bias, &p->rq, diag));
    step->kernel = KL_KERNEL_CONV2D_S4;
    step->params = p;
    step->scratch_bytes = scratch_of((int64_t)block * layer.taps);
    if (block == w->out_c) {
        step->overlap[0] = kl_overlap_window(w, images_of(l, w), KL_READS_ALONG, 1);
    }
    return KL_OK;
}

enum kl_err kl_variant_conv_s4(struct kl_lowering *l, struct kl_plan_step *step,
                               struct kl_diag *diag)
{
    return convolve(l, step->params, step, diag);
}

/* A vector is an image of one line with one pixel, as is a row of the step. */
enum kl_err kl_variant_fully_connected_s4(struct kl_lowering *l, struct kl_plan_step *step,
                                          struct kl_diag *diag)
{
    const struct kl_fully_connected_s8 *p = step->params;
    const struct kl_conv2d_s8 line = {
        {1, 1, p->in_c, 1, 1, p->out_c, 1, 1, 1, 1, 1, 1, 0, 0}, 1, 0, p->weights, p->bias, p->rq};
    return convolve(l, &line, step, diag);
}

enum kl_err kl_variant_depthwise_s4(struct kl_lowering *l, struct kl_plan_step *step,
                                    struct kl_diag *diag)
{
    const struct kl_depthwise_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const int64_t taps = (int64_t)w->k_h * w->k_w;
    const int64_t count = taps * w->out_c;
    const struct layer layer = {portable->weights, portable->bias, &portable->rq, w->out_c,
                                (int32_t)taps};
    if (count > SCRATCH_LIMIT || !sums_fit(&layer)) {
        return KL_OK;
    }
    struct kl_depthwise_s4 *p = KL_LOWER_NEW(l, struct kl_depthwise_s4, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->win = *w;
    p->multiplier = portable->multiplier;
    p->in_zero_point = portable->in_zero_point;
    KL_TRY(keep_tables(l, &layer, w->out_c, &p->weights, &p->bias, &p->rq, diag));
    step->kernel = KL_KERNEL_DEPTHWISE_S4;
    step->params = p;
    step->scratch_bytes = scratch_of(count);
    step->overlap[0] = kl_overlap_window(
        w, images_of(l, w), portable->multiplier == 1 ? KL_READS_CHANNEL : KL_READS_ALONG, 1);
    return KL_OK;
}
