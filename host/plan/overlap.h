/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far the output of a step may lie over its input: the lead of struct kl_plan_overlap, from the
 * order in which a kernel reads and writes. Private to plan/.
 */
#ifndef KINGLET_PLAN_OVERLAP_H
#define KINGLET_PLAN_OVERLAP_H

#include "plan/plan.h"

/* What a kernel that goes through the output pixel by pixel has read before it writes. */
enum kl_reading {
    KL_READS_PIXEL,   /* all inputs of a pixel, before its first output */
    KL_READS_CHANNEL, /* channel c of its inputs, before output c; as many channels in as out */
    KL_READS_ALONG    /* any of them until its last output: the kernel's order does not matter */
};

/* Of a window over `images` images with dense rows, elements of that size on both sides. */
struct kl_plan_overlap kl_overlap_window(const struct kl_window *window, int32_t images,
                                         enum kl_reading reading, int32_t elem_bytes);

/*
 * The same of a kernel that reads each input row once, and all rows that an output row sees before
 * its first output.
 */
struct kl_plan_overlap kl_overlap_window_rows(const struct kl_window *window, int32_t images,
                                              int32_t elem_bytes);

/* The same of a kernel that reads the input rows of `band` output rows of an image, writes these in
 * any order in between, and goes on to the next band. */
struct kl_plan_overlap kl_overlap_window_bands(const struct kl_window *window, int32_t images,
                                               int32_t band, int32_t elem_bytes);

/* Of `rows` vectors, one after the other, each read until it is done. */
struct kl_plan_overlap kl_overlap_rows(int32_t in_bytes, int32_t out_bytes, int32_t rows);

/* Of `count` elements in order, each read before it is written. */
struct kl_plan_overlap kl_overlap_elements(int64_t count, int32_t in_bytes, int32_t out_bytes);

/* Of a reduction whose outputs are written in order, each after all its inputs were read. */
struct kl_plan_overlap kl_overlap_reduce(const struct kl_reduce *reduce, int32_t elem_bytes);

#endif
