/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM of floats with int8 weights: the new input and the hidden state are
 * quantised at each time, as nn/ref/hybrid.h quantises images. Source of the definition:
 * LstmStepHybrid and CalculateLstmGateHybrid in tensorflow/lite/kernels/lstm_eval.cc of TensorFlow
 * Lite; here all in single precision.
 */
#ifndef KINGLET_NN_REF_LSTM_HYBRID_H
#define KINGLET_NN_REF_LSTM_HYBRID_H

#include <stdint.h>
#include <string.h>

#include "nn/ref/hybrid.h"
#include "nn/ref/lstm.h"

/* A vector as integers: real = scale * (x - zero_point). */
struct kl_lstm_vector {
    const int8_t *x, *weights; /* those of all gates, `count` for each cell */
    const float *weight_scale; /* one for each gate */
    int32_t count;
    float scale;
    int32_t zero_point;
};

static inline void kl_lstm_quantize(const struct kl_lstm_hybrid *p, const float *from, int8_t *to,
                                    struct kl_lstm_vector *v)
{
    const struct kl_hybrid one = {.win = {.in_h = 1, .in_w = 1, .in_c = v->count},
                                  .asymmetric = p->asymmetric};
    const struct kl_rows row = {.base = (unsigned char *)(uintptr_t)from, .count = 1};
    struct kl_hybrid_image image = {.p = &one};
    kl_hybrid_quantize(&image, &row, 0, to);
    v->x = to;
    v->scale = image.scale;
    v->zero_point = image.zero_point;
}

static inline float kl_lstm_product(const struct kl_lstm_vector *v, int32_t gate, int32_t row)
{
    const int8_t *w = v->weights + row * v->count;
    int32_t sum = 0;
    for (int32_t i = 0; i < v->count; i++) {
        sum += (v->x[i] - v->zero_point) * w[i];
    }
    return (float)sum * (v->scale * v->weight_scale[gate]);
}

/*
 * in[0]: a row of `inputs` floats for each time of each sequence. out[0]: rows of `cells` floats,
 * all of them are computed. out[1]: the hidden state, a row of `cells` floats for each sequence;
 * out[2]: the cell state. scratch: inputs + cells bytes.
 */
static inline void kl_lstm_hybrid(const struct kl_lstm_hybrid *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    int8_t *quantised = scratch;
    struct kl_lstm_vector x = {
        .weights = p->weights, .weight_scale = p->weight_scale, .count = p->inputs};
    struct kl_lstm_vector back = {
        .weights = p->recurrent, .weight_scale = p->weight_scale + 4, .count = p->cells};
    for (int32_t batch = 0; batch < p->batches; batch++) {
        float *hidden = kl_row_f32(&out[1], batch);
        float *cells = kl_row_f32(&out[2], batch);
        for (int32_t time = 0; time < p->times; time++) {
            const int32_t row = batch * p->batch_rows + time * p->time_rows;
            float *y = kl_row_f32(&out[0], row);
            kl_lstm_quantize(p, kl_row_f32(in, row), quantised, &x);
            kl_lstm_quantize(p, hidden, quantised + p->inputs, &back);
            for (int32_t cell = 0; cell < p->cells; cell++) {
                float gates[4];
                for (int32_t gate = 0; gate < 4; gate++) {
                    const int32_t line = gate * p->cells + cell;
                    const float from_x = kl_lstm_product(&x, gate, line);
                    gates[gate] = p->bias[line] + from_x + kl_lstm_product(&back, gate, line);
                }
                y[cell] = kl_lstm_next_f32(gates, p->clip, &cells[cell]);
            }
            memcpy(hidden, y, (uint32_t)p->cells * sizeof *y);
        }
    }
}

#endif
