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

/* ---- frames of a stream ------------------------------------------------------------------- */

/* State of `rows` rows. */
static enum kl_err state_rows(struct kl_lowering *l, int32_t rows, int64_t row_bytes,
                              struct kl_plan_rows *state, struct kl_diag *diag)
{
    if (rows * row_bytes > INT32_MAX) {
        return kl_op_fail(l->op, diag, KL_ELIMIT, "it keeps %lld bytes from run to run",
                          (long long)(rows * row_bytes));
    }
    KL_TRY(kl_lower_hidden_state(l, (size_t)(rows * row_bytes), state, diag));
    state->stride = (int32_t)row_bytes;
    state->count = rows;
    return KL_OK;
}

/* Input 0 and output 0 as `rows` rows. */
static enum kl_err stream_rows(struct kl_lowering *l, int32_t rows, struct kl_plan_step *step,
                               struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    step->in_count = 1;
    KL_TRY(kl_lower_input(l, 0, (int32_t)op->inputs[0]->bytes / rows, rows, &step->in[0], diag));
    return kl_lower_output(l, 0, -1, (int32_t)op->outputs[0]->bytes / rows, rows, &step->out[0],
                           diag);
}

static enum kl_err need_types(const struct kl_lowering *l, enum kl_dtype dtype,
                              struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    return op->inputs[0]->dtype == dtype && op->outputs[0]->dtype == dtype &&
                   (op->output_count == 1 || op->outputs[1]->dtype == KL_BOOL)
               ? KL_OK
               : kl_lower_type_error(l, diag);
}

/* The flag is output 1, or nobody reads it. */
static enum kl_err place_flag(struct kl_lowering *l, struct kl_plan_rows *rows,
                              struct kl_diag *diag)
{
    *rows = (struct kl_plan_rows){-1, -1, 0, 1, 1};
    return l->op->output_count == 2
               ? kl_lower_output(l, 1, -1, 1, 1, rows, diag)
               : kl_lower_buffer(l, 1, "all frames are full", INT32_MAX, &rows->buffer, diag);
}

static enum kl_err frames(struct kl_lowering *l, struct kl_signal_frames from, struct kl_diag *diag)
{
    struct kl_signal_frames *p = KL_LOWER_NEW(l, struct kl_signal_frames, 1);
    struct kl_plan_step step = {.kernel = KL_KERNEL_SIGNAL_FRAMES, .params = p, .out_count = 4};
    int64_t samples = kl_shape_elements(&l->op->inputs[0]->shape);
    int32_t rows = (int32_t)(samples / from.steps / from.step);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = from;
    KL_TRY(need_types(l, KL_S16, diag));
    KL_TRY(state_rows(l, rows, 2 * (int64_t)p->window, &step.out[1], diag));
    KL_TRY(kl_lower_hidden_state(l, sizeof(uint32_t), &step.out[2], diag));
    KL_TRY(place_flag(l, &step.out[3], diag));
    KL_TRY(stream_rows(l, rows, &step, diag));
    return kl_lower_step(l, step, diag);
}

static int32_t last_dim(const struct kl_tensor *tensor)
{
    return tensor->shape.rank > 0 ? tensor->shape.dim[tensor->shape.rank - 1] : 1;
}

/* The first samples of a window that is longer by the delay. */
enum kl_err kl_lower_signal_delay(struct kl_lowering *l, struct kl_diag *diag)
{
    int32_t width = last_dim(l->op->inputs[0]), delay = l->op->attr.signal.delay;
    if (delay > INT32_MAX / 4 - width) {
        return kl_op_fail(l->op, diag, KL_ELIMIT, "a delay of %d samples by %d", width, delay);
    }
    return frames(l,
                  (struct kl_signal_frames){.step = width,
                                            .steps = 1,
                                            .window = width + delay,
                                            .frame = width,
                                            .first = 1,
                                            .period = 1},
                  diag);
}

/*
 * The buffer holds whole steps and is full before the first frame, unless it begins with zeros:
 * then with so many that one step fills a frame.
 */
enum kl_err kl_lower_signal_framer(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_attr_signal *a = &l->op->attr.signal;
    int32_t steps = (a->frame + a->step - 1) / a->step;
    return frames(l,
                  (struct kl_signal_frames){.step = a->step,
                                            .steps = last_dim(l->op->inputs[0]) / a->step,
                                            .window = a->prefill ? a->frame : steps * a->step,
                                            .frame = a->frame,
                                            .first = a->prefill ? 1 : steps,
                                            .period = 1},
                  diag);
}

enum kl_err kl_lower_signal_stacker(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_attr_signal *a = &l->op->attr.signal;
    int32_t window = a->channels * (a->left + a->right + 1);
    return frames(l,
                  (struct kl_signal_frames){.step = a->channels,
                                            .steps = 1,
                                            .window = window,
                                            .frame = window,
                                            .first = a->right + 1,
                                            .period = a->step,
                                            .repeat = a->left},
                  diag);
}

enum kl_err kl_lower_signal_overlap_add(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const bool is_float = in->dtype == KL_F32;
    struct kl_overlap_add *p = KL_LOWER_NEW(l, struct kl_overlap_add, 1);
    struct kl_plan_step step = {.kernel = is_float ? KL_KERNEL_OVERLAP_ADD_F32
                                                   : KL_KERNEL_OVERLAP_ADD_S16,
                                .params = p,
                                .out_count = 2};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(need_types(l, is_float ? KL_F32 : KL_S16, diag));
    *p = (struct kl_overlap_add){.frame = last_dim(in),
                                 .step = l->op->attr.signal.step,
                                 .frames = in->shape.dim[in->shape.rank - 2]};
    int32_t rows = (int32_t)(kl_shape_elements(&in->shape) / p->frame / p->frames);
    int64_t bytes = (int64_t)p->frame * (int64_t)kl_dtype_bytes(in->dtype);
    KL_TRY(state_rows(l, rows, bytes, &step.out[1], diag));
    KL_TRY(stream_rows(l, rows, &step, diag));
    return kl_lower_step(l, step, diag);
}
