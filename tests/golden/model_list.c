/* SPDX-License-Identifier: Apache-2.0 */
#include "model_list.h"

#include <stddef.h>

/* Models with float inputs that are int8 inside (catdog_q and others) are exact, too. */
const struct listed_model supported_models[] = {
    {"ambiq_har_int8", 0.0f},
    {"audio_preprocessor_int8", 0.0f},
    {"aww_tum", 0.0f},
    {"catdog_q", 0.0f},
    {"coral_mobilenet_v1_025_128_uint8", 0.0f},
    {"dtln_quant_1", FLOAT_TOLERANCE},
    {"fan_anomaly_ae_float", FLOAT_TOLERANCE},
    {"hello_world_float", FLOAT_TOLERANCE},
    {"hello_world_int8", 0.0f},
    {"keyword_scrambled_8bit", 0.0f},
    {"lstm2", FLOAT_TOLERANCE},
    {"magic_wand_tum", FLOAT_TOLERANCE},
    {"mcunet_vww", 0.0f},
    {"mediapipe_face_short_range", OTHER_ORDER_TOLERANCE},
    {"micro_kws_m_fp32", FLOAT_TOLERANCE},
    {"micro_kws_m_int8", 0.0f},
    {"micro_speech_quantized", 0.0f},
    {"mlperf_ad01_fp32", FLOAT_TOLERANCE},
    {"mlperf_ad01_int8", 0.0f},
    {"mlperf_ic_fp32", FLOAT_TOLERANCE},
    {"mlperf_ic_int8", 0.0f},
    {"mlperf_ic_large_int8", 0.0f},
    {"mlperf_kws_fp32", FLOAT_TOLERANCE},
    {"mlperf_kws_int8", 0.0f},
    {"mlperf_sww_int8", 0.0f},
    {"mlperf_vww_fp32", FLOAT_TOLERANCE},
    {"mlperf_vww_int8", 0.0f},
    {"mltk_autoencoder_example", FLOAT_TOLERANCE},
    {"mltk_image_example1", 0.0f},
    {"mltk_kws_mobilenetv2", 0.0f},
    {"mltk_rock_paper_scissors", 0.0f},
    {"mlzoo_cnn_s_int8", 0.0f},
    {"mnist_lstm_int8", 0.0f},
    {"mww_v2_okay_nabu", 0.0f},
    {"mww_v2_vad", 0.0f},
    {"openmv_fomo_face", 0.0f},
    {"oww_alice", FLOAT_TOLERANCE},
    {"person_detect", 0.0f},
    {"simple_add_model", 0.0f},
    {"simple_mnist", FLOAT_TOLERANCE},
    {"st_yamnet256_esc10_int8", 0.0f},
    {"test_multi_out", FLOAT_TOLERANCE},
    {"test_scratch", 0.0f},
    {"tinymaix_cifar10_q", 0.0f},
    {"tinymaix_mbnet96_025_q", 0.0f},
    {"tinymaix_mnist_valid_f", FLOAT_TOLERANCE},
    {"tinymaix_mnist_valid_q", 0.0f},
    {NULL, 0.0f},
};

/* None at present. */
const struct refused_model refused_models[] = {
    {NULL, NULL},
};

/* 256 KB of flash and 16 KB of RAM, of which the test firmware takes 8 for its stack. */
const char *const small_board = "microbit";

const char *const models_of_small_board[] = {
    "catdog_q",
    "fan_anomaly_ae_float",
    "hello_world_float",
    "hello_world_int8",
    "micro_speech_quantized",
    "mlperf_sww_int8",
    "mltk_autoencoder_example",
    "test_multi_out",
    "tinymaix_mnist_valid_f",
    "tinymaix_mnist_valid_q",
    NULL,
};
