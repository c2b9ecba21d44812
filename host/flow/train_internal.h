/* SPDX-License-Identifier: Apache-2.0 */
/* What trainings of networks and of classical models share. Private to host/flow. */
#ifndef KINGLET_FLOW_TRAIN_INTERNAL_H
#define KINGLET_FLOW_TRAIN_INTERNAL_H

#include "flow/train_run.h"

/* Write the trained graph as a .tflite file that takes values as they are: with the normalisation
 * in front, and what is of training only folded into weights. The graph changes. */
enum kl_err train_write_model(struct kl_graph *graph, const struct kl_normalisation *normalisation,
                              struct kl_arena *arena, const char *path,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* Is the name that of a classical model ("forest", "k-means")? */
bool train_is_classical(const char *name);

/* Train one on an open data set; the task is known. */
enum kl_err train_classical(struct kl_train_request *request, const struct kl_dataset *dataset,
                            struct kl_arena *arena, struct kl_train_report *report,
                            struct kl_diag *diag) KL_MUST_CHECK;

#endif
