/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recurrent layer of gated units, unrolled over time into dense layers and functions, so that
 * everything behind it (gradients, quantisation, kernels) knows no operator of its own for it.
 *
 *     z = sigmoid(Wz x + Uz h + bz)    r = sigmoid(Wr x + Ur h + br)
 *     n = tanh(Wn x + bn + r * (Un h))    h' = n + z * (h - n)
 *
 * K. Cho et al., Learning phrase representations using RNN encoder-decoder (2014), with the reset
 * gate behind the recurrent product, as cuDNN has it. The state begins at 0: the first step has no
 * recurrent products.
 */
#include <stdio.h>

#include "learn/network_internal.h"

enum { GATES = 3, UPDATE = 0, RESET = 1, NEW = 2, UNITS_MAX = 1024 };

struct gru {
    const struct layer *layer;
    int32_t units;
    struct kl_tensor *inputs[GATES];    /* W x + b of all times: [1, time, units] */
    struct kl_tensor *recurrent[GATES]; /* U */
};

/* An operator of two values of the same shape, or of one (b NULL). */
static enum kl_err apply(const struct gru *g, enum kl_op_kind kind, struct kl_tensor *a,
                         struct kl_tensor *b, struct kl_tensor **out)
{
    struct kl_tensor *inputs[2] = {a, b};
    KL_TRY(kl_layer_op(g->layer, kind, b ? 2 : 1, inputs, a->shape, NULL));
    *out = g->layer->b->value;
    return KL_OK;
}

static enum kl_err make_gate(struct gru *g, int32_t gate, struct kl_tensor *series)
{
    static const char *const names[GATES][3] = {
        {"update/weights", "update/bias", "update/recurrent"},
        {"reset/weights", "reset/bias", "reset/recurrent"},
        {"new/weights", "new/bias", "new/recurrent"}};
    const struct layer *layer = g->layer;
    int32_t channels = series->shape.dim[2];
    struct kl_tensor *in[3] = {series};
    in[1] = kl_layer_weights(layer, names[gate][0], (struct kl_shape){2, {g->units, channels}},
                             INIT_GLOROT, channels, g->units);
    in[2] = in[1] ? kl_layer_constants(layer, names[gate][1], g->units, 0.0f) : NULL;
    g->recurrent[gate] =
        in[2] ? kl_layer_weights(layer, names[gate][2], (struct kl_shape){2, {g->units, g->units}},
                                 INIT_GLOROT, g->units, g->units)
              : NULL;
    if (!g->recurrent[gate]) {
        return layer->b->diag->err;
    }
    KL_TRY(kl_layer_op(layer, KL_OP_FULLY_CONNECTED, 3, in,
                       (struct kl_shape){3, {1, series->shape.dim[1], g->units}}, NULL));
    g->inputs[gate] = layer->b->value;
    return KL_OK;
}

/* What gate `gate` gets from the input at time t: [1, units]. */
static enum kl_err input_at(const struct gru *g, int32_t gate, int32_t t, struct kl_tensor **out)
{
    char names[3][24];
    const int32_t bounds[3][3] = {{0, t, 0}, {1, t + 1, g->units}, {1, 1, 1}};
    static const char *const kinds[3] = {"begin", "end", "strides"};
    struct kl_tensor *in[4] = {g->inputs[gate]};
    struct kl_op *op;
    for (int32_t i = 0; i < 3; i++) {
        snprintf(names[i], sizeof names[i], "%s/%d", kinds[i], t * GATES + gate);
        in[i + 1] = kl_layer_integers(g->layer, names[i], 3, bounds[i]);
        if (!in[i + 1]) {
            return g->layer->b->diag->err;
        }
    }
    KL_TRY(kl_layer_op(g->layer, KL_OP_STRIDED_SLICE, 4, in, (struct kl_shape){2, {1, g->units}},
                       &op));
    op->attr.strided_slice = (struct kl_attr_strided_slice){.shrink_axis_mask = 1u << 1};
    *out = g->layer->b->value;
    return KL_OK;
}

static enum kl_err recurrent_product(const struct gru *g, int32_t gate, struct kl_tensor *state,
                                     struct kl_tensor **out)
{
    struct kl_tensor *in[2] = {state, g->recurrent[gate]};
    KL_TRY(kl_layer_op(g->layer, KL_OP_FULLY_CONNECTED, 2, in, state->shape, NULL));
    *out = g->layer->b->value;
    return KL_OK;
}

/* sigmoid(input + U h) */
static enum kl_err gate_at(const struct gru *g, int32_t gate, int32_t t, struct kl_tensor *state,
                           struct kl_tensor **out)
{
    struct kl_tensor *product;
    KL_TRY(input_at(g, gate, t, out));
    if (state) {
        KL_TRY(recurrent_product(g, gate, state, &product));
        KL_TRY(apply(g, KL_OP_ADD, *out, product, out));
    }
    return apply(g, KL_OP_LOGISTIC, *out, NULL, out);
}

/* One step; *state is NULL before the first. */
static enum kl_err step(const struct gru *g, int32_t t, struct kl_tensor **state)
{
    struct kl_tensor *z, *r, *n, *product;
    KL_TRY(gate_at(g, UPDATE, t, *state, &z));
    KL_TRY(input_at(g, NEW, t, &n));
    if (*state) {
        KL_TRY(gate_at(g, RESET, t, *state, &r));
        KL_TRY(recurrent_product(g, NEW, *state, &product));
        KL_TRY(apply(g, KL_OP_MUL, r, product, &product));
        KL_TRY(apply(g, KL_OP_ADD, n, product, &n));
    }
    KL_TRY(apply(g, KL_OP_TANH, n, NULL, &n));
    if (!*state) {
        KL_TRY(apply(g, KL_OP_MUL, z, n, &z));
        return apply(g, KL_OP_SUB, n, z, state);
    }
    KL_TRY(apply(g, KL_OP_SUB, *state, n, state));
    KL_TRY(apply(g, KL_OP_MUL, z, *state, state));
    return apply(g, KL_OP_ADD, n, *state, state);
}

/* The series that it runs over: an image's height is its time. */
static enum kl_err as_series(const struct layer *layer)
{
    struct kl_tensor *in = layer->b->value;
    const int32_t *d = in->shape.dim;
    if (in->shape.rank == 4) {
        return kl_layer_op(layer, KL_OP_RESHAPE, 1, &in,
                           (struct kl_shape){3, {d[0], d[1], d[2] * d[3]}}, NULL);
    }
    return in->shape.rank == 3 ? KL_OK
                               : kl_layer_fail(layer, "needs an input with time and channels");
}

enum kl_err kl_layer_gru(const struct layer *layer)
{
    struct gru g = {.layer = layer};
    struct kl_tensor *state = NULL;
    KL_TRY(kl_layer_whole(layer, "units", 1, UNITS_MAX, &g.units));
    if (g.units == 0) {
        return kl_layer_fail(layer, "units are missing: how many values its state has");
    }
    KL_TRY(as_series(layer));
    struct kl_tensor *series = layer->b->value;
    for (int32_t gate = 0; gate < GATES; gate++) {
        KL_TRY(make_gate(&g, gate, series));
    }
    for (int32_t t = 0; t < series->shape.dim[1]; t++) {
        KL_TRY(step(&g, t, &state));
    }
    layer->b->value = state;
    return KL_OK;
}
