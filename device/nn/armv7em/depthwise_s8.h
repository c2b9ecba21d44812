/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEPTHWISE_CONV_2D int8 with any filter, stride, dilation and multiplier: four channels at a time
 * are taken apart into planes, row by row, and four outputs of a row computed together, two taps
 * in each multiplication. Defined by nn/ref/depthwise_s8.h.
 */
#ifndef KINGLET_NN_ARMV7EM_DEPTHWISE_S8_H
#define KINGLET_NN_ARMV7EM_DEPTHWISE_S8_H

#include <stdint.h>

#include "kinglet/nn.h"
#include "nn/armv7em/planes.h"
#include "nn/armv7em/words.h"
#include "nn/ref/limit_s8.h"
#include "nn/ref/requantize.h"
#include "nn/ref/row.h"

/* `bytes` bytes, a multiple of 4, from the aligned address `to` on. The memset of a small C library
 * fills byte by byte. */
static inline void kl_plane_fill(void *to, int32_t value, int32_t bytes)
{
    const uint32_t word = kl_four_of(value);
    for (uint32_t *at = to, *end = at + bytes / 4; at < end; at++) {
        *at = word;
    }
}

/* Work on four channels. */
struct kl_plane_work {
    const struct kl_depthwise_s8 *p;
    const struct kl_rows *in;
    const struct kl_rows *out;
    struct kl_planes_shape shape;
    int8_t *planes;   /* row r of the image with its border in place r % shape.rows */
    int32_t *weights; /* [four channels' outputs][segment][word] */
    int32_t *offsets; /* of the segments, for one output row */
    int32_t *line;    /* the same of a filter line: bytes from the row's first pixel */
    int32_t *places;  /* of the taps: halfwords from a channel's first weight */
    int32_t channel;  /* the first of the four */
    int32_t finished; /* how many of them were computed before, with the four before them */
    int32_t next;     /* first row that is not there yet */
};

static inline int8_t *kl_plane_place(const struct kl_plane_work *t, int32_t row)
{
    return t->planes + row % t->shape.rows * KL_PLANE_CHANNELS * t->shape.pitch;
}

/* Halfwords that tap `tap` of a segment lies behind the segment's first. */
static inline int32_t kl_plane_half(int32_t tap)
{
    return tap == 1 ? 2 : tap == 2 ? 1 : tap;
}

/* Where each tap lies in the weights: phases one after the other. */
static inline void kl_plane_places(const struct kl_plane_work *t)
{
    const struct kl_window *win = &t->p->win;
    int32_t *place = t->places;
    for (int32_t ky = 0; ky < win->k_h; ky++) {
        for (int32_t kx = 0; kx < win->k_w; kx++) {
            const int32_t pixel = kx * win->dil_w;
            const int32_t phase = pixel % win->stride_w, tap = pixel / win->stride_w;
            int32_t segment = ky * t->shape.line + tap / KL_PLANE_TAPS;
            for (int32_t i = 0; i < phase; i++) {
                segment += kl_plane_segments(kl_phase_taps(&t->shape, win->stride_w, i));
            }
            *place++ = segment * 2 * KL_PLANE_WORDS + kl_plane_half(tap % KL_PLANE_TAPS);
        }
    }
}

/* Weights of 0, and the mark of the last segment: what is the same for all channels. */
static inline void kl_plane_no_weights(const struct kl_plane_work *t)
{
    const int32_t step = t->shape.segments * 2 * KL_PLANE_WORDS;
    int16_t *last = (int16_t *)t->weights - 1;
    kl_plane_fill(t->weights, 0, (int32_t)kl_planes_weight_bytes(t->p, &t->shape));
    for (int32_t i = 0; i < KL_PLANE_CHANNELS * t->p->multiplier; i++) {
        last += step;
        *last = -1;
    }
}

/* The weights of four outputs, from `from` on, to four filters of `step` halfwords. Out of line:
 * the loop needs all registers. */
KL_NOINLINE __attribute__((unused)) static void
kl_plane_four_weights(const struct kl_plane_work *t, const int8_t *from, int16_t *to, int32_t step)
{
    int16_t *to0 = to, *to1 = to0 + step, *to2 = to1 + step, *to3 = to2 + step;
    const int32_t out_c = t->p->win.out_c;
    const int32_t *place = t->places;
    for (int32_t left = t->p->win.k_h * t->p->win.k_w; left > 0; left--, from += out_c) {
        const int32_t at = *place++;
        to0[at] = from[0];
        to1[at] = from[1];
        to2[at] = from[2];
        to3[at] = from[3];
    }
}

