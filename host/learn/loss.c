/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/loss.h"

#include <math.h>
#include <stddef.h>

static double class_weight(const float *weights, int32_t label)
{
    return weights ? (double)weights[label] : 1.0;
}

/* The loss of one item, and its gradient times `factor`. */
static double item_loss(const float *logits, int32_t label, int32_t classes, double smoothing,
                        double factor, float *grad)
{
    double most = -INFINITY, sum = 0, loss = 0;
    for (int32_t c = 0; c < classes; c++) {
        most = fmax(most, (double)logits[c]);
    }
    for (int32_t c = 0; c < classes; c++) {
        sum += exp((double)logits[c] - most);
    }
    for (int32_t c = 0; c < classes; c++) {
        double log_share = (double)logits[c] - most - log(sum);
        double target = (c == label ? 1.0 - smoothing : 0.0) + smoothing / classes;
        loss -= target > 0 ? target * log_share : 0.0;
        if (grad) {
            grad[c] = (float)(factor * (exp(log_share) - target));
        }
    }
    /* fmax ignores what is no number; a loss must not. */
    return isfinite(sum) ? loss : NAN;
}

double kl_loss_classes(const float *logits, const int32_t *labels, int32_t items, int32_t classes,
                       float smoothing, const float *weights, double *weight, float *grad)
{
    double loss = 0;
    *weight = 0;
    for (int32_t i = 0; i < items; i++) {
        *weight += class_weight(weights, labels[i]);
    }
    double scale = *weight > 0 ? 1.0 / *weight : 0.0;
    for (int32_t i = 0; i < items; i++) {
        double factor = class_weight(weights, labels[i]) * scale;
        loss += factor * item_loss(logits + (ptrdiff_t)i * classes, labels[i], classes,
                                   (double)smoothing, factor,
                                   grad ? grad + (ptrdiff_t)i * classes : NULL);
    }
    return loss;
}

double kl_loss_squares(const float *values, const float *targets, int32_t items, int32_t size,
                       float *grad)
{
    int64_t count = (int64_t)items * size;
    double loss = 0;
    for (int64_t i = 0; i < count; i++) {
        double error = (double)values[i] - (double)targets[i];
        loss += error * error / (double)count;
        if (grad) {
            grad[i] = (float)(2 * error / (double)count);
        }
    }
    return loss;
}
