/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: what works in place, how long values live, what is refused, the map, the constants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "flow/execute.h"
#include "flow/model_job.h"
#include "graph_build.h"
#include "tflite_writer.h"

/* Plan a graph that must be plannable. */
static struct kl_plan *plan_graph(struct kl_graph *graph)
{
    struct kl_plan *plan;
    struct kl_diag diag = {0};
    gb_accept(graph);
    if (kl_plan_create(graph, NULL, graph->arena, &plan, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return plan;
}

static struct kl_tensor *floats(struct kl_graph *graph, const char *name)
{
    return gb_tensor(graph, name, KL_F32, GB_SHAPE(4));
}

/* a, b -> ADD -> sum -> TANH -> out, with a second reader of `a` when asked for. */
struct adder {
    struct kl_graph *graph;
    struct kl_tensor *a, *b, *first, *sum, *out;
};

static struct adder make_adder(void)
{
    struct adder x = {.graph = gb_create()};
    x.a = gb_input(x.graph, "a", KL_F32, GB_SHAPE(4));
    x.b = gb_input(x.graph, "b", KL_F32, GB_SHAPE(4));
    x.sum = floats(x.graph, "sum");
    x.out = floats(x.graph, "out");
    gb_op(x.graph, KL_OP_ADD, GB_LIST(x.a, x.b), GB_LIST(x.sum));
    gb_op(x.graph, KL_OP_MUL, GB_LIST(x.sum, x.b), GB_LIST(x.out));
    gb_output(x.graph, x.out);
    return x;
}

static void test_works_in_place_on_a_dying_input(void **state)
{
    (void)state;
    struct adder x = make_adder();
    const struct kl_plan *plan = plan_graph(x.graph);
    assert_int_equal(plan->steps[0].out[0].buffer, plan->steps[0].in[0].buffer);
    assert_int_equal(plan->steps[1].out[0].buffer, plan->steps[1].in[0].buffer);
    assert_int_equal(plan->arena_bytes, 32); /* a and b; both results lie on a */
    gb_free(x.graph);
}

static void test_spares_an_input_that_is_read_later(void **state)
{
    (void)state;
    struct adder x = make_adder();
    gb_main(x.graph)->ops[1]->inputs[0] = x.a;
    gb_main(x.graph)->ops[1]->inputs[1] = x.sum;
    const struct kl_plan *plan = plan_graph(x.graph);
    /* b dies instead, and is overwritten */
    assert_int_not_equal(plan->steps[0].out[0].buffer, plan->steps[0].in[0].buffer);
    assert_int_equal(plan->steps[0].out[0].buffer, plan->steps[0].in[1].buffer);
    gb_free(x.graph);
    x = make_adder();
    gb_output(x.graph, x.a);
    plan = plan_graph(x.graph);
    assert_int_not_equal(plan->steps[0].out[0].buffer, plan->steps[0].in[0].buffer);
    assert_int_not_equal(plan->steps[0].out[0].buffer, plan->steps[0].in[1].buffer);
    gb_free(x.graph);
}

/* A RESHAPE's result lies on its input, which keeps the input from being overwritten. */
static void test_spares_what_a_reshape_shares(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *a = gb_input(graph, "a", KL_F32, GB_SHAPE(4));
    struct kl_tensor *view = gb_tensor(graph, "view", KL_F32, GB_SHAPE(2, 2));
    struct kl_tensor *next = floats(graph, "next");
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(2, 2));
    gb_op(graph, KL_OP_RESHAPE, GB_LIST(a), GB_LIST(view));
    gb_op(graph, KL_OP_TANH, GB_LIST(a), GB_LIST(next)); /* the last reader of `a` */
    gb_op(graph, KL_OP_ADD, GB_LIST(view, view), GB_LIST(out));
    gb_output(graph, next);
    gb_output(graph, out);
    const struct kl_plan *plan = plan_graph(graph);
    assert_int_equal(plan->step_count, 2); /* the RESHAPE is none */
    assert_int_not_equal(plan->steps[0].out[0].buffer, plan->steps[0].in[0].buffer);
    assert_int_equal(plan->steps[1].in[0].buffer, plan->inputs[0].buffer);
    gb_free(graph);
}

/* Two values computed in what they are joined to, and halves looked at where they lie. */
static void test_joins_and_halves_cost_nothing(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(4));
    struct kl_tensor *a = floats(graph, "a");
    struct kl_tensor *b = floats(graph, "b");
    struct kl_tensor *whole = gb_tensor(graph, "whole", KL_F32, GB_SHAPE(8));
    struct kl_tensor *low = floats(graph, "low");
    struct kl_tensor *high = floats(graph, "high");
    struct kl_tensor *out = floats(graph, "out");
    gb_op(graph, KL_OP_TANH, GB_LIST(in), GB_LIST(a));
    gb_op(graph, KL_OP_LOGISTIC, GB_LIST(in), GB_LIST(b));
    gb_op(graph, KL_OP_CONCATENATION, GB_LIST(a, b), GB_LIST(whole));
    struct kl_op *split =
        gb_op(graph, KL_OP_SPLIT, GB_LIST(gb_scalar(graph, 0), whole), GB_LIST(low, high));
    gb_op(graph, KL_OP_ADD, GB_LIST(high, low), GB_LIST(out));
    gb_output(graph, out);
    split->attr.axis.axis = 2; /* how many: the axis is an input */
    const struct kl_plan *plan = plan_graph(graph);
    assert_int_equal(plan->step_count, 3);
    assert_int_equal(plan->steps[0].out[0].buffer, plan->steps[1].out[0].buffer);
    assert_int_equal(plan->steps[1].out[0].offset, 16);
    assert_int_equal(plan->steps[1].written_offset, 16);
    assert_int_equal(plan->steps[2].in[0].offset, 16);
    assert_int_equal(plan->steps[2].in[1].offset, 0);
    assert_int_equal(plan->arena_bytes, 48);
    gb_free(graph);
}

