/* SPDX-License-Identifier: Apache-2.0 */
/* Files whose subgraphs and variables make no sense, and models that never end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/execute.h"
#include "flow/model_job.h"
#include "model.h"
#include "tflite_writer.h"

static int32_t flag(struct kt_model *m, const char *name)
{
    return kt_tensor_add(m, name, KT_BOOL, 0, NULL);
}

static struct kt_options calls(int32_t first, int32_t second)
{
    struct kt_options options = kt_options_default();
    options.subgraph[0] = first;
    options.subgraph[1] = second;
    return options;
}

/* A subgraph that gives back its one flag. */
static void add_identity(struct kt_model *m)
{
    kt_subgraph_add(m, "identity");
    int32_t x = flag(m, "x");
    kt_inputs(m, KT_LIST(x));
    kt_outputs(m, KT_LIST(x));
}

/* WHILE x: x, which ends at once when x is false. Subgraph 1 is the condition, 2 the body. */
static struct kt_model *loop_model(void)
{
    struct kt_model *m = kt_model_create("a loop");
    int32_t in = flag(m, "in");
    int32_t out = flag(m, "out");
    kt_op_add1(m, KT_WHILE, calls(1, 2), KT_LIST(in), out);
    kt_inputs(m, KT_LIST(in));
    kt_outputs(m, KT_LIST(out));
    add_identity(m);
    add_identity(m);
    return m;
}

static int32_t handle(struct kt_model *m)
{
    struct kt_options options = kt_options_default();
    int32_t tensor = kt_tensor_add(m, "handle", KT_RESOURCE, 0, NULL);
    options.text = "state";
    kt_op_add1(m, KT_VAR_HANDLE, options, 0, NULL, tensor);
    return tensor;
}

enum { OP_ONCE, OP_HANDLE, OP_READ, OP_ASSIGN };

/* The output is the input of the run before; subgraph 1 sets the first one. */
static struct kt_model *delay_model(void)
{
    struct kt_model *m = kt_model_create("a delay");
    int32_t in = kt_tensor_add(m, "in", KT_F32, KT_LIST(2));
    int32_t out = kt_tensor_add(m, "out", KT_F32, KT_LIST(2));
    kt_op_add(m, KT_CALL_ONCE, calls(1, 0), 0, NULL, 0, NULL);
    int32_t v = handle(m);
    kt_op_add1(m, KT_READ_VARIABLE, kt_options_default(), KT_LIST(v), out);
    kt_op_add(m, KT_ASSIGN_VARIABLE, kt_options_default(), KT_LIST(v, in), 0, NULL);
    kt_inputs(m, KT_LIST(in));
    kt_outputs(m, KT_LIST(out));
    kt_subgraph_add(m, "once");
    const float first[2] = {1.0f, 2.0f};
    int32_t value = kt_tensor_add(m, "first", KT_F32, KT_LIST(2));
    kt_data(m, value, first, sizeof(first));
    kt_op_add(m, KT_ASSIGN_VARIABLE, kt_options_default(), KT_LIST(handle(m), value), 0, NULL);
    return m;
}

static enum kl_err compile(struct kt_model *m, struct kl_model_job *job, struct kl_diag *diag)
{
    enum kl_err err = kl_model_job_open_bytes(job, "a model", kt_write(m), diag);
    return err == KL_OK ? kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, diag) : err;
}

static void refuse(struct kt_model *m, enum kl_err err, const char *words)
{
    struct kl_model_job job;
    struct kl_diag diag = {0};
    assert_int_equal(compile(m, &job, &diag), err);
    if (!strstr(diag.message, words)) {
        fail_msg("'%s' does not say '%s'", diag.message, words);
    }
    kl_model_job_free(&job);
    kt_model_free(m);
}

static struct kt_op *entry_op(const struct kt_model *m, int32_t index)
{
    return &m->subgraphs[0]->ops[index];
}

static void test_subgraphs_that_cannot_be_run(void **state)
{
    static const int32_t wrong[] = {0, 3, -1, INT32_MAX, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        for (int32_t which = 0; which < 2; which++) {
            struct kt_model *m = loop_model();
            entry_op(m, 0)->options.subgraph[which] = wrong[i];
            refuse(m, KL_EINPUT, "but only 1 to 2 can be run");
        }
    }
}

static void test_subgraphs_that_run_themselves(void **state)
{
    (void)state;
    struct kt_model *m = loop_model();
    int32_t again = flag(m, "again");
    kt_op_add1(m, KT_WHILE, calls(1, 2), KT_LIST(0), again);
    refuse(m, KL_EINPUT, "subgraph 2 runs itself");
    m = loop_model();
    add_identity(m); /* number 3 runs the body, which runs number 3 */
    again = flag(m, "again");
    kt_op_add1(m, KT_IF, calls(2, 2), KT_LIST(0, 0), again);
    struct kt_subgraph *body = m->subgraphs[2];
    body->ops[0] = *kt_op_at(m, 0);
    body->ops[0].options = calls(3, 3);
    body->tensors[1] = body->tensors[0];
    body->tensor_count = 2;
    body->op_count = 1;
    refuse(m, KL_EINPUT, "runs itself");
}

