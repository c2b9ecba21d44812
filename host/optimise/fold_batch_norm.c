/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "graph/build.h"
#include "graph/const_params.h"
#include "optimise/training.h"

/* y = factor * x + offset, per channel. */
struct line {
    int32_t count;
    double *factor, *offset;
};

static enum kl_err read_line(const struct kl_graph *graph, const struct kl_op *op,
                             struct line *line, struct kl_diag *diag)
{
    const float *values[4];
    for (int32_t i = 0; i < 4; i++) {
        values[i] = op->inputs[i + 1]->data;
        if (!values[i] || op->inputs[i + 1]->dtype != KL_F32) {
            return kl_op_fail(op, diag, KL_EUNSUPPORTED, "its parameters are no float constants");
        }
    }
    line->count = op->inputs[1]->shape.dim[0];
    line->factor = KL_NEW(graph->arena, double, (size_t)line->count);
    line->offset = KL_NEW(graph->arena, double, (size_t)line->count);
    if (!line->factor || !line->offset) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < line->count; c++) {
        double spread = sqrt((double)values[3][c] + (double)op->attr.batch_norm.epsilon);
        line->factor[c] = (double)values[0][c] / spread;
        line->offset[c] = (double)values[1][c] - (double)values[2][c] * line->factor[c];
    }
    return KL_OK;
}

/* The layer in front whose weights can take the line in; NULL: none. */
static struct kl_op *taker(const struct kl_op *op, const int32_t *uses)
{
    const struct kl_tensor *between = op->inputs[0];
    struct kl_op *layer = between->producer;
    enum kl_activation activation;
    if (!layer || uses[between->id] != 1) {
        return NULL;
    }
    switch (layer->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D: activation = layer->attr.window.activation; break;
    case KL_OP_FULLY_CONNECTED: activation = layer->attr.fully_connected.activation; break;
    default: return NULL;
    }
    const struct kl_tensor *weights = layer->inputs[1];
    const struct kl_tensor *bias = kl_op_bias(layer);
    bool plain = weights->data && weights->dtype == KL_F32 &&
                 (!bias || (bias->data && bias->dtype == KL_F32));
    return plain && activation == KL_ACT_NONE ? layer : NULL;
}

static struct kl_tensor *new_constant(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                      const char *name, const struct kl_shape *shape, float **data)
{
    *data = KL_NEW(graph->arena, float, (size_t)kl_shape_elements(shape));
    return *data ? kl_constant_add(graph, subgraph, name, KL_F32, *shape, *data) : NULL;
}

static enum kl_err fold_into(struct kl_graph *graph, struct kl_subgraph *subgraph,
                             struct kl_op *layer, const struct line *line, struct kl_diag *diag)
{
    const struct kl_tensor *old = layer->inputs[1];
    const struct kl_tensor *old_bias = kl_op_bias(layer);
    const struct kl_shape bias_shape = {1, {line->count}};
    float *weights, *bias;
    struct kl_tensor *w = new_constant(graph, subgraph, old->name, &old->shape, &weights);
    struct kl_tensor *b =
        new_constant(graph, subgraph, old_bias ? old_bias->name : old->name, &bias_shape, &bias);
    struct kl_tensor **inputs = KL_NEW(graph->arena, struct kl_tensor *, 3);
    if (!w || !b || !inputs) {
        return KL_FAIL_MEMORY(diag);
    }
    const float *from = old->data;
    int32_t elements = (int32_t)kl_shape_elements(&old->shape);
    bool last = layer->kind == KL_OP_DEPTHWISE_CONV_2D; /* where the output channels lie */
    for (int32_t i = 0; i < elements; i++) {
        int32_t channel = last ? i % line->count : i / (elements / line->count);
        weights[i] = (float)(from[i] * line->factor[channel]);
    }
    for (int32_t c = 0; c < line->count; c++) {
        double before = old_bias ? ((const float *)old_bias->data)[c] : 0.0;
        bias[c] = (float)(before * line->factor[c] + line->offset[c]);
    }
    inputs[0] = layer->inputs[0];
    inputs[1] = w;
    inputs[2] = b;
    layer->inputs = inputs;
    layer->input_count = 3;
    return KL_OK;
}

