/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D for ARMv7E-M: columns of 3x3 filters (kl_depthwise_3x3_s8 of
 * kinglet/nn/armv7em.h), or rows of planes (nn/armv7em/planes.h). */
#include "nn/armv7em/planes_shape.h"
#include "plan/exact_step.h"
#include "plan/overlap.h"
#include "plan/pack_columns.h"
#include "plan/variant.h"

static enum kl_err by_columns(struct kl_lowering *l, struct kl_plan_step *step,
                              struct kl_diag *diag)
{
    const struct kl_depthwise_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    if (!kl_columns_fit(portable)) {
        return KL_OK;
    }
    const size_t bytes = kl_columns_bytes(portable);
    int8_t *records = KL_LOWER_NEW(l, int8_t, bytes);
    struct kl_depthwise_3x3_s8 *p = KL_LOWER_NEW(l, struct kl_depthwise_3x3_s8, 1);
    if (!records || !p) {
        return KL_FAIL_MEMORY(diag);
    }
    if (!kl_pack_columns(portable, records, p)) {
        return KL_OK;
    }
    const void *kept;
    KL_TRY(kl_lower_constant(l, records, bytes, KL_S8, &kept, diag));
    p->records = kept;
    step->kernel = w->stride_h == 1 ? KL_KERNEL_DEPTHWISE_3X3_S8_ARMV7EM
                                    : KL_KERNEL_DEPTHWISE_3X3_BY_2_S8_ARMV7EM;
    step->params = p;
    step->scratch_bytes = kl_columns_scratch(p);
    if (w->stride_h == 1) {
        /* Four channels of the whole image are read and written before the next four. */
        step->overlap[0].in_place = w->pad_top <= 2 && w->in_h == w->out_h && w->in_w == w->out_w;
    } else {
        step->overlap[0] = kl_overlap_window_bands(w, l->op->inputs[0]->shape.dim[0], p->band, 1);
    }
    return KL_OK;
}

/* Scratch memory that is worth its speed. */
enum { PLANES_SCRATCH_LIMIT = 16 * 1024 };

/*
 * Modelled cycles on a Cortex-M4, as measured: of a tile and of each segment in it, of an output
 * row of one channel besides, of bringing in a phase of an input row, and of unpacking the weights
 * of a tap, both of four channels; and ten times those of the portable kernel for a multiplication.
 */
enum {
    TILE_CYCLES = 70,
    SEGMENT_CYCLES = 32,
    ROW_CYCLES = 280,
    PHASE_CYCLES = 150,
    TAP_CYCLES = 30,
    PORTABLE_CYCLES_10 = 81
};

/* The planes must take at most 80 % of the portable kernel's time. */
static bool planes_are_worth_it(const struct kl_depthwise_s8 *p)
{
    const struct kl_window *w = &p->win;
    const struct kl_planes_shape shape = kl_planes_shape(w);
    const int64_t taps = (int64_t)w->k_h * w->k_w;
    const int64_t rows = (int64_t)KL_PLANE_CHANNELS * p->multiplier * w->out_h;
    const int64_t tiles = (w->out_w + KL_PLANE_TILE - 1) / KL_PLANE_TILE;
    const int64_t row = tiles * (shape.segments * SEGMENT_CYCLES + TILE_CYCLES) + ROW_CYCLES;
    const int64_t cycles =
        p->multiplier * taps * TAP_CYCLES + (int64_t)w->in_h * shape.phases * PHASE_CYCLES;
    return kl_planes_scratch(p) <= PLANES_SCRATCH_LIMIT &&
           (cycles + rows * row) * 100 <= rows * w->out_w * taps * PORTABLE_CYCLES_10 * 8;
}

static enum kl_err by_planes(struct kl_lowering *l, struct kl_plan_step *step, struct kl_diag *diag)
{
    const struct kl_depthwise_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    struct kl_depthwise_s8 *p;
    if (!kl_planes_fit(portable) || !planes_are_worth_it(portable)) {
        return KL_OK;
    }
    KL_TRY(kl_exact_depthwise_step(l, portable, &p, diag));
    if (!p) {
        return KL_OK;
    }
    if (!kl_depthwise_needs_clamp(portable)) {
        p->rq.min = INT8_MIN;
        p->rq.max = INT8_MAX;
    }
    step->kernel = KL_KERNEL_DEPTHWISE_S8_ARMV7EM;
    step->params = p;
    step->scratch_bytes = (size_t)kl_planes_scratch(p);
    step->overlap[0].in_place = p->multiplier == 1 && w->stride_h == 1 &&
                                w->pad_top < kl_plane_reach(w->k_h, w->dil_h) &&
                                w->in_h == w->out_h && w->in_w == w->out_w;
    return KL_OK;
}

enum kl_err kl_variant_depthwise_armv7em(struct kl_lowering *l, struct kl_plan_step *step,
                                         struct kl_diag *diag)
{
    const void *portable = step->params;
    KL_TRY(by_columns(l, step, diag));
    return step->params == portable ? by_planes(l, step, diag) : KL_OK;
}
