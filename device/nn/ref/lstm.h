/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM: four gates of the new input and of the hidden state of the step
 * before; the forget and input gates update the cell state, and the output gate lets its tanh
 * through as the new hidden state, which is the output.
 * Source of the definition: tensorflow/lite/micro/kernels/lstm_eval.h, lstm_eval.cc and
 * lstm_eval_common.cc of TensorFlow Lite Micro.
 */
#ifndef KINGLET_NN_REF_LSTM_H
#define KINGLET_NN_REF_LSTM_H

#include <stdint.h>
#include <string.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/math_f32.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"
#include "nn/ref/sigmoid_s16.h"

enum { KL_LSTM_GATE_INPUT, KL_LSTM_GATE_FORGET, KL_LSTM_GATE_CELL, KL_LSTM_GATE_OUTPUT };

static inline int32_t kl_saturate_s16(int32_t value)
{
    return kl_clamp_s32(value, INT16_MIN, INT16_MAX);
}

static inline int32_t kl_lstm_dot_s8(const int8_t *weights, const int8_t *x, int32_t count,
                                     int32_t bias)
{
    for (int32_t i = 0; i < count; i++) {
        bias += weights[i] * x[i];
    }
    return bias;
}

/* What goes into the gate's function: Q3.12, three times as large as the table's curve wants. */
static inline int32_t kl_lstm_gate_s8(const struct kl_lstm_s8 *p, int32_t gate, int32_t cell,
                                      const int8_t *x, const int8_t *hidden)
{
    const int32_t row = gate * p->cells + cell;
    const int32_t in = kl_lstm_dot_s8(p->weights + row * p->inputs, x, p->inputs, p->bias[row]);
    const int32_t back =
        kl_lstm_dot_s8(p->recurrent + row * p->cells, hidden, p->cells, p->recurrent_bias[row]);
    const int32_t a = kl_requantize(in, p->multiplier[gate], p->shift[gate]);
    const int32_t b = kl_requantize(back, p->recurrent_multiplier[gate], p->recurrent_shift[gate]);
    return 3 * kl_saturate_s16(kl_saturate_s16(a) + kl_saturate_s16(b));
}

/* forget * state + input * candidate, each product rounded and limited on its own. */
static inline int16_t kl_lstm_cell_s8(const struct kl_lstm_s8 *p, int32_t cell, const int8_t *x,
                                      const int8_t *hidden, int32_t state)
{
    const int32_t forget =
        kl_logistic_curve_s16(p->table, kl_lstm_gate_s8(p, KL_LSTM_GATE_FORGET, cell, x, hidden));
    const int32_t input =
        kl_logistic_curve_s16(p->table, kl_lstm_gate_s8(p, KL_LSTM_GATE_INPUT, cell, x, hidden));
    const int32_t candidate =
        kl_tanh_curve_s16(p->table, kl_lstm_gate_s8(p, KL_LSTM_GATE_CELL, cell, x, hidden));
    const int32_t kept = kl_requantize(forget * state, p->forget_multiplier, p->forget_shift);
    const int32_t added = kl_requantize(input * candidate, p->input_multiplier, p->input_shift);
    const int32_t sum = kl_saturate_s16(kl_saturate_s16(kept) + kl_saturate_s16(added));
    return (int16_t)kl_clamp_s32(sum, -p->clip, p->clip);
}

static inline int8_t kl_lstm_hidden_s8(const struct kl_lstm_s8 *p, int32_t cell, const int8_t *x,
                                       const int8_t *hidden, int32_t state)
{
    const int32_t half = p->tanh_right_shift > 0 ? 1 << (p->tanh_right_shift - 1) : 0;
    const int32_t output =
        kl_logistic_curve_s16(p->table, kl_lstm_gate_s8(p, KL_LSTM_GATE_OUTPUT, cell, x, hidden));
    const int32_t shown =
        kl_tanh_curve_s16(p->table, (state * p->tanh_multiplier + half) >> p->tanh_right_shift);
    const int32_t scaled = kl_requantize(shown * output, p->hidden_multiplier, p->hidden_shift);
    return kl_output_s8(scaled, p->hidden_zero_point, INT8_MIN, INT8_MAX);
}

