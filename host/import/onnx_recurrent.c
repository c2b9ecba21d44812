/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RNN, GRU and LSTM: unrolled over the sequence, both directions. The inputs of all steps are
 * multiplied at once, the states one step after the other. Source of the definitions:
 * onnx.ai/onnx/operators.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "import/onnx_handlers.h"

enum { IN_X, IN_W, IN_R, IN_B, IN_LENGTHS, IN_H, IN_C, IN_PEEPHOLES };
enum { MAX_BATCH = 256 };

struct cell {
    struct onnx_node *node;
    int32_t gates, hidden, steps, batch, directions;
    int32_t direction;
    struct onnx_value input;       /* [steps, batch, gates * hidden], with biases */
    struct onnx_value recurrence;  /* [hidden, gates * hidden] */
    struct onnx_value hidden_bias; /* GRU: of the recurrence's last gate; or omitted */
    struct onnx_value peepholes;   /* [3 * hidden] or omitted */
    struct onnx_value h, c;        /* [batch, hidden] */
    int64_t lengths[MAX_BATCH];    /* of each sequence */
    bool uneven;                   /* they differ from the number of steps */
};

/* Activation `place` of the current direction, or the default's name. */
static enum kl_err activate(struct cell *cell, int32_t place, int32_t per_direction,
                            const char *otherwise, struct onnx_value x, struct onnx_value *y)
{
    static const struct {
        const char *name;
        enum kl_op_kind kind;
    } known[] = {{"Sigmoid", KL_OP_LOGISTIC}, {"Tanh", KL_OP_TANH}, {"Relu", KL_OP_RELU}};
    const Onnx__AttributeProto *names = onnx_attribute(cell->node, "activations");
    size_t at = (size_t)(cell->direction * per_direction + place);
    char name[16];
    snprintf(name, sizeof name, "%s", otherwise);
    if (names && at < names->n_strings) {
        snprintf(name, sizeof name, "%.*s", (int)names->strings[at].len,
                 (const char *)names->strings[at].data);
    }
    float clip = onnx_float(cell->node, "clip", 0.0f);
    if (clip > 0.0f) {
        KL_TRY(onnx_with_number(cell->node->import, KL_OP_MAXIMUM, x, -(double)clip, &x));
        KL_TRY(onnx_with_number(cell->node->import, KL_OP_MINIMUM, x, (double)clip, &x));
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(known[i].name, name) == 0) {
            return onnx_unary(cell->node->import, known[i].kind, x, y);
        }
    }
    return onnx_refuse(cell->node, "the activation %s", name);
}

static enum kl_err binary(const struct cell *cell, enum kl_op_kind kind, struct onnx_value a,
                          struct onnx_value b, struct onnx_value *y)
{
    return onnx_binary(cell->node->import, kind, a, b, KL_F32, y);
}

/* Gate `gate` of [batch, gates * hidden]. */
static enum kl_err gate_of(const struct cell *cell, struct onnx_value all, int32_t gate,
                           struct onnx_value *y)
{
    return onnx_slice(cell->node->import, all, onnx_rank(&all) - 1, gate * cell->hidden, 1,
                      cell->hidden, y);
}

/* [d, ...] at direction d, without that dimension. */
static enum kl_err of_direction(const struct cell *cell, struct onnx_value x, int32_t axis,
                                struct onnx_value *y)
{
    KL_TRY(onnx_slice(cell->node->import, x, axis, cell->direction, 1, 1, y));
    return onnx_remove_dim(cell->node->import, *y, axis, y);
}

static struct onnx_value exchanged(struct onnx_value x)
{
    struct onnx_value y = x;
    y.order[onnx_place(&x, 0)] = 1;
    y.order[onnx_place(&x, 1)] = 0;
    return y;
}

/* State input `index` of this direction, or zeros. */
static enum kl_err first_state(struct cell *cell, int32_t index, struct onnx_value *state)
{
    struct kl_shape shape = {2, {cell->batch, cell->hidden}};
    bool batch_first = onnx_int(cell->node, "layout", 0) != 0;
    if (onnx_has_input(cell->node, index)) {
        return of_direction(cell, cell->node->in[index], batch_first ? 1 : 0, state);
    }
    struct kl_tensor *zeros;
    void *data;
    KL_TRY(onnx_constant(cell->node->import, KL_F32, &shape, &data, &zeros));
    *state = onnx_value_of(zeros);
    return KL_OK;
}

/* The bias [2 * gates * hidden]: of the input, and of the recurrence. GRU may keep the last gate's
 * recurrent bias apart. */
