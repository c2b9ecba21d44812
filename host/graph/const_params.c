/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/const_params.h"

#include <stdio.h>
#include <string.h>

char *kl_op_text(const struct kl_op *op, char text[KL_OP_TEXT_BYTES])
{
    if (op->source_index >= 0) {
        snprintf(text, KL_OP_TEXT_BYTES, "operator %d (%.60s)", op->source_index, kl_op_name(op));
    } else {
        snprintf(text, KL_OP_TEXT_BYTES, "operator %.60s", kl_op_name(op));
    }
    return text;
}

enum kl_err kl_op_fail(const struct kl_op *op, struct kl_diag *diag, enum kl_err err,
                       const char *format, ...)
{
    char prefix[KL_OP_TEXT_BYTES];
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return kl_fail(diag, err, "%s: %s", kl_op_text(op, prefix), text);
}

enum kl_err kl_op_ints(const struct kl_op *op, int32_t index, int64_t *values, int32_t max,
                       int32_t *count, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = index < op->input_count ? op->inputs[index] : NULL;
    if (!tensor) {
        return kl_op_fail(op, diag, KL_EINPUT, "input %d is missing", index);
    }
    if (tensor->dtype != KL_S32 && tensor->dtype != KL_S64) {
        return kl_op_fail(op, diag, KL_EINPUT, "input %d must be int32 or int64, not %s", index,
                          kl_dtype_name(tensor->dtype));
    }
    if (!tensor->data) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED,
                          "input %d ('%.100s') must be a constant; it is computed at run time",
                          index, tensor->name);
    }
    int64_t elements = kl_shape_elements(&tensor->shape);
    if (elements > max) {
        return kl_op_fail(op, diag, KL_EINPUT, "input %d has %lld values, at most %d make sense",
                          index, (long long)elements, max);
    }
    const unsigned char *data = tensor->data;
    for (int64_t i = 0; i < elements; i++) {
        if (tensor->dtype == KL_S32) {
            int32_t value;
            memcpy(&value, data + i * 4, sizeof value);
            values[i] = value;
        } else {
            memcpy(&values[i], data + i * 8, sizeof values[i]);
        }
    }
    *count = (int32_t)elements;
    return KL_OK;
}

enum kl_err kl_op_axis(const struct kl_op *op, int64_t axis, int32_t rank, int32_t *normal,
                       struct kl_diag *diag)
{
    int64_t positive = axis < 0 ? axis + rank : axis;
    if (axis < -rank || positive < 0 || positive >= rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "axis %lld is outside a tensor of rank %d",
                          (long long)axis, rank);
    }
    *normal = (int32_t)positive;
    return KL_OK;
}

enum kl_err kl_op_reduced(const struct kl_op *op, bool reduced[KL_MAX_RANK], struct kl_diag *diag)
{
    int64_t axes[KL_MAX_RANK];
    int32_t count;
    KL_TRY(kl_op_ints(op, 1, axes, KL_MAX_RANK, &count, diag));
    memset(reduced, 0, KL_MAX_RANK * sizeof reduced[0]);
    for (int32_t i = 0; i < count; i++) {
        int32_t axis = 0;
        KL_TRY(kl_op_axis(op, axes[i], op->inputs[0]->shape.rank, &axis, diag));
        reduced[axis] = true;
    }
    return KL_OK;
}

enum kl_err kl_op_permutation(const struct kl_op *op, int32_t perm[KL_MAX_RANK],
                              struct kl_diag *diag)
{
    int32_t rank = op->inputs[0]->shape.rank;
    int64_t values[KL_MAX_RANK];
    int32_t count;
    bool used[KL_MAX_RANK] = {false};
    KL_TRY(kl_op_ints(op, 1, values, KL_MAX_RANK, &count, diag));
    if (count != rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "permutation of %d entries for rank %d", count,
                          rank);
    }
    for (int32_t i = 0; i < rank; i++) {
        KL_TRY(kl_op_axis(op, values[i], rank, &perm[i], diag));
        if (used[perm[i]]) {
            return kl_op_fail(op, diag, KL_EINPUT, "permutation names dimension %d twice", perm[i]);
        }
        used[perm[i]] = true;
    }
    return KL_OK;
}

