/* SPDX-License-Identifier: Apache-2.0 */
/* State from one run to the next: variables, read and assigned in every order. */
#include <stdio.h>

#include "cases.h"

enum { RUNS = 5, CHANNELS = 6 };

static const float scale = 0.05f;
static const int32_t zero_point = -7;

static int32_t values(struct kt_build *b, const char *name, int32_t type, int32_t rows)
{
    return kt_build_quantized(b, name, type, scale, zero_point, KT_LIST(1, rows, CHANNELS));
}

static int32_t handle(struct kt_build *b, const char *variable)
{
    struct kt_options options = kt_options_default();
    int32_t tensor = kt_tensor_add(b->model, "handle", KT_RESOURCE, 0, NULL);
    options.text = variable;
    kt_op_add1(b->model, KT_VAR_HANDLE, options, 0, NULL, tensor);
    return tensor;
}

static int32_t read(struct kt_build *b, const char *variable, int32_t type, int32_t rows)
{
    int32_t tensor = values(b, "read", type, rows);
    kt_op_add1(b->model, KT_READ_VARIABLE, kt_options_default(), KT_LIST(handle(b, variable)),
               tensor);
    return tensor;
}

static void assign(struct kt_build *b, const char *variable, int32_t value)
{
    kt_op_add(b->model, KT_ASSIGN_VARIABLE, kt_options_default(),
              KT_LIST(handle(b, variable), value), 0, NULL);
}

static int32_t sum(struct kt_build *b, int32_t x, int32_t y)
{
    const struct kt_tensor *like = kt_tensor_at(b->model, x);
    int32_t tensor = kt_build_like(b, "sum", x, like->rank, like->dim);
    kt_op_add1(b->model, KT_ADD, kt_options_default(), KT_LIST(x, y), tensor);
    return tensor;
}

static int32_t join(struct kt_build *b, int32_t type, int32_t x, int32_t y)
{
    int32_t rows = kt_tensor_at(b->model, x)->dim[1] + kt_tensor_at(b->model, y)->dim[1];
    struct kt_options options = kt_options_default();
    int32_t tensor = values(b, "joined", type, rows);
    options.axis = 1;
    kt_op_add1(b->model, KT_CONCATENATION, options, KT_LIST(x, y), tensor);
    return tensor;
}

/* Rows from `first` to the end. */
static int32_t tail(struct kt_build *b, int32_t type, int32_t x, int32_t first)
{
    int32_t rows = kt_tensor_at(b->model, x)->dim[1];
    int32_t tensor = values(b, "tail", type, rows - first);
    int32_t begin = kt_vector_i32(b->model, "begin", KT_LIST(0, first, 0));
    int32_t end = kt_vector_i32(b->model, "end", KT_LIST(1, rows, CHANNELS));
    int32_t step = kt_vector_i32(b->model, "step", KT_LIST(1, 1, 1));
    kt_op_add1(b->model, KT_STRIDED_SLICE, kt_options_default(), KT_LIST(x, begin, end, step),
               tensor);
    return tensor;
}

static int32_t reshaped(struct kt_build *b, int32_t x)
{
    const struct kt_tensor *like = kt_tensor_at(b->model, x);
    int32_t tensor = kt_build_like(b, "reshaped", x, like->rank, like->dim);
    kt_op_add1(b->model, KT_RESHAPE, kt_options_default(), KT_LIST(x), tensor);
    return tensor;
}

/* What a model does with its variables and its input `x`; returns its output. */
typedef int32_t body_fn(struct kt_build *b, int32_t type, int32_t x);

/* The memory of a streaming layer: what was kept and what is new, the newest rows kept. */
static int32_t keep_newest(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t all = join(b, type, read(b, "v", type, 4), x);
    assign(b, "v", tail(b, type, all, kt_tensor_at(b->model, x)->dim[1]));
    return all;
}

/* The same through views: neither the read nor the assigned value is the variable's own tensor. */
static int32_t keep_newest_reshaped(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t all = join(b, type, reshaped(b, read(b, "v", type, 4)), x);
    assign(b, "v", reshaped(b, tail(b, type, all, kt_tensor_at(b->model, x)->dim[1])));
    return all;
}

/* The new value needs the old one, element by element. */
static int32_t accumulate(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t total = sum(b, read(b, "v", type, 3), x);
    assign(b, "v", total);
    return total;
}

