/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that move elements between space, depth and batches, mirror, look up and fill. */
#include "slow_ops.h"

/* Where an output element comes from; false: from nowhere. */
typedef bool source_fn(const struct slow_op *o, const int32_t to[SLOW_MAX_RANK],
                       int32_t from[SLOW_MAX_RANK]);

static void from_source(const struct slow_op *o, source_fn *source)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int32_t to[SLOW_MAX_RANK] = {0}, from[SLOW_MAX_RANK] = {0};
        slow_coordinates(&o->out[0], i, to);
        if (source(o, to, from)) {
            slow_move(&o->out[0], i, &o->in[0], slow_index(&o->in[0], from));
        } else if (slow_is_float(&o->out[0])) {
            slow_putf(&o->out[0], i, 0.0f);
        } else {
            slow_put(&o->out[0], i, slow_zero_point(&o->out[0]));
        }
    }
}

static bool slice_source(const struct slow_op *o, const int32_t to[SLOW_MAX_RANK],
                         int32_t from[SLOW_MAX_RANK])
{
    for (int32_t d = 0; d < o->in[0].tensor->rank; d++) {
        from[d] = to[d] + (int32_t)slow_get(&o->in[1], d);
    }
    return true;
}

void slow_slice(const struct slow_op *o)
{
    from_source(o, slice_source);
}

static bool reverse_source(const struct slow_op *o, const int32_t to[SLOW_MAX_RANK],
                           int32_t from[SLOW_MAX_RANK])
{
    int32_t rank = o->in[0].tensor->rank;
    for (int32_t d = 0; d < rank; d++) {
        from[d] = to[d];
    }
    for (int64_t i = 0; i < slow_elements(&o->in[1]); i++) {
        int32_t d = slow_axis((int32_t)slow_get(&o->in[1], i), rank);
        from[d] = o->in[0].tensor->dim[d] - 1 - to[d];
    }
    return true;
}

void slow_reverse(const struct slow_op *o)
{
    from_source(o, reverse_source);
}

/* The mirror stands on the outermost element, or behind it. */
static bool mirror_source(const struct slow_op *o, const int32_t to[SLOW_MAX_RANK],
                          int32_t from[SLOW_MAX_RANK])
{
    int32_t behind = o->op->options.mode == KT_SYMMETRIC ? 1 : 0;
    for (int32_t d = 0; d < o->in[0].tensor->rank; d++) {
        int32_t size = o->in[0].tensor->dim[d], at = to[d] - (int32_t)slow_get(&o->in[1], 2 * d);
        at = at < 0 ? -at - behind : at;
        from[d] = at >= size ? 2 * (size - 1) - at + behind : at;
    }
    return true;
}

void slow_mirror_pad(const struct slow_op *o)
{
    from_source(o, mirror_source);
}

static bool to_depth_source(const struct slow_op *o, const int32_t to[SLOW_MAX_RANK],
                            int32_t from[SLOW_MAX_RANK])
{
    int32_t block = o->op->options.block, channels = o->in[0].tensor->dim[3];
    int32_t place = to[3] / channels;
    from[0] = to[0];
    from[1] = to[1] * block + place / block;
    from[2] = to[2] * block + place % block;
    from[3] = to[3] % channels;
    return true;
}

void slow_space_to_depth(const struct slow_op *o)
{
    from_source(o, to_depth_source);
}

static bool to_space_source(const struct slow_op *o, const int32_t to[SLOW_MAX_RANK],
                            int32_t from[SLOW_MAX_RANK])
{
    int32_t block = o->op->options.block;
    from[0] = to[0];
    from[1] = to[1] / block;
    from[2] = to[2] / block;
    from[3] = (to[1] % block * block + to[2] % block) * o->out[0].tensor->dim[3] + to[3];
    return true;
}

void slow_depth_to_space(const struct slow_op *o)
{
    from_source(o, to_space_source);
}

static bool to_batch_source(const struct slow_op *o, const int32_t to[SLOW_MAX_RANK],
                            int32_t from[SLOW_MAX_RANK])
{
    const struct kt_tensor *in = o->in[0].tensor;
    int32_t sides = (int32_t)slow_elements(&o->in[1]), place = to[0] / in->dim[0];
    bool inside = true;
    for (int32_t d = 0; d < in->rank; d++) {
        from[d] = to[d];
    }
    from[0] = to[0] % in->dim[0];
    for (int32_t i = sides - 1; i >= 0; i--) { /* the last side's place counts fastest */
        int32_t block = (int32_t)slow_get(&o->in[1], i);
        from[i + 1] = to[i + 1] * block + place % block - (int32_t)slow_get(&o->in[2], 2 * i);
        inside = inside && from[i + 1] >= 0 && from[i + 1] < in->dim[i + 1];
        place /= block;
    }
    return inside;
}

void slow_space_to_batch(const struct slow_op *o)
{
    from_source(o, to_batch_source);
}

static bool from_batch_source(const struct slow_op *o, const int32_t to[SLOW_MAX_RANK],
                              int32_t from[SLOW_MAX_RANK])
{
    const struct kt_tensor *out = o->out[0].tensor;
    int32_t place = 0;
    for (int32_t d = 0; d < out->rank; d++) {
        from[d] = to[d];
    }
    for (int32_t i = 0; i < slow_elements(&o->in[1]); i++) {
        int32_t block = (int32_t)slow_get(&o->in[1], i);
        int32_t at = to[i + 1] + (int32_t)slow_get(&o->in[2], 2 * i);
        from[i + 1] = at / block;
        place = place * block + at % block;
    }
    from[0] = place * out->dim[0] + to[0];
    return true;
}

void slow_batch_to_space(const struct slow_op *o)
{
    from_source(o, from_batch_source);
}

void slow_fill(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        slow_move(&o->out[0], i, &o->in[1], 0);
    }
}

/* Zeros as they are stored, whatever they stand for. */
void slow_zeros(const struct slow_op *o)
{
    for (size_t i = 0; i < kt_bytes(o->out[0].tensor); i++) {
        o->out[0].data[i] = 0;
    }
}

void slow_broadcast_args(const struct slow_op *o)
{
    int64_t rank = slow_elements(&o->out[0]);
    for (int64_t back = 1; back <= rank; back++) {
        int64_t largest = 1;
        for (int32_t k = 0; k < 2; k++) {
            int64_t at = slow_elements(&o->in[k]) - back;
            int64_t dim = at < 0 ? 1 : slow_get(&o->in[k], at);
            largest = dim > largest ? dim : largest;
        }
        slow_put(&o->out[0], rank - back, largest);
    }
}

void slow_embedding_lookup(const struct slow_op *o)
{
    int64_t width = slow_elements(&o->in[1]) / o->in[1].tensor->dim[0];
    bool scaled = slow_is_float(&o->out[0]) && !slow_is_float(&o->in[1]);
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t from = slow_get(&o->in[0], i / width) * width + i % width;
        if (scaled) {
            float scale = slow_tensor_scale(&o->in[1], 0);
            slow_putf(&o->out[0], i, (float)slow_get(&o->in[1], from) * scale);
        } else {
            slow_move(&o->out[0], i, &o->in[1], from);
        }
    }
}
