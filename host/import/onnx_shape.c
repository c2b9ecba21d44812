/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that move elements or ask for shapes. */
#include <string.h>

#include "import/onnx_handlers.h"

enum kl_err onnx_op_transpose(struct onnx_node *node)
{
    int64_t perm[KL_MAX_RANK];
    int32_t count;
    bool seen[KL_MAX_RANK] = {false};
    KL_TRY(onnx_need_inputs(node, 1));
    int32_t rank = onnx_rank(&node->in[0]);
    KL_TRY(onnx_ints(node, "perm", perm, KL_MAX_RANK, &count));
    if (count >= 0 && count != rank) {
        return onnx_fail(node, KL_EINPUT, "its permutation has %d entries for rank %d", count,
                         rank);
    }
    node->out[0] = node->in[0];
    for (int32_t i = 0; i < rank; i++) {
        int32_t from = 0;
        KL_TRY(onnx_axis(node, count < 0 ? rank - 1 - i : perm[i], rank, &from));
        if (seen[from]) {
            return onnx_fail(node, KL_EINPUT, "its permutation names dimension %d twice", from);
        }
        seen[from] = true;
        node->out[0].order[onnx_place(&node->in[0], from)] = i;
    }
    return KL_OK;
}

/* -1 is what is left over; 0 the dimension of the input, unless allowzero says otherwise. */
static enum kl_err wanted_shape(struct onnx_node *node, const int64_t *wanted, int32_t count,
                                struct kl_shape *shape)
{
    struct kl_shape in = onnx_shape(&node->in[0]);
    int64_t elements = kl_shape_elements(&in), known = 1;
    int32_t open = -1;
    *shape = (struct kl_shape){.rank = count};
    for (int32_t i = 0; i < count; i++) {
        int64_t dim = wanted[i];
        if (dim == 0 && i < in.rank && !onnx_int(node, "allowzero", 0)) {
            dim = in.dim[i];
        }
        if (dim == -1 && open < 0) {
            open = i;
            dim = 1;
        }
        if (dim < 0 || dim > INT32_MAX || (dim && known > INT32_MAX / dim)) {
            return onnx_fail(node, KL_EINPUT, "dimension %d of its new shape", i);
        }
        shape->dim[i] = (int32_t)dim;
        known *= dim;
    }
    if (open >= 0 && known > 0) {
        shape->dim[open] = (int32_t)(elements / known);
    }
    if (kl_shape_elements(shape) != elements) {
        return onnx_fail(node, KL_EINPUT, "%lld elements do not suit its new shape",
                         (long long)elements);
    }
    return KL_OK;
}

enum kl_err onnx_op_reshape(struct onnx_node *node)
{
    int64_t wanted[KL_MAX_RANK];
    int32_t count;
    struct kl_shape shape;
    if (!onnx_has_input(node, 0) || !onnx_has_input(node, 1)) {
        return onnx_fail(node, KL_EINPUT, "an input is missing");
    }
    KL_TRY(onnx_input_ints(node, 1, NULL, wanted, KL_MAX_RANK, &count));
    KL_TRY(wanted_shape(node, wanted, count, &shape));
    return onnx_reshape(node->import, node->in[0], &shape, &node->out[0]);
}

enum kl_err onnx_op_flatten(struct onnx_node *node)
{
    KL_TRY(onnx_need_inputs(node, 1));
    struct kl_shape in = onnx_shape(&node->in[0]);
    int64_t axis = onnx_int(node, "axis", 1);
    axis += axis < 0 ? in.rank : 0;
    if (axis < 0 || axis > in.rank) {
        return onnx_fail(node, KL_EINPUT, "axis %lld", (long long)axis);
    }
    struct kl_shape shape = {2, {1, 1}};
    for (int32_t i = 0; i < in.rank; i++) {
        shape.dim[i < axis ? 0 : 1] *= in.dim[i];
    }
    return onnx_reshape(node->import, node->in[0], &shape, &node->out[0]);
}