/* The old value is read after the new one is assigned. */
static int32_t use_old_value(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t old = read(b, "v", type, 3);
    assign(b, "v", sum(b, x, x));
    return sum(b, old, x);
}

/* An output of the model is what the variable was. */
static int32_t give_old_value(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t old = read(b, "v", type, 3);
    assign(b, "v", sum(b, x, x));
    return old;
}

/* What is read after the assignment is new, and nothing computes what is assigned. */
static int32_t read_twice(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t old = read(b, "v", type, 3);
    assign(b, "v", x);
    return sum(b, old, read(b, "v", type, 3));
}

static int32_t assign_twice(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t old = read(b, "v", type, 3);
    assign(b, "v", sum(b, old, x));
    assign(b, "v", sum(b, read(b, "v", type, 3), x));
    return old;
}

/* Each variable gets what the other one held. */
static int32_t swap(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t v = read(b, "v", type, 3);
    int32_t w = read(b, "w", type, 3);
    assign(b, "v", sum(b, w, x));
    assign(b, "w", v);
    return sum(b, v, w);
}

/* One value for two variables. */
static int32_t share(struct kt_build *b, int32_t type, int32_t x)
{
    int32_t total = sum(b, sum(b, read(b, "v", type, 3), read(b, "w", type, 3)), x);
    assign(b, "v", total);
    assign(b, "w", total);
    return total;
}

/* A variable that nothing reads. */
static int32_t write_only(struct kt_build *b, int32_t type, int32_t x)
{
    (void)type;
    int32_t total = sum(b, x, x);
    assign(b, "v", total);
    return total;
}

/* The subgraph that sets the first values: `constant` random ones, else all zero. */
static void add_once(struct kt_build *b, int32_t type, int32_t rows, bool constant)
{
    kt_subgraph_add(b->model, "once");
    int32_t value = values(b, "initial", type, rows);
    if (constant) {
        kt_build_fill(b, value);
    } else {
        const unsigned char zeros[4 * 4 * CHANNELS] = {0};
        kt_data(b->model, value, zeros, kt_bytes(kt_tensor_at(b->model, value)));
    }
    assign(b, "v", value);
    assign(b, "w", value);
}

enum first_value { FROM_ZERO_POINT, FROM_ZEROS, FROM_CONSTANTS };

struct state_case {
    const char *name;
    body_fn *body;
    int32_t in_rows, variable_rows;
};

static const struct state_case cases[] = {
    {"the newest rows are kept", keep_newest, 2, 4},
    {"the newest rows are kept, more than new ones", keep_newest, 1, 4},
    {"the newest rows are kept, fewer than new ones", keep_newest, 6, 4},
    {"the newest rows are kept, reshaped", keep_newest_reshaped, 2, 4},
    {"the new value needs the old one", accumulate, 3, 3},
    {"the old value is used later", use_old_value, 3, 3},
    {"the old value is the output", give_old_value, 3, 3},
    {"read before and after", read_twice, 3, 3},
    {"assigned twice", assign_twice, 3, 3},
    {"two variables change places", swap, 3, 3},
    {"one value for two variables", share, 3, 3},
    {"nothing reads the variable", write_only, 3, 3},
};

static void deliver(struct kt_sink *sink, const struct state_case *s, int32_t type,
                    enum first_value first)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_ASSIGN_VARIABLE);
    if (first != FROM_ZERO_POINT) {
        struct kt_options options = kt_options_default();
        options.subgraph[0] = 1;
        kt_op_add(c.model, KT_CALL_ONCE, options, 0, NULL, 0, NULL);
    }
    int32_t input = values(&b, "input", type, s->in_rows);
    int32_t output = s->body(&b, type, input);
    if (first != FROM_ZERO_POINT) {
        add_once(&b, type, s->variable_rows, first == FROM_CONSTANTS);
    }
    c.runs = RUNS;
    snprintf(c.label, sizeof(c.label), "%s, %s, first values %d", s->name,
             type == KT_F32 ? "float32" : "int8", (int)first);
    kt_case_end(sink, &c, input, output);
}

void kt_generate_state(struct kt_sink *sink)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int first = FROM_ZERO_POINT; first <= FROM_CONSTANTS; first++) {
            deliver(sink, &cases[i], KT_I8, (enum first_value)first);
            deliver(sink, &cases[i], KT_F32, (enum first_value)first);
        }
    }
}
