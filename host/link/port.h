/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a device that is there already: a serial port, a pseudo-terminal, or a unix socket. */
#ifndef KINGLET_LINK_PORT_H
#define KINGLET_LINK_PORT_H

#include "link/channel.h"

/*
 * Open the port at `path`; a serial one with 115,200 baud, 8 data bits and no parity, raw.
 * kl_port_close in any case. KL_EUSAGE: it is neither; KL_EIO: it cannot be opened.
 */
enum kl_err kl_port_open(const char *path, int timeout_ms, struct kl_channel *channel,
                         struct kl_diag *diag) KL_MUST_CHECK;
void kl_port_close(struct kl_channel *channel);

#endif
