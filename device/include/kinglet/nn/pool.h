/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of pools. */
#ifndef KINGLET_NN_POOL_H
#define KINGLET_NN_POOL_H

#include <stdint.h>

#include "kinglet/nn/window.h"

/* AVERAGE_POOL_2D and MAX_POOL_2D int8 and int16. The average rounds half away from zero
 * and divides by the taps inside the image. */
struct kl_pool_s8 {
    struct kl_window win; /* in_c == out_c, dilation 1 */
    int32_t offset; /* the average rounds value + offset: 128 of values that were uint8, or 0 */
    int32_t min, max;
};

/* AVERAGE_POOL_2D and MAX_POOL_2D float32. */
struct kl_pool_f32 {
    struct kl_window win;
    float min, max;
};

#endif
