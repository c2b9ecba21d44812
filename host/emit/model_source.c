/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "emit/model_text.h"

static bool header_seen(const struct kl_emit_job *job, int32_t step, const char *header)
{
    for (int32_t i = 0; i < step; i++) {
        if (strcmp(kl_kernel_header(job->plan->steps[i].kernel), header) == 0) {
            return true;
        }
    }
    return false;
}

static void emit_includes(const struct kl_emit_job *job, struct kl_buffer *text)
{
    kl_buffer_printf(text, "#include \"model.h\"\n\n");
    for (int32_t i = 0; i < kl_plan_all_steps(job->plan); i++) {
        const char *header = kl_kernel_header(job->plan->steps[i].kernel);
        if (!header_seen(job, i, header)) {
            kl_buffer_printf(text, "#include \"%s\"\n", header);
        }
    }
}

static void emit_constants(const struct kl_emit_job *job, struct kl_buffer *text)
{
    for (int32_t i = 0; i < job->plan->constant_count; i++) {
        if (job->names.names[i]) {
            kl_buffer_printf(text, "\n");
            kl_emit_array(text, &job->plan->constants[i], job->names.names[i]);
        }
    }
}

/* Do any of the kernel's steps have scratch memory? */
static bool takes_scratch(const struct kl_plan *plan, enum kl_kernel_id kernel)
{
    for (int32_t i = 0; i < kl_plan_all_steps(plan); i++) {
        if (plan->steps[i].kernel == kernel && plan->steps[i].scratch >= 0) {
            return true;
        }
    }
    return false;
}

static void emit_shared_kernels(const struct kl_emit_job *job, struct kl_buffer *text)
{
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        enum kl_kernel_id kernel = (enum kl_kernel_id)k;
        if (!job->shared[k]) {
            continue;
        }
        const char *function = kl_kernel_function(kernel) + 3; /* without "kl_" */
        kl_buffer_printf(text,
                         "\nstatic KL_NOINLINE void shared_%s(const struct %s *params,\n"
                         "    const struct kl_rows *in, const struct kl_rows *out%s)\n"
                         "{\n"
                         "    kl_%s(params, in, out, %s);\n"
                         "}\n",
                         function, kl_kernel_struct(kernel),
                         takes_scratch(job->plan, kernel) ? ", void *scratch" : "", function,
                         takes_scratch(job->plan, kernel) ? "scratch" : "0");
    }
}

static void emit_rows(const struct kl_emit_job *job, const struct kl_plan_rows *rows,
                      struct kl_buffer *text)
{
    if (rows->buffer >= 0) {
        size_t offset = job->plan->buffers[rows->buffer].offset + rows->offset;
        kl_buffer_printf(text, "{.base = arena + %zu", offset);
    } else {
        kl_buffer_printf(text, "{.base = (unsigned char *)%s + %zu",
                         job->names.names[rows->constant], rows->offset);
    }
    kl_buffer_printf(text, ", .stride = %d, .count = %d}", rows->stride, rows->count);
}

static void emit_comment(const struct kl_plan_step *step, int32_t number, struct kl_buffer *text)
{
    char shape[KL_SHAPE_TEXT_BYTES];
    const struct kl_tensor *out = step->written;
    kl_buffer_printf(text, "\n/* %d: %s", number,
                     step->op ? kl_op_name(step->op) : "initial state");
    if (out) {
        kl_buffer_printf(text, " -> %s%s", kl_dtype_name(out->dtype),
                         kl_shape_text(&out->shape, shape));
    }
    if (step->macs) {
        kl_buffer_printf(text, ", %lld MACs", (long long)step->macs);
    }
    kl_buffer_printf(text, " */\n");
}

static void emit_call(const struct kl_emit_job *job, const struct kl_plan_step *step,
                      struct kl_buffer *text)
{
    bool shared = job->shared[step->kernel];
    const char *function = kl_kernel_function(step->kernel) + 3; /* without "kl_" */
    kl_buffer_printf(text, "    %s%s(&params, %s, out", shared ? "shared_" : "kl_", function,
                     step->in_count ? "in" : "0");
    if (step->scratch >= 0) {
        size_t offset = job->plan->buffers[step->scratch].offset;
        kl_buffer_printf(text, ", arena + %zu", offset);
    } else if (!shared || takes_scratch(job->plan, step->kernel)) {
        kl_buffer_printf(text, ", 0");
    }
    kl_buffer_printf(text, ");\n");
}

static void emit_rows_array(const struct kl_emit_job *job, const char *name,
                            const struct kl_plan_rows *rows, int32_t count, struct kl_buffer *text)
{
    kl_buffer_printf(text, "    const struct kl_rows %s[] = {", name);
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_printf(text, "%s", i ? ",\n                                 " : "");
        emit_rows(job, &rows[i], text);
    }
    kl_buffer_printf(text, "};\n");
}

static void emit_step(const struct kl_emit_job *job, int32_t number, struct kl_buffer *text)
{
    const struct kl_plan_step *step = &job->plan->steps[number];
    emit_comment(step, number, text);
    kl_buffer_printf(text, "static void step_%02d(unsigned char *arena)\n{\n", number);
    kl_buffer_printf(text, "    static const struct %s params = ", kl_kernel_struct(step->kernel));
    kl_emit_struct(text, &job->names, kl_kernel_fields(step->kernel), step->params, 8);
    kl_buffer_printf(text, ";\n");
    if (step->in_count) {
        emit_rows_array(job, "in", step->in, step->in_count, text);
    }
    emit_rows_array(job, "out", step->out, step->out_count, text);
    emit_call(job, step, text);
    kl_buffer_printf(text, "}\n");
}

