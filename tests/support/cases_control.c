/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control flow: IF on an input of the model, and WHILE as long as a list of flags begins with a
 * true one. Nested, with state inside, and with results that change places.
 */
#include <stdio.h>

#include "cases.h"

enum { FLAGS = 5, WIDTH = 6, RUNS = 4 };

/* Subgraph numbers; each case has those that it needs, in this order. */
enum { MAIN, FIRST, SECOND, THIRD, FOURTH };

static int32_t values(struct kt_build *b, const char *name, int32_t type)
{
    return kt_build_quantized(b, name, type, 0.05f, 3, KT_LIST(1, WIDTH));
}

static int32_t flags(struct kt_build *b, const char *name)
{
    return kt_tensor_add(b->model, name, KT_BOOL, KT_LIST(FLAGS));
}

static int32_t flag(struct kt_build *b, const char *name)
{
    return kt_tensor_add(b->model, name, KT_BOOL, 0, NULL);
}

static int32_t binary(struct kt_build *b, int32_t code, int32_t x, int32_t y)
{
    const struct kt_tensor *like = kt_tensor_at(b->model, x);
    int32_t tensor = kt_build_like(b, "result", x, like->rank, like->dim);
    kt_op_add1(b->model, code, kt_options_default(), KT_LIST(x, y), tensor);
    return tensor;
}

/* Is the first flag set? */
static int32_t first_flag(struct kt_build *b, int32_t list)
{
    struct kt_options options = kt_options_default();
    int32_t result = flag(b, "first flag");
    int32_t begin = kt_vector_i32(b->model, "begin", KT_LIST(0));
    int32_t end = kt_vector_i32(b->model, "end", KT_LIST(1));
    int32_t step = kt_vector_i32(b->model, "step", KT_LIST(1));
    options.shrink_axis_mask = 1;
    kt_op_add1(b->model, KT_STRIDED_SLICE, options, KT_LIST(list, begin, end, step), result);
    return result;
}

/* The flags without the first, and a false one at the end. */
static int32_t next_flags(struct kt_build *b, int32_t list)
{
    const unsigned char no = 0;
    int32_t rest = kt_tensor_add(b->model, "rest", KT_BOOL, KT_LIST(FLAGS - 1));
    int32_t last = kt_tensor_add(b->model, "last", KT_BOOL, KT_LIST(1));
    int32_t result = flags(b, "next flags");
    int32_t begin = kt_vector_i32(b->model, "begin", KT_LIST(1));
    int32_t end = kt_vector_i32(b->model, "end", KT_LIST(FLAGS));
    int32_t step = kt_vector_i32(b->model, "step", KT_LIST(1));
    kt_data(b->model, last, &no, 1);
    kt_op_add1(b->model, KT_STRIDED_SLICE, kt_options_default(), KT_LIST(list, begin, end, step),
               rest);
    kt_op_add1(b->model, KT_CONCATENATION, kt_options_default(), KT_LIST(rest, last), result);
    return result;
}

static void add_call(struct kt_build *b, int32_t code, int32_t first, int32_t second,
                     int32_t input_count, const int32_t *inputs, int32_t output_count,
                     const int32_t *outputs)
{
    struct kt_options options = kt_options_default();
    options.subgraph[0] = first;
    options.subgraph[1] = second;
    kt_op_add(b->model, code, options, input_count, inputs, output_count, outputs);
}

/* ---- IF ---------------------------------------------------------------------------------- */

/* A subgraph of two values: their sum or difference and, first or second, one of them as it is. */
static void add_branch(struct kt_build *b, int32_t type, int32_t code, bool swapped)
{
    kt_subgraph_add(b->model, "branch");
    int32_t x = values(b, "x", type);
    int32_t y = values(b, "y", type);
    int32_t result = binary(b, code, x, y);
    kt_inputs(b->model, KT_LIST(x, y));
    if (swapped) {
        kt_outputs(b->model, KT_LIST(y, result));
    } else {
        kt_outputs(b->model, KT_LIST(result, y));
    }
}

static void deliver(struct kt_sink *sink, struct kt_case *c, const char *label, int32_t type)
{
    c->runs = RUNS;
    snprintf(c->label, sizeof(c->label), "%s, %s", label, type == KT_F32 ? "float32" : "int8");
    kt_case_end(sink, c, 0, 0);
}

