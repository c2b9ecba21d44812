/* SPDX-License-Identifier: Apache-2.0 */
/* Signal to quantisation noise of each layer. */
#include <math.h>
#include <string.h>

#include "flow/ptq/internal.h"
#include "flow/tensor_values.h"

/* What is summed up of one tensor. */
struct sums {
    double signal, noise, alone, difference;
};

static bool is_integer(const struct kl_tensor *tensor)
{
    return tensor->dtype == KL_S8 || tensor->dtype == KL_S16;
}

static double noise(const struct kl_tensor *tensor, const void *values, const float *floats,
                    double *difference)
{
    double sum = 0;
    for (int64_t i = 0; i < kl_shape_elements(&tensor->shape); i++) {
        double error = kl_tensor_number(tensor, values, i) - (double)floats[i];
        sum += error * error;
        *difference = fmax(*difference, fabs(error));
    }
    return sum;
}

/* The float operator's results in the tensor that integer operator `index` writes; NULL: it is a
 * conversion, or not of integers. */
static const struct kl_tensor *compared(const struct ptq *p, int32_t index)
{
    const struct kl_op *op = p->integers.layers[index].op;
    return p->quantised.before[index] >= 0 && op->output_count > 0 && is_integer(op->outputs[0]) &&
                   p->floats.graph->subgraphs[0]->tensors[op->outputs[0]->id]->dtype == KL_F32
               ? op->outputs[0]
               : NULL;
}

/* Run the operator on the float inputs, as far as its integers can say them. */
static enum kl_err run_alone(struct ptq *p, int32_t index, struct kl_diag *diag)
{
    const struct kl_op *op = p->integers.layers[index].op;
    for (int32_t i = 0; i < op->input_count; i++) {
        const struct kl_tensor *in = op->inputs[i];
        int32_t origin = in ? p->quantised.origin[in->id] : -1;
        if (origin >= 0 && is_integer(in)) {
            kl_tensor_put_floats(in, p->floats.values[origin], p->integers.values[in->id]);
        }
    }
    return kl_layers_run_one(&p->integers, index, diag);
}

static enum kl_err compare_item(struct ptq *p, struct sums *sums, struct kl_diag *diag)
{
    double unused = 0;
    for (int32_t i = 0; i < p->integers.count; i++) {
        const struct kl_tensor *tensor = compared(p, i);
        if (tensor) {
            const float *floats = p->floats.values[tensor->id];
            for (int64_t k = 0; k < kl_shape_elements(&tensor->shape); k++) {
                sums[i].signal += (double)floats[k] * (double)floats[k];
            }
            sums[i].noise +=
                noise(tensor, p->integers.values[tensor->id], floats, &sums[i].difference);
        }
    }
    for (int32_t i = 0; i < p->integers.count; i++) { /* spoils the values that follow */
        const struct kl_tensor *tensor = compared(p, i);
        if (tensor) {
            KL_TRY(run_alone(p, i, diag));
            sums[i].alone += noise(tensor, p->integers.values[tensor->id],
                                   p->floats.values[tensor->id], &unused);
        }
    }
    return KL_OK;
}

static double decibels(double signal, double error)
{
    if (!(signal > 0)) {
        return NAN; /* nothing to compare the error with */
    }
    return error > 0 ? 10 * log10(signal / error) : (double)INFINITY;
}

static bool is_graph_output(const struct ptq *p, const struct kl_tensor *tensor)
{
    const struct kl_subgraph *subgraph = p->floats.graph->subgraphs[0];
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        if (subgraph->outputs[i]->id == tensor->id) {
            return true;
        }
    }
    return false;
}

enum kl_err ptq_compare(struct ptq *p, struct kl_ptq_report *report, struct kl_diag *diag)
{
    size_t count = (size_t)p->integers.count + 1;
    struct sums *sums = KL_NEW(p->arena, struct sums, count);
    report->layers = KL_NEW(p->arena, struct kl_ptq_layer, count);
    if (!sums || !report->layers) {
        return KL_FAIL_MEMORY(diag);
    }
    const struct kl_ptq_options *o = p->options;
    const unsigned char *sets = o->checks ? o->checks : o->inputs;
    for (int64_t item = 0; item < (o->checks ? o->check_items : o->items); item++) {
        KL_TRY(ptq_run(p, sets, item, diag));
        KL_TRY(compare_item(p, sums, diag));
    }
    for (int32_t i = 0; i < p->integers.count; i++) {
        const struct kl_tensor *tensor = compared(p, i);
        if (tensor) {
            report->layers[report->layer_count++] = (struct kl_ptq_layer){
                .op = kl_op_name(p->integers.layers[i].op),
                .tensor = tensor->name,
                .sqnr = decibels(sums[i].signal, sums[i].noise),
                .sqnr_alone = decibels(sums[i].signal, sums[i].alone),
                .difference = sums[i].difference,
                .scale = {tensor->quant.scale[0], tensor->quant.zero_point[0]},
                .is_output = is_graph_output(p, tensor)};
        }
    }
    return KL_OK;
}
