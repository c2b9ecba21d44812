/* SPDX-License-Identifier: Apache-2.0 */
/* How far the output of a sliding window may lie over its input. Private to plan/. */
#ifndef KINGLET_PLAN_WINDOW_LEAD_H
#define KINGLET_PLAN_WINDOW_LEAD_H

#include <stdint.h>

#include "kinglet/nn.h"

/*
 * The lead (struct kl_plan_overlap) of a kernel that computes the pixels of `images` images in
 * order, rows from left to right, and reads all inputs of a pixel before it writes its outputs.
 * Elements are bytes; input and output rows are dense.
 */
int64_t kl_window_lead(const struct kl_window *window, int64_t images);

#endif
