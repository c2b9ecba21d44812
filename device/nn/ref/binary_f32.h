/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators of two floats with broadcast. Source of the definitions of ADD, SUB, MUL, DIV and
 * PRELU: reference/add.h, sub.h, mul.h, div.h and micro/kernels/prelu_common.cc of TensorFlow
 * Lite Micro.
 */
#ifndef KINGLET_NN_REF_BINARY_F32_H
#define KINGLET_NN_REF_BINARY_F32_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/limit_f32.h"
#include "nn/ref/math_log_f32.h"
#include "nn/ref/math_round_f32.h"
#include "nn/ref/strided.h"

typedef float kl_binary_fn_f32(float a, float b);

/* One line of ADD, SUB or MUL: `fn` and the clamp. */
__attribute__((always_inline)) static inline void kl_binary_line_f32(const struct kl_line *line,
                                                                     kl_binary_fn_f32 *fn)
{
    const struct kl_binary_f32 *p = line->params;
    const float *a = line->a;
    const float *b = line->b;
    float *out = line->out;
    for (int32_t i = 0; i < line->count; i++, a += line->a_step, b += line->b_step) {
        out[i] = kl_limit_f32(fn(*a, *b), p->min, p->max);
    }
}

static inline float kl_sum_f32(float a, float b)
{
    return a + b;
}

static inline float kl_difference_f32(float a, float b)
{
    return a - b;
}

static inline float kl_product_f32(float a, float b)
{
    return a * b;
}

static inline float kl_quotient_f32(float a, float b)
{
    return a / b;
}

/* Not-a-number if one is. */
static inline float kl_larger_f32(float a, float b)
{
    return a > b || a != a ? a : b;
}

static inline float kl_smaller_f32(float a, float b)
{
    return a < b || a != a ? a : b;
}

static inline void kl_div_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_quotient_f32);
}

static inline void kl_maximum_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_larger_f32);
}

static inline void kl_minimum_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_smaller_f32);
}

static inline void kl_pow_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_powf);
}

static inline void kl_floor_mod_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_floor_modf);
}

static inline void kl_floor_div_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_floor_divf);
}

static inline void kl_add_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_sum_f32);
}

static inline void kl_sub_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_difference_f32);
}

static inline void kl_mul_line_f32(const struct kl_line *line)
{
    kl_binary_line_f32(line, kl_product_f32);
}

static inline void kl_prelu_line_f32(const struct kl_line *line)
{
    const float *a = line->a;
    const float *b = line->b;
    float *out = line->out;
    for (int32_t i = 0; i < line->count; i++, a += line->a_step, b += line->b_step) {
        out[i] = *a >= 0.0f ? *a : *a * *b;
    }
}

/* in[0] + in[1]. An operand of the output's shape may be the output. No scratch. */
static inline void kl_add_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_add_line_f32);
}

/* in[0] - in[1], as kl_add_f32. */
static inline void kl_sub_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_sub_line_f32);
}

/* in[0] * in[1], as kl_add_f32. */
static inline void kl_mul_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_mul_line_f32);
}

/* in[0] / in[1], as kl_add_f32. */
static inline void kl_div_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_div_line_f32);
}

/* The larger of both, as kl_add_f32. */
static inline void kl_maximum_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_maximum_line_f32);
}

/* The smaller of both, as kl_add_f32. */
static inline void kl_minimum_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                                  const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_minimum_line_f32);
}

/* in[0] to the power of in[1], as kl_add_f32. */
static inline void kl_pow_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                              const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_pow_line_f32);
}

/* The remainder of in[0] / in[1] with the sign of in[1], as kl_add_f32. */
static inline void kl_floor_mod_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_floor_mod_line_f32);
}

/* in[0] / in[1], rounded down, as kl_add_f32. */
static inline void kl_floor_div_f32(const struct kl_binary_f32 *p, const struct kl_rows *in,
                                    const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_floor_div_line_f32);
}

/* in[0]: input, in[1]: slopes; as kl_add_f32. */
static inline void kl_prelu_f32(const struct kl_prelu_f32 *p, const struct kl_rows *in,
                                const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, 4, kl_prelu_line_f32);
}

#endif
