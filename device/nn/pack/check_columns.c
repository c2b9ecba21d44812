/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the depthwise kernels for ARMv7E-M: columns.h and planes_shape.h of nn/armv7em. */
#include "nn/armv7em/columns.h"
#include "nn/armv7em/planes_shape.h"
#include "nn/pack/check.h"

static bool is_shape(const struct kl_window *win, int32_t stride)
{
    return win->in_c == win->out_c && win->out_c >= KL_COLUMN_CHANNELS && win->k_h == 3 &&
           win->k_w == 3 && win->dil_h == 1 && win->dil_w == 1 && win->stride_h == stride &&
           win->stride_w == stride && win->pad_left <= 2 && win->in_w + win->pad_left >= 2;
}

static bool check_scratch(const struct kl_depthwise_3x3_s8 *p, const struct kl_check *check)
{
    const uint32_t stride = (uint32_t)p->win.stride_h;
    const uint32_t rows = ((uint32_t)p->band - 1) * stride + 3;
    const uint32_t row = KL_COLUMN_CHANNELS * (uint32_t)sizeof(uint32_t);
    return kl_times(kl_times((uint32_t)p->columns + stride - 1, rows), row) <= check->scratch_bytes;
}

bool kl_depthwise_3x3_s8_check(const struct kl_depthwise_3x3_s8 *p, struct kl_check *check)
{
    const struct kl_window *win = &p->win;
    const int32_t stride = check->kernel == KL_KERNEL_DEPTHWISE_3X3_BY_2_S8_ARMV7EM ? 2 : 1;
    if (!kl_check_window(check, win, 1) || !is_shape(win, stride) ||
        !kl_within(p->in_zero_point, INT8_MIN, INT8_MAX)) {
        return false;
    }
    return p->columns == win->out_w / 2 + win->out_w % 2 && kl_within(p->band, 1, KL_COLUMN_ROWS) &&
           check_scratch(p, check) &&
           kl_check_constant(check, p->records, kl_times((uint32_t)win->out_c, KL_COLUMN_RECORD),
                             1) &&
           kl_check_limits(0, p->min, p->max, 1);
}

bool kl_check_depthwise_planes(const struct kl_depthwise_s8 *p, const struct kl_check *check)
{
    return kl_planes_fit(p) && kl_planes_scratch(p) <= check->scratch_bytes &&
           kl_check_shifts_right(&p->rq, p->win.out_c);
}
