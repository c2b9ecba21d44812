/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the MVE kernels (defined in vector_c.h) with vector instructions. */
#ifndef KINGLET_NN_MVE_VECTOR_MVE_H
#define KINGLET_NN_MVE_VECTOR_MVE_H

#include <arm_mve.h>
#include <stdint.h>

#include "kinglet/nn.h"
#include "kinglet/nn/mve.h"
#include "nn/mve/store.h"

static inline void kl_mve_copy(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 16; count -= 16, to += 16, from += 16) {
        vstrbq_s8(to, vldrbq_s8(from));
    }
    if (count > 0) {
        const mve_pred16_t lanes = vctp8q((uint32_t)count);
        kl_mve_store_16(to, vldrbq_z_s8(from, lanes), lanes);
    }
}

/* Runs of one vector or less. */
static inline void kl_mve_gather_short(const struct kl_mve_gather *g, int8_t *to,
                                       const int8_t *from)
{
    const mve_pred16_t lanes = vctp8q((uint32_t)g->bytes);
    const int32_t from_step = g->from_step, to_step = g->to_step;
    for (int32_t row = g->rows; row > 0; row--, to += to_step, from += from_step) {
        kl_mve_store_16(to, vldrbq_z_s8(from, lanes), lanes);
    }
}

static inline void kl_mve_gather_long(const struct kl_mve_gather *g, int8_t *to, const int8_t *from)
{
    for (int32_t row = g->rows; row > 0; row--, to += g->to_step, from += g->from_step) {
        kl_mve_copy(to, from, g->bytes);
    }
}

__attribute__((noinline, unused)) static void
kl_mve_gather(const struct kl_mve_gather *gather, int8_t *to, const int8_t *from, int32_t pixels)
{
    const struct kl_mve_gather g = *gather; /* what is copied cannot lie over it */
    for (; pixels > 0; pixels--, to += g.to_apart, from += g.from_apart) {
        if (g.bytes <= 16) {
            kl_mve_gather_short(&g, to, from);
        } else {
            kl_mve_gather_long(&g, to, from);
        }
    }
}

static inline void kl_mve_fill(int8_t *to, int32_t value, int32_t count)
{
    const int8x16_t values = vdupq_n_s8((int8_t)value);
    for (; count >= 16; count -= 16, to += 16) {
        vstrbq_s8(to, values);
    }
    if (count > 0) {
        kl_mve_store_16(to, values, vctp8q((uint32_t)count));
    }
}

/* What the loops over pairs of channels have in common: the fields in registers, and the end of a
 * pair, which stores its sums, takes the inputs from their begin again, and is the last one or goes
 * to label 1. */
#define KL_MVE_TILE_BEGIN                          \
    ".syntax unified\n"                            \
    "    push {r4-r11, lr}\n"                      \
    "    ldr r2, [r0, #28]\n"                      \
    "    ldm r0, {r1, r3, r5, r7, r9, r11, r12}\n" \
    "    push {r2, r4}\n"                          \
    "    push {r1, r7, r9}\n"
#define KL_MVE_TILE_END            \
    "    strd r0, r2, [r5], #8\n"  \
    "    ldr r0, [sp, #12]\n"      \
    "    ldm sp, {r1, r7, r9}\n"   \
    "    strd r4, r6, [r5], #8\n"  \
    "    strd r8, r10, [r5], #8\n" \
    "    cmp r12, r0\n"            \
    "    bne 1b\n"                 \
    "    add sp, sp, #20\n"        \
    "    pop {r4-r11, pc}\n"

/*
 * r0, r4, r8 sums of the lower channel and r2, r6, r10 of the upper one: the instruction adds to
 * even registers only. r1, r7, r9 inputs, r3 weights, r5 where sums go, r11 blocks, r12 bias. On
 * the stack: the begin of all inputs, the bias's end.
 */
