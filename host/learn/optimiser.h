/* SPDX-License-Identifier: Apache-2.0 */
/* Optimisers and learning rates. */
#ifndef KINGLET_LEARN_OPTIMISER_H
#define KINGLET_LEARN_OPTIMISER_H

#include "learn/net.h"

enum kl_optimiser_kind { KL_SGD, KL_ADAM, KL_ADAMW };
enum kl_schedule_kind { KL_RATE_CONSTANT, KL_RATE_STEP, KL_RATE_COSINE };

struct kl_optimiser_options {
    enum kl_optimiser_kind kind;
    float rate;         /* > 0 */
    float momentum;     /* SGD: 0 .. < 1; 0.9 is usual */
    float weight_decay; /* >= 0; of weights proper. SGD and Adam add it to the gradient, AdamW
                         * (I. Loshchilov, F. Hutter, 2017) to the step */
    float clip;         /* > 0: the gradient's norm is limited to it */
    enum kl_schedule_kind schedule;
    int32_t warmup; /* epochs in which the rate grows from 0, linearly by steps */
    int32_t drop;   /* KL_RATE_STEP: epochs after which the rate falls to a tenth, each time */
};

/* The rate of a step, counted from 0, of `steps` per epoch and `epochs` in all. Cosine: from the
 * rate to 0 over the epochs behind the warm-up (I. Loshchilov, F. Hutter, SGDR, 2016). */
double kl_schedule_rate(const struct kl_optimiser_options *options, int64_t step,
                        int64_t steps_per_epoch, int64_t epochs);

/* State of an optimiser: two moments of each weight. */
struct kl_optimiser {
    struct kl_optimiser_options options;
    float *moment[2]; /* SGD uses the first: the velocity */
    int64_t count;
};

enum kl_err kl_optimiser_create(struct kl_optimiser *optimiser,
                                const struct kl_optimiser_options *options, int64_t count,
                                struct kl_arena *arena, struct kl_diag *diag) KL_MUST_CHECK;

/*
 * One step with the net's gradients. `step` counts from 0 (Adam's bias correction; D. Kingma, J.
 * Ba, 2014, with beta 0.9 and 0.999 and epsilon 1e-8). SGD: v = momentum v - rate g; w += v. False:
 * a gradient is not finite, or beyond 1e18, and nothing was changed.
 */
bool kl_optimiser_step(struct kl_optimiser *optimiser, struct kl_net *net, double rate,
                       int64_t step);

#endif
