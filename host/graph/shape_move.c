/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of operators that move elements. */
#include "graph/shape_internal.h"

#include "graph/const_params.h"
#include "graph/indexed.h"

enum kl_err kl_rule_pad(const struct kl_op *op, struct kl_diag *diag)
{
    int32_t before[KL_MAX_RANK];
    int32_t after[KL_MAX_RANK];
    KL_TRY(kl_op_paddings(op, before, after, diag));
    struct kl_shape out = op->inputs[0]->shape;
    for (int32_t i = 0; i < out.rank; i++) {
        int64_t dim = (int64_t)out.dim[i] + before[i] + after[i];
        if (dim > INT32_MAX) {
            return kl_op_fail(op, diag, KL_EINPUT, "padded dimension %d is too large", i);
        }
        out.dim[i] = (int32_t)dim;
    }
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_mirror_pad(const struct kl_op *op, struct kl_diag *diag)
{
    int32_t before[KL_MAX_RANK];
    int32_t after[KL_MAX_RANK];
    KL_TRY(kl_op_paddings(op, before, after, diag));
    for (int32_t i = 0; i < op->inputs[0]->shape.rank; i++) {
        int32_t most = op->inputs[0]->shape.dim[i] - (op->attr.mirror.reflect ? 1 : 0);
        if (before[i] > most || after[i] > most) {
            return kl_op_fail(op, diag, KL_EINPUT,
                              "dimension %d has %d elements to mirror, its paddings are %d and %d",
                              i, most, before[i], after[i]);
        }
    }
    return kl_rule_pad(op, diag);
}

/* The block of one is the other's channels. */
enum kl_err kl_rule_space_depth(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[0], 4, "the input", diag));
    const struct kl_shape *in = &op->inputs[0]->shape;
    int64_t size = op->attr.block.size;
    bool to_depth = op->kind == KL_OP_SPACE_TO_DEPTH;
    if (size < 1 || size > INT16_MAX ||
        (to_depth ? in->dim[1] % size != 0 || in->dim[2] % size != 0
                  : in->dim[3] % (size * size) != 0)) {
        char text[KL_SHAPE_TEXT_BYTES];
        return kl_op_fail(op, diag, KL_EINPUT, "blocks of side %lld do not divide %s",
                          (long long)size, kl_shape_text(in, text));
    }
    int64_t side_by = to_depth ? 1 : size, channels_by = to_depth ? size * size : 1;
    int64_t side_of = to_depth ? size : 1, channels_of = to_depth ? 1 : size * size;
    if (in->dim[1] * side_by > INT32_MAX || in->dim[2] * side_by > INT32_MAX ||
        in->dim[3] * channels_by > INT32_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "its output is too large");
    }
    struct kl_shape out = {4,
                           {in->dim[0], (int32_t)(in->dim[1] * side_by / side_of),
                            (int32_t)(in->dim[2] * side_by / side_of),
                            (int32_t)(in->dim[3] * channels_by / channels_of)}};
    return kl_expect(op, 0, &out, diag);
}

/* The padded image in blocks: as many batches more as a block has places. */
enum kl_err kl_rule_space_to_batch(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_block_params p;
    KL_TRY(kl_op_blocks(op, &p, diag));
    struct kl_shape out = op->inputs[0]->shape;
    int64_t batches = out.dim[0];
    for (int32_t i = 0; i < p.sides; i++) {
        int64_t padded = (int64_t)out.dim[i + 1] + p.before[i] + p.after[i];
        batches *= p.block[i];
        if (padded % p.block[i] != 0 || batches > INT32_MAX) {
            return kl_op_fail(op, diag, KL_EINPUT, "blocks of %d do not divide %lld elements",
                              p.block[i], (long long)padded);
        }
        out.dim[i + 1] = (int32_t)(padded / p.block[i]);
    }
    out.dim[0] = (int32_t)batches;
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_batch_to_space(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_block_params p;
    KL_TRY(kl_op_blocks(op, &p, diag));
    struct kl_shape out = op->inputs[0]->shape;
    for (int32_t i = 0; i < p.sides; i++) {
        int64_t side = (int64_t)out.dim[i + 1] * p.block[i] - p.before[i] - p.after[i];
        if (out.dim[0] % p.block[i] != 0 || side < 1 || side > INT32_MAX) {
            return kl_op_fail(op, diag, KL_EINPUT, "blocks of %d do not suit its batches and crops",
                              p.block[i]);
        }
        out.dim[0] /= p.block[i];
        out.dim[i + 1] = (int32_t)side;
    }
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_fill(const struct kl_op *op, struct kl_diag *diag)
{
    int64_t dim[KL_MAX_RANK];
    struct kl_shape out = {0};
    KL_TRY(kl_op_ints(op, 0, dim, KL_MAX_RANK, &out.rank, diag));
    for (int32_t i = 0; i < out.rank; i++) {
        if (dim[i] < 1 || dim[i] > INT32_MAX) {
            return kl_op_fail(op, diag, KL_EINPUT, "dimension %d is %lld", i, (long long)dim[i]);
        }
        out.dim[i] = (int32_t)dim[i];
    }
    if (kl_shape_elements(&op->inputs[1]->shape) != 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "its value must be one element");
    }
    return kl_expect(op, 0, &out, diag);
}

/* Shapes as vectors: the longer one's length. */
enum kl_err kl_rule_broadcast_args(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[0], 1, "the first shape", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[1], 1, "the second shape", diag));
    bool first = op->inputs[0]->shape.dim[0] > op->inputs[1]->shape.dim[0];
    return kl_expect(op, 0, &op->inputs[first ? 0 : 1]->shape, diag);
}

