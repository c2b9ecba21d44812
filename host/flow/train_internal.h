/* SPDX-License-Identifier: Apache-2.0 */
/* What trainings of networks and of classical models share. Private to host/flow. */
#ifndef KINGLET_FLOW_TRAIN_INTERNAL_H
#define KINGLET_FLOW_TRAIN_INTERNAL_H

#include "flow/train_run.h"

/* A score without items; classes > 0: with a confusion matrix, whose memory may be short. */
struct kl_train_score train_score_open(int32_t classes, struct kl_arena *arena);

/* The answers [items][size] of a set into the confusion matrix. */
void train_score_classes(const struct kl_learn_set *set, const float *outputs, int32_t size,
                         struct kl_train_score *score);

/* Accuracy and interval from the confusion matrix, if there is one. */
void train_score_finish(struct kl_train_score *score, int32_t classes);

/* Is the name that of a classical model ("forest", "k-means")? */
bool train_is_classical(const char *name);

/* Train one on an open data set; the task is known. */
enum kl_err train_classical(struct kl_train_request *request, const struct kl_dataset *dataset,
                            struct kl_arena *arena, struct kl_train_report *report,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
