/* SPDX-License-Identifier: Apache-2.0 */
/* DEPTHWISE_CONV_2D for ARMv7E-M: kl_depthwise_3x3_s8 of kinglet/nn/armv7em.h. */
#include "plan/pack_columns.h"
#include "plan/variant.h"

enum kl_err kl_variant_depthwise_armv7em(struct kl_lowering *l, struct kl_plan_step *step,
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
    /* Four channels of the whole image are read and written before the next four. */
    step->overlap[0].in_place =
        w->stride_h == 1 && w->pad_top <= 2 && w->in_h == w->out_h && w->in_w == w->out_w;
    return KL_OK;
}
