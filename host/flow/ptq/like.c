/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quantisation of another model: scales and zero points of an integer model for floats that
 * have changed since. Both are walked side by side; the graph that was quantised by its own ranges
 * tells which operator stands where.
 */
#include "flow/ptq/internal.h"

void ptq_like_options(struct kl_ptq_options *o)
{
    const struct kl_subgraph *like = o->like->subgraphs[0];
    o->wide = o->dense_channels = false;
    o->float_io = like->input_count > 0 && like->inputs[0]->dtype == KL_F32;
    for (int32_t i = 0; i < like->op_count; i++) {
        const struct kl_op *op = like->ops[i];
        o->wide = o->wide || op->outputs[0]->dtype == KL_S16;
        o->dense_channels = o->dense_channels ||
                            (op->kind == KL_OP_FULLY_CONNECTED && op->inputs[1]->quant.count > 1);
    }
}

static bool same_values(const struct kl_tensor *a, const struct kl_tensor *b)
{
    return !a || !b ? a == b : a->dtype == b->dtype && kl_shape_equal(&a->shape, &b->shape);
}

static bool same_operator(const struct kl_op *a, const struct kl_op *b)
{
    bool same = a->kind == b->kind && a->input_count == b->input_count &&
                a->output_count == b->output_count;
    for (int32_t i = 0; same && i < a->input_count; i++) {
        same = same_values(a->inputs[i], b->inputs[i]);
    }
    for (int32_t i = 0; same && i < a->output_count; i++) {
        same = same_values(a->outputs[i], b->outputs[i]);
    }
    return same;
}

static enum kl_err check_same(const struct kl_subgraph *mine, const struct kl_subgraph *like,
                              struct kl_diag *diag)
{
    for (int32_t i = 0; i < mine->op_count && i < like->op_count; i++) {
        if (!same_operator(mine->ops[i], like->ops[i])) {
            return kl_fail(diag, KL_EINPUT,
                           "the model whose quantisation is to be kept is not this one in "
                           "integers: operator %d is %s '%.60s' there, and %s '%.60s' here",
                           i, kl_op_name(like->ops[i]), like->ops[i]->outputs[0]->name,
                           kl_op_name(mine->ops[i]), mine->ops[i]->outputs[0]->name);
        }
    }
    bool same = mine->op_count == like->op_count && mine->input_count == like->input_count;
    return same ? KL_OK
                : kl_fail(diag, KL_EINPUT,
                          "the model whose quantisation is to be kept is not this one in "
                          "integers: it has %d operators, and this one %d",
                          like->op_count, mine->op_count);
}

static void take(struct kl_scale *scales, const struct kl_tensor *floats,
                 const struct kl_tensor *like)
{
    if (floats->dtype == KL_F32 && like->quant.count == 1) {
        scales[floats->id] = (struct kl_scale){like->quant.scale[0], like->quant.zero_point[0]};
    }
}

/* Scales of what an operator computes, and of the constants that it reads. */
static void take_operator(const struct kl_op *floats, const struct kl_op *like,
                          struct kl_scale *scales, const struct kl_quant **weights)
{
    bool layer = kl_weights_axis(floats) >= 0;
    for (int32_t i = 0; i < floats->output_count; i++) {
        take(scales, floats->outputs[i], like->outputs[i]);
    }
    for (int32_t i = 0; !layer && i < floats->input_count; i++) {
        if (floats->inputs[i] && floats->inputs[i]->data) {
            take(scales, floats->inputs[i], like->inputs[i]);
        }
    }
    if (layer && like->inputs[1]->quant.count > 0) {
        weights[floats->position] = &like->inputs[1]->quant;
    }
}

enum kl_err ptq_like(const struct ptq *p, const struct kl_graph *mine,
                     struct kl_quantise_options *options, struct kl_diag *diag)
{
    const struct kl_subgraph *like = p->options->like->subgraphs[0];
    const struct kl_subgraph *floats = p->floats.graph->subgraphs[0];
    struct kl_scale *scales = KL_NEW(p->arena, struct kl_scale, (size_t)floats->tensor_count + 1);
    const struct kl_quant **weights =
        KL_NEW(p->arena, const struct kl_quant *, (size_t)floats->op_count + 1);
    if (!scales || !weights) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(check_same(mine->subgraphs[0], like, diag));
    for (int32_t i = 0; i < like->input_count; i++) {
        take(scales, floats->inputs[i], like->inputs[i]);
    }
    for (int32_t i = 0; i < like->op_count; i++) {
        const struct kl_op *op = mine->subgraphs[0]->ops[i];
        int32_t before = p->quantised.before[i], origin = p->quantised.origin[op->outputs[0]->id];
        if (before >= 0) {
            take_operator(floats->ops[before], like->ops[i], scales, weights);
        } else if (op->kind == KL_OP_QUANTIZE && origin >= 0 && scales[origin].scale == 0) {
            take(scales, floats->tensors[origin], like->ops[i]->outputs[0]);
        }
    }
    options->scales = scales;
    options->weights = weights;
    return KL_OK;
}