/* Inputs: rows to look up, table. */
enum kl_err kl_rule_embedding_lookup(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[0], 1, "the list of rows", diag));
    struct kl_shape out = op->inputs[1]->shape;
    if (out.rank < 2) {
        return kl_op_fail(op, diag, KL_EINPUT, "its table needs at least two dimensions");
    }
    out.dim[0] = op->inputs[0]->shape.dim[0];
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_reshape(const struct kl_op *op, struct kl_diag *diag)
{
    int64_t in = kl_shape_elements(&op->inputs[0]->shape);
    int64_t out = kl_shape_elements(&op->outputs[0]->shape);
    if (in == out) {
        return KL_OK;
    }
    return kl_op_fail(op, diag, KL_EINPUT, "reshapes %lld values to %lld", (long long)in,
                      (long long)out);
}

enum kl_err kl_rule_transpose(const struct kl_op *op, struct kl_diag *diag)
{
    int32_t perm[KL_MAX_RANK];
    KL_TRY(kl_op_permutation(op, perm, diag));
    const struct kl_shape *in = &op->inputs[0]->shape;
    struct kl_shape out = {.rank = in->rank};
    for (int32_t i = 0; i < in->rank; i++) {
        out.dim[i] = in->dim[perm[i]];
    }
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_strided_slice(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_slice slice;
    KL_TRY(kl_op_slice(op, &slice, diag));
    struct kl_shape out = {0};
    for (int32_t i = 0; i < op->inputs[0]->shape.rank; i++) {
        if (!slice.shrink[i]) {
            out.dim[out.rank++] = slice.size[i];
        }
    }
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_concatenation(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    int32_t axis;
    KL_TRY(kl_op_axis(op, op->attr.axis.axis, out.rank, &axis, diag));
    int64_t total = 0;
    for (int32_t i = 0; i < op->input_count; i++) {
        struct kl_shape in = op->inputs[i]->shape;
        if (in.rank != out.rank) {
            return kl_op_fail(op, diag, KL_EINPUT, "input %d has rank %d, input 0 has %d", i,
                              in.rank, out.rank);
        }
        total += in.dim[axis];
        in.dim[axis] = out.dim[axis];
        if (!kl_shape_equal(&in, &out)) {
            return kl_op_fail(op, diag, KL_EINPUT, "input %d differs outside axis %d", i, axis);
        }
    }
    if (total > INT32_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "the joined dimension is too large");
    }
    out.dim[axis] = (int32_t)total;
    return kl_expect(op, 0, &out, diag);
}

static enum kl_err split_sizes(const struct kl_op *op, int64_t dim, int64_t *sizes,
                               struct kl_diag *diag)
{
    int32_t count = op->output_count;
    if (op->kind == KL_OP_SPLIT) {
        if (dim % count != 0) {
            return kl_op_fail(op, diag, KL_EINPUT, "dimension %lld does not split into %d parts",
                              (long long)dim, count);
        }
        for (int32_t i = 0; i < count; i++) {
            sizes[i] = dim / count;
        }
        return KL_OK;
    }
    int32_t given;
    KL_TRY(kl_op_ints(op, 1, sizes, count, &given, diag));
    int64_t total = 0;
    int32_t open = -1; /* one size may be -1: the rest */
    for (int32_t i = 0; i < given; i++) {
        if (sizes[i] == -1 && open < 0) {
            open = i;
        } else if (sizes[i] < 0 || sizes[i] > dim) {
            return kl_op_fail(op, diag, KL_EINPUT, "size %lld of part %d", (long long)sizes[i], i);
        } else {
            total += sizes[i];
        }
    }
    if (open >= 0) {
        sizes[open] = dim - total;
        total = dim;
    }
    if (given != count || total != dim) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d sizes do not make %d parts of dimension %lld",
                          given, count, (long long)dim);
    }
    return KL_OK;
}

