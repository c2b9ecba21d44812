/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of convolutions and fully connected layers. */
#include <stdio.h>

#include "cases.h"

/* One geometry; `multiplier` of depthwise, `groups` of plain convolutions. */
struct geometry {
    int32_t n, h, w, in_c, out_c, k_h, k_w, stride_h, stride_w, dil_h, dil_w, padding, groups;
    int32_t activation;
};

static const struct geometry conv_geometries[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, KT_VALID, 1, KT_ACT_NONE},
    {1, 5, 7, 3, 4, 1, 1, 1, 1, 1, 1, KT_VALID, 1, KT_ACT_NONE},
    {1, 5, 7, 8, 16, 1, 1, 2, 2, 1, 1, KT_SAME, 1, KT_ACT_RELU},
    {1, 8, 8, 3, 5, 3, 3, 1, 1, 1, 1, KT_SAME, 1, KT_ACT_RELU6},
    {1, 9, 6, 2, 3, 3, 3, 2, 2, 1, 1, KT_SAME, 1, KT_ACT_NONE},
    {1, 10, 7, 1, 4, 10, 4, 2, 2, 1, 1, KT_SAME, 1, KT_ACT_RELU},
    {1, 9, 9, 2, 4, 3, 3, 1, 1, 2, 3, KT_VALID, 1, KT_ACT_NONE},
    {1, 7, 7, 2, 4, 3, 3, 2, 1, 3, 2, KT_SAME, 1, KT_ACT_NONE},
    {2, 6, 5, 4, 6, 3, 2, 1, 2, 1, 1, KT_VALID, 2, KT_ACT_RELU_N1_TO_1},
    {1, 4, 4, 6, 6, 3, 3, 1, 1, 1, 1, KT_SAME, 6, KT_ACT_NONE},
    {3, 1, 12, 5, 7, 1, 5, 1, 3, 1, 1, KT_SAME, 1, KT_ACT_NONE},
    {1, 12, 1, 5, 7, 4, 1, 3, 1, 1, 1, KT_VALID, 1, KT_ACT_RELU},
    {1, 4, 4, 3, 9, 4, 4, 1, 1, 1, 1, KT_VALID, 1, KT_ACT_NONE},
    {1, 3, 3, 33, 17, 3, 3, 1, 1, 1, 1, KT_SAME, 1, KT_ACT_NONE},
};

static const struct geometry depthwise_geometries[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, KT_VALID, 1, KT_ACT_NONE},
    {1, 6, 6, 4, 4, 3, 3, 1, 1, 1, 1, KT_SAME, 1, KT_ACT_RELU6},
    {1, 7, 9, 5, 5, 3, 3, 2, 2, 1, 1, KT_SAME, 1, KT_ACT_RELU},
    {1, 8, 5, 3, 3, 3, 3, 2, 2, 1, 1, KT_VALID, 1, KT_ACT_NONE},
    {1, 25, 5, 8, 8, 3, 3, 1, 1, 1, 1, KT_SAME, 1, KT_ACT_RELU},
    {1, 12, 8, 1, 8, 10, 8, 2, 2, 1, 1, KT_SAME, 1, KT_ACT_RELU},
    {1, 6, 6, 3, 6, 3, 2, 1, 1, 1, 1, KT_SAME, 1, KT_ACT_NONE},
    {2, 9, 9, 2, 10, 3, 3, 1, 1, 2, 2, KT_VALID, 1, KT_ACT_NONE},
    {1, 8, 7, 3, 3, 3, 3, 1, 2, 3, 2, KT_SAME, 1, KT_ACT_RELU_N1_TO_1},
    {1, 1, 16, 6, 6, 1, 5, 1, 1, 1, 1, KT_SAME, 1, KT_ACT_NONE},
    {1, 5, 5, 19, 19, 5, 5, 1, 1, 1, 1, KT_VALID, 1, KT_ACT_NONE},
    /* Wide enough for rows of planes. */
    {1, 10, 16, 5, 5, 5, 5, 1, 1, 1, 1, KT_SAME, 1, KT_ACT_RELU6},
    {1, 9, 24, 4, 8, 5, 7, 2, 1, 1, 1, KT_SAME, 1, KT_ACT_NONE},
};

