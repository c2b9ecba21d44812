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
void pack_case_free(struct pack_case *made);

/* A copy in memory of its own that is exactly `bytes` long, aligned to 16; free it with free. */
unsigned char *exact_copy(const void *data, size_t bytes);

#endif
