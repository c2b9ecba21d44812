/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of LOG_SOFTMAX, L2_NORMALIZATION, SQUARED_DIFFERENCE and L2_POOL_2D. */
#include <stdio.h>

#include "cases.h"

static const int32_t shapes[][4] = {
    {1, 1, 1, 1}, {3, 2, 1, 10}, {1, 1, 4, 64}, {1, 1, 1, 300}, {1, 16, 1, 17}};

static void deliver_vectors(struct kt_sink *sink, int32_t code, int32_t type, const int32_t dim[4])
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    bool softmax = code == KT_LOG_SOFTMAX;
    float scale = kt_random_float(&sink->random, 0.002f, softmax ? 0.4f : 0.1f);
    int32_t zero_point = kt_random_between(&sink->random, -128, 127);
    int32_t input = kt_build_quantized(&b, "input", type, scale, zero_point, 4, dim);
    int32_t output = kt_build_quantized(&b, "output", type, softmax ? 1.0f / 16 : 1.0f / 128,
                                        softmax ? 127 : 0, 4, dim);
    kt_op_add1(c.model, code, kt_options_default(), KT_LIST(input), output);
    snprintf(c.label, sizeof(c.label), "%s, %d of %d, scale %g, zero point %d", kt_type_name(type),
             (int)(dim[0] * dim[1] * dim[2]), (int)dim[3], (double)scale, (int)zero_point);
    kt_case_end(sink, &c, input, output);
}

static void deliver_difference(struct kt_sink *sink, int32_t type, bool spread)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SQUARED_DIFFERENCE);
    int32_t first = kt_build_tensor(&b, "first", type, KT_LIST(2, 3, 4, 5));
    int32_t second = spread ? kt_build_tensor(&b, "second", type, KT_LIST(3, 1, 5))
                            : kt_build_tensor(&b, "second", type, KT_LIST(2, 3, 4, 5));
    int32_t output = kt_build_tensor(&b, "output", type, KT_LIST(2, 3, 4, 5));
    kt_op_add1(c.model, KT_SQUARED_DIFFERENCE, kt_options_default(), KT_LIST(first, second),
               output);
    kt_inputs(c.model, KT_LIST(first, second));
    snprintf(c.label, sizeof(c.label), "%s%s", kt_type_name(type), spread ? ", broadcast" : "");
    kt_case_end(sink, &c, first, output);
}

static void deliver_pool(struct kt_sink *sink, int32_t padding, int32_t activation)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_L2_POOL_2D);
    struct kt_options options = kt_options_default();
    options.padding = padding;
    options.filter_h = 3;
    options.filter_w = options.stride_w = 2;
    options.activation = activation;
    int32_t input = kt_build_tensor(&b, "input", KT_F32, KT_LIST(2, 7, 6, 3));
    int32_t output = kt_build_pool(&b, KT_L2_POOL_2D, options, input);
    snprintf(c.label, sizeof(c.label), "padding %d, activation %d", (int)padding, (int)activation);
    kt_case_end(sink, &c, input, output);
}

void kt_generate_normalise(struct kt_sink *sink)
{
    enum { ROUNDS = 6 };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        for (int32_t round = 0; round < ROUNDS; round++) {
            deliver_vectors(sink, KT_LOG_SOFTMAX, KT_I8, shapes[i]);
            deliver_vectors(sink, KT_L2_NORMALIZATION, KT_I8, shapes[i]);
        }
        deliver_vectors(sink, KT_LOG_SOFTMAX, KT_F32, shapes[i]);
        deliver_vectors(sink, KT_L2_NORMALIZATION, KT_F32, shapes[i]);
    }
    for (int32_t round = 0; round < ROUNDS; round++) {
        deliver_difference(sink, KT_I8, round % 2);
        deliver_difference(sink, KT_I16, round % 2);
    }
    deliver_difference(sink, KT_F32, false);
    deliver_difference(sink, KT_F32, true);
    deliver_difference(sink, KT_I32, true);
    deliver_pool(sink, KT_SAME, KT_ACT_NONE);
    deliver_pool(sink, KT_VALID, KT_ACT_RELU6);
}