/* The axes are an attribute up to opset 12, then an input. */
enum kl_err onnx_op_squeeze(struct onnx_node *node)
{
    int64_t axes[KL_MAX_RANK];
    int32_t count;
    bool removed[KL_MAX_RANK] = {false};
    struct kl_shape shape = {0};
    KL_TRY(onnx_need_inputs(node, 1));
    struct kl_shape in = onnx_shape(&node->in[0]);
    KL_TRY(onnx_input_ints(node, 1, "axes", axes, KL_MAX_RANK, &count));
    for (int32_t i = 0; i < count; i++) {
        int32_t axis = 0;
        KL_TRY(onnx_axis(node, axes[i], in.rank, &axis));
        removed[axis] = true;
    }
    for (int32_t i = 0; i < in.rank; i++) {
        removed[i] = count < 0 ? in.dim[i] == 1 : removed[i];
        if (!removed[i]) {
            shape.dim[shape.rank++] = in.dim[i];
        }
    }
    return onnx_reshape(node->import, node->in[0], &shape, &node->out[0]);
}

enum kl_err onnx_op_unsqueeze(struct onnx_node *node)
{
    int64_t axes[KL_MAX_RANK];
    int32_t count;
    bool added[KL_MAX_RANK] = {false};
    if (!onnx_has_input(node, 0)) {
        return onnx_fail(node, KL_EINPUT, "its input is missing");
    }
    struct kl_shape in = onnx_shape(&node->in[0]);
    KL_TRY(onnx_input_ints(node, 1, "axes", axes, KL_MAX_RANK, &count));
    if (count < 0 || in.rank + count > KL_MAX_RANK) {
        return onnx_refuse(node, "%d axes for rank %d", count, in.rank);
    }
    struct kl_shape shape = {.rank = in.rank + count};
    for (int32_t i = 0; i < count; i++) {
        int32_t axis = 0;
        KL_TRY(onnx_axis(node, axes[i], shape.rank, &axis));
        if (added[axis]) {
            return onnx_fail(node, KL_EINPUT, "axis %d is named twice", axis);
        }
        added[axis] = true;
    }
    for (int32_t i = 0, from = 0; i < shape.rank; i++) {
        shape.dim[i] = added[i] ? 1 : in.dim[from++];
    }
    return onnx_reshape(node->import, node->in[0], &shape, &node->out[0]);
}

/* int64 values as a constant. */
static enum kl_err int64_constant(struct onnx_node *node, int32_t rank, int32_t count,
                                  const int64_t *values)
{
    struct kl_shape shape = {rank, {count}};
    struct kl_tensor *tensor;
    void *data;
    KL_TRY(onnx_constant(node->import, KL_S64, &shape, &data, &tensor));
    memcpy(data, values, sizeof values[0] * (size_t)count);
    node->out[0] = onnx_value_of(tensor);
    return KL_OK;
}

static int64_t clamped(int64_t value, int64_t rank)
{
    value += value < 0 ? rank : 0;
    return value < 0 ? 0 : value > rank ? rank : value;
}

enum kl_err onnx_op_shape(struct onnx_node *node)
{
    int64_t values[KL_MAX_RANK];
    int32_t count = 0;
    if (!onnx_has_input(node, 0)) {
        return onnx_fail(node, KL_EINPUT, "its input is missing");
    }
    struct kl_shape in = onnx_shape(&node->in[0]);
    int64_t start = clamped(onnx_int(node, "start", 0), in.rank);
    int64_t end = clamped(onnx_int(node, "end", in.rank), in.rank);
    for (int64_t i = start; i < end; i++) {
        values[count++] = in.dim[i];
    }
    return int64_constant(node, 1, count, values);
}

enum kl_err onnx_op_size(struct onnx_node *node)
{
    if (!onnx_has_input(node, 0)) {
        return onnx_fail(node, KL_EINPUT, "its input is missing");
    }
    int64_t count = kl_shape_elements(&node->in[0].tensor->shape);
    return int64_constant(node, 0, 1, &count);
}