static void emit_step_table(const struct kl_emit_job *job, struct kl_buffer *text)
{
    int32_t count = kl_plan_all_steps(job->plan);
    if (count == 0) {
        return;
    }
    kl_buffer_printf(text, "\nstatic kl_step_fn *const steps[] = {\n");
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_printf(text, "    step_%02d,\n", i);
    }
    kl_buffer_printf(text, "};\n");
}

static void emit_dims(const struct kl_plan_io *ios, int32_t count, const char *role,
                      struct kl_buffer *text)
{
    for (int32_t i = 0; i < count; i++) {
        const struct kl_shape *shape = &ios[i].tensor->shape;
        kl_buffer_printf(text, "static const int32_t %s_%d_dim[] = {", role, i);
        for (int32_t d = 0; d < shape->rank; d++) {
            kl_buffer_printf(text, "%s%d", d ? ", " : "", shape->dim[d]);
        }
        kl_buffer_printf(text, shape->rank ? "};\n" : "1};\n"); /* a scalar has no dimension */
    }
}

static void emit_infos(const struct kl_emit_job *job, const struct kl_plan_io *ios, int32_t count,
                       const char *role, struct kl_buffer *text)
{
    kl_buffer_printf(text, "static const struct kl_tensor_info %ss[] = {\n", role);
    for (int32_t i = 0; i < count; i++) {
        const struct kl_tensor *tensor = ios[i].tensor;
        bool quantised = tensor->quant.count == 1;
        size_t offset = job->plan->buffers[ios[i].buffer].offset + ios[i].offset;
        kl_buffer_printf(text, "    {.offset = %zu, .bytes = %zu, .scale = ", offset,
                         tensor->bytes);
        kl_emit_float(text, quantised ? tensor->quant.scale[0] : 0.0f);
        kl_buffer_printf(text, ", .zero_point = %d,\n     .dim = %s_%d_dim, .rank = %d, ",
                         quantised ? tensor->quant.zero_point[0] : 0, role, i, tensor->shape.rank);
        kl_buffer_printf(text, ".dtype = %d}, /* %s */\n", (int)tensor->dtype,
                         kl_dtype_name(tensor->dtype));
    }
    kl_buffer_printf(text, "};\n");
}

static void emit_model(const struct kl_emit_job *job, struct kl_buffer *text)
{
    const struct kl_plan *plan = job->plan;
    kl_buffer_printf(text, "\n");
    emit_dims(plan->inputs, plan->input_count, "input", text);
    emit_dims(plan->outputs, plan->output_count, "output", text);
    kl_buffer_printf(text, "\n");
    if (plan->input_count) {
        emit_infos(job, plan->inputs, plan->input_count, "input", text);
    }
    if (plan->output_count) {
        emit_infos(job, plan->outputs, plan->output_count, "output", text);
    }
    kl_buffer_printf(text, "\nconst struct kl_model %s_model = {\n", job->options->name);
    kl_buffer_printf(text, "    .arena_bytes = %zu,\n", plan->arena_bytes);
    kl_buffer_printf(text, "    .input_count = %d,\n", plan->input_count);
    kl_buffer_printf(text, "    .output_count = %d,\n", plan->output_count);
    kl_buffer_printf(text, "    .step_count = %d,\n", plan->step_count);
    kl_buffer_printf(text, "    .inputs = %s,\n", plan->input_count ? "inputs" : "0");
    kl_buffer_printf(text, "    .outputs = %s,\n", plan->output_count ? "outputs" : "0");
    if (plan->reset_count) {
        kl_buffer_printf(text, "    .reset_count = %d,\n", plan->reset_count);
    }
    kl_buffer_printf(text, "    .steps = %s,\n", kl_plan_all_steps(plan) ? "steps" : "0");
    if (plan->next_buffer >= 0) {
        kl_buffer_printf(text, "    .next_offset = %zu,\n",
                         plan->buffers[plan->next_buffer].offset);
    }
    kl_buffer_printf(text, "};\n");
}

/* What the file computes, before its tables of numbers. */
static void emit_overview(const struct kl_emit_job *job, struct kl_buffer *text)
{
    const struct kl_plan *plan = job->plan;
    kl_buffer_printf(text, " *\n * step  %-20s %-32s %-20s %12s\n", "operator", "kernel", "output",
                     "MACs");
    for (int32_t i = 0; i < plan->step_count; i++) {
        const struct kl_plan_step *step = &plan->steps[i];
        char shape[KL_SHAPE_TEXT_BYTES];
        kl_buffer_printf(text, " * %4d  %-20s %-32s %-20s %12lld\n", i, kl_op_name(step->op),
                         kl_kernel_function(step->kernel),
                         step->written ? kl_shape_text(&step->written->shape, shape) : "",
                         (long long)step->macs);
    }
}

void kl_emit_source_text(const struct kl_emit_job *job, struct kl_buffer *text)
{
    kl_emit_banner(job, text);
    emit_overview(job, text);
    kl_buffer_printf(text, " *\n"
                           " * Compile with -ffp-contract=off: a fused multiply-add would change "
                           "float results.\n"
                           " */\n");
    emit_includes(job, text);
    emit_constants(job, text);
    emit_shared_kernels(job, text);
    for (int32_t i = 0; i < kl_plan_all_steps(job->plan); i++) {
        emit_step(job, i, text);
    }
    emit_step_table(job, text);
    emit_model(job, text);
    kl_emit_events_source(job, text);
}
