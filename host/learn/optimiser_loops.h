/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of an optimiser over all weights. They are compiled for each instruction set that has
 * wider vectors. Each element is computed alone, by the same operations in the same order, and sums
 * go into lanes of a fixed number: every instruction set gives the same bits. Private to
 * host/learn.
 */
#ifndef KINGLET_LEARN_OPTIMISER_LOOPS_H
#define KINGLET_LEARN_OPTIMISER_LOOPS_H

#include <math.h>
#include <stdint.h>

/* The numbers of one step. */
struct optimiser_step {
    float rate, clip, decay, decoupled; /* decay: into the gradient; decoupled: into the step */
    float momentum;
    float correct[2]; /* Adam: 1 / (1 - beta^t) */
};

struct optimiser_loops {
    /* The sum of squares; not finite if a value is not, or beyond 1e18. */
    double (*squares)(const float *values, int64_t count);
    void (*sgd)(const struct optimiser_step *s, float *w, const float *g, float *v, int64_t count);
    void (*adam)(const struct optimiser_step *s, float *w, const float *g, float *m, float *v,
                 int64_t count);
};

/* Those for this machine. */
const struct optimiser_loops *optimiser_loops(void);

/* Inlined into a function of each instruction set. */
#define LOOP static inline __attribute__((always_inline))

enum { OPTIMISER_LANES = 16, OPTIMISER_BLOCK = 1024 };

/* Floats within a block, whose rounding is far below what a norm is used for. */
LOOP double loop_squares_of_block(const float *values)
{
    float lanes[OPTIMISER_LANES] = {0};
    double sum = 0;
    for (int i = 0; i < OPTIMISER_BLOCK; i += OPTIMISER_LANES) {
        for (int k = 0; k < OPTIMISER_LANES; k++) {
            lanes[k] += values[i + k] * values[i + k];
        }
    }
    for (int k = 0; k < OPTIMISER_LANES; k++) {
        sum += (double)lanes[k];
    }
    return sum;
}

LOOP double loop_squares(const float *values, int64_t count)
{
    double sum = 0;
    int64_t i = 0;
    for (; i + OPTIMISER_BLOCK <= count; i += OPTIMISER_BLOCK) {
        sum += loop_squares_of_block(values + i);
    }
    for (; i < count; i++) {
        sum += (double)values[i] * (double)values[i];
    }
    return sum;
}

LOOP void loop_sgd(const struct optimiser_step *s, float *restrict w, const float *restrict g,
                   float *restrict v, int64_t count)
{
    const float rate = s->rate, clip = s->clip, decay = s->decay, momentum = s->momentum;
    for (int64_t i = 0; i < count; i++) {
        v[i] = momentum * v[i] - rate * (clip * g[i] + decay * w[i]);
        w[i] += v[i];
    }
}

LOOP void loop_adam(const struct optimiser_step *s, float *restrict w, const float *restrict g,
                    float *restrict m, float *restrict v, int64_t count)
{
    const float rate = s->rate, clip = s->clip, decay = s->decay, decoupled = s->decoupled;
    const float first = s->correct[0], second = s->correct[1];
    for (int64_t i = 0; i < count; i++) {
        float gradient = clip * g[i] + decay * w[i];
        m[i] = 0.9f * m[i] + 0.1f * gradient;
        v[i] = 0.999f * v[i] + 0.001f * gradient * gradient;
        float way = first * m[i] / (sqrtf(second * v[i]) + 1e-8f);
        w[i] -= rate * (way + decoupled * w[i]);
    }
}

#endif