/* Constants without elements vanish from a concatenation. */
enum kl_err onnx_op_concat(struct onnx_node *node)
{
    struct onnx_value parts[ONNX_MAX_OPERANDS];
    int32_t count = 0, axis;
    for (int32_t i = 0; i < node->input_count; i++) {
        if (!onnx_has_input(node, i)) {
            return onnx_fail(node, KL_EINPUT, "input %d is missing", i);
        }
        if (!onnx_is_empty(&node->in[i])) {
            parts[count++] = node->in[i];
        }
        if (onnx_rank(&node->in[i]) != onnx_rank(&node->in[0])) {
            return onnx_fail(node, KL_EINPUT, "its inputs differ in rank");
        }
    }
    if (count == 0) {
        node->out[0] = node->in[0];
        return node->input_count ? KL_OK : onnx_fail(node, KL_EINPUT, "no inputs");
    }
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", 1), onnx_rank(&parts[0]), &axis));
    return onnx_concat(node->import, count, parts, axis, &node->out[0]);
}

/* One dimension of a slice, with ends beyond the dimension. Step and size as they are. */
static enum kl_err slice_axis(struct onnx_node *node, int32_t axis, int64_t start, int64_t end,
                              int64_t step, struct onnx_value *y)
{
    int64_t dim = onnx_shape(y).dim[axis];
    if (step == 0 || step > INT16_MAX || step < -INT16_MAX) {
        return onnx_refuse(node, "step %lld", (long long)step);
    }
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? dim : dim - 1;
    start += start < 0 ? dim : 0;
    end = end < 0 ? end + dim < -1 ? -1 : end + dim : end;
    start = start < low ? low : start > high ? high : start;
    end = end < low ? low : end > high ? (step > 0 ? high : dim - 1) : end;
    int64_t size = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step;
    if (size <= 0) {
        struct kl_shape shape = onnx_shape(y);
        shape.dim[axis] = 0;
        struct kl_tensor *none;
        void *data;
        KL_TRY(onnx_constant(node->import, y->tensor->dtype, &shape, &data, &none));
        *y = onnx_value_of(none);
        return KL_OK;
    }
    return onnx_slice(node->import, *y, axis, (int32_t)start, (int32_t)step, (int32_t)size, y);
}

/* Bounds are attributes up to opset 9, then inputs. */
enum kl_err onnx_op_slice(struct onnx_node *node)
{
    int64_t starts[KL_MAX_RANK], ends[KL_MAX_RANK], axes[KL_MAX_RANK], steps[KL_MAX_RANK];
    int32_t count, others;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(onnx_input_ints(node, 1, "starts", starts, KL_MAX_RANK, &count));
    KL_TRY(onnx_input_ints(node, 2, "ends", ends, KL_MAX_RANK, &others));
    if (count < 0 || others != count) {
        return onnx_fail(node, KL_EINPUT, "its bounds do not suit each other");
    }
    KL_TRY(onnx_input_ints(node, 3, "axes", axes, KL_MAX_RANK, &others));
    for (int32_t i = 0; i < count; i++) {
        axes[i] = others < 0 ? i : axes[i];
    }
    KL_TRY(onnx_input_ints(node, 4, NULL, steps, KL_MAX_RANK, &others));
    struct onnx_value y = node->in[0];
    for (int32_t i = 0; i < count && !onnx_is_empty(&y); i++) {
        int32_t axis;
        KL_TRY(onnx_axis(node, axes[i], onnx_rank(&y), &axis));
        KL_TRY(slice_axis(node, axis, starts[i], ends[i], others < 0 ? 1 : steps[i], &y));
    }
    node->out[0] = y;
    return KL_OK;
}

