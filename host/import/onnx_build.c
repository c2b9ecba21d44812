/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of the graph, made one by one and computed at once when their inputs are constant. */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "import/onnx_import.h"

enum kl_err onnx_no_memory(struct onnx_import *import)
{
    return KL_FAIL_MEMORY(import->diag);
}

struct kl_tensor *onnx_tensor(struct onnx_import *import, enum kl_dtype dtype,
                              const struct kl_shape *shape)
{
    struct kl_tensor *tensor = KL_NEW(import->arena, struct kl_tensor, 1);
    if (tensor) {
        *tensor =
            (struct kl_tensor){.name = "",
                               .dtype = dtype,
                               .shape = *shape,
                               .bytes = (size_t)kl_shape_elements(shape) * kl_dtype_bytes(dtype),
                               .source_index = -1};
    }
    return tensor;
}

enum kl_err onnx_constant(struct onnx_import *import, enum kl_dtype dtype,
                          const struct kl_shape *shape, void **data, struct kl_tensor **tensor)
{
    *tensor = onnx_tensor(import, dtype, shape);
    if (!*tensor) {
        return onnx_no_memory(import);
    }
    if ((int64_t)(*tensor)->bytes > import->constant_bytes_left) {
        return kl_fail(import->diag, KL_ELIMIT, "its constants take too much memory");
    }
    import->constant_bytes_left -= (int64_t)(*tensor)->bytes;
    *data = kl_arena_alloc(import->arena, (*tensor)->bytes, 1);
    (*tensor)->data = *data;
    return *data ? KL_OK : onnx_no_memory(import);
}

enum kl_err onnx_ints_tensor(struct onnx_import *import, int32_t count, const int32_t *values,
                             struct kl_tensor **tensor)
{
    struct kl_shape shape = {1, {count}};
    void *data;
    KL_TRY(onnx_constant(import, KL_S32, &shape, &data, tensor));
    memcpy(data, values, sizeof values[0] * (size_t)count);
    return KL_OK;
}

enum kl_err onnx_scalar(struct onnx_import *import, enum kl_dtype dtype, double value,
                        struct kl_tensor **tensor)
{
    struct kl_shape shape = {0};
    void *data;
    double high = dtype == KL_F32 ? (double)FLT_MAX : 9.2e18;
    double limited = value > high ? high : value < -high ? -high : value;
    float real = (float)limited;
    int64_t whole = dtype == KL_F32 ? 0 : llround(limited);
    KL_TRY(onnx_constant(import, dtype, &shape, &data, tensor));
    memcpy(data, dtype == KL_F32 ? (const void *)&real : (const void *)&whole, (*tensor)->bytes);
    return KL_OK;
}

struct kl_tensor *onnx_more_output(struct onnx_import *import, struct kl_op *op,
                                   enum kl_dtype dtype, const struct kl_shape *shape)
{
    struct kl_tensor *tensor = onnx_tensor(import, dtype, shape);
    if (tensor) {
        tensor->producer = op;
        op->outputs[op->output_count++] = tensor;
    }
    return tensor;
}

struct kl_op *onnx_new_op(struct onnx_import *import, enum kl_op_kind kind, int32_t input_count,
                          struct kl_tensor *const *inputs, enum kl_dtype dtype,
                          const struct kl_shape *shape)
{
    struct kl_op *op = KL_NEW(import->arena, struct kl_op, 1);
    struct kl_tensor **operands =
        KL_NEW(import->arena, struct kl_tensor *, (size_t)input_count + 1 + ONNX_MAX_OPERANDS);
    if (!op || !operands) {
        return NULL;
    }
    memcpy(operands, inputs, sizeof inputs[0] * (size_t)input_count);
    *op = (struct kl_op){.kind = kind,
                         .source_index = import->node_index,
                         .input_count = input_count,
                         .inputs = operands,
                         .outputs = operands + input_count + 1}; /* room for a bias */
    return onnx_more_output(import, op, dtype, shape) ? op : NULL;
}

static bool all_constant(const struct kl_op *op)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        if (op->inputs[i] && !op->inputs[i]->data) {
            return false;
        }
    }
    return true;
}

