/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/requant_fit.h"

#include "nn/ref/requant_forms.h"
#include "nn/ref/requantize.h"

/* MULTIPLIERS: tried on each side of the plain one; those that can serve are neighbours, and one
 * is less than FAR_FROM_ANY away. FEW_RESULTS: of a channel whose slope is free. ADDENDS: tried
 * for a multiplier in the split form. */
enum { MULTIPLIERS = 512, FAR_FROM_ANY = 32, FEW_RESULTS = 4, ADDENDS = 32 };

/* Addends beyond this could make the sum with a product's high word (< 2^30) wrap. */
enum { ADDEND_LIMIT = 1 << 30 };

#define WORD (INT64_C(1) << 32)

/* Wider than any constant, and differences of two still fit. */
#define WIDE (INT64_C(1) << 61)

struct kl_requant_channel kl_requant_channel_of(const struct kl_requant *rq, int32_t channel,
                                                int32_t bias, const struct kl_channel_taps *taps)
{
    int64_t low = bias, high = bias;
    for (int64_t k = 0; k < taps->count; k++) {
        const int32_t w = taps->weights[k * taps->step];
        low += w * (w < 0 ? taps->x_high : taps->x_low);
        high += w * (w < 0 ? taps->x_low : taps->x_high);
    }
    return (struct kl_requant_channel){.bias = bias,
                                       .multiplier = rq->multiplier[channel],
                                       .shift = rq->shift[channel],
                                       .zero_point = rq->out_zero_point,
                                       .min = rq->min,
                                       .max = rq->max,
                                       .low = (int32_t)low,
                                       .high = (int32_t)high};
}

static bool fits_s32(int64_t value)
{
    return value >= INT32_MIN && value <= INT32_MAX;
}

static int32_t defined_result(const struct kl_requant_channel *c, int32_t acc)
{
    return kl_output_s8(kl_requantize(acc, c->multiplier, c->shift), c->zero_point, c->min, c->max);
}

/* Least accumulator after `from`, up to the channel's high end, whose result is >= `result`;
 * that of the high end is. */
static int32_t threshold(const struct kl_requant_channel *c, int32_t from, int32_t result)
{
    int64_t below = from, reached = c->high;
    while (reached - below > 1) {
        const int64_t middle = below + (reached - below) / 2;
        if (defined_result(c, (int32_t)middle) >= result) {
            reached = middle;
        } else {
            below = middle;
        }
    }
    return (int32_t)reached;
}

bool kl_requant_trace(const struct kl_requant_channel *channel, struct kl_requant_curve *curve)
{
    const int32_t left = kl_max_s32(channel->shift, 0);
    if (channel->multiplier < 0 || !fits_s32(channel->low * (INT64_C(1) << left)) ||
        !fits_s32(channel->high * (INT64_C(1) << left))) {
        return false;
    }
    curve->channel = *channel;
    curve->first = defined_result(channel, channel->low);
    curve->last = defined_result(channel, channel->high);
    int32_t below = channel->low; /* an accumulator whose result is below the next threshold's */
    for (int32_t i = 0; i < curve->last - curve->first; i++) {
        curve->at[i] = threshold(channel, below, curve->first + i + 1);
        below = curve->at[i] - 1;
    }
    return true;
}

bool kl_requant_needs_clamp(const struct kl_requant_channel *channel)
{
    struct kl_requant_channel open = *channel;
    open.min = INT8_MIN;
    open.max = INT8_MAX;
    return defined_result(&open, open.low) != defined_result(channel, open.low) ||
           defined_result(&open, open.high) != defined_result(channel, open.high);
}

/*
 * The multiplier whose product, divided by 2^(32 + shift), has the channel's slope:
 * multiplier * 2^(1 + shift + channel's shift) / scale, to the nearest. -1 when it is 2^31 or
 * more.
 */
static int64_t plain_multiplier(const struct kl_requant_channel *c, int64_t scale, int32_t shift)
{
    const int32_t exponent = 1 + shift + c->shift;
    if (c->multiplier == 0) {
        return 0;
    }
    if (exponent > 31) {
        return -1; /* scale < 2^31 and multiplier >= 2^30 */
    }
    const int64_t dividend = (int64_t)c->multiplier << kl_max_s32(exponent, 0);
    const int64_t divisor = scale << kl_max_s32(-exponent, 0);
    const int64_t plain = (dividend + divisor / 2) / divisor;
    return plain > INT32_MAX ? -1 : plain;
}

