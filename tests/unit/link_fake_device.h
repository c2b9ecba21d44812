/* SPDX-License-Identifier: Apache-2.0 */
/* A device in this process: the real agent with a small model, behind a socket. */
#ifndef KINGLET_TESTS_LINK_FAKE_DEVICE_H
#define KINGLET_TESTS_LINK_FAKE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "link/channel.h"

enum { FAKE_ARENA_BYTES = 4096, FAKE_MAILBOX_BYTES = 3000, FAKE_STACK_BYTES = 1234 };

/* Input: 16 bytes at 0. Output: 16 bytes at 2048. Steps: add one to the input; double it;
 * copy it to the output. */
struct fake_device;

/* Start its thread and open the channel to it. The mailbox holds i * 7 at byte i. */
struct fake_device *fake_device_start(void);
struct kl_channel *fake_device_channel(struct fake_device *device);
/* Bytes of text that the device sends before each answer, NUL-terminated; NULL for none. */
void fake_device_set_noise(struct fake_device *device, const char *noise);
/* Close the channel, wait for the thread, free all; the status of its exit, or -1. */
int fake_device_stop(struct fake_device *device);

#endif
