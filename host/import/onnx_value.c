/* SPDX-License-Identifier: Apache-2.0 */
/* Values and the order in which their dimensions are stored. */
#include <string.h>

#include "import/onnx_import.h"

static const int32_t as_meant[KL_MAX_RANK] = {0, 1, 2, 3, 4, 5};

int32_t onnx_rank(const struct onnx_value *value)
{
    return value->tensor->shape.rank;
}

struct kl_shape onnx_shape(const struct onnx_value *value)
{
    struct kl_shape shape = {.rank = value->tensor->shape.rank};
    for (int32_t i = 0; i < shape.rank; i++) {
        shape.dim[value->order[i]] = value->tensor->shape.dim[i];
    }
    return shape;
}

bool onnx_is_constant(const struct onnx_value *value)
{
    return value->tensor && value->tensor->data;
}

bool onnx_is_empty(const struct onnx_value *value)
{
    return kl_shape_elements(&value->tensor->shape) == 0;
}

struct onnx_value onnx_ordered(struct kl_tensor *tensor, const int32_t order[KL_MAX_RANK])
{
    struct onnx_value value = {.tensor = tensor};
    memcpy(value.order, order, sizeof value.order);
    return value;
}

struct onnx_value onnx_value_of(struct kl_tensor *tensor)
{
    return onnx_ordered(tensor, as_meant);
}

int32_t onnx_place(const struct onnx_value *value, int32_t dim)
{
    int32_t place = 0;
    while (value->order[place] != dim) {
        place++;
    }
    return place;
}

static bool same_order(const int32_t *a, const int32_t *b, int32_t rank)
{
    return memcmp(a, b, sizeof a[0] * (size_t)rank) == 0;
}

/* Do the dimensions above 1 come in the same order? */
static bool same_bytes(const struct onnx_value *value, const int32_t order[KL_MAX_RANK])
{
    struct kl_shape shape = onnx_shape(value);
    int32_t from = 0;
    for (int32_t to = 0; to < shape.rank; to++) {
        if (shape.dim[order[to]] == 1) {
            continue;
        }
        while (from < shape.rank && shape.dim[value->order[from]] == 1) {
            from++;
        }
        if (value->order[from++] != order[to]) {
            return false;
        }
    }
    return true;
}

