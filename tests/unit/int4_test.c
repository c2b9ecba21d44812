/* SPDX-License-Identifier: Apache-2.0 */
/* int4 weights: how they are read, that plans keep 4 bits, and what that saves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/execute.h"
#include "flow/model_job.h"
#include "import_try.h"
#include "small_models.h"
#include "tflite_writer.h"

/* A fully connected layer of 3 inputs and 3 outputs with these bytes as int4 weights. */
static struct kt_model *tiny_model(const unsigned char *weights, size_t bytes)
{
    struct kt_model *m = kt_model_create("int4");
    int32_t input = kt_tensor_add(m, "input", KT_I8, KT_LIST(1, 3));
    int32_t table = kt_tensor_add(m, "weights", KT_I4, KT_LIST(3, 3));
    int32_t output = kt_tensor_add(m, "output", KT_I8, KT_LIST(1, 3));
    kt_quantize(m, input, 0.5f, 0);
    kt_quantize(m, table, 0.25f, 0);
    kt_quantize(m, output, 0.5f, 0);
    kt_data(m, table, weights, bytes);
    kt_op_add1(m, KT_FULLY_CONNECTED, kt_options_default(), KT_LIST(input, table, -1), output);
    kt_inputs(m, KT_LIST(input));
    kt_outputs(m, KT_LIST(output));
    return m;
}

static void test_the_low_nibble_comes_first(void **state)
{
    (void)state;
    static const unsigned char packed[] = {0x21, 0x87, 0xf0, 0x9e, 0x0c};
    static const int8_t values[] = {1, 2, 7, -8, 0, -1, -2, -7, -4};
    struct kt_model *m = tiny_model(packed, sizeof packed);
    struct import_try r = import_try(kt_write(m), 0);
    assert_int_equal(r.err, KL_OK);
    const struct kl_tensor *t = r.graph->subgraphs[0]->ops[0]->inputs[1];
    assert_int_equal(t->dtype, KL_S8);
    assert_int_equal(t->bytes, sizeof values);
    assert_memory_equal(t->data, values, sizeof values);
    import_done(&r);
    kt_model_free(m);
}

static void test_content_of_another_size_is_refused(void **state)
{
    (void)state;
    static const unsigned char packed[9] = {0};
    for (size_t bytes = 1; bytes <= sizeof packed; bytes++) {
        struct kt_model *m = tiny_model(packed, bytes);
        struct import_try r = import_try(kt_write(m), 0);
        assert_int_equal(r.err, bytes == 5 ? KL_OK : KL_EINPUT);
        if (bytes != 5) {
            assert_non_null(strstr(r.diag.message, "but type and shape need 5"));
        }
        import_done(&r);
        kt_model_free(m);
    }
}

/* The keyword spotter planned both ways. */
struct both {
    struct kl_model_job packed, wide;
};

static void plan_it(struct kl_model_job *job, const struct kt_case *c, enum kl_kernel_set kernels,
                    bool wide)
{
    struct kl_diag diag = {0};
    assert_int_equal(kl_model_job_open_bytes(job, "case.tflite", kt_write(c->model), &diag), KL_OK);
    job->wide_weights = wide;
    assert_int_equal(kl_model_job_plan(job, kernels, NULL, &diag), KL_OK);
}

static void run_it(const struct kl_model_job *job, struct kl_bytes input, unsigned char *output)
{
    unsigned char *memory;
    struct kl_diag diag = {0};
    const struct kl_plan *plan = job->plan;
    assert_int_equal(kl_execute_arena(plan, job->arena, &memory, &diag), KL_OK);
    memcpy(kl_execute_io(plan, &plan->inputs[0], memory), input.data, input.size);
    assert_int_equal(kl_execute(plan, memory, &diag), KL_OK);
    memcpy(output, kl_execute_io(plan, &plan->outputs[0], memory), plan->outputs[0].tensor->bytes);
}

static bool has_four_bits(enum kl_kernel_id kernel)
{
    return kernel == KL_KERNEL_CONV2D_S4 || kernel == KL_KERNEL_DEPTHWISE_S4 ||
           kernel == KL_KERNEL_CONV2D_S4_ARMV7EM ||
           kernel == KL_KERNEL_FULLY_CONNECTED_S4_ARMV7EM || kernel == KL_KERNEL_CONV2D_S4_MVE ||
           kernel == KL_KERNEL_FULLY_CONNECTED_S4_MVE || kernel == KL_KERNEL_CONV2D_S4_MUL32;
}

static int32_t count_kernels(const struct kl_plan *plan)
{
    int32_t count = 0;
    for (int32_t i = 0; i < plan->step_count; i++) {
        count += has_four_bits(plan->steps[i].kernel);
    }
    return count;
}

/* Constants are weights, which take half the bytes, and 9 bytes for each channel. */
static void compare(void *context, const struct kt_case *c)
{
    enum { LAYERS = 6, DEPTHWISE_LAYERS = 2 };
    const enum kl_kernel_set kernels = *(const enum kl_kernel_set *)context;
    struct kl_bytes input;
    unsigned char packed_output[64], wide_output[64];
    struct both b;
    kt_case_inputs(c, 7, &input);
    plan_it(&b.packed, c, kernels, false);
    plan_it(&b.wide, c, kernels, true);
    assert_int_equal(count_kernels(b.packed.plan),
                     kernels == KL_KERNELS_PORTABLE ? LAYERS : LAYERS - DEPTHWISE_LAYERS);
    assert_int_equal(count_kernels(b.wide.plan), 0);
    assert_true(b.packed.plan->constant_bytes <= b.wide.plan->constant_bytes * 3 / 4);
    run_it(&b.packed, input, packed_output);
    run_it(&b.wide, input, wide_output);
    assert_memory_equal(packed_output, wide_output, b.wide.plan->outputs[0].tensor->bytes);
    kl_model_job_free(&b.packed);
    kl_model_job_free(&b.wide);
}

static void test_every_set_of_kernels_keeps_four_bits(void **state)
{
    (void)state;
    for (int set = 0; set < KL_KERNEL_SET_COUNT; set++) {
        enum kl_kernel_set kernels = (enum kl_kernel_set)set;
        assert_true(kt_small_model("keyword.int4", compare, &kernels));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_low_nibble_comes_first),
        cmocka_unit_test(test_content_of_another_size_is_refused),
        cmocka_unit_test(test_every_set_of_kernels_keeps_four_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
