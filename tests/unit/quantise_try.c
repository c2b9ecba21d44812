/* SPDX-License-Identifier: Apache-2.0 */
#include "quantise_try.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tflite_writer.h"

struct kt_random qt_random = {7};

void qt_begin(struct qt_trial *t, struct kt_model *model)
{
    struct kl_diag diag = {0};
    *t = (struct qt_trial){.model = model, .file = kt_write(model)};
    if (kl_model_job_open_bytes(&t->job, "model", t->file, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    int64_t count = kl_shape_elements(&t->job.graph->subgraphs[0]->inputs[0]->shape);
    t->inputs = calloc((size_t)(QT_ITEMS * count), sizeof(float));
    assert_non_null(t->inputs);
    for (int64_t i = 0; i < QT_ITEMS * count; i++) {
        t->inputs[i] = kt_random_float(&qt_random, -1.0f, 2.5f);
    }
}

void qt_quantise(struct qt_trial *t, struct kl_ptq_options options)
{
    struct kl_diag diag = {0};
    options.inputs = (const unsigned char *)t->inputs;
    options.items = QT_ITEMS;
    if (kl_quantise_model(&t->job, &options, &t->report, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    t->floats = t->job.graph;
}

void qt_end(struct qt_trial *t)
{
    kl_model_job_free(&t->job);
    kt_model_free(t->model);
    free(t->inputs);
}

int32_t qt_layer(struct kt_build *b, int32_t code, int32_t out_c, int32_t side, int32_t activation,
                 int32_t input)
{
    struct kt_layer l = {.code = code,
                         .out_c = out_c,
                         .k_h = side,
                         .k_w = side,
                         .groups = 1,
                         .weights = KT_WEIGHTS_F32,
                         .options = kt_options_default()};
    l.options.activation = activation;
    return kt_build_layer(b, &l, input);
}
