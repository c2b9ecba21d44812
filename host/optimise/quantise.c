/* SPDX-License-Identifier: Apache-2.0 */
/* Quantisation of a graph: types of tensors, and what stands between floats and integers. */
#include "optimise/quantise.h"

#include <string.h>

#include "graph/build.h"
#include "optimise/quantise_internal.h"

/* A tensor of floats before, and what there is of it now. */
struct value {
    struct kl_tensor *floats, *integers; /* NULL: not needed so far */
};

struct rewrite {
    struct quantise *q;
    struct value *values; /* by tensor id before */
    struct kl_op **ops;   /* new list */
    int32_t op_count, op_limit;
    int32_t *before; /* by new position: the position before; -1: new */
    int32_t *origin; /* by tensor id */
    int32_t integer_ops;
};

static bool is_integer_rule(enum quantise_rule rule)
{
    return rule == RULE_WEIGHTS || rule == RULE_OWN || rule == RULE_ALIKE || rule == RULE_FIXED ||
           rule == RULE_READS;
}

static struct kl_scale scale_of(const struct rewrite *r, int32_t id)
{
    return r->q->scales[quantise_root(r->q, id)];
}

/* Was the operator there before? */
static bool is_own(const struct quantise *q, const struct kl_op *op)
{
    return op->position < q->subgraph->op_count && q->subgraph->ops[op->position] == op;
}

static enum kl_err append(struct rewrite *r, struct kl_op *op, struct kl_diag *diag)
{
    if (r->op_count == r->op_limit) {
        return kl_fail(diag, KL_ELIMIT, "too many conversions between floats and integers");
    }
    r->before[r->op_count] = is_own(r->q, op) ? op->position : -1;
    r->ops[r->op_count++] = op;
    return KL_OK;
}

/* QUANTIZE or DEQUANTIZE at the end of the list so far. */
static enum kl_err append_conversion(struct rewrite *r, enum kl_op_kind kind,
                                     struct kl_tensor *from, struct kl_tensor *to,
                                     struct kl_diag *diag)
{
    struct kl_op *op = kl_op_new(r->q->graph->arena, kind, 1, &from, to);
    if (!op) {
        return KL_FAIL_MEMORY(diag);
    }
    return append(r, op, diag);
}

/* A new tensor that holds the values of tensor `id`. */
static enum kl_err add_form(struct rewrite *r, int32_t id, bool integers, struct kl_tensor **made,
                            struct kl_diag *diag)
{
    struct quantise *q = r->q;
    const struct kl_tensor *like = q->subgraph->tensors[id];
    enum kl_dtype dtype = !integers ? KL_F32 : q->options->wide ? KL_S16 : KL_S8;
    *made = kl_tensor_add(q->graph, q->subgraph, like->name, dtype, like->shape);
    if (!*made) {
        return KL_FAIL_MEMORY(diag);
    }
    (*made)->id = q->subgraph->tensor_count - 1;
    return integers ? quantise_set(q->graph, *made, scale_of(r, id), diag) : KL_OK;
}

/* The tensor before becomes one of integers itself. */
static enum kl_err make_integers(struct rewrite *r, struct kl_tensor *tensor, struct kl_diag *diag)
{
    bool wide = r->q->options->wide;
    tensor->dtype = wide ? KL_S16 : KL_S8;
    tensor->bytes = (size_t)kl_shape_elements(&tensor->shape) * kl_dtype_bytes(tensor->dtype);
    r->values[tensor->id] = (struct value){.integers = tensor};
    return quantise_set(r->q->graph, tensor, scale_of(r, tensor->id), diag);
}

