/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_random.h"

#include <string.h>

struct kl_requant random_right_requant(int32_t channels, int32_t spread, int32_t most)
{
    struct kl_requant rq = random_requant(channels, spread);
    int32_t *multiplier = pool_alloc((size_t)channels, sizeof *multiplier);
    int8_t *shift = pool_alloc((size_t)channels, sizeof *shift);
    for (int32_t c = 0; c < channels; c++) {
        multiplier[c] = rq.multiplier[c];
        shift[c] = rq.shift[c] <= most ? rq.shift[c] : (int8_t)random_between(-31, most);
        if (random_chance(5)) {
            multiplier[c] = random_chance(50) ? 1 << 30 : INT32_MAX;
        }
    }
    rq.multiplier = multiplier;
    rq.shift = shift;
    return rq;
}

int32_t *random_bias(int32_t channels)
{
    int32_t *bias = pool_alloc((size_t)channels, sizeof *bias);
    for (int32_t c = 0; c < channels; c++) {
        int32_t size = random_chance(10) ? 1 << 28 : 20000;
        bias[c] = random_between(-size, size);
    }
    return bias;
}

int8_t *random_weights(int32_t channels, int32_t taps)
{
    int8_t *weights = pool_alloc((size_t)channels, (size_t)taps);
    random_s8(weights, (size_t)(channels * taps));
    for (int32_t c = 0; c < channels; c++) {
        if (random_chance(5)) {
            memset(weights + c * taps, random_chance(50) ? INT8_MIN : INT8_MAX, (size_t)taps);
        }
    }
    return weights;
}

int8_t *narrow_weights(const int8_t *weights, int32_t count)
{
    int8_t *narrow = pool_alloc((size_t)count, 1);
    for (int32_t i = 0; i < count; i++) {
        narrow[i] = (int8_t)(((weights[i] & 15) ^ 8) - 8);
    }
    return narrow;
}

int32_t bits_of(int32_t taps)
{
    int32_t bits = 13;
    for (; taps > 1; taps /= 4) {
        bits++;
    }
    return bits;
}

void fill_rows(const struct kl_rows *rows, size_t bytes)
{
    for (int32_t i = 0; i < rows->count; i++) {
        random_s8((int8_t *)kl_row(rows, i), bytes);
    }
}

void random_window(struct kl_window *w, int32_t depth, int32_t groups)
{
    *w = (struct kl_window){.in_c = depth * groups,
                            .out_c = random_between(1, 9) * groups,
                            .k_h = random_chance(40) ? 1 : random_between(1, 5),
                            .k_w = random_chance(40) ? 1 : random_between(1, 5),
                            .stride_h = random_chance(50) ? 1 : random_between(1, 3),
                            .stride_w = random_chance(50) ? 1 : random_between(1, 3),
                            .dil_h = random_chance(80) ? 1 : random_between(1, 3),
                            .dil_w = random_chance(80) ? 1 : random_between(1, 3)};
    w->pad_top = random_chance(50) ? 0 : random_between(0, w->k_h - 1);
    w->pad_left = random_chance(50) ? 0 : random_between(0, w->k_w - 1);
    const int32_t reach_h = (w->k_h - 1) * w->dil_h + 1 - w->pad_top;
    const int32_t reach_w = (w->k_w - 1) * w->dil_w + 1 - w->pad_left;
    w->in_h = (reach_h > 1 ? reach_h : 1) + random_between(0, 6);
    w->in_w = (reach_w > 1 ? reach_w : 1) + random_between(0, 12);
    w->out_h = (w->in_h - reach_h + random_between(0, w->k_h - 1)) / w->stride_h + 1;
    w->out_w = (w->in_w - reach_w + random_between(0, w->k_w - 1)) / w->stride_w + 1;
}

/* Scratch memory of exactly its size, full of what a step before left there. */
static void *used_scratch(size_t bytes)
{
    int8_t *scratch = pool_alloc(bytes ? bytes : 1, 1);
    random_s8(scratch, bytes);
    return scratch;
}

static void run_parts(const struct packed_kernel *kernel, const struct kl_rows *in,
                      const struct kl_rows *out)
{
    for (int32_t first = 0; first < out->count;) {
        struct kl_rows part = *out;
        part.first = first;
        part.count = random_between(1, out->count - first);
        kl_kernels[kernel->pair.id](kernel->pair.params, in, &part,
                                    used_scratch(kernel->scratch_bytes));
        first += part.count;
    }
}

void check_packed(const struct packed_kernel *kernel, int32_t in_rows, size_t in_bytes,
                  int32_t out_rows, size_t out_bytes)
{
    const struct kl_rows in = make_rows(in_rows, in_bytes, random_chance(50));
    const struct kl_rows out = make_rows(out_rows, out_bytes, random_chance(50));
    fill_rows(&in, in_bytes);
    const unsigned char *expected =
        run_kernel(kernel->pair.portable_id, kernel->pair.portable, &in, out_rows, out_bytes);
    run_parts(kernel, &in, &out);
    assert_memory_equal(dense_rows(&out, out_bytes), expected, (size_t)out_rows * out_bytes);
    check_guards();
}

void check_packed_window(const struct packed_kernel *kernel, const struct kl_window *w,
                         int32_t images)
{
    check_packed(kernel, images * w->in_h, (size_t)(w->in_w * w->in_c), images * w->out_h,
                 (size_t)(w->out_w * w->out_c));
}

void check_over_input(const struct packed_kernel *kernel, const struct kl_window *w, int32_t images,
                      int64_t lead)
{
    const int32_t in_bytes = w->in_w * w->in_c, out_bytes = w->out_w * w->out_c;
    const int32_t in_rows = images * w->in_h, out_rows = images * w->out_h;
    const int64_t in_at = lead > 0 ? lead : 0, out_at = lead > 0 ? 0 : -lead;
    const size_t size =
        (size_t)(in_at + out_at) + (size_t)(in_bytes * in_rows) + (size_t)(out_bytes * out_rows);
    unsigned char *memory = pool_alloc(size, 1);
    const struct kl_rows in = {memory + in_at, NULL, in_bytes, 0, in_rows};
    const struct kl_rows out = {memory + out_at, NULL, out_bytes, 0, out_rows};
    fill_rows(&in, (size_t)in_bytes);
    const unsigned char *expected = run_kernel(kernel->pair.portable_id, kernel->pair.portable, &in,
                                               out_rows, (size_t)out_bytes);
    kl_kernels[kernel->pair.id](kernel->pair.params, &in, &out,
                                used_scratch(kernel->scratch_bytes));
    assert_memory_equal(out.base, expected, (size_t)(out_bytes * out_rows));
}

struct kl_conv2d_s8 random_conv2d(int32_t groups)
{
    struct kl_conv2d_s8 p = {.groups = groups};
    const int32_t depth = random_chance(50) ? 4 * random_between(1, 8) : random_between(1, 33);
    random_window(&p.win, depth, groups);
    const int32_t taps = p.win.k_h * p.win.k_w * depth;
    p.in_zero_point = random_between(INT8_MIN, INT8_MAX);
    p.weights = random_weights(p.win.out_c, taps);
    p.bias = random_bias(p.win.out_c);
    p.rq = random_right_requant(p.win.out_c, bits_of(taps), -1);
    return p;
}