/*
 * in[0]: a row of `inputs` int8 for each time of each sequence. out[0]: rows of `cells` int8, all
 * of them are computed. out[1]: the hidden state, a row of `cells` int8 for each sequence; out[2]:
 * the cell state, int16. Old hidden states stay until a row of the output is complete. No scratch.
 */
static inline void kl_lstm_s8(const struct kl_lstm_s8 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        int8_t *hidden = kl_row_s8(&out[1], batch);
        int16_t *cells = (int16_t *)(void *)kl_row(&out[2], batch);
        for (int32_t time = 0; time < p->times; time++) {
            const int32_t row = batch * p->batch_rows + time * p->time_rows;
            const int8_t *x = kl_row_s8(in, row);
            int8_t *y = kl_row_s8(&out[0], row);
            for (int32_t cell = 0; cell < p->cells; cell++) {
                cells[cell] = kl_lstm_cell_s8(p, cell, x, hidden, cells[cell]);
                y[cell] = kl_lstm_hidden_s8(p, cell, x, hidden, cells[cell]);
            }
            memcpy(hidden, y, (uint32_t)p->cells);
        }
    }
}

static inline float kl_lstm_dot_f32(const float *weights, const float *x, int32_t count)
{
    float sum = 0.0f;
    for (int32_t i = 0; i < count; i++) {
        sum += weights[i] * x[i];
    }
    return sum;
}

static inline float kl_lstm_gate_f32(const struct kl_lstm_f32 *p, int32_t gate, int32_t cell,
                                     const float *x, const float *hidden)
{
    const int32_t row = gate * p->cells + cell;
    const float in = kl_lstm_dot_f32(p->weights + row * p->inputs, x, p->inputs) + p->bias[row];
    return in + kl_lstm_dot_f32(p->recurrent + row * p->cells, hidden, p->cells);
}

/* The output of a cell whose gates have these inputs; its state changes. */
static inline float kl_lstm_next_f32(const float gates[4], float clip, float *state)
{
    const float forget = kl_logisticf(gates[KL_LSTM_GATE_FORGET]);
    const float input = kl_logisticf(gates[KL_LSTM_GATE_INPUT]);
    const float candidate = kl_tanhf(gates[KL_LSTM_GATE_CELL]);
    const float sum = forget * *state + input * candidate;
    *state = clip > 0.0f ? kl_limit_f32(sum, -clip, clip) : sum;
    return kl_tanhf(*state) * kl_logisticf(gates[KL_LSTM_GATE_OUTPUT]);
}

/* As kl_lstm_s8, of floats. */
static inline void kl_lstm_f32(const struct kl_lstm_f32 *p, const struct kl_rows *in,
                               const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    for (int32_t batch = 0; batch < p->batches; batch++) {
        float *hidden = kl_row_f32(&out[1], batch);
        float *cells = kl_row_f32(&out[2], batch);
        for (int32_t time = 0; time < p->times; time++) {
            const int32_t row = batch * p->batch_rows + time * p->time_rows;
            const float *x = kl_row_f32(in, row);
            float *y = kl_row_f32(&out[0], row);
            for (int32_t cell = 0; cell < p->cells; cell++) {
                float gates[4];
                for (int32_t gate = 0; gate < 4; gate++) {
                    gates[gate] = kl_lstm_gate_f32(p, gate, cell, x, hidden);
                }
                y[cell] = kl_lstm_next_f32(gates, p->clip, &cells[cell]);
            }
            memcpy(hidden, y, (uint32_t)p->cells * sizeof *y);
        }
    }
}

#endif
