/* SPDX-License-Identifier: Apache-2.0 */
/* Variants for cores that have nothing but a multiplication of 32 bits: kinglet/nn/mul32.h. */
#include "nn/ref/window.h"
#include "plan/overlap.h"
#include "plan/pack_halves.h"
#include "plan/variant.h"

/* Scratch memory that is worth its speed; larger filters stay with the portable kernel. */
enum { SCRATCH_LIMIT = 32 * 1024 };

/* Of a tile's four pixels at least three must be there. */
enum { FEW_PIXELS = 3 };

/* Memory for the tables of `channels` channels. */
static bool make_tables(struct kl_lowering *l, int32_t channels, struct kl_exact_tables *tables)
{
    tables->bias = KL_LOWER_NEW(l, int32_t, channels);
    tables->multiplier = KL_LOWER_NEW(l, int32_t, channels);
    tables->shift = KL_LOWER_NEW(l, int8_t, channels);
    return tables->bias && tables->multiplier && tables->shift;
}

/* Weights and tables, kept in the plan and pointed to. */
struct pointed {
    const int8_t **weights;
    const int32_t **bias;
    struct kl_requant *rq;
};

static enum kl_err keep(struct kl_lowering *l, const int8_t *weights, size_t bytes,
                        const struct kl_exact_tables *tables, int32_t channels,
                        const struct pointed *pointed, struct kl_diag *diag)
{
    const size_t words = (size_t)channels * sizeof(int32_t);
    const void *kept;
    KL_TRY(kl_lower_constant(l, weights, bytes, KL_S8, &kept, diag));
    *pointed->weights = kept;
    KL_TRY(kl_lower_constant(l, tables->bias, words, KL_S32, &kept, diag));
    *pointed->bias = kept;
    KL_TRY(kl_lower_constant(l, tables->multiplier, words, KL_S32, &kept, diag));
    pointed->rq->multiplier = kept;
    KL_TRY(kl_lower_constant(l, tables->shift, (size_t)channels, KL_S8, &kept, diag));
    pointed->rq->shift = kept;
    return KL_OK;
}

static enum kl_err keep_conv(struct kl_lowering *l, const struct kl_conv2d_s8 *portable,
                             struct kl_conv2d_mul32_s8 *p, struct kl_diag *diag)
{
    const int32_t channels = p->win.out_c;
    const size_t bytes = kl_pack_halves(portable, NULL);
    const struct pointed pointed = {&p->stream, &p->bias, &p->rq};
    struct kl_halves_pack pack = {.stream = KL_LOWER_NEW(l, int8_t, bytes)};
    if (!pack.stream || !make_tables(l, channels, &pack.tables)) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_pack_halves(portable, &pack);
    p->rq = portable->rq;
    return keep(l, pack.stream, bytes, &pack.tables, channels, &pointed, diag);
}

enum kl_err kl_variant_conv_mul32(struct kl_lowering *l, struct kl_plan_step *step,
                                  struct kl_diag *diag)
{
    const struct kl_conv2d_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const int32_t images = l->op->inputs[0]->shape.dim[0];
    const int64_t scratch = kl_halves_scratch(portable);
    if (scratch > SCRATCH_LIMIT || (int64_t)images * w->out_h * w->out_w < FEW_PIXELS ||
        !kl_halves_fit(portable)) {
        return KL_OK;
    }
    struct kl_conv2d_mul32_s8 *p = KL_LOWER_NEW(l, struct kl_conv2d_mul32_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->win = *w;
    p->groups = portable->groups;
    p->in_zero_point = portable->in_zero_point;
    KL_TRY(keep_conv(l, portable, p, diag));
    step->kernel = KL_KERNEL_CONV2D_S8_MUL32;
    step->params = p;
    step->scratch_bytes = (size_t)scratch;
    if (portable->groups == 1) {
        step->overlap[0] = kl_overlap_window(w, images, KL_READS_PIXEL, 1);
    }
    return KL_OK;
}

/* The shape that the kernels are made for. */
static bool is_3x3(const struct kl_depthwise_s8 *p)
{
    const struct kl_window *w = &p->win;
    return p->multiplier == 1 && w->k_h == 3 && w->k_w == 3 && w->dil_h == 1 && w->dil_w == 1 &&
           w->stride_h == w->stride_w && w->stride_w <= 2;
}

enum kl_err kl_variant_depthwise_mul32(struct kl_lowering *l, struct kl_plan_step *step,
                                       struct kl_diag *diag)
{
    const struct kl_depthwise_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const size_t bytes = (size_t)w->k_h * (size_t)w->k_w * (size_t)w->out_c;
    const int64_t scratch = w->k_h * kl_window_pixels(w) * w->in_c;
    struct kl_exact_tables tables;
    if (!is_3x3(portable) || scratch > SCRATCH_LIMIT) {
        return KL_OK;
    }
    struct kl_depthwise_s8 *p = KL_LOWER_NEW(l, struct kl_depthwise_s8, 1);
    int8_t *weights = KL_LOWER_NEW(l, int8_t, bytes);
    if (!p || !weights || !make_tables(l, w->out_c, &tables)) {
        return KL_FAIL_MEMORY(diag);
    }
    if (!kl_exact_depthwise(portable, weights, &tables)) {
        return KL_OK;
    }
    *p = *portable;
    const struct pointed pointed = {&p->weights, &p->bias, &p->rq};
    KL_TRY(keep(l, weights, bytes, &tables, w->out_c, &pointed, diag));
    step->kernel =
        w->stride_h == 1 ? KL_KERNEL_DEPTHWISE_3X3_S8_MUL32 : KL_KERNEL_DEPTHWISE_3X3_BY_2_S8_MUL32;
    step->params = p;
    step->scratch_bytes = (size_t)scratch;
    step->overlap[0] = kl_overlap_window_rows(w, l->op->inputs[0]->shape.dim[0], 1);
    return KL_OK;
}
