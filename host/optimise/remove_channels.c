/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removes channels that nothing depends on, and folds those that are constant into the biases of
 * their readers: slices weights, biases, scales and the shapes of tensors.
 */
#include <string.h>

#include "optimise/channels.h"
#include "optimise/passes.h"

/* Is the answer of this output channel known without its inputs? */
static bool is_settled(const struct product *p, int32_t channel)
{
    return !p->out->live[channel] || p->out->low[channel] == p->out->high[channel];
}

static int32_t kept_count(const struct channels *c)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < c->count; i++) {
        kept += c->kept[i];
    }
    return kept;
}

/*
 * The new bias of an output channel. One that is constant gets an accumulator that gives the
 * constant, one that nobody reads gets 0; the others get the products with channels that are not
 * live, which are constant wherever their weight is not 0.
 */
static int32_t new_bias(const struct product *p, int32_t channel)
{
    int64_t bias = p->bias ? p->bias[channel] : 0;
    int64_t high;
    if (!p->out->live[channel]) {
        return 0;
    }
    if (is_settled(p, channel)) {
        product_bounds(p, channel, &bias, &high);
        return (int32_t)bias;
    }
    const bool *live = p->in->live + channel / p->out_per_group * p->in_per_group;
    for (int32_t t = 0; t < p->taps; t++) {
        for (int32_t i = 0; i < p->in_per_group; i++) {
            if (!live[i]) {
                int32_t w = product_weight(p, channel, t, i);
                bias += w ? w * product_input(p, channel, t, i).low : 0;
            }
        }
    }
    return (int32_t)bias;
}

static int8_t new_weight(const struct product *p, int32_t channel, int32_t tap, int32_t i)
{
    const bool *live = p->in->live + channel / p->out_per_group * p->in_per_group;
    return is_settled(p, channel) || !live[i] ? 0 : product_weight(p, channel, tap, i);
}

/* What the pass makes of a product. */
struct remade {
    int32_t in, out; /* channels that stay, in all groups */
    int32_t in_per_group;
    int8_t *weights;
    int32_t *bias;
    float *scale;
    int32_t *zero_point;
};

/* New weights in the operator's own order of channels and taps. */
static void fill_weights(const struct product *p, struct remade *r)
{
    bool depthwise = p->op->kind == KL_OP_DEPTHWISE_CONV_2D;
    int32_t to = 0;
    for (int32_t c = 0; c < p->out->count; c++) {
        const bool *kept = p->in->kept + c / p->out_per_group * p->in_per_group;
        if (!p->out->kept[c]) {
            continue;
        }
        int8_t *w = r->weights + (depthwise ? to : (int64_t)to * p->taps * r->in_per_group);
        for (int32_t t = 0; t < p->taps; t++) {
            for (int32_t i = 0; i < p->in_per_group; i++) {
                if (kept[i]) {
                    *w = new_weight(p, c, t, i);
                    w += depthwise ? r->out : 1;
                }
            }
        }
        r->bias[to++] = new_bias(p, c);
    }
}

static void fill_scales(const struct product *p, struct remade *r)
{
    const struct kl_quant *q = &p->op->inputs[1]->quant;
    int32_t to = 0;
    for (int32_t c = 0; c < q->count; c++) {
        if (q->count == 1 || p->out->kept[c]) {
            r->scale[to++] = q->scale[c];
        }
    }
}

static enum kl_err remake(const struct channel_analysis *a, const struct product *p,
                          struct remade *r, struct kl_diag *diag)
{
    struct kl_arena *arena = a->graph->arena;
    r->in = kept_count(p->in);
    r->out = kept_count(p->out);
    r->in_per_group = p->groups == 1 ? r->in : p->in_per_group;
    size_t weights = (size_t)r->out * (size_t)p->taps * (size_t)r->in_per_group;
    r->weights = KL_NEW(arena, int8_t, weights);
    r->bias = KL_NEW(arena, int32_t, (size_t)r->out);
    r->scale = KL_NEW(arena, float, (size_t)r->out);
    r->zero_point = KL_NEW(arena, int32_t, (size_t)r->out);
    if (!r->weights || !r->bias || !r->scale || !r->zero_point) {
        return KL_FAIL_MEMORY(diag);
    }
    fill_weights(p, r);
    fill_scales(p, r);
    return KL_OK;
}