enum kl_err kl_rule_split(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_tensor *input;
    int32_t axis;
    int64_t sizes[64];
    KL_TRY(kl_op_split_axis(op, &input, &axis, diag));
    KL_TRY(split_sizes(op, input->shape.dim[axis], sizes, diag));
    for (int32_t i = 0; i < op->output_count; i++) {
        struct kl_shape out = input->shape;
        out.dim[axis] = (int32_t)sizes[i];
        KL_TRY(kl_expect(op, i, &out, diag));
    }
    return KL_OK;
}

/* `shape` with a dimension of `size` inserted at `axis`. */
static struct kl_shape inserted(const struct kl_shape *shape, int32_t axis, int32_t size)
{
    struct kl_shape result = {.rank = shape->rank + 1};
    for (int32_t i = 0; i < result.rank; i++) {
        result.dim[i] = i == axis ? size : shape->dim[i < axis ? i : i - 1];
    }
    return result;
}

enum kl_err kl_rule_pack(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    int32_t axis;
    if (in->rank >= KL_MAX_RANK) {
        return kl_op_fail(op, diag, KL_EINPUT, "more than %d dimensions", KL_MAX_RANK);
    }
    KL_TRY(kl_op_axis(op, op->attr.axis.axis, in->rank + 1, &axis, diag));
    for (int32_t i = 1; i < op->input_count; i++) {
        if (!kl_shape_equal(&op->inputs[i]->shape, in)) {
            return kl_op_fail(op, diag, KL_EINPUT, "input %d differs in shape from input 0", i);
        }
    }
    struct kl_shape out = inserted(in, axis, op->input_count);
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_unpack(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    int32_t axis;
    KL_TRY(kl_op_axis(op, op->attr.axis.axis, in->rank, &axis, diag));
    for (int32_t i = 0; i < op->output_count; i++) {
        const struct kl_shape *out = &op->outputs[i]->shape;
        struct kl_shape whole = {0};
        if (out->rank + 1 == in->rank) {
            whole = inserted(out, axis, op->output_count);
        }
        if (!kl_shape_equal(&whole, in)) {
            return kl_op_fail(op, diag, KL_EINPUT, "output %d does not suit the input's shape", i);
        }
    }
    return KL_OK;
}

enum kl_err kl_rule_tile(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    int64_t multiple[KL_MAX_RANK];
    int32_t count;
    KL_TRY(kl_op_ints(op, 1, multiple, KL_MAX_RANK, &count, diag));
    if (count != out.rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d multiples for rank %d", count, out.rank);
    }
    for (int32_t i = 0; i < count; i++) {
        if (multiple[i] < 1 || multiple[i] > INT32_MAX / out.dim[i]) {
            return kl_op_fail(op, diag, KL_EINPUT, "multiple %lld of dimension %d",
                              (long long)multiple[i], i);
        }
        out.dim[i] *= (int32_t)multiple[i];
    }
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_broadcast_to(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out;
    KL_TRY(kl_shape_broadcast(op, &op->inputs[0]->shape, &op->outputs[0]->shape, &out, diag));
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_gather(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_indexed at;
    struct kl_shape out;
    KL_TRY(kl_op_indexed(op, &at, &out, diag));
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_scatter(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_indexed at;
    struct kl_shape updates;
    KL_TRY(kl_op_indexed(op, &at, &updates, diag));
    if (!kl_shape_equal(&updates, &op->inputs[2]->shape)) {
        char text[KL_SHAPE_TEXT_BYTES];
        return kl_op_fail(op, diag, KL_EINPUT, "its updates must have shape %s",
                          kl_shape_text(&updates, text));
    }
    return kl_expect(op, 0, &op->inputs[0]->shape, diag);
}
