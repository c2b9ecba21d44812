/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/indexed.h"

#include "graph/const_params.h"

/* Loops before they are packed, and the shape that they make. */
struct walk {
    int32_t rank;
    int32_t dim[2 * KL_MAX_RANK];
    int32_t data_step[2 * KL_MAX_RANK]; /* bytes */
    int32_t index_step[2 * KL_MAX_RANK];
};

static void dense_steps(const struct kl_tensor *tensor, int32_t step[KL_MAX_RANK])
{
    int32_t bytes = (int32_t)kl_dtype_bytes(tensor->dtype);
    for (int32_t i = tensor->shape.rank; i-- > 0;) {
        step[i] = bytes;
        bytes *= tensor->shape.dim[i];
    }
}

static void add_loop(struct walk *walk, int32_t dim, int32_t data_step, int32_t index_step)
{
    walk->dim[walk->rank] = dim;
    walk->data_step[walk->rank] = data_step;
    walk->index_step[walk->rank++] = index_step;
}

static enum kl_err walk_shape(const struct kl_op *op, const struct walk *walk,
                              struct kl_shape *shape, struct kl_diag *diag)
{
    if (walk->rank > KL_MAX_RANK) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "its result has %d dimensions, at most %d do",
                          walk->rank, KL_MAX_RANK);
    }
    shape->rank = walk->rank;
    for (int32_t i = 0; i < walk->rank; i++) {
        shape->dim[i] = walk->dim[i];
    }
    return KL_OK;
}

/* Innermost loops over neighbouring bytes become the size of one piece. */
static void pack(const struct walk *walk, int32_t elem_bytes, struct kl_indexed *at)
{
    int32_t rank = walk->rank;
    at->bytes = elem_bytes;
    while (rank > 0 && walk->index_step[rank - 1] == 0 &&
           (walk->data_step[rank - 1] == at->bytes || walk->dim[rank - 1] == 1)) {
        at->bytes *= walk->dim[--rank];
    }
    for (int32_t i = 0; i < KL_MOVE_RANK; i++) {
        int32_t from = i - (KL_MOVE_RANK - rank);
        at->dim[i] = from < 0 ? 1 : walk->dim[from];
        at->data_step[i] = from < 0 ? 0 : walk->data_step[from];
        at->index_step[i] = from < 0 ? 0 : walk->index_step[from];
    }
}

static void add_place(struct kl_indexed *at, int32_t count, int32_t step)
{
    at->place_count[at->depth] = count;
    at->place_step[at->depth++] = step;
}

/* One index along `axis`: output dimensions are data[0..axis), indices[batch_dims..), data(axis..).
 */
static enum kl_err gather(const struct kl_op *op, struct walk *walk, struct kl_indexed *at,
                          struct kl_diag *diag)
{
    const struct kl_shape *data = &op->inputs[0]->shape, *index = &op->inputs[1]->shape;
    int32_t batch = op->attr.gather.batch_dims;
    int32_t data_step[KL_MAX_RANK], index_step[KL_MAX_RANK], axis;
    KL_TRY(kl_op_axis(op, op->attr.gather.axis, data->rank, &axis, diag));
    if (batch < 0 || batch > axis || batch > index->rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d batch dimensions", batch);
    }
    dense_steps(op->inputs[0], data_step);
    dense_steps(op->inputs[1], index_step);
    for (int32_t i = 0; i < axis; i++) {
        if (i < batch && data->dim[i] != index->dim[i]) {
            return kl_op_fail(op, diag, KL_EINPUT, "batch dimension %d differs", i);
        }
        add_loop(walk, data->dim[i], data_step[i], i < batch ? index_step[i] : 0);
    }
    for (int32_t i = batch; i < index->rank; i++) {
        add_loop(walk, index->dim[i], 0, index_step[i]);
    }
    for (int32_t i = axis + 1; i < data->rank; i++) {
        add_loop(walk, data->dim[i], data_step[i], 0);
    }
    add_place(at, data->dim[axis], data_step[axis]);
    return KL_OK;
}

