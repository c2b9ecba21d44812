/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that only move elements. */
#include <math.h>

#include "slow_ops.h"

void slow_copy(const struct slow_op *o)
{
    if (slow_elements(&o->in[0]) != slow_elements(&o->out[0])) {
        kt_die("reshape changes the number of elements");
    }
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        slow_move(&o->out[0], i, &o->in[0], i);
    }
}

/* The value of the border: given, or the one that stands for 0. */
static void put_border(const struct slow_op *o, int64_t i)
{
    if (o->op->input_count > 2) {
        slow_move(&o->out[0], i, &o->in[2], 0);
    } else if (slow_is_float(&o->out[0])) {
        slow_putf(&o->out[0], i, 0.0f);
    } else {
        slow_put(&o->out[0], i, slow_zero_point(&o->out[0]));
    }
}

void slow_pad(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        bool inside = true;
        slow_coordinates(&o->out[0], i, at);
        for (int32_t d = 0; d < o->in[0].tensor->rank; d++) {
            at[d] -= (int32_t)slow_get(&o->in[1], 2 * d);
            inside = inside && at[d] >= 0 && at[d] < o->in[0].tensor->dim[d];
        }
        if (inside) {
            slow_move(&o->out[0], i, &o->in[0], slow_index(&o->in[0], at));
        } else {
            put_border(o, i);
        }
    }
}

void slow_transpose(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t out_at[SLOW_MAX_RANK] = {0}, at[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, out_at);
        for (int32_t d = 0; d < o->out[0].tensor->rank; d++) {
            at[slow_get(&o->in[1], d)] = out_at[d];
        }
        slow_move(&o->out[0], i, &o->in[0], slow_index(&o->in[0], at));
    }
}

/* First index of a slice along dimension d. */
static int64_t slice_begin(const struct slow_op *o, int32_t d)
{
    int64_t size = o->in[0].tensor->dim[d], stride = slow_get(&o->in[3], d);
    int64_t begin = slow_get(&o->in[1], d);
    if (o->op->options.begin_mask & (1 << d)) {
        return stride > 0 ? 0 : size - 1;
    }
    begin += begin < 0 ? size : 0;
    int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? size : size - 1;
    return begin < low ? low : (begin > high ? high : begin);
}

void slow_strided_slice(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t out_at[SLOW_MAX_RANK] = {0}, at[SLOW_MAX_RANK] = {0}, next = 0;
        slow_coordinates(&o->out[0], i, out_at);
        for (int32_t d = 0; d < o->in[0].tensor->rank; d++) {
            int64_t step = o->op->options.shrink_axis_mask & (1 << d) ? 0 : out_at[next++];
            at[d] = (int32_t)(slice_begin(o, d) + step * slow_get(&o->in[3], d));
        }
        slow_move(&o->out[0], i, &o->in[0], slow_index(&o->in[0], at));
    }
}

/* Copy `part` into or out of `whole` at `first` along `axis`. */
static void copy_part(const struct slow_value *whole, const struct slow_value *part, int32_t axis,
                      int32_t first, bool into_whole)
{
    for (int64_t i = 0; i < slow_elements(part); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        slow_coordinates(part, i, at);
        at[axis] += first;
        int64_t index = slow_index(whole, at);
        if (into_whole) {
            slow_move(whole, index, part, i);
        } else {
            slow_move(part, i, whole, index);
        }
    }
}

void slow_concatenation(const struct slow_op *o)
{
    int32_t axis = slow_axis(o->op->options.axis, o->out[0].tensor->rank), first = 0;
    for (int32_t i = 0; i < o->op->input_count; i++) {
        copy_part(&o->out[0], &o->in[i], axis, first, true);
        first += o->in[i].tensor->dim[axis];
    }
}

static void split_along(const struct slow_op *o, const struct slow_value *whole, int32_t axis)
{
    int32_t first = 0;
    for (int32_t i = 0; i < o->op->output_count; i++) {
        copy_part(whole, &o->out[i], axis, first, false);
        first += o->out[i].tensor->dim[axis];
    }
}

void slow_split(const struct slow_op *o)
{
    int32_t axis = (int32_t)slow_get(&o->in[0], 0);
    split_along(o, &o->in[1], slow_axis(axis, o->in[1].tensor->rank));
}

void slow_split_v(const struct slow_op *o)
{
    int32_t axis = (int32_t)slow_get(&o->in[2], 0);
    split_along(o, &o->in[0], slow_axis(axis, o->in[0].tensor->rank));
}

/* Coordinates in the packed tensor: those of the part with `index` inserted at `axis`. */
static int64_t packed_index(const struct slow_value *packed, const struct slow_value *part,
                            int64_t i, int32_t axis, int32_t index)
{
    int32_t at[SLOW_MAX_RANK] = {0}, packed_at[SLOW_MAX_RANK] = {0};
    slow_coordinates(part, i, at);
    for (int32_t d = 0; d < packed->tensor->rank; d++) {
        packed_at[d] = d == axis ? index : at[d < axis ? d : d - 1];
    }
    return slow_index(packed, packed_at);
}

void slow_pack(const struct slow_op *o)
{
    int32_t axis = slow_axis(o->op->options.axis, o->out[0].tensor->rank);
    for (int32_t k = 0; k < o->op->input_count; k++) {
        for (int64_t i = 0; i < slow_elements(&o->in[k]); i++) {
            slow_move(&o->out[0], packed_index(&o->out[0], &o->in[k], i, axis, k), &o->in[k], i);
        }
    }
}

void slow_unpack(const struct slow_op *o)
{
    int32_t axis = slow_axis(o->op->options.axis, o->in[0].tensor->rank);
    for (int32_t k = 0; k < o->op->output_count; k++) {
        for (int64_t i = 0; i < slow_elements(&o->out[k]); i++) {
            slow_move(&o->out[k], i, &o->in[0], packed_index(&o->in[0], &o->out[k], i, axis, k));
        }
    }
}

void slow_shape(const struct slow_op *o)
{
    for (int32_t d = 0; d < o->in[0].tensor->rank; d++) {
        slow_put(&o->out[0], d, o->in[0].tensor->dim[d]);
    }
}

/* Source pixel of output pixel `at` along one side, in single precision as the reference. */
static int32_t nearest(const struct kt_options *p, int32_t at, int32_t in, int32_t out)
{
    bool corners = p->align_corners != 0;
    float scale = corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    float place = ((float)at + (p->half_pixel_centers ? 0.5f : 0.0f)) * scale;
    int32_t pixel = (int32_t)(corners ? roundf(place) : floorf(place));
    pixel = pixel > in - 1 ? in - 1 : pixel;
    return pixel < 0 ? 0 : pixel;
}

void slow_resize_nearest(const struct slow_op *o)
{
    const int32_t *in = o->in[0].tensor->dim, *out = o->out[0].tensor->dim;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, at);
        int32_t y = nearest(&o->op->options, at[1], in[1], out[1]);
        int32_t x = nearest(&o->op->options, at[2], in[2], out[2]);
        slow_move(&o->out[0], i, &o->in[0], slow_at4(&o->in[0], at[0], y, x, at[3]));
    }
}
