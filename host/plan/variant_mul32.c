/* SPDX-License-Identifier: Apache-2.0 */
/* Variants for cores that have nothing but a multiplication of 32 bits: kinglet/nn/mul32.h. */
#include "nn/ref/window.h"
#include "plan/exact_step.h"
#include "plan/overlap.h"
#include "plan/pack_halves.h"
#include "plan/variant.h"

/* Scratch memory that is worth its speed; larger filters stay with the portable kernel. */
enum { SCRATCH_LIMIT = 32 * 1024 };

/* Of a tile's four pixels at least three must be there. */
enum { FEW_PIXELS = 3 };

/* Channels that the kernel works on together. */
enum { KERNEL_CHANNELS = 4 };

static enum kl_err keep_conv(struct kl_lowering *l, const struct kl_conv2d_s8 *portable,
                             struct kl_conv2d_mul32_s8 *p, struct kl_diag *diag)
{
    const int32_t channels = p->win.out_c;
    const size_t bytes = kl_pack_halves(portable, NULL);
    const struct kl_exact_fields fields = {&p->stream, &p->bias, &p->rq};
    struct kl_halves_pack pack = {.stream = KL_LOWER_NEW(l, int8_t, bytes)};
    if (!pack.stream || !kl_exact_tables_make(l, channels, &pack.tables)) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_pack_halves(portable, &pack);
    p->rq = portable->rq;
    return kl_exact_keep(l, pack.stream, bytes, KL_S8, &pack.tables, channels, &fields, diag);
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

/* Output channels whose weights of 4 bits are unpacked together: as many as 2 KB hold, in fours. */
static int32_t block_of(const struct kl_conv2d_s8 *portable)
{
    enum { TARGET = 2048 };
    const int64_t fours = TARGET / kl_halves_four_bytes(portable);
    const int64_t all = (portable->win.out_c + KERNEL_CHANNELS - 1) / KERNEL_CHANNELS;
    return (int32_t)(fours < 1 ? 1 : fours > all ? all : fours) * KERNEL_CHANNELS;
}

enum kl_err kl_variant_conv_s4_mul32(struct kl_lowering *l, struct kl_plan_step *step,
                                     struct kl_diag *diag)
{
    const struct kl_conv2d_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const int32_t images = l->op->inputs[0]->shape.dim[0];
    if (portable->groups != 1 || kl_halves_scratch(portable) > SCRATCH_LIMIT / 2 ||
        (int64_t)images * w->out_h * w->out_w < FEW_PIXELS || !kl_halves_fit(portable)) {
        return KL_OK;
    }
    const size_t words = (size_t)kl_halves_words_s4(portable);
    struct kl_conv2d_s4 *p = KL_LOWER_NEW(l, struct kl_conv2d_s4, 1);
    int32_t *packed = KL_LOWER_NEW(l, int32_t, words);
    struct kl_exact_tables tables;
    const void *kept;
    if (!p || !packed || !kl_exact_tables_make(l, w->out_c, &tables)) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_pack_halves_s4(portable, packed, &tables);
    p->win = *w;
    p->in_zero_point = portable->in_zero_point;
    p->block = block_of(portable);
    p->rq = portable->rq;
    const int8_t *bytes;
    const struct kl_exact_fields fields = {&bytes, &p->bias, &p->rq};
    KL_TRY(kl_exact_keep(l, packed, words * sizeof packed[0], KL_S32, &tables, w->out_c, &fields,
                         diag));
    kept = bytes;
    p->weights = kept;
    step->kernel = KL_KERNEL_CONV2D_S4_MUL32;
    step->params = p;
    step->scratch_bytes = (size_t)kl_halves_scratch(portable) +
                          (size_t)(p->block / KERNEL_CHANNELS * kl_halves_four_bytes(portable));
    if (p->block >= w->out_c) {
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
    const int64_t scratch = w->k_h * kl_window_pixels(w) * w->in_c;
    struct kl_depthwise_s8 *p;
    if (!is_3x3(portable) || scratch > SCRATCH_LIMIT) {
        return KL_OK;
    }
    KL_TRY(kl_exact_depthwise_step(l, portable, &p, diag));
    if (!p) {
        return KL_OK;
    }
    step->kernel =
        w->stride_h == 1 ? KL_KERNEL_DEPTHWISE_3X3_S8_MUL32 : KL_KERNEL_DEPTHWISE_3X3_BY_2_S8_MUL32;
    step->params = p;
    step->scratch_bytes = (size_t)scratch;
    step->overlap[0] = kl_overlap_window_rows(w, l->op->inputs[0]->shape.dim[0], 1);
    return KL_OK;
}
