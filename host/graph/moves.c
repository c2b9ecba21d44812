/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/moves.h"

#include <string.h>

#include "graph/const_params.h"
#include "graph/moves_nest.h"

void kl_dense_steps(const struct kl_shape *shape, size_t elem_bytes, int32_t step[KL_MAX_RANK])
{
    int32_t bytes = (int32_t)elem_bytes;
    for (int32_t i = shape->rank; i-- > 0;) {
        step[i] = bytes;
        bytes *= shape->dim[i];
    }
}

void kl_merge_loops(struct kl_nest *nest)
{
    struct kl_nest merged = {0};
    for (int32_t i = nest->rank; i-- > 0;) {
        int32_t inner = KL_MAX_LOOPS - merged.rank;
        if (nest->dim[i] == 1) {
            continue;
        }
        if (merged.rank && nest->in_step[i] == merged.in_step[inner] * merged.dim[inner] &&
            nest->out_step[i] == merged.out_step[inner] * merged.dim[inner]) {
            merged.dim[inner] *= nest->dim[i];
            continue;
        }
        inner--;
        merged.rank++;
        merged.dim[inner] = nest->dim[i];
        merged.in_step[inner] = nest->in_step[i];
        merged.out_step[inner] = nest->out_step[i];
    }
    for (int32_t i = 0; i < KL_MAX_LOOPS - merged.rank; i++) {
        merged.dim[i] = 1;
    }
    *nest = merged;
}

struct kl_move kl_pack_nest(struct kl_nest nest, size_t elem_bytes)
{
    _Static_assert((int)KL_MAX_RANK == KL_MOVE_RANK, "a move has a loop per dimension");
    struct kl_move move = {.elem_bytes = (int32_t)elem_bytes};
    kl_merge_loops(&nest);
    for (int32_t i = 0; i < KL_MOVE_RANK; i++) {
        move.dim[i] = nest.dim[i + KL_MAX_LOOPS - KL_MOVE_RANK];
        move.in_step[i] = nest.in_step[i + KL_MAX_LOOPS - KL_MOVE_RANK];
        move.out_step[i] = nest.out_step[i + KL_MAX_LOOPS - KL_MOVE_RANK];
    }
    return move;
}

/* The first input that is moved; what lies before it are parameters. */
static int32_t moved_input(const struct kl_op *op)
{
    return op->kind == KL_OP_SPLIT || op->kind == KL_OP_FILL ? 1 : 0;
}

static void add_move(struct kl_op_move *moves, int32_t *count, struct kl_op_move move)
{
    moves[(*count)++] = move;
}

static enum kl_err transpose(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                             struct kl_diag *diag)
{
    size_t elem = kl_dtype_bytes(op->inputs[0]->dtype);
    const struct kl_shape *out = &op->outputs[0]->shape;
    int32_t perm[KL_MAX_RANK];
    int32_t in_step[KL_MAX_RANK];
    struct kl_nest nest = {.rank = out->rank};
    KL_TRY(kl_op_permutation(op, perm, diag));
    kl_dense_steps(&op->inputs[0]->shape, elem, in_step);
    kl_dense_steps(out, elem, nest.out_step);
    for (int32_t i = 0; i < out->rank; i++) {
        nest.dim[i] = out->dim[i];
        nest.in_step[i] = in_step[perm[i]];
    }
    add_move(moves, count, (struct kl_op_move){.move = kl_pack_nest(nest, elem)});
    return KL_OK;
}

static enum kl_err slice(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                         struct kl_diag *diag)
{
    size_t elem = kl_dtype_bytes(op->inputs[0]->dtype);
    struct kl_slice part;
    KL_TRY(kl_op_slice(op, &part, diag));
    struct kl_shape taken = op->inputs[0]->shape;
    struct kl_nest nest = {.rank = taken.rank};
    size_t in_offset = 0;
    kl_dense_steps(&op->inputs[0]->shape, elem, nest.in_step);
    for (int32_t i = 0; i < taken.rank; i++) {
        in_offset += (size_t)part.begin[i] * (size_t)nest.in_step[i];
        if (part.size[i] > 1) { /* so the steps stay inside the tensor, and inside int32 */
            nest.in_step[i] *= part.step[i];
        }
        taken.dim[i] = part.size[i];
        nest.dim[i] = part.size[i];
    }
    kl_dense_steps(&taken, elem, nest.out_step);
    add_move(moves, count,
             (struct kl_op_move){.in_offset = in_offset, .move = kl_pack_nest(nest, elem)});
    return KL_OK;
}

/* A tensor's dimensions inside a larger one: `part` walks densely, `whole` with its own steps
 * (its dimension `skip` left out; -1: none). */
static struct kl_nest nest_inside(const struct kl_shape *part, const struct kl_shape *whole,
                                  int32_t skip, size_t elem_bytes, bool part_is_input)
{
    struct kl_nest nest = {.rank = part->rank};
    int32_t whole_step[KL_MAX_RANK];
    int32_t *dense = part_is_input ? nest.in_step : nest.out_step;
    int32_t *spread = part_is_input ? nest.out_step : nest.in_step;
    kl_dense_steps(whole, elem_bytes, whole_step);
    kl_dense_steps(part, elem_bytes, dense);
    for (int32_t i = 0; i < part->rank; i++) {
        nest.dim[i] = part->dim[i];
        spread[i] = whole_step[skip >= 0 && i >= skip ? i + 1 : i];
    }
    return nest;
}

