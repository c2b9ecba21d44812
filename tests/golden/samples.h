/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sample files beside a model: NAME.K.in.bin with NAME.K.out.bin for K = 0, 1, 2 and
 * for K = real.0, real.1, ...; with several inputs or outputs .in0, .in1 and .out0, .out1.
 * NAME.seq.*: runs that follow each other without a reset; each file holds a value for each.
 * Raw little-endian tensors; the outputs were made by TFLM's reference kernels.
 * NAME.orig.K.* are what the model was published with, in encodings of their own.
 */
#ifndef KINGLET_TESTS_SAMPLES_H
#define KINGLET_TESTS_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/file.h"

enum { MAX_SAMPLE_IO = 8, MAX_SAMPLES = 32 };

struct sample {
    const char *label; /* "0", "real.3", "seq" */
    int32_t input_count, output_count;
    const char *input_path[MAX_SAMPLE_IO];
    const char *output_path[MAX_SAMPLE_IO];
    struct kl_bytes input[MAX_SAMPLE_IO];
    struct kl_bytes output[MAX_SAMPLE_IO];
};

/* Read the samples of `folder`/NAME/; at least one, else it is an error. */
enum kl_err read_samples(const char *folder, const char *name, struct kl_arena *arena,
                         struct sample samples[MAX_SAMPLES], int32_t *count,
                         struct kl_diag *diag) KL_MUST_CHECK;

/* How many runs the sample is, given the size of the model's first input. */
int32_t sample_runs(const struct sample *sample, size_t input_bytes);

/* Append the samples NAME.KIND0, NAME.KIND1, ... (KIND is "real." for example) to the *count
 * that are there; none is no error. */
enum kl_err read_sample_kind(const char *folder, const char *name, const char *kind,
                             struct kl_arena *arena, struct sample samples[MAX_SAMPLES],
                             int32_t *count, struct kl_diag *diag) KL_MUST_CHECK;

#endif