int32_t kl_requant_max_shift(const struct kl_requant_channel *channel, int32_t scale)
{
    int32_t shift = KL_REQUANT_MAX_SHIFT;
    while (shift >= 0 && plain_multiplier(channel, scale, shift) < 0) {
        shift--;
    }
    return shift;
}

int32_t kl_requant_addend(int32_t zero_point, int32_t shift)
{
    return zero_point * (1 << shift) + (shift > 0 ? 1 << (shift - 1) : 0);
}

struct kl_requant_need kl_requant_any(const struct kl_requant_channel *channel, int32_t scale,
                                      int32_t shift)
{
    const int64_t start = (int64_t)scale * channel->bias;
    return (struct kl_requant_need){.scale = scale,
                                    .shift = shift,
                                    .addend_low = -ADDEND_LIMIT,
                                    .addend_high = ADDEND_LIMIT,
                                    .start_low = fits_s32(start) ? (int32_t)start : 0,
                                    .start_high = INT32_MAX};
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b > 0);
}

/* Constants c, low <= c < high, that a multiplier allows. */
struct window {
    int64_t low, high;
};

/* What a multiplier is tried on: results (x * multiplier + c) >> bits of
 * x = scale * (acc - origin). */
struct trial {
    const struct kl_requant_curve *curve;
    int64_t scale; /* widening included */
    int64_t origin;
    int32_t bits;           /* 32 + shift */
    int32_t floor, ceiling; /* results that saturation cuts off need no limit beyond it */
    int64_t multiplier;
};

/* The result at `acc` must be >= `result`. */
static void at_least(const struct trial *t, struct window *w, int32_t acc, int32_t result)
{
    const int64_t low =
        result * (INT64_C(1) << t->bits) - t->scale * (acc - t->origin) * t->multiplier;
    w->low = low > w->low ? low : w->low;
}

/* The result at `acc` must be < `result`. */
static void below(const struct trial *t, struct window *w, int32_t acc, int32_t result)
{
    const int64_t high =
        result * (INT64_C(1) << t->bits) - t->scale * (acc - t->origin) * t->multiplier;
    w->high = high < w->high ? high : w->high;
}

/* The constants for accumulators >= 0 (w[0]) and < 0 (w[1]). |x| <= 2^31, multiplier < 2^31 and
 * |result| <= 2^7 keep all below 2^62 + 2^61. */
static void narrow(const struct trial *t, struct window w[2])
{
    const struct kl_requant_curve *curve = t->curve;
    const int32_t low = curve->channel.low, high = curve->channel.high;
    w[0] = w[1] = (struct window){-WIDE, WIDE};
    for (int32_t i = 0; i < curve->last - curve->first; i++) {
        const int32_t at = curve->at[i], result = curve->first + i + 1;
        at_least(t, &w[at < 0], at, result);
        below(t, &w[at - 1 < 0], at - 1, result);
    }
    if (curve->first > t->floor) {
        at_least(t, &w[low < 0], low, curve->first);
    }
    if (curve->last < t->ceiling) {
        below(t, &w[high < 0], high, curve->last + 1);
    }
}

/*
 * Least x >= 0 with low <= a * x mod m <= high; -1 when there is none. 0 < low <= high < m <=
 * 2^32, a < m. Euclid's algorithm: without a multiple of a inside low .. high, the multiples of
 * m that are to be subtracted solve the same question modulo a.
 */
static int64_t first_inside(uint64_t a, uint64_t m, uint64_t low, uint64_t high)
{
    if (a == 0) {
        return -1;
    }
    const uint64_t x = (low + a - 1) / a;
    if (x * a <= high) {
        return (int64_t)x;
    }
    const int64_t y = first_inside(m % a, a, (a - high % a) % a, (a - low % a) % a);
    return y < 0 ? -1 : (int64_t)((low + m * (uint64_t)y + a - 1) / a);
}

/* Least start >= `from` for which some addend makes start * multiplier + (addend << 32) a
 * constant of `w`; from - 1 when there is none. */
