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

static int32_t last_of(const struct kl_shape *shape)
{
    return shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
}

/* One dimension more: frames. */
enum kl_err kl_rule_signal_framer(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_attr_signal *a = &op->attr.signal;
    struct kl_shape out = op->inputs[0]->shape;
    if (out.rank < 1 || out.rank == KL_MAX_RANK || last_of(&out) % a->step != 0 ||
        a->frame < a->step) {
        return kl_op_fail(op, diag, KL_EINPUT, "frames of %d every %d of %d samples", a->frame,
                          a->step, last_of(&out));
    }
    out.dim[out.rank - 1] /= a->step;
    out.dim[out.rank++] = a->frame;
    KL_TRY(kl_expect(op, 0, &out, diag));
    return kl_expect_flag(op, diag);
}

enum kl_err kl_rule_signal_stacker(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_attr_signal *a = &op->attr.signal;
    int32_t count = a->left + a->right + 1;
    struct kl_shape out = {1, {a->channels * count}};
    if (a->step > count) {
        return kl_op_fail(op, diag, KL_EINPUT, "a step of %d vectors over %d", a->step, count);
    }
    KL_TRY(kl_expect_input(op, 0, (struct kl_shape){1, {a->channels}}, diag));
    KL_TRY(kl_expect(op, 0, &out, diag));
    return kl_expect_flag(op, diag);
}

/* One dimension less: the frames become samples. */
enum kl_err kl_rule_signal_overlap_add(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape out = op->inputs[0]->shape;
    int32_t step = op->attr.signal.step, frame = last_of(&out);
    if (out.rank < 2 || frame < step || (int64_t)out.dim[out.rank - 2] * step > INT32_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "frames of %d every %d samples", frame, step);
    }
    out.dim[out.rank - 2] *= step;
    out.rank--;
    return kl_expect(op, 0, &out, diag);
}

enum kl_err kl_rule_signal_irfft(const struct kl_op *op, struct kl_diag *diag)
{
    struct kl_shape in = with_last(op->inputs[0]->shape, op->attr.signal.length + 2);
    struct kl_shape out = with_last(in, op->attr.signal.length);
    KL_TRY(kl_expect_input(op, 0, in, diag));
    return kl_expect(op, 0, &out, diag);
}