/* A small part of a large value that is needed much later is copied: the arena is smaller. */
static void test_copies_where_that_takes_less_memory(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(100));
    struct kl_tensor *part = floats(graph, "part");
    struct kl_tensor *rest = gb_tensor(graph, "rest", KL_F32, GB_SHAPE(96));
    struct kl_tensor *wide = gb_tensor(graph, "wide", KL_F32, GB_SHAPE(96, 2));
    struct kl_tensor *tall = gb_tensor(graph, "tall", KL_F32, GB_SHAPE(96, 1));
    struct kl_tensor *turned = gb_tensor(graph, "turned", KL_F32, GB_SHAPE(2, 96));
    struct kl_tensor *sums = gb_tensor(graph, "sums", KL_F32, GB_SHAPE(2));
    struct kl_tensor *last = gb_tensor(graph, "last", KL_F32, GB_SHAPE(4));
    struct kl_tensor *sizes = gb_ints(graph, 2, (int32_t[]){4, 96});
    gb_op(graph, KL_OP_SPLIT_V, GB_LIST(in, sizes, gb_scalar(graph, 0)), GB_LIST(part, rest));
    gb_op(graph, KL_OP_RESHAPE, GB_LIST(rest), GB_LIST(tall));
    gb_op(graph, KL_OP_CONCATENATION, GB_LIST(tall, tall), GB_LIST(wide))->attr.axis.axis = 1;
    gb_op(graph, KL_OP_TRANSPOSE, GB_LIST(wide, gb_ints(graph, 2, (int32_t[]){1, 0})),
          GB_LIST(turned));
    gb_op(graph, KL_OP_MEAN, GB_LIST(turned, gb_ints(graph, 1, (int32_t[]){1})), GB_LIST(sums));
    gb_op(graph, KL_OP_TANH, GB_LIST(part), GB_LIST(last));
    gb_output(graph, sums);
    gb_output(graph, last);
    const struct kl_plan *plan = plan_graph(graph);
    /* As a view, 16 of the input's 400 bytes would keep them all beside the 2 * 768. */
    assert_int_equal(plan->arena_bytes, 16 + 768 + 768);
    gb_free(graph);
}