static int64_t first_start(struct window w, int64_t multiplier, int64_t from)
{
    const uint64_t width = (uint64_t)(w.high - w.low);
    const uint64_t above = ((uint64_t)from * (uint64_t)multiplier - (uint64_t)w.low) % WORD;
    if (above < width) {
        return from;
    }
    const uint64_t missing = WORD - above;
    return from + first_inside((uint64_t)multiplier, WORD, missing, missing + width - 1);
}

/* Start and addend for one multiplier whose constants are `w`. */
static bool find_linear_constants(const struct trial *t, struct window w,
                                  const struct kl_requant_need *need, struct kl_requant_fit *fit)
{
    const struct kl_requant_channel *c = &t->curve->channel;
    int64_t low = INT32_MIN - t->scale * (c->low - t->origin);
    int64_t high = INT32_MAX - t->scale * (c->high - t->origin);
    low = low > need->start_low ? low : need->start_low;
    high = high < need->start_high ? high : need->start_high;
    if (t->multiplier > 0) {
        const int64_t first = ceil_div(w.low - need->addend_high * WORD, t->multiplier);
        const int64_t last = floor_div(w.high - 1 - need->addend_low * WORD, t->multiplier);
        low = low > first ? low : first;
        high = high < last ? high : last;
    }
    const int64_t start = first_start(w, t->multiplier, low);
    if (start < low || start > high) {
        return false;
    }
    int64_t addend = ceil_div(w.low - start * t->multiplier, WORD);
    addend = addend > need->addend_low ? addend : need->addend_low;
    if (addend > need->addend_high || start * t->multiplier + addend * WORD >= w.high) {
        return false;
    }
    fit->multiplier = (int32_t)t->multiplier;
    fit->start = (int32_t)start;
    fit->addend = (int32_t)addend;
    return true;
}

static bool try_linear(const struct trial *t, const struct window w[2],
                       const struct kl_requant_need *need, struct kl_requant_fit *fit)
{
    const struct window both = {w[0].low > w[1].low ? w[0].low : w[1].low,
                                w[0].high < w[1].high ? w[0].high : w[1].high};
    return both.low < both.high && find_linear_constants(t, both, need, fit);
}

/* What is to be subtracted below 0, at least, so that the constant comes below `end`. A
 * multiplier of 0 changes nothing. */
static int64_t lowered_by(int64_t constant, int64_t end, int64_t multiplier)
{
    return constant < end || multiplier == 0 ? 0 : (constant - end) / multiplier + 1;
}

/* The first addends of the window of accumulators >= 0, and for each what is to be subtracted
 * from those below 0 to come into their window. */
static bool try_split(const struct trial *t, const struct window w[2],
                      const struct kl_requant_need *need, struct kl_requant_fit *fit)
{
    /* Nothing is added below 0, so the window there is not to be missed from below. */
    const int64_t least = w[0].low > w[1].low ? w[0].low : w[1].low;
    int64_t addend = ceil_div(least, WORD);
    addend = addend > need->addend_low ? addend : need->addend_low;
    for (int i = 0; i < ADDENDS; i++, addend++) {
        const int64_t constant = addend * WORD;
        if (addend > need->addend_high || constant >= w[0].high) {
            return false;
        }
        const int64_t by = lowered_by(constant, w[1].high, t->multiplier);
        const int64_t reached = constant - by * t->multiplier;
        if (reached >= w[1].low && reached < w[1].high && by <= INT32_MAX) {
            fit->multiplier = (int32_t)t->multiplier;
            fit->addend = (int32_t)addend;
            fit->below = (int32_t)by;
            return true;
        }
    }
    return false;
}

typedef bool try_fn(const struct trial *t, const struct window w[2],
                    const struct kl_requant_need *need, struct kl_requant_fit *fit);

/* What one multiplier gives. */
enum outcome { CLOSED /* no constant at all */, OPEN, FOUND };

static enum outcome try_multiplier(struct trial *t, const struct kl_requant_need *need, try_fn *try,
                                   struct kl_requant_fit *fit)
{
    struct window w[2];
    if (t->multiplier < 0 || t->multiplier > INT32_MAX) {
        return CLOSED;
    }
    narrow(t, w);
    if (w[0].low >= w[0].high || w[1].low >= w[1].high) {
        return CLOSED;
    }
    return try(t, w, need, fit) && kl_requant_prove(t->curve, fit) ? FOUND : OPEN;
}

