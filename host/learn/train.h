/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The training loop. What it does depends on seed, data, options, instruction set and number of
 * threads only: two runs give the same bits, and so does a run that was interrupted and resumed.
 */
#ifndef KINGLET_LEARN_TRAIN_H
#define KINGLET_LEARN_TRAIN_H

#include "learn/net.h"
#include "learn/optimiser.h"

/* Items to learn from. */
struct kl_learn_set {
    int32_t count;
    struct kl_shape shape; /* of one item, without a batch */
    int32_t channels;      /* that are normalised each alone: value k is of channel k % channels;
                            * 0: those of the last dimension */
    int32_t classes;
    int32_t target_size; /* values of a target; 0: none */
    /* Item 0 .. count-1 as dense float values. */
    enum kl_err (*read)(void *context, int32_t item, float *values, struct kl_diag *diag);
    void *context;
    const int32_t *labels; /* 0 .. classes-1, of classification and of anomalies (0: normal) */
    const float *targets;  /* [count][target_size], of regression */
};

enum kl_task {
    KL_TASK_CLASSES, /* softmax and cross entropy with the labels */
    KL_TASK_VALUES,  /* mean squared error with the targets */
    KL_TASK_REPEAT   /* mean squared error with the input itself: an autoencoder */
};

/* Inputs become (x - mean) / deviation, by channel. */
struct kl_normalisation {
    int32_t channels; /* 0: none */
    float *mean, *deviation;
};

struct kl_train_options {
    enum kl_task task;
    int32_t epochs, batch;
    uint64_t seed;
    /* What the data are and how they were divided, for the checkpoint; NULL: not known. */
    const char *data_content, *data_version, *split;
    uint64_t split_seed;
    struct kl_optimiser_options optimiser;
    float smoothing;      /* of labels */
    struct kl_shape mask; /* at most so many neighbours along each dimension of an item are put to 0
                           * (the mean of what is normalised), drawn anew whenever it is learnt
                           * from; rank 0: none */
    const float *class_weights; /* one per class, or NULL */
    int32_t patience;           /* > 0: stop after so many epochs without a better validation */
    const char *checkpoint;     /* written after every epoch; NULL: none */
    bool resume;                /* go on from that checkpoint */
    const char *network;        /* the text, for the checkpoint */
    const char *identity;       /* what else must agree to resume: data, settings; one line */
    const volatile bool *stop;  /* set from outside: end after this step */
};

/* One epoch. Validation is NaN without a validation set. */
struct kl_epoch {
    double loss, rate;
    double validation_loss, accuracy; /* accuracy: of classes only */
};

struct kl_train_result {
    int32_t epochs; /* run */
    int32_t best;   /* whose weights were kept, from 0 */
    struct kl_epoch *history;
    bool stopped; /* from outside */
    bool early;   /* for lack of improvement */
    double seconds;
};

/* After every epoch, and some times within. `share` of the epoch is done. */
struct kl_train_progress {
    void (*show)(void *user, const struct kl_train_progress *progress);
    void *user;
    int32_t epoch, epochs;
    double share, loss, seconds_left;
    const struct kl_epoch *last; /* NULL in the first epoch */
};

/* How many channels are normalised each alone. */
int32_t kl_learn_channels(const struct kl_learn_set *set);

/* The mean and deviation of each channel over a set; constant channels get a deviation of 1.
 * KL_EINPUT for values that are no numbers. */
enum kl_err kl_normalisation_measure(const struct kl_learn_set *set, struct kl_arena *arena,
                                     struct kl_normalisation *normalisation,
                                     struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Train the graph; the best weights go into it (by accuracy on the validation set, then by its
 * loss; without a set the last ones). `validation` may be NULL. KL_ECHECK when the loss is no
 * longer a number. After a stop from outside the best so far is kept.
 */
enum kl_err kl_train(struct kl_graph *graph, const struct kl_train_options *options,
                     const struct kl_learn_set *training, const struct kl_learn_set *validation,
                     const struct kl_normalisation *normalisation,
                     struct kl_train_progress *progress, struct kl_arena *arena,
                     struct kl_train_result *result, struct kl_diag *diag) KL_MUST_CHECK;

/* The outputs of the graph, as it is, for every item: dense [count][output size], before a SOFTMAX
 * at its end when `logits`. */
enum kl_err kl_train_outputs(struct kl_graph *graph, const struct kl_learn_set *set,
                             const struct kl_normalisation *normalisation, bool logits,
                             struct kl_arena *arena, float **outputs, int32_t *size,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
