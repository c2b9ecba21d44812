/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passes keep every bit: all generated models, planned as imported and planned as
 * optimised, give the same outputs for the same inputs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "flow/execute.h"
#include "flow/model_job.h"
#include "tflite_writer.h"

/* What came of all cases. */
struct tally {
    int32_t compared, changed, only_optimised, wrong;
};

/* A job of the model, planned as imported or as optimised; false when it cannot be planned. */
static bool plan(struct kl_model_job *job, struct kl_bytes file, bool optimised)
{
    struct kl_diag diag = {0};
    if (kl_model_job_open_bytes(job, "case", file, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    if (optimised) {
        return kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, &diag) == KL_OK;
    }
    return kl_graph_verify(job->graph, &diag) == KL_OK &&
           kl_plan_create(job->graph, NULL, job->arena, &job->plan, &diag) == KL_OK;
}

static unsigned char *run(const struct kl_model_job *job, const struct kl_bytes *inputs)
{
    unsigned char *memory;
    struct kl_diag diag = {0};
    assert_int_equal(kl_execute_arena(job->plan, job->arena, &memory, &diag), KL_OK);
    for (int32_t i = 0; i < job->plan->input_count; i++) {
        memcpy(kl_execute_io(job->plan, &job->plan->inputs[i], memory), inputs[i].data,
               inputs[i].size);
    }
    assert_int_equal(kl_execute(job->plan, memory, &diag), KL_OK);
    return memory;
}

static bool same_outputs(const struct kl_model_job *a, const struct kl_model_job *b,
                         const struct kl_bytes *inputs)
{
    unsigned char *memory_a = run(a, inputs);
    unsigned char *memory_b = run(b, inputs);
    bool same = a->plan->output_count == b->plan->output_count;
    for (int32_t i = 0; same && i < a->plan->output_count; i++) {
        same = memcmp(kl_execute_io(a->plan, &a->plan->outputs[i], memory_a),
                      kl_execute_io(b->plan, &b->plan->outputs[i], memory_b),
                      a->plan->outputs[i].tensor->bytes) == 0;
    }
    return same;
}

static void compare(void *context, const struct kt_case *c)
{
    struct tally *tally = context;
    struct kl_bytes file = kt_write(c->model);
    struct kl_bytes inputs[KT_MAX_IO];
    struct kl_model_job plain, optimised;
    kt_case_inputs(c, 21, inputs);
    bool planned = plan(&plain, file, false);
    assert_true(plan(&optimised, file, true));
    if (!planned) {
        tally->only_optimised++;
    } else if (same_outputs(&plain, &optimised, inputs)) {
        tally->compared++;
        tally->changed += plain.plan->step_count != optimised.plan->step_count;
    } else {
        print_error("%s\n", c->label);
        tally->wrong++;
    }
    kl_model_job_free(&plain);
    kl_model_job_free(&optimised);
}

static void test_same_results(void **state)
{
    struct tally tally = {0};
    (void)state;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, compare, &tally);
    }
    print_message("%d models compared, %d of them became shorter; %d need the passes\n",
                  tally.compared, tally.changed, tally.only_optimised);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.compared > 100);
    assert_true(tally.changed > 5);
    assert_true(tally.only_optimised < tally.compared / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_results)};
    return cmocka_run_group_tests_name("optimise results", tests, NULL, NULL);
}