enum kl_err onnx_op_split(struct onnx_node *node)
{
    int64_t sizes[ONNX_MAX_OPERANDS];
    int32_t count, axis, at = 0;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(onnx_axis(node, onnx_int(node, "axis", 0), onnx_rank(&node->in[0]), &axis));
    KL_TRY(onnx_input_ints(node, 1, "split", sizes, ONNX_MAX_OPERANDS, &count));
    int32_t dim = onnx_shape(&node->in[0]).dim[axis];
    int32_t each =
        (dim + node->output_count - 1) / node->output_count; /* the last may be smaller */
    for (int32_t i = 0; i < node->output_count; i++) {
        int64_t size = count < 0 ? (dim - at < each ? dim - at : each) : i < count ? sizes[i] : 0;
        if (size < 1 || size > dim - at) {
            return onnx_refuse(node, "a part of %lld elements", (long long)size);
        }
        KL_TRY(onnx_slice(node->import, node->in[0], axis, at, 1, (int32_t)size, &node->out[i]));
        at += (int32_t)size;
    }
    return KL_OK;
}

enum kl_err onnx_op_expand(struct onnx_node *node)
{
    int64_t wanted[KL_MAX_RANK];
    int32_t count;
    KL_TRY(onnx_need_inputs(node, 1));
    KL_TRY(onnx_input_ints(node, 1, NULL, wanted, KL_MAX_RANK, &count));
    struct kl_shape in = onnx_shape(&node->in[0]);
    struct kl_shape shape = {.rank = count > in.rank ? count : in.rank};
    for (int32_t i = 1; i <= shape.rank; i++) {
        int64_t a = i <= in.rank ? in.dim[in.rank - i] : 1;
        int64_t b = i <= count ? wanted[count - i] : 1;
        if (b < 1 || b > INT32_MAX || (a != b && a != 1 && b != 1)) {
            return onnx_refuse(node, "dimension %lld to %lld", (long long)a, (long long)b);
        }
        shape.dim[shape.rank - i] = (int32_t)(a > b ? a : b);
    }
    return onnx_broadcast_to(node->import, node->in[0], &shape, &node->out[0]);
}

/* One dimension after the other, since a kernel has six loops and each dimension takes two. */
static enum kl_err tile_dims(struct onnx_node *node, struct kl_tensor *tensor,
                             const int32_t *multiples)
{
    struct kl_shape shape = tensor->shape;
    for (int32_t d = 0; d < shape.rank; d++) {
        int32_t one[KL_MAX_RANK] = {1, 1, 1, 1, 1, 1};
        struct kl_tensor *inputs[2] = {tensor};
        if (multiples[d] == 1) {
            continue;
        }
        one[d] = multiples[d];
        shape.dim[d] *= multiples[d];
        KL_TRY(onnx_ints_tensor(node->import, shape.rank, one, &inputs[1]));
        struct kl_op *op = onnx_new_op(node->import, KL_OP_TILE, 2, inputs, tensor->dtype, &shape);
        if (!op) {
            return onnx_no_memory(node->import);
        }
        tensor = op->outputs[0];
        KL_TRY(onnx_finish(node->import, op));
    }
    node->out[0] = onnx_value_of(tensor);
    return KL_OK;
}

enum kl_err onnx_op_tile(struct onnx_node *node)
{
    int64_t repeats[KL_MAX_RANK];
    int32_t count;
    struct kl_tensor *input;
    KL_TRY(onnx_need_inputs(node, 2));
    KL_TRY(onnx_input_ints(node, 1, NULL, repeats, KL_MAX_RANK, &count));
    KL_TRY(onnx_plain(node->import, node->in[0], &input));
    struct kl_shape shape = input->shape;
    int32_t multiples[KL_MAX_RANK];
    for (int32_t i = 0; i < shape.rank; i++) {
        if (count != shape.rank || repeats[i] < 1 || repeats[i] > INT32_MAX / shape.dim[i]) {
            return onnx_refuse(node, "its repeats");
        }
        multiples[i] = (int32_t)repeats[i];
    }
    return tile_dims(node, input, multiples);
}