/* A tensor of the same bytes under another stored shape. */
static enum kl_err renamed(struct onnx_import *import, struct kl_tensor *from,
                           const struct kl_shape *shape, struct kl_tensor **tensor)
{
    if (kl_shape_equal(&from->shape, shape)) {
        *tensor = from;
        return KL_OK;
    }
    if (from->data) {
        *tensor = onnx_tensor(import, from->dtype, shape);
        if (!*tensor) {
            return onnx_no_memory(import);
        }
        (*tensor)->data = from->data;
        (*tensor)->quant = from->quant;
        return KL_OK;
    }
    struct kl_op *op = onnx_new_op(import, KL_OP_RESHAPE, 1, &from, from->dtype, shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *tensor = op->outputs[0];
    (*tensor)->quant = from->quant;
    return onnx_finish(import, op);
}

static struct kl_tensor *find_transposed(const struct onnx_import *import,
                                         const struct onnx_value *value,
                                         const int32_t order[KL_MAX_RANK])
{
    int32_t count = (int32_t)(sizeof import->transposed / sizeof import->transposed[0]);
    for (int32_t i = 0; i < count; i++) {
        if (import->transposed[i].from == value->tensor &&
            same_order(import->transposed[i].order, order, onnx_rank(value))) {
            return import->transposed[i].to;
        }
    }
    return NULL;
}

static void note_transposed(struct onnx_import *import, const struct onnx_value *value,
                            const int32_t order[KL_MAX_RANK], struct kl_tensor *to)
{
    int32_t count = (int32_t)(sizeof import->transposed / sizeof import->transposed[0]);
    int32_t at = import->transposed_count++ % count;
    import->transposed[at].from = value->tensor;
    import->transposed[at].to = to;
    memcpy(import->transposed[at].order, order, sizeof import->transposed[at].order);
}

static enum kl_err transposed(struct onnx_import *import, const struct onnx_value *value,
                              const int32_t order[KL_MAX_RANK], const struct kl_shape *shape,
                              struct kl_tensor **tensor)
{
    int32_t perm[KL_MAX_RANK];
    struct kl_tensor *inputs[2] = {value->tensor};
    /* What the orders mean, in terms of places: the same request on the same tensor is the same. */
    for (int32_t i = 0; i < shape->rank; i++) {
        perm[i] = onnx_place(value, order[i]);
    }
    for (int32_t i = shape->rank; i < KL_MAX_RANK; i++) {
        perm[i] = i;
    }
    *tensor = find_transposed(import, value, perm);
    if (*tensor) {
        return KL_OK;
    }
    KL_TRY(onnx_ints_tensor(import, shape->rank, perm, &inputs[1]));
    struct kl_op *op = onnx_new_op(import, KL_OP_TRANSPOSE, 2, inputs, value->tensor->dtype, shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *tensor = op->outputs[0];
    (*tensor)->quant = value->tensor->quant;
    if ((*tensor)->quant.count > 1) {
        (*tensor)->quant.axis = 0;
        while (perm[(*tensor)->quant.axis] != value->tensor->quant.axis) {
            (*tensor)->quant.axis++;
        }
    }
    note_transposed(import, value, perm, *tensor);
    return onnx_finish(import, op);
}

/* A dequantised constant is transposed before it is dequantised, so that it stays one. */
static enum kl_err transposed_weights(struct onnx_import *import, struct onnx_value value,
                                      const int32_t order[KL_MAX_RANK], struct kl_tensor **tensor)
{
    struct onnx_value stored = onnx_ordered(value.tensor->producer->inputs[0], value.order);
    struct kl_tensor *quantised;
    KL_TRY(onnx_stored(import, stored, order, &quantised));
    struct kl_op *op =
        onnx_new_op(import, KL_OP_DEQUANTIZE, 1, &quantised, KL_F32, &quantised->shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *tensor = op->outputs[0];
    return onnx_finish(import, op);
}

static bool is_dequantised_constant(const struct kl_tensor *tensor)
{
    return tensor->producer && tensor->producer->kind == KL_OP_DEQUANTIZE &&
           tensor->producer->inputs[0]->data;
}

enum kl_err onnx_stored(struct onnx_import *import, struct onnx_value value,
                        const int32_t order[KL_MAX_RANK], struct kl_tensor **tensor)
{
    struct kl_shape meant = onnx_shape(&value);
    struct kl_shape shape = {.rank = meant.rank};
    for (int32_t i = 0; i < meant.rank; i++) {
        shape.dim[i] = meant.dim[order[i]];
    }
    if (same_order(value.order, order, meant.rank)) {
        *tensor = value.tensor;
        return KL_OK;
    }
    if (is_dequantised_constant(value.tensor)) {
        return transposed_weights(import, value, order, tensor);
    }
    if (same_bytes(&value, order) && value.tensor->quant.count <= 1) {
        return renamed(import, value.tensor, &shape, tensor);
    }
    return transposed(import, &value, order, &shape, tensor);
}

enum kl_err onnx_plain(struct onnx_import *import, struct onnx_value value,
                       struct kl_tensor **tensor)
{
    return onnx_stored(import, value, as_meant, tensor);
}

/*
 * Neighbouring dimensions of the old shape that become neighbouring dimensions of the new one:
 * [old, old_end) and [made, made_end) have the same number of elements.
 */
struct group {
    int32_t old, old_end, made, made_end;
};

static int32_t make_groups(const struct kl_shape *old, const struct kl_shape *made,
                           struct group *groups)
{
    int32_t count = 0, i = 0, k = 0;
    while (i < old->rank || k < made->rank) {
        struct group g = {i, i, k, k};
        int64_t a = 1, b = 1;
        do {
            if (a <= b && g.old_end < old->rank) {
                a *= old->dim[g.old_end++];
            } else if (g.made_end < made->rank) {
                b *= made->dim[g.made_end++];
            } else if (g.old_end < old->rank) {
                a *= old->dim[g.old_end++];
            } else {
                break;
            }
        } while (a != b);
        groups[count++] = g;
        i = g.old_end;
        k = g.made_end;
    }
    return count;
}

/* Are the group's dimensions above 1 stored side by side, in order? *first is the place of the
 * first of them, -1 when there is none. */
static bool stored_together(const struct onnx_value *value, const struct group *g, int32_t *first)
{
    struct kl_shape shape = onnx_shape(value);
    int32_t last = -1;
    *first = -1;
    for (int32_t d = g->old; d < g->old_end; d++) {
        if (shape.dim[d] == 1) {
            continue;
        }
        int32_t place = onnx_place(value, d);
        for (int32_t p = last + 1; last >= 0 && p < place; p++) {
            if (value->tensor->shape.dim[p] != 1) {
                return false;
            }
        }
        if (last >= 0 && place < last) {
            return false;
        }
        *first = *first < 0 ? place : *first;
        last = place;
    }
    return true;
}

/* The stored shape and order of the new shape when every group stays together. */
static bool keep_order(const struct onnx_value *value, const struct kl_shape *shape,
                       struct kl_shape *stored, int32_t order[KL_MAX_RANK])
{
    struct group groups[2 * KL_MAX_RANK];
    struct kl_shape old = onnx_shape(value);
    int32_t count = make_groups(&old, shape, groups);
    int32_t first[2 * KL_MAX_RANK];
    for (int32_t i = 0; i < count; i++) {
        if (!stored_together(value, &groups[i], &first[i])) {
            return false;
        }
        first[i] = first[i] < 0 && i ? first[i - 1] : first[i]; /* only dimensions of 1 */
    }
    stored->rank = 0;
    for (int32_t place = -1; place < old.rank; place++) {
        for (int32_t i = 0; i < count; i++) {
            for (int32_t d = groups[i].made; first[i] == place && d < groups[i].made_end; d++) {
                order[stored->rank] = d;
                stored->dim[stored->rank++] = shape->dim[d];
            }
        }
    }
    return true;
}

/* The dimension of `to` that is dimension `axis` of `from`; -1 when it was split or joined. */
static int32_t same_dimension(const struct kl_shape *from, int32_t axis, const struct kl_shape *to)
{
    int64_t before = 1, passed = 1;
    for (int32_t i = 0; i < axis; i++) {
        before *= from->dim[i];
    }
    for (int32_t i = 0; i < to->rank; i++) {
        if (passed == before && to->dim[i] == from->dim[axis]) {
            return i;
        }
        passed *= to->dim[i];
    }
    return -1;
}

/* A dequantised constant is reshaped before it is dequantised. */
static enum kl_err reshaped_weights(struct onnx_import *import, struct onnx_value value,
                                    const struct kl_shape *shape, struct onnx_value *result)
{
    struct kl_tensor *meant;
    struct kl_tensor *quantised;
    KL_TRY(onnx_plain(import, value, &meant));
    const struct kl_tensor *old = meant->producer->inputs[0];
    int32_t axis = old->quant.count > 1 ? same_dimension(&old->shape, old->quant.axis, shape) : 0;
    if (axis < 0) {
        return kl_fail(import->diag, KL_EUNSUPPORTED,
                       "a reshape of quantised weights across their channels");
    }
    KL_TRY(renamed(import, meant->producer->inputs[0], shape, &quantised));
    if (quantised != old) {
        quantised->quant.axis = axis;
    }
    struct kl_op *op = onnx_new_op(import, KL_OP_DEQUANTIZE, 1, &quantised, KL_F32, shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *result = onnx_value_of(op->outputs[0]);
    return onnx_finish(import, op);
}

enum kl_err onnx_reshape(struct onnx_import *import, struct onnx_value value,
                         const struct kl_shape *shape, struct onnx_value *result)
{
    struct kl_shape stored;
    int32_t order[KL_MAX_RANK] = {0, 1, 2, 3, 4, 5};
    struct kl_tensor *tensor;
    if (is_dequantised_constant(value.tensor)) {
        return reshaped_weights(import, value, shape, result);
    }
    if (keep_order(&value, shape, &stored, order)) {
        KL_TRY(renamed(import, value.tensor, &stored, &tensor));
        *result = onnx_ordered(tensor, order);
        return KL_OK;
    }
    KL_TRY(onnx_plain(import, value, &tensor));
    KL_TRY(renamed(import, tensor, shape, &tensor));
    *result = onnx_value_of(tensor);
    return KL_OK;
}

enum kl_err onnx_insert_dim(struct onnx_import *import, struct onnx_value value, int32_t axis,
                            struct onnx_value *result)
{
    struct kl_shape old = onnx_shape(&value);
    struct kl_shape shape = {.rank = old.rank + 1};
    for (int32_t i = 0; i < shape.rank && shape.rank <= KL_MAX_RANK; i++) {
        shape.dim[i] = i == axis ? 1 : old.dim[i < axis ? i : i - 1];
    }
    if (shape.rank > KL_MAX_RANK) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "more than %d dimensions", KL_MAX_RANK);
    }
    return onnx_reshape(import, value, &shape, result);
}

enum kl_err onnx_remove_dim(struct onnx_import *import, struct onnx_value value, int32_t axis,
                            struct onnx_value *result)
{
    struct kl_shape shape = onnx_shape(&value);
    for (int32_t i = axis; i + 1 < shape.rank; i++) {
        shape.dim[i] = shape.dim[i + 1];
    }
    shape.rank--;
    return onnx_reshape(import, value, &shape, result);
}
