/* SPDX-License-Identifier: Apache-2.0 */
/* Cross-layer equalisation. Source: Nagel, van Baalen, Blankevoort, Welling, "Data-Free
 * Quantization Through Weight Equalization and Bias Correction", ICCV 2019. */
#include <math.h>
#include <string.h>

#include "optimise/quantise_internal.h"

enum { SWEEPS = 20 };

/* Two layers, the output channels of the first being the input channels of the second. */
struct pair {
    struct kl_op *first, *second;
    int32_t channels;
};

static enum kl_activation activation_of(const struct kl_op *op)
{
    return op->kind == KL_OP_FULLY_CONNECTED ? op->attr.fully_connected.activation
                                             : op->attr.window.activation;
}

/* Scaling by a positive number goes through these functions. */
static bool is_homogeneous(enum kl_activation activation)
{
    return activation == KL_ACT_NONE || activation == KL_ACT_RELU;
}

static bool is_layer(const struct kl_op *op)
{
    return (op->kind == KL_OP_CONV_2D || op->kind == KL_OP_DEPTHWISE_CONV_2D ||
            op->kind == KL_OP_FULLY_CONNECTED) &&
           quantise_rule(op, false) == RULE_WEIGHTS && quantise_is_float(op->inputs[1]);
}

/* Input channels of the second layer's weights that each belong to one channel of its input; -1:
 * not so. */
static int32_t input_channels(const struct kl_op *op)
{
    const struct kl_shape *in = &op->inputs[0]->shape, *w = &op->inputs[1]->shape;
    int32_t channels = in->rank ? in->dim[in->rank - 1] : -1;
    switch (op->kind) {
    case KL_OP_DEPTHWISE_CONV_2D: return w->dim[3] == channels ? channels : -1;
    case KL_OP_CONV_2D: return w->dim[3] == channels ? channels : -1;
    case KL_OP_FULLY_CONNECTED: return w->dim[1] == channels ? channels : -1;
    default: return -1;
    }
}

static bool find_pair(struct kl_op *second, const int32_t *uses, struct pair *pair)
{
    struct kl_op *first = is_layer(second) ? second->inputs[0]->producer : NULL;
    if (!first || !is_layer(first) || uses[second->inputs[0]->id] != 1 ||
        !is_homogeneous(activation_of(first))) {
        return false;
    }
    int32_t channels = first->inputs[1]->shape.dim[kl_weights_axis(first)];
    *pair = (struct pair){first, second, channels};
    return input_channels(second) == channels;
}

/* Element i of the first layer's weights belongs to output channel i / inner % channels; of the
 * second one's to input channel i % channels. */
static int64_t inner_of(const struct kl_op *op)
{
    const struct kl_shape *w = &op->inputs[1]->shape;
    return op->kind == KL_OP_DEPTHWISE_CONV_2D ? 1
                                               : kl_shape_elements(w) / w->dim[kl_weights_axis(op)];
}

static void magnitudes(const float *w, int64_t count, int64_t inner, int32_t channels, float *most)
{
    for (int32_t c = 0; c < channels; c++) {
        most[c] = 0;
    }
    for (int64_t i = 0; i < count; i++) {
        int32_t c = (int32_t)(i / inner % channels);
        most[c] = fmaxf(most[c], fabsf(w[i]));
    }
}

/* Constants are written from now on: a copy for this operator alone. */
static enum kl_err own_constant(struct kl_graph *graph, struct kl_op *op, int32_t place,
                                struct kl_diag *diag)
{
    struct kl_subgraph *subgraph = graph->subgraphs[0];
    const struct kl_tensor *old = op->inputs[place];
    struct kl_tensor *made = kl_tensor_add(graph, subgraph, old->name, KL_F32, old->shape);
    void *data = made ? kl_arena_copy(graph->arena, old->data, old->bytes) : NULL;
    if (!data) {
        return KL_FAIL_MEMORY(diag);
    }
    made->data = data;
    op->inputs[place] = made;
    return KL_OK;
}

