/* SPDX-License-Identifier: Apache-2.0 */
/* Packs of generated models, for tests of packs. */
#ifndef KINGLET_TESTS_PACK_CASES_H
#define KINGLET_TESTS_PACK_CASES_H

#include "cases.h"
#include "flow/model_job.h"
#include "kinglet/pack.h"

/* A planned model and its pack, the latter in memory of exactly its size. */
struct pack_case {
    struct kl_model_job job;
    unsigned char *pack; /* aligned to KL_PACK_ALIGN */
    uint32_t bytes;
};

/* Plan the model with this set of kernels and pack it; ends the program when that fails. Free it
 * with pack_case_free. */
void pack_case_make(struct pack_case *made, const struct kt_case *c, enum kl_kernel_set kernels);

/* The same with a graph that was built directly (graph_build.h), which becomes the case's. */
void pack_case_make_graph(struct pack_case *made, struct kl_graph *graph, const char *label,
                          enum kl_kernel_set kernels);

void pack_case_free(struct pack_case *made);

/* Receives one case after the other; it is freed after the call. */
typedef void pack_case_fn(void *context, const char *label, const struct pack_case *made);

/* Models of the kernels that no case of tests/support reaches: operators of ONNX and classical
 * models. */
void pack_case_each_graph(pack_case_fn *receive, void *context);

/* Random small numbers for all inputs of a case, in memory of its job. */
void pack_case_inputs(const struct pack_case *made, uint64_t seed, struct kl_bytes *inputs);

/* A copy in memory of its own that is exactly `bytes` long, aligned to 16; free it with free. */
unsigned char *exact_copy(const void *data, size_t bytes);

#endif