static void choose(struct kt_sink *sink, int32_t type, bool swapped, bool constant)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_IF);
    int32_t condition = flag(&b, "condition");
    int32_t x = values(&b, "x", type);
    int32_t y = values(&b, "y", type);
    int32_t u = values(&b, "u", type);
    int32_t v = values(&b, "v", type);
    if (constant) {
        kt_build_fill(&b, y);
        kt_inputs(c.model, KT_LIST(condition, x));
    } else {
        kt_inputs(c.model, KT_LIST(condition, x, y));
    }
    add_call(&b, KT_IF, FIRST, SECOND, KT_LIST(condition, x, y), KT_LIST(u, v));
    kt_outputs(c.model, KT_LIST(binary(&b, KT_ADD, u, x), v));
    add_branch(&b, type, KT_ADD, swapped);
    add_branch(&b, type, KT_SUB, false);
    deliver(sink, &c, constant ? "a constant operand" : swapped ? "swapped" : "one of two", type);
}

/* An IF in a branch of an IF, on the same condition and on another one. */
static void choose_twice(struct kt_sink *sink, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_IF);
    int32_t outer = flag(&b, "outer");
    int32_t inner = flag(&b, "inner");
    int32_t x = values(&b, "x", type);
    int32_t y = values(&b, "y", type);
    int32_t u = values(&b, "u", type);
    kt_inputs(c.model, KT_LIST(outer, inner, x, y));
    add_call(&b, KT_IF, FIRST, SECOND, KT_LIST(outer, inner, x, y), KT_LIST(u));
    kt_outputs(c.model, KT_LIST(u));
    for (int i = 0; i < 2; i++) {
        kt_subgraph_add(c.model, "outer branch");
        int32_t condition = flag(&b, "condition");
        int32_t p = values(&b, "p", type);
        int32_t q = values(&b, "q", type);
        int32_t r = values(&b, "r", type);
        int32_t s = values(&b, "s", type);
        int32_t doubled = binary(&b, KT_ADD, p, p);
        add_call(&b, KT_IF, THIRD, FOURTH, KT_LIST(condition, doubled, q), KT_LIST(r, s));
        kt_inputs(c.model, KT_LIST(condition, p, q));
        kt_outputs(c.model, KT_LIST(i == 0 ? r : binary(&b, KT_SUB, r, s)));
    }
    add_branch(&b, type, KT_ADD, true);
    add_branch(&b, type, KT_SUB, false);
    deliver(sink, &c, "nested", type);
}

/* ---- WHILE ------------------------------------------------------------------------------- */

/* How a turn of the loop makes the two values of the next one. */
typedef void turn_fn(struct kt_build *b, int32_t x, int32_t y, int32_t next[2]);

static void fibonacci(struct kt_build *b, int32_t x, int32_t y, int32_t next[2])
{
    next[0] = y;
    next[1] = binary(b, KT_ADD, x, y);
}

static void swap(struct kt_build *b, int32_t x, int32_t y, int32_t next[2])
{
    (void)b;
    next[0] = y;
    next[1] = x;
}

static void grow(struct kt_build *b, int32_t x, int32_t y, int32_t next[2])
{
    next[0] = binary(b, KT_ADD, binary(b, KT_SUB, x, y), x);
    next[1] = y;
}

/* Both values are one. */
static void unite(struct kt_build *b, int32_t x, int32_t y, int32_t next[2])
{
    next[0] = next[1] = binary(b, KT_ADD, x, y);
}

static void add_condition(struct kt_build *b, int32_t type)
{
    kt_subgraph_add(b->model, "condition");
    int32_t list = flags(b, "flags");
    kt_inputs(b->model, KT_LIST(list, values(b, "x", type), values(b, "y", type)));
    kt_outputs(b->model, KT_LIST(first_flag(b, list)));
}

static void add_body(struct kt_build *b, int32_t type, turn_fn *turn)
{
    int32_t next[2];
    kt_subgraph_add(b->model, "body");
    int32_t list = flags(b, "flags");
    int32_t x = values(b, "x", type);
    int32_t y = values(b, "y", type);
    turn(b, x, y, next);
    kt_inputs(b->model, KT_LIST(list, x, y));
    kt_outputs(b->model, KT_LIST(next_flags(b, list), next[0], next[1]));
}

/* The entry: a loop over the inputs, whose results are used behind it. `same`: both values begin
 * as one tensor. */
static void begin_loop(struct kt_build *b, int32_t type, bool same)
{
    int32_t list = flags(b, "flags");
    int32_t x = values(b, "x", type);
    int32_t y = same ? x : values(b, "y", type);
    int32_t left = flags(b, "left");
    int32_t u = values(b, "u", type);
    int32_t v = values(b, "v", type);
    if (same) {
        kt_inputs(b->model, KT_LIST(list, x));
    } else {
        kt_inputs(b->model, KT_LIST(list, x, y));
    }
    add_call(b, KT_WHILE, FIRST, SECOND, KT_LIST(list, x, y), KT_LIST(left, u, v));
    kt_outputs(b->model, KT_LIST(binary(b, KT_SUB, u, v), v));
}

