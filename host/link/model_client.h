/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of the model test protocol (docs/spec/model-protocol.md): SMP over serial
 * framing, user group 64, spoken by device/agent/model_group.c.
 *
 * Every call sends requests and waits for their responses. Errors: KL_EIO when the device
 * does not answer within the channel's timeout or the channel closed (with the last line of
 * text that the device sent, which is where a fault reports itself), KL_EINPUT when it
 * refuses the request or answers with something malformed.
 */
#ifndef KINGLET_LINK_MODEL_CLIENT_H
#define KINGLET_LINK_MODEL_CLIENT_H

#include <stdint.h>

#include "base/arena.h"
#include "link/channel.h"

enum { KL_DEVICE_TENSORS_MAX = 16 };

/* What the device says about its model (command 0). */
struct kl_device_model {
    uint32_t arena_bytes;
    uint32_t step_count;
    uint32_t input_count, output_count;
    uint32_t input_offset[KL_DEVICE_TENSORS_MAX], input_bytes[KL_DEVICE_TENSORS_MAX];
    uint32_t output_offset[KL_DEVICE_TENSORS_MAX], output_bytes[KL_DEVICE_TENSORS_MAX];
};

struct kl_device_stats {
    uint32_t run_stack_bytes; /* high-water mark of the stack below the entry of the last run */
};

enum kl_err kl_device_info(struct kl_channel *channel, struct kl_device_model *info,
                           struct kl_diag *diag) KL_MUST_CHECK;
/* Write `bytes` bytes into the arena at `offset`, in chunks. */
enum kl_err kl_device_write(struct kl_channel *channel, uint32_t offset, const void *data,
                            uint32_t bytes, struct kl_diag *diag) KL_MUST_CHECK;
/* Let the device copy from its mailbox memory (emulated boards; preloaded by the emulator). */
enum kl_err kl_device_copy(struct kl_channel *channel, uint32_t offset, uint32_t mailbox_offset,
                           uint32_t bytes, struct kl_diag *diag) KL_MUST_CHECK;
/* Give the model's state its initial values; the rest of the arena is lost. */
enum kl_err kl_device_reset(struct kl_channel *channel, struct kl_diag *diag) KL_MUST_CHECK;
/* Begin with step `first` and go on while the next step is one of first .. first+count-1. */
enum kl_err kl_device_run(struct kl_channel *channel, uint32_t first, uint32_t count,
                          struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err kl_device_read(struct kl_channel *channel, uint32_t offset, void *data, uint32_t bytes,
                           struct kl_diag *diag) KL_MUST_CHECK;
enum kl_err kl_device_stats(struct kl_channel *channel, struct kl_device_stats *stats,
                            struct kl_diag *diag) KL_MUST_CHECK;
/* Let the device validate and serve a model pack in its mailbox; bytes 0: its own. *error is 0, or
 * the negative of what kl_pack_validate returned. */
enum kl_err kl_device_load(struct kl_channel *channel, uint32_t mailbox_offset, uint32_t bytes,
                           uint32_t *error, struct kl_diag *diag) KL_MUST_CHECK;
/* End the firmware with `status`; an emulator then ends with it. */
enum kl_err kl_device_exit(struct kl_channel *channel, uint8_t status,
                           struct kl_diag *diag) KL_MUST_CHECK;

#endif