static void deliver(struct kt_sink *sink, int32_t code, const struct geometry *g,
                    enum kt_weights weights, bool no_bias)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_layer layer = {.code = code,
                             .out_c = g->out_c,
                             .k_h = g->k_h,
                             .k_w = g->k_w,
                             .groups = g->groups,
                             .weights = weights,
                             .no_bias = no_bias,
                             .options = kt_options_default()};
    layer.options.padding = g->padding;
    layer.options.stride_h = g->stride_h;
    layer.options.stride_w = g->stride_w;
    layer.options.dilation_h = g->dil_h;
    layer.options.dilation_w = g->dil_w;
    layer.options.activation = g->activation;
    layer.options.depth_multiplier = code == KT_DEPTHWISE_CONV_2D ? g->out_c / g->in_c : 1;
    int32_t input =
        kt_build_tensor(&b, "input", kt_layer_type(weights), KT_LIST(g->n, g->h, g->w, g->in_c));
    snprintf(c.label, sizeof(c.label),
             "%s, input %dx%dx%dx%d, %d filters %dx%d, stride %dx%d, dilation %dx%d, %s, %d "
             "groups, activation %d%s",
             kt_weights_name(weights), (int)g->n, (int)g->h, (int)g->w, (int)g->in_c, (int)g->out_c,
             (int)g->k_h, (int)g->k_w, (int)g->stride_h, (int)g->stride_w, (int)g->dil_h,
             (int)g->dil_w, g->padding == KT_SAME ? "SAME" : "VALID", (int)g->groups,
             (int)g->activation, no_bias ? ", no bias" : "");
    int32_t output = kt_build_layer(&b, &layer, input);
    kt_case_end(sink, &c, input, output);
}

static struct geometry random_geometry(struct kt_random *r, bool depthwise)
{
    struct geometry g = {.n = kt_random_between(r, 1, 2),
                         .k_h = kt_random_between(r, 1, 4),
                         .k_w = kt_random_between(r, 1, 4),
                         .stride_h = kt_random_between(r, 1, 3),
                         .stride_w = kt_random_between(r, 1, 3),
                         .dil_h = kt_random_between(r, 1, 2),
                         .dil_w = kt_random_between(r, 1, 2),
                         .padding = kt_random_between(r, KT_SAME, KT_VALID),
                         .groups = depthwise ? 1 : kt_random_between(r, 1, 3),
                         .activation = kt_random_between(r, KT_ACT_NONE, KT_ACT_RELU6)};
    g.in_c = g.groups * kt_random_between(r, 1, 6);
    g.out_c =
        depthwise ? g.in_c * kt_random_between(r, 1, 3) : g.groups * kt_random_between(r, 1, 5);
    g.h = (g.k_h - 1) * g.dil_h + kt_random_between(r, 1, 7);
    g.w = (g.k_w - 1) * g.dil_w + kt_random_between(r, 1, 7);
    return g;
}

static void windows(struct kt_sink *sink, int32_t code, const struct geometry *list, size_t count)
{
    enum { RANDOM_GEOMETRIES = 12 };
    for (int32_t w = KT_WEIGHTS_F32; w < KT_WEIGHTS_COUNT; w++) {
        for (size_t i = 0; i < count; i++) {
            deliver(sink, code, &list[i], (enum kt_weights)w, i % 4 == 3);
        }
        for (int32_t i = 0; i < RANDOM_GEOMETRIES; i++) {
            struct geometry g = random_geometry(&sink->random, code == KT_DEPTHWISE_CONV_2D);
            deliver(sink, code, &g, (enum kt_weights)w, i % 4 == 3);
        }
    }
}

