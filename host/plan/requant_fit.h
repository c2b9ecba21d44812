/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants for the cheap requantisations of nn/ref/requant_forms.h, and the proof that
 * they give the definition's results (nn/ref/requantize.h).
 *
 * The definition, as a function of the accumulator, never falls. At most 255 thresholds, the
 * least accumulators of each result, therefore say all about it. A cheap form that never falls
 * either is equal for all accumulators of a range when it is equal at the range's two ends and
 * on both sides of each threshold inside. Search and proof are apart: the search looks for
 * constants in the inequalities of the thresholds, the proof evaluates the form itself.
 *
 * All functions are pure. An accumulator here is the definition's: bias and input zero point
 * are in it.
 */
#ifndef KINGLET_PLAN_REQUANT_FIT_H
#define KINGLET_PLAN_REQUANT_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/nn.h"

/* The requantisation of one output channel and the accumulators that can reach it. */
struct kl_requant_channel {
    int32_t bias;              /* the accumulator before the first product */
    int32_t multiplier, shift; /* as in struct kl_requant; multiplier >= 0 */
    int32_t zero_point;        /* of the output */
    int32_t min, max;          /* -128 <= min <= max <= 127 */
    int32_t low, high;         /* the accumulator's range, both included */
};

/* The weights of one output channel, weights[k * step], k < count, and its inputs' range. */
struct kl_channel_taps {
    const int8_t *weights;
    int64_t count, step;
    int32_t x_low, x_high; /* -128 and 127 if nothing better is known; taps outside the image
                            * read as the input's zero point, which counts as an input */
};

/*
 * Channel `channel` of `rq`, whose accumulator is bias + sum of weights * inputs. The sum must
 * fit int32 (kl_graph_check_accumulators).
 */
struct kl_requant_channel kl_requant_channel_of(const struct kl_requant *rq, int32_t channel,
                                                int32_t bias, const struct kl_channel_taps *taps);

/* What the definition does to the accumulators low .. high of a channel. */
struct kl_requant_curve {
    struct kl_requant_channel channel;
    int32_t first, last; /* results of `low` and `high` */
    int32_t at[255];     /* at[i]: least accumulator whose result is above first + i,
                          * i < last - first */
};

/* False when no cheap form can be: a left shift that wraps inside low .. high. */
bool kl_requant_trace(const struct kl_requant_channel *channel, struct kl_requant_curve *curve);

/*
 * Does the activation's range (min, max) cut off results that saturation to int8 does not? If
 * not for all channels of a layer, its kernel needs no clamp of its own.
 */
bool kl_requant_needs_clamp(const struct kl_requant_channel *channel);

enum kl_requant_form {
    KL_REQUANT_LINEAR, /* 2 instructions */
    KL_REQUANT_SPLIT,  /* 4: outputs whose zero point is inside the range */
    KL_REQUANT_EXACT   /* 4, always found, but shift and multiplier are the channel's own */
};

/* Constants of a form; the fields are the parameters in requant_forms.h. */
struct kl_requant_fit {
    enum kl_requant_form form;
    int32_t scale; /* the form's input is start + scale * (acc - bias): a sum that begins with */
    int32_t start; /* `start` instead of the bias, modulo 2^32, and adds products times `scale` */
    int32_t multiplier, addend, shift;
    int32_t widen, below; /* split form */
    bool clamp;           /* the result is limited to min .. max, as an instruction after it */
};

/* What a kernel can do with the constants of a channel. */
struct kl_requant_need {
    int32_t scale;                   /* of its accumulators, >= 1 */
    int32_t shift;                   /* wanted, 0 .. KL_REQUANT_MAX_SHIFT */
    int32_t addend_low, addend_high; /* allowed addends; equal for one that a layer shares */
    int32_t start_low, start_high;   /* allowed starts, to keep them in few bits */
    bool clamp;                      /* the kernel limits the result to min .. max */
};

enum { KL_REQUANT_MAX_SHIFT = 22 };

/*
 * Largest shift, at most KL_REQUANT_MAX_SHIFT, whose multiplier stays below 2^31 for
 * accumulators times `scale`; -1 when there is none. The least of all channels is the best
 * shift that a layer can share: larger multipliers are finer. A form with `widen` has a scale
 * of `scale` << `widen`.
 */
int32_t kl_requant_max_shift(const struct kl_requant_channel *channel, int32_t scale);

/* The addend that puts the zero point and the rounding in: a good guess for a shared one. */
int32_t kl_requant_addend(int32_t zero_point, int32_t shift);

/* A need without limits: any addend, any start from scale * bias on. */
struct kl_requant_need kl_requant_any(const struct kl_requant_channel *channel, int32_t scale,
                                      int32_t shift);

/*
 * Find the linear form. Almost every channel whose negative results are cut off (ReLU with zero
 * point -128) has one: at scale 256 with the shared addend and any start, at scale 1 with some
 * freedom in both. The least start that serves is taken.
 */
bool kl_requant_fit_linear(const struct kl_requant_curve *curve, const struct kl_requant_need *need,
                           struct kl_requant_fit *fit);

/* Find the split form with accumulators widened by `widen` bits. Its start is scale * bias,
 * whatever `need` says, unless the accumulator has only one value. */
bool kl_requant_fit_split(const struct kl_requant_curve *curve, const struct kl_requant_need *need,
                          int32_t widen, struct kl_requant_fit *fit);

/*
 * The exact form, scale 1, start = bias. It needs a definition's shift of
 * -1 .. -KL_REQUANT_MAX_SHIFT and a multiplier >= 2^30, or an accumulator of one value. Why it
 * holds: with m' = 2m - 2^32, the high word of (acc << 32) + acc * m' + 2^31 is
 * floor((2 * acc * m + 2^31) / 2^32) = floor((acc * m + 2^30) / 2^31), the definition's first
 * rounding, and as in the definition a negative value is lowered by one before half of the
 * divisor is added.
 */
bool kl_requant_fit_exact(const struct kl_requant_curve *curve, bool clamp,
                          struct kl_requant_fit *fit);

/* The form's result for the accumulator `acc`. */
int32_t kl_requant_evaluate(const struct kl_requant_fit *fit,
                            const struct kl_requant_channel *channel, int32_t acc);

/*
 * The proof: no step of the form overflows on the channel's range, the form never falls there,
 * and it equals the definition at the ends and around every threshold. The three functions
 * above return true only for what this accepts.
 */
bool kl_requant_prove(const struct kl_requant_curve *curve, const struct kl_requant_fit *fit);

#endif