static void test_a_broadcast_input_is_not_overwritten(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *row = gb_input(graph, "row", KL_F32, GB_SHAPE(1, 4));
    struct kl_tensor *column = gb_input(graph, "column", KL_F32, GB_SHAPE(4, 1));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(4, 4));
    gb_op(graph, KL_OP_ADD, GB_LIST(row, column), GB_LIST(out));
    gb_output(graph, out);
    const struct kl_plan *plan = plan_graph(graph);
    assert_int_equal(plan->buffer_count, 3);
    assert_int_equal(plan->arena_bytes, 16 + 16 + 64);
    gb_free(graph);
}

static void test_lifetimes(void **state)
{
    (void)state;
    struct adder x = make_adder();
    struct kl_tensor *idle = gb_input(x.graph, "idle", KL_F32, GB_SHAPE(100));
    gb_output(x.graph, x.a);
    const struct kl_plan *plan = plan_graph(x.graph);
    const struct kl_plan_buffer *a = &plan->buffers[plan->inputs[0].buffer];
    const struct kl_plan_buffer *b = &plan->buffers[plan->inputs[1].buffer];
    const struct kl_plan_buffer *unread = &plan->buffers[plan->inputs[2].buffer];
    const struct kl_plan_buffer *out = &plan->buffers[plan->outputs[0].buffer];
    assert_true(a->first == -1 && a->last == plan->step_count); /* an input and an output */
    assert_int_equal(b->first, -1);
    assert_int_equal(out->last, plan->step_count);
    assert_true(unread->first == -1 && unread->bytes == idle->bytes);
    gb_free(x.graph);
}

/* ---- running in exactly the arena that the plan asks for ------------------------------- */

enum { GUARD_BYTES = 256, GUARD = 0xc5 };

/* Run a model in an arena between guards, which starts full of garbage. */
static void run_guarded(const struct kl_plan *plan, const struct kl_bytes *inputs,
                        unsigned char *around, struct kl_bytes *outputs)
{
    unsigned char *memory = around + GUARD_BYTES;
    struct kl_diag diag = {0};
    memset(around, GUARD, plan->arena_bytes + 2 * GUARD_BYTES);
    kl_execute_reset(plan, memory);
    for (int32_t i = 0; i < plan->input_count; i++) {
        memcpy(kl_execute_io(plan, &plan->inputs[i], memory), inputs[i].data, inputs[i].size);
    }
    assert_int_equal(kl_execute(plan, memory, &diag), KL_OK);
    for (int32_t i = 0; i < plan->output_count; i++) {
        outputs[i].data = kl_execute_io(plan, &plan->outputs[i], memory);
        outputs[i].size = plan->outputs[i].tensor->bytes;
    }
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        assert_int_equal(around[i], GUARD);
        assert_int_equal(around[GUARD_BYTES + plan->arena_bytes + i], GUARD);
    }
}

static void plan_case(struct kl_model_job *job, const struct kt_case *c)
{
    struct kl_diag diag = {0};
    if (kl_model_job_open_bytes(job, "case", kt_write(c->model), &diag) != KL_OK ||
        kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, &diag) != KL_OK) {
        fail_msg("%s: %s", c->label, diag.message);
    }
}

/* Garbage in the arena, and a second run in what the first one left, change nothing. */
static void check_arena(void *context, const struct kt_case *c)
{
    struct kl_model_job job;
    struct kl_bytes inputs[KT_MAX_IO];
    struct kl_bytes outputs[KL_PLAN_MAX_IO];
    unsigned char *clean;
    struct kl_diag diag = {0};
    int32_t *count = context;
    plan_case(&job, c);
    kt_case_inputs(c, 5, inputs);
    const struct kl_plan *plan = job.plan;
    unsigned char *around = kl_arena_alloc(job.arena, plan->arena_bytes + 2 * GUARD_BYTES, 1);
    assert_non_null(around);
    run_guarded(plan, inputs, around, outputs);
    assert_int_equal(kl_execute_arena(plan, job.arena, &clean, &diag), KL_OK);
    for (int32_t i = 0; i < plan->input_count; i++) {
        memcpy(kl_execute_io(plan, &plan->inputs[i], clean), inputs[i].data, inputs[i].size);
    }
    assert_int_equal(kl_execute(plan, clean, &diag), KL_OK);
    for (int32_t i = 0; i < plan->output_count; i++) {
        const void *expected = kl_execute_io(plan, &plan->outputs[i], clean);
        assert_memory_equal(outputs[i].data, expected, outputs[i].size);
    }
    (*count)++;
    kl_model_job_free(&job);
}