/* The float or the integer form of a value, converted at its first use. */
static enum kl_err form_of(struct rewrite *r, int32_t id, bool integers, struct kl_tensor **form,
                           struct kl_diag *diag)
{
    struct value *v = &r->values[id];
    struct kl_tensor **wanted = integers ? &v->integers : &v->floats;
    if (!*wanted) {
        struct kl_tensor *made;
        KL_TRY(add_form(r, id, integers, &made, diag));
        KL_TRY(append_conversion(r, integers ? KL_OP_QUANTIZE : KL_OP_DEQUANTIZE,
                                 integers ? v->floats : v->integers, made, diag));
        *wanted = made;
    }
    *form = *wanted;
    return KL_OK;
}

/* Input `place` of an operator that computes in integers. */
static enum kl_err integer_input(struct rewrite *r, struct kl_op *op, int32_t place,
                                 struct kl_diag *diag)
{
    struct kl_tensor *tensor = op->inputs[place];
    bool alike = r->q->rule[op->position] == RULE_ALIKE;
    int32_t id = tensor->id;
    struct kl_scale wanted = scale_of(r, alike ? op->outputs[0]->id : id);
    if (tensor->data) {
        return quantise_constant(r->q, tensor, wanted, &op->inputs[place], diag);
    }
    KL_TRY(form_of(r, id, true, &op->inputs[place], diag));
    struct kl_scale has = scale_of(r, id);
    if (has.scale != wanted.scale || has.zero_point != wanted.zero_point) {
        struct kl_tensor *made;
        KL_TRY(add_form(r, id, true, &made, diag));
        KL_TRY(quantise_set(r->q->graph, made, wanted, diag));
        KL_TRY(append_conversion(r, KL_OP_QUANTIZE, op->inputs[place], made, diag));
        op->inputs[place] = made;
    }
    return KL_OK;
}

static bool was_float(const struct rewrite *r, const struct kl_tensor *tensor)
{
    return tensor && !tensor->data && tensor->id < r->q->tensor_count &&
           (r->values[tensor->id].floats || r->values[tensor->id].integers);
}

static enum kl_err integer_op(struct rewrite *r, struct kl_op *op, struct kl_diag *diag)
{
    bool layer = r->q->rule[op->position] == RULE_WEIGHTS;
    const struct kl_tensor *image = layer ? kl_op_image(op) : NULL;
    int32_t image_id = layer ? image->id : 0;
    for (int32_t i = 0; i < op->input_count; i++) {
        bool floats = was_float(r, op->inputs[i]) || quantise_is_float(op->inputs[i]);
        if (floats && (!layer || op->inputs[i] == image)) {
            KL_TRY(integer_input(r, op, i, diag));
        }
    }
    if (layer) {
        KL_TRY(quantise_weights(r->q, op, scale_of(r, image_id).scale, diag));
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        if (quantise_is_float(op->outputs[i])) {
            KL_TRY(make_integers(r, op->outputs[i], diag));
        }
    }
    r->integer_ops++;
    return append(r, op, diag);
}

static enum kl_err float_op(struct rewrite *r, struct kl_op *op, struct kl_diag *diag)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        if (was_float(r, op->inputs[i])) {
            KL_TRY(form_of(r, op->inputs[i]->id, false, &op->inputs[i], diag));
        }
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        if (quantise_is_float(op->outputs[i])) {
            r->values[op->outputs[i]->id] = (struct value){.floats = op->outputs[i]};
        }
    }
    return append(r, op, diag);
}

/* Does an operator of integers read it? */
static bool has_integer_reader(const struct quantise *q, const struct kl_tensor *tensor)
{
    for (int32_t i = 0; i < q->subgraph->op_count; i++) {
        const struct kl_op *op = q->subgraph->ops[i];
        for (int32_t k = 0; k < op->input_count; k++) {
            if (op->inputs[k] == tensor && is_integer_rule(q->rule[op->position])) {
                return true;
            }
        }
    }
    return false;
}