__attribute__((naked, noinline, unused)) static void kl_mve_tile(const struct kl_mve_tile *t
                                                                 __attribute__((unused)))
{
    __asm__(KL_MVE_TILE_BEGIN "1:  ldrd r0, r2, [r12], #8\n"
                              "    mov r4, r0\n"
                              "    mov r8, r0\n"
                              "    mov r6, r2\n"
                              "    mov r10, r2\n"
                              "    dls lr, r11\n"
                              "2:  vldrb.8 q0, [r3], #16\n"
                              "    vldrb.8 q2, [r1], #16\n"
                              "    vmladava.s8 r0, q2, q0\n"
                              "    vldrb.8 q1, [r3], #16\n"
                              "    vmladava.s8 r2, q2, q1\n"
                              "    vldrb.8 q3, [r7], #16\n"
                              "    vmladava.s8 r4, q3, q0\n"
                              "    vldrb.8 q2, [r9], #16\n"
                              "    vmladava.s8 r6, q3, q1\n"
                              "    vmladava.s8 r8, q2, q0\n"
                              "    vmladava.s8 r10, q2, q1\n"
                              "    le lr, 2b\n" KL_MVE_TILE_END);
}

static inline void kl_mve_dot4(const int8_t *x, const int8_t *w, int32_t inputs,
                               const int32_t *bias, int32_t acc[4])
{
    int32_t a0 = bias[0], a1 = bias[1], a2 = bias[2], a3 = bias[3];
    for (int32_t k = inputs; k > 0; k -= 16, x += 16, w += 64) {
        const int8x16_t values = vldrbq_s8(x);
        a0 = vmladavaq_s8(a0, values, vldrbq_s8(w));
        a1 = vmladavaq_s8(a1, values, vldrbq_s8(w + 16));
        a2 = vmladavaq_s8(a2, values, vldrbq_s8(w + 32));
        a3 = vmladavaq_s8(a3, values, vldrbq_s8(w + 48));
    }
    acc[0] = a0, acc[1] = a1, acc[2] = a2, acc[3] = a3;
}

/*
 * As kl_mve_tile. The weights of the upper channel are the upper halves of bytes; those of the
 * lower one are moved up and so 16 times as large, which its sums are until the end.
 */
__attribute__((naked, noinline, unused)) static void kl_mve_tile_s4(const struct kl_mve_tile *t
                                                                    __attribute__((unused)))
{
    __asm__(KL_MVE_TILE_BEGIN "1:  ldr r2, [r12, #4]\n"
                              "    mov r0, #0\n"
                              "    mov r4, #0\n"
                              "    mov r8, #0\n"
                              "    mov r6, r2\n"
                              "    mov r10, r2\n"
                              "    dls lr, r11\n"
                              "2:  vldrb.8 q0, [r3], #16\n"
                              "    vldrb.8 q2, [r1], #16\n"
                              "    vshr.s8 q1, q0, #4\n"
                              "    vldrb.8 q3, [r7], #16\n"
                              "    vmladava.s8 r2, q2, q1\n"
                              "    vshl.i8 q0, q0, #4\n"
                              "    vmladava.s8 r6, q3, q1\n"
                              "    vmladava.s8 r0, q2, q0\n"
                              "    vldrb.8 q2, [r9], #16\n"
                              "    vmladava.s8 r4, q3, q0\n"
                              "    vmladava.s8 r10, q2, q1\n"
                              "    vmladava.s8 r8, q2, q0\n"
                              "    le lr, 2b\n"
                              "    ldr lr, [r12], #8\n"
                              "    add r0, lr, r0, asr #4\n"
                              "    add r4, lr, r4, asr #4\n"
                              "    add r8, lr, r8, asr #4\n" KL_MVE_TILE_END);
}

#undef KL_MVE_TILE_BEGIN
#undef KL_MVE_TILE_END

/* Lower channels of two are moved up, as in kl_mve_tile_s4. */
static inline void kl_mve_dot4_s4(const int8_t *x, const int8_t *w, int32_t inputs,
                                  const int32_t *bias, int32_t acc[4])
{
    int32_t a0 = 0, a1 = bias[1], a2 = 0, a3 = bias[3];
    for (int32_t k = inputs; k > 0; k -= 16, x += 16, w += 32) {
        const int8x16_t values = vldrbq_s8(x), first = vldrbq_s8(w), second = vldrbq_s8(w + 16);
        a0 = vmladavaq_s8(a0, values, vshlq_n_s8(first, 4));
        a1 = vmladavaq_s8(a1, values, vshrq_n_s8(first, 4));
        a2 = vmladavaq_s8(a2, values, vshlq_n_s8(second, 4));
        a3 = vmladavaq_s8(a3, values, vshrq_n_s8(second, 4));
    }
    acc[0] = bias[0] + (a0 >> 4), acc[1] = a1, acc[2] = bias[2] + (a2 >> 4), acc[3] = a3;
}

