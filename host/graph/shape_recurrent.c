/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of recurrent operators. */
#include "graph/shape_internal.h"

#include "graph/const_params.h"

enum kl_err kl_rule_svdf(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[0], 2, "the input", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[1], 2, "the weights of features", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[2], 2, "the weights of time", diag));
    const int32_t *in = op->inputs[0]->shape.dim;
    int32_t filters = op->inputs[1]->shape.dim[0];
    int32_t memory = op->inputs[2]->shape.dim[1];
    int32_t rank = op->attr.svdf.rank;
    if (rank < 1 || filters % rank != 0) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d filters of rank %d make no whole units", filters,
                          rank);
    }
    if ((int64_t)memory * filters > INT32_MAX) {
        return kl_op_fail(op, diag, KL_EINPUT, "%d filters with a memory of %d", filters, memory);
    }
    KL_TRY(kl_expect_input(op, 1, (struct kl_shape){2, {filters, in[1]}}, diag));
    KL_TRY(kl_expect_input(op, 2, (struct kl_shape){2, {filters, memory}}, diag));
    KL_TRY(kl_expect_input(op, 3, (struct kl_shape){1, {filters / rank}}, diag));
    KL_TRY(kl_expect_input(op, 4, (struct kl_shape){2, {in[0], memory * filters}}, diag));
    return kl_expect(op, 0, &(struct kl_shape){2, {in[0], filters / rank}}, diag);
}

/* What an LSTM's inputs are, by index; those in between are variants that are not supported. */
enum kl_err kl_rule_lstm(const struct kl_op *op, struct kl_diag *diag)
{
    KL_TRY(kl_expect_rank(op, op->inputs[0], 3, "the input", diag));
    KL_TRY(kl_expect_rank(op, op->inputs[KL_LSTM_INPUT_WEIGHTS], 2, "the weights", diag));
    const int32_t *in = op->inputs[0]->shape.dim;
    int32_t cells = op->inputs[KL_LSTM_INPUT_WEIGHTS]->shape.dim[0];
    int64_t batch = in[op->attr.lstm.time_major ? 1 : 0];
    for (int32_t gate = 0; gate < KL_LSTM_GATES; gate++) {
        KL_TRY(kl_expect_input(op, KL_LSTM_INPUT_WEIGHTS + gate,
                               (struct kl_shape){2, {cells, in[2]}}, diag));
        KL_TRY(kl_expect_input(op, KL_LSTM_RECURRENT_WEIGHTS + gate,
                               (struct kl_shape){2, {cells, cells}}, diag));
        KL_TRY(kl_expect_input(op, KL_LSTM_BIAS + gate, (struct kl_shape){1, {cells}}, diag));
    }
    if (kl_shape_elements(&op->inputs[KL_LSTM_HIDDEN]->shape) != batch * cells ||
        kl_shape_elements(&op->inputs[KL_LSTM_CELL]->shape) != batch * cells) {
        return kl_op_fail(op, diag, KL_EINPUT, "its state does not suit %lld sequences of %d cells",
                          (long long)batch, cells);
    }
    return kl_expect(op, 0, &(struct kl_shape){3, {in[0], in[1], cells}}, diag);
}

/* Slots of the input's size, oldest first, and whether the period is full. */
enum kl_err kl_rule_circular_buffer(const struct kl_op *op, struct kl_diag *diag)
{
    const struct kl_shape *out = &op->outputs[0]->shape;
    KL_TRY(kl_expect_rank(op, op->outputs[0], 4, "the output", diag));
    if (out->dim[0] != 1 ||
        kl_shape_elements(&op->inputs[0]->shape) != (int64_t)out->dim[2] * out->dim[3]) {
        char text[KL_SHAPE_TEXT_BYTES];
        return kl_op_fail(op, diag, KL_EINPUT, "output %s has no slots of %lld elements",
                          kl_shape_text(out, text),
                          (long long)kl_shape_elements(&op->inputs[0]->shape));
    }
    return op->output_count == 2 ? kl_expect_flag(op, diag) : KL_OK;
}
