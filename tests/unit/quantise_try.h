/* SPDX-License-Identifier: Apache-2.0 */
/* A generated float model on its way through quantisation. */
#ifndef KINGLET_TESTS_QUANTISE_TRY_H
#define KINGLET_TESTS_QUANTISE_TRY_H

#include "build.h"
#include "flow/quantise_model.h"

enum { QT_ITEMS = 6 };

/* A model, its inputs, and what it became. */
struct qt_trial {
    struct kt_model *model;
    struct kl_model_job job;
    struct kl_bytes file;
    struct kl_ptq_report report;
    struct kl_graph *floats; /* as it was quantised */
    float *inputs;           /* QT_ITEMS sets, -1 to 2.5 */
};

/* Random numbers of models and inputs; the same in each run of a program. */
extern struct kt_random qt_random;

/* Take over the model, and read it from its file; fails the test when that is not possible. */
void qt_begin(struct qt_trial *t, struct kt_model *model);

/* Quantise it on its inputs, with other options as given. */
void qt_quantise(struct qt_trial *t, struct kl_ptq_options options);

void qt_end(struct qt_trial *t);

/* Add a float layer with a square filter of `side`. */
int32_t qt_layer(struct kt_build *b, int32_t code, int32_t out_c, int32_t side, int32_t activation,
                 int32_t input);

#endif