enum kl_err kl_op_paddings(const struct kl_op *op, int32_t before[KL_MAX_RANK],
                           int32_t after[KL_MAX_RANK], struct kl_diag *diag)
{
    int32_t rank = op->inputs[0]->shape.rank;
    int64_t values[2 * KL_MAX_RANK];
    int32_t count;
    KL_TRY(kl_op_ints(op, 1, values, 2 * KL_MAX_RANK, &count, diag));
    if (count != 2 * rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d paddings for rank %d", count, rank);
    }
    for (int32_t i = 0; i < 2 * rank; i++) {
        if (values[i] < 0 || values[i] > INT16_MAX) {
            return kl_op_fail(op, diag, KL_EINPUT, "padding %lld is outside 0..%d",
                              (long long)values[i], INT16_MAX);
        }
    }
    for (int32_t i = 0; i < rank; i++) {
        before[i] = (int32_t)values[2 * i];
        after[i] = (int32_t)values[2 * i + 1];
    }
    return KL_OK;
}

/* A bound clamped into the dimension; negative ones count from the end. */
static int64_t clamped_bound(int64_t value, int64_t step, int64_t dim)
{
    int64_t low = step > 0 ? 0 : -1;
    int64_t high = step > 0 ? dim : dim - 1;
    value += value < 0 ? dim : 0;
    return value < low ? low : value > high ? high : value;
}

static int64_t slice_end(const struct kl_attr_strided_slice *attr, uint32_t bit, int64_t first,
                         int64_t end, int64_t step, int64_t dim)
{
    if (attr->end_mask & bit) {
        return step > 0 ? dim : -1;
    }
    return clamped_bound(attr->offset ? first + end : end, step, dim);
}

/*
 * One dimension as TFLite reads it (kernels/internal/strided_slice_logic.h): the start is
 * resolved first, a set mask bit means "as far as possible", `offset` makes the end relative
 * to the resolved start, and a shrunk dimension is one element at the start.
 */
static enum kl_err slice_dimension(const struct kl_op *op, int32_t d, int64_t begin, int64_t end,
                                   int64_t step, struct kl_slice *slice, struct kl_diag *diag)
{
    const struct kl_attr_strided_slice *attr = &op->attr.strided_slice;
    int64_t dim = op->inputs[0]->shape.dim[d];
    uint32_t bit = 1u << d;
    if (step == 0 || step > INT16_MAX || step < -INT16_MAX || begin < INT32_MIN ||
        begin > INT32_MAX || end < INT32_MIN || end > INT32_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "slice %lld:%lld:%lld of dimension %d is invalid",
                          (long long)begin, (long long)end, (long long)step, d);
    }
    bool masked = attr->begin_mask & bit;
    int64_t first = masked ? (step > 0 ? 0 : dim - 1) : clamped_bound(begin, step, dim);
    int64_t last = slice_end(attr, bit, first, end, step, dim);
    int64_t size = step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step;
    slice->shrink[d] = attr->shrink_axis_mask & bit;
    if (slice->shrink[d]) {
        size = 1;
        step = 1;
    }
    if (first < 0 || first >= dim || size <= 0) {
        return kl_op_fail(op, diag, KL_EINPUT, "slice of dimension %d (size %lld) is empty", d,
                          (long long)dim);
    }
    slice->begin[d] = (int32_t)first;
    slice->step[d] = (int32_t)step;
    slice->size[d] = (int32_t)size;
    return KL_OK;
}

