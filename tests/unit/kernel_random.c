/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_random.h"

#include <string.h>

#include "plan/overlap.h"

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

void check_over_input(const struct kernel_pair *kernels, const struct kl_window *w, int32_t images,
                      void *scratch)
{
    const int32_t in_bytes = w->in_w * w->in_c, out_bytes = w->out_w * w->out_c;
    const int32_t in_rows = images * w->in_h, out_rows = images * w->out_h;
    const int64_t lead = kl_overlap_window(w, images, KL_READS_PIXEL, 1).lead;
    const int64_t in_at = lead > 0 ? lead : 0, out_at = lead > 0 ? 0 : -lead;
    const size_t size =
        (size_t)(in_at + out_at) + (size_t)(in_bytes * in_rows) + (size_t)(out_bytes * out_rows);
    unsigned char *memory = pool_alloc(size, 1);
    const struct kl_rows in = {memory + in_at, NULL, in_bytes, 0, in_rows};
    const struct kl_rows out = {memory + out_at, NULL, out_bytes, 0, out_rows};
    fill_rows(&in, (size_t)in_bytes);
    const unsigned char *expected =
        run_kernel(kernels->portable_id, kernels->portable, &in, out_rows, (size_t)out_bytes);
    kl_kernels[kernels->id](kernels->params, &in, &out, scratch);
    assert_memory_equal(out.base, expected, (size_t)(out_bytes * out_rows));
}
