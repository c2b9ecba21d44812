/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of ADD_N, CUMSUM, GELU, SELECT, and the functions with two limits. */
#include <stdio.h>

#include "cases.h"

static void deliver_add_n(struct kt_sink *sink, int32_t type, int32_t count)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_ADD_N);
    int32_t inputs[4] = {kt_build_tensor(&b, "input", type, KT_LIST(2, 5, 7))};
    for (int32_t i = 1; i < count; i++) {
        inputs[i] = kt_build_like(&b, "input", inputs[0], KT_LIST(2, 5, 7));
    }
    int32_t output = kt_build_tensor(&b, "output", type, KT_LIST(2, 5, 7));
    kt_op_add1(c.model, KT_ADD_N, kt_options_default(), count, inputs, output);
    kt_inputs(c.model, count, inputs);
    snprintf(c.label, sizeof(c.label), "%s, %d inputs", kt_type_name(type), (int)count);
    kt_case_end(sink, &c, inputs[0], output);
}

static void deliver_cumsum(struct kt_sink *sink, int32_t type, int32_t axis)
{
    for (int32_t way = 0; way < 4; way++) {
        struct kt_case c;
        struct kt_build b = kt_case_begin(sink, &c, KT_CUMSUM);
        struct kt_options options = kt_options_default();
        options.exclusive = way % 2;
        options.reverse = way / 2;
        int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(3, 7, 2));
        int32_t output = kt_build_tensor(&b, "output", type, KT_LIST(3, 7, 2));
        int32_t along = kt_scalar_i32(c.model, "axis", axis);
        kt_op_add1(c.model, KT_CUMSUM, options, KT_LIST(input, along), output);
        snprintf(c.label, sizeof(c.label), "%s, axis %d, exclusive %d, reverse %d",
                 kt_type_name(type), (int)axis, (int)(way % 2), (int)(way / 2));
        kt_case_end(sink, &c, input, output);
    }
}

static void deliver_function(struct kt_sink *sink, int32_t code, int32_t type, int32_t approximate)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_options options = kt_options_default();
    options.approximate = approximate;
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(1, 256));
    int32_t output = kt_build_tensor(&b, "output", type, KT_LIST(1, 256));
    kt_op_add1(c.model, code, options, KT_LIST(input), output);
    c.span = 4.0f;
    snprintf(c.label, sizeof(c.label), "%s, approximate %d", kt_type_name(type), (int)approximate);
    kt_case_end(sink, &c, input, output);
}

static void deliver_select(struct kt_sink *sink, int32_t type, bool along_first)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SELECT);
    int32_t which = along_first ? kt_tensor_add(c.model, "which", KT_BOOL, KT_LIST(5))
                                : kt_tensor_add(c.model, "which", KT_BOOL, KT_LIST(5, 3, 5));
    int32_t x = kt_build_tensor(&b, "a", type, KT_LIST(5, 3, 5));
    int32_t y = kt_build_like(&b, "b", x, KT_LIST(5, 3, 5));
    int32_t output = kt_build_like(&b, "output", x, KT_LIST(5, 3, 5));
    kt_op_add1(c.model, KT_SELECT, kt_options_default(), KT_LIST(which, x, y), output);
    kt_inputs(c.model, KT_LIST(which, x, y));
    snprintf(c.label, sizeof(c.label), "%s%s", kt_type_name(type),
             along_first ? ", along the first dimension" : "");
    kt_case_end(sink, &c, x, output);
}

void kt_generate_sums(struct kt_sink *sink)
{
    static const int32_t types[] = {KT_I8, KT_F32, KT_I32};
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        for (int32_t count = 2; count <= 4; count++) {
            deliver_add_n(sink, types[t], count);
        }
        for (int32_t axis = -1; axis < 2; axis++) {
            deliver_cumsum(sink, types[t], axis);
        }
        deliver_select(sink, types[t], true);
        deliver_select(sink, types[t], false);
    }
    for (int32_t i = 0; i < 4; i++) {
        deliver_function(sink, KT_RELU_N1_TO_1, i ? KT_I8 : KT_F32, 0);
        deliver_function(sink, KT_RELU_0_TO_1, i ? KT_I8 : KT_F32, 0);
    }
    deliver_function(sink, KT_GELU, KT_F32, 0);
    deliver_function(sink, KT_GELU, KT_F32, 1);
}
