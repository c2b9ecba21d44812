/* SPDX-License-Identifier: Apache-2.0 */
/* Variants for ARMv7E-M: kinglet/nn/armv7em.h. */
#include "plan/overlap.h"
#include "plan/pack_pairs.h"
#include "plan/variant.h"

/* Scratch memory that is worth its speed; larger filters stay with the portable kernel. */
enum { SCRATCH_LIMIT = 32 * 1024 };

/* Pack all groups, one after the other. *stream: kept in the plan; NULL when they do not fit. */
static enum kl_err pack_groups(struct kl_lowering *l, const struct kl_pairs_source *first,
                               int32_t groups, const int32_t **stream, struct kl_diag *diag)
{
    struct kl_pairs_source s = *first;
    size_t words = 0;
    int32_t *packed = NULL;
    *stream = NULL;
    for (int pass = 0; pass < 2; pass++) {
        s = *first;
        words = 0;
        for (int32_t g = 0; g < groups; g++) {
            if (pass == 0 && !kl_pairs_fit(&s)) {
                return KL_OK;
            }
            words += kl_pack_pairs(&s, packed ? packed + words : NULL);
            s.weights += (int64_t)s.channels * s.lines * s.line;
            s.bias += s.channels;
            s.rq.multiplier += s.channels;
            s.rq.shift += s.channels;
        }
        if (!packed) {
            packed = KL_LOWER_NEW(l, int32_t, words);
        }
        if (!packed) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    const void *kept;
    KL_TRY(kl_lower_constant(l, packed, words * sizeof packed[0], KL_S32, &kept, diag));
    *stream = kept;
    return KL_OK;
}

static struct kl_pairs_s8 pairs_of(const struct kl_pairs_source *source, const int32_t *stream)
{
    const struct kl_requant *rq = &source->rq;
    return (struct kl_pairs_s8){.stream = stream,
                                .inputs = kl_pairs_inputs(source->lines, source->line),
                                .out_zero_point = rq->out_zero_point,
                                .min = rq->min,
                                .max = rq->max};
}

/* The step by vectors, as `portable` describes it. */
static enum kl_err by_vectors(struct kl_lowering *l, const struct kl_fully_connected_s8 *portable,
                              struct kl_plan_step *step, struct kl_diag *diag)
{
    const struct kl_pairs_source source = {.weights = portable->weights,
                                           .bias = portable->bias,
                                           .rq = portable->rq,
                                           .channels = portable->out_c,
                                           .lines = 1,
                                           .line = portable->in_c,
                                           .block = 4};
    const int32_t *stream;
    KL_TRY(pack_groups(l, &source, 1, &stream, diag));
    struct kl_fully_connected_pairs_s8 *p = KL_LOWER_NEW(l, struct kl_fully_connected_pairs_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    if (!stream) {
        return KL_OK;
    }
    p->in_c = portable->in_c;
    p->out_c = portable->out_c;
    p->pairs = pairs_of(&source, stream);
    step->kernel = KL_KERNEL_FULLY_CONNECTED_S8_ARMV7EM;
    step->params = p;
    step->scratch_bytes = p->pairs.inputs == p->in_c ? 0 : (size_t)p->pairs.inputs;
    return KL_OK;
}

enum kl_err kl_variant_fully_connected_armv7em(struct kl_lowering *l, struct kl_plan_step *step,
                                               struct kl_diag *diag)
{
    return by_vectors(l, step->params, step, diag);
}

/* So few pixels, a row each, that a tile would stay empty: a row is a vector. */
static bool is_few_vectors(const struct kl_conv2d_s8 *p, int64_t images)
{
    const struct kl_window *w = &p->win;
    return w->in_w == 1 && w->out_w == 1 && w->k_h == 1 && w->k_w == 1 && w->in_h == w->out_h &&
           w->pad_top == 0 && w->pad_left == 0 && p->groups == 1 && images * w->out_h <= 3;
}

enum kl_err kl_variant_conv_armv7em(struct kl_lowering *l, struct kl_plan_step *step,
                                    struct kl_diag *diag)
{
    const struct kl_conv2d_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const int64_t line = (int64_t)w->in_c / portable->groups * w->k_w;
    const int64_t padded = (line + 3) / 4 * 4;
    const int64_t scratch = padded * w->k_h * 9;
    const int64_t images = l->op->inputs[0]->shape.dim[0];
    const int32_t *stream;
    if (is_few_vectors(portable, images)) {
        const struct kl_fully_connected_s8 flat = {w->in_c, w->out_c, portable->weights,
                                                   portable->bias, portable->rq};
        return by_vectors(l, &flat, step, diag);
    }
    if (scratch > SCRATCH_LIMIT) {
        return KL_OK;
    }
    const struct kl_pairs_source source = {.weights = portable->weights,
                                           .bias = portable->bias,
                                           .rq = portable->rq,
                                           .channels = w->out_c / portable->groups,
                                           .lines = w->k_h,
                                           .line = (int32_t)line,
                                           .block = 1};
    KL_TRY(pack_groups(l, &source, portable->groups, &stream, diag));
    struct kl_conv2d_pairs_s8 *p = KL_LOWER_NEW(l, struct kl_conv2d_pairs_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    if (!stream) {
        return KL_OK;
    }
    p->win = *w;
    p->groups = portable->groups;
    p->in_zero_point = portable->in_zero_point;
    p->pairs = pairs_of(&source, stream);
    step->kernel = KL_KERNEL_CONV2D_S8_ARMV7EM;
    step->params = p;
    step->scratch_bytes = (size_t)scratch;
    if (portable->groups == 1) {
        step->overlap[0] = kl_overlap_window(w, l->op->inputs[0]->shape.dim[0], KL_READS_PIXEL, 1);
    }
    return KL_OK;
}
