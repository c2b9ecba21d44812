/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the signal operators (device/dsp). */
#include "dsp/filter_bank.h"
#include "dsp/rfft_s16.h"
#include "nn/pack/check.h"

/* One row of `count` elements of an input or output. */
static bool check_row_in(struct kl_check *check, uint32_t input, int32_t count, uint32_t elem_bytes)
{
    return count >= 1 &&
           kl_check_in(check, input, 1, kl_times((uint32_t)count, elem_bytes), elem_bytes);
}

static bool check_row_out(struct kl_check *check, uint32_t output, int32_t count,
                          uint32_t elem_bytes)
{
    return count >= 1 &&
           kl_check_out(check, output, kl_times((uint32_t)count, elem_bytes), elem_bytes);
}

bool kl_signal_window_check(const struct kl_signal_window *p, struct kl_check *check)
{
    return kl_within(p->shift, 0, 31) && kl_check_unary(check, p->width, 2, 2) &&
           kl_check_constant(check, p->window, (uint32_t)p->width, 2);
}

bool kl_signal_auto_scale_check(const struct kl_signal_auto_scale *p, struct kl_check *check)
{
    return check_row_in(check, 0, p->width, 2) && check_row_out(check, 0, p->width, 2) &&
           check_row_out(check, 1, 1, 4);
}

/* Digits of places are taken by radix, which ends for powers of two only. */
bool kl_rfft_s16_check(const struct kl_rfft_s16 *p, struct kl_check *check)
{
    enum { MIN_LENGTH = 4, MAX_LENGTH = KL_PACK_MAX_BYTES / 2 };
    if (!kl_within(p->length, MIN_LENGTH, MAX_LENGTH) || (p->length & (p->length - 1)) != 0 ||
        p->width < 1) {
        return false;
    }
    const uint32_t length = (uint32_t)p->length;
    const bool is_inverse = check->kernel == KL_KERNEL_IRFFT_S16;
    const uint32_t in_bytes = is_inverse ? 2 * length + 4 : kl_times((uint32_t)p->width, 2);
    return kl_check_in(check, 0, kl_out_rows(check), in_bytes, 2) &&
           kl_check_out(check, 0, is_inverse ? 2 * length : 2 * length + 4, 2) &&
           2 * length <= check->scratch_bytes && kl_check_constant(check, p->twiddle, length, 2) &&
           kl_check_constant(check, p->join, length / 2, 2);
}

bool kl_signal_energy_check(const struct kl_signal_energy *p, struct kl_check *check)
{
    return check_row_in(check, 0, p->bins, 4) && check_row_out(check, 0, p->bins, 4);
}

/* The ends of the farthest band among the energies and among the weights; false when one begins or
 * ends below 0. */
static bool find_ends(const struct kl_filter_bank *p, int32_t *bins, int32_t *weights)
{
    *bins = *weights = 0;
    for (int32_t band = 0; band <= p->channels; band++) {
        const int32_t width = p->widths[band];
        const int32_t bin = p->first_bin[band], weight = p->first_weight[band];
        if (width < 0 || bin < 0 || weight < 0) {
            return false;
        }
        *bins = bin + width > *bins ? bin + width : *bins;
        *weights = weight + width > *weights ? weight + width : *weights;
    }
    return true;
}

bool kl_filter_bank_check(const struct kl_filter_bank *p, struct kl_check *check)
{
    const uint32_t bands = (uint32_t)p->channels + 1;
    int32_t bins, weights;
    return check_row_out(check, 0, p->channels, 8) &&
           kl_check_constant(check, p->first_bin, bands, 2) &&
           kl_check_constant(check, p->first_weight, bands, 2) &&
           kl_check_constant(check, p->widths, bands, 2) && find_ends(p, &bins, &weights) &&
           check_row_in(check, 0, bins, 4) &&
           kl_check_constant(check, p->weights, (uint32_t)weights, 2) &&
           kl_check_constant(check, p->counterweights, (uint32_t)weights, 2);
}

bool kl_filter_bank_root_check(const struct kl_filter_bank_root *p, struct kl_check *check)
{
    return check_row_in(check, 0, p->channels, 8) && check_row_in(check, 1, 1, 4) &&
           check_row_out(check, 0, p->channels, 4);
}

bool kl_noise_subtraction_check(const struct kl_noise_subtraction *p, struct kl_check *check)
{
    return check_row_in(check, 0, p->channels, 4) && check_row_out(check, 0, p->channels, 4) &&
           check_row_out(check, 1, p->channels, 4) && kl_within(p->smoothing_bits, 0, 31) &&
           kl_within(p->bits, 0, 31);
}

bool kl_pcan_check(const struct kl_pcan *p, struct kl_check *check)
{
    return check_row_in(check, 0, p->channels, 4) && check_row_in(check, 1, p->channels, 4) &&
           check_row_out(check, 0, p->channels, 4) && kl_within(p->snr_shift, 0, 63) &&
           kl_check_constant(check, p->gain, KL_PCAN_GAINS, 2);
}

bool kl_filter_bank_log_check(const struct kl_filter_bank_log *p, struct kl_check *check)
{
    return check_row_in(check, 0, p->channels, 4) && check_row_out(check, 0, p->channels, 2) &&
           kl_within(p->correction_bits, 0, 31) &&
           kl_check_constant(check, p->table, KL_LOG2_ENTRIES, 2);
}

/* A row for each stream in the state `output`, too. */
static bool check_state(struct kl_check *check, uint32_t output, int32_t count, uint32_t elem_bytes)
{
    return output < check->outputs &&
           (uint32_t)check->rows[check->inputs + output].count == kl_out_rows(check) &&
           kl_check_out(check, output, kl_times((uint32_t)count, elem_bytes), elem_bytes);
}

bool kl_signal_frames_check(const struct kl_signal_frames *p, struct kl_check *check)
{
    /* Without `first` and `period` every step would be the first one, which is repeated. */
    if (p->first < 1 || p->period < 1 || p->step < 1 || p->steps < 1 || p->window < p->step ||
        p->frame < 1 || p->frame > p->window || !kl_within(p->repeat, 0, p->window / p->step)) {
        return false;
    }
    const uint32_t steps = (uint32_t)p->steps;
    return kl_check_in(check, 0, kl_out_rows(check),
                       kl_times(kl_times((uint32_t)p->step, 2), steps), 2) &&
           kl_check_out(check, 0, kl_times(kl_times((uint32_t)p->frame, 2), steps), 2) &&
           check_state(check, 1, p->window, 2) && kl_check_out(check, 2, 4, 4) &&
           kl_check_out(check, 3, 1, 1);
}

bool kl_overlap_add_check(const struct kl_overlap_add *p, struct kl_check *check)
{
    const uint32_t bytes = check->kernel == KL_KERNEL_OVERLAP_ADD_F32 ? 4 : 2;
    if (!kl_within(p->step, 1, p->frame) || p->frames < 1) {
        return false;
    }
    const uint32_t frames = (uint32_t)p->frames;
    return kl_check_in(check, 0, kl_out_rows(check),
                       kl_times(kl_times((uint32_t)p->frame, bytes), frames), bytes) &&
           kl_check_out(check, 0, kl_times(kl_times((uint32_t)p->step, bytes), frames), bytes) &&
           check_state(check, 1, p->frame, bytes);
}
