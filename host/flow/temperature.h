/* SPDX-License-Identifier: Apache-2.0 */
/* Do a classifier's probabilities say how often it is right, and which temperature makes them. */
#ifndef KINGLET_FLOW_TEMPERATURE_H
#define KINGLET_FLOW_TEMPERATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

enum { KL_RELIABILITY_BINS = 15 };

/* Answers whose probability lies in one of the equal parts of 0 to 1. */
struct kl_reliability_bin {
    int64_t count;
    double confidence, accuracy; /* means; 0 without answers */
};

/* Before or after the temperature. */
struct kl_reliability {
    double nll; /* mean negative log-likelihood, natural logarithm */
    double ece; /* expected calibration error: mean distance of confidence and accuracy over the
                 * bins, weighted by their counts */
    struct kl_reliability_bin bins[KL_RELIABILITY_BINS];
};

struct kl_temperature {
    int64_t count;
    bool logits;        /* the outputs are no probabilities: a softmax makes them */
    bool limited;       /* the temperature lies at an end of what is tried, 0.05 to 20 */
    double temperature; /* by which logits are divided */
    struct kl_reliability before, after;
};

/*
 * Fit the temperature to outputs [count][classes] (probabilities that sum to about 1, or else
 * logits) and labels, by the least mean negative log-likelihood. Logits of probabilities are
 * their logarithms, where `floor` > 0 stands for what is below it: half a step of a quantised
 * output. Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On calibration of modern neural
 * networks, ICML 2017; the error with its 15 bins, too. count and classes are 1 or more.
 */
enum kl_err kl_temperature_fit(const float *outputs, const int32_t *labels, int64_t count,
                               int32_t classes, double floor, struct kl_arena *arena,
                               struct kl_temperature *calibration,
                               struct kl_diag *diag) KL_MUST_CHECK;

#endif