static size_t axis_step(const struct kl_shape *shape, int32_t axis, size_t elem_bytes)
{
    int32_t step[KL_MAX_RANK];
    kl_dense_steps(shape, elem_bytes, step);
    return (size_t)step[axis];
}

/* CONCATENATION and PACK: each input is a part of the output. */
static enum kl_err join(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                        struct kl_diag *diag)
{
    bool pack = op->kind == KL_OP_PACK;
    const struct kl_shape *whole = &op->outputs[0]->shape;
    size_t elem = kl_dtype_bytes(op->outputs[0]->dtype);
    int32_t axis;
    KL_TRY(kl_op_axis(op, op->attr.axis.axis, whole->rank, &axis, diag));
    size_t offset = 0;
    for (int32_t i = 0; i < op->input_count; i++) {
        const struct kl_shape *part = &op->inputs[i]->shape;
        struct kl_nest nest = nest_inside(part, whole, pack ? axis : -1, elem, true);
        add_move(moves, count,
                 (struct kl_op_move){
                     .input = i, .out_offset = offset, .move = kl_pack_nest(nest, elem)});
        offset += axis_step(whole, axis, elem) * (size_t)(pack ? 1 : part->dim[axis]);
    }
    return KL_OK;
}

/* SPLIT, SPLIT_V and UNPACK: each output is a part of the input. */
static enum kl_err cut(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                       struct kl_diag *diag)
{
    bool unpack = op->kind == KL_OP_UNPACK;
    const struct kl_tensor *input = op->inputs[0];
    size_t elem = kl_dtype_bytes(op->outputs[0]->dtype);
    int32_t axis;
    if (unpack) {
        KL_TRY(kl_op_axis(op, op->attr.axis.axis, input->shape.rank, &axis, diag));
    } else {
        KL_TRY(kl_op_split_axis(op, &input, &axis, diag));
    }
    size_t offset = 0;
    for (int32_t i = 0; i < op->output_count; i++) {
        const struct kl_shape *part = &op->outputs[i]->shape;
        struct kl_nest nest = nest_inside(part, &input->shape, unpack ? axis : -1, elem, false);
        add_move(moves, count,
                 (struct kl_op_move){.input = moved_input(op),
                                     .output = i,
                                     .in_offset = offset,
                                     .move = kl_pack_nest(nest, elem)});
        offset += axis_step(&input->shape, axis, elem) * (size_t)(unpack ? 1 : part->dim[axis]);
    }
    return KL_OK;
}

static enum kl_err pad(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                       struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    size_t elem = kl_dtype_bytes(op->inputs[0]->dtype);
    int32_t before[KL_MAX_RANK];
    int32_t after[KL_MAX_RANK];
    KL_TRY(kl_op_paddings(op, before, after, diag));
    size_t offset = 0;
    for (int32_t i = 0; i < in->rank; i++) {
        offset += (size_t)before[i] * axis_step(out, i, elem);
    }
    struct kl_nest nest = nest_inside(in, out, -1, elem, true);
    add_move(moves, count,
             (struct kl_op_move){.out_offset = offset, .move = kl_pack_nest(nest, elem)});
    return KL_OK;
}

static enum kl_err straight(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                            struct kl_diag *diag)
{
    (void)diag;
    const struct kl_shape *shape = &op->inputs[0]->shape;
    size_t elem = kl_dtype_bytes(op->inputs[0]->dtype);
    struct kl_nest nest = nest_inside(shape, shape, -1, elem, true);
    add_move(moves, count, (struct kl_op_move){.move = kl_pack_nest(nest, elem)});
    return KL_OK;
}

/* Dimensions of one element are read again and again. */
static enum kl_err broadcast_to(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                                struct kl_diag *diag)
{
    (void)diag;
    const struct kl_shape *in = &op->inputs[0]->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    size_t elem = kl_dtype_bytes(op->inputs[0]->dtype);
    struct kl_nest nest = {.rank = out->rank};
    int32_t in_step[KL_MAX_RANK];
    kl_dense_steps(in, elem, in_step);
    kl_dense_steps(out, elem, nest.out_step);
    for (int32_t i = 0; i < out->rank; i++) {
        int32_t from = i - (out->rank - in->rank);
        nest.dim[i] = out->dim[i];
        nest.in_step[i] = from < 0 || in->dim[from] == 1 ? 0 : in_step[from];
    }
    add_move(moves, count, (struct kl_op_move){.move = kl_pack_nest(nest, elem)});
    return KL_OK;
}

