/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver of a sensor offers to an application. */
#ifndef KINGLET_SENSOR_H
#define KINGLET_SENSOR_H

#include <stdint.h>

enum kl_sensor_error {
    KL_SENSOR_FAILED = -216, /* it does not answer, or not as it should */
    KL_SENSOR_LOST = -217,   /* frames were lost because nobody read them in time; it goes on */
};

/*
 * A sensor that measures by itself, `rate` times in a second, `channels` values each time: a frame.
 * read(context, frames, count) takes up to `count` frames that are there, as the sensor counts
 * them, and returns at once: how many there were, 0 for none yet, or an enum kl_sensor_error.
 */
struct kl_sensor {
    int32_t (*read)(void *context, int16_t *frames, uint32_t count);
    void *context;
    uint32_t rate;     /* Hz */
    uint32_t channels; /* values of a frame, interleaved */
};

#endif
