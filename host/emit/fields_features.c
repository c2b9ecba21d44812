/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kinglet/nn/features.h. */
#include "emit/fields_internal.h"

const struct kl_field kl_frame_fields[] = {I32(kl_frame, samples),
                                           I32(kl_frame, channels),
                                           I32(kl_frame, length),
                                           I32(kl_frame, hop),
                                           I32(kl_frame, frames),
                                           POINTER(kl_frame, window),
                                           END};

const struct kl_field kl_rfft_f32_fields[] = {
    I32(kl_rfft_f32, width),       I32(kl_rfft_f32, length),   POINTER(kl_rfft_f32, order),
    POINTER(kl_rfft_f32, twiddle), POINTER(kl_rfft_f32, join), END};

const struct kl_field kl_squared_magnitude_fields[] = {I32(kl_squared_magnitude, bins), END};

const struct kl_field kl_bands_f32_fields[] = {
    I32(kl_bands_f32, bins),      I32(kl_bands_f32, bands),       POINTER(kl_bands_f32, first),
    POINTER(kl_bands_f32, count), POINTER(kl_bands_f32, weights), END};

const struct kl_field kl_statistics_fields[] = {I32(kl_statistics, width),
                                                I32(kl_statistics, which), END};

const struct kl_field kl_peaks_fields[] = {I32(kl_peaks, bins), I32(kl_peaks, peaks),
                                           F32(kl_peaks, threshold), F32(kl_peaks, bin_width), END};

const struct kl_field kl_biquad_fields[] = {I32(kl_biquad, outer),
                                            I32(kl_biquad, count),
                                            I32(kl_biquad, inner),
                                            I32(kl_biquad, sections),
                                            POINTER(kl_biquad, coefficients),
                                            END};