/* The weights of the four channels' outputs. */
static inline void kl_plane_weights(const struct kl_plane_work *t)
{
    const int32_t step = t->shape.segments * 2 * KL_PLANE_WORDS;
    const int8_t *from = t->p->weights + t->channel * t->p->multiplier;
    int16_t *to = (int16_t *)t->weights;
    for (int32_t i = 0; i < t->p->multiplier; i++, from += 4, to += 4 * step) {
        kl_plane_four_weights(t, from, to, step);
    }
}

/* Four channels of four pixels that lie `step` bytes apart, to four planes. */
static inline void kl_plane_turn(int8_t *plane, int32_t pitch, const int8_t *pixel, int32_t step)
{
    const uint32_t even = 0x00ff00ffu, low = 0xffffu;
    const uint32_t a = kl_load_word(pixel), b = kl_load_word(pixel + step);
    const uint32_t c = kl_load_word(pixel + 2 * step), d = kl_load_word(pixel + 3 * step);
    const uint32_t ab02 = (a & even) | (b & even) << 8, ab13 = (a >> 8 & even) | (b & ~even);
    const uint32_t cd02 = (c & even) | (d & even) << 8, cd13 = (c >> 8 & even) | (d & ~even);
    kl_store_word(plane, (ab02 & low) | cd02 << 16);
    kl_store_word(plane + pitch, (ab13 & low) | cd13 << 16);
    kl_store_word(plane + 2 * pitch, ab02 >> 16 | (cd02 & ~low));
    kl_store_word(plane + 3 * pitch, ab13 >> 16 | (cd13 & ~low));
}

/* `count` pixels that lie `step` bytes apart, to the planes' bytes from `plane` on. */
KL_NOINLINE __attribute__((unused)) static void
kl_plane_gather(int8_t *plane, int32_t pitch, const int8_t *pixel, int32_t step, int32_t count)
{
    for (int32_t left = count; left >= 4;) {
        kl_plane_turn(plane, pitch, pixel, step);
        const int32_t on = left >= 8 ? 4 : left - 4; /* the last four may overlap those before */
        plane += on;
        pixel += on * step;
        left -= on > 0 ? on : 4;
    }
    for (; count > 0 && count < 4; count--, plane++, pixel += step) {
        for (int32_t c = 0; c < KL_PLANE_CHANNELS; c++) {
            plane[c * pitch] = pixel[c];
        }
    }
}

/* One input row, pixels of four channels, into the planes at `to`, whose borders are there. */
static inline void kl_plane_row_in(const struct kl_plane_work *t, int8_t *to, const int8_t *pixels)
{
    const struct kl_window *win = &t->p->win;
    const int32_t stride = win->stride_w;
    for (int32_t phase = 0; phase < t->shape.phases; phase++, to += t->shape.phase) {
        const int32_t before = kl_max_s32(win->pad_left - phase, 0); /* pixels outside */
        const int32_t first = before / stride + (before % stride > 0);
        const int32_t x = phase - win->pad_left + first * stride;
        const int32_t inside = win->in_w > x ? (win->in_w - x - 1) / stride + 1 : 0;
        kl_plane_gather(to + first, t->shape.pitch, pixels + x * win->in_c, stride * win->in_c,
                        kl_min_s32(inside, t->shape.phase - first));
    }
}

/* Bring in the rows from `row` on that an output row sees. */
static inline void kl_plane_bring(struct kl_plane_work *t, int32_t image, int32_t row)
{
    const struct kl_window *win = &t->p->win;
    const int32_t end = row + t->shape.rows;
    for (int32_t r = kl_max_s32(t->next, row); r < end; r++) {
        const int32_t y = r - win->pad_top;
        int8_t *to = kl_plane_place(t, r);
        if (y >= 0 && y < win->in_h) {
            kl_plane_row_in(t, to, kl_row_s8(t->in, image * win->in_h + y) + t->channel);
        } else {
            kl_plane_fill(to, t->p->in_zero_point, KL_PLANE_CHANNELS * t->shape.pitch);
        }
    }
    t->next = end;
}

/* Where the segments of a filter line begin. */
static inline void kl_plane_line(const struct kl_plane_work *t)
{
    int32_t *at = t->line;
    for (int32_t phase = 0; phase < t->shape.phases; phase++) {
        const int32_t taps = kl_phase_taps(&t->shape, t->p->win.stride_w, phase);
        for (int32_t tap = 0; tap < taps; tap += KL_PLANE_TAPS) {
            *at++ = phase * t->shape.phase + tap;
        }
    }
}

/* Where all segments begin, for the output row whose windows begin in row `row`. */
static inline void kl_plane_offsets(const struct kl_plane_work *t, int32_t row)
{
    const int32_t bytes = KL_PLANE_CHANNELS * t->shape.pitch, lines = t->shape.line;
    const int32_t all = bytes * t->shape.rows, step = bytes * t->p->win.dil_h;
    int32_t at = (int32_t)(kl_plane_place(t, row) - t->planes);
    int32_t *offset = t->offsets;
    for (int32_t ky = 0; ky < t->p->win.k_h; ky++) {
        for (int32_t i = 0; i < lines; i++) {
            *offset++ = at + t->line[i];
        }
        at += step;
        at -= at >= all ? all : 0;
    }
}