static enum kl_err check_size(struct onnx_import *import, const struct kl_op *op)
{
    for (int32_t k = 0; k < op->output_count; k++) {
        const struct kl_shape *shape = &op->outputs[k]->shape;
        int64_t elements = 1;
        for (int32_t i = 0; i < shape->rank; i++) {
            if (shape->dim[i] < 1 || elements > INT32_MAX / 8 / shape->dim[i]) {
                return kl_fail(import->diag, KL_EUNSUPPORTED,
                               "a result without elements, or with too many");
            }
            elements *= shape->dim[i];
        }
    }
    return KL_OK;
}

/* Elements that the operator touches, counting each tap of a window and each turn of a search. */
static int64_t work_of(const struct kl_op *op)
{
    int64_t work = kl_op_macs(op), turns = 1;
    if (op->kind == KL_OP_AVERAGE_POOL_2D || op->kind == KL_OP_MAX_POOL_2D) {
        turns = (int64_t)op->attr.window.filter_h * op->attr.window.filter_w;
    } else if (op->kind == KL_OP_TOPK_V2 || op->kind == KL_OP_RESAMPLE) {
        turns = 1 << 12;
    }
    for (int32_t i = 0; i < op->input_count; i++) {
        work = kl_macs_sum(work, op->inputs[i] ? kl_shape_elements(&op->inputs[i]->shape) : 0);
    }
    int64_t elements = kl_shape_elements(&op->outputs[0]->shape);
    return kl_macs_sum(work, turns > INT32_MAX ? INT64_MAX : elements * turns);
}

/* Compute the operator's outputs now. */
static enum kl_err evaluate(struct onnx_import *import, struct kl_op *op)
{
    for (int32_t k = 0; k < op->output_count; k++) {
        import->constant_bytes_left -= (int64_t)op->outputs[k]->bytes;
    }
    if (import->constant_bytes_left < 0) {
        return kl_fail(import->diag, KL_ELIMIT, "its constants take too much memory");
    }
    int64_t work = work_of(op);
    import->work_left = work > import->work_left ? -1 : import->work_left - work;
    if (import->work_left < 0) {
        return kl_fail(import->diag, KL_ELIMIT, "its constants take too long to compute");
    }
    KL_TRY(import->options->evaluate(import->graph, op, import->diag));
    for (int32_t k = 0; k < op->output_count; k++) {
        op->outputs[k]->producer = NULL;
    }
    return KL_OK;
}

enum kl_err onnx_finish(struct onnx_import *import, struct kl_op *op)
{
    KL_TRY(check_size(import, op));
    /* Dequantised constants stay, since integer operators want them as they were. */
    bool now = op->kind != KL_OP_DEQUANTIZE && all_constant(op);
    return now ? evaluate(import, op) : onnx_append(import, op);
}

enum kl_err onnx_append(struct onnx_import *import, struct kl_op *op)
{
    if (import->op_count == ONNX_MAX_OPERATORS) {
        return kl_fail(import->diag, KL_ELIMIT, "the graph has more than %d operators",
                       ONNX_MAX_OPERATORS);
    }
    if (import->op_count == import->op_capacity) {
        int32_t larger = import->op_capacity ? 2 * import->op_capacity : 64;
        struct kl_op **ops = KL_NEW(import->arena, struct kl_op *, (size_t)larger);
        if (!ops) {
            return onnx_no_memory(import);
        }
        if (import->op_count) {
            memcpy(ops, import->ops, sizeof ops[0] * (size_t)import->op_count);
        }
        import->ops = ops;
        import->op_capacity = larger;
    }
    import->ops[import->op_count++] = op;
    return KL_OK;
}