/* The weights' shape with other numbers of channels. */
static struct kl_shape weights_shape(const struct product *p, const struct remade *r)
{
    struct kl_shape shape = p->op->inputs[1]->shape;
    shape.dim[p->channel_axis] = r->out;
    if (p->op->kind == KL_OP_CONV_2D) {
        shape.dim[3] = r->in_per_group;
    } else if (p->op->kind == KL_OP_FULLY_CONNECTED) {
        shape.dim[1] = p->taps * r->in_per_group;
    }
    return shape;
}

/* Give the operator the new weights and bias. */
static enum kl_err install(const struct channel_analysis *a, struct kl_op *op,
                           const struct product *p, const struct remade *r, struct kl_diag *diag)
{
    const struct kl_tensor *old = op->inputs[1];
    const struct kl_tensor *old_bias = op->input_count > 2 ? op->inputs[2] : NULL;
    struct kl_shape bias_shape = {1, {r->out}};
    struct kl_tensor *weights =
        kl_tensor_add(a->graph, a->subgraph, old->name, KL_S8, weights_shape(p, r));
    struct kl_tensor *bias = kl_tensor_add(a->graph, a->subgraph,
                                           old_bias ? old_bias->name : "bias", KL_S32, bias_shape);
    struct kl_tensor **inputs = KL_NEW(a->graph->arena, struct kl_tensor *, 3);
    if (!weights || !bias || !inputs) {
        return KL_FAIL_MEMORY(diag);
    }
    weights->data = r->weights;
    weights->quant = old->quant;
    weights->quant.count = old->quant.count == 1 ? 1 : r->out;
    weights->quant.scale = r->scale;
    weights->quant.zero_point = r->zero_point;
    bias->data = r->bias;
    inputs[0] = op->inputs[0];
    inputs[1] = weights;
    inputs[2] = bias;
    op->inputs = inputs;
    op->input_count = 3;
    return KL_OK;
}

/* Does the pass change anything about the product? */
static bool changes(const struct product *p)
{
    for (int32_t c = 0; c < p->out->count; c++) {
        if (!p->out->kept[c] || is_settled(p, c)) {
            return true;
        }
    }
    for (int32_t c = 0; c < p->in->count; c++) {
        if (!p->in->live[c]) {
            return true;
        }
    }
    return false;
}

/* Weights and biases; plans write down a bias that the model leaves out. */
static size_t operand_bytes(const struct kl_op *op, int32_t channels)
{
    return op->inputs[1]->bytes + (size_t)channels * sizeof(int32_t);
}

static enum kl_err rewrite_product(const struct channel_analysis *a, struct kl_op *op,
                                   struct kl_diag *diag)
{
    const struct product *p = product_of(a, op);
    if (!p || !changes(p)) {
        return KL_OK;
    }
    struct remade r;
    size_t before = operand_bytes(op, p->out->count);
    KL_TRY(remake(a, p, &r, diag));
    KL_TRY(install(a, op, p, &r, diag));
    struct kl_removed *removed = &a->graph->removed;
    removed->channels += p->out->count - r.out;
    removed->bytes += (int64_t)before - (int64_t)operand_bytes(op, r.out);
    return KL_OK;
}

/* The channels that stay of a constant operand. */
static enum kl_err slice_data(const struct channel_analysis *a, struct kl_tensor *tensor,
                              const struct channels *c, struct kl_diag *diag)
{
    const int8_t *from = tensor->data;
    int8_t *data = KL_NEW(a->graph->arena, int8_t, tensor->bytes);
    if (!data) {
        return KL_FAIL_MEMORY(diag);
    }
    size_t to = 0;
    for (size_t i = 0; i < tensor->bytes; i++) {
        if (c->kept[i % (size_t)c->count]) {
            data[to++] = from[i];
        }
    }
    tensor->data = data;
    return KL_OK;
}

