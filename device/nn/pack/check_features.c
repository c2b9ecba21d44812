/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the float operators of feature pipelines (device/dsp). */
#include "dsp/rfft_f32.h"
#include "nn/pack/check.h"

/* The last frame ends inside of the signal; which one is asked for, the kernel limits. */
bool kl_frame_check(const struct kl_frame *p, struct kl_check *check)
{
    const uint32_t in_bytes = check->kernel == KL_KERNEL_FRAME_F32 ? 4 : 2;
    const uint32_t out_bytes = check->kernel == KL_KERNEL_FRAME_S16 ? 2 : 4;
    if (p->channels < 1 || p->length < 1 || p->hop < 1 || p->frames < 1) {
        return false;
    }
    const uint32_t last = kl_times((uint32_t)p->frames - 1, (uint32_t)p->hop);
    const uint32_t samples = kl_plus(last, (uint32_t)p->length);
    return kl_out_rows(check) <= (uint32_t)p->channels &&
           kl_check_in(check, 0, 1, kl_times(kl_times(samples, (uint32_t)p->channels), in_bytes),
                       in_bytes) &&
           kl_check_in(check, 1, 1, 4, 4) &&
           kl_check_out(check, 0, kl_times((uint32_t)p->length, out_bytes), out_bytes) &&
           (out_bytes == 2 || kl_check_constant(check, p->window, (uint32_t)p->length, 4));
}

static bool order_is_inside(const uint16_t *order, int32_t half)
{
    for (int32_t i = 0; i < half; i++) {
        if (order[i] >= half) {
            return false;
        }
    }
    return true;
}

bool kl_rfft_f32_check(const struct kl_rfft_f32 *p, struct kl_check *check)
{
    enum { MIN_LENGTH = 8, MAX_LENGTH = 1 << 16 };
    if (!kl_within(p->length, MIN_LENGTH, MAX_LENGTH) || (p->length & (p->length - 1)) != 0 ||
        p->width < 1) {
        return false;
    }
    const int32_t half = p->length / 2;
    const uint32_t twiddles = (uint32_t)kl_rfft_twiddles(half);
    return kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)p->width, 4), 4) &&
           kl_check_out(check, 0, 4 * (uint32_t)p->length + 8, 4) &&
           kl_check_constant(check, p->order, (uint32_t)half, 2) &&
           order_is_inside(p->order, half) &&
           (twiddles == 0 || kl_check_constant(check, p->twiddle, twiddles, 4)) &&
           kl_check_constant(check, p->join, (uint32_t)half, 4);
}

bool kl_squared_magnitude_check(const struct kl_squared_magnitude *p, struct kl_check *check)
{
    return p->bins >= 1 &&
           kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)p->bins, 8), 4) &&
           kl_check_out(check, 0, kl_times((uint32_t)p->bins, 4), 4);
}

/* All bands lie inside of the bins, and have weights. */
bool kl_bands_f32_check(const struct kl_bands_f32 *p, struct kl_check *check)
{
    uint32_t weights = 0;
    if (p->bins < 1 || p->bands < 1 || !kl_check_constant(check, p->first, (uint32_t)p->bands, 2) ||
        !kl_check_constant(check, p->count, (uint32_t)p->bands, 2)) {
        return false;
    }
    for (int32_t band = 0; band < p->bands; band++) {
        if ((int32_t)p->first[band] + p->count[band] > p->bins) {
            return false;
        }
        weights = kl_plus(weights, p->count[band]);
    }
    return kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)p->bins, 4), 4) &&
           kl_check_out(check, 0, kl_times((uint32_t)p->bands, 4), 4) &&
           (weights == 0 || kl_check_constant(check, p->weights, weights, 4));
}

static uint32_t bits_of(uint32_t set)
{
    uint32_t count = 0;
    for (; set; set &= set - 1) {
        count++;
    }
    return count;
}

bool kl_statistics_check(const struct kl_statistics *p, struct kl_check *check)
{
    const uint32_t which = (uint32_t)p->which & ((1u << KL_STATISTIC_COUNT) - 1);
    return p->width >= 1 && which != 0 &&
           kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)p->width, 4), 4) &&
           kl_check_out(check, 0, 4 * bits_of(which), 4);
}

bool kl_peaks_check(const struct kl_peaks *p, struct kl_check *check)
{
    return p->bins >= 1 && p->peaks >= 1 &&
           kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)p->bins, 4), 4) &&
           kl_check_out(check, 0, kl_times((uint32_t)p->peaks, 8), 4);
}

bool kl_biquad_check(const struct kl_biquad *p, struct kl_check *check)
{
    if (p->sections < 1) {
        return false;
    }
    const int32_t dim[3] = {p->outer, p->count, p->inner};
    const uint32_t bytes = kl_times(kl_volume(dim, 3), 4);
    return kl_check_in(check, 0, 1, bytes, 4) && kl_check_out(check, 0, bytes, 4) &&
           check->rows[check->inputs].count == 1 &&
           kl_check_constant(check, p->coefficients, kl_times((uint32_t)p->sections, 5), 4);
}
