/* SPDX-License-Identifier: Apache-2.0 */
/* How good a finished model is on a part of a data set: what `kinglet evaluate` does. */
#ifndef KINGLET_FLOW_EVALUATE_MODEL_H
#define KINGLET_FLOW_EVALUATE_MODEL_H

#include <jansson.h>

#include "flow/learn_data.h"
#include "flow/model_job.h"
#include "flow/scores.h"
#include "flow/task.h"

struct kl_evaluation_request {
    const char *data;     /* folder of a data set */
    const char *features; /* the pipeline whose features the model takes; NULL: none */
    const char *against;  /* another model that answers the same examples; NULL: none */
    const char *by;       /* "group" or the name of a tag: a row for each; NULL: no rows */
    enum kl_judged_task task;
    const char *normal;     /* anomalies: the class that was learnt; NULL: "normal", or the first */
    enum kl_data_part part; /* KL_PARTS: all items, whatever split there is */
    int32_t window, hop;    /* of series, as in training */
    uint64_t seed;          /* of the split when the data set has none */
};

/* The examples of one group, or with one value of a tag. */
struct kl_evaluation_row {
    const char *name;
    int32_t count, right;
    int32_t truth;  /* the class of all of them; -1: they differ */
    int32_t answer; /* the class that was answered most often, the first of equals */
};

struct kl_evaluation {
    char data_version[KL_SHA256_HEX_BYTES], features_sha256[KL_SHA256_HEX_BYTES];
    char against_sha256[KL_SHA256_HEX_BYTES];
    int32_t class_count;
    const char *const *class_names;
    struct kl_score score;
    struct kl_pair pair; /* the other model first, this one second; count 0: no other */
    struct kl_evaluation_row *rows;
    int32_t row_count;
    int32_t rows_of_one_class, rows_right; /* the latter: of those, by their most frequent answer */
    bool split_here;              /* the data set has no split; it was made here, by group */
    int32_t leaks, shared_groups; /* as in struct kl_learn_data */
    const struct kl_data_features *features;
};

/*
 * Run the job's model over the part, by the engine and thus with the device's bits. The model has
 * an output for each class of the data set, in its order, or one for its targets. One that finds
 * anomalies repeats its input, or gives distances of which the least counts, or a value called
 * log_likelihood; operators that make a score of it are put behind the job's graph. The result lies
 * in the job's arena. KL_EINPUT when the part is empty or the model does not fit the data.
 */
enum kl_err kl_evaluate_model(struct kl_model_job *job, const struct kl_evaluation_request *request,
                              struct kl_evaluation *evaluation, struct kl_diag *diag) KL_MUST_CHECK;

/* "train", "validation", "test" or "all". */
const char *kl_evaluation_part_name(enum kl_data_part part);

/* Tables for the envelope: data, features, classes, rows. A new reference. */
json_t *kl_evaluation_json(const struct kl_evaluation_request *request,
                           const struct kl_evaluation *evaluation);

#endif
