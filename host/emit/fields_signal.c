/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of signal operators. */
#include "emit/fields_internal.h"

const struct kl_field kl_signal_window_fields[] = {I32(kl_signal_window, width),
                                                   I32(kl_signal_window, shift),
                                                   POINTER(kl_signal_window, window), END};

const struct kl_field kl_signal_auto_scale_fields[] = {I32(kl_signal_auto_scale, width), END};

const struct kl_field kl_rfft_s16_fields[] = {I32(kl_rfft_s16, width), I32(kl_rfft_s16, length),
                                              POINTER(kl_rfft_s16, twiddle),
                                              POINTER(kl_rfft_s16, join), END};

const struct kl_field kl_signal_energy_fields[] = {
    I32(kl_signal_energy, bins), I32(kl_signal_energy, start), I32(kl_signal_energy, end), END};

const struct kl_field kl_filter_bank_fields[] = {I32(kl_filter_bank, channels),
                                                 POINTER(kl_filter_bank, weights),
                                                 POINTER(kl_filter_bank, counterweights),
                                                 POINTER(kl_filter_bank, first_bin),
                                                 POINTER(kl_filter_bank, first_weight),
                                                 POINTER(kl_filter_bank, widths),
                                                 END};

const struct kl_field kl_filter_bank_root_fields[] = {I32(kl_filter_bank_root, channels), END};

const struct kl_field kl_noise_subtraction_fields[] = {
    I32(kl_noise_subtraction, channels),
    I32_ARRAY(kl_noise_subtraction, smoothing, 2),
    I32_ARRAY(kl_noise_subtraction, one_minus_smoothing, 2),
    I32(kl_noise_subtraction, min_signal_remaining),
    I32(kl_noise_subtraction, smoothing_bits),
    I32(kl_noise_subtraction, bits),
    I32(kl_noise_subtraction, clamping),
    END};

const struct kl_field kl_pcan_fields[] = {I32(kl_pcan, channels), I32(kl_pcan, snr_shift),
                                          POINTER(kl_pcan, gain), END};

const struct kl_field kl_filter_bank_log_fields[] = {
    I32(kl_filter_bank_log, channels), I32(kl_filter_bank_log, output_scale),
    I32(kl_filter_bank_log, correction_bits), POINTER(kl_filter_bank_log, table), END};

const struct kl_field kl_signal_frames_fields[] = {
    I32(kl_signal_frames, step),   I32(kl_signal_frames, steps),
    I32(kl_signal_frames, window), I32(kl_signal_frames, frame),
    I32(kl_signal_frames, first),  I32(kl_signal_frames, period),
    I32(kl_signal_frames, repeat), END};

const struct kl_field kl_overlap_add_fields[] = {
    I32(kl_overlap_add, frame), I32(kl_overlap_add, step), I32(kl_overlap_add, frames), END};
