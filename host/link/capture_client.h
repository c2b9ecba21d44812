/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of the capture group (docs/spec/management.md). Errors as those of kl_smp_call.
 */
#ifndef KINGLET_LINK_CAPTURE_CLIENT_H
#define KINGLET_LINK_CAPTURE_CLIENT_H

#include "link/channel.h"

enum { KL_CAPTURE_CHANNELS_MAX = 64, KL_CAPTURE_VALUES_MAX = 512 };

struct kl_capture_state {
    uint32_t rate, channels; /* both at least 1 */
    uint32_t next;           /* number of the frame that is measured next */
};

enum kl_err kl_device_capture_state(struct kl_channel *channel, struct kl_capture_state *state,
                                    struct kl_diag *diag) KL_MUST_CHECK;

struct kl_capture_frames {
    uint32_t first, count; /* number of the first one: what lies before it is lost; how many */
    int16_t values[KL_CAPTURE_VALUES_MAX]; /* [count][channels] */
};

/* Frames from this number on. KL_EINPUT: the device has not come so far, since it was reset. */
enum kl_err kl_device_capture_frames(struct kl_channel *channel, uint32_t channels, uint32_t from,
                                     struct kl_capture_frames *frames,
                                     struct kl_diag *diag) KL_MUST_CHECK;

#endif
