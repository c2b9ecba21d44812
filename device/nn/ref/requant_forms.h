/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cheap forms of the requantisation of nn/ref/requantize.h, in C.
 *
 * Each is what a few DSP instructions of ARMv7E-M compute, to the bit. A form equals the
 * definition only with constants that host/plan/requant_fit.h found and proved for the
 * accumulators of one channel.
 *
 * The accumulators given to them are sums that begin with the form's own start instead of the
 * bias, and whose products may be scaled.
 */
#ifndef KINGLET_NN_REF_REQUANT_FORMS_H
#define KINGLET_NN_REF_REQUANT_FORMS_H

#include <stdint.h>

/* SMMLA: addend + the high word of a * b; wraps. SMMUL with addend 0. */
static inline int32_t kl_smmla(int32_t a, int32_t b, int32_t addend)
{
    return (int32_t)((uint32_t)addend + (uint32_t)((int64_t)a * b >> 32));
}

/* SMMLAR: the high word of (addend << 32) + a * b + 2^31; wraps. */
static inline int32_t kl_smmlar(int32_t a, int32_t b, int32_t addend)
{
    const int64_t product = (int64_t)a * b; /* magnitude at most 2^62: 2^31 more still fits */
    return (int32_t)((uint32_t)addend + (uint32_t)((product + (INT64_C(1) << 31)) >> 32));
}

/* SSAT #8, ASR #shift; shift 0 .. 31. */
static inline int32_t kl_ssat8(int32_t value, int32_t shift)
{
    const int32_t shifted = value >> shift;
    return shifted < INT8_MIN ? INT8_MIN : shifted > INT8_MAX ? INT8_MAX : shifted;
}

/* Linear form, 2 instructions: SMMLA, SSAT. With addend 0: SMMUL, SSAT. */
static inline int32_t kl_requant_linear(int32_t acc, int32_t multiplier, int32_t addend,
                                        int32_t shift)
{
    return kl_ssat8(kl_smmla(acc, multiplier, addend), shift);
}

/*
 * Split form, 4 instructions: AND t, below, acc ASR #31; RSB t, t, acc LSL #widen; SMMLA;
 * SSAT. Negative accumulators are lowered by `below`, since their ties go down.
 */
static inline int32_t kl_requant_split(int32_t acc, int32_t widen, int32_t below,
                                       int32_t multiplier, int32_t addend, int32_t shift)
{
    const uint32_t wide = (uint32_t)acc << widen;
    return kl_requant_linear((int32_t)(wide - (uint32_t)(below & acc >> 31)), multiplier, addend,
                             shift);
}

/*
 * Exact form, 4 instructions: SMMLAR t, acc, multiplier, acc; ADD t, t, t ASR #31; ADD t, t,
 * addend; SSAT. It needs no search: `multiplier` is 2*m - 2^32 of the definition's multiplier
 * m, `shift` the definition's right shift, at least 1, and `addend`
 * (zero_point << shift) + (1 << (shift - 1)). See kl_requant_fit_exact for why it holds.
 */
static inline int32_t kl_requant_exact(int32_t acc, int32_t multiplier, int32_t addend,
                                       int32_t shift)
{
    const int32_t scaled = kl_smmlar(acc, multiplier, acc);
    return kl_ssat8((int32_t)((uint32_t)scaled + (uint32_t)(scaled >> 31) + (uint32_t)addend),
                    shift);
}

/*
 * The exact form with the zero point behind a shift that is one less, before a last shift by 1:
 * `rounding` is 2 * zero_point + 1. |acc| <= 2^30.
 */
static inline int32_t kl_requant_exact_late(int32_t acc, int32_t multiplier, int32_t rounding,
                                            int32_t shift)
{
    const uint32_t scaled = (uint32_t)kl_smmlar(acc, multiplier, acc);
    const int32_t lowered = (int32_t)(scaled - (scaled >> 31)); /* negative: by 1 */
    return kl_ssat8((int32_t)((uint32_t)(lowered >> shift) + (uint32_t)rounding), 1);
}

#endif