/* What the results of all channels have in common. */
struct kl_mve_range {
    int32x4_t low, high; /* before the zero point is added */
    int32_t zero_point;
    int relu; /* the range begins at the zero point or above: negative sums have one result */
};

__attribute__((always_inline)) static inline struct kl_mve_range
kl_mve_range(const struct kl_channels_mve *ch, int relu)
{
    return (struct kl_mve_range){vdupq_n_s32(ch->min - ch->out_zero_point),
                                 vdupq_n_s32(ch->max - ch->out_zero_point), ch->out_zero_point,
                                 relu};
}

/* Four sums to their results. A tie of a negative number is moved down by lowering the number by
 * one first. */
__attribute__((always_inline)) static inline int32x4_t
kl_mve_result_4(const struct kl_mve_range *range, int32x4_t sum, int32x4_t multiplier,
                int32x4_t shift)
{
    int32x4_t x = vqrdmulhq_s32(sum, multiplier);
    if (!range->relu) {
        x = vqaddq_s32(x, vshrq_n_s32(vandq_s32(x, shift), 31));
    }
    x = vrshlq_s32(x, shift);
    x = vminq_s32(vmaxq_s32(x, range->low), range->high);
    return vaddq_n_s32(x, range->zero_point);
}

__attribute__((always_inline)) static inline void
kl_mve_requantize_row_as(const struct kl_channels_mve *channels, const int32_t *acc, int32_t count,
                         int8_t *out, int relu)
{
    const struct kl_mve_range range = kl_mve_range(channels, relu);
    const int32_t *multiplier = channels->multiplier, *shift = channels->shift;
    for (; count > 0; count -= 4, acc += 4, multiplier += 4, shift += 4, out += 4) {
        const int32x4_t x =
            kl_mve_result_4(&range, vldrwq_s32(acc), vldrwq_s32(multiplier), vldrwq_s32(shift));
        if (count >= 4) {
            vstrbq_s32(out, x);
        } else {
            kl_mve_store_4(out, x, vctp32q((uint32_t)count));
        }
    }
}

__attribute__((noinline, unused)) static void
kl_mve_requantize_row(const struct kl_channels_mve *ch, const int32_t *acc, int32_t count,
                      int8_t *out)
{
    if (ch->min >= ch->out_zero_point) {
        kl_mve_requantize_row_as(ch, acc, count, out, 1);
    } else {
        kl_mve_requantize_row_as(ch, acc, count, out, 0);
    }
}

/* Four channels of one pixel of a tile; `sums` are those of the pixel. */
__attribute__((always_inline)) static inline int32x4_t
kl_mve_tile_result(const struct kl_mve_range *range, const int32_t *sums, uint32x4_t offsets,
                   int32x4_t multiplier, int32x4_t shift)
{
    const int32x4_t sum = vldrwq_gather_offset_s32(sums, offsets);
    return kl_mve_result_4(range, sum, multiplier, shift);
}

/* Where the results of a tile go. */
struct kl_mve_outputs {
    int8_t *out0, *out1, *out2;
};

__attribute__((always_inline)) static inline void
kl_mve_requantize_4(const struct kl_mve_range *range, const int32_t *acc, uint32x4_t at,
                    int32x4_t m, int32x4_t s, struct kl_mve_outputs o, int32_t count)
{
    const int32x4_t third = kl_mve_tile_result(range, acc + 4, at, m, s);
    const int32x4_t second = kl_mve_tile_result(range, acc + 2, at, m, s);
    const int32x4_t first = kl_mve_tile_result(range, acc, at, m, s);
    if (count >= 4) {
        vstrbq_s32(o.out2, third);
        vstrbq_s32(o.out1, second);
        vstrbq_s32(o.out0, first);
    } else {
        const mve_pred16_t lanes = vctp32q((uint32_t)count);
        kl_mve_store_4(o.out2, third, lanes);
        kl_mve_store_4(o.out1, second, lanes);
        kl_mve_store_4(o.out0, first, lanes);
    }
}