/* Try the multipliers on one side of the plain one, nearest first, as far as they are open. */
static bool search_side(struct trial *t, int64_t plain, int64_t step,
                        const struct kl_requant_need *need, try_fn *try, struct kl_requant_fit *fit)
{
    enum outcome outcome = CLOSED, before;
    for (int64_t i = 0; i < MULTIPLIERS; i++) {
        before = outcome;
        t->multiplier = plain + i * step;
        outcome = try_multiplier(t, need, try, fit);
        if (outcome == FOUND) {
            return true;
        }
        if (outcome == CLOSED && (before == OPEN || i >= FAR_FROM_ANY)) {
            return false;
        }
    }
    return false;
}

/* The plain multiplier and its neighbours; then, for channels of so few results that the slope
 * matters little, steep ones, which need smaller starts. */
static bool search(struct trial *t, const struct kl_requant_need *need, try_fn *try,
                   struct kl_requant_fit *fit)
{
    const int64_t plain = plain_multiplier(&t->curve->channel, t->scale, need->shift);
    if (plain >= 0 && (search_side(t, plain, 1, need, try, fit) ||
                       search_side(t, plain - 1, -1, need, try, fit))) {
        return true;
    }
    for (int bit = 30; bit >= 0 && t->curve->last - t->curve->first <= FEW_RESULTS; bit--) {
        t->multiplier = INT64_C(1) << bit;
        if (try_multiplier(t, need, try, fit) == FOUND) {
            return true;
        }
    }
    return false;
}

/* Fit the form with sums around `origin`. */
static bool fit_form(const struct kl_requant_curve *curve, const struct kl_requant_need *need,
                     int64_t origin, try_fn *try, struct kl_requant_fit *fit)
{
    const struct kl_requant_channel *c = &curve->channel;
    struct trial trial = {.curve = curve,
                          .scale = (int64_t)need->scale << fit->widen,
                          .origin = origin,
                          .bits = 32 + need->shift,
                          .floor = need->clamp ? c->min : INT8_MIN,
                          .ceiling = need->clamp ? c->max : INT8_MAX};
    fit->scale = need->scale;
    fit->shift = need->shift;
    fit->clamp = need->clamp;
    return need->shift >= 0 && trial.scale <= INT32_MAX &&
           fits_s32(trial.scale * (c->low - origin)) &&
           fits_s32(trial.scale * (c->high - origin)) && search(&trial, need, try, fit);
}

bool kl_requant_fit_linear(const struct kl_requant_curve *curve, const struct kl_requant_need *need,
                           struct kl_requant_fit *fit)
{
    *fit = (struct kl_requant_fit){.form = KL_REQUANT_LINEAR};
    return fit_form(curve, need, curve->channel.bias, try_linear, fit);
}

/*
 * The split form of an accumulator that has only one value: the sum can be anything. The least
 * addend is taken, and a quarter of the sum is added to it.
 */
static bool fit_single_split(const struct kl_requant_curve *curve,
                             const struct kl_requant_need *need, struct kl_requant_fit *fit)
{
    const int64_t aim = kl_requant_addend(curve->first, need->shift);
    const int64_t start = (aim - need->addend_low) * 4 / (INT64_C(1) << fit->widen);
    fit->scale = need->scale;
    fit->shift = need->shift;
    fit->clamp = need->clamp;
    fit->multiplier = 1 << 30;
    fit->addend = need->addend_low;
    fit->start = (int32_t)start;
    return fits_s32(start) && kl_requant_prove(curve, fit);
}

bool kl_requant_fit_split(const struct kl_requant_curve *curve, const struct kl_requant_need *need,
                          int32_t widen, struct kl_requant_fit *fit)
{
    const struct kl_requant_channel *c = &curve->channel;
    *fit = (struct kl_requant_fit){.form = KL_REQUANT_SPLIT, .widen = widen};
    if (c->low == c->high && need->shift >= 0) {
        return fit_single_split(curve, need, fit);
    }
    /* Accumulator and sum change their sign together. */
    fit->start = (int32_t)((uint32_t)need->scale * (uint32_t)c->bias);
    return fit_form(curve, need, 0, try_split, fit);
}