/* The last dimension of the indices names a place in dimensions batch.. of `data`. */
static enum kl_err gather_nd(const struct kl_op *op, const struct kl_tensor *data,
                             const struct kl_tensor *index, int32_t batch, struct walk *walk,
                             struct kl_indexed *at, struct kl_diag *diag)
{
    int32_t data_step[KL_MAX_RANK], index_step[KL_MAX_RANK];
    int32_t rank = index->shape.rank;
    int32_t depth = rank ? index->shape.dim[rank - 1] : 0;
    if (batch < 0 || batch >= rank || depth < 1 || batch + depth > data->shape.rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d indices and %d batch dimensions for rank %d",
                          depth, batch, data->shape.rank);
    }
    dense_steps(data, data_step);
    dense_steps(index, index_step);
    for (int32_t i = 0; i < rank - 1; i++) {
        if (i < batch && data->shape.dim[i] != index->shape.dim[i]) {
            return kl_op_fail(op, diag, KL_EINPUT, "batch dimension %d differs", i);
        }
        add_loop(walk, index->shape.dim[i], i < batch ? data_step[i] : 0, index_step[i]);
    }
    for (int32_t i = batch; i < batch + depth; i++) {
        add_place(at, data->shape.dim[i], data_step[i]);
    }
    for (int32_t i = batch + depth; i < data->shape.rank; i++) {
        add_loop(walk, data->shape.dim[i], data_step[i], 0);
    }
    return KL_OK;
}

/* Indices of the shape of the result, each along `axis`. */
static enum kl_err elements(const struct kl_op *op, int32_t attr_axis, struct walk *walk,
                            struct kl_indexed *at, struct kl_diag *diag)
{
    const struct kl_shape *data = &op->inputs[0]->shape, *index = &op->inputs[1]->shape;
    int32_t data_step[KL_MAX_RANK], index_step[KL_MAX_RANK], axis;
    KL_TRY(kl_op_axis(op, attr_axis, data->rank, &axis, diag));
    if (index->rank != data->rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "indices of rank %d for rank %d", index->rank,
                          data->rank);
    }
    dense_steps(op->inputs[0], data_step);
    dense_steps(op->inputs[1], index_step);
    for (int32_t i = 0; i < data->rank; i++) {
        if (i != axis && index->dim[i] > data->dim[i]) {
            return kl_op_fail(op, diag, KL_EINPUT, "dimension %d of the indices is too large", i);
        }
        add_loop(walk, index->dim[i], i == axis ? 0 : data_step[i], index_step[i]);
    }
    add_place(at, data->dim[axis], data_step[axis]);
    return KL_OK;
}

static enum kl_err build(const struct kl_op *op, struct walk *walk, struct kl_indexed *at,
                         struct kl_diag *diag)
{
    switch (op->kind) {
    case KL_OP_GATHER: return gather(op, walk, at, diag);
    case KL_OP_GATHER_ND:
        return gather_nd(op, op->inputs[0], op->inputs[1], op->attr.gather.batch_dims, walk, at,
                         diag);
    case KL_OP_SCATTER_ND_UPDATE:
        return gather_nd(op, op->inputs[0], op->inputs[1], 0, walk, at, diag);
    case KL_OP_SCATTER_ELEMENTS: return elements(op, op->attr.scatter.axis, walk, at, diag);
    default: return elements(op, op->attr.gather.axis, walk, at, diag);
    }
}

enum kl_err kl_op_indexed(const struct kl_op *op, struct kl_indexed *at, struct kl_shape *shape,
                          struct kl_diag *diag)
{
    _Static_assert((int)KL_MAX_RANK == KL_MOVE_RANK && (int)KL_MAX_RANK == KL_INDEX_DEPTH,
                   "a loop and an index per dimension");
    struct walk walk = {0};
    enum kl_dtype type = op->inputs[1]->dtype;
    if (type != KL_S32 && type != KL_S64) {
        return kl_op_fail(op, diag, KL_EINPUT, "indices must be int32 or int64, not %s",
                          kl_dtype_name(type));
    }
    *at = (struct kl_indexed){.index_dtype = (int32_t)type};
    KL_TRY(build(op, &walk, at, diag));
    KL_TRY(walk_shape(op, &walk, shape, diag));
    pack(&walk, (int32_t)kl_dtype_bytes(op->inputs[0]->dtype), at);
    return KL_OK;
}
