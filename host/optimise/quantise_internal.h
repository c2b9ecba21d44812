/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of quantisation. Private to host/optimise. */
#ifndef KINGLET_OPTIMISE_QUANTISE_INTERNAL_H
#define KINGLET_OPTIMISE_QUANTISE_INTERNAL_H

#include "optimise/quantise.h"

/* How an operator relates the quantisation of its tensors. */
enum quantise_rule {
    RULE_FLOAT,   /* it has no integer form here */
    RULE_NONE,    /* it has no floats */
    RULE_WEIGHTS, /* layer with constant weights; the output has its own scale */
    RULE_OWN,     /* each tensor has its own scale */
    RULE_ALIKE,   /* all tensors have the same scale */
    RULE_FIXED,   /* the output has a scale of its kind */
    RULE_READS    /* floats go in, other types come out */
};

enum quantise_rule quantise_rule(const struct kl_op *op, bool wide);

/* Of RULE_FIXED: the output's quantisation. */
struct kl_scale quantise_fixed(const struct kl_op *op, bool wide);

/* State of the pass. */
struct quantise {
    struct kl_graph *graph;
    struct kl_subgraph *subgraph;
    const struct kl_quantise_options *options;
    int32_t tensor_count;
    int32_t *group;           /* by tensor id: union-find */
    bool *is_fixed;           /* by root */
    struct kl_scale *scales;  /* by root */
    struct kl_range *ranges;  /* by root */
    enum quantise_rule *rule; /* by operator position */
    const char **stay;
    int64_t cut_off; /* weights and biases */
};

/* Decide the rules and the scales of all tensors. */
enum kl_err quantise_scales(struct quantise *q, struct kl_diag *diag) KL_MUST_CHECK;

int32_t quantise_root(const struct quantise *q, int32_t id);

static inline bool quantise_is_float(const struct kl_tensor *tensor)
{
    return tensor && tensor->dtype == KL_F32;
}

/* Least and greatest of a constant. */
struct kl_range quantise_constant_range(const struct kl_tensor *tensor);

/* A copy of the constant in that quantisation. */
enum kl_err quantise_constant(struct quantise *q, const struct kl_tensor *constant,
                              struct kl_scale scale, struct kl_tensor **made,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* New weights and bias for a layer whose input has that scale. */
enum kl_err quantise_weights(struct quantise *q, struct kl_op *op, float in_scale,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Quantisation per tensor. */
enum kl_err quantise_set(struct kl_graph *graph, struct kl_tensor *tensor, struct kl_scale scale,
                         struct kl_diag *diag) KL_MUST_CHECK;

#endif
