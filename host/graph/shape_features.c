/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the operators of feature pipelines. */
#include "graph/shape_internal.h"

#include "graph/const_params.h"
#include "kinglet/nn/features.h"

/* `shape` with its last dimension replaced by `count` others, or 0 for a scalar. */
static struct kl_shape with_end(struct kl_shape shape, int32_t count, const int32_t *dim)
{
    int32_t kept = shape.rank > 0 ? shape.rank - 1 : 0;
    for (int32_t i = 0; i < count && kept < KL_MAX_RANK; i++) {
        shape.dim[kept++] = dim[i];
    }
    shape.rank = kept;
    return shape;
}

/* The size of the last axis of input 0. */
static enum kl_err last_axis(const struct kl_op *op, int32_t *size, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    if (in->rank < 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "the input is a scalar");
    }
    *size = in->dim[in->rank - 1];
    return KL_OK;
}

/* Inputs: a signal [samples] or [samples, channels], which frame (a scalar), and a window [length]
 * that may be missing. Output: [channels, length]. */
enum kl_err kl_rule_frame(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    if (in->rank != 2) {
        KL_TRY(kl_expect_rank(op, op->inputs[0], 1, "the signal", diag));
    }
    KL_TRY(kl_expect_rank(op, op->outputs[0], 2, "the output", diag));
    const struct kl_shape expected = {2, {in->rank == 2 ? in->dim[1] : 1, out->dim[1]}};
    if (kl_shape_elements(&op->inputs[1]->shape) != 1) {
        return kl_op_fail(op, diag, KL_EINPUT, "the number of the frame is not one value");
    }
    if (op->input_count == 3) {
        KL_TRY(kl_expect_input(op, 2, (struct kl_shape){1, {out->dim[1]}}, diag));
    }
    if (op->attr.frame.hop < 1 || out->dim[1] > in->dim[0]) {
        return kl_op_fail(op, diag, KL_EINPUT, "frames of %d samples every %d of a signal of %d",
                          out->dim[1], op->attr.frame.hop, in->dim[0]);
    }
    return kl_expect(op, 0, &expected, diag);
}

/* [.., samples] -> [.., length / 2 + 1, 2] */
enum kl_err kl_rule_real_fft(const struct kl_op *op, struct kl_diag *diag)
{
    enum { MIN_LENGTH = 8, MAX_LENGTH = 1 << 16 };
    int32_t length = op->attr.real_fft.length, width = 0;
    KL_TRY(last_axis(op, &width, diag));
    if (length < MIN_LENGTH || length > MAX_LENGTH || (length & (length - 1)) != 0 ||
        width > length) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "a transform of %d samples of length %d; lengths are powers of two from "
                          "%d to %d, at least as many as samples",
                          width, length, MIN_LENGTH, MAX_LENGTH);
    }
    struct kl_shape out = with_end(op->inputs[0]->shape, 2, (const int32_t[]){length / 2 + 1, 2});
    return kl_expect(op, 0, &out, diag);
}

/* [.., bins, 2] -> [.., bins] */
enum kl_err kl_rule_squared_magnitude(const struct kl_op *op, struct kl_diag *diag)
{
    int32_t parts = 0;
    KL_TRY(last_axis(op, &parts, diag));
    if (parts != 2 || op->inputs[0]->shape.rank < 2) {
        return kl_op_fail(op, diag, KL_EINPUT, "the last axis is not the two parts of numbers");
    }
    struct kl_shape out = with_end(op->inputs[0]->shape, 0, NULL);
    return kl_expect(op, 0, &out, diag);
}

/* [.., bins], weights [bands, bins] -> [.., bands] */
enum kl_err kl_rule_band_sums(const struct kl_op *op, struct kl_diag *diag)
{
    int32_t bins = 0;
    KL_TRY(last_axis(op, &bins, diag));
    KL_TRY(kl_expect_rank(op, op->inputs[1], 2, "the weights", diag));
    int32_t bands = op->inputs[1]->shape.dim[0];
    KL_TRY(kl_expect_input(op, 1, (struct kl_shape){2, {bands, bins}}, diag));
    struct kl_shape out = with_end(op->inputs[0]->shape, 1, &bands);
    return kl_expect(op, 0, &out, diag);
}

/* [.., values] -> [.., statistics] */
enum kl_err kl_rule_statistics(const struct kl_op *op, struct kl_diag *diag)
{
    uint32_t which = op->attr.statistics.which;
    int32_t width = 0;
    int32_t count = 0;
    KL_TRY(last_axis(op, &width, diag));
    if (which == 0 || which >> KL_STATISTIC_COUNT) {
        return kl_op_fail(op, diag, KL_EINPUT, "no statistics, or unknown ones");
    }
    for (; which; which &= which - 1) {
        count++;
    }
    struct kl_shape out = with_end(op->inputs[0]->shape, 1, &count);
    return kl_expect(op, 0, &out, diag);
}

/* [.., bins] -> [.., peaks, 2]: places and heights. */
enum kl_err kl_rule_peaks(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *found = &op->outputs[0]->shape;
    const struct kl_attr_peaks *a = &op->attr.peaks;
    int32_t bins = 0;
    KL_TRY(last_axis(op, &bins, diag));
    if (found->rank < 2 || !(a->threshold >= 0.0f) || !(a->bin_width > 0.0f)) {
        return kl_op_fail(op, diag, KL_EINPUT,
                          "peaks above %g of bins %g apart; both are positive, and a peak is two "
                          "numbers",
                          (double)a->threshold, (double)a->bin_width);
    }
    struct kl_shape out =
        with_end(op->inputs[0]->shape, 2, (const int32_t[]){found->dim[found->rank - 2], 2});
    return kl_expect(op, 0, &out, diag);
}

/* Coefficients [sections, 5]. */
enum kl_err kl_rule_biquad(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *in = &op->inputs[0]->shape;
    int32_t axis = op->attr.biquad.axis;
    KL_TRY(kl_expect_rank(op, op->inputs[1], 2, "the coefficients", diag));
    KL_TRY(kl_expect_input(op, 1, (struct kl_shape){2, {op->inputs[1]->shape.dim[0], 5}}, diag));
    if (axis < 0 || axis >= in->rank) {
        return kl_op_fail(op, diag, KL_EINPUT, "axis %d of %d", axis, in->rank);
    }
    return kl_expect(op, 0, in, diag);
}
