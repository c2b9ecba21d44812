/* SPDX-License-Identifier: Apache-2.0 */
/* A data set as inputs for quantisation: training part for ranges, validation part for the
 * comparison, test part for accuracy. */
#ifndef KINGLET_FLOW_PTQ_DATA_H
#define KINGLET_FLOW_PTQ_DATA_H

#include "flow/quantise_model.h"

struct kl_dataset;
struct kl_learn_data;

struct kl_ptq_data {
    const char *path;         /* folder of a data set */
    int64_t window, hop;      /* of series, as in training; 0: items as they are */
    const char *features;     /* the pipeline whose features the model takes; NULL: none */
    char features_sha256[65]; /* out */
    int64_t items;            /* of the training part that ranges come from, evenly spread; >= 1 */
    int64_t checks;           /* of the validation part that are compared; 0: at most 1000 */
    uint64_t seed;            /* of the split when the data set has none */
    bool values, anomalies;   /* items need a target, or are those of one class; else a label if the
                               * data set has any */
    const char *normal;       /* that class; NULL: kl_learn_normal */
    /* Out: */
    char content[65], version[65];     /* hashes of the data set */
    char cautions[400];                /* kl_learn_cautions of the test part; "": none */
    struct kl_dataset *dataset;        /* while it is open */
    const struct kl_learn_data *parts; /* once it is read */
};

/* Open the data set; kl_ptq_data_close in any case. KL_EUNSUPPORTED in a build without training. */
enum kl_err kl_ptq_data_open(struct kl_ptq_data *data, struct kl_arena *arena,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Then set inputs, checks and test of the options, for a model with one input of floats. The test
 * is set for a model with an output for each class, and not read. Everything lies in `arena`. */
enum kl_err kl_ptq_data_read(struct kl_ptq_data *data, const struct kl_graph *model,
                             struct kl_arena *arena, struct kl_ptq_options *options,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Has the data set no split of its own, so that it was made by a hash of the groups and the seed?
 */
bool kl_ptq_data_split_here(const struct kl_ptq_data *data);
void kl_ptq_data_close(struct kl_ptq_data *data);

/* At most `most` examples of a set, evenly spread, back to back: inputs of struct kl_ptq_options.
 * Absent from a build without training. */
enum kl_err kl_ptq_examples(const struct kl_learn_set *set, int64_t most, struct kl_arena *arena,
                            const unsigned char **sets, int64_t *count,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
