/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/verify.h"

#include <math.h>
#include <string.h>

#include "flow/board_run.h"
#include "flow/execute.h"
#include "flow/model_inputs.h"

static int32_t runs_of(const struct kl_verify_case *c)
{
    return c->runs > 0 ? c->runs : 1;
}

static int64_t first_different(const unsigned char *a, const unsigned char *b, int64_t count,
                               size_t elem_bytes)
{
    for (int64_t i = 0; i < count; i++) {
        size_t at = (size_t)i * elem_bytes;
        if (memcmp(a + at, b + at, elem_bytes) != 0) {
            return i;
        }
    }
    return -1;
}

/* Compare one tensor's bits; the first difference goes to *d. */
static bool same_tensor(const struct kl_tensor *tensor, const unsigned char *host,
                        const unsigned char *board, struct kl_difference *d)
{
    int64_t count = kl_shape_elements(&tensor->shape);
    int64_t at = first_different(host, board, count, kl_dtype_bytes(tensor->dtype));
    if (at < 0) {
        return true;
    }
    *d = (struct kl_difference){.found = true,
                                .step = -1,
                                .op = tensor->producer ? kl_op_name(tensor->producer) : "input",
                                .tensor = tensor->name,
                                .index = at,
                                .host = kl_value_at(tensor->dtype, host, at),
                                .board = kl_value_at(tensor->dtype, board, at)};
    return false;
}

static void compare_board(const struct kl_plan *plan, int32_t run, const unsigned char *host,
                          const unsigned char *board, struct kl_verify_result *result)
{
    for (int32_t i = 0; i < plan->output_count; i++) {
        const struct kl_tensor *tensor = plan->outputs[i].tensor;
        struct kl_difference d = {0};
        if (!same_tensor(tensor, host, board, &d) && result->exact) {
            result->first = d;
            result->first.run = run;
            result->exact = false;
        }
        result->compared += kl_shape_elements(&tensor->shape);
        host += tensor->bytes;
        board += tensor->bytes;
    }
}

/* How far a value is from the expected one; 0 for two values that are no numbers, whatever the sign
 * and payload of the NaN. Integers that differ do so by one at least: a double may not show it. */
static double distance(enum kl_dtype dtype, const unsigned char *host,
                       const unsigned char *expected, int64_t i)
{
    size_t bytes = kl_dtype_bytes(dtype);
    double a = kl_value_at(dtype, host, i), b = kl_value_at(dtype, expected, i);
    if (memcmp(host + (size_t)i * bytes, expected + (size_t)i * bytes, bytes) == 0 ||
        (isnan(a) && isnan(b))) {
        return 0.0;
    }
    return dtype == KL_F32 ? fabs(a - b) : fmax(fabs(a - b), 1.0);
}

static void compare_expected(const struct kl_tensor *tensor, const unsigned char *host,
                             const unsigned char *expected, int32_t run, double tolerance,
                             struct kl_verify_result *result)
{
    for (int64_t i = 0; i < kl_shape_elements(&tensor->shape); i++) {
        double b = kl_value_at(tensor->dtype, expected, i);
        double difference = distance(tensor->dtype, host, expected, i);
        double allowed =
            tensor->dtype == KL_F32 && isfinite(b) ? tolerance * fmax(1.0, fabs(b)) : 0.0;
        if (!(difference <= result->expected_difference)) {
            result->expected_difference = difference;
        }
        if (!(difference <= allowed) && result->expected_ok) {
            result->expected_ok = false;
            result->first_unexpected =
                (struct kl_difference){.found = true,
                                       .step = -1,
                                       .run = run,
                                       .op = "",
                                       .tensor = tensor->name,
                                       .index = i,
                                       .host = b,
                                       .board = kl_value_at(tensor->dtype, host, i)};
        }
    }
}

void kl_verify_expected(const struct kl_plan *plan, const struct kl_verify_case *c,
                        const unsigned char *outputs, double tolerance,
                        struct kl_verify_result *result)
{
    const unsigned char *expected = c->expected;
    result->expected_ok = true;
    for (int32_t i = 0; i < runs_of(c) * plan->output_count; i++) {
        const struct kl_tensor *tensor = plan->outputs[i % plan->output_count].tensor;
        compare_expected(tensor, outputs, expected, i / plan->output_count, tolerance, result);
        outputs += tensor->bytes;
        expected += tensor->bytes;
    }
}

enum kl_err kl_verify_host(const struct kl_model_job *job, const struct kl_verify_case *c,
                           unsigned char *outputs, struct kl_diag *diag)
{
    const struct kl_plan *plan = job->plan;
    unsigned char *memory;
    KL_TRY(kl_execute_arena(plan, job->arena, &memory, diag));
    for (int32_t run = 0; run < runs_of(c); run++) {
        kl_execute_load(plan, c->inputs + (size_t)run * kl_plan_input_bytes(plan), memory);
        KL_TRY(kl_execute(plan, memory, diag));
        kl_execute_store(plan, memory, outputs + (size_t)run * kl_plan_output_bytes(plan));
    }
    return KL_OK;
}

/* Compare the tensor that the step has written (or a part of). */
static enum kl_err compare_step(struct kl_board_run *run, int32_t number, unsigned char *memory,
                                unsigned char *copy, struct kl_difference *d, struct kl_diag *diag)
{
    const struct kl_plan *plan = run->job->plan;
    const struct kl_plan_step *step = &plan->steps[number];
    if (!step->written) {
        return KL_OK;
    }
    size_t offset = plan->buffers[step->out[0].buffer].offset + step->written_offset;
    KL_TRY(
        kl_device_read(run->channel, (uint32_t)offset, copy, (uint32_t)step->written->bytes, diag));
    if (!same_tensor(step->written, memory + offset, copy, d)) {
        d->step = number;
        d->op = kl_op_name(step->op);
    }
    return KL_OK;
}