static enum kl_err biases(struct cell *cell, bool apart, struct onnx_value *sum)
{
    struct onnx_import *import = cell->node->import;
    struct onnx_value both, own, recurrent;
    int32_t width = cell->gates * cell->hidden;
    KL_TRY(of_direction(cell, cell->node->in[IN_B], 0, &both));
    KL_TRY(onnx_slice(import, both, 0, 0, 1, width, &own));
    KL_TRY(onnx_slice(import, both, 0, width, 1, width, &recurrent));
    if (apart) {
        struct onnx_value parts[2];
        struct kl_shape rest = {1, {cell->hidden}};
        struct kl_tensor *zeros;
        void *data;
        KL_TRY(gate_of(cell, recurrent, cell->gates - 1, &cell->hidden_bias));
        KL_TRY(onnx_slice(import, recurrent, 0, 0, 1, width - cell->hidden, &parts[0]));
        KL_TRY(onnx_constant(import, KL_F32, &rest, &data, &zeros));
        parts[1] = onnx_value_of(zeros);
        KL_TRY(onnx_concat(import, 2, parts, 0, &recurrent));
    }
    return binary(cell, KL_OP_ADD, own, recurrent, sum);
}

/* All inputs times the weights of this direction. */
static enum kl_err multiply_inputs(struct cell *cell, bool apart)
{
    struct onnx_import *import = cell->node->import;
    struct onnx_value weights, bias, x = cell->node->in[IN_X];
    KL_TRY(of_direction(cell, cell->node->in[IN_W], 0, &weights));
    KL_TRY(of_direction(cell, cell->node->in[IN_R], 0, &cell->recurrence));
    cell->recurrence = exchanged(cell->recurrence);
    x = onnx_int(cell->node, "layout", 0) ? exchanged(x) : x;
    KL_TRY(onnx_matmul(import, x, exchanged(weights), &cell->input));
    cell->hidden_bias = (struct onnx_value){0};
    if (onnx_has_input(cell->node, IN_B)) {
        KL_TRY(biases(cell, apart, &bias));
        KL_TRY(binary(cell, KL_OP_ADD, cell->input, bias, &cell->input));
    }
    return KL_OK;
}

/* The input's share of step t: [batch, gates * hidden]. */
static enum kl_err input_at(const struct cell *cell, int32_t t, struct onnx_value *y)
{
    KL_TRY(onnx_slice(cell->node->import, cell->input, 0, t, 1, 1, y));
    return onnx_remove_dim(cell->node->import, *y, 0, y);
}

static enum kl_err rnn_step(struct cell *cell, int32_t t, struct onnx_value *h)
{
    struct onnx_value x, sum;
    KL_TRY(input_at(cell, t, &x));
    KL_TRY(onnx_matmul(cell->node->import, cell->h, cell->recurrence, &sum));
    KL_TRY(binary(cell, KL_OP_ADD, x, sum, &sum));
    return activate(cell, 0, 1, "Tanh", sum, h);
}

/* With a peephole, the gate also sees the cell's state. */
static enum kl_err peephole(struct cell *cell, int32_t index, struct onnx_value c,
                            struct onnx_value *gate)
{
    struct onnx_value weights;
    if (!cell->peepholes.tensor) {
        return KL_OK;
    }
    KL_TRY(gate_of(cell, cell->peepholes, index, &weights));
    KL_TRY(binary(cell, KL_OP_MUL, c, weights, &weights));
    return binary(cell, KL_OP_ADD, *gate, weights, gate);
}

/* Gates: input, output, forget, cell. */
static enum kl_err lstm_step(struct cell *cell, int32_t t, struct onnx_value *h,
                             struct onnx_value *c)
{
    struct onnx_value sum, x, in, out, forget, fresh;
    KL_TRY(input_at(cell, t, &x));
    KL_TRY(onnx_matmul(cell->node->import, cell->h, cell->recurrence, &sum));
    KL_TRY(binary(cell, KL_OP_ADD, x, sum, &sum));
    KL_TRY(gate_of(cell, sum, 0, &in));
    KL_TRY(gate_of(cell, sum, 1, &out));
    KL_TRY(gate_of(cell, sum, 2, &forget));
    KL_TRY(gate_of(cell, sum, 3, &fresh));
    KL_TRY(peephole(cell, 0, cell->c, &in));
    KL_TRY(peephole(cell, 2, cell->c, &forget));
    KL_TRY(activate(cell, 0, 3, "Sigmoid", in, &in));
    KL_TRY(activate(cell, 0, 3, "Sigmoid", forget, &forget));
    KL_TRY(activate(cell, 1, 3, "Tanh", fresh, &fresh));
    KL_TRY(binary(cell, KL_OP_MUL, forget, cell->c, &forget));
    KL_TRY(binary(cell, KL_OP_MUL, in, fresh, &fresh));
    KL_TRY(binary(cell, KL_OP_ADD, forget, fresh, c));
    KL_TRY(peephole(cell, 1, *c, &out));
    KL_TRY(activate(cell, 0, 3, "Sigmoid", out, &out));
    KL_TRY(activate(cell, 2, 3, "Tanh", *c, h));
    return binary(cell, KL_OP_MUL, out, *h, h);
}

