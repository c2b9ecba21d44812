/* SPDX-License-Identifier: Apache-2.0 */
/* Resizing by interpolation. int8 results: resize_bilinear.h of TFLM's reference kernels. */
#include <math.h>

#include "slow_ops.h"

/* The two pixels around a place, and the share of the second. */
struct around {
    int32_t first, second;
    int64_t share; /* in 1/1024 */
    float sharef;
};

static struct around around_int(const struct kt_options *p, int64_t at, int64_t in, int64_t out)
{
    int64_t steps = p->align_corners && out > 1 ? out - 1 : out;
    int64_t length = p->align_corners && out > 1 ? in - 1 : in;
    int64_t scale = (1024 * length + steps / 2) / steps, place = at * scale;
    if (p->half_pixel_centers) {
        place += scale / 2 - 512;
    }
    struct around a = {place < 0 ? 0 : (int32_t)(place / 1024), (int32_t)((place + 1023) / 1024), 0,
                       0.0f};
    a.second = a.second > in - 1 ? (int32_t)in - 1 : a.second;
    a.share = place - 1024 * (int64_t)a.first;
    return a;
}

static struct around around_float(const struct kt_options *p, int32_t at, int32_t in, int32_t out)
{
    float scale = (float)in / (float)out;
    if (p->align_corners && out > 1) {
        scale = (float)(in - 1) / (float)(out - 1);
    }
    float place = p->half_pixel_centers ? ((float)at + 0.5f) * scale - 0.5f : (float)at * scale;
    struct around a = {place < 0.0f ? 0 : (int32_t)place, (int32_t)ceilf(place), 0, 0.0f};
    a.second = a.second > in - 1 ? in - 1 : a.second;
    a.sharef = place - (float)a.first;
    return a;
}

static int64_t mixed_int(const struct slow_op *o, const int32_t *at, struct around y,
                         struct around x)
{
    const struct slow_value *in = &o->in[0];
    int64_t sum = 0;
    for (int32_t k = 0; k < 4; k++) {
        int32_t row = k / 2 ? y.second : y.first, column = k % 2 ? x.second : x.first;
        int64_t weight = (k / 2 ? y.share : 1024 - y.share) * (k % 2 ? x.share : 1024 - x.share);
        sum += slow_get(in, slow_at4(in, at[0], row, column, at[3])) * weight;
    }
    return (sum + (sum > 0 ? 1 : -1) * ((int64_t)1 << 19)) / ((int64_t)1 << 20);
}

static float mixed_float(const struct slow_op *o, const int32_t *at, struct around y,
                         struct around x)
{
    const struct slow_value *in = &o->in[0];
    float v[2][2];
    for (int32_t k = 0; k < 4; k++) {
        int32_t row = k / 2 ? y.second : y.first, column = k % 2 ? x.second : x.first;
        v[k / 2][k % 2] = slow_getf(in, slow_at4(in, at[0], row, column, at[3]));
    }
    float sum = v[0][0] * (1.0f - y.sharef) * (1.0f - x.sharef);
    sum += v[1][0] * y.sharef * (1.0f - x.sharef);
    sum += v[0][1] * (1.0f - y.sharef) * x.sharef;
    return sum + v[1][1] * y.sharef * x.sharef;
}

void slow_resize_bilinear(const struct slow_op *o)
{
    const struct kt_options *p = &o->op->options;
    const int32_t *in = o->in[0].tensor->dim, *out = o->out[0].tensor->dim;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t at[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, at);
        if (slow_is_float(&o->out[0])) {
            slow_putf(&o->out[0], i,
                      mixed_float(o, at, around_float(p, at[1], in[1], out[1]),
                                  around_float(p, at[2], in[2], out[2])));
        } else {
            slow_put(&o->out[0], i,
                     mixed_int(o, at, around_int(p, at[1], in[1], out[1]),
                               around_int(p, at[2], in[2], out[2])));
        }
    }
}
