/* SPDX-License-Identifier: Apache-2.0 */
/* Feature pipelines by name: files, and those that the program carries (features/ in its source).
 */
#ifndef KINGLET_FLOW_MODEL_FEATURES_H
#define KINGLET_FLOW_MODEL_FEATURES_H

#include "flow/model_job.h"

/* Is the file the text of a feature pipeline? */
bool kl_is_features(struct kl_bytes file);

/* The text of a pipeline: `name` is a file, or a pipeline of the program such as "mfcc". */
enum kl_err kl_features_text(const char *name, struct kl_arena *arena, struct kl_bytes *text,
                             struct kl_diag *diag) KL_MUST_CHECK;

/* Put the pipeline in front of the job's graph, before it is optimised; `name` as above. */
enum kl_err kl_model_job_features(struct kl_model_job *job, const char *name,
                                  struct kl_diag *diag) KL_MUST_CHECK;

#endif
