/* SPDX-License-Identifier: Apache-2.0 */
/* What a product writes itself, beside its model: the driver of its sensor, and what it does. */
#ifndef APP_H
#define APP_H

#include <stdbool.h>

#include "kinglet/sensor.h"

/* Begin to measure. NULL: the sensor does not answer. */
const struct kl_sensor *app_sensor_start(void);

/* An event of a class has begun, or has ended. */
void app_act(uint32_t class_index, bool has_begun);

#endif