__attribute__((always_inline)) static inline void
kl_mve_requantize_tile_as(const struct kl_channels_mve *channels, const int32_t *acc, int32_t count,
                          int8_t *const out[KL_MVE_PIXELS], int relu)
{
    /* Two channels side by side, and the next two behind those of the other pixels. */
    static const uint32_t offsets[4] = {0, 4, 8 * KL_MVE_PIXELS, 8 * KL_MVE_PIXELS + 4};
    const struct kl_mve_range range = kl_mve_range(channels, relu);
    const int32_t *multiplier = channels->multiplier, *shift = channels->shift;
    const uint32x4_t at = vldrwq_u32(offsets);
    struct kl_mve_outputs o = {out[0], out[1], out[2]};
    for (; count >= 4; count -= 4, acc += 12, multiplier += 4, shift += 4) {
        kl_mve_requantize_4(&range, acc, at, vldrwq_s32(multiplier), vldrwq_s32(shift), o, 4);
        o.out0 += 4, o.out1 += 4, o.out2 += 4;
    }
    if (count > 0) {
        kl_mve_requantize_4(&range, acc, at, vldrwq_s32(multiplier), vldrwq_s32(shift), o, count);
    }
}

__attribute__((noinline, unused)) static void
kl_mve_requantize_tile(const struct kl_channels_mve *ch, const int32_t *acc, int32_t count,
                       int8_t *const out[KL_MVE_PIXELS])
{
    if (ch->min >= ch->out_zero_point) {
        kl_mve_requantize_tile_as(ch, acc, count, out, 1);
    } else {
        kl_mve_requantize_tile_as(ch, acc, count, out, 0);
    }
}

/* Even and odd results of eight channels, interleaved again and stored. */
__attribute__((always_inline)) static inline void
kl_mve_store8(int8_t *out, int32x4_t even, int32x4_t odd, int whole, mve_pred16_t lanes)
{
    /* The even results are the lower halves of their words already. */
    const int16x8_t both = vmovntq_s32(vreinterpretq_s16_s32(even), odd);
    if (whole) {
        vstrbq_s16(out, both);
    } else {
        kl_mve_store_8(out, both, lanes);
    }
}

/* Eight inputs; only `count` of them are read. */
__attribute__((always_inline)) static inline int16x8_t kl_mve_load8(const int8_t *x, int whole,
                                                                    mve_pred16_t lanes)
{
    return whole ? vldrbq_s16(x) : vldrbq_z_s16(x, lanes);
}

/* Eight channels of an output row. */
struct kl_mve_depthwise {
    const int32_t *bias, *multiplier, *shift; /* from these channels on */
    const int8_t *weights;
    int32_t k_h, k_w;
    int32_t step, turn; /* bytes from tap to tap; from a line of taps to the next one */
    int32_t apart;      /* bytes from what a pixel sees to what the next one sees */
    int32_t channels;   /* bytes from output pixel to output pixel */
    mve_pred16_t lanes; /* of the channels that are there */
};

/* Sums of eight channels, even and odd ones, of two pixels. */
struct kl_mve_sums {
    int32x4_t even0, odd0, even1, odd1;
};

/* One line of three taps, a stride of one pixel: four columns are read once each. x, w: moved
 * behind the line. Eight vectors are all that there are, which is why it is written down. */