static void test_arena_is_large_enough(void **state)
{
    int32_t count = 0;
    (void)state;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, check_arena, &count);
    }
    assert_true(count > 100);
}

/* Every step's reads and writes stay inside the buffers that it names. */
static void check_rows(const struct kl_plan *plan, const struct kl_plan_rows *rows)
{
    size_t bytes = rows->buffer >= 0 ? plan->buffers[rows->buffer].bytes
                                     : plan->constants[rows->constant].bytes;
    assert_true(rows->offset <= bytes);
    assert_true(rows->count >= 1);
    assert_true(rows->offset + (size_t)(rows->count - 1) * (size_t)rows->stride < bytes);
}

static void check_plan_twice(void *context, const struct kt_case *c)
{
    struct kl_model_job a, b;
    (void)context;
    plan_case(&a, c);
    plan_case(&b, c);
    assert_int_equal(a.plan->step_count, b.plan->step_count);
    assert_int_equal(a.plan->arena_bytes, b.plan->arena_bytes);
    for (int32_t i = 0; i < a.plan->buffer_count; i++) {
        const struct kl_plan_buffer *buffer = &a.plan->buffers[i];
        assert_int_equal(buffer->offset, b.plan->buffers[i].offset);
        assert_true(buffer->offset + buffer->bytes <= a.plan->arena_bytes);
        assert_true(buffer->first <= buffer->last);
    }
    for (int32_t i = 0; i < a.plan->step_count; i++) {
        const struct kl_plan_step *step = &a.plan->steps[i];
        assert_int_equal(step->kernel, b.plan->steps[i].kernel);
        for (int32_t k = 0; k < step->in_count; k++) {
            check_rows(a.plan, &step->in[k]);
        }
        check_rows(a.plan, &step->out[0]);
        assert_true(step->out[0].buffer >= 0);
    }
    kl_model_job_free(&a);
    kl_model_job_free(&b);
}

static void test_same_plan_again(void **state)
{
    (void)state;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, check_plan_twice, NULL);
    }
}

/* ---- what is refused --------------------------------------------------------------------- */

static struct kl_op *unknown(struct kl_graph *graph, const char *name, struct kl_tensor *in,
                             struct kl_tensor *out)
{
    struct kl_op *op = gb_op(graph, KL_OP_UNKNOWN, GB_LIST(in), GB_LIST(out));
    op->attr.unknown.name = name;
    return op;
}

static void test_all_issues_at_once(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(4));
    struct kl_tensor *t[4];
    for (int32_t i = 0; i < 4; i++) {
        t[i] = floats(graph, "t");
    }
    struct kl_tensor *half = gb_tensor(graph, "half", KL_F16, GB_SHAPE(4));
    unknown(graph, "SVDF", in, t[0]);
    gb_op(graph, KL_OP_TANH, GB_LIST(t[0]), GB_LIST(t[1]));
    unknown(graph, "CUSTOM:Beam", t[1], t[2]);
    gb_op(graph, KL_OP_TANH, GB_LIST(t[2]), GB_LIST(half));
    gb_op(graph, KL_OP_TANH, GB_LIST(t[2]), GB_LIST(t[3]));
    gb_output(graph, t[3]);
    struct kl_plan_issue *issues;
    struct kl_plan *plan;
    struct kl_diag diag = {0};
    int32_t count;
    gb_accept(graph);
    assert_int_equal(kl_plan_issues(graph, graph->arena, &issues, &count, &diag), KL_OK);
    assert_int_equal(count, 3);
    assert_string_equal(issues[0].message, "operator 0 (SVDF): this operator is not supported");
    assert_string_equal(issues[1].message,
                        "operator 2 (CUSTOM:Beam): this operator is not supported");
    assert_string_equal(issues[2].message,
                        "operator 3 (TANH): types float32 -> float16 are not supported");
    assert_int_equal(issues[2].err, KL_EUNSUPPORTED);
    assert_int_equal(kl_plan_create(graph, NULL, graph->arena, &plan, &diag), KL_EUNSUPPORTED);
    assert_string_equal(diag.message, "operator 0 (SVDF): this operator is not supported (and 2 "
                                      "more; `kinglet inspect` lists all)");
    gb_free(graph);
}

