/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels that carry state from one time to the next. */
#ifndef KINGLET_NN_RECURRENT_H
#define KINGLET_NN_RECURRENT_H

#include <stdint.h>

/*
 * SVDF int8: a row is one sequence. features [units*rank][inputs], time [units*rank][memory], which
 * is of the state's type: int8 or int16.
 */
struct kl_svdf_s8 {
    int32_t inputs, units, rank, memory;
    const int8_t *features;      /* zero point 0 */
    const int32_t *feature_bias; /* [units*rank]; the input zero point folded in */
    const void *time;            /* zero point 0 */
    const int32_t *bias;         /* [units] */
    int32_t state_multiplier, state_shift;
    int32_t state_zero_point; /* of an int16 state: 0 */
    int32_t state_min, state_max;
    int32_t out_multiplier, out_shift;
    int32_t out_zero_point;
};

/* SVDF float32. Layouts as int8. */
struct kl_svdf_f32 {
    int32_t inputs, units, rank, memory;
    const float *features;
    const float *time;
    const float *bias;
    float min, max;
};

/*
 * LSTM int8 with int16 cell state. Sequence b at time t is row b * batch_rows + t * time_rows of
 * input and output. Weights of the gates input, forget, cell, output, one after the other:
 * weights [4][cells][inputs], recurrent [4][cells][cells].
 */
struct kl_lstm_s8 {
    int32_t batches, times, batch_rows, time_rows;
    int32_t inputs, cells;
    const int8_t *weights;           /* zero point 0 */
    const int8_t *recurrent;         /* zero point 0 */
    const int32_t *bias;             /* [4][cells]; the input zero point folded in */
    const int32_t *recurrent_bias;   /* [4][cells]; the hidden state's zero point folded in */
    const uint16_t *table;           /* [256] of the logistic function, as in kl_sigmoid_s16 */
    int32_t multiplier[4], shift[4]; /* of the gates' inputs, to Q3.12 */
    int32_t recurrent_multiplier[4], recurrent_shift[4];
    int32_t forget_multiplier, forget_shift; /* forget gate times cell state */
    int32_t input_multiplier, input_shift;   /* input gate times cell gate */
    int32_t hidden_multiplier, hidden_shift; /* output gate times tanh(cell state) */
    int32_t hidden_zero_point;
    int32_t tanh_multiplier, tanh_right_shift; /* cell state to the scale 1 / (3 * 4096) */
    int32_t clip;                              /* 1 .. 32767; 32768: none */
};

/* LSTM float32. Layouts as int8. */
struct kl_lstm_f32 {
    int32_t batches, times, batch_rows, time_rows;
    int32_t inputs, cells;
    const float *weights;
    const float *recurrent;
    const float *bias; /* [4][cells] */
    float clip;        /* 0: none */
};

/* LSTM float32 with int8 weights. Layouts as int8. */
struct kl_lstm_hybrid {
    int32_t batches, times, batch_rows, time_rows;
    int32_t inputs, cells;
    int32_t asymmetric;    /* as in kl_hybrid */
    const int8_t *weights; /* zero point 0 */
    const int8_t *recurrent;
    const float *bias;         /* [4][cells] */
    const float *weight_scale; /* [4] of weights, then [4] of recurrent */
    float clip;                /* 0: none */
};

/* CIRCULAR_BUFFER: the output, which is state, holds the last `slots` inputs, oldest first. */
struct kl_circular_buffer {
    int32_t slots;
    int32_t slot_bytes; /* of one input */
};

/* Counts runs: says in each `period`th one that a period is full. */
struct kl_period {
    int32_t period; /* >= 1 */
};

#endif
