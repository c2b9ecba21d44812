/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of the planes of planes.h in scratch memory, for the kernel, the planner, and the checks of
 * model packs. */
#ifndef KINGLET_NN_ARMV7EM_PLANES_SHAPE_H
#define KINGLET_NN_ARMV7EM_PLANES_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "kinglet/nn.h"

#define KL_PLANE_CHANNELS 4
#define KL_PLANE_TAPS 5
#define KL_PLANE_TILE 4 /* outputs that are computed together */
#define KL_PLANE_WORDS 3

/* Filters reach no farther, either way. */
#define KL_PLANE_REACH 127
#define KL_PLANE_OUTPUTS 65535 /* of a row, at most */

/* Input pixels that a filter line, or a filter column, reaches over. */
static inline int64_t kl_plane_reach(int32_t taps, int32_t dilation)
{
    return ((int64_t)taps - 1) * dilation + 1;
}

/* Sizes in scratch memory. */
struct kl_planes_shape {
    int32_t reach_w;
    int32_t phases;   /* of a row */
    int32_t line;     /* segments of a filter line */
    int32_t segments; /* of a filter */
    int32_t rows;     /* of planes: as many as a filter reaches over */
    int32_t phase;    /* bytes of one phase of one channel: a multiple of 4 */
    int32_t pitch;    /* of one channel's row */
};

static inline int32_t kl_plane_segments(int32_t taps)
{
    return (taps + KL_PLANE_TAPS - 1) / KL_PLANE_TAPS;
}

/* Taps of a filter line that are in this phase. */
static inline int32_t kl_phase_taps(const struct kl_planes_shape *shape, int32_t stride,
                                    int32_t phase)
{
    return (shape->reach_w - 1 - phase) / stride + 1;
}

/* Can the kernel compute it? */
static inline bool kl_planes_fit(const struct kl_depthwise_s8 *p)
{
    const struct kl_window *win = &p->win;
    /* Dilations count even where the filter has one row or column: offsets are products of them. */
    return win->dil_h <= KL_PLANE_REACH && win->dil_w <= KL_PLANE_REACH &&
           win->in_c >= KL_PLANE_CHANNELS && win->out_w <= KL_PLANE_OUTPUTS && win->pad_top >= 0 &&
           win->pad_left >= 0 && kl_plane_reach(win->k_h, win->dil_h) <= KL_PLANE_REACH &&
           kl_plane_reach(win->k_w, win->dil_w) <= KL_PLANE_REACH;
}

/* Of what kl_planes_fit. */
static inline struct kl_planes_shape kl_planes_shape(const struct kl_window *win)
{
    struct kl_planes_shape s = {.reach_w = (int32_t)kl_plane_reach(win->k_w, win->dil_w),
                                .rows = (int32_t)kl_plane_reach(win->k_h, win->dil_h)};
    s.phases = win->stride_w < s.reach_w ? win->stride_w : s.reach_w;
    for (int32_t phase = 0; phase < s.phases; phase++) {
        s.line += kl_plane_segments(kl_phase_taps(&s, win->stride_w, phase));
    }
    s.segments = s.line * win->k_h;
    /* A tile reads 8 pixels from each segment's first tap on. */
    const int32_t most = kl_plane_segments(kl_phase_taps(&s, win->stride_w, 0));
    const int32_t outputs = win->out_w < KL_PLANE_TILE ? KL_PLANE_TILE : win->out_w;
    s.phase = (outputs + (most - 1) * KL_PLANE_TAPS + 4 + 3) / 4 * 4;
    s.pitch = s.phase * s.phases;
    return s;
}

/* Bytes of the weights of four input channels' outputs. */
static inline int64_t kl_planes_weight_bytes(const struct kl_depthwise_s8 *p,
                                             const struct kl_planes_shape *shape)
{
    return (int64_t)p->multiplier * KL_PLANE_CHANNELS * shape->segments * KL_PLANE_WORDS *
           (int64_t)sizeof(int32_t);
}

/* Bytes of scratch memory: rows of planes, weights, where each segment begins, and where each tap
 * lies in the weights. */
static inline int64_t kl_planes_scratch(const struct kl_depthwise_s8 *p)
{
    const struct kl_planes_shape shape = kl_planes_shape(&p->win);
    const int64_t taps = (int64_t)p->win.k_h * p->win.k_w;
    return (int64_t)KL_PLANE_CHANNELS * shape.pitch * shape.rows +
           kl_planes_weight_bytes(p, &shape) +
           (shape.segments + shape.line + taps) * (int64_t)sizeof(int32_t);
}

#endif
