/* SPDX-License-Identifier: Apache-2.0 */
/* Weights and tables of kernels with the exact form (plan/exact_channel.h), kept in the plan.
 * Private to plan/. */
#ifndef KINGLET_PLAN_EXACT_STEP_H
#define KINGLET_PLAN_EXACT_STEP_H

#include "plan/exact_channel.h"
#include "plan/lower.h"

/* Memory for the tables of `channels` channels. */
bool kl_exact_tables_make(struct kl_lowering *l, int32_t channels, struct kl_exact_tables *tables);

/* The fields of a parameter struct that point to weights and tables. */
struct kl_exact_fields {
    const int8_t **weights;
    const int32_t **bias;
    struct kl_requant *rq;
};

/* Keep `bytes` of weights, and the tables, and point to them. */
enum kl_err kl_exact_keep(struct kl_lowering *l, const void *weights, size_t bytes,
                          enum kl_dtype dtype, const struct kl_exact_tables *tables,
                          int32_t channels, const struct kl_exact_fields *fields,
                          struct kl_diag *diag) KL_MUST_CHECK;

/* The convolution with tables of the exact form, kept; *made is NULL when a channel has none. */
enum kl_err kl_exact_depthwise_step(struct kl_lowering *l, const struct kl_depthwise_s8 *portable,
                                    struct kl_depthwise_s8 **made,
                                    struct kl_diag *diag) KL_MUST_CHECK;

#endif
