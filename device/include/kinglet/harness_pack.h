/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test harness for model packs: a firmware that serves one pack at a time, its own or one in
 * the mailbox, over the first UART. It is device/agent without its harness.c,
 * nn/pack, nn/kernels.c, a port, and a generated file that defines the names below.
 */
#ifndef KINGLET_HARNESS_PACK_H
#define KINGLET_HARNESS_PACK_H

#include "kinglet/harness.h"
#include "kinglet/pack.h"

/* What the firmware can execute; kl_harness_arena has kl_engine.arena_bytes bytes. */
extern const struct kl_engine kl_engine;

/* The firmware's own pack, aligned to KL_PACK_ALIGN; 0 bytes: none. */
extern const unsigned char kl_harness_pack[];
extern const uint32_t kl_harness_pack_bytes;

/* Run steps first .. first+count-1 of a validated pack between the two markers. */
void kl_harness_run_pack(const struct kl_pack *pack, unsigned char *arena, uint32_t first,
                         uint32_t count);

#endif
