/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "graph/const_params.h"
#include "graph/graph.h"
#include "graph/shape_rules.h"
#include "graph/verify_calls.h"

static enum kl_err verify_quant(const struct kl_tensor *tensor, struct kl_diag *diag)
{
    const struct kl_quant *q = &tensor->quant;
    if (q->count == 0) {
        return KL_OK;
    }
    if (q->count < 0 || !q->scale || !q->zero_point) {
        return kl_fail(diag, KL_EINPUT, "tensor '%.100s': incomplete quantisation", tensor->name);
    }
    if (q->count > 1 &&
        (q->axis < 0 || q->axis >= tensor->shape.rank || q->count != tensor->shape.dim[q->axis])) {
        return kl_fail(diag, KL_EINPUT,
                       "tensor '%.100s': %d scales do not suit dimension %d of its shape",
                       tensor->name, q->count, q->axis);
    }
    int32_t low = tensor->dtype == KL_S8 ? INT8_MIN : tensor->dtype == KL_S16 ? INT16_MIN : 0;
    int32_t high = tensor->dtype == KL_S8   ? INT8_MAX
                   : tensor->dtype == KL_U8 ? UINT8_MAX
                                            : INT16_MAX;
    bool narrow = tensor->dtype == KL_S8 || tensor->dtype == KL_U8 || tensor->dtype == KL_S16;
    for (int32_t i = 0; i < q->count; i++) {
        if (!isfinite(q->scale[i]) || q->scale[i] <= 0) {
            return kl_fail(diag, KL_EINPUT, "tensor '%.100s': scale %d is %g; it must be positive",
                           tensor->name, i, (double)q->scale[i]);
        }
        if (narrow && (q->zero_point[i] < low || q->zero_point[i] > high)) {
            return kl_fail(diag, KL_EINPUT, "tensor '%.100s': zero point %d is outside its type %s",
                           tensor->name, q->zero_point[i], kl_dtype_name(tensor->dtype));
        }
    }
    return KL_OK;
}

static enum kl_err verify_tensor(const struct kl_tensor *tensor, struct kl_diag *diag)
{
    const struct kl_shape *shape = &tensor->shape;
    if (shape->rank < 0 || shape->rank > KL_MAX_RANK) {
        return kl_fail(diag, KL_EINPUT, "tensor '%.100s': rank %d, at most %d are supported",
                       tensor->name, shape->rank, KL_MAX_RANK);
    }
    int64_t elements = 1;
    for (int32_t i = 0; i < shape->rank; i++) {
        if (shape->dim[i] < 1 || elements > INT32_MAX / shape->dim[i]) {
            return kl_fail(diag, KL_EINPUT, "tensor '%.100s': dimension %d of %d is unusable",
                           tensor->name, i, shape->dim[i]);
        }
        elements *= shape->dim[i];
    }
    int64_t bytes = elements * (int64_t)kl_dtype_bytes(tensor->dtype);
    if (bytes > INT32_MAX || (size_t)bytes != tensor->bytes) {
        return kl_fail(diag, KL_EINPUT,
                       "tensor '%.100s': size of %zu bytes does not suit its shape", tensor->name,
                       tensor->bytes);
    }
    return verify_quant(tensor, diag);
}

static bool contains(struct kl_tensor *const *tensors, int32_t count,
                     const struct kl_tensor *wanted)
{
    for (int32_t i = 0; i < count; i++) {
        if (tensors[i] == wanted) {
            return true;
        }
    }
    return false;
}

/* Tensors are numbered first: an id that leads back to the tensor is its place. */
static bool belongs_to(const struct kl_subgraph *subgraph, const struct kl_tensor *tensor)
{
    return tensor->id >= 0 && tensor->id < subgraph->tensor_count &&
           subgraph->tensors[tensor->id] == tensor;
}

static enum kl_err verify_membership(const struct kl_subgraph *subgraph, const struct kl_op *op,
                                     struct kl_diag *diag)
{
    for (int32_t i = 0; i < op->input_count + op->output_count; i++) {
        bool is_input = i < op->input_count;
        int32_t place = is_input ? i : i - op->input_count;
        const struct kl_tensor *tensor = is_input ? op->inputs[place] : op->outputs[place];
        if (tensor && !belongs_to(subgraph, tensor)) {
            return kl_op_fail(op, diag, KL_EINPUT, "%s %d ('%.100s') belongs to another subgraph",
                              is_input ? "input" : "output", place, tensor->name);
        }
    }
    return KL_OK;
}

