/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rungs, in the order in which they are climbed: first what loses nothing; then integers, with
 * the least effort first; then what wins accuracy back without making the model larger; at last
 * what pays for accuracy with memory and time. The first one that meets everything thus changes the
 * model least, or costs least.
 */
#include <string.h>

#include "flow/ladder/internal.h"
#include "flow/tensor_values.h"

static const char *needs_floats(const struct ladder *l)
{
    if (!kl_is_tflite(l->job.file) && !kl_is_onnx(l->job.file)) {
        return "a classical model has no layers to quantise";
    }
    const struct kl_subgraph *subgraph = l->job.graph->subgraphs[0];
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kl_op *op = subgraph->ops[i];
        if (op->output_count > 0 && op->outputs[0]->dtype == KL_F32 &&
            op->kind != KL_OP_DEQUANTIZE) {
            return NULL;
        }
    }
    return "the model holds no floats";
}

static const char *needs_dense(const struct ladder *l)
{
    const struct kl_subgraph *subgraph = l->job.graph->subgraphs[0];
    const char *why = needs_floats(l);
    for (int32_t i = 0; !why && i < subgraph->op_count; i++) {
        if (subgraph->ops[i]->kind == KL_OP_FULLY_CONNECTED) {
            return NULL;
        }
    }
    return why ? why : "the model has no FULLY_CONNECTED";
}

static const char *no_pairs(const struct kl_ptq_report *report)
{
    return report->pairs > 0 ? NULL : "no pair of layers can be equalised";
}

static void set_minmax(struct kl_ptq_options *o)
{
    o->method = KL_CALIBRATE_MINMAX;
}

static void set_percentile(struct kl_ptq_options *o)
{
    o->method = KL_CALIBRATE_PERCENTILE;
}

static void set_mse(struct kl_ptq_options *o)
{
    o->method = KL_CALIBRATE_MSE;
}

static void set_entropy(struct kl_ptq_options *o)
{
    o->method = KL_CALIBRATE_ENTROPY;
}

static void set_dense(struct kl_ptq_options *o)
{
    o->dense_channels = true;
}

static void set_equalise(struct kl_ptq_options *o)
{
    o->equalise = true;
}

static void set_biases(struct kl_ptq_options *o)
{
    o->correct_biases = true;
}

static void set_adaround(struct kl_ptq_options *o)
{
    o->adaround = true;
}

static void set_wide(struct kl_ptq_options *o)
{
    o->wide = true;
}

const struct ladder_rung ladder_rungs[] = {
    {.name = "as-is", .what = "the model as it is, after exact passes only"},
    {.name = "int8",
     .what = "int8, with the ranges that are best on validation data",
     .refuse = needs_floats,
     .choices = {{"minmax", set_minmax},
                 {"percentile", set_percentile},
                 {"mse", set_mse},
                 {"entropy", set_entropy}}},
    {.name = "int8-dense",
     .what = "FULLY_CONNECTED per channel",
     .refuse = needs_dense,
     .choices = {{"dense-channels", set_dense}}},
    {.name = "int8-equalised",
     .what = "ranges of channels alike across layers",
     .refuse = needs_floats,
     .choices = {{"equalise", set_equalise}},
     .idle = no_pairs},
    {.name = "int8-biases",
     .what = "means of channels kept by their biases",
     .refuse = needs_floats,
     .choices = {{"correct-biases", set_biases}}},
    {.name = "int8-adaround",
     .what = "weights rounded such that layers change least",
     .refuse = needs_floats,
     .choices = {{"adaround", set_adaround}}},
    {.name = "int16x8",
     .what = "activations of 16 bits, weights of 8 bits",
     .refuse = needs_floats,
     .choices = {{"int16", set_wide}},
     .anew = true},
};

const int32_t ladder_rung_count = (int32_t)(sizeof ladder_rungs / sizeof ladder_rungs[0]);
