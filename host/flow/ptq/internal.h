/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of post-training quantisation. Private to host/flow. */
#ifndef KINGLET_FLOW_PTQ_INTERNAL_H
#define KINGLET_FLOW_PTQ_INTERNAL_H

#include "flow/layers.h"
#include "flow/quantise_model.h"

/* The float model and the integer model, layer by layer. */
struct ptq {
    const struct kl_ptq_options *options;
    struct kl_arena *arena;
    struct kl_layers floats, integers;
    struct kl_quantised quantised;
    size_t input_bytes; /* of one set of float inputs */
    int32_t improved;   /* layers with weights that rounding or biases improved */
    const char **kept;  /* [kept_count]: layers that they did not, and why */
    int32_t kept_count;
};

/* Run item `item` of `sets` through both models: the integer one gets its inputs quantised. */
enum kl_err ptq_run(struct ptq *p, const unsigned char *sets, int64_t item,
                    struct kl_diag *diag) KL_MUST_CHECK;

/* What the model whose quantisation is kept says of types, into the options. */
void ptq_like_options(struct kl_ptq_options *options);

/* Its scales for the floats; `mine` is what the options made of them without. */
enum kl_err ptq_like(const struct ptq *p, const struct kl_graph *mine,
                     struct kl_quantise_options *options, struct kl_diag *diag) KL_MUST_CHECK;

/* Choose the rounding of weights, and correct biases, as the options say. */
enum kl_err ptq_improve(struct ptq *p, struct kl_diag *diag) KL_MUST_CHECK;

/* Compare the models on all items. */
enum kl_err ptq_compare(struct ptq *p, struct kl_ptq_report *report,
                        struct kl_diag *diag) KL_MUST_CHECK;

/* Try both models on the test's examples, if there are any. */
enum kl_err ptq_test(struct ptq *p, struct kl_ptq_report *report,
                     struct kl_diag *diag) KL_MUST_CHECK;

#endif
