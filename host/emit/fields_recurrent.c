/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of kernels that carry state, and of control flow. */
#include "emit/fields_internal.h"

const struct kl_field kl_svdf_s8_fields[] = {I32(kl_svdf_s8, inputs),
                                             I32(kl_svdf_s8, units),
                                             I32(kl_svdf_s8, rank),
                                             I32(kl_svdf_s8, memory),
                                             POINTER(kl_svdf_s8, features),
                                             POINTER(kl_svdf_s8, feature_bias),
                                             POINTER(kl_svdf_s8, time),
                                             POINTER(kl_svdf_s8, bias),
                                             I32(kl_svdf_s8, state_multiplier),
                                             I32(kl_svdf_s8, state_shift),
                                             I32(kl_svdf_s8, state_zero_point),
                                             I32(kl_svdf_s8, state_min),
                                             I32(kl_svdf_s8, state_max),
                                             I32(kl_svdf_s8, out_multiplier),
                                             I32(kl_svdf_s8, out_shift),
                                             I32(kl_svdf_s8, out_zero_point),
                                             END};

const struct kl_field kl_svdf_f32_fields[] = {
    I32(kl_svdf_f32, inputs),       I32(kl_svdf_f32, units),
    I32(kl_svdf_f32, rank),         I32(kl_svdf_f32, memory),
    POINTER(kl_svdf_f32, features), POINTER(kl_svdf_f32, time),
    POINTER(kl_svdf_f32, bias),     F32(kl_svdf_f32, min),
    F32(kl_svdf_f32, max),          END};

const struct kl_field kl_lstm_s8_fields[] = {I32(kl_lstm_s8, batches),
                                             I32(kl_lstm_s8, times),
                                             I32(kl_lstm_s8, batch_rows),
                                             I32(kl_lstm_s8, time_rows),
                                             I32(kl_lstm_s8, inputs),
                                             I32(kl_lstm_s8, cells),
                                             POINTER(kl_lstm_s8, weights),
                                             POINTER(kl_lstm_s8, recurrent),
                                             POINTER(kl_lstm_s8, bias),
                                             POINTER(kl_lstm_s8, recurrent_bias),
                                             POINTER(kl_lstm_s8, table),
                                             I32_ARRAY(kl_lstm_s8, multiplier, 4),
                                             I32_ARRAY(kl_lstm_s8, shift, 4),
                                             I32_ARRAY(kl_lstm_s8, recurrent_multiplier, 4),
                                             I32_ARRAY(kl_lstm_s8, recurrent_shift, 4),
                                             I32(kl_lstm_s8, forget_multiplier),
                                             I32(kl_lstm_s8, forget_shift),
                                             I32(kl_lstm_s8, input_multiplier),
                                             I32(kl_lstm_s8, input_shift),
                                             I32(kl_lstm_s8, hidden_multiplier),
                                             I32(kl_lstm_s8, hidden_shift),
                                             I32(kl_lstm_s8, hidden_zero_point),
                                             I32(kl_lstm_s8, tanh_multiplier),
                                             I32(kl_lstm_s8, tanh_right_shift),
                                             I32(kl_lstm_s8, clip),
                                             END};

const struct kl_field kl_lstm_f32_fields[] = {I32(kl_lstm_f32, batches),
                                              I32(kl_lstm_f32, times),
                                              I32(kl_lstm_f32, batch_rows),
                                              I32(kl_lstm_f32, time_rows),
                                              I32(kl_lstm_f32, inputs),
                                              I32(kl_lstm_f32, cells),
                                              POINTER(kl_lstm_f32, weights),
                                              POINTER(kl_lstm_f32, recurrent),
                                              POINTER(kl_lstm_f32, bias),
                                              F32(kl_lstm_f32, clip),
                                              END};

const struct kl_field kl_lstm_hybrid_fields[] = {I32(kl_lstm_hybrid, batches),
                                                 I32(kl_lstm_hybrid, times),
                                                 I32(kl_lstm_hybrid, batch_rows),
                                                 I32(kl_lstm_hybrid, time_rows),
                                                 I32(kl_lstm_hybrid, inputs),
                                                 I32(kl_lstm_hybrid, cells),
                                                 I32(kl_lstm_hybrid, asymmetric),
                                                 POINTER(kl_lstm_hybrid, weights),
                                                 POINTER(kl_lstm_hybrid, recurrent),
                                                 POINTER(kl_lstm_hybrid, bias),
                                                 POINTER(kl_lstm_hybrid, weight_scale),
                                                 F32(kl_lstm_hybrid, clip),
                                                 END};

const struct kl_field kl_circular_buffer_fields[] = {I32(kl_circular_buffer, slots),
                                                     I32(kl_circular_buffer, slot_bytes), END};

const struct kl_field kl_period_fields[] = {I32(kl_period, period), END};

const struct kl_field kl_branch_fields[] = {I32(kl_branch, target), I32(kl_branch, conditional),
                                            END};
