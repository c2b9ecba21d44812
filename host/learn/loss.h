/* SPDX-License-Identifier: Apache-2.0 */
/* Losses of a batch and their gradients. Values are dense [items][values]. */
#ifndef KINGLET_LEARN_LOSS_H
#define KINGLET_LEARN_LOSS_H

#include <stdint.h>

/*
 * Softmax and cross entropy: the mean over the items of -sum_c t_c log softmax(logits)_c, each
 * item weighted by its class. The target t is 1 - smoothing at the label, and smoothing / classes
 * everywhere on top (C. Szegedy et al., Rethinking the Inception architecture, 2015, section 7).
 * `weights` has one number per class, or is NULL. *weight is the sum of the items' weights, so that
 * means of batches can be joined. Sums are made in double precision; `grad` may be NULL.
 */
double kl_loss_classes(const float *logits, const int32_t *labels, int32_t items, int32_t classes,
                       float smoothing, const float *weights, double *weight, float *grad);

/* Mean squared error over all values of the items; `grad` may be NULL. */
double kl_loss_squares(const float *values, const float *targets, int32_t items, int32_t size,
                       float *grad);

#endif