/* Planning the graph fails with this error and these words. */
static void refuse_plan(struct kl_graph *graph, enum kl_err err, const char *words)
{
    struct kl_plan *plan;
    struct kl_diag diag = {0};
    gb_accept(graph);
    assert_int_equal(kl_plan_create(graph, NULL, graph->arena, &plan, &diag), err);
    if (!strstr(diag.message, words)) {
        fail_msg("'%s' does not say '%s'", diag.message, words);
    }
    gb_free(graph);
}

static void test_inputs_and_outputs_that_make_no_sense(void **state)
{
    (void)state;
    struct adder x = make_adder();
    gb_main(x.graph)->inputs[1] = x.a;
    x.b->is_variable = true;
    refuse_plan(x.graph, KL_EINPUT, "input 1 ('a') is constant or named twice");
    x = make_adder();
    float zeros[4] = {0};
    gb_fill(x.graph, x.b, zeros);
    refuse_plan(x.graph, KL_EINPUT, "input 1 ('b') is constant or named twice");
    x = make_adder();
    struct kl_tensor *constant = floats(x.graph, "constant");
    gb_fill(x.graph, constant, zeros);
    gb_output(x.graph, constant);
    refuse_plan(x.graph, KL_EUNSUPPORTED, "output 1 ('constant') is a constant");
    x = make_adder();
    for (int32_t i = 0; i < KL_PLAN_MAX_IO; i++) {
        gb_output(x.graph, x.out);
    }
    refuse_plan(x.graph, KL_ELIMIT, "2 inputs and 17 outputs; at most 16 each");
}

/* A variable tensor is alive always, and a reset fills it. */
static void test_variable_tensor(void **state)
{
    (void)state;
    struct adder x = make_adder();
    struct kl_plan *plan;
    struct kl_diag diag = {0};
    x.b->is_variable = true;
    gb_main(x.graph)->input_count = 1;
    gb_accept(x.graph);
    assert_int_equal(kl_plan_create(x.graph, NULL, x.graph->arena, &plan, &diag), KL_OK);
    assert_int_equal(plan->step_count, 2);
    assert_int_equal(plan->reset_count, 1);
    const struct kl_plan_buffer *buffer = &plan->buffers[plan->steps[2].out[0].buffer];
    assert_true(buffer->is_state);
    assert_int_equal(buffer->first, -1);
    assert_int_equal(buffer->last, 3);
    gb_free(x.graph);
}

static void test_computed_parameters(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, "in", KL_F32, GB_SHAPE(4));
    struct kl_tensor *how = gb_input(graph, "how", KL_S32, GB_SHAPE(1, 2));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(6));
    gb_op(graph, KL_OP_PAD, GB_LIST(in, how), GB_LIST(out));
    gb_output(graph, out);
    refuse_plan(graph, KL_EUNSUPPORTED, "input 1 ('how') must be a constant");
}

/* Each constant input that is not finite is refused; it could not be written as C either. */
static void test_constants_that_are_not_finite(void **state)
{
    static const uint32_t infinity[4] = {0x7f800000u};
    static const uint32_t nan[4] = {0, 0, 0, 0x7fc00000u};
    static const uint32_t *const bad[] = {infinity, nan};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct adder x = make_adder();
        gb_fill(x.graph, x.b, bad[i]);
        gb_main(x.graph)->input_count = 1;
        refuse_plan(x.graph, KL_EINPUT, "input 'b' holds infinity or NaN");
        struct kl_graph *graph = gb_create();
        struct kl_tensor *table = floats(graph, "table");
        struct kl_tensor *out = floats(graph, "out");
        gb_fill(graph, table, bad[i]);
        gb_op(graph, KL_OP_TANH, GB_LIST(table), GB_LIST(out));
        gb_output(graph, out);
        refuse_plan(graph, KL_EINPUT, "input 'table' holds infinity or NaN");
    }
}

