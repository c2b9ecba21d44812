/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the signal operators. */
#include "graph/shape_internal.h"

#include "graph/const_params.h"

/* `shape` with its last dimension replaced. */
static struct kl_shape with_last(struct kl_shape shape, int32_t last)
{
    if (shape.rank > 0) {
        shape.dim[shape.rank - 1] = last;
    }
    return shape;
}

enum kl_err kl_rule_signal_rfft(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = with_last(op->inputs[0]->shape, op->attr.signal.length + 2);
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_signal_energy(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    KL_TRY(kl_expect_rank(op, op->inputs[0], 1, "the input", diag));
    struct kl_shape out = {1, {in->dim[0] / 2}};
    if (in->dim[0] % 2 != 0 || op->attr.signal.end > out.dim[0]) {
        return kl_op_fail(op, diag, KL_EINPUT, "bins %d to %d of %d values", op->attr.signal.start,
                          op->attr.signal.end, in->dim[0]);
    }
    return kl_expect(op, 0, &out, diag);
}

/* Weights and counterweights, and three numbers for each band. */
enum kl_err kl_rule_signal_filter_bank(const struct kl_op *op, struct kl_diag *diag)
{
    for (int32_t i = 0; i < 6; i++) {
        KL_TRY(kl_expect_rank(op, op->inputs[i], 1, "each input", diag));
    }
    KL_TRY(kl_expect_rank(op, op->outputs[0], 1, "the output", diag));
    struct kl_shape bands = {1, {op->outputs[0]->shape.dim[0] + 1}};
    KL_TRY(kl_expect_input(op, 2, op->inputs[1]->shape, diag));
    KL_TRY(kl_expect_input(op, 3, bands, diag));
    KL_TRY(kl_expect_input(op, 4, bands, diag));
    return kl_expect_input(op, 5, bands, diag);
}

/* Input 1 is the noise of the frame before, if it is not kept. */
enum kl_err kl_rule_signal_noise(const struct kl_op *op, struct kl_diag *diag)
{
    if (op->input_count == 2) {
        KL_TRY(kl_expect_input(op, 1, op->inputs[0]->shape, diag));
    }
    KL_TRY(kl_expect(op, 0, &op->inputs[0]->shape, diag));
    return kl_expect(op, 1, &op->inputs[0]->shape, diag);
}
