/* SPDX-License-Identifier: Apache-2.0 */
/* Small models by name: a keyword spotter, and one model per operator. */
#ifndef KINGLET_TESTS_SMALL_MODELS_H
#define KINGLET_TESTS_SMALL_MODELS_H

#include "cases.h"

/*
 * Call `receive` with the model of that name: "keyword" (49x10 features to 12 scores: a
 * convolution, two depthwise-separable blocks, average pool, fully connected, softmax; int8
 * with pseudo-random weights), "keyword.int4" (the same with int4 weights), "transformer"
 * (kt_generate_transformer), or an operator's name
 * in any case ("conv_2d"): its first int8 test case of some size, or its first of any; with ".f32"
 * behind it ("conv_2d.f32") the first on float32. Returns false when there is none.
 */
bool kt_small_model(const char *name, kt_case_fn *receive, void *context);

#endif
