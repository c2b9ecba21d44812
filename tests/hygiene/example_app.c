/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What docs/guide/examples/main.c leaves to its user, for a test on the host: the sensor plays
 * a recorded input, and the first result decides whether the program succeeds.
 *
 *     EXAMPLE_INPUT=sample.bin EXAMPLE_EXPECT=expected.bin example
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "kinglet/model.h"
#include "model.h"

void sensor_read(float *sample, uint32_t count);
void act_on(uint32_t class_index, float probability);
void watchdog_feed(void);

static uint32_t samples_read, watchdog_fed;

/* The whole file that the environment variable names, or the end of the program. */
static void read_file(const char *variable, int8_t *data, uint32_t bytes)
{
    const char *path = getenv(variable);
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file || fread(data, 1, bytes, file) != bytes) {
        fprintf(stderr, "%s: cannot read %u bytes\n", variable, bytes);
        exit(2);
    }
    fclose(file);
}

void sensor_read(float *sample, uint32_t count)
{
    static int8_t recorded[KWS_INPUT_0_BYTES];
    const struct kl_tensor_info *info = &kws_model.inputs[0];
    if (samples_read == 0) {
        read_file("EXAMPLE_INPUT", recorded, sizeof recorded);
    }
    for (uint32_t i = 0; i < count; i++) {
        int32_t q = recorded[samples_read++ % KWS_INPUT_0_BYTES];
        sample[i] = (float)(q - info->zero_point) * info->scale;
    }
}

void watchdog_feed(void)
{
    watchdog_fed++;
}

void act_on(uint32_t class_index, float probability)
{
    int8_t expected[KWS_OUTPUT_0_BYTES];
    uint32_t best = 0;
    read_file("EXAMPLE_EXPECT", expected, sizeof expected);
    for (uint32_t i = 1; i < sizeof expected; i++) {
        best = expected[i] > expected[best] ? i : best;
    }
    const struct kl_tensor_info *info = &kws_model.outputs[0];
    float wanted = (float)(expected[best] - info->zero_point) * info->scale;
    printf("class %u, probability %.4f; expected class %u, %.4f; %u samples, %u steps\n",
           class_index, (double)probability, best, (double)wanted, samples_read, watchdog_fed);
    exit(class_index == best && probability >= wanted && probability <= wanted &&
                 samples_read == KWS_INPUT_0_BYTES && watchdog_fed == kws_model.step_count
             ? 0
             : 1);
}