static enum kl_err slice_tensor(const struct channel_analysis *a, struct kl_tensor *tensor,
                                struct kl_diag *diag)
{
    const struct channels *c = channels_of(a, tensor);
    int32_t kept = kept_count(c);
    if (kept == c->count || kept == 0) {
        return KL_OK; /* none: left over by another pass, no operator names it */
    }
    if (tensor->data) {
        KL_TRY(slice_data(a, tensor, c, diag));
    }
    tensor->shape.dim[tensor->shape.rank - 1] = kept;
    tensor->bytes = (size_t)kl_shape_elements(&tensor->shape);
    return KL_OK;
}

static int64_t macs_of(const struct kl_subgraph *subgraph)
{
    int64_t macs = 0;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        macs = kl_macs_sum(macs, kl_op_macs(subgraph->ops[i]));
    }
    return macs;
}

static enum kl_err rewrite(const struct channel_analysis *a, struct kl_diag *diag)
{
    int32_t tensors = a->subgraph->tensor_count; /* those that the analysis knows */
    int64_t before = macs_of(a->subgraph);
    for (int32_t i = 0; i < a->subgraph->op_count; i++) {
        KL_TRY(rewrite_product(a, a->subgraph->ops[i], diag));
    }
    for (int32_t i = 0; i < tensors; i++) {
        KL_TRY(slice_tensor(a, a->subgraph->tensors[i], diag));
    }
    a->graph->removed.macs += before - macs_of(a->subgraph);
    return KL_OK;
}

static bool is_looked_at(const struct kl_tensor *tensor)
{
    int32_t rank = tensor->shape.rank;
    return tensor->dtype == KL_S8 && tensor->quant.count == 1 && rank >= 1 &&
           tensor->shape.dim[rank - 1] <= CHANNELS_MAX;
}

static enum kl_err prepare(struct channel_analysis *a, struct kl_diag *diag)
{
    a->of = KL_NEW(a->scratch, struct channels, (size_t)a->subgraph->tensor_count);
    if (!a->of) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < a->subgraph->tensor_count; i++) {
        const struct kl_tensor *tensor = a->subgraph->tensors[i];
        struct channels *c = &a->of[i];
        if (!is_looked_at(tensor)) {
            continue;
        }
        c->count = tensor->shape.dim[tensor->shape.rank - 1];
        c->low = KL_NEW(a->scratch, int8_t, (size_t)c->count);
        c->high = KL_NEW(a->scratch, int8_t, (size_t)c->count);
        c->live = KL_NEW(a->scratch, bool, (size_t)c->count);
        c->kept = KL_NEW(a->scratch, bool, (size_t)c->count);
        if (!c->low || !c->high || !c->live || !c->kept) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

static enum kl_err run(struct channel_analysis *a, struct kl_diag *diag)
{
    KL_TRY(prepare(a, diag));
    KL_TRY(products_find(a, diag));
    channels_find_ranges(a);
    return channels_find_use(a) ? rewrite(a, diag) : KL_OK;
}

/* Memory for the analysis of one subgraph. */
#define SCRATCH_LIMIT ((size_t)1 << 30)

enum kl_err kl_pass_remove_channels(struct kl_graph *graph, struct kl_diag *diag)
{
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        struct channel_analysis a = {.graph = graph,
                                     .subgraph = graph->subgraphs[s],
                                     .scratch = kl_arena_create(SCRATCH_LIMIT)};
        enum kl_err err = a.scratch ? run(&a, diag) : KL_FAIL_MEMORY(diag);
        kl_arena_free(a.scratch);
        KL_TRY(err);
    }
    return KL_OK;
}