__attribute__((always_inline)) static inline void
kl_mve_depthwise_line_3(struct kl_mve_sums *s, const int8_t **x, const int8_t **w, int32_t step)
{
    int16x8_t wa, wb, column, t;
    __asm__("vldrb.s16 %q[wa], [%[w]], #8\n\t"
            "vldrb.s16 %q[c], [%[x]]\n\t"
            "add %[x], %[x], %[step]\n\t"
            "vmullb.s16 %q[t], %q[c], %q[wa]\n\t"
            "vldrb.s16 %q[wb], [%[w]], #8\n\t"
            "vadd.i32 %q[e0], %q[e0], %q[t]\n\t"
            "vmullt.s16 %q[t], %q[c], %q[wa]\n\t"
            "vldrb.s16 %q[c], [%[x]]\n\t"
            "vadd.i32 %q[o0], %q[o0], %q[t]\n\t"
            "vmullb.s16 %q[t], %q[c], %q[wb]\n\t"
            "add %[x], %[x], %[step]\n\t"
            "vadd.i32 %q[e0], %q[e0], %q[t]\n\t"
            "vmullt.s16 %q[t], %q[c], %q[wb]\n\t"
            "vadd.i32 %q[o0], %q[o0], %q[t]\n\t"
            "vmullb.s16 %q[t], %q[c], %q[wa]\n\t"
            "vadd.i32 %q[e1], %q[e1], %q[t]\n\t"
            "vmullt.s16 %q[t], %q[c], %q[wa]\n\t"
            "vldrb.s16 %q[wa], [%[w]], #8\n\t"
            "vadd.i32 %q[o1], %q[o1], %q[t]\n\t"
            "vldrb.s16 %q[c], [%[x]]\n\t"
            "vmullb.s16 %q[t], %q[c], %q[wa]\n\t"
            "add %[x], %[x], %[step]\n\t"
            "vadd.i32 %q[e0], %q[e0], %q[t]\n\t"
            "vmullt.s16 %q[t], %q[c], %q[wa]\n\t"
            "vadd.i32 %q[o0], %q[o0], %q[t]\n\t"
            "vmullb.s16 %q[t], %q[c], %q[wb]\n\t"
            "vadd.i32 %q[e1], %q[e1], %q[t]\n\t"
            "vmullt.s16 %q[t], %q[c], %q[wb]\n\t"
            "vldrb.s16 %q[c], [%[x]]\n\t"
            "vadd.i32 %q[o1], %q[o1], %q[t]\n\t"
            "vmullb.s16 %q[t], %q[c], %q[wa]\n\t"
            "vadd.i32 %q[e1], %q[e1], %q[t]\n\t"
            "vmullt.s16 %q[t], %q[c], %q[wa]\n\t"
            "vadd.i32 %q[o1], %q[o1], %q[t]"
            : [e0] "+w"(s->even0), [o0] "+w"(s->odd0), [e1] "+w"(s->even1), [o1] "+w"(s->odd1),
              [wa] "=&w"(wa), [wb] "=&w"(wb), [c] "=&w"(column), [t] "=&w"(t), [x] "+r"(*x),
              [w] "+r"(*w)
            : [step] "r"(step)
            : "memory");
}

__attribute__((always_inline)) static inline struct kl_mve_sums
kl_mve_depthwise_sums_3(const struct kl_mve_depthwise *d, const int8_t *x)
{
    struct kl_mve_sums s = {vldrwq_s32(d->bias), vldrwq_s32(d->bias + 4), vldrwq_s32(d->bias),
                            vldrwq_s32(d->bias + 4)};
    const int8_t *w = d->weights;
    const int32_t turn = d->turn - 3 * d->step;
    for (int32_t ky = d->k_h; ky > 0; ky--, x += turn) {
        kl_mve_depthwise_line_3(&s, &x, &w, d->step);
    }
    return s;
}

/* Any filter; next: bytes from what the first pixel sees to what the second one sees. */
__attribute__((always_inline)) static inline struct kl_mve_sums
kl_mve_depthwise_sums(const struct kl_mve_depthwise *d, const int8_t *x, int32_t next, int whole)
{
    struct kl_mve_sums s = {vldrwq_s32(d->bias), vldrwq_s32(d->bias + 4), vldrwq_s32(d->bias),
                            vldrwq_s32(d->bias + 4)};
    const int8_t *w = d->weights;
    for (int32_t ky = d->k_h; ky > 0; ky--, x += d->turn) {
        const int8_t *x0 = x, *x1 = x + next;
        for (int32_t kx = d->k_w; kx > 0; kx--, w += 8, x0 += d->step, x1 += d->step) {
            const int16x8_t weights = vldrbq_s16(w);
            int16x8_t column = kl_mve_load8(x0, whole, d->lanes);
            s.even0 = vaddq_s32(s.even0, vmullbq_int_s16(column, weights));
            s.odd0 = vaddq_s32(s.odd0, vmulltq_int_s16(column, weights));
            column = kl_mve_load8(x1, whole, d->lanes);
            s.even1 = vaddq_s32(s.even1, vmullbq_int_s16(column, weights));
            s.odd1 = vaddq_s32(s.odd1, vmulltq_int_s16(column, weights));
        }
    }
    return s;
}

