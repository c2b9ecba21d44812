/* SPDX-License-Identifier: Apache-2.0 */
/* Variants for ARMv7E-M: kinglet/nn_armv7em.h. */
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

/*
 * The least lead of the output over the input when pixels are computed in order. In row y from
 * pixel x on, no input before row first(y), column (x + 1) * stride - pad is read again, nor
 * anything before row first(y + 1). Between the columns where that place stops to be the row's
 * begin, and the row's end, both sides move evenly: it is enough to look at the ends.
 */
static int64_t lead_of(const struct kl_window *w, int64_t images)
{
    int64_t lead = INT64_MIN;
    int64_t turn = (w->pad_left + w->stride_w - 1) / w->stride_w - 1; /* last with column <= 0 */
    const int64_t columns[] = {0, turn - 1, turn, turn + 1, w->out_w - 2, w->out_w - 1};
    for (int64_t row = 0; row < images * w->out_h; row++) {
        int64_t first[2];
        for (int64_t i = 0; i < 2; i++) {
            int64_t y = (row + i) % w->out_h * w->stride_h - w->pad_top;
            first[i] = ((row + i) / w->out_h * w->in_h + (y > 0 ? y : 0)) * w->in_w;
        }
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
            int64_t x = columns[i];
            bool ends = x == w->out_w - 1;
            if (x < 0 || x >= w->out_w || (ends && row == images * w->out_h - 1)) {
                continue;
            }
            int64_t column = (x + 1) * w->stride_w - w->pad_left;
            int64_t here = ends ? INT64_MAX : first[0] + (column > 0 ? column : 0);
            int64_t unread = here < first[1] ? here : first[1];
            int64_t written = (row * w->out_w + x + 1) * w->out_c;
            int64_t needed = written - unread * w->in_c;
            lead = needed > lead ? needed : lead;
        }
    }
    return lead;
}

enum kl_err kl_variant_conv_armv7em(struct kl_lowering *l, struct kl_plan_step *step,
                                    struct kl_diag *diag)
{
    const struct kl_conv2d_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const int64_t line = (int64_t)w->in_c / portable->groups * w->k_w;
    const int64_t padded = (line + 3) / 4 * 4;
    const int64_t scratch = padded * w->k_h * 9;
    const int32_t *stream;
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
    step->overlap[0] = (struct kl_plan_overlap){.allowed = portable->groups == 1,
                                                .lead = lead_of(w, l->op->inputs[0]->shape.dim[0])};
    return KL_OK;
}

enum kl_err kl_variant_fully_connected_armv7em(struct kl_lowering *l, struct kl_plan_step *step,
                                               struct kl_diag *diag)
{
    const struct kl_fully_connected_s8 *portable = step->params;
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