/* [.., n, ..] under a shape of more dimensions, transposed, and joined again. */
static enum kl_err rearrange(struct onnx_node *node, const struct kl_shape *apart,
                             const int32_t perm[KL_MAX_RANK], const struct kl_shape *joined)
{
    struct onnx_value y, moved;
    KL_TRY(onnx_reshape(node->import, node->in[0], apart, &y));
    moved = y;
    for (int32_t i = 0; i < apart->rank; i++) {
        moved.order[onnx_place(&y, perm[i])] = i;
    }
    return onnx_reshape(node->import, moved, joined, &node->out[0]);
}

enum kl_err onnx_op_depth_to_space(struct onnx_node *node)
{
    static const int32_t dcr[KL_MAX_RANK] = {0, 3, 4, 1, 5, 2},
                         crd[KL_MAX_RANK] = {0, 1, 4, 2, 5, 3};
    KL_TRY(onnx_need_inputs(node, 1));
    struct kl_shape in = onnx_shape(&node->in[0]);
    int64_t size = onnx_int(node, "blocksize", 0);
    if (in.rank != 4 || size < 1 || size > 1024 || in.dim[1] % (size * size)) {
        return onnx_fail(node, KL_EINPUT, "blocksize %lld", (long long)size);
    }
    int32_t b = (int32_t)size, c = in.dim[1] / (b * b);
    bool is_crd = onnx_is_text(node, "mode", "CRD", false);
    struct kl_shape apart = {6,
                             {in.dim[0], is_crd ? c : b, b, is_crd ? b : c, in.dim[2], in.dim[3]}};
    struct kl_shape joined = {4, {in.dim[0], c, in.dim[2] * b, in.dim[3] * b}};
    return rearrange(node, &apart, is_crd ? crd : dcr, &joined);
}

enum kl_err onnx_op_space_to_depth(struct onnx_node *node)
{
    static const int32_t perm[KL_MAX_RANK] = {0, 3, 5, 1, 2, 4};
    KL_TRY(onnx_need_inputs(node, 1));
    struct kl_shape in = onnx_shape(&node->in[0]);
    int64_t size = onnx_int(node, "blocksize", 0);
    if (in.rank != 4 || size < 1 || size > 1024 || in.dim[2] % size || in.dim[3] % size) {
        return onnx_fail(node, KL_EINPUT, "blocksize %lld", (long long)size);
    }
    int32_t b = (int32_t)size;
    struct kl_shape apart = {6, {in.dim[0], in.dim[1], in.dim[2] / b, b, in.dim[3] / b, b}};
    struct kl_shape joined = {4, {in.dim[0], in.dim[1] * b * b, in.dim[2] / b, in.dim[3] / b}};
    return rearrange(node, &apart, perm, &joined);
}

/* Source index of padded position i along a dimension of n elements. */
static int32_t padded_source(const struct onnx_node *node, int64_t i, int64_t n)
{
    if (onnx_is_text(node, "mode", "edge", false)) {
        return (int32_t)(i < 0 ? 0 : i >= n ? n - 1 : i);
    }
    if (onnx_is_text(node, "mode", "wrap", false)) {
        return (int32_t)((i % n + n) % n);
    }
    int64_t period = n > 1 ? 2 * (n - 1) : 1; /* reflect */
    int64_t at = (i % period + period) % period;
    return (int32_t)(at < n ? at : period - at);
}

static enum kl_err pad_by_index(struct onnx_node *node, const int32_t before[KL_MAX_RANK],
                                const int32_t after[KL_MAX_RANK], struct onnx_value *y)
{
    for (int32_t d = 0; d < onnx_rank(y); d++) {
        int32_t n = onnx_shape(y).dim[d];
        int32_t count = n + before[d] + after[d];
        int32_t *indices = KL_NEW(node->import->arena, int32_t, (size_t)count);
        if (!indices) {
            return onnx_no_memory(node->import);
        }
        for (int32_t i = 0; i < count; i++) {
            indices[i] = padded_source(node, i - before[d], n);
        }
        if (before[d] || after[d]) {
            KL_TRY(onnx_pick(node->import, *y, d, count, indices, y));
        }
    }
    return KL_OK;
}

