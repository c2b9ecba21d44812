/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording in the place of a sensor, over and over, for boards without one. recording.inc has
 * its values, as the Makefile makes it of CSV files. Yours talks to your chip.
 */
#include "app.h"
#include "kinglet/port_device.h"

enum { CHANNELS = 3, RATE = 50 };
#ifndef SPEED
#define SPEED 1 /* times as fast as it was recorded */
#endif

static const int16_t values[] = {
#include "recording.inc"
};

enum { FRAMES = sizeof values / sizeof values[0] / CHANNELS };

struct recording {
    uint32_t last_time; /* when `due` was right */
    uint32_t due;       /* microseconds that were not yet made frames, times SPEED */
    uint32_t place;     /* the next frame */
};

static int32_t read(void *context, int16_t *frames, uint32_t count)
{
    struct recording *r = context;
    const uint32_t now = kl_port_microseconds(), per_frame = 1000000 / RATE;
    uint32_t done = 0;
    r->due += (now - r->last_time) * SPEED;
    r->last_time = now;
    for (; done < count && r->due >= per_frame; done++) {
        for (uint32_t c = 0; c < CHANNELS; c++) {
            *frames++ = values[r->place * CHANNELS + c];
        }
        r->due -= per_frame;
        r->place = (r->place + 1) % FRAMES;
    }
    return (int32_t)done;
}

const struct kl_sensor *app_sensor_start(void)
{
    static struct recording recording;
    static const struct kl_sensor sensor = {read, &recording, RATE, CHANNELS};
    recording.last_time = kl_port_microseconds();
    return &sensor;
}
