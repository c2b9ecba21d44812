/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/model_options.h"
#include "flow/execute.h"
#include "flow/model_inputs.h"
#include "flow/tensor_file.h"

struct run_options {
    struct kl_common common;
    struct kl_model_options model;
    struct kl_strings inputs, outputs;
    int64_t repeat, sequence;
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

enum { SHOWN_VALUES = 16 };

static void print_output(const struct kl_tensor *tensor, const unsigned char *data)
{
    char shape[KL_SHAPE_TEXT_BYTES];
    int64_t count = kl_shape_elements(&tensor->shape);
    printf("%s %s%s:", tensor->name, kl_dtype_name(tensor->dtype),
           kl_shape_text(&tensor->shape, shape));
    for (int64_t i = 0; i < count && i < SHOWN_VALUES; i++) {
        printf(" %.9g", kl_value_at(tensor->dtype, data, i));
    }
    printf("%s\n", count > SHOWN_VALUES ? " ..." : "");
}

/* Output `index` of each run, one value behind the other. */
static unsigned char *collect(const struct run_options *o, const struct kl_plan *plan,
                              const unsigned char *outputs, int32_t index, struct kl_arena *arena)
{
    size_t bytes = plan->outputs[index].tensor->bytes;
    unsigned char *all = kl_arena_alloc(arena, bytes, (size_t)o->sequence);
    for (int32_t i = 0; i < index; i++) {
        outputs += plan->outputs[i].tensor->bytes;
    }
    for (int64_t i = 0; all && i < o->sequence; i++) {
        memcpy(all + (size_t)i * bytes, outputs + (size_t)i * kl_plan_output_bytes(plan), bytes);
    }
    return all;
}

static enum kl_err write_outputs(const struct run_options *o, const struct kl_plan *plan,
                                 unsigned char *const *outputs, struct kl_diag *diag)
{
    if (o->outputs.count && o->outputs.count != plan->output_count) {
        return kl_fail(diag, KL_EUSAGE, "the model has %d output%s; --output is given %d time%s",
                       plan->output_count, plan->output_count == 1 ? "" : "s", o->outputs.count,
                       o->outputs.count == 1 ? "" : "s");
    }
    for (int32_t i = 0; i < o->outputs.count; i++) {
        struct kl_tensor many = kl_tensor_sequence(plan->outputs[i].tensor, o->sequence);
        KL_TRY(kl_tensor_write(o->outputs.items[i], &many, outputs[i], diag));
    }
    return KL_OK;
}

static json_t *output_json(const struct run_options *o, const struct kl_plan *plan,
                           unsigned char *const *outputs)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < plan->output_count; i++) {
        const struct kl_tensor *tensor = plan->outputs[i].tensor;
        json_t *values = json_array();
        for (int64_t k = 0; k < o->sequence * kl_shape_elements(&tensor->shape); k++) {
            double v = kl_value_at(tensor->dtype, outputs[i], k);
            bool whole = tensor->dtype != KL_F32;
            json_array_append_new(values, whole ? json_integer((json_int_t)v) : kl_json_number(v));
        }
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", tensor->name, "type",
                                              kl_dtype_name(tensor->dtype), "values", values));
    }
    return list;
}

/* A model may be run without knowing it: the refusal says which inputs it takes. */
static enum kl_err check_input_count(const struct run_options *o, const struct kl_plan *plan,
                                     struct kl_diag *diag)
{
    char list[700] = "";
    size_t used = 0;
    if (o->inputs.count == plan->input_count) {
        return KL_OK;
    }
    for (int32_t i = 0; i < plan->input_count && used < sizeof list; i++) {
        char shape[KL_SHAPE_TEXT_BYTES];
        const struct kl_tensor *tensor = plan->inputs[i].tensor;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s '%.60s' %s%s (%zu bytes)",
                                 i ? "," : ":", tensor->name, kl_dtype_name(tensor->dtype),
                                 kl_shape_text(&tensor->shape, shape), tensor->bytes);
    }
    return kl_fail(diag, KL_EUSAGE, "--input is given %d time%s; the model has %d input%s%s",
                   o->inputs.count, o->inputs.count == 1 ? "" : "s", plan->input_count,
                   plan->input_count == 1 ? "" : "s", list);
}

