/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of pools, means and softmax. */
#include <stdio.h>

#include "cases.h"

struct pool {
    int32_t n, h, w, c, k_h, k_w, stride_h, stride_w, padding, activation;
};

static const struct pool pools[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, KT_VALID, KT_ACT_NONE},
    {1, 25, 5, 8, 25, 5, 25, 5, KT_VALID, KT_ACT_NONE},
    {1, 6, 6, 3, 2, 2, 2, 2, KT_VALID, KT_ACT_NONE},
    {1, 7, 5, 4, 3, 3, 2, 2, KT_SAME, KT_ACT_RELU},
    {1, 7, 7, 3, 3, 2, 1, 1, KT_SAME, KT_ACT_RELU6},
    {2, 5, 9, 2, 2, 4, 1, 3, KT_VALID, KT_ACT_RELU_N1_TO_1},
    {1, 1, 12, 5, 1, 4, 1, 4, KT_SAME, KT_ACT_NONE},
    {1, 9, 1, 17, 5, 1, 2, 1, KT_SAME, KT_ACT_NONE},
};

static void deliver_pool(struct kt_sink *sink, int32_t code, const struct pool *p, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_options options = kt_options_default();
    options.padding = p->padding;
    options.stride_h = p->stride_h;
    options.stride_w = p->stride_w;
    options.filter_h = p->k_h;
    options.filter_w = p->k_w;
    options.activation = p->activation;
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(p->n, p->h, p->w, p->c));
    int32_t output = kt_build_pool(&b, code, options, input);
    snprintf(c.label, sizeof(c.label),
             "%s, input %dx%dx%dx%d, filter %dx%d, stride %dx%d, %s, activation %d",
             kt_type_name(type), (int)p->n, (int)p->h, (int)p->w, (int)p->c, (int)p->k_h,
             (int)p->k_w, (int)p->stride_h, (int)p->stride_w,
             p->padding == KT_SAME ? "SAME" : "VALID", (int)p->activation);
    kt_case_end(sink, &c, input, output);
}

struct mean {
    int32_t rank, dim[4], axis_count, axes[3];
};

static const struct mean means[] = {
    {4, {1, 7, 5, 6}, 2, {1, 2}}, {4, {1, 7, 5, 6}, 2, {2, 1}},
    {4, {2, 3, 4, 5}, 1, {3}},    {4, {2, 3, 4, 5}, 1, {-1}},
    {4, {2, 3, 4, 5}, 1, {1}},    {3, {2, 9, 4}, 1, {1}},
    {2, {6, 17}, 1, {0}},         {1, {13}, 1, {0}},
    {4, {2, 3, 4, 5}, 2, {1, 3}}, {4, {2, 3, 2, 5}, 3, {0, 1, 2}},
    {3, {1, 33, 3}, 2, {0, 1}},
};

static int32_t mean_shape(const struct mean *m, bool keep_dims, int32_t out[4])
{
    int32_t rank = 0;
    for (int32_t d = 0; d < m->rank; d++) {
        bool reduced = false;
        for (int32_t i = 0; i < m->axis_count; i++) {
            reduced = reduced || m->axes[i] == d || m->axes[i] == d - m->rank;
        }
        if (!reduced || keep_dims) {
            out[rank++] = reduced ? 1 : m->dim[d];
        }
    }
    return rank;
}

static void deliver_mean(struct kt_sink *sink, const struct mean *m, int32_t type, bool keep_dims,
                         bool same_quantisation)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_MEAN);
    struct kt_options options = kt_options_default();
    int32_t out_dim[4], rank = mean_shape(m, keep_dims, out_dim);
    int32_t input = kt_build_tensor(&b, "input", type, m->rank, m->dim);
    int32_t axes = kt_vector_i32(c.model, "axes", m->axis_count, m->axes);
    int32_t output = same_quantisation ? kt_build_like(&b, "output", input, rank, out_dim)
                                       : kt_build_tensor(&b, "output", type, rank, out_dim);
    options.keep_dims = keep_dims;
    kt_op_add1(c.model, KT_MEAN, options, KT_LIST(input, axes), output);
    snprintf(c.label, sizeof(c.label), "%s, rank %d, %d axes from %d, %s, %s", kt_type_name(type),
             (int)m->rank, (int)m->axis_count, (int)m->axes[0],
             keep_dims ? "dimensions kept" : "dimensions dropped",
             same_quantisation ? "same scale" : "other scale");
    kt_case_end(sink, &c, input, output);
}

struct softmax {
    int32_t rank, dim[4];
    float scale, beta;
};

static const struct softmax softmaxes[] = {
    {2, {1, 1}, 0.1f, 1.0f},        {2, {1, 12}, 0.14f, 1.0f}, {2, {3, 10}, 0.02f, 1.0f},
    {4, {1, 5, 4, 2}, 0.08f, 1.0f}, {1, {1000}, 0.05f, 1.0f},  {2, {4, 7}, 0.5f, 1.0f},
    {3, {2, 3, 8}, 0.0039f, 1.0f},  {2, {2, 16}, 0.1f, 0.5f},  {2, {2, 16}, 0.06f, 2.5f},
    {2, {16, 256}, 0.0001f, 1.0f},  {2, {3, 9}, 0.1f, 60.0f},
};

static void deliver_softmax(struct kt_sink *sink, const struct softmax *s, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SOFTMAX);
    int32_t input = kt_build_quantized(&b, "input", type, s->scale,
                                       kt_random_between(b.random, -128, 127), s->rank, s->dim);
    int32_t output = kt_build_softmax(&b, s->beta, input);
    snprintf(c.label, sizeof(c.label), "%s, rank %d, width %d, scale %g, beta %g",
             kt_type_name(type), (int)s->rank, (int)s->dim[s->rank - 1], (double)s->scale,
             (double)s->beta);
    kt_case_end(sink, &c, input, output);
}

void kt_generate_reduce(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_F32, KT_I8, KT_I16, KT_U8};
    for (size_t t = 0; t < 4; t++) {
        for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
            deliver_pool(sink, KT_AVERAGE_POOL_2D, &pools[i], types[t]);
            deliver_pool(sink, KT_MAX_POOL_2D, &pools[i], types[t]);
        }
        for (size_t i = 0; types[t] != KT_U8 && i < sizeof(means) / sizeof(means[0]); i++) {
            deliver_mean(sink, &means[i], types[t], true, i % 2 == 0);
            deliver_mean(sink, &means[i], types[t], false, i % 2 == 1);
        }
        for (size_t i = 0; i < sizeof(softmaxes) / sizeof(softmaxes[0]); i++) {
            deliver_softmax(sink, &softmaxes[i], types[t]);
        }
    }
}