/* The operator becomes the ADD of a MUL that is put in front of it. */
static enum kl_err become_line(struct kl_graph *graph, struct kl_subgraph *subgraph,
                               struct kl_op *op, const struct line *line, struct kl_diag *diag)
{
    const struct kl_shape shape = {1, {line->count}};
    float *factor, *offset;
    struct kl_tensor *f = new_constant(graph, subgraph, op->inputs[1]->name, &shape, &factor);
    struct kl_tensor *o = new_constant(graph, subgraph, op->inputs[2]->name, &shape, &offset);
    struct kl_tensor *product =
        kl_tensor_add(graph, subgraph, op->inputs[3]->name, KL_F32, op->inputs[0]->shape);
    struct kl_tensor *in[2] = {op->inputs[0], f};
    struct kl_op *mul =
        f && o && product ? kl_op_add(graph, subgraph, KL_OP_MUL, 2, in, product) : NULL;
    if (!mul) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < line->count; c++) {
        factor[c] = (float)line->factor[c];
        offset[c] = (float)line->offset[c];
    }
    /* kl_op_add put it at the end. */
    for (int32_t i = subgraph->op_count - 1; i > op->position; i--) {
        subgraph->ops[i] = subgraph->ops[i - 1];
        subgraph->ops[i]->position = i;
    }
    subgraph->ops[op->position - 1] = mul;
    mul->position = op->position - 1;
    op->kind = KL_OP_ADD;
    op->attr.binary.activation = KL_ACT_NONE;
    op->inputs[0] = product;
    op->inputs[1] = o;
    op->input_count = 2;
    return KL_OK;
}

/* Readers of the operator's output read its input instead. */
static void bypass(struct kl_subgraph *subgraph, struct kl_op *op)
{
    struct kl_tensor *from = op->outputs[0];
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        struct kl_op *reader = subgraph->ops[i];
        for (int32_t k = 0; reader && k < reader->input_count; k++) {
            reader->inputs[k] = reader->inputs[k] == from ? op->inputs[0] : reader->inputs[k];
        }
    }
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        if (subgraph->outputs[i] == from) {
            subgraph->outputs[i] = op->inputs[0];
        }
    }
    from->producer = NULL;
    subgraph->ops[op->position] = NULL;
}

static enum kl_err fold_batch_norm(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                   struct kl_op *op, const int32_t *uses, struct kl_diag *diag)
{
    struct line line = {0};
    struct kl_op *layer = taker(op, uses);
    KL_TRY(read_line(graph, op, &line, diag));
    if (!layer) {
        return become_line(graph, subgraph, op, &line, diag);
    }
    KL_TRY(fold_into(graph, subgraph, layer, &line, diag));
    bypass(subgraph, op);
    return KL_OK;
}

/* Take the first operator of training out; *found: there was one. */
static enum kl_err fold_first(struct kl_graph *graph, struct kl_subgraph *subgraph, bool dropout,
                              bool *found, struct kl_diag *diag)
{
    const int32_t *uses = kl_subgraph_uses(graph, subgraph);
    *found = false;
    if (!uses) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < subgraph->op_count && !*found; i++) {
        struct kl_op *op = subgraph->ops[i];
        *found = op->kind == KL_OP_BATCH_NORM || (dropout && op->kind == KL_OP_DROPOUT);
        if (op->kind == KL_OP_BATCH_NORM) {
            KL_TRY(fold_batch_norm(graph, subgraph, op, uses, diag));
        } else if (*found) {
            bypass(subgraph, op);
        }
    }
    kl_subgraph_compact(subgraph);
    return KL_OK;
}

static enum kl_err fold_all(struct kl_graph *graph, bool dropout, struct kl_diag *diag)
{
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        bool found = true;
        while (found) {
            KL_TRY(fold_first(graph, graph->subgraphs[s], dropout, &found, diag));
            KL_TRY(kl_graph_verify(graph, diag));
        }
    }
    return KL_OK;
}

enum kl_err kl_fold_training(struct kl_graph *graph, struct kl_diag *diag)
{
    return fold_all(graph, true, diag);
}

enum kl_err kl_fold_batch_norm(struct kl_graph *graph, struct kl_diag *diag)
{
    return fold_all(graph, false, diag);
}