/* Equal constants are stored once, also under another name. */
static void test_equal_constants_are_shared(void **state)
{
    static const float values[4] = {1, 2, 3, 4};
    static const float others[4] = {1, 2, 3, 5};
    (void)state;
    struct adder x = make_adder();
    struct kl_tensor *one = floats(x.graph, "one");
    struct kl_tensor *two = floats(x.graph, "two");
    gb_fill(x.graph, one, values);
    gb_fill(x.graph, two, values);
    gb_main(x.graph)->ops[0]->inputs[1] = one;
    gb_main(x.graph)->ops[1]->inputs[1] = two;
    const struct kl_plan *plan = plan_graph(x.graph);
    assert_int_equal(plan->constant_count, 1);
    assert_int_equal(plan->constant_bytes, 16);
    gb_fill(x.graph, two, others);
    plan = plan_graph(x.graph);
    assert_int_equal(plan->constant_count, 2);
    assert_int_equal(plan->constant_bytes, 32);
    gb_free(x.graph);
}

/* ---- the map ------------------------------------------------------------------------------ */

static void test_map(void **state)
{
    static const char expected[] = "arena: 32 bytes, 32 alive at most (proven minimum)\n"
                                   "    0 |AAAABBBB|     32  ADD: kl_add_f32\n"
                                   "    1 |AAAABBBB|     32  MUL: kl_mul_f32\n"
                                   "  A       16 bytes at       0  steps  -1..2    a\n"
                                   "  B       16 bytes at      16  steps  -1..1    b\n";
    (void)state;
    struct adder x = make_adder();
    struct kl_buffer text = KL_BUFFER(4096);
    kl_plan_map(plan_graph(x.graph), 3, &text); /* drawn no narrower than 8 */
    assert_string_equal(text.data, expected);
    kl_buffer_free(&text);
    gb_free(x.graph);
}

static void test_map_cuts_long_names_and_lines(void **state)
{
    (void)state;
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(
        graph, "a/very/long/name/of/which/the/end/says/most/than_its_start", KL_F32, GB_SHAPE(300));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_F32, GB_SHAPE(300));
    struct kl_buffer text = KL_BUFFER(4096);
    gb_op(graph, KL_OP_TANH, GB_LIST(in), GB_LIST(out));
    gb_output(graph, out);
    kl_plan_map(plan_graph(graph), 5000, &text);
    assert_non_null(strstr(text.data, "  ...f/which/the/end/says/most/than_its_start\n"));
    const char *bar = strchr(text.data, '|');
    assert_non_null(bar);
    assert_int_equal(strcspn(bar + 1, "|"), 160);
    kl_buffer_free(&text);
    gb_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_works_in_place_on_a_dying_input),
        cmocka_unit_test(test_spares_an_input_that_is_read_later),
        cmocka_unit_test(test_spares_what_a_reshape_shares),
        cmocka_unit_test(test_joins_and_halves_cost_nothing),
        cmocka_unit_test(test_copies_where_that_takes_less_memory),
        cmocka_unit_test(test_a_broadcast_input_is_not_overwritten),
        cmocka_unit_test(test_lifetimes),
        cmocka_unit_test(test_arena_is_large_enough),
        cmocka_unit_test(test_same_plan_again),
        cmocka_unit_test(test_all_issues_at_once),
        cmocka_unit_test(test_inputs_and_outputs_that_make_no_sense),
        cmocka_unit_test(test_variable_tensor),
        cmocka_unit_test(test_computed_parameters),
        cmocka_unit_test(test_constants_that_are_not_finite),
        cmocka_unit_test(test_equal_constants_are_shared),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_map_cuts_long_names_and_lines),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