bool kl_requant_fit_exact(const struct kl_requant_curve *curve, bool clamp,
                          struct kl_requant_fit *fit)
{
    const struct kl_requant_channel *c = &curve->channel;
    const int32_t right = -c->shift;
    *fit = (struct kl_requant_fit){
        .form = KL_REQUANT_EXACT, .scale = 1, .start = c->bias, .clamp = clamp};
    if (c->low == c->high) {
        fit->start = 0;
        fit->shift = 1;
        fit->addend = kl_requant_addend(curve->first, 1);
    } else if (right >= 1 && right <= KL_REQUANT_MAX_SHIFT && c->multiplier >= 1 << 30) {
        fit->multiplier = (int32_t)(2 * (int64_t)c->multiplier - WORD);
        fit->addend = kl_requant_addend(c->zero_point, right);
        fit->shift = right;
    } else {
        return false;
    }
    return kl_requant_prove(curve, fit);
}

/* The sum that the form is given for the accumulator `acc`. */
static int32_t sum_of(const struct kl_requant_fit *fit, const struct kl_requant_channel *channel,
                      int32_t acc)
{
    const uint32_t products = (uint32_t)acc - (uint32_t)channel->bias;
    return (int32_t)((uint32_t)fit->start + (uint32_t)fit->scale * products);
}

int32_t kl_requant_evaluate(const struct kl_requant_fit *fit,
                            const struct kl_requant_channel *channel, int32_t acc)
{
    const int32_t x = sum_of(fit, channel, acc);
    int32_t result = 0;
    switch (fit->form) {
    case KL_REQUANT_LINEAR:
        result = kl_requant_linear(x, fit->multiplier, fit->addend, fit->shift);
        break;
    case KL_REQUANT_SPLIT:
        result =
            kl_requant_split(x, fit->widen, fit->below, fit->multiplier, fit->addend, fit->shift);
        break;
    case KL_REQUANT_EXACT:
        result = kl_requant_exact(x, fit->multiplier, fit->addend, fit->shift);
        break;
    }
    return fit->clamp ? kl_clamp_s32(result, channel->min, channel->max) : result;
}

/* No step of the form leaves int32 for the sum `x`. */
static bool is_inside(const struct kl_requant_fit *fit, int64_t x)
{
    if (!fits_s32(x)) {
        return false;
    }
    if (fit->form == KL_REQUANT_EXACT) {
        const int64_t scaled = kl_smmlar((int32_t)x, fit->multiplier, (int32_t)x);
        return fits_s32(scaled + (scaled < 0 ? -1 : 0) + fit->addend);
    }
    if (fit->form == KL_REQUANT_SPLIT) {
        x = x * (INT64_C(1) << fit->widen) - (x < 0 ? fit->below : 0);
    }
    return fits_s32(x) && fits_s32((x * fit->multiplier >> 32) + fit->addend);
}

/*
 * The form never falls from the channel's least sum to its greatest: its constants have the
 * right signs, so that no step of it falls, and no step wraps at the ends, so it does not
 * between them. In the exact form, x + ((x * multiplier + 2^31) >> 32) grows as
 * 2^32 + multiplier > 0 does, and stays below |x|.
 */
static bool never_falls(const struct kl_requant_fit *fit, const struct kl_requant_channel *c)
{
    const bool sign = fit->form == KL_REQUANT_EXACT ? fit->multiplier <= 0 : fit->multiplier >= 0;
    const bool plain = sign && fit->scale >= 1 && fit->shift >= 0 && fit->shift <= 31 &&
                       fit->widen >= 0 && fit->widen <= 30 && fit->below >= 0;
    const int64_t low = sum_of(fit, c, c->low);
    return plain && is_inside(fit, low) &&
           is_inside(fit, low + fit->scale * ((int64_t)c->high - c->low));
}

bool kl_requant_prove(const struct kl_requant_curve *curve, const struct kl_requant_fit *fit)
{
    const struct kl_requant_channel *c = &curve->channel;
    if (!never_falls(fit, c) || kl_requant_evaluate(fit, c, c->low) != curve->first ||
        kl_requant_evaluate(fit, c, c->high) != curve->last) {
        return false;
    }
    for (int32_t i = 0; i < curve->last - curve->first; i++) {
        const int32_t result = curve->first + i + 1;
        if (kl_requant_evaluate(fit, c, curve->at[i]) < result ||
            kl_requant_evaluate(fit, c, curve->at[i] - 1) >= result) {
            return false;
        }
    }
    return true;
}
