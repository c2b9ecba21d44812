/* SPDX-License-Identifier: Apache-2.0 */
/* A byte channel to a device: a serial port, an emulator's UART, a socket. */
#ifndef KINGLET_LINK_CHANNEL_H
#define KINGLET_LINK_CHANNEL_H

#include <stddef.h>

#include <stdint.h>

#include "base/diag.h"

/* Both calls work on one open file descriptor pair; timeout_ms bounds each whole call. */
struct kl_channel {
    int read_fd;
    int write_fd;
    int timeout_ms;
    uint8_t sequence; /* number of the last request, kept by smp_client.c; start with 0 */
};

/* Read 1..max bytes; *got = 0 at end of stream. Times out with KL_EIO. Does not use
 * `sequence`; a closed pipe is an error, never a signal. */
enum kl_err kl_channel_read(struct kl_channel *channel, void *data, size_t max, size_t *got,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* Write all bytes. */
enum kl_err kl_channel_write(struct kl_channel *channel, const void *data, size_t bytes,
                             struct kl_diag *diag) KL_MUST_CHECK;

#endif