/* Gates: update, reset, hidden. */
static enum kl_err gru_step(struct cell *cell, int32_t t, struct onnx_value *h)
{
    struct onnx_import *import = cell->node->import;
    struct onnx_value x, sum, update, reset, part, fresh, weights;
    bool late = onnx_int(cell->node, "linear_before_reset", 0) != 0;
    KL_TRY(input_at(cell, t, &x));
    KL_TRY(onnx_matmul(import, cell->h, cell->recurrence, &sum));
    for (int32_t i = 0; i < 2; i++) {
        struct onnx_value *gate = i ? &reset : &update;
        KL_TRY(gate_of(cell, x, i, gate));
        KL_TRY(gate_of(cell, sum, i, &part));
        KL_TRY(binary(cell, KL_OP_ADD, *gate, part, gate));
        KL_TRY(activate(cell, 0, 2, "Sigmoid", *gate, gate));
    }
    if (late) {
        KL_TRY(gate_of(cell, sum, 2, &part));
        if (cell->hidden_bias.tensor) {
            KL_TRY(binary(cell, KL_OP_ADD, part, cell->hidden_bias, &part));
        }
        KL_TRY(binary(cell, KL_OP_MUL, reset, part, &part));
    } else {
        KL_TRY(gate_of(cell, cell->recurrence, 2, &weights));
        KL_TRY(binary(cell, KL_OP_MUL, reset, cell->h, &part));
        KL_TRY(onnx_matmul(import, part, weights, &part));
    }
    KL_TRY(gate_of(cell, x, 2, &fresh));
    KL_TRY(binary(cell, KL_OP_ADD, fresh, part, &fresh));
    KL_TRY(activate(cell, 1, 2, "Tanh", fresh, &fresh));
    /* (1 - update) * fresh + update * h = fresh + update * (h - fresh) */
    KL_TRY(binary(cell, KL_OP_SUB, cell->h, fresh, &part));
    KL_TRY(binary(cell, KL_OP_MUL, update, part, &part));
    return binary(cell, KL_OP_ADD, fresh, part, h);
}

/* Behind the end of a sequence its state stays, and its output is 0. */
static enum kl_err keep_ended(struct cell *cell, int32_t t, struct onnx_value old,
                              struct onnx_value *state)
{
    struct kl_shape shape = {2, {cell->batch, 1}};
    struct kl_tensor *mask;
    void *data;
    if (!cell->uneven) {
        return KL_OK;
    }
    KL_TRY(onnx_constant(cell->node->import, KL_BOOL, &shape, &data, &mask));
    for (int32_t b = 0; b < cell->batch; b++) {
        ((unsigned char *)data)[b] = t < cell->lengths[b];
    }
    return onnx_select(cell->node->import, onnx_value_of(mask), *state, old, state);
}

static enum kl_err one_step(struct cell *cell, int32_t t, struct onnx_value *y)
{
    struct onnx_value h, c = cell->c, zero;
    struct kl_tensor *scalar;
    KL_TRY(cell->gates == 4   ? lstm_step(cell, t, &h, &c)
           : cell->gates == 3 ? gru_step(cell, t, &h)
                              : rnn_step(cell, t, &h));
    *y = h;
    KL_TRY(onnx_scalar(cell->node->import, KL_F32, 0.0, &scalar));
    zero = onnx_value_of(scalar);
    KL_TRY(keep_ended(cell, t, zero, y));
    KL_TRY(keep_ended(cell, t, cell->h, &h));
    cell->h = h;
    if (cell->gates == 4) {
        KL_TRY(keep_ended(cell, t, cell->c, &c));
        cell->c = c;
    }
    return KL_OK;
}

