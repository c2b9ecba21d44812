/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of kernels that keep a window of the past. See kinglet/nn.h for rows and layouts. */
#ifndef KINGLET_NN_STREAM_H
#define KINGLET_NN_STREAM_H

#include <stdint.h>

/* CIRCULAR_BUFFER: the output, which is state, holds the last `slots` inputs, oldest first. */
struct kl_circular_buffer {
    int32_t slots;
    int32_t slot_bytes; /* of one input */
};

#endif