/* Negative paddings crop. */
static enum kl_err crop(struct onnx_node *node, int32_t before[KL_MAX_RANK],
                        int32_t after[KL_MAX_RANK], struct onnx_value *y)
{
    for (int32_t d = 0; d < onnx_rank(y); d++) {
        int32_t first = before[d] < 0 ? -before[d] : 0, last = after[d] < 0 ? -after[d] : 0;
        int32_t size = onnx_shape(y).dim[d] - first - last;
        if (size < 1) {
            return onnx_refuse(node, "its paddings leave nothing");
        }
        KL_TRY(onnx_slice(node->import, *y, d, first, 1, size, y));
        before[d] += first;
        after[d] += last;
    }
    return KL_OK;
}

/* Paddings and value are attributes up to opset 10, then inputs. */
enum kl_err onnx_op_pad(struct onnx_node *node)
{
    int64_t pads[2 * KL_MAX_RANK], axes[KL_MAX_RANK];
    int32_t count, axis_count, before[KL_MAX_RANK] = {0}, after[KL_MAX_RANK] = {0};
    float number;
    KL_TRY(onnx_need_inputs(node, 1));
    struct onnx_value y = node->in[0];
    KL_TRY(onnx_input_ints(node, 1, "pads", pads, 2 * KL_MAX_RANK, &count));
    KL_TRY(onnx_input_ints(node, 3, NULL, axes, KL_MAX_RANK, &axis_count));
    KL_TRY(onnx_input_float(node, 2, onnx_float(node, "value", 0.0f), &number));
    int32_t pairs = axis_count < 0 ? onnx_rank(&y) : axis_count;
    for (int32_t i = 0; i < pairs; i++) {
        int32_t d = 0;
        KL_TRY(onnx_axis(node, axis_count < 0 ? i : axes[i], onnx_rank(&y), &d));
        if (count != 2 * pairs || pads[i] > INT16_MAX || pads[i + pairs] > INT16_MAX ||
            pads[i] < -INT16_MAX || pads[i + pairs] < -INT16_MAX) {
            return onnx_fail(node, KL_EINPUT, "its paddings");
        }
        before[d] = (int32_t)pads[i];
        after[d] = (int32_t)pads[i + pairs];
    }
    KL_TRY(crop(node, before, after, &y));
    if (onnx_is_text(node, "mode", "constant", true)) {
        return onnx_pad(node->import, y, before, after, (double)number, &node->out[0]);
    }
    KL_TRY(pad_by_index(node, before, after, &y));
    node->out[0] = y;
    return KL_OK;
}

/* The value of a Constant in one of its attributes. */
enum kl_err onnx_op_constant(struct onnx_node *node)
{
    const Onnx__AttributeProto *a = onnx_attribute(node, "value");
    struct kl_tensor *tensor;
    if (a && a->t) {
        return onnx_read_tensor(node->import, a->t, "constant", &node->out[0]);
    }
    const Onnx__AttributeProto *f = onnx_attribute(node, "value_float");
    const Onnx__AttributeProto *i = onnx_attribute(node, "value_int");
    if (f || i) {
        KL_TRY(onnx_scalar(node->import, f ? KL_F32 : KL_S64, f ? (double)f->f : (double)i->i,
                           &tensor));
        node->out[0] = onnx_value_of(tensor);
        return KL_OK;
    }
    const Onnx__AttributeProto *floats = onnx_attribute(node, "value_floats");
    const Onnx__AttributeProto *ints = onnx_attribute(node, "value_ints");
    if (!floats && !ints) {
        return onnx_refuse(node, "a sparse or textual value");
    }
    struct kl_shape shape = {1, {(int32_t)(floats ? floats->n_floats : ints->n_ints)}};
    void *data;
    KL_TRY(onnx_constant(node->import, floats ? KL_F32 : KL_S64, &shape, &data, &tensor));
    if (tensor->bytes) {
        memcpy(data, floats ? (const void *)floats->floats : (const void *)ints->ints,
               tensor->bytes);
    }
    node->out[0] = onnx_value_of(tensor);
    return KL_OK;
}

