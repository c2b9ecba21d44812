/* SPDX-License-Identifier: Apache-2.0 */
/* What trainings of networks and of classical models share. Private to host/flow. */
#ifndef KINGLET_FLOW_TRAIN_INTERNAL_H
#define KINGLET_FLOW_TRAIN_INTERNAL_H

#include "flow/train_run.h"

/* One run of the command. */
struct train_run {
    struct kl_train_request *request;
    struct kl_train_progress *progress;
    struct kl_train_report *report;
    struct kl_arena *arena;
    struct kl_bytes text; /* of the network */
    const char *origin;
    struct kl_dataset dataset;
    struct kl_learn_data data;
    struct kl_normalisation normalisation;
    struct kl_network network;
    struct kl_train_answers *answers; /* to be kept, or NULL */
};

/* Memory for the answers to all items. */
enum kl_err train_open_answers(const struct kl_dataset *dataset, struct kl_arena *arena,
                               struct kl_train_answers *answers,
                               struct kl_diag *diag) KL_MUST_CHECK;
/* Add those to the examples of a part, as logits or probabilities; then make means of sums. Nothing
 * for NULL. */
void train_keep_answers(struct kl_train_answers *answers, const struct kl_learn_part *part,
                        const struct kl_outputs *outputs, bool logits);
void train_close_answers(struct kl_train_answers *answers);

/* Do weights to begin with come from a model, as opposed to a checkpoint? */
bool train_from_model(const struct kl_train_request *request);

/* Give the network the weights of request->from; from a model also the normalisation. They must
 * fit, and must not have seen the test part. */
enum kl_err train_begin_from(struct train_run *run, struct kl_diag *diag) KL_MUST_CHECK;

/* Make of the trained graph the bytes of a .tflite file that takes values as they are: with the
 * normalisation in front, and what is of training only folded into weights. The graph changes. */
enum kl_err train_make_model(struct kl_graph *graph, const struct kl_normalisation *normalisation,
                             struct kl_arena *arena, struct kl_bytes *file,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* What the bytes of a model answer to a set, by the engine that runs models. `name` has the suffix
 * of their format. */
enum kl_err train_run_model(struct kl_bytes file, const char *name, const struct kl_learn_set *set,
                            struct kl_arena *arena, struct kl_outputs *outputs,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* What the data are, for the report; call for each fold. */
void train_note_data(struct kl_train_report *report, const struct kl_learn_data *data);

/* How records name a split. */
const char *train_split_name(bool split_here);

/* Write the model in the quantisation of request->from. */
enum kl_err train_write_frozen(struct train_run *run, struct kl_diag *diag) KL_MUST_CHECK;

/* Write the record of what the model was trained with into the folder. */
enum kl_err train_write_record(struct kl_train_report *report, const char *folder,
                               struct kl_arena *arena, struct kl_diag *diag) KL_MUST_CHECK;

/* Memory of one training of a cross-validation. */
#define KL_TRAIN_FOLD_ARENA ((size_t)16 << 30)

/* Add the score of one fold to that of all. */
void train_add_fold(struct kl_train_report *report, int32_t fold, struct kl_score *one);

/* Quantise the trained network, whose graph changes, and try it on the fold's test part, as floats
 * and as integers. */
enum kl_err train_fold_int8(struct train_run *run, struct kl_diag *diag) KL_MUST_CHECK;

/* Is the name that of a classical model ("forest", "k-means", "gmm")? */
bool train_is_classical(const char *name);

/* Train one on an open data set; the task is known. `answers` are kept as in a run. */
enum kl_err train_classical(struct kl_train_request *request, const struct kl_dataset *dataset,
                            struct kl_train_answers *answers, struct kl_arena *arena,
                            struct kl_train_report *report, struct kl_diag *diag) KL_MUST_CHECK;

#endif