/* A value is ready when it is constant, a graph input, a variable, or produced earlier. */
static bool is_ready(const struct kl_subgraph *subgraph, int32_t position,
                     const struct kl_tensor *tensor)
{
    const struct kl_op *producer = tensor->producer;
    if (!producer) {
        return tensor->data || tensor->is_variable ||
               contains(subgraph->inputs, subgraph->input_count, tensor);
    }
    return producer->position < position && subgraph->ops[producer->position] == producer;
}

static enum kl_err verify_arity(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_op_info *info = kl_op_info(op->kind);
    if (op->input_count < info->min_inputs || op->input_count > info->max_inputs) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d inputs; it takes %d to %d", op->input_count,
                          info->min_inputs, info->max_inputs);
    }
    if (op->output_count < info->min_outputs || op->output_count > info->max_outputs) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d outputs; it has %d to %d", op->output_count,
                          info->min_outputs, info->max_outputs);
    }
    for (int32_t i = 0; i < op->input_count; i++) {
        if (!op->inputs[i] && !kl_op_input_optional(op, i)) {
            return kl_op_fail(op, diag, KL_EINPUT, "input %d is missing", i);
        }
    }
    return KL_OK;
}

static enum kl_err verify_outputs(const struct kl_op *op, struct kl_diag *diag)
{
    for (int32_t i = 0; i < op->output_count; i++) {
        const struct kl_tensor *out = op->outputs[i];
        if (!out || out->producer != op || out->data) {
            return kl_op_fail(op, diag, KL_EINPUT,
                              "output %d is missing, constant, or produced by another operator", i);
        }
        if (contains(op->outputs, i, out)) {
            return kl_op_fail(op, diag, KL_EINPUT, "output %d is named twice", i);
        }
    }
    return KL_OK;
}

static enum kl_err verify_op(const struct kl_subgraph *subgraph, int32_t position,
                             struct kl_diag *diag)
{
    const struct kl_op *op = subgraph->ops[position];
    KL_TRY(verify_arity(op, diag));
    KL_TRY(verify_outputs(op, diag));
    KL_TRY(verify_membership(subgraph, op, diag));
    if (op->kind == KL_OP_UNKNOWN) {
        return KL_OK;
    }
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] && !is_ready(subgraph, position, op->inputs[i])) {
            return kl_op_fail(op, diag, KL_EINPUT,
                              "input %d ('%.100s') has no value yet: nothing before it produces it",
                              i, op->inputs[i]->name);
        }
    }
    struct kl_diag shapes = {0};
    enum kl_err err = kl_op_check_shapes(op, &shapes);
    if (err == KL_OK || err == KL_EUNSUPPORTED) {
        return KL_OK; /* what is unsupported is reported where it is needed, all at once */
    }
    return kl_fail(diag, err, "%s", shapes.message);
}

static void number(struct kl_subgraph *subgraph)
{
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        subgraph->tensors[i]->id = i;
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        subgraph->ops[i]->position = i;
    }
}

static enum kl_err verify_subgraph(struct kl_subgraph *subgraph, struct kl_diag *diag)
{
    number(subgraph);
    for (int32_t i = 0; i < subgraph->tensor_count; i++) {
        KL_TRY(verify_tensor(subgraph->tensors[i], diag));
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        KL_TRY(verify_op(subgraph, i, diag));
    }
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        const struct kl_tensor *out = subgraph->outputs[i];
        if (!is_ready(subgraph, subgraph->op_count, out)) {
            return kl_fail(diag, KL_EINPUT, "graph output %d ('%.100s') is never computed", i,
                           out->name);
        }
    }
    return KL_OK;
}

enum kl_err kl_graph_verify(struct kl_graph *graph, struct kl_diag *diag)
{
    for (int32_t i = 0; i < graph->subgraph_count; i++) {
        KL_TRY(verify_subgraph(graph->subgraphs[i], diag));
    }
    return kl_graph_verify_calls(graph, diag);
}