/* Results of two pixels; `next`: bytes from one to the other. */
__attribute__((always_inline)) static inline void
kl_mve_depthwise_end(const struct kl_mve_depthwise *d, const struct kl_mve_range *range,
                     struct kl_mve_sums s, int8_t *out, int32_t next, int whole)
{
    int32x4_t m = vldrwq_s32(d->multiplier), r = vldrwq_s32(d->shift);
    s.even0 = kl_mve_result_4(range, s.even0, m, r);
    s.even1 = kl_mve_result_4(range, s.even1, m, r);
    m = vldrwq_s32(d->multiplier + 4), r = vldrwq_s32(d->shift + 4);
    s.odd0 = kl_mve_result_4(range, s.odd0, m, r);
    s.odd1 = kl_mve_result_4(range, s.odd1, m, r);
    kl_mve_store8(out, s.even0, s.odd0, whole, d->lanes);
    kl_mve_store8(out + next, s.even1, s.odd1, whole, d->lanes);
}

/* by_3: filters of three columns and a stride of 1, whole blocks. */
__attribute__((always_inline)) static inline void
kl_mve_depthwise_block(const struct kl_mve_depthwise *d, const struct kl_mve_range *range,
                       const int8_t *x, int8_t *out, int32_t pixels, int by_3, int whole)
{
    for (; pixels >= 2; pixels -= 2, x += 2 * d->apart, out += 2 * d->channels) {
        const struct kl_mve_sums s =
            by_3 ? kl_mve_depthwise_sums_3(d, x) : kl_mve_depthwise_sums(d, x, d->apart, whole);
        kl_mve_depthwise_end(d, range, s, out, d->channels, whole);
    }
    if (pixels) { /* without a partner but itself */
        kl_mve_depthwise_end(d, range, kl_mve_depthwise_sums(d, x, 0, whole), out, 0, whole);
    }
}

__attribute__((always_inline)) static inline void
kl_mve_depthwise_as(const struct kl_depthwise_mve_s8 *p, const int8_t *x, int32_t pitch,
                    int8_t *out, int by_3, int relu)
{
    const struct kl_mve_range range = kl_mve_range(&p->channels, relu);
    const struct kl_window *win = &p->win;
    const int32_t channels = win->out_c, pixels = win->out_w;
    struct kl_mve_depthwise d = {.bias = p->channels.bias,
                                 .multiplier = p->channels.multiplier,
                                 .shift = p->channels.shift,
                                 .weights = p->weights,
                                 .k_h = win->k_h,
                                 .k_w = win->k_w,
                                 .step = win->dil_w * channels,
                                 .turn = pitch,
                                 .apart = win->stride_w * channels,
                                 .channels = channels};
    int32_t left = channels;
    for (; left >= 8; left -= 8, x += 8, out += 8) {
        kl_mve_depthwise_block(&d, &range, x, out, pixels, by_3, 1);
        d.bias += 8, d.multiplier += 8, d.shift += 8, d.weights += 8 * win->k_h * win->k_w;
    }
    if (left > 0) {
        d.lanes = vctp16q((uint32_t)left);
        kl_mve_depthwise_block(&d, &range, x, out, pixels, 0, 0);
    }
}

__attribute__((noinline, unused)) static void
kl_mve_depthwise_row(const struct kl_depthwise_mve_s8 *p, const int8_t *x, int32_t pitch,
                     int8_t *out)
{
    if (p->channels.min < p->channels.out_zero_point) {
        kl_mve_depthwise_as(p, x, pitch, out, 0, 0);
    } else if (p->win.k_w == 3 && p->win.stride_w == 1 && p->win.dil_w == 1) {
        kl_mve_depthwise_as(p, x, pitch, out, 1, 1);
    } else {
        kl_mve_depthwise_as(p, x, pitch, out, 0, 1);
    }
}

#endif
