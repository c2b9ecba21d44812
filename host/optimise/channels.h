/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be known of the channels of int8 tensors: which values they can take, and whether
 * anything depends on them. Private to optimise/.
 *
 * A channel is one index of a tensor's last dimension. What is said of a channel holds for all
 * its elements and for every input of the model.
 */
#ifndef KINGLET_OPTIMISE_CHANNELS_H
#define KINGLET_OPTIMISE_CHANNELS_H

#include "graph/graph.h"

/* Tensors with more channels are not looked at. */
enum { CHANNELS_MAX = 1 << 16 };

/* The channels of one tensor. */
struct channels {
    int32_t count;      /* 0: the tensor is not looked at */
    int8_t *low, *high; /* bounds of the values that the channel takes */
    bool *live;         /* a result of the model may depend on it */
    bool *kept;         /* stays when the rest is removed; every live channel does */
};

struct channel_analysis {
    struct kl_graph *graph;
    struct kl_subgraph *subgraph;
    struct kl_arena *scratch;
    struct channels *of;             /* by tensor id */
    const struct product **products; /* by the operator's position; NULL: none */
};

/* The channels of a tensor (NULL: of an omitted input). */
static inline const struct channels *channels_of(const struct channel_analysis *a,
                                                 const struct kl_tensor *tensor)
{
    static const struct channels none;
    return tensor ? &a->of[tensor->id] : &none;
}

/* Where a filter's tap can lie, over all pixels of the output. */
enum { TAP_INSIDE = 1, TAP_OUTSIDE = 2 };

/*
 * CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED on int8, in one form. Channel c of the output is
 * made from the group c / out_per_group of input channels; the weight of tap t and input channel i
 * of the group is weights[c * out_step + t * tap_step + i]. A FULLY_CONNECTED over several pixels
 * has a tap for each.
 */
struct product {
    const struct kl_op *op;
    const struct channels *in, *out;
    const int8_t *weights;
    const int32_t *bias; /* NULL: zeros */
    int32_t groups, in_per_group, out_per_group;
    int32_t taps;
    const unsigned char *tap; /* [taps] TAP_ bits */
    int64_t out_step, tap_step;
    int32_t zero_point;   /* of the input: what taps outside the image read */
    int32_t channel_axis; /* of the weights: output channels */
};

/* Fill in the products of the subgraph: these operators, where they can be looked into. */
enum kl_err products_find(struct channel_analysis *a, struct kl_diag *diag) KL_MUST_CHECK;

/* The operator as a product, or NULL. */
static inline const struct product *product_of(const struct channel_analysis *a,
                                               const struct kl_op *op)
{
    return a->products[op->position];
}

/* Values low .. high, minus the zero point, that a tap reads from channel i of its group. */
struct product_input {
    int32_t low, high;
};
struct product_input product_input(const struct product *p, int32_t channel, int32_t tap,
                                   int32_t i);

/* The smallest and the largest accumulator of output channel `channel`. */
void product_bounds(const struct product *p, int32_t channel, int64_t *low, int64_t *high);

static inline int8_t product_weight(const struct product *p, int32_t channel, int32_t tap,
                                    int32_t i)
{
    return p->weights[channel * p->out_step + tap * p->tap_step + i];
}

/*
 * Operators that keep channels apart. Output channel first + j, j < span, is made of channel
 * j % count of this input, and of no other channel of it. `tied`: the two can only be removed
 * together; else the input is broadcast over the channels.
 */
struct channel_link {
    int32_t first, span;
    bool tied;
};

/* Does the operator (not a product) keep channels apart? Then channel_link describes each input
 * that has channels. */
bool channels_stay_apart(const struct channel_analysis *a, const struct kl_op *op);
struct channel_link channel_link(const struct channel_analysis *a, const struct kl_op *op,
                                 int32_t input);

/* Fill in low and high of all tensors. */
void channels_find_ranges(struct channel_analysis *a);

/* Fill in live, then kept, from the ranges; false when it was given up. */
bool channels_find_use(struct channel_analysis *a);

#endif