/* SLICE: begin and size of each dimension; -1: all of the rest. */
static enum kl_err sized_slice(const struct kl_op *op, struct kl_slice *slice, struct kl_diag *diag)
{
    int32_t rank = op->inputs[0]->shape.rank;
    int64_t begin[KL_MAX_RANK], size[KL_MAX_RANK];
    int32_t begins, sizes;
    KL_TRY(kl_op_ints(op, 1, begin, KL_MAX_RANK, &begins, diag));
    KL_TRY(kl_op_ints(op, 2, size, KL_MAX_RANK, &sizes, diag));
    if (begins != rank || sizes != rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d and %d slice bounds for rank %d", begins, sizes,
                          rank);
    }
    for (int32_t d = 0; d < rank; d++) {
        int64_t dim = op->inputs[0]->shape.dim[d];
        int64_t taken = size[d] == -1 ? dim - begin[d] : size[d];
        if (begin[d] < 0 || begin[d] > dim || taken < 1 || taken > dim - begin[d]) {
            return kl_op_fail(op, diag, KL_EINPUT, "%lld elements from %lld of dimension %d (%lld)",
                              (long long)size[d], (long long)begin[d], d, (long long)dim);
        }
        slice->begin[d] = (int32_t)begin[d];
        slice->step[d] = 1;
        slice->size[d] = (int32_t)taken;
        slice->shrink[d] = false;
    }
    return KL_OK;
}

enum kl_err kl_op_slice(const struct kl_op *op, struct kl_slice *slice, struct kl_diag *diag)
{
    if (op->kind == KL_OP_SLICE) {
        return sized_slice(op, slice, diag);
    }
    int64_t values[3][KL_MAX_RANK];
    int32_t rank = op->inputs[0]->shape.rank;
    const struct kl_attr_strided_slice *attr = &op->attr.strided_slice;
    if (attr->ellipsis_mask || attr->new_axis_mask) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "ellipsis and new-axis masks");
    }
    int32_t given = 0;
    for (int32_t i = 0; i < 3; i++) {
        int32_t count;
        KL_TRY(kl_op_ints(op, i + 1, values[i], KL_MAX_RANK, &count, diag));
        if (count > rank || (i > 0 && count != given)) {
            return kl_op_fail(op, diag, KL_EINPUT, "%d slice bounds for rank %d", count, rank);
        }
        given = count;
    }
    for (int32_t d = 0; d < rank; d++) {
        if (d < given) {
            KL_TRY(slice_dimension(op, d, values[0][d], values[1][d], values[2][d], slice, diag));
        } else {
            slice->begin[d] = 0;
            slice->step[d] = 1;
            slice->size[d] = op->inputs[0]->shape.dim[d];
            slice->shrink[d] = false;
        }
    }
    return KL_OK;
}

enum kl_err kl_op_blocks(const struct kl_op *op, struct kl_block_params *params,
                         struct kl_diag *diag)
{
    int64_t block[2], outside[4];
    int32_t count;
    KL_TRY(kl_op_ints(op, 1, block, 2, &params->sides, diag));
    KL_TRY(kl_op_ints(op, 2, outside, 4, &count, diag));
    if (params->sides < 1 || op->inputs[0]->shape.rank <= params->sides ||
        count != 2 * params->sides) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "%d block sides and %d paddings or crops for rank %d", params->sides,
                          count, op->inputs[0]->shape.rank);
    }
    for (int32_t i = 0; i < params->sides; i++) {
        if (block[i] < 1 || block[i] > INT16_MAX || outside[2 * i] < 0 ||
            outside[2 * i] > INT16_MAX || outside[2 * i + 1] < 0 ||
            outside[2 * i + 1] > INT16_MAX) {
            return kl_op_fail(
                op, diag, KL_EINPUT, "blocks of %lld with %lld before and %lld behind",
                (long long)block[i], (long long)outside[2 * i], (long long)outside[2 * i + 1]);
        }
        params->block[i] = (int32_t)block[i];
        params->before[i] = (int32_t)outside[2 * i];
        params->after[i] = (int32_t)outside[2 * i + 1];
    }
    return KL_OK;
}

enum kl_err kl_op_split_axis(const struct kl_op *op, const struct kl_tensor **input, int32_t *axis,
                             struct kl_diag *diag)
{
    bool sizes_given = op->kind == KL_OP_SPLIT_V;
    int64_t value;
    int32_t count;
    *input = op->inputs[sizes_given ? 0 : 1];
    if (!*input) {
        return kl_op_fail(op, diag, KL_EINPUT, "its input is missing");
    }
    KL_TRY(kl_op_ints(op, sizes_given ? 2 : 0, &value, 1, &count, diag));
    if (count != 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "the axis must be one value");
    }
    return kl_op_axis(op, value, (*input)->shape.rank, axis, diag);
}