static enum kl_err own_constants(struct kl_graph *graph, struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(own_constant(graph, op, 1, diag));
    return kl_op_bias(op) ? own_constant(graph, op, 2, diag) : KL_OK;
}

/* Equalise once; returns the largest change of a factor from 1. */
static float equalise(const struct pair *p, float *most, float *next)
{
    float *w1 = (float *)p->first->inputs[1]->data, *w2 = (float *)p->second->inputs[1]->data;
    float *bias = kl_op_bias(p->first) ? (float *)kl_op_bias(p->first)->data : NULL;
    int64_t count1 = kl_shape_elements(&p->first->inputs[1]->shape);
    int64_t count2 = kl_shape_elements(&p->second->inputs[1]->shape), inner = inner_of(p->first);
    float change = 0;
    magnitudes(w1, count1, inner, p->channels, most);
    magnitudes(w2, count2, 1, p->channels, next);
    for (int32_t c = 0; c < p->channels; c++) {
        /* A bias is scaled, too: one behind small weights would make the activations large. */
        most[c] = bias ? fmaxf(most[c], fabsf(bias[c])) : most[c];
        float factor = most[c] > 0 && next[c] > 0 ? sqrtf(most[c] / next[c]) : 1;
        most[c] = fminf(fmaxf(factor, 1e-3f), 1e3f);
        change = fmaxf(change, fabsf(most[c] - 1));
    }
    for (int64_t i = 0; i < count1; i++) {
        w1[i] /= most[i / inner % p->channels];
    }
    for (int32_t c = 0; bias && c < p->channels; c++) {
        bias[c] /= most[c];
    }
    for (int64_t i = 0; i < count2; i++) {
        w2[i] *= most[i % p->channels];
    }
    return change;
}

static enum kl_err equalise_all(struct kl_graph *graph, const struct pair *pairs, int32_t count,
                                struct kl_diag *diag)
{
    int32_t widest = 1;
    for (int32_t i = 0; i < count; i++) {
        widest = pairs[i].channels > widest ? pairs[i].channels : widest;
    }
    float *most = KL_NEW(graph->arena, float, (size_t)widest);
    float *next = KL_NEW(graph->arena, float, (size_t)widest);
    if (!most || !next) {
        return KL_FAIL_MEMORY(diag);
    }
    float change = 1;
    for (int sweep = 0; sweep < SWEEPS && change > 1e-3f; sweep++) {
        change = 0;
        for (int32_t i = 0; i < count; i++) {
            change = fmaxf(change, equalise(&pairs[i], most, next));
        }
    }
    return KL_OK;
}

enum kl_err kl_equalise(struct kl_graph *graph, int32_t *pairs, struct kl_diag *diag)
{
    struct kl_subgraph *subgraph = graph->subgraphs[0];
    const int32_t *uses = kl_subgraph_uses(graph, subgraph);
    struct pair *list = KL_NEW(graph->arena, struct pair, (size_t)subgraph->op_count + 1);
    bool *owned = KL_NEW(graph->arena, bool, (size_t)subgraph->op_count + 1);
    if (!uses || !list || !owned) {
        return KL_FAIL_MEMORY(diag);
    }
    *pairs = 0;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        *pairs += find_pair(subgraph->ops[i], uses, &list[*pairs]);
    }
    for (int32_t i = 0; i < *pairs; i++) {
        struct kl_op *ops[2] = {list[i].first, list[i].second};
        for (int k = 0; k < 2; k++) {
            if (!owned[ops[k]->position]) {
                owned[ops[k]->position] = true;
                KL_TRY(own_constants(graph, ops[k], diag));
            }
        }
    }
    KL_TRY(equalise_all(graph, list, *pairs, diag));
    return kl_graph_verify(graph, diag);
}
