/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pack_columns.h"

#include <string.h>

#include "plan/requant_fit.h"

/* As in nn/armv7em/columns.h. */
enum { RECORD = 18, CHANNELS = 4, MAX_ROWS = 255, MAX_HALVINGS = 7, SHIFTS = 4 };

/* Scratch memory that bands are cut to, and beyond which one row is too much. With stride 2 results
 * may lie over the input but for a band, so that small bands keep the arena small where an image is
 * large. */
enum { BAND_BYTES = 4096, SMALL_BAND_BYTES = 2048, LARGE_IMAGE = 32 * 1024, SCRATCH_LIMIT = 16384 };

static int32_t columns_of(const struct kl_window *w)
{
    return (w->out_w + 1) / 2;
}

static int64_t scratch_of(const struct kl_window *w, int64_t band)
{
    const int64_t rows = (band - 1) * w->stride_h + 3;
    return (columns_of(w) + w->stride_w - 1) * rows * CHANNELS * (int64_t)sizeof(uint32_t);
}

bool kl_columns_fit(const struct kl_depthwise_s8 *source)
{
    const struct kl_window *w = &source->win;
    return source->multiplier == 1 && w->k_h == 3 && w->k_w == 3 && w->dil_h == 1 &&
           w->dil_w == 1 && w->stride_h == w->stride_w && w->stride_h <= 2 &&
           w->out_c >= CHANNELS && w->pad_top >= 0 && w->pad_left >= 0 && w->pad_left <= 2 &&
           w->in_w + w->pad_left >= 2 && scratch_of(w, 1) <= SCRATCH_LIMIT;
}

size_t kl_columns_bytes(const struct kl_depthwise_s8 *source)
{
    return (size_t)source->win.out_c * RECORD;
}

size_t kl_columns_scratch(const struct kl_depthwise_3x3_s8 *p)
{
    return (size_t)scratch_of(&p->win, p->band);
}

/* Output rows of a band: all, or as many as fit, evenly. */
static int32_t band_of(const struct kl_window *w)
{
    int32_t most = w->out_h < MAX_ROWS ? w->out_h : MAX_ROWS;
    const int64_t image = (int64_t)w->in_h * w->in_w * w->in_c;
    const int64_t bytes = w->stride_h == 2 && image > LARGE_IMAGE ? SMALL_BAND_BYTES : BAND_BYTES;
    while (most > 1 && scratch_of(w, most) > bytes) {
        most--;
    }
    const int32_t bands = (w->out_h + most - 1) / most;
    return (w->out_h + bands - 1) / bands;
}

static struct kl_requant_channel channel_of(const struct kl_depthwise_s8 *source, int32_t channel)
{
    const struct kl_channel_taps taps = {source->weights + channel,
                                         (int64_t)source->win.k_h * source->win.k_w,
                                         source->win.out_c, INT8_MIN, INT8_MAX};
    return kl_requant_channel_of(&source->rq, channel, source->bias[channel], &taps);
}

bool kl_depthwise_needs_clamp(const struct kl_depthwise_s8 *source)
{
    for (int32_t c = 0; c < source->win.out_c; c++) {
        const struct kl_requant_channel channel = channel_of(source, c);
        if (kl_requant_needs_clamp(&channel)) {
            return true;
        }
    }
    return false;
}

/*
 * The linear form without an addend, and how often the weights times 256 are halved for it. With a
 * small slope, sums that give the zero point do not fit int32 when products are scaled so much.
 */
static bool fit_channel(const struct kl_requant_channel *channel, bool clamp, int32_t *halvings,
                        struct kl_requant_fit *fit)
{
    struct kl_requant_curve curve;
    if (!kl_requant_trace(channel, &curve)) {
        return false;
    }
    for (*halvings = 0; *halvings <= MAX_HALVINGS; ++*halvings) {
        const int32_t scale = 256 >> *halvings;
        struct kl_requant_need need =
            kl_requant_any(channel, scale, kl_requant_max_shift(channel, scale));
        need.start_low = INT32_MIN;
        need.addend_low = need.addend_high = 0;
        need.clamp = clamp;
        for (int32_t coarser = 0; coarser < SHIFTS; coarser++, need.shift--) {
            if (kl_requant_fit_linear(&curve, &need, fit)) {
                return true;
            }
        }
    }
    return false;
}

static void write_record(const struct kl_depthwise_s8 *source, int32_t channel,
                         const struct kl_requant_fit *fit, int32_t halvings, int8_t *record)
{
    static const int8_t taps[] = {0, 3, 2, 5, 6, 1, 8, 4};
    const int8_t *w = source->weights + channel;
    for (int i = 0; i < 8; i++) {
        record[i] = w[taps[i] * source->win.out_c];
    }
    memcpy(record + 8, &fit->start, sizeof fit->start);
    memcpy(record + 12, &fit->multiplier, sizeof fit->multiplier);
    record[16] = (int8_t)(fit->shift | halvings << 5);
    record[17] = w[7 * source->win.out_c];
}

bool kl_pack_columns(const struct kl_depthwise_s8 *source, int8_t *records,
                     struct kl_depthwise_3x3_s8 *p)
{
    const bool clamp = kl_depthwise_needs_clamp(source);
    for (int32_t c = 0; c < source->win.out_c; c++) {
        const struct kl_requant_channel channel = channel_of(source, c);
        struct kl_requant_fit fit;
        int32_t halvings;
        if (!fit_channel(&channel, clamp, &halvings, &fit)) {
            return false;
        }
        write_record(source, c, &fit, halvings, records + (int64_t)c * RECORD);
    }
    *p = (struct kl_depthwise_3x3_s8){.win = source->win,
                                      .in_zero_point = source->in_zero_point,
                                      .columns = columns_of(&source->win),
                                      .band = band_of(&source->win),
                                      .records = records,
                                      .min = clamp ? source->rq.min : INT8_MIN,
                                      .max = clamp ? source->rq.max : INT8_MAX};
    return true;
}
