/* SPDX-License-Identifier: Apache-2.0 */
/* Copies in reverse order: MIRROR_PAD and REVERSE_V2. */
#include "graph/const_params.h"
#include "graph/moves_nest.h"

/* A part of one dimension of the output: `size` elements from `to` on are those of the input from
 * `from` on, forwards or backwards. */
struct part {
    int32_t to, from, size, direction;
};

/* What lies before the input, the input, and what lies behind it; those that are not empty. */
static int32_t mirror_parts(int32_t dim, int32_t before, int32_t after, int32_t skipped,
                            struct part parts[3])
{
    const struct part all[3] = {{0, before - 1 + skipped, before, -1},
                                {before, 0, dim, 1},
                                {before + dim, dim - 1 - skipped, after, -1}};
    int32_t count = 0;
    for (int32_t i = 0; i < 3; i++) {
        if (all[i].size > 0) {
            parts[count++] = all[i];
        }
    }
    return count;
}

/* The move of one choice of parts, one per dimension. */
static struct kl_op_move move_of(const struct kl_op *op, const struct part chosen[KL_MAX_RANK])
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    size_t elem = kl_dtype_bytes(op->outputs[0]->dtype);
    struct kl_nest nest = {.rank = in->rank};
    struct kl_op_move move = {0};
    kl_dense_steps(in, elem, nest.in_step);
    kl_dense_steps(&op->outputs[0]->shape, elem, nest.out_step);
    for (int32_t d = 0; d < in->rank; d++) {
        move.in_offset += (size_t)chosen[d].from * (size_t)nest.in_step[d];
        move.out_offset += (size_t)chosen[d].to * (size_t)nest.out_step[d];
        nest.in_step[d] *= chosen[d].direction;
        nest.dim[d] = chosen[d].size;
    }
    move.move = kl_pack_nest(nest, elem);
    return move;
}

/* Every combination of the dimensions' parts is one move. */
enum kl_err kl_moves_mirror(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                            struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    int32_t before[KL_MAX_RANK], after[KL_MAX_RANK], part_count[KL_MAX_RANK];
    struct part parts[KL_MAX_RANK][3], chosen[KL_MAX_RANK];
    int32_t combinations = 1;
    KL_TRY(kl_op_paddings(op, before, after, diag));
    for (int32_t d = 0; d < in->rank; d++) {
        int32_t skipped = op->attr.mirror.reflect ? 1 : 0;
        part_count[d] = mirror_parts(in->dim[d], before[d], after[d], skipped, parts[d]);
        combinations *= part_count[d];
    }
    if (combinations > KL_MAX_MOVES) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "it pads too many dimensions on both sides");
    }
    for (int32_t i = 0; i < combinations; i++) {
        int32_t rest = i;
        for (int32_t d = in->rank; d-- > 0; rest /= part_count[d]) {
            chosen[d] = parts[d][rest % part_count[d]];
        }
        moves[(*count)++] = move_of(op, chosen);
    }
    return KL_OK;
}

enum kl_err kl_moves_reverse(const struct kl_op *op, struct kl_op_move *moves, int32_t *count,
                             struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    struct part chosen[KL_MAX_RANK];
    bool reversed[KL_MAX_RANK];
    KL_TRY(kl_op_reduced(op, reversed, diag));
    for (int32_t d = 0; d < in->rank; d++) {
        chosen[d] =
            (struct part){0, reversed[d] ? in->dim[d] - 1 : 0, in->dim[d], reversed[d] ? -1 : 1};
    }
    moves[(*count)++] = move_of(op, chosen);
    return KL_OK;
}