/* *kept: how many runs ended without new outputs. */
static enum kl_err run_sequence(const struct run_options *o, const struct kl_plan *plan,
                                const unsigned char *inputs, unsigned char *memory,
                                unsigned char *results, int64_t *kept, struct kl_diag *diag)
{
    *kept = 0;
    for (int64_t i = 0; i < o->sequence; i++) {
        kl_execute_load(plan, inputs + (size_t)i * kl_plan_input_bytes(plan), memory);
        KL_TRY(kl_execute(plan, memory, diag));
        *kept += !kl_execute_has_new_outputs(plan, memory);
        kl_execute_store(plan, memory, results + (size_t)i * kl_plan_output_bytes(plan));
    }
    return KL_OK;
}

static void print_run(const struct run_options *o, const struct kl_plan *plan,
                      unsigned char *const *outputs, int64_t kept, double per_run)
{
    for (int32_t i = 0; i < plan->output_count; i++) {
        struct kl_tensor many = kl_tensor_sequence(plan->outputs[i].tensor, o->sequence);
        print_output(&many, outputs[i]);
    }
    if (kept > 0) {
        printf("%lld of %lld inferences ended without new outputs: theirs are those before\n",
               (long long)kept, (long long)o->sequence);
    }
    printf("%.3f ms per inference (%lld run%s on this machine)\n", per_run, (long long)o->repeat,
           o->repeat == 1 ? "" : "s");
}

static enum kl_err run_model(const void *context, struct kl_model_job *job,
                             struct kl_result *result, struct kl_diag *diag)
{
    const struct run_options *o = context;
    unsigned char *inputs;
    unsigned char *memory;
    unsigned char *results;
    unsigned char *outputs[KL_PLAN_MAX_IO];
    int64_t kept = 0;
    KL_TRY(kl_check_sequence(o->sequence, diag));
    KL_TRY(kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, diag));
    const struct kl_plan *plan = job->plan;
    KL_TRY(check_input_count(o, plan, diag));
    KL_TRY(kl_read_tensors(&o->inputs, plan->inputs, plan->input_count, o->sequence, "--input", job,
                           result, &inputs, diag));
    KL_TRY(kl_execute_arena(plan, job->arena, &memory, diag));
    results = kl_arena_alloc(job->arena, kl_plan_output_bytes(plan), (size_t)o->sequence);
    if (!results) {
        return KL_FAIL_MEMORY(diag);
    }
    double start = now_ms();
    for (int64_t i = 0; i < o->repeat; i++) {
        kl_execute_reset(plan, memory);
        KL_TRY(run_sequence(o, plan, inputs, memory, results, &kept, diag));
    }
    double per_run = (now_ms() - start) / (double)(o->repeat * o->sequence);
    for (int32_t i = 0; i < plan->output_count; i++) {
        outputs[i] = collect(o, plan, results, i, job->arena);
        if (!outputs[i]) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    KL_TRY(write_outputs(o, plan, outputs, diag));
    kl_result_metric(result, "time.per_inference", json_real(per_run), "ms", KL_MEASURED);
    kl_result_count(result, "repeat", o->repeat, "1", KL_MEASURED);
    kl_result_count(result, "macs", plan->macs, "1", KL_COUNTED);
    kl_result_count(result, "runs.without_new_outputs", kept, "1", KL_COUNTED);
    kl_result_detail(result, "outputs", output_json(o, plan, outputs));
    if (!o->common.json) {
        print_run(o, plan, outputs, kept, per_run);
    }
    return KL_OK;
}

static enum kl_err check_options(void *context, struct kl_diag *diag)
{
    const struct run_options *o = context;
    return o->repeat >= 1 ? KL_OK : kl_fail(diag, KL_EUSAGE, "--repeat must be at least 1");
}

int kl_cmd_run(int argc, char **argv, const struct kl_command *self)
{
    struct run_options o = {.repeat = 1, .sequence = 1};
    const struct kl_option options[] = {
        {.name = "--input",
         .argument = "F",
         .help = "a model input, in order: raw little-endian or .npy",
         .list = &o.inputs},
        {.name = "--output",
         .argument = "F",
         .help = "where to write a model output, in order",
         .list = &o.outputs},
        {.name = "--repeat",
         .argument = "N",
         .help = "run N times and time it",
         .number = &o.repeat},
        {.name = "--sequence",
         .argument = "N",
         .help = "N runs after each other without a reset; each file holds N values",
         .number = &o.sequence},
        KL_MODEL_OPTIONS(o.model),
        {.name = NULL},
    };
    const struct kl_model_command command = {options,       &o.common, &o.model,
                                             check_options, run_model, &o};
    return kl_model_command(self, argc, argv, &command);
}