/* Output `index` of the four channels', from plane x, at `out`: one output row. */
static inline void kl_plane_output(const struct kl_plane_work *t, int32_t index, const int8_t *x,
                                   int8_t *out)
{
    const struct kl_depthwise_s8 *p = t->p;
    const int32_t channel = t->channel * p->multiplier + index, out_w = p->win.out_w;
    int8_t few[KL_PLANE_TILE];
    struct kl_plane_row row = {.bias = p->bias[channel],
                               .offsets = t->offsets,
                               .weights = t->weights + index * t->shape.segments * KL_PLANE_WORDS,
                               .multiplier = (int32_t)((uint32_t)p->rq.multiplier[channel] * 2),
                               .shift = -1 - p->rq.shift[channel],
                               .rounding = 2 * p->rq.out_zero_point + 1,
                               .out = out_w < KL_PLANE_TILE ? few : out,
                               .out_step = out_w < KL_PLANE_TILE ? 1 : p->win.out_c,
                               .x = x,
                               .step = (out_w - 1) % KL_PLANE_TILE + 1,
                               .tiles = (out_w - 1) / KL_PLANE_TILE + 1};
    kl_plane_tiles(&row);
    if (out_w < KL_PLANE_TILE) {
        for (int32_t i = 0; i < out_w; i++) {
            out[i * p->win.out_c] = few[i];
        }
    }
}

/* One output row of four channels at `out`, the first one's first result. */
static inline void kl_plane_outputs(const struct kl_plane_work *t, int8_t *out)
{
    const int8_t *x = t->planes + t->finished * t->shape.pitch;
    int32_t index = t->finished * t->p->multiplier;
    for (int32_t c = t->finished; c < KL_PLANE_CHANNELS; c++, x += t->shape.pitch) {
        for (int32_t i = 0; i < t->p->multiplier; i++, index++) {
            kl_plane_output(t, index, x, out + index);
        }
    }
}

/* All output rows of four channels. */
static inline void kl_plane_rows(struct kl_plane_work *t)
{
    const struct kl_window *win = &t->p->win;
    kl_plane_weights(t);
    for (int32_t i = 0; i < t->out->count; i++) {
        const int32_t image = (t->out->first + i) / win->out_h;
        const int32_t y = t->out->first + i - image * win->out_h;
        int8_t *out = kl_row_s8(t->out, t->out->first + i) + t->channel * t->p->multiplier;
        t->next = y == 0 || i == 0 ? 0 : t->next;
        kl_plane_bring(t, image, y * win->stride_h);
        kl_plane_offsets(t, y * win->stride_h);
        kl_plane_outputs(t, out);
    }
}

/*
 * What kl_planes_fit says; shifts -31 .. -1, multipliers at least 2^30, and sums that stay within
 * 2^30. in: rows (n, y) of in_w * in_c. out: rows (n, y) of out_w * out_c. scratch:
 * kl_planes_scratch bytes, aligned to 4. With multiplier 1, stride 1 and a border that is smaller
 * than the filter's reach, the output may be the input, if it has its shape.
 */
static inline void kl_depthwise_s8_armv7em(const struct kl_depthwise_s8 *p,
                                           const struct kl_rows *in, const struct kl_rows *out,
                                           void *scratch)
{
    struct kl_plane_work t = {.p = p, .in = in, .out = out, .shape = kl_planes_shape(&p->win)};
    const int32_t bytes = KL_PLANE_CHANNELS * t.shape.pitch * t.shape.rows;
    t.planes = scratch;
    t.weights = (int32_t *)(void *)(t.planes + bytes);
    t.offsets = t.weights + kl_planes_weight_bytes(p, &t.shape) / (int64_t)sizeof(int32_t);
    t.line = t.offsets + t.shape.segments;
    t.places = t.line + t.shape.line;
    kl_plane_line(&t);
    kl_plane_places(&t);
    kl_plane_no_weights(&t);
    kl_plane_fill(t.planes, p->in_zero_point, bytes); /* borders */
    for (int32_t channel = 0; channel < p->win.in_c; channel += KL_PLANE_CHANNELS) {
        t.channel = kl_min_s32(channel, p->win.in_c - KL_PLANE_CHANNELS);
        t.finished = channel - t.channel;
        kl_plane_rows(&t);
    }
    kl_limit_rows_s8(out, p->win.out_w * p->win.out_c, p->rq.min, p->rq.max);
}

#endif
