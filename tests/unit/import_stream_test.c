/* SPDX-License-Identifier: Apache-2.0 */
/* Options of operators that keep a window of the past, as files state them and as they must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "custom_options.h"
#include "import_models.h"
#include "import_try.h"
#include "plan/plan.h"
#include "tflite_writer.h"

/* A CIRCULAR_BUFFER of `slots` slots of 2 x channels; period: an option, unless it is 0. */
static void add_buffer(struct kt_model *m, int32_t slots, int32_t channels, int32_t period)
{
    int32_t input = kt_tensor_add(m, "in", KT_I8, KT_LIST(1, 1, 2, channels));
    int32_t kept = kt_tensor_add(m, "kept", KT_I8, KT_LIST(1, slots, 2, channels));
    int32_t op = kt_op_add1(m, KT_CIRCULAR_BUFFER, kt_options_default(), KT_LIST(input), kept);
    struct kt_subgraph *subgraph = m->subgraphs[0];
    kt_op_at(m, op)->custom_code = "CIRCULAR_BUFFER";
    if (period) {
        kt_custom_options(m, op, 1, (const char *const[]){"cycles_max"}, &period);
    }
    subgraph->inputs[subgraph->input_count++] = input;
    subgraph->outputs[subgraph->output_count++] = kept;
}

static void check_periods(struct kt_model *m, int32_t count, const int32_t *periods)
{
    struct import_try r = import_good(kt_write(m));
    for (int32_t i = 0; i < count; i++) {
        assert_int_equal(r.graph->subgraphs[0]->ops[i]->attr.circular_buffer.period, periods[i]);
    }
    import_done(&r);
    kt_model_free(m);
}

static void a_period_is_stated_or_told_by_the_shape(void **state)
{
    (void)state;
    struct kt_model *m = kt_model_create("periods");
    add_buffer(m, 5, 4, 7);
    add_buffer(m, 5, 4, 0);
    add_buffer(m, 6, 4, 0);
    add_buffer(m, 13, 4, -1);
    add_buffer(m, 25, 4, 0);
    check_periods(m, 5, (const int32_t[]){7, 1, 2, 1, 1});
}

/* Of six buffers of one shape without a period the fifth is the last of its model. */
static void the_fifth_buffer_of_a_shape_is_known(void **state)
{
    (void)state;
    struct kt_model *m = kt_model_create("periods");
    for (int32_t i = 0; i < 6; i++) {
        add_buffer(m, 3, 96, 0);
    }
    check_periods(m, 6, (const int32_t[]){2, 2, 2, 2, 1, 2});
}

static void periods_out_of_range_are_refused(void **state)
{
    (void)state;
    struct kt_model *m = kt_model_create("period");
    add_buffer(m, 5, 4, INT16_MAX + 1);
    struct import_try r = import_try(kt_write(m), 0);
    assert_null(r.graph);
    assert_non_null(strstr(r.diag.message, "its option cycles_max is 32768"));
    import_done(&r);
    kt_model_free(m);
}

/* Two outputs, the second of `type` and `count` elements. */
static struct import_try import_told(int32_t type, int32_t count)
{
    struct kt_model *m = kt_model_create("told");
    int32_t input = kt_tensor_add(m, "in", KT_I8, KT_LIST(1, 1, 2, 3));
    int32_t kept = kt_tensor_add(m, "kept", KT_I8, KT_LIST(1, 4, 2, 3));
    int32_t told = kt_tensor_add(m, "told", type, KT_LIST(count));
    int32_t op =
        kt_op_add(m, KT_CIRCULAR_BUFFER, kt_options_default(), KT_LIST(input), KT_LIST(kept, told));
    kt_op_at(m, op)->custom_code = "CIRCULAR_BUFFER";
    kt_inputs(m, KT_LIST(input));
    kt_outputs(m, KT_LIST(kept, told));
    struct import_try r = import_try(kt_write(m), 0);
    kt_model_free(m);
    return r;
}

static void what_tells_the_period_is_one_bool(void **state)
{
    (void)state;
    struct import_try r = import_told(KT_BOOL, 2);
    assert_null(r.graph);
    assert_non_null(strstr(r.diag.message, "its second output must have one element"));
    import_done(&r);
    r = import_told(KT_I8, 1);
    assert_non_null(r.graph);
    struct kl_plan *plan;
    assert_int_equal(kl_plan_create(r.graph, NULL, r.arena, &plan, &r.diag), KL_EUNSUPPORTED);
    assert_non_null(strstr(r.diag.message, "its second output is no bool"));
    import_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_is_stated_or_told_by_the_shape),
        cmocka_unit_test(the_fifth_buffer_of_a_shape_is_known),
        cmocka_unit_test(periods_out_of_range_are_refused),
        cmocka_unit_test(what_tells_the_period_is_one_bool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
