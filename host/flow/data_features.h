/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Features of the items of a data set: a feature pipeline run on the host, by the kernels of the
 * device, to the same bits. What was computed is kept in memory, up to a limit, since a training
 * reads every example many times.
 */
#ifndef KINGLET_FLOW_DATA_FEATURES_H
#define KINGLET_FLOW_DATA_FEATURES_H

#include <jansson.h>

#include "data/dataset.h"
#include "features/features.h"
#include "plan/plan.h"

/* Bytes of features that are kept; a data set with more has them computed at every reading. */
#define KL_FEATURES_KEPT ((size_t)1 << 30)

struct kl_data_features {
    const char *name; /* as it was given: a file, or a pipeline of the program */
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_features_facts facts;
    struct kl_shape shape;   /* of the features, without a batch */
    const char *samples_are; /* how samples were taken for int16; NULL: they are no such samples */
    /* The rest is private. */
    struct kl_arena *arena;
    struct kl_plan *plan;
    unsigned char *memory;
    float *samples; /* of one example */
    float factor;   /* from the data set's values to those of the pipeline */
    const struct kl_dataset *dataset;
    int64_t examples;
    int32_t hop;
    float *kept;          /* [examples][features]; NULL: too many */
    unsigned char *known; /* by example: is it kept already? */
};

/* Open the pipeline `name`; of a stream, the whole signal is taken. It lives in `arena`. */
enum kl_err kl_data_features_open(const char *name, struct kl_arena *arena,
                                  struct kl_data_features **features,
                                  struct kl_diag *diag) KL_MUST_CHECK;

/* Does the pipeline take what the data set holds? Kind, rate, channels and size must agree; a
 * pipeline with a rate takes no data set without one. Samples of int16 may be stored as shares of
 * 1, as sound files are, or as numbers up to 32768: the data set's unit says so, or values of items
 * that are no copies and not tested, evenly spread. KL_EINPUT says what differs, and what to do. */
enum kl_err kl_data_features_fit(struct kl_data_features *features,
                                 const struct kl_dataset *dataset,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* Keep features of so many examples of the data set that fits, which begin every `hop` frames. What
 * was kept for the same examples stays. */
enum kl_err kl_data_features_keep(struct kl_data_features *features, int64_t examples, int32_t hop,
                                  struct kl_diag *diag) KL_MUST_CHECK;

/* The features of an example if they are kept; else NULL. */
const float *kl_data_features_kept(const struct kl_data_features *features, int64_t example);

/* Where the samples of an example go: [samples][channels], or the pixels of an image. */
float *kl_data_features_samples(const struct kl_data_features *features);

/* Compute the features of the samples that lie there, to values[]. KL_EINPUT when one of them is no
 * finite number. */
enum kl_err kl_data_features_run(struct kl_data_features *features, int64_t example, float *values,
                                 struct kl_diag *diag) KL_MUST_CHECK;

/* Name, hash, and how samples were taken; a new reference. */
json_t *kl_data_features_json(const struct kl_data_features *features);

#endif