static void loop(struct kt_sink *sink, const char *label, int32_t type, turn_fn *turn, bool same)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_WHILE);
    begin_loop(&b, type, same);
    add_condition(&b, type);
    add_body(&b, type, turn);
    deliver(sink, &c, label, type);
}

/* A body with a loop of its own: it begins with the same flags again. */
static void nested_turn(struct kt_build *b, int32_t x, int32_t y, int32_t next[2])
{
    int32_t type = kt_tensor_at(b->model, x)->type;
    unsigned char on[FLAGS] = {1, 1, 0, 0, 0};
    int32_t list = flags(b, "inner flags");
    int32_t left = flags(b, "inner left");
    int32_t u = values(b, "inner u", type);
    int32_t v = values(b, "inner v", type);
    kt_data(b->model, list, on, sizeof(on));
    add_call(b, KT_WHILE, THIRD, FOURTH, KT_LIST(list, x, y), KT_LIST(left, u, v));
    next[0] = binary(b, KT_SUB, u, x);
    next[1] = v;
}

static void nested_loop(struct kt_sink *sink, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_WHILE);
    begin_loop(&b, type, false);
    add_condition(&b, type);
    add_body(&b, type, nested_turn);
    add_condition(&b, type);
    add_body(&b, type, fibonacci);
    deliver(sink, &c, "nested", type);
}

/* A body that chooses: the condition is what the next turn begins with. */
static void choosing_turn(struct kt_build *b, int32_t x, int32_t y, int32_t next[2])
{
    int32_t type = kt_tensor_at(b->model, x)->type;
    int32_t condition = first_flag(b, 0); /* the body's first tensor is its list of flags */
    next[0] = values(b, "chosen", type);
    next[1] = values(b, "other", type);
    add_call(b, KT_IF, THIRD, FOURTH, KT_LIST(condition, x, y), KT_LIST(next[0], next[1]));
}

static void choosing_loop(struct kt_sink *sink, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_WHILE);
    begin_loop(&b, type, false);
    add_condition(&b, type);
    add_body(&b, type, choosing_turn);
    add_branch(&b, type, KT_ADD, true);
    add_branch(&b, type, KT_SUB, false);
    deliver(sink, &c, "a loop that chooses", type);
}

/* ---- state inside ------------------------------------------------------------------------ */

static int32_t handle(struct kt_build *b)
{
    struct kt_options options = kt_options_default();
    int32_t tensor = kt_tensor_add(b->model, "handle", KT_RESOURCE, 0, NULL);
    options.text = "v";
    kt_op_add1(b->model, KT_VAR_HANDLE, options, 0, NULL, tensor);
    return tensor;
}

static int32_t read(struct kt_build *b, int32_t type)
{
    int32_t tensor = values(b, "read", type);
    kt_op_add1(b->model, KT_READ_VARIABLE, kt_options_default(), KT_LIST(handle(b)), tensor);
    return tensor;
}

/* Adds to the variable in each turn. */
static void counting_turn(struct kt_build *b, int32_t x, int32_t y, int32_t next[2])
{
    int32_t total = binary(b, KT_ADD, read(b, kt_tensor_at(b->model, x)->type), y);
    kt_op_add(b->model, KT_ASSIGN_VARIABLE, kt_options_default(), KT_LIST(handle(b), total), 0,
              NULL);
    next[0] = total;
    next[1] = x;
}

/* `outside`: the entry reads the variable, too, before and after the loop. */
static void counting_loop(struct kt_sink *sink, int32_t type, bool outside)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_WHILE);
    int32_t before = outside ? read(&b, type) : -1;
    begin_loop(&b, type, false);
    if (outside) {
        int32_t result = kt_subgraph_last(c.model)->outputs[0];
        kt_outputs(c.model, KT_LIST(binary(&b, KT_ADD, before, result), read(&b, type)));
    }
    add_condition(&b, type);
    add_body(&b, type, counting_turn);
    deliver(sink, &c, outside ? "a variable inside and outside" : "a variable inside", type);
}

void kt_generate_control(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_I8, KT_F32};
    for (int i = 0; i < 2; i++) {
        choose(sink, types[i], false, false);
        choose(sink, types[i], true, false);
        choose(sink, types[i], false, true);
        choose_twice(sink, types[i]);
        loop(sink, "each is the sum of two", types[i], fibonacci, false);
        loop(sink, "two change places", types[i], swap, false);
        loop(sink, "two from one", types[i], fibonacci, true);
        loop(sink, "one stays", types[i], grow, false);
        loop(sink, "two become one", types[i], unite, false);
        nested_loop(sink, types[i]);
        choosing_loop(sink, types[i]);
        counting_loop(sink, types[i], false);
        counting_loop(sink, types[i], true);
    }
}