/* One run of host and board side by side, a step at a time, up to the first difference. The way
 * through the steps is the host's: up to there both took the same. */
static enum kl_err compare_run(struct kl_board_run *run, unsigned char *memory, unsigned char *copy,
                               struct kl_difference *first, struct kl_diag *diag)
{
    const struct kl_plan *plan = run->job->plan;
    for (int32_t step = 0; step < plan->step_count && !first->found;) {
        int32_t next = kl_execute_step(plan, step, memory);
        KL_TRY(kl_board_run_steps(run, step, 1, diag));
        KL_TRY(compare_step(run, step, memory, copy, first, diag));
        step = next;
    }
    return KL_OK;
}

static enum kl_err find_layer(struct kl_board_run *run, const struct kl_verify_case *c,
                              struct kl_difference *first, struct kl_diag *diag)
{
    const struct kl_plan *plan = run->job->plan;
    unsigned char *memory;
    unsigned char *copy;
    KL_TRY(kl_execute_arena(plan, run->job->arena, &memory, diag));
    KL_TRY(kl_execute_arena(plan, run->job->arena, &copy, diag));
    KL_TRY(kl_board_run_reset(run, diag));
    for (int32_t i = 0; i < runs_of(c); i++) {
        struct kl_difference d = {0};
        kl_execute_load(plan, c->inputs + (size_t)i * kl_plan_input_bytes(plan), memory);
        KL_TRY(kl_board_run_load(run, (size_t)i, diag));
        KL_TRY(compare_run(run, memory, copy, &d, diag));
        if (d.found) {
            *first = d;
            first->run = i;
            return KL_OK;
        }
    }
    return KL_OK;
}

static struct kl_bytes inputs_of(const struct kl_model_job *job, const struct kl_verify_case *c)
{
    return (struct kl_bytes){c->inputs, (size_t)runs_of(c) * kl_plan_input_bytes(job->plan)};
}

static enum kl_err note_stack(struct kl_board_run *run, struct kl_verify_result *result,
                              struct kl_diag *diag)
{
    struct kl_device_stats stats;
    KL_TRY(kl_device_stats(run->channel, &stats, diag));
    if (stats.run_stack_bytes > result->stack_bytes) {
        result->stack_bytes = stats.run_stack_bytes;
    }
    return KL_OK;
}

static enum kl_err run_board(struct kl_board_run *run, const struct kl_verify_case *c,
                             const unsigned char *host, unsigned char *board,
                             struct kl_verify_result *result, struct kl_diag *diag)
{
    const struct kl_plan *plan = run->job->plan;
    result->exact = true;
    KL_TRY(kl_board_run_reset(run, diag));
    for (int32_t i = 0; i < runs_of(c); i++) {
        KL_TRY(kl_board_run_load(run, (size_t)i, diag));
        KL_TRY(kl_board_run_steps(run, 0, plan->step_count, diag));
        KL_TRY(note_stack(run, result, diag));
        KL_TRY(kl_board_run_outputs(run, board, diag));
        compare_board(plan, i, host, board, result);
        host += kl_plan_output_bytes(plan);
    }
    return KL_OK;
}

/* A fresh start, so that memory which no step writes is zero on both sides. */
static enum kl_err locate(const struct kl_model_job *job, const struct kl_board *board,
                          const char *folder, const struct kl_verify_case *c,
                          struct kl_difference *first, struct kl_diag *diag)
{
    struct kl_board_run run;
    enum kl_err err =
        kl_board_run_start(&run, job, board, folder, inputs_of(job, c), NULL, 0, diag);
    if (err == KL_OK) {
        err = find_layer(&run, c, first, diag);
    }
    return kl_board_run_stop(&run, NULL, err, diag);
}

static enum kl_err verify_in(const struct kl_model_job *job, const struct kl_board *board,
                             const char *folder, const struct kl_verify_case *c, double tolerance,
                             struct kl_verify_result *result, struct kl_diag *diag)
{
    const struct kl_plan *plan = job->plan;
    size_t bytes = kl_plan_output_bytes(plan);
    unsigned char *outputs = kl_arena_alloc(job->arena, bytes, (size_t)runs_of(c) + 1);
    if (!outputs) {
        return KL_FAIL_MEMORY(diag);
    }
    *result = (struct kl_verify_result){.expected_ok = true};
    KL_TRY(kl_verify_host(job, c, outputs, diag));
    if (c->expected) {
        kl_verify_expected(plan, c, outputs, tolerance, result);
    }
    struct kl_board_run run;
    enum kl_err err =
        kl_board_run_start(&run, job, board, folder, inputs_of(job, c), NULL, 0, diag);
    if (err == KL_OK) {
        unsigned char *of_board = outputs + (size_t)runs_of(c) * bytes;
        err = run_board(&run, c, outputs, of_board, result, diag);
    }
    err = kl_board_run_stop(&run, NULL, err, diag);
    if (err == KL_OK && !result->exact) {
        err = locate(job, board, folder, c, &result->first, diag);
    }
    return err;
}

enum kl_err kl_verify_model(const struct kl_model_job *job, const struct kl_board *board,
                            const char *folder, const struct kl_verify_case *c, double tolerance,
                            struct kl_verify_result *result, struct kl_diag *diag)
{
    /* The same job with an arena of its own: many cases must not add up. */
    struct kl_model_job one = *job;
    one.arena = kl_arena_create(KL_JOB_LIMIT);
    if (!one.arena) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = verify_in(&one, board, folder, c, tolerance, result, diag);
    kl_arena_free(one.arena);
    return err;
}
