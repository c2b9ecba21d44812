/* SPDX-License-Identifier: Apache-2.0 */
/* From a network in training to a model. */
#ifndef KINGLET_OPTIMISE_TRAINING_H
#define KINGLET_OPTIMISE_TRAINING_H

#include "graph/graph.h"

/*
 * Take BATCH_NORM and DROPOUT out of the graph. A BATCH_NORM behind CONV_2D, DEPTHWISE_CONV_2D or
 * FULLY_CONNECTED that has no activation and no other reader goes into its weights and bias, else
 * it becomes MUL and ADD. Not one of the exact passes: rounding differs in the last digits. The
 * factors are computed in double precision; new weights lie in the graph's arena.
 */
enum kl_err kl_fold_training(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* Fold BATCH_NORM in the same way, and leave DROPOUT: the network that a training goes on with when
 * it begins with the weights of a model, into which batch norms were folded. */
enum kl_err kl_fold_batch_norm(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

#endif
