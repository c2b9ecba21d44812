/* SPDX-License-Identifier: Apache-2.0 */
/* The passes, one file each. Every pass works on all subgraphs and fails only when memory is
 * short. */
#ifndef KINGLET_OPTIMISE_PASSES_H
#define KINGLET_OPTIMISE_PASSES_H

#include "graph/graph.h"

/* Operators that only rename a shape become RESHAPE without a shape input. */
enum kl_err kl_pass_canonicalise(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* SHAPE, and operators that only move constants, become constants. */
enum kl_err kl_pass_fold_constants(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* RELU and RELU6 behind an operator that can clamp become its fused activation. */
enum kl_err kl_pass_fuse_activations(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* PAD in front of a convolution, or PADV2 with the lowest value in front of a pool of maxima,
 * becomes its own padding. */
enum kl_err kl_pass_fuse_pads(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* Channels that only take one value go into the biases of their readers, and channels that nothing
 * depends on go away; graph->removed counts them. */
enum kl_err kl_pass_remove_channels(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

/* Operators whose results nobody reads go away. */
/* Subtract 128 from values and zero points of uint8 models, where that gives the same bits. */
enum kl_err kl_pass_uint8_to_int8(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

enum kl_err kl_pass_remove_dead(struct kl_graph *graph, struct kl_diag *diag) KL_MUST_CHECK;

#endif
