/* SPDX-License-Identifier: Apache-2.0 */
/* Can the int32 accumulators of a model overflow? Decided from its weights. */
#ifndef KINGLET_GRAPH_ACCUMULATOR_H
#define KINGLET_GRAPH_ACCUMULATOR_H

#include "graph/graph.h"

/*
 * Refuse (KL_EUNSUPPORTED) a graph in which an int8 CONV_2D, DEPTHWISE_CONV_2D or
 * FULLY_CONNECTED with constant weights could exceed int32 in any output channel, for some
 * int8 input and some order of the sum. Two forms of the sum are bounded, since kernels may
 * use either:
 *     bias + sum(w * (x - zero_point))      by |bias| + sum|w| * max|x - zero_point|
 *     (bias - zero_point * sum(w)) + sum(w * x)   by |bias - zero_point * sum(w)| + sum|w| * 128
 * The message names operator, channel and bound. Weights that need more than 2^31 reads in
 * all are refused too (KL_ELIMIT). `graph` must be one that kl_graph_verify accepts.
 */
enum kl_err kl_graph_check_accumulators(const struct kl_graph *graph,
                                        struct kl_diag *diag) KL_MUST_CHECK;

#endif
