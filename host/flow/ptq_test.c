/* SPDX-License-Identifier: Apache-2.0 */
/* Accuracy of the float and of the integer model on the same examples. */
#include <math.h>

#include "flow/ptq_internal.h"

/* The greatest value of the first output; the first of equals. */
static int32_t answer(const struct kl_layers *layers)
{
    const struct kl_tensor *out = layers->graph->subgraphs[0]->outputs[0];
    const void *values = layers->values[out->id];
    int32_t best = 0;
    for (int32_t i = 1; i < (int32_t)kl_shape_elements(&out->shape); i++) {
        best = ptq_value(out, values, i) > ptq_value(out, values, best) ? i : best;
    }
    return best;
}

static bool has_answers(const struct kl_tensor *out)
{
    return out->dtype == KL_F32 || out->dtype == KL_S8 || out->dtype == KL_S16;
}

/*
 * Interval of the difference of two shares that are counted on the same examples: Agresti and Min,
 * "Simple improved confidence intervals for comparing matched proportions", 2005. Half an example
 * more of each kind, so that no difference among few examples is no certainty.
 */
static void find_interval(struct kl_ptq_accuracy *a)
{
    double gained = (double)a->only_integers + 0.5, lost = (double)a->only_floats + 0.5;
    double n = (double)a->count + 2, middle = (gained - lost) / n;
    double error = sqrt(fmax(gained + lost - (gained - lost) * (gained - lost) / n, 0)) / n;
    a->difference = (double)(a->only_integers - a->only_floats) / (double)a->count;
    a->low = middle - 1.96 * error;
    a->high = middle + 1.96 * error;
}

enum kl_err ptq_test(struct ptq *p, struct kl_ptq_report *report, struct kl_diag *diag)
{
    const struct kl_ptq_test *test = &p->options->test;
    struct kl_ptq_accuracy *a = &report->accuracy;
    float *values = kl_arena_alloc(p->arena, p->input_bytes, 1);
    if (!values) {
        return KL_FAIL_MEMORY(diag);
    }
    if (test->count == 0 || !has_answers(p->floats.graph->subgraphs[0]->outputs[0]) ||
        !has_answers(p->integers.graph->subgraphs[0]->outputs[0])) {
        return KL_OK;
    }
    for (int32_t i = 0; i < test->count; i++) {
        KL_TRY(test->read(test->context, i, values, diag));
        KL_TRY(ptq_run(p, (const unsigned char *)values, 0, diag));
        bool floats = answer(&p->floats) == test->labels[i];
        bool integers = answer(&p->integers) == test->labels[i];
        a->count++;
        a->floats += floats;
        a->integers += integers;
        a->only_floats += floats && !integers;
        a->only_integers += integers && !floats;
    }
    find_interval(a);
    return KL_OK;
}
