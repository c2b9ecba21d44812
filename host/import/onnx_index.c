/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers and scatters. */
#include <string.h>

#include "import/onnx_handlers.h"

static enum kl_err index_op(struct onnx_node *node, enum kl_op_kind kind, int32_t count,
                            const struct kl_shape *shape, struct kl_op **op)
{
    struct kl_tensor *inputs[3];
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(onnx_plain(node->import, node->in[i], &inputs[i]));
    }
    *op = onnx_new_op(node->import, kind, count, inputs, inputs[0]->dtype, shape);
    return *op ? KL_OK : onnx_no_memory(node->import);
}

/* One constant index is a slice whose dimension vanishes. */
static enum kl_err gather_one(struct onnx_node *node, int32_t axis)
{
    int64_t index;
    int32_t count;
    KL_TRY(onnx_input_ints(node, 1, NULL, &index, 1, &count));
    int32_t dim = onnx_shape(&node->in[0]).dim[axis];
    index += index < 0 ? dim : 0;
    if (count != 1 || index < 0 || index >= dim) {
        return onnx_fail(node, KL_EINPUT, "index %lld", (long long)index);
    }
    struct onnx_value part;
    KL_TRY(onnx_slice(node->import, node->in[0], axis, (int32_t)index, 1, 1, &part));
    return onnx_remove_dim(node->import, part, axis, &node->out[0]);
}

enum kl_err onnx_op_gather(struct onnx_node *node)
{
    int32_t axis;
    KL_TRY(onnx_need_inputs(node, 2));
    struct kl_shape data = onnx_shape(&node->in[0]), index = onnx_shape(&node->in[1]);
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", 0), data.rank, &axis));
    if (onnx_is_constant(&node->in[1]) && index.rank == 0) {
        return gather_one(node, axis);
    }
    struct kl_shape shape = {.rank = data.rank - 1 + index.rank};
    if (shape.rank > KL_MAX_RANK) {
        return onnx_refuse(node, "a result of %d dimensions", shape.rank);
    }
    for (int32_t i = 0; i < shape.rank; i++) {
        shape.dim[i] = i < axis                ? data.dim[i]
                       : i < axis + index.rank ? index.dim[i - axis]
                                               : data.dim[i - index.rank + 1];
    }
    struct kl_op *op;
    KL_TRY(index_op(node, KL_OP_GATHER, 2, &shape, &op));
    op->attr.gather.axis = axis;
    node->out[0] = onnx_value_of(op->outputs[0]);
    return onnx_finish(node->import, op);
}

enum kl_err onnx_op_gather_nd(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 2));
    struct kl_shape data = onnx_shape(&node->in[0]), index = onnx_shape(&node->in[1]);
    int64_t batch = onnx_int(node, "batch_dims", 0);
    int32_t depth = index.rank ? index.dim[index.rank - 1] : 0;
    if (batch < 0 || batch >= index.rank || depth < 1 || batch + depth > data.rank ||
        index.rank - 1 + data.rank - batch - depth > KL_MAX_RANK) {
        return onnx_fail(node, KL_EINPUT, "its indices do not suit its data");
    }
    struct kl_shape shape = {.rank = index.rank - 1};
    memcpy(shape.dim, index.dim, sizeof shape.dim);
    for (int32_t i = (int32_t)batch + depth; i < data.rank; i++) {
        shape.dim[shape.rank++] = data.dim[i];
    }
    struct kl_op *op;
    KL_TRY(index_op(node, KL_OP_GATHER_ND, 2, &shape, &op));
    op->attr.gather.batch_dims = (int32_t)batch;
    node->out[0] = onnx_value_of(op->outputs[0]);
    return onnx_finish(node->import, op);
}

enum kl_err onnx_op_gather_elements(struct onnx_node *node)
{
    int32_t axis;
    struct kl_op *op;
    KL_TRY(onnx_need_inputs(node, 2));
    struct kl_shape shape = onnx_shape(&node->in[1]);
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", 0), onnx_rank(&node->in[0]), &axis));
    KL_TRY(index_op(node, KL_OP_GATHER_ELEMENTS, 2, &shape, &op));
    op->attr.gather.axis = axis;
    node->out[0] = onnx_value_of(op->outputs[0]);
    return onnx_finish(node->import, op);
}

