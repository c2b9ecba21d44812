/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic and logic of plain (not quantised) integers and bools with broadcast, and their
 * comparisons. Results wrap to the element type. Division by zero gives 0.
 */
#ifndef KINGLET_NN_REF_BINARY_INT_H
#define KINGLET_NN_REF_BINARY_INT_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/ref/element.h"
#include "nn/ref/strided.h"

/* base to the power of exponent, modulo 2^64; 0 for a negative exponent of anything but +-1. */
static inline int64_t kl_power_int(int64_t base, int64_t exponent)
{
    uint64_t power = 1, factor = (uint64_t)base;
    if (exponent < 0) {
        return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
    }
    for (; exponent > 0; exponent >>= 1) {
        power *= exponent & 1 ? factor : 1;
        factor *= factor;
    }
    return (int64_t)power;
}

/* Truncated quotient and remainder that fits it; by -1 without the overflow. */
static inline int64_t kl_quotient_int(int64_t a, int64_t b)
{
    return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static inline int64_t kl_remainder_int(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

static inline int64_t kl_floor_mod_int(int64_t a, int64_t b)
{
    const int64_t rest = kl_remainder_int(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static inline int64_t kl_floor_div_int(int64_t a, int64_t b)
{
    const int64_t rest = kl_remainder_int(a, b);
    return kl_quotient_int(a, b) - (rest != 0 && (rest < 0) != (b < 0));
}

static inline int64_t kl_binary_value_int(int32_t function, int64_t a, int64_t b)
{
    const uint64_t x = (uint64_t)a, y = (uint64_t)b;
    switch (function) {
    case KL_BINARY_ADD: return (int64_t)(x + y);
    case KL_BINARY_SUB: return (int64_t)(x - y);
    case KL_BINARY_MUL: return (int64_t)(x * y);
    case KL_BINARY_DIV: return kl_quotient_int(a, b);
    case KL_BINARY_FLOOR_MOD: return kl_floor_mod_int(a, b);
    case KL_BINARY_POW: return kl_power_int(a, b);
    case KL_BINARY_MAXIMUM: return a > b ? a : b;
    case KL_BINARY_MINIMUM: return a < b ? a : b;
    case KL_BINARY_AND: return a & b;
    case KL_BINARY_OR: return a | b;
    case KL_BINARY_FLOOR_DIV: return kl_floor_div_int(a, b);
    default: return a ^ b; /* KL_BINARY_XOR */
    }
}

static inline void kl_binary_line_int(const struct kl_line *line)
{
    const struct kl_binary_int *p = line->params;
    const int32_t bytes = kl_element_bytes(p->dtype);
    const unsigned char *a = line->a;
    const unsigned char *b = line->b;
    unsigned char *out = line->out;
    for (int32_t i = 0; i < line->count; i++) {
        const int64_t value =
            kl_binary_value_int(p->function, kl_load_int(p->dtype, a), kl_load_int(p->dtype, b));
        kl_store_int(p->dtype, out, value);
        a += line->a_step * bytes;
        b += line->b_step * bytes;
        out += bytes;
    }
}

/* f(in[0], in[1]). An operand of the output's shape may be the output. No scratch. */
static inline void kl_binary_int(const struct kl_binary_int *p, const struct kl_rows *in,
                                 const struct kl_rows *out, void *scratch)
{
    (void)scratch;
    kl_for_each_line(&p->ew, (struct kl_line){.params = p}, in, out, kl_element_bytes(p->dtype),
                     kl_binary_line_int);
}

#endif