enum kl_err onnx_unary(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value x,
                       struct onnx_value *y)
{
    struct kl_op *op = onnx_new_op(import, kind, 1, &x.tensor, x.tensor->dtype, &x.tensor->shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *y = onnx_ordered(op->outputs[0], x.order);
    return onnx_finish(import, op);
}

enum kl_err onnx_cast(struct onnx_import *import, struct onnx_value x, enum kl_dtype dtype,
                      struct onnx_value *y)
{
    *y = x;
    if (x.tensor->dtype == dtype) {
        return KL_OK;
    }
    struct kl_op *op = onnx_new_op(import, KL_OP_CAST, 1, &x.tensor, dtype, &x.tensor->shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    y->tensor = op->outputs[0];
    return onnx_finish(import, op);
}

/* The operand whose order all take: of the full rank, computed rather than constant. */
static const struct onnx_value *leader(int32_t count, const struct onnx_value *values, int32_t rank)
{
    const struct onnx_value *found = NULL;
    for (int32_t i = 0; i < count; i++) {
        if (onnx_rank(&values[i]) == rank && (!found || onnx_is_constant(found))) {
            found = &values[i];
        }
    }
    return found;
}

static bool is_identity(const int32_t *order, int32_t rank)
{
    for (int32_t i = 0; i < rank; i++) {
        if (order[i] != i) {
            return false;
        }
    }
    return true;
}

static enum kl_err align_one(struct onnx_import *import, struct onnx_value value, int32_t rank,
                             const int32_t order[KL_MAX_RANK], struct kl_tensor **tensor)
{
    int32_t own = onnx_rank(&value);
    if (own == 0 || (own < rank && is_identity(order, rank))) {
        return onnx_plain(import, value, tensor);
    }
    struct kl_shape shape = onnx_shape(&value);
    struct kl_shape wide = {.rank = rank};
    for (int32_t i = 0; i < rank; i++) {
        wide.dim[i] = i < rank - own ? 1 : shape.dim[i - (rank - own)];
    }
    if (own < rank) {
        KL_TRY(onnx_reshape(import, value, &wide, &value));
    }
    return onnx_stored(import, value, order, tensor);
}

enum kl_err onnx_align(struct onnx_import *import, int32_t count, const struct onnx_value *values,
                       struct kl_tensor **tensors, int32_t order[KL_MAX_RANK],
                       struct kl_shape *stored)
{
    int32_t rank = 0;
    for (int32_t i = 0; i < count; i++) {
        rank = onnx_rank(&values[i]) > rank ? onnx_rank(&values[i]) : rank;
    }
    const struct onnx_value *lead = leader(count, values, rank);
    assert(lead); /* one of them has the largest rank */
    memcpy(order, lead->order, sizeof(int32_t) * KL_MAX_RANK);
    *stored = (struct kl_shape){.rank = rank};
    for (int32_t i = 0; i < rank; i++) {
        stored->dim[i] = 1;
    }
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(align_one(import, values[i], rank, order, &tensors[i]));
        const struct kl_shape *shape = &tensors[i]->shape;
        for (int32_t d = 0; d < shape->rank; d++) {
            int32_t to = rank - shape->rank + d;
            if (shape->dim[d] != 1 && stored->dim[to] != 1 && shape->dim[d] != stored->dim[to]) {
                return kl_fail(import->diag, KL_EINPUT, "its operands cannot be broadcast");
            }
            stored->dim[to] = shape->dim[d] == 1 ? stored->dim[to] : shape->dim[d];
        }
    }
    return KL_OK;
}

enum kl_err onnx_binary(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value a,
                        struct onnx_value b, enum kl_dtype dtype, struct onnx_value *y)
{
    const struct onnx_value values[2] = {a, b};
    struct kl_tensor *tensors[2];
    struct kl_shape shape;
    int32_t order[KL_MAX_RANK];
    if (onnx_is_empty(&a) || onnx_is_empty(&b)) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "an operand without elements");
    }
    KL_TRY(onnx_align(import, 2, values, tensors, order, &shape));
    struct kl_op *op = onnx_new_op(import, kind, 2, tensors, dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *y = onnx_ordered(op->outputs[0], order);
    return onnx_finish(import, op);
}

enum kl_err onnx_with_number(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value a,
                             double number, struct onnx_value *y)
{
    struct kl_tensor *scalar;
    KL_TRY(onnx_scalar(import, a.tensor->dtype, number, &scalar));
    return onnx_binary(import, kind, a, onnx_value_of(scalar), a.tensor->dtype, y);
}