static enum kl_err scatter(struct onnx_node *node, enum kl_op_kind kind, int32_t axis)
{
    static const char *const reductions[] = {[KL_COMBINE_REPLACE] = "none",
                                             [KL_COMBINE_ADD] = "add",
                                             [KL_COMBINE_MUL] = "mul",
                                             [KL_COMBINE_MAX] = "max",
                                             [KL_COMBINE_MIN] = "min"};
    struct kl_op *op;
    struct kl_shape shape = onnx_shape(&node->in[0]);
    int combine = KL_COMBINE_REPLACE;
    while (combine <= KL_COMBINE_MIN &&
           !onnx_is_text(node, "reduction", reductions[combine], combine == KL_COMBINE_REPLACE)) {
        combine++;
    }
    if (combine > KL_COMBINE_MIN) {
        return onnx_refuse(node, "this reduction");
    }
    KL_TRY(index_op(node, kind, 3, &shape, &op));
    op->attr.scatter.axis = axis;
    op->attr.scatter.combine = (enum kl_combine)combine;
    node->out[0] = onnx_value_of(op->outputs[0]);
    return onnx_finish(node->import, op);
}

enum kl_err onnx_op_scatter_elements(struct onnx_node *node)
{
    int32_t axis;
    KL_TRY(onnx_need_inputs(node, 3));
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", 0), onnx_rank(&node->in[0]), &axis));
    return scatter(node, KL_OP_SCATTER_ELEMENTS, axis);
}

enum kl_err onnx_op_scatter_nd(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 3));
    return scatter(node, KL_OP_SCATTER_ND_UPDATE, 0);
}

/* With constant lengths: a gather of places that are known. */
enum kl_err onnx_op_reverse_sequence(struct onnx_node *node)
{
    int64_t lengths[1024];
    int32_t count;
    KL_TRY(onnx_need_inputs(node, 2));
    int64_t time = onnx_int(node, "time_axis", 0), batch = onnx_int(node, "batch_axis", 1);
    struct kl_shape shape = onnx_shape(&node->in[0]);
    KL_TRY(onnx_input_ints(node, 1, NULL, lengths, 1024, &count));
    if (shape.rank < 2 || time + batch != 1 || time * batch != 0 || count != shape.dim[batch]) {
        return onnx_fail(node, KL_EINPUT, "its axes or lengths");
    }
    struct kl_shape places = {3, {shape.dim[0], shape.dim[1], 2}};
    struct kl_tensor *index;
    void *data;
    KL_TRY(onnx_constant(node->import, KL_S32, &places, &data, &index));
    int32_t *at = data;
    for (int32_t i = 0; i < shape.dim[0]; i++) {
        for (int32_t k = 0; k < shape.dim[1]; k++) {
            int32_t t = time == 0 ? i : k, b = time == 0 ? k : i;
            int32_t from = t < lengths[b] ? (int32_t)lengths[b] - 1 - t : t;
            if (lengths[b] < 0 || lengths[b] > shape.dim[time]) {
                return onnx_fail(node, KL_EINPUT, "length %lld", (long long)lengths[b]);
            }
            *at++ = time == 0 ? from : i;
            *at++ = time == 0 ? k : from;
        }
    }
    struct kl_op *op;
    node->in[1] = onnx_value_of(index);
    KL_TRY(index_op(node, KL_OP_GATHER_ND, 2, &shape, &op));
    node->out[0] = onnx_value_of(op->outputs[0]);
    return onnx_finish(node->import, op);
}

/* Elements on one side of a diagonal: the others become 0. */
enum kl_err onnx_op_trilu(struct onnx_node *node)
{
    int64_t k = 0;
    int32_t count;
    KL_TRY(onnx_need_inputs(node, 1));
    struct onnx_value x = node->in[0];
    bool upper = onnx_int(node, "upper", 1) != 0;
    KL_TRY(onnx_input_ints(node, 1, NULL, &k, 1, &count));
    struct kl_shape shape = onnx_shape(&x);
    if (shape.rank < 2) {
        return onnx_fail(node, KL_EINPUT, "%d dimensions", shape.rank);
    }
    struct kl_shape square = {2, {shape.dim[shape.rank - 2], shape.dim[shape.rank - 1]}};
    struct kl_tensor *mask, *zero;
    void *data;
    KL_TRY(onnx_constant(node->import, KL_BOOL, &square, &data, &mask));
    for (int32_t r = 0; r < square.dim[0]; r++) {
        for (int32_t c = 0; c < square.dim[1]; c++) {
            bool kept = upper ? c - r >= k : c - r <= k;
            ((unsigned char *)data)[(int64_t)r * square.dim[1] + c] = kept;
        }
    }
    KL_TRY(onnx_scalar(node->import, x.tensor->dtype, 0.0, &zero));
    return onnx_select(node->import, onnx_value_of(mask), x, onnx_value_of(zero), &node->out[0]);
}
