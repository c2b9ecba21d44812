/* SPDX-License-Identifier: Apache-2.0 */
/* A training from data set and network to model: what `kinglet train` does. */
#ifndef KINGLET_FLOW_TRAIN_RUN_H
#define KINGLET_FLOW_TRAIN_RUN_H

#include <jansson.h>

#include "flow/learn_data.h"
#include "flow/scores.h"
#include "learn/network.h"

/* Training examples that ranges of quantisation come from. */
enum { KL_TRAIN_RANGES = 128 };

enum { KL_TRAIN_FOLDS = 64, KL_TRAIN_SETTINGS = 16 };

/* What the models of a cross-validation answer to the items that they have not seen, by item of the
 * data set. */
struct kl_train_answers {
    const struct kl_dataset *dataset; /* valid during kl_train_run */
    int32_t classes;
    int32_t *labels;      /* -1: the item was in no fold */
    int32_t *windows;     /* of it that were answered */
    float *probabilities; /* [items][classes]: the mean over its windows */
};

/* Look at them while the data set is open. */
typedef enum kl_err kl_train_judge(void *context, const struct kl_train_answers *answers,
                                   struct kl_arena *arena, struct kl_diag *diag);

struct kl_train_request {
    const char *network;  /* a file, or the name of one of the zoo */
    const char *data;     /* folder of a data set */
    const char *output;   /* folder for checkpoint, model and page; NULL: nothing is written */
    const char *features; /* a pipeline, by its file or name; NULL: values as they are */
    const char *from;     /* checkpoint or model whose weights to begin with, or NULL */
    bool freeze;          /* write the result in the quantisation of that model, too */
    bool anomalies;       /* the task: an autoencoder of the class rule.normal */
    bool values;          /* the task: targets instead of classes */
    bool balance;         /* weigh classes by how rare they are */
    bool raw;             /* inputs are not normalised */
    bool int8;            /* with folds: quantise each model, and compare */
    const char *network_option; /* one that was given and is of networks only; NULL: none */
    int32_t threads;            /* 0: one */
    kl_train_judge *judge;      /* called after a cross-validation, with `context`; or NULL */
    void *context;
    struct kl_learn_rule rule;
    struct kl_network_setting settings[KL_TRAIN_SETTINGS];
    int32_t setting_count;
    struct kl_train_options options; /* task, class weights, checkpoint and texts are filled in */
};

/* The result in the quantisation of the model that it began with. */
struct kl_train_frozen {
    const char *path;         /* NULL: not asked for */
    int64_t bytes, different; /* of the file, and from that model */
    int64_t cut_off;          /* weights and biases that its scales do not reach */
};

struct kl_train_report {
    const char *network, *task, *data_path;
    bool likelihood; /* `error` of the scores is the mean of minus the log-likelihood */
    char text_sha256[KL_SHA256_HEX_BYTES]; /* of the network */
    char data_content[KL_SHA256_HEX_BYTES], data_version[KL_SHA256_HEX_BYTES];
    int32_t classes;
    const char *const *class_names;
    int32_t counts[KL_PARTS];
    int32_t left_out, padded;
    int32_t leaks, shared_groups; /* as in struct kl_learn_data; of folds the sum, and the most */
    const struct kl_data_features *features; /* or NULL */
    bool split_here;
    int64_t weights, macs;
    bool from_model;
    int32_t taken, all;    /* tensors that --from gave, or layers of a model */
    const char *from_data; /* what its weights have seen, as far as it is known */
    struct kl_train_result result;
    struct kl_score validation, test;
    int32_t folds;
    struct kl_pair int8;                            /* of all folds: floats, integers */
    double fold_score[KL_TRAIN_FOLDS];              /* accuracy, or mean squared error of values */
    const char *checkpoint, *model, *page, *record; /* written files, or NULL */
    struct kl_train_frozen frozen;
    const char *isa;
    uint64_t seed, split_seed;
    int32_t threads;
};

/* Run it. The test part is read once, after the training, by the model as it is written, which the
 * engine runs. With rule.folds one training for each fold, judged as the network is, and `test`
 * over all of them. */
enum kl_err kl_train_run(struct kl_train_request *request, struct kl_train_progress *progress,
                         struct kl_arena *arena, struct kl_train_report *report,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* Name of the record of a training, beside its model: what the model was trained with. */
#define KL_TRAIN_RECORD "training.json"

/* The curves of loss and accuracy as a page that stands alone. */
void kl_train_page(const struct kl_train_report *report, struct kl_buffer *html);

/* What the error of a score is: "mean_squared_error", or "negative_log_likelihood" for mixtures. */
const char *kl_train_error_name(const struct kl_train_report *report);

/* Tables for the envelope: history, data, test, classes. A new reference. */
json_t *kl_train_json(const struct kl_train_report *report);

#endif