static enum kl_err begin_inputs(struct rewrite *r, struct kl_diag *diag)
{
    const struct quantise *q = r->q;
    for (int32_t i = 0; i < q->tensor_count; i++) {
        struct kl_tensor *tensor = q->subgraph->tensors[i];
        if (quantise_is_float(tensor) && tensor->is_variable && !tensor->producer) {
            r->values[i] = (struct value){.floats = tensor};
        }
    }
    for (int32_t i = 0; i < q->subgraph->input_count; i++) {
        struct kl_tensor *tensor = q->subgraph->inputs[i];
        if (quantise_is_float(tensor)) {
            r->values[tensor->id] = (struct value){.floats = tensor};
            if (!q->options->float_io && has_integer_reader(q, tensor)) {
                KL_TRY(make_integers(r, tensor, diag));
            }
        }
    }
    return KL_OK;
}

static enum kl_err end_outputs(struct rewrite *r, struct kl_diag *diag)
{
    struct kl_subgraph *subgraph = r->q->subgraph;
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        if (r->q->options->float_io && was_float(r, subgraph->outputs[i])) {
            KL_TRY(form_of(r, subgraph->outputs[i]->id, false, &subgraph->outputs[i], diag));
        }
    }
    return KL_OK;
}

static enum kl_err rewrite_ops(struct rewrite *r, struct kl_diag *diag)
{
    const struct quantise *q = r->q;
    KL_TRY(begin_inputs(r, diag));
    for (int32_t i = 0; i < q->subgraph->op_count; i++) {
        struct kl_op *op = q->subgraph->ops[i];
        KL_TRY(is_integer_rule(q->rule[i]) ? integer_op(r, op, diag) : float_op(r, op, diag));
    }
    return end_outputs(r, diag);
}

/* What each tensor of now holds: itself, or what its chain of conversions began with. */
static enum kl_err find_origins(struct rewrite *r, struct kl_diag *diag)
{
    struct kl_subgraph *subgraph = r->q->subgraph;
    r->origin = KL_NEW(r->q->graph->arena, int32_t, (size_t)subgraph->tensor_count + 1);
    if (!r->origin) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        const struct kl_tensor *tensor = subgraph->tensors[i];
        while (tensor->id >= r->q->tensor_count && tensor->producer) {
            tensor = tensor->producer->inputs[0];
        }
        r->origin[i] = tensor->id < r->q->tensor_count && !tensor->data ? tensor->id : -1;
    }
    return KL_OK;
}

static int32_t operand_count(const struct kl_subgraph *subgraph)
{
    int32_t count = subgraph->input_count + subgraph->output_count;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        count += subgraph->ops[i]->input_count + subgraph->ops[i]->output_count;
    }
    return count;
}

enum kl_err kl_quantise(struct kl_graph *graph, const struct kl_quantise_options *options,
                        struct kl_quantised *result, struct kl_diag *diag)
{
    struct kl_subgraph *subgraph = graph->subgraphs[0];
    struct quantise q = {.graph = graph,
                         .subgraph = subgraph,
                         .options = options,
                         .tensor_count = subgraph->tensor_count};
    struct rewrite r = {.q = &q, .op_limit = 3 * operand_count(subgraph) + subgraph->op_count};
    KL_TRY(quantise_scales(&q, diag));
    r.values = KL_NEW(graph->arena, struct value, (size_t)q.tensor_count + 1);
    r.ops = KL_NEW(graph->arena, struct kl_op *, (size_t)r.op_limit + 1);
    r.before = KL_NEW(graph->arena, int32_t, (size_t)r.op_limit + 1);
    if (!r.values || !r.ops || !r.before) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(rewrite_ops(&r, diag));
    subgraph->ops = r.ops;
    subgraph->op_count = r.op_count;
    KL_TRY(kl_graph_verify(graph, diag));
    KL_TRY(find_origins(&r, diag));
    *result = (struct kl_quantised){.tensor_count = q.tensor_count,
                                    .origin = r.origin,
                                    .before = r.before,
                                    .cut_off = q.cut_off,
                                    .integer_ops = r.integer_ops,
                                    .stay = q.stay};
    return KL_OK;
}
