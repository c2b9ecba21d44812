/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small int8 networks in which channels are constant, dead or zero, as training and pruning leave
 * them: what the removal of channels must find, and must not mistake.
 */
#ifndef KINGLET_TESTS_SPARSE_H
#define KINGLET_TESTS_SPARSE_H

#include "cases.h"

/* Spoil the operator (a convolution or fully connected layer) that was added last: */
/* all weights of output channel `channel` become 0, and its bias `bias`. */
void kt_sparse_silence(struct kt_build *b, int32_t channel, int32_t bias);
/* all weights that meet input channel `channel` become 0; of a depthwise layer, output channel. */
void kt_sparse_ignore(struct kt_build *b, int32_t channel);

/* A random network of several layers, with many zero weights and constant channels; any seed. */
void kt_sparse_network(struct kt_sink *sink, uint64_t seed);

#endif
