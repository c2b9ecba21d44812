/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A firmware that embeds a model: read a sensor, run the model, act on the best class.
 * model.h and model.c are what `kinglet compile kws.tflite` wrote for a classifier with one
 * int8 input and one int8 output.
 */
#include <stdalign.h>
#include <stdint.h>

#include "kinglet/model.h"
#include "model.h"

/* Yours: fill `sample` with `count` readings, and do something with the result. */
void sensor_read(float *sample, uint32_t count);
void act_on(uint32_t class_index, float probability);
void watchdog_feed(void);

/* All memory that the model needs. Inputs and outputs lie in it, too. */
static alignas(KL_ARENA_ALIGN) unsigned char arena[KWS_ARENA_BYTES];

/* Real value to the nearest int8 step of the tensor. */
static int8_t quantise(float value, const struct kl_tensor_info *info)
{
    float steps = value / info->scale;
    float limited = steps < -1000.0f ? -1000.0f : steps > 1000.0f ? 1000.0f : steps;
    int32_t q = (int32_t)(limited + (limited < 0.0f ? -0.5f : 0.5f)) + info->zero_point;
    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

static void fill_input(void)
{
    const struct kl_tensor_info *info = &kws_model.inputs[0];
    int8_t *input = kl_model_input(&kws_model, arena, 0);
    for (uint32_t i = 0; i < info->bytes; i++) {
        float sample;
        sensor_read(&sample, 1);
        input[i] = quantise(sample, info);
    }
}

static void use_output(void)
{
    const struct kl_tensor_info *info = &kws_model.outputs[0];
    const int8_t *output = kl_model_output(&kws_model, arena, 0);
    uint32_t best = 0;
    for (uint32_t i = 1; i < info->bytes; i++) {
        best = output[i] > output[best] ? i : best;
    }
    act_on(best, (float)(output[best] - info->zero_point) * info->scale);
}

int main(void)
{
    kl_model_reset(&kws_model, arena); /* for models with state */
    for (;;) {
        fill_input();
        /* kl_model_run does the same in one call; step by step, a watchdog stays quiet. */
        uint32_t step = 0;
        while (step < kws_model.step_count) {
            step = kl_model_step(&kws_model, arena, step);
            watchdog_feed();
        }
        use_output();
    }
}
