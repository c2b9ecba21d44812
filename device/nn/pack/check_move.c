/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of kernels that move elements. */
#include "nn/pack/check.h"

/* Bytes from a base that strided dimensions lead to. */
struct span {
    int32_t low;   /* <= 0 */
    uint32_t high; /* the first byte behind */
};

/* False when a position is farther than any pack or arena is long. */
static bool find_span(const struct kl_move *p, const int32_t step[KL_MOVE_RANK], struct span *span)
{
    *span = (struct span){0, (uint32_t)p->elem_bytes};
    for (int32_t d = 0; d < KL_MOVE_RANK; d++) {
        if (!kl_within(step[d], -KL_PACK_MAX_BYTES, KL_PACK_MAX_BYTES)) {
            return false;
        }
        const bool back = step[d] < 0;
        const uint32_t far =
            kl_times((uint32_t)p->dim[d] - 1, (uint32_t)(back ? -step[d] : step[d]));
        if (far > KL_PACK_MAX_BYTES) {
            return false;
        }
        span->low -= back ? (int32_t)far : 0;
        span->high += back ? 0 : far;
        if (span->low < -KL_PACK_MAX_BYTES || span->high > KL_PACK_MAX_BYTES) {
            return false;
        }
    }
    return true;
}

/* A step times its dimension is made, too, when the copy goes back to the start of one. */
static bool turns_fit(const struct kl_move *p, const int32_t step[KL_MOVE_RANK])
{
    for (int32_t d = 0; d < KL_MOVE_RANK; d++) {
        if (kl_times((uint32_t)p->dim[d], (uint32_t)(step[d] < 0 ? -step[d] : step[d])) >
            INT32_MAX) {
            return false;
        }
    }
    return true;
}

bool kl_move_check(const struct kl_move *p, struct kl_check *check)
{
    struct span in, out;
    uint32_t bytes = (uint32_t)p->elem_bytes;
    if (p->elem_bytes != 1 && p->elem_bytes != 2 && p->elem_bytes != 4 && p->elem_bytes != 8) {
        return false;
    }
    for (int32_t d = 0; d < KL_MOVE_RANK; d++) {
        if (p->dim[d] < 1) {
            return false;
        }
        bytes = kl_times(bytes, (uint32_t)p->dim[d]);
    }
    /* No output is written twice: that bounds the time. Elements are copied as bytes. */
    return find_span(p, p->in_step, &in) && find_span(p, p->out_step, &out) &&
           turns_fit(p, p->in_step) && turns_fit(p, p->out_step) &&
           bytes <= out.high + (uint32_t)-out.low && kl_out_rows(check) == 1 &&
           kl_check_bytes(check, 0, in.low, in.high, 1) &&
           kl_check_bytes(check, check->inputs, out.low, out.high, 1) &&
           kl_check_apart(check, 0, check->inputs);
}

bool kl_fill_check(const struct kl_fill *p, struct kl_check *check)
{
    return (p->elem_bytes == 1 || p->elem_bytes == 2 || p->elem_bytes == 4) && p->width >= 1 &&
           kl_check_out(check, 0, kl_times((uint32_t)p->width, (uint32_t)p->elem_bytes),
                        (uint32_t)p->elem_bytes);
}

static uint32_t largest(const uint16_t *table, int32_t count)
{
    uint32_t max = 0;
    for (int32_t i = 0; i < count; i++) {
        max = table[i] > max ? table[i] : max;
    }
    return max;
}

bool kl_resize_nearest_check(const struct kl_resize_nearest *p, struct kl_check *check)
{
    if (p->in_h < 1 || p->out_h < 1 || p->out_w < 1 || p->pixel_bytes < 1 ||
        !kl_check_constant(check, p->row, (uint32_t)p->out_h, 2) ||
        !kl_check_constant(check, p->col, (uint32_t)p->out_w, 2) ||
        largest(p->row, p->out_h) >= (uint32_t)p->in_h) {
        return false;
    }
    const uint32_t images = (kl_out_rows(check) - 1) / (uint32_t)p->out_h + 1;
    const uint32_t in_row = kl_times(largest(p->col, p->out_w) + 1, (uint32_t)p->pixel_bytes);
    return kl_check_in(check, 0, kl_times(images, (uint32_t)p->in_h), in_row, 1) &&
           kl_check_out(check, 0, kl_times((uint32_t)p->out_w, (uint32_t)p->pixel_bytes), 1) &&
           kl_check_apart(check, 0, check->inputs);
}

/* Parts of int8 images, so that sums of four weighted pixels fit. */
static bool parts_fit(const struct kl_check *check, const int16_t *parts, int32_t count)
{
    if (!kl_check_constant(check, parts, (uint32_t)count, 2)) {
        return false;
    }
    for (int32_t i = 0; i < count; i++) {
        if (!kl_within(parts[i], -KL_RESIZE_ONE, KL_RESIZE_ONE)) {
            return false;
        }
    }
    return true;
}

bool kl_resize_bilinear_check(const struct kl_resize_bilinear *p, struct kl_check *check)
{
    const bool is_float = check->kernel == KL_KERNEL_RESIZE_BILINEAR_F32;
    const uint32_t elem_bytes = is_float ? 4 : 1;
    if (!kl_within(p->in_h, 1, UINT16_MAX + 1) || !kl_within(p->out_h, 1, UINT16_MAX) ||
        !kl_within(p->out_w, 1, UINT16_MAX) || p->channels < 1 ||
        !kl_check_constant(check, p->row, 2 * (uint32_t)p->out_h, 2) ||
        !kl_check_constant(check, p->col, 2 * (uint32_t)p->out_w, 2) ||
        largest(p->row, 2 * p->out_h) >= (uint32_t)p->in_h) {
        return false;
    }
    if (is_float ? !kl_check_constant(check, p->row_part, (uint32_t)p->out_h, 4) ||
                       !kl_check_constant(check, p->col_part, (uint32_t)p->out_w, 4)
                 : !parts_fit(check, p->row_part, p->out_h) ||
                       !parts_fit(check, p->col_part, p->out_w)) {
        return false;
    }
    const uint32_t pixel = kl_times((uint32_t)p->channels, elem_bytes);
    const uint32_t images = (kl_out_rows(check) - 1) / (uint32_t)p->out_h + 1;
    const uint32_t in_row = kl_times(largest(p->col, 2 * p->out_w) + 1, pixel);
    return kl_check_in(check, 0, kl_times(images, (uint32_t)p->in_h), in_row, elem_bytes) &&
           kl_check_out(check, 0, kl_times((uint32_t)p->out_w, pixel), elem_bytes) &&
           kl_check_apart(check, 0, check->inputs);
}

bool kl_circular_buffer_check(const struct kl_circular_buffer *p, struct kl_check *check)
{
    const uint32_t bytes = (uint32_t)p->slot_bytes;
    return p->slots >= 1 && p->slot_bytes >= 1 && kl_out_rows(check) == 1 &&
           kl_check_in(check, 0, 1, bytes, 1) &&
           kl_check_out(check, 0, kl_times((uint32_t)p->slots, bytes), 1) &&
           kl_check_apart(check, 0, check->inputs);
}

bool kl_period_check(const struct kl_period *p, struct kl_check *check)
{
    (void)p; /* any period will do */
    return kl_check_out(check, 0, 1, 1) && kl_check_out(check, 1, 4, 4);
}