/* One direction: outputs of all steps as [steps, 1, batch, hidden]. */
static enum kl_err run_direction(struct cell *cell, bool backwards, struct onnx_value *all)
{
    struct onnx_value outputs[ONNX_MAX_UNROLLED];
    bool apart = cell->gates == 3 && onnx_int(cell->node, "linear_before_reset", 0);
    KL_TRY(multiply_inputs(cell, apart));
    KL_TRY(first_state(cell, IN_H, &cell->h));
    cell->peepholes = (struct onnx_value){0};
    if (cell->gates == 4) {
        KL_TRY(first_state(cell, IN_C, &cell->c));
        if (onnx_has_input(cell->node, IN_PEEPHOLES)) {
            KL_TRY(of_direction(cell, cell->node->in[IN_PEEPHOLES], 0, &cell->peepholes));
        }
    }
    for (int32_t i = 0; i < cell->steps; i++) {
        int32_t t = backwards ? cell->steps - 1 - i : i;
        KL_TRY(one_step(cell, t, &outputs[t]));
        KL_TRY(onnx_insert_dim(cell->node->import, outputs[t], 0, &outputs[t]));
        KL_TRY(onnx_insert_dim(cell->node->import, outputs[t], 0, &outputs[t]));
    }
    return onnx_concat(cell->node->import, cell->steps, outputs, 0, all);
}

static enum kl_err read_lengths(struct cell *cell)
{
    int32_t count;
    KL_TRY(onnx_input_ints(cell->node, IN_LENGTHS, NULL, cell->lengths, MAX_BATCH, &count));
    for (int32_t i = 0; i < count; i++) {
        cell->uneven = cell->uneven || cell->lengths[i] != cell->steps;
    }
    return count < 0 || count == cell->batch
               ? KL_OK
               : onnx_fail(cell->node, KL_EINPUT, "%d lengths", count);
}

static enum kl_err read_cell(struct onnx_node *node, int32_t gates, struct cell *cell)
{
    KL_TRY(onnx_need_inputs(node, 3));
    struct kl_shape x = onnx_shape(&node->in[IN_X]), r = onnx_shape(&node->in[IN_R]);
    bool batch_first = onnx_int(node, "layout", 0) != 0;
    *cell = (struct cell){.node = node,
                          .gates = gates,
                          .hidden = r.dim[2],
                          .steps = x.dim[batch_first ? 1 : 0],
                          .batch = x.dim[batch_first ? 0 : 1],
                          .directions = r.dim[0]};
    if (x.rank != 3 || r.rank != 3 || r.dim[1] != gates * cell->hidden || cell->directions > 2) {
        return onnx_fail(node, KL_EINPUT, "its weights do not suit its input");
    }
    if (cell->steps > ONNX_MAX_OPERANDS || cell->batch > MAX_BATCH ||
        onnx_int(node, "input_forget", 0)) {
        return onnx_refuse(node, "%d steps (at most %d are unrolled), batch %d", cell->steps,
                           ONNX_MAX_OPERANDS, cell->batch);
    }
    return read_lengths(cell);
}

/* Outputs of both directions side by side, in the layout that is asked for. */
static enum kl_err give(struct cell *cell, int32_t output, int32_t count,
                        const struct onnx_value *parts, int32_t axis)
{
    struct onnx_value y;
    KL_TRY(onnx_concat(cell->node->import, count, parts, axis, &y));
    cell->node->out[output] = y;
    if (onnx_int(cell->node, "layout", 0)) {
        /* [T, D, B, H] -> [B, T, D, H]; [D, B, H] -> [B, D, H] */
        static const int32_t all[KL_MAX_RANK] = {1, 2, 0, 3, 4, 5},
                             last[KL_MAX_RANK] = {1, 0, 2, 3, 4, 5};
        const int32_t *to = axis == 1 ? all : last;
        for (int32_t i = 0; i < onnx_rank(&y); i++) {
            cell->node->out[output].order[i] = to[y.order[i]];
        }
    }
    return KL_OK;
}

static enum kl_err recurrent(struct onnx_node *node, int32_t gates)
{
    struct cell cell;
    struct onnx_value all[2], h[2], c[2];
    bool reverse = onnx_is_text(node, "direction", "reverse", false);
    KL_TRY(read_cell(node, gates, &cell));
    for (int32_t d = 0; d < cell.directions; d++) {
        cell.direction = d;
        KL_TRY(run_direction(&cell, reverse || d == 1, &all[d]));
        KL_TRY(onnx_insert_dim(node->import, cell.h, 0, &h[d]));
        if (gates == 4) {
            KL_TRY(onnx_insert_dim(node->import, cell.c, 0, &c[d]));
        }
    }
    KL_TRY(give(&cell, 0, cell.directions, all, 1));
    KL_TRY(give(&cell, 1, cell.directions, h, 0));
    return gates == 4 ? give(&cell, 2, cell.directions, c, 0) : KL_OK;
}

enum kl_err onnx_op_rnn(struct onnx_node *node)
{
    return recurrent(node, 1);
}

enum kl_err onnx_op_gru(struct onnx_node *node)
{
    return recurrent(node, 3);
}

enum kl_err onnx_op_lstm(struct onnx_node *node)
{
    return recurrent(node, 4);
}