enum kl_err onnx_select(struct onnx_import *import, struct onnx_value which, struct onnx_value yes,
                        struct onnx_value no, struct onnx_value *y)
{
    const struct onnx_value values[3] = {which, yes, no};
    struct kl_tensor *tensors[3];
    struct kl_shape shape;
    int32_t order[KL_MAX_RANK];
    KL_TRY(onnx_align(import, 3, values, tensors, order, &shape));
    struct kl_op *op = onnx_new_op(import, KL_OP_SELECT_V2, 3, tensors, yes.tensor->dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *y = onnx_ordered(op->outputs[0], order);
    return onnx_finish(import, op);
}

enum kl_err onnx_reduce(struct onnx_import *import, enum kl_op_kind kind, struct onnx_value x,
                        const bool reduced[KL_MAX_RANK], bool keep, struct onnx_value *y)
{
    int32_t axes[KL_MAX_RANK], count = 0, order[KL_MAX_RANK];
    struct kl_shape meant = onnx_shape(&x), shape = {0};
    struct kl_tensor *inputs[2] = {x.tensor};
    for (int32_t place = 0; place < meant.rank; place++) {
        int32_t dim = x.order[place];
        if (reduced[dim]) {
            axes[count++] = place;
        }
        if (!reduced[dim] || keep) {
            /* Dropped dimensions before this one move it to the front. */
            order[shape.rank] = dim;
            for (int32_t d = 0; d < dim && !keep; d++) {
                order[shape.rank] -= reduced[d] ? 1 : 0;
            }
            shape.dim[shape.rank++] = reduced[dim] ? 1 : meant.dim[dim];
        }
    }
    KL_TRY(onnx_ints_tensor(import, count, axes, &inputs[1]));
    struct kl_op *op = onnx_new_op(import, kind, 2, inputs, x.tensor->dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    for (int32_t i = shape.rank; i < KL_MAX_RANK; i++) {
        order[i] = i;
    }
    op->attr.reduce.keep_dims = keep;
    *y = onnx_ordered(op->outputs[0], order);
    return onnx_finish(import, op);
}

enum kl_err onnx_slice(struct onnx_import *import, struct onnx_value x, int32_t axis, int32_t begin,
                       int32_t step, int32_t size, struct onnx_value *y)
{
    struct kl_shape shape = x.tensor->shape;
    int32_t bounds[3][KL_MAX_RANK];
    struct kl_tensor *inputs[4] = {x.tensor};
    int32_t place = onnx_place(&x, axis);
    *y = x;
    if (begin == 0 && step == 1 && size == shape.dim[place]) {
        return KL_OK;
    }
    for (int32_t i = 0; i < shape.rank; i++) {
        bounds[0][i] = i == place ? begin : 0;
        bounds[1][i] = i == place ? begin + step * (size - 1) + (step > 0 ? 1 : -1) : shape.dim[i];
        bounds[2][i] = i == place ? step : 1;
    }
    uint32_t end_mask = bounds[1][place] < 0 ? 1u << place : 0; /* to the very first element */
    shape.dim[place] = size;
    for (int32_t i = 0; i < 3; i++) {
        KL_TRY(onnx_ints_tensor(import, shape.rank, bounds[i], &inputs[i + 1]));
    }
    struct kl_op *op = onnx_new_op(import, KL_OP_STRIDED_SLICE, 4, inputs, x.tensor->dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    op->attr.strided_slice.end_mask = end_mask;
    op->outputs[0]->quant = x.tensor->quant;
    y->tensor = op->outputs[0];
    return onnx_finish(import, op);
}

enum kl_err onnx_concat(struct onnx_import *import, int32_t count, const struct onnx_value *values,
                        int32_t axis, struct onnx_value *y)
{
    struct kl_tensor *tensors[ONNX_MAX_OPERANDS];
    const struct onnx_value *lead = leader(count, values, onnx_rank(&values[0]));
    struct kl_shape shape = lead->tensor->shape;
    int32_t place = onnx_place(lead, axis);
    shape.dim[place] = 0;
    for (int32_t i = 0; i < count; i++) {
        KL_TRY(onnx_stored(import, values[i], lead->order, &tensors[i]));
        shape.dim[place] += tensors[i]->shape.dim[place];
    }
    if (count == 1) {
        *y = values[0];
        return KL_OK;
    }
    struct kl_op *op =
        onnx_new_op(import, KL_OP_CONCATENATION, count, tensors, tensors[0]->dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    op->attr.axis.axis = place;
    *y = onnx_ordered(op->outputs[0], lead->order);
    return onnx_finish(import, op);
}

enum kl_err onnx_pad(struct onnx_import *import, struct onnx_value x,
                     const int32_t before[KL_MAX_RANK], const int32_t after[KL_MAX_RANK],
                     double number, struct onnx_value *y)
{
    struct kl_shape shape = x.tensor->shape;
    int32_t paddings[2 * KL_MAX_RANK];
    struct kl_shape pairs = {2, {shape.rank, 2}};
    struct kl_tensor *inputs[3] = {x.tensor};
    void *data;
    bool any = false;
    for (int32_t i = 0; i < shape.rank; i++) {
        paddings[2 * i] = before[x.order[i]];
        paddings[2 * i + 1] = after[x.order[i]];
        shape.dim[i] += before[x.order[i]] + after[x.order[i]];
        any = any || before[x.order[i]] || after[x.order[i]];
    }
    *y = x;
    if (!any) {
        return KL_OK;
    }
    KL_TRY(onnx_constant(import, KL_S32, &pairs, &data, &inputs[1]));
    memcpy(data, paddings, inputs[1]->bytes);
    KL_TRY(onnx_scalar(import, x.tensor->dtype, number, &inputs[2]));
    struct kl_op *op = onnx_new_op(import, KL_OP_PADV2, 3, inputs, x.tensor->dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    y->tensor = op->outputs[0];
    return onnx_finish(import, op);
}

enum kl_err onnx_pick(struct onnx_import *import, struct onnx_value x, int32_t axis, int32_t count,
                      const int32_t *indices, struct onnx_value *y)
{
    struct kl_shape shape = x.tensor->shape;
    struct kl_tensor *inputs[2] = {x.tensor};
    int32_t place = onnx_place(&x, axis);
    KL_TRY(onnx_ints_tensor(import, count, indices, &inputs[1]));
    shape.dim[place] = count;
    struct kl_op *op = onnx_new_op(import, KL_OP_GATHER, 2, inputs, x.tensor->dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    op->attr.gather.axis = place;
    *y = onnx_ordered(op->outputs[0], x.order);
    return onnx_finish(import, op);
}

enum kl_err onnx_broadcast_to(struct onnx_import *import, struct onnx_value x,
                              const struct kl_shape *shape, struct onnx_value *y)
{
    struct kl_tensor *inputs[2];
    KL_TRY(onnx_plain(import, x, &inputs[0]));
    KL_TRY(onnx_ints_tensor(import, shape->rank, shape->dim, &inputs[1]));
    struct kl_op *op = onnx_new_op(import, KL_OP_BROADCAST_TO, 2, inputs, x.tensor->dtype, shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *y = onnx_value_of(op->outputs[0]);
    return onnx_finish(import, op);
}

/* Are the last two dimensions stored last, and exchanged or not, and the others as they are meant?
 */
static bool as_matrices(const struct onnx_value *value, bool *exchanged)
{
    int32_t rank = onnx_rank(value);
    *exchanged = value->order[rank - 1] != rank - 1;
    for (int32_t i = 0; i < rank; i++) {
        int32_t want = i < rank - 2 || !*exchanged ? i : 2 * rank - 3 - i;
        if (value->order[i] != want) {
            return false;
        }
    }
    return true;
}

static enum kl_err matrices(struct onnx_import *import, struct onnx_value value,
                            struct kl_tensor **tensor, bool *exchanged)
{
    if (as_matrices(&value, exchanged)) {
        *tensor = value.tensor;
        return KL_OK;
    }
    *exchanged = false;
    return onnx_plain(import, value, tensor);
}

/* By constant weights: a fully connected layer. */
static enum kl_err by_weights(struct onnx_import *import, struct onnx_value a, struct onnx_value b,
                              const struct kl_shape *shape, struct onnx_value *y)
{
    static const int32_t exchanged[KL_MAX_RANK] = {1, 0, 2, 3, 4, 5};
    struct kl_tensor *inputs[2];
    KL_TRY(onnx_plain(import, a, &inputs[0]));
    KL_TRY(onnx_stored(import, b, exchanged, &inputs[1]));
    struct kl_op *op = onnx_new_op(import, KL_OP_FULLY_CONNECTED, 2, inputs, KL_F32, shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *y = onnx_value_of(op->outputs[0]);
    return onnx_finish(import, op);
}

static bool is_weights(const struct kl_tensor *tensor)
{
    bool dequantised = tensor->producer && tensor->producer->kind == KL_OP_DEQUANTIZE &&
                       tensor->producer->inputs[0]->data;
    return tensor->dtype == KL_F32 && tensor->shape.rank == 2 && (tensor->data || dequantised);
}

static enum kl_err product_shape(struct onnx_import *import, const struct kl_shape *a,
                                 const struct kl_shape *b, struct kl_shape *shape)
{
    *shape = (struct kl_shape){.rank = a->rank > b->rank ? a->rank : b->rank};
    bool suits = a->rank >= 2 && b->rank >= 2 && a->dim[a->rank - 1] == b->dim[b->rank - 2];
    for (int32_t i = 3; i <= shape->rank; i++) {
        int32_t x = i <= a->rank ? a->dim[a->rank - i] : 1;
        int32_t y = i <= b->rank ? b->dim[b->rank - i] : 1;
        suits = suits && (x == y || x == 1 || y == 1);
        shape->dim[shape->rank - i] = x > y ? x : y;
    }
    if (!suits) {
        return kl_fail(import->diag, KL_EINPUT, "its matrices do not suit each other");
    }
    shape->dim[shape->rank - 2] = a->dim[a->rank - 2];
    shape->dim[shape->rank - 1] = b->dim[b->rank - 1];
    return KL_OK;
}

enum kl_err onnx_matmul(struct onnx_import *import, struct onnx_value a, struct onnx_value b,
                        struct onnx_value *y)
{
    struct kl_shape shape_a = onnx_shape(&a), shape_b = onnx_shape(&b), shape;
    struct kl_tensor *inputs[2];
    bool adj_x, adj_y;
    KL_TRY(product_shape(import, &shape_a, &shape_b, &shape));
    if (is_weights(b.tensor) && !a.tensor->data) {
        return by_weights(import, a, b, &shape, y);
    }
    KL_TRY(matrices(import, a, &inputs[0], &adj_x));
    KL_TRY(matrices(import, b, &inputs[1], &adj_y));
    struct kl_op *op = onnx_new_op(import, KL_OP_BATCH_MATMUL, 2, inputs, a.tensor->dtype, &shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    op->attr.matmul.adj_x = adj_x;
    op->attr.matmul.adj_y = adj_y;
    *y = onnx_value_of(op->outputs[0]);
    return onnx_finish(import, op);
}

enum kl_err onnx_softmax(struct onnx_import *import, struct onnx_value x, int32_t axis,
                         struct onnx_value *y)
{
    int32_t order[KL_MAX_RANK];
    int32_t rank = onnx_rank(&x), at = 0;
    struct kl_tensor *tensor;
    for (int32_t i = 0; i < KL_MAX_RANK; i++) {
        if (i >= rank) {
            order[i] = i;
        } else if (x.order[i] != axis) {
            order[at++] = x.order[i];
        }
    }
    order[rank - 1] = axis;
    KL_TRY(onnx_stored(import, x, order, &tensor));
    struct kl_op *op =
        onnx_new_op(import, KL_OP_SOFTMAX, 1, &tensor, x.tensor->dtype, &tensor->shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    op->attr.softmax.beta = 1.0f;
    *y = onnx_ordered(op->outputs[0], order);
    return onnx_finish(import, op);
}
