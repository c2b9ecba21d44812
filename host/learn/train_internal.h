/* SPDX-License-Identifier: Apache-2.0 */
/* A training under way. Private to host/learn. */
#ifndef KINGLET_LEARN_TRAIN_INTERNAL_H
#define KINGLET_LEARN_TRAIN_INTERNAL_H

#include "learn/checkpoint.h"
#include "learn/train.h"

struct trainer {
    const struct kl_train_options *options;
    const struct kl_learn_set *training, *validation;
    const struct kl_normalisation *normalisation;
    struct kl_train_progress *progress;
    struct kl_train_result *result;
    struct kl_net *net;
    struct kl_optimiser optimiser;
    struct kl_arena *arena;
    int32_t *order;  /* of the items in this epoch */
    int32_t *labels; /* of the batch */
    float *targets;  /* of the batch */
    int32_t steps;   /* of an epoch */
    int32_t epoch;   /* the next one to run */
    int32_t best;    /* epoch of the best weights; -1: none yet */
    float *best_weights, *best_statistics;
    double started, before; /* seconds: when this run began, and of earlier runs */
};

/* Items of a set into places of the net's input, normalised. KL_EINPUT for what is no number. */
enum kl_err train_load(const struct kl_net *net, const struct kl_learn_set *set,
                       const struct kl_normalisation *normalisation, int32_t item, int32_t place,
                       struct kl_diag *diag);

/*
 * Put neighbours along each dimension of an item to 0: up to as many as the mask has there, from
 * anywhere on (time and frequency of a spectrogram: D. Park et al., SpecAugment, 2019). What is
 * drawn depends on the stream alone.
 */
void train_mask(const struct kl_shape *shape, const struct kl_shape *mask, uint64_t stream,
                float *values);

/* KL_EUSAGE for a mask that is larger than an item. */
enum kl_err train_check_mask(const struct kl_shape *shape, const struct kl_shape *mask,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* The state after an epoch, to the file of the options; and back. */
enum kl_err train_save(const struct trainer *t, struct kl_diag *diag);
enum kl_err train_restore(struct trainer *t, struct kl_diag *diag);

#endif