/* Each dimension is a loop over its copies, which read the same, and one over its elements. */
static enum kl_err tile(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                        struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    size_t elem = kl_dtype_bytes(op->inputs[0]->dtype);
    struct kl_nest nest = {.rank = 2 * in->rank};
    int32_t in_step[KL_MAX_RANK];
    int32_t out_step[KL_MAX_RANK];
    kl_dense_steps(in, elem, in_step);
    kl_dense_steps(out, elem, out_step);
    for (int32_t i = 0; i < in->rank; i++) {
        nest.dim[2 * i] = out->dim[i] / in->dim[i];
        nest.out_step[2 * i] = out_step[i] * in->dim[i];
        nest.dim[2 * i + 1] = in->dim[i];
        nest.in_step[2 * i + 1] = in_step[i];
        nest.out_step[2 * i + 1] = out_step[i];
    }
    struct kl_nest merged = nest;
    kl_merge_loops(&merged);
    if (merged.rank > KL_MOVE_RANK) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "more than %d separate loops", KL_MOVE_RANK);
    }
    add_move(moves, count, (struct kl_op_move){.move = kl_pack_nest(nest, elem)});
    return KL_OK;
}

/* One value, read again and again. */
static enum kl_err fill(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                        struct kl_diag *diag)
{
    (void)diag;
    const struct kl_shape *out = &op->outputs[0]->shape;
    size_t elem = kl_dtype_bytes(op->outputs[0]->dtype);
    struct kl_nest nest = {.rank = out->rank};
    kl_dense_steps(out, elem, nest.out_step);
    memcpy(nest.dim, out->dim, sizeof out->dim);
    add_move(moves, count, (struct kl_op_move){.input = 1, .move = kl_pack_nest(nest, elem)});
    return KL_OK;
}

static kl_moves_fn *moves_of(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_RESHAPE:
    case KL_OP_EXPAND_DIMS:
    case KL_OP_SQUEEZE: return straight;
    case KL_OP_TRANSPOSE: return transpose;
    case KL_OP_SLICE:
    case KL_OP_STRIDED_SLICE: return slice;
    case KL_OP_SPACE_TO_DEPTH:
    case KL_OP_DEPTH_TO_SPACE: return kl_moves_space_depth;
    case KL_OP_SPACE_TO_BATCH_ND:
    case KL_OP_BATCH_TO_SPACE_ND: return kl_moves_blocks;
    case KL_OP_MIRROR_PAD: return kl_moves_mirror;
    case KL_OP_REVERSE_V2: return kl_moves_reverse;
    case KL_OP_FILL: return fill;
    case KL_OP_CONCATENATION:
    case KL_OP_PACK: return join;
    case KL_OP_SPLIT:
    case KL_OP_SPLIT_V:
    case KL_OP_UNPACK: return cut;
    case KL_OP_PAD:
    case KL_OP_PADV2: return pad;
    case KL_OP_TILE: return tile;
    case KL_OP_BROADCAST_TO: return broadcast_to;
    default: return NULL;
    }
}

bool kl_op_is_reshape(const struct kl_op *op)
{
    return moves_of(op->kind) == straight;
}

bool kl_op_is_move(const struct kl_op *op)
{
    return moves_of(op->kind) != NULL;
}

static enum kl_err check_types(const struct kl_op *op, struct kl_diag *diag)
{
    enum kl_dtype dtype = op->outputs[0]->dtype;
    int32_t first = moved_input(op);
    bool joins = op->kind == KL_OP_CONCATENATION || op->kind == KL_OP_PACK;
    int32_t last = joins ? op->input_count - 1 : first;
    for (int32_t i = first; i <= last; i++) {
        if (op->inputs[i]->dtype != dtype) {
            return kl_op_fail(op, diag, KL_EINPUT, "input %d is %s, the output %s", i,
                              kl_dtype_name(op->inputs[i]->dtype), kl_dtype_name(dtype));
        }
    }
    for (int32_t i = 1; i < op->output_count; i++) {
        if (op->outputs[i]->dtype != dtype) {
            return kl_op_fail(op, diag, KL_EINPUT, "outputs differ in type");
        }
    }
    if (kl_dtype_bytes(dtype) == 0) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "type %s", kl_dtype_name(dtype));
    }
    return KL_OK;
}

/* A join that rescales or clamps does more than move. */
static enum kl_err check_plain_join(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_tensor *out = op->outputs[0];
    bool narrow = out->dtype == KL_S8 || out->dtype == KL_U8 || out->dtype == KL_S16;
    if (op->kind != KL_OP_CONCATENATION) {
        return KL_OK;
    }
    if (op->attr.axis.activation != KL_ACT_NONE) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "a fused activation");
    }
    for (int32_t i = 0; narrow && i < op->input_count; i++) {
        if (!kl_quant_equal(&op->inputs[i]->quant, &out->quant)) {
            return kl_op_fail(op, diag, KL_EUNSUPPORTED,
                              "input %d ('%.100s') is not quantised like the output", i,
                              op->inputs[i]->name);
        }
    }
    return KL_OK;
}

enum kl_err kl_op_moves(const struct kl_op *op, struct kl_op_move moves[KL_MAX_MOVES],
                        int32_t *count, struct kl_diag *diag)
{
    *count = 0;
    KL_TRY(check_types(op, diag));
    KL_TRY(check_plain_join(op, diag));
    return moves_of(op->kind)(op, moves, count, diag);
}
