/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/exact_step.h"

bool kl_exact_tables_make(struct kl_lowering *l, int32_t channels, struct kl_exact_tables *tables)
{
    tables->bias = KL_LOWER_NEW(l, int32_t, channels);
    tables->multiplier = KL_LOWER_NEW(l, int32_t, channels);
    tables->shift = KL_LOWER_NEW(l, int8_t, channels);
    return tables->bias && tables->multiplier && tables->shift;
}

enum kl_err kl_exact_keep(struct kl_lowering *l, const void *weights, size_t bytes,
                          enum kl_dtype dtype, const struct kl_exact_tables *tables,
                          int32_t channels, const struct kl_exact_fields *fields,
                          struct kl_diag *diag)
{
    const size_t words = (size_t)channels * sizeof(int32_t);
    const void *kept;
    KL_TRY(kl_lower_constant(l, weights, bytes, dtype, &kept, diag));
    *fields->weights = kept;
    KL_TRY(kl_lower_constant(l, tables->bias, words, KL_S32, &kept, diag));
    *fields->bias = kept;
    KL_TRY(kl_lower_constant(l, tables->multiplier, words, KL_S32, &kept, diag));
    fields->rq->multiplier = kept;
    KL_TRY(kl_lower_constant(l, tables->shift, (size_t)channels, KL_S8, &kept, diag));
    fields->rq->shift = kept;
    return KL_OK;
}

enum kl_err kl_exact_depthwise_step(struct kl_lowering *l, const struct kl_depthwise_s8 *portable,
                                    struct kl_depthwise_s8 **made, struct kl_diag *diag)
{
    const struct kl_window *w = &portable->win;
    const size_t bytes = (size_t)w->k_h * (size_t)w->k_w * (size_t)w->out_c;
    struct kl_exact_tables tables;
    *made = NULL;
    struct kl_depthwise_s8 *p = KL_LOWER_NEW(l, struct kl_depthwise_s8, 1);
    int8_t *weights = KL_LOWER_NEW(l, int8_t, bytes);
    if (!p || !weights || !kl_exact_tables_make(l, w->out_c, &tables)) {
        return KL_FAIL_MEMORY(diag);
    }
    if (!kl_exact_depthwise(portable, weights, &tables)) {
        return KL_OK;
    }
    *p = *portable;
    const struct kl_exact_fields fields = {&p->weights, &p->bias, &p->rq};
    *made = p;
    return kl_exact_keep(l, weights, bytes, KL_S8, &tables, w->out_c, &fields, diag);
}
