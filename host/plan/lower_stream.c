/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that keep a window of the past. */
#include "plan/lower.h"

/* Count the runs of a period; `full` is a bool that says whether this run is its last. */
static enum kl_err count_runs(struct kl_lowering *l, struct kl_location full, struct kl_diag *diag)
{
    struct kl_period *p = KL_LOWER_NEW(l, struct kl_period, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_PERIOD, .params = p, .out_count = 2};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->period = l->op->attr.circular_buffer.period;
    step.out[0] = (struct kl_plan_rows){full.buffer, -1, full.offset, 1, 1};
    KL_TRY(kl_lower_hidden_state(l, sizeof(uint32_t), &step.out[1], diag));
    return kl_lower_step(l, step, diag);
}

/* The second output says whether the period is full, and nobody ends the run. */
static enum kl_err tell_period(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *full = l->op->outputs[1];
    struct kl_plan_rows rows;
    if (full->dtype != KL_BOOL) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "its second output is no bool");
    }
    KL_TRY(kl_lower_output(l, 1, -1, 1, 1, &rows, diag));
    return count_runs(l, l->locations[full->id], diag);
}

static enum kl_err end_run_within_period(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_location full = {-1, -1, 0};
    KL_TRY(kl_lower_buffer(l, 1, "period is full", INT32_MAX, &full.buffer, diag));
    l->written = NULL;
    KL_TRY(count_runs(l, full, diag));
    return kl_lower_end_run_unless(l, full, diag);
}

static enum kl_err keep_window(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    struct kl_circular_buffer *p = KL_LOWER_NEW(l, struct kl_circular_buffer, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_circular_buffer){.slots = out->shape.dim[1], .slot_bytes = (int32_t)in->bytes};
    return kl_lower_whole_step(l, KL_KERNEL_CIRCULAR_BUFFER, p, 0, 0, KL_APART, diag);
}

enum kl_err kl_lower_circular_buffer(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    if (op->inputs[0]->dtype != op->outputs[0]->dtype) {
        return kl_lower_type_error(l, diag);
    }
    if (!kl_quant_equal(&op->inputs[0]->quant, &op->outputs[0]->quant)) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED, "its input is not quantised like its output");
    }
    if (l->depth > 0 || l->locations[op->outputs[0]->id].buffer < 0) {
        return kl_op_fail(op, diag, KL_EUNSUPPORTED,
                          "it keeps state inside a subgraph that is run by another");
    }
    KL_TRY(keep_window(l, diag));
    if (op->output_count == 2) {
        return tell_period(l, diag);
    }
    return kl_op_may_end_run(op) ? end_run_within_period(l, diag) : KL_OK;
}