enum kl_err onnx_op_constant_of_shape(struct onnx_node *node)
{
    int64_t wanted[KL_MAX_RANK];
    int32_t count;
    struct onnx_value number;
    const Onnx__AttributeProto *value = onnx_attribute(node, "value");
    if (!onnx_has_input(node, 0)) {
        return onnx_fail(node, KL_EINPUT, "its input is missing");
    }
    KL_TRY(onnx_input_ints(node, 0, NULL, wanted, KL_MAX_RANK, &count));
    if (value && value->t) {
        KL_TRY(onnx_read_tensor(node->import, value->t, "value", &number));
    } else {
        struct kl_tensor *zero;
        KL_TRY(onnx_scalar(node->import, KL_F32, 0.0, &zero));
        number = onnx_value_of(zero);
    }
    struct kl_shape shape = {.rank = count}, scalar = {0};
    int64_t elements = 1;
    for (int32_t i = 0; i < count; i++) {
        if (wanted[i] < 0 || (wanted[i] && elements > INT32_MAX / 8 / wanted[i])) {
            return onnx_fail(node, KL_EINPUT, "dimension %lld", (long long)wanted[i]);
        }
        shape.dim[i] = (int32_t)wanted[i];
        elements *= wanted[i];
    }
    if (elements == 0) {
        void *data;
        KL_TRY(onnx_constant(node->import, number.tensor->dtype, &shape, &data, &number.tensor));
        node->out[0] = onnx_value_of(number.tensor);
        return KL_OK;
    }
    KL_TRY(onnx_reshape(node->import, number, &scalar, &number));
    return onnx_broadcast_to(node->import, number, &shape, &node->out[0]);
}

/* start, start + delta, ... below limit; constants only. */
enum kl_err onnx_op_range(struct onnx_node *node)
{
    double bound[3];
    KL_TRY(onnx_need_inputs(node, 3));
    for (int32_t i = 0; i < 3; i++) {
        if (!onnx_is_constant(&node->in[i])) {
            return onnx_refuse(node, "input %d must be a constant", i);
        }
        bound[i] = kl_value_at(node->in[i].tensor->dtype, node->in[i].tensor->data, 0);
    }
    enum kl_dtype dtype = node->in[0].tensor->dtype;
    double steps = bound[2] != 0.0 ? (bound[1] - bound[0]) / bound[2] : -1.0;
    int32_t count = steps > 0 && steps < (1 << 24) ? (int32_t)steps : 0;
    count += (double)count < steps && steps < (1 << 24) ? 1 : 0;
    struct kl_shape shape = {1, {count}};
    struct kl_tensor *tensor;
    void *data;
    if (dtype != KL_S64 && dtype != KL_S32 && dtype != KL_F32) {
        return onnx_refuse(node, "type %s", kl_dtype_name(dtype));
    }
    KL_TRY(onnx_constant(node->import, dtype, &shape, &data, &tensor));
    for (int32_t i = 0; i < count; i++) {
        double at = bound[0] + i * bound[2];
        if (dtype == KL_S64) {
            ((int64_t *)data)[i] = (int64_t)at;
        } else if (dtype == KL_S32) {
            ((int32_t *)data)[i] = (int32_t)at;
        } else {
            ((float *)data)[i] = (float)at;
        }
    }
    node->out[0] = onnx_value_of(tensor);
    return KL_OK;
}