void kt_generate_conv(struct kt_sink *sink)
{
    windows(sink, KT_CONV_2D, conv_geometries,
            sizeof(conv_geometries) / sizeof(conv_geometries[0]));
}

void kt_generate_depthwise(struct kt_sink *sink)
{
    windows(sink, KT_DEPTHWISE_CONV_2D, depthwise_geometries,
            sizeof(depthwise_geometries) / sizeof(depthwise_geometries[0]));
}

static const struct geometry transposed_geometries[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, KT_VALID, 1, KT_ACT_NONE},
    {1, 1, 5, 8, 6, 3, 4, 2, 2, 1, 1, KT_VALID, 1, KT_ACT_NONE},
    {2, 3, 4, 3, 5, 3, 3, 2, 2, 1, 1, KT_SAME, 1, KT_ACT_RELU},
    {1, 4, 3, 5, 2, 2, 2, 3, 3, 1, 1, KT_SAME, 1, KT_ACT_NONE},
    {1, 5, 5, 2, 3, 4, 2, 1, 3, 1, 1, KT_VALID, 1, KT_ACT_RELU6},
};

void kt_generate_transpose_conv(struct kt_sink *sink)
{
    for (int32_t w = KT_WEIGHTS_F32; w <= KT_WEIGHTS_S16_NARROW; w++) {
        for (size_t i = 0; i < sizeof(transposed_geometries) / sizeof(struct geometry); i++) {
            deliver(sink, KT_TRANSPOSE_CONV, &transposed_geometries[i], (enum kt_weights)w,
                    i % 4 == 3);
        }
    }
}

struct dense {
    int32_t rank, dim[4], out_c, keep_num_dims, activation;
};

static const struct dense denses[] = {
    {2, {1, 1}, 1, 0, KT_ACT_NONE},        {2, {1, 16}, 10, 0, KT_ACT_RELU},
    {2, {1, 640}, 8, 0, KT_ACT_NONE},      {2, {5, 12}, 7, 0, KT_ACT_RELU6},
    {3, {2, 3, 9}, 5, 1, KT_ACT_NONE},     {4, {1, 2, 2, 13}, 4, 0, KT_ACT_RELU_N1_TO_1},
    {4, {1, 3, 1, 6}, 11, 1, KT_ACT_RELU}, {2, {1, 7}, 33, 0, KT_ACT_NONE},
};

static void deliver_dense(struct kt_sink *sink, const struct dense *d, enum kt_weights weights,
                          bool no_bias)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_FULLY_CONNECTED);
    struct kt_layer layer = {.code = KT_FULLY_CONNECTED,
                             .out_c = d->out_c,
                             .weights = weights,
                             .no_bias = no_bias,
                             .options = kt_options_default()};
    layer.options.keep_num_dims = d->keep_num_dims;
    layer.options.activation = d->activation;
    int32_t input = kt_build_tensor(&b, "input", kt_layer_type(weights), d->rank, d->dim);
    snprintf(c.label, sizeof(c.label), "%s, rank %d, %d to %d, activation %d%s",
             kt_weights_name(weights), (int)d->rank, (int)d->dim[d->rank - 1], (int)d->out_c,
             (int)d->activation, no_bias ? ", no bias" : "");
    int32_t output = kt_build_layer(&b, &layer, input);
    kt_case_end(sink, &c, input, output);
}

void kt_generate_fully_connected(struct kt_sink *sink)
{
    for (int32_t w = KT_WEIGHTS_F32; w < KT_WEIGHTS_COUNT; w++) {
        for (size_t i = 0; i < sizeof(denses) / sizeof(denses[0]); i++) {
            deliver_dense(sink, &denses[i], (enum kt_weights)w, false);
            deliver_dense(sink, &denses[i], (enum kt_weights)w, true);
        }
    }
}