static void test_types_that_disagree(void **state)
{
    (void)state;
    struct kt_model *m = loop_model();
    m->subgraphs[2]->tensors[0].type = KT_I8;
    refuse(m, KL_EINPUT, "input 0 of subgraph 2 is int8[], but must be bool[]");
    m = loop_model();
    m->subgraphs[2]->output_count = 0;
    refuse(m, KL_EINPUT, "subgraph 2 has 0 outputs, but 1 are needed");
    m = loop_model();
    m->subgraphs[1]->outputs[m->subgraphs[1]->output_count++] = 0;
    refuse(m, KL_EINPUT, "its condition, subgraph 1, has 2 outputs, not 1");
    m = loop_model();
    for (int32_t s = 0; s < 3; s++) {
        m->subgraphs[s]->tensors[0].type = KT_I32;
        m->subgraphs[0]->tensors[1].type = KT_I32;
    }
    refuse(m, KL_EINPUT, "its condition must be one bool; it is int32[]");
    m = loop_model();
    entry_op(m, 0)->omit_options = true;
    refuse(m, KL_EINPUT, "its options are missing");
}

static void test_variables_that_make_no_sense(void **state)
{
    (void)state;
    struct kt_model *m = delay_model();
    m->subgraphs[0]->tensors[0].type = KT_I32;
    m->subgraphs[1]->op_count = 0;
    entry_op(m, OP_ONCE)->options.subgraph[0] = 1;
    refuse(m, KL_EINPUT, "'out' is float32[2], but the variable 'state' is int32[2]");
    m = delay_model();
    m->subgraphs[1]->op_count = 0;
    m->subgraphs[0]->op_count = OP_ASSIGN;
    refuse(m, KL_EINPUT, "nothing assigns the variable 'state'");
    m = delay_model();
    entry_op(m, OP_HANDLE)->omit_options = true;
    refuse(m, KL_EINPUT, "its options are missing");
    m = delay_model();
    m->subgraphs[0]->tensors[2].type = KT_F32;
    refuse(m, KL_EINPUT, "its output must be a resource, not float32");
    m = delay_model();
    static const int32_t not_a_handle[] = {0, 0};
    entry_op(m, OP_ASSIGN)->inputs = not_a_handle;
    refuse(m, KL_EINPUT, "its input 0 is not the handle of a variable");
}

static void test_initialisation_that_cannot_be_done_once(void **state)
{
    (void)state;
    struct kt_model *m = delay_model();
    m->subgraphs[1]->outputs[m->subgraphs[1]->output_count++] = 0;
    refuse(m, KL_EINPUT, "subgraph 1 has 1 outputs, but 0 are needed");
    m = delay_model();
    struct kt_op once = *entry_op(m, OP_ONCE);
    *entry_op(m, OP_ONCE) = *entry_op(m, OP_HANDLE);
    *entry_op(m, OP_HANDLE) = *entry_op(m, OP_READ);
    *entry_op(m, OP_READ) = once;
    refuse(m, KL_EUNSUPPORTED, "operator 1 may use variables before it sets them");
}

/* Eight subgraphs, each of which runs the next one again and again: too much is refused early. */
static void test_towers_of_calls(void **state)
{
    enum { LEVELS = 7, CALLS = 12 };
    (void)state;
    struct kt_model *m = kt_model_create("a tower");
    for (int32_t level = 0; level <= LEVELS; level++) {
        int32_t x = flag(m, "x");
        kt_inputs(m, KT_LIST(x));
        for (int32_t i = 0; level < LEVELS && i < CALLS; i++) {
            int32_t y = flag(m, "y");
            kt_op_add1(m, KT_IF, calls(level + 1, level + 1), KT_LIST(x, x), y);
            x = y;
        }
        kt_outputs(m, KT_LIST(x));
        if (level < LEVELS) {
            kt_subgraph_add(m, "level");
        }
    }
    refuse(m, KL_ELIMIT, "at most");
}

static void run_loop(unsigned char on, enum kl_err expected)
{
    struct kt_model *m = loop_model();
    struct kl_model_job job;
    struct kl_diag diag = {0};
    unsigned char *memory;
    assert_int_equal(compile(m, &job, &diag), KL_OK);
    assert_int_equal(kl_execute_arena(job.plan, job.arena, &memory, &diag), KL_OK);
    kl_execute_load(job.plan, &on, memory);
    assert_int_equal(kl_execute(job.plan, memory, &diag), expected);
    if (expected != KL_OK) {
        assert_non_null(strstr(diag.message, "may have no end"));
    }
    kl_model_job_free(&job);
    kt_model_free(m);
}

static void test_loops_without_end(void **state)
{
    (void)state;
    run_loop(0, KL_OK);
    run_loop(1, KL_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subgraphs_that_cannot_be_run),
        cmocka_unit_test(test_subgraphs_that_run_themselves),
        cmocka_unit_test(test_types_that_disagree),
        cmocka_unit_test(test_variables_that_make_no_sense),
        cmocka_unit_test(test_initialisation_that_cannot_be_done_once),
        cmocka_unit_test(test_towers_of_calls),
        cmocka_unit_test(test_loops_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
