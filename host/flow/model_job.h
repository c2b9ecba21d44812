/* SPDX-License-Identifier: Apache-2.0 */
/* One model on its way through the compiler: file, graph, plan. */
#ifndef KINGLET_FLOW_MODEL_JOB_H
#define KINGLET_FLOW_MODEL_JOB_H

#include "base/file.h"
#include "base/hash.h"
#include "import/import.h"
#include "optimise/optimise.h"
#include "plan/plan.h"

/* Memory limit of one job; models are read up to KL_MODEL_FILE_LIMIT. */
#define KL_JOB_LIMIT ((size_t)2 << 30)

struct kl_model_job {
    const char *path;
    struct kl_arena *arena;
    struct kl_bytes file;

    char sha256[KL_SHA256_HEX_BYTES];
    const char *features; /* the pipeline in front of the model; NULL: none */
    char features_sha256[KL_SHA256_HEX_BYTES];
    bool keeps_state;                 /* with a pipeline: the model behind it does */
    bool wide_weights;                /* for kl_model_job_plan: struct kl_plan_options */
    struct kl_graph *graph;           /* as imported, then as optimised */
    struct kl_plan *plan;             /* NULL until kl_model_job_plan */
    struct kl_onnx_refusals refusals; /* what of an ONNX file cannot be read */
};

/* Read and import a model file. Call kl_model_job_free in any case. */
enum kl_err kl_model_job_open(struct kl_model_job *job, const char *path,
                              struct kl_diag *diag) KL_MUST_CHECK;

/* The same with inputs and shapes of an ONNX model fixed (`evaluate` is set here); refused for
 * other models when something is fixed. */
enum kl_err kl_model_job_open_with(struct kl_model_job *job, const char *path,
                                   const struct kl_onnx_options *onnx,
                                   struct kl_diag *diag) KL_MUST_CHECK;

/* The same from bytes that the caller keeps. `path` only names them. */
enum kl_err kl_model_job_open_bytes(struct kl_model_job *job, const char *path,
                                    struct kl_bytes file, struct kl_diag *diag) KL_MUST_CHECK;

/* Both: bytes, and what is fixed. */
enum kl_err kl_model_job_open_onnx(struct kl_model_job *job, const char *path, struct kl_bytes file,
                                   const struct kl_onnx_options *onnx,
                                   struct kl_diag *diag) KL_MUST_CHECK;

/* Optimise the graph and plan it for a set of kernels. `dump` may be NULL. */
enum kl_err kl_model_job_plan(struct kl_model_job *job, enum kl_kernel_set kernels,
                              const struct kl_pass_dump *dump, struct kl_diag *diag) KL_MUST_CHECK;

void kl_model_job_free(struct kl_model_job *job);

#endif
