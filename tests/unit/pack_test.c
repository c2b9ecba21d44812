/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model packs: their parameter layouts against the emitter's fields, the bits of their results
 * against the host engine's, and what the validator refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emit/fields.h"
#include "flow/execute.h"
#include "flow/pack_engine.h"
#include "nn/pack/read.h"
#include "pack_cases.h"
#include "small_models.h"

enum { MAX_WORDS = 256 };

/* A parameter struct as the emitter describes it: its packed words, filled with distinct values. */
struct packed {
    uint32_t words[MAX_WORDS];
    bool is_pointer[MAX_WORDS];
    uint32_t count;
};

static const unsigned char somewhere[4 * MAX_WORDS] __attribute__((aligned(16)));

/* Fill the struct at `params` and the words that it must be packed to. */
static void fill(const struct kl_field *fields, unsigned char *params, struct packed *packed)
{
    for (const struct kl_field *field = fields; field->name; field++) {
        if (field->type == KL_FIELD_STRUCT) {
            fill(field->fields, params + field->offset, packed);
            continue;
        }
        for (int32_t i = 0; i < field->count; i++) {
            uint32_t value = 4 * packed->count + 4;
            assert_true(packed->count < MAX_WORDS);
            packed->is_pointer[packed->count] = field->type == KL_FIELD_POINTER;
            packed->words[packed->count++] = value;
            if (field->type == KL_FIELD_POINTER) {
                const unsigned char *pointer = somewhere + value;
                memcpy(params + field->offset, &pointer, sizeof pointer);
            } else {
                memcpy(params + field->offset + 4 * i, &value, sizeof value);
            }
        }
    }
}

static const struct kl_params_layout *layout_of(int32_t kernel)
{
    return kl_host_engine.kernels[kernel]->layout;
}

static void test_layouts_are_those_of_the_fields(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        const struct kl_params_layout *layout = layout_of(k);
        union kl_any_params expected = {0}, actual = {0};
        struct packed packed = {.count = 0};
        fill(kl_kernel_fields((enum kl_kernel_id)k), (unsigned char *)&expected, &packed);
        assert_int_equal(layout->words, packed.count);
        uint32_t pointers = 0;
        for (uint32_t i = 0; i < packed.count; i++) {
            if (packed.is_pointer[i]) {
                assert_true(pointers < layout->pointer_count);
                assert_int_equal(layout->pointers[pointers++], i);
            }
        }
        assert_int_equal(layout->pointer_count, pointers);
        assert_true(kl_params_unpack(layout, packed.words, somewhere, sizeof somewhere, &actual));
        assert_memory_equal(&actual, &expected, sizeof actual);
    }
}

/* Results of host engine and pack, from the same inputs in arenas of exactly their size. */
static void compare_runs(const struct pack_case *made, const struct kl_bytes *inputs)
{
    const struct kl_plan *plan = made->job.plan;
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)made->pack;
    struct kl_diag diag = {0};
    unsigned char *host = exact_copy(NULL, plan->arena_bytes);
    unsigned char *device = exact_copy(NULL, pack->arena_bytes);
    kl_execute_reset(plan, host);
    kl_pack_reset(pack, &kl_host_engine, device);
    assert_int_equal(pack->arena_bytes, plan->arena_bytes);
    for (int32_t i = 0; i < plan->input_count; i++) {
        const struct kl_pack_tensor *tensor = kl_pack_tensor(pack, (uint32_t)i);
        assert_int_equal(tensor->bytes, inputs[i].size);
        memcpy(kl_execute_io(plan, &plan->inputs[i], host), inputs[i].data, inputs[i].size);
        memcpy(device + tensor->offset, inputs[i].data, inputs[i].size);
    }
    assert_int_equal(kl_execute(plan, host, &diag), KL_OK);
    assert_int_equal(kl_pack_run(pack, &kl_host_engine, device),
                     kl_execute_has_new_outputs(plan, host));
    for (int32_t i = 0; i < plan->output_count; i++) {
        const struct kl_pack_tensor *tensor =
            kl_pack_tensor(pack, (uint32_t)(plan->input_count + i));
        const struct kl_tensor *out = plan->outputs[i].tensor;
        assert_int_equal(tensor->bytes, out->bytes);
        assert_int_equal(tensor->dtype, out->dtype);
        assert_int_equal(tensor->rank, out->shape.rank);
        assert_memory_equal(kl_pack_dims(tensor), out->shape.dim, 4 * (size_t)tensor->rank);
        assert_memory_equal(device + tensor->offset, kl_execute_io(plan, &plan->outputs[i], host),
                            out->bytes);
    }
    free(host);
    free(device);
}

static void must_be_valid(const char *label, const struct pack_case *made)
{
    int result = kl_pack_validate(made->pack, made->bytes, &kl_host_engine);
    if (result != 0) {
        fail_msg("%s: %s (step %d)", label, kl_pack_error_text(kl_pack_error_of(result)),
                 (int)kl_pack_error_step(result));
    }
}

static void check_case(void *context, const struct kt_case *c)
{
    int32_t *count = context;
    for (int set = KL_KERNELS_PORTABLE; set < KL_KERNEL_SET_COUNT; set++) {
        struct pack_case made;
        struct kl_bytes inputs[KT_MAX_IO];
        pack_case_make(&made, c, (enum kl_kernel_set)set);
        must_be_valid(c->label, &made);
        kt_case_inputs(c, 5, inputs);
        compare_runs(&made, inputs);
        pack_case_free(&made);
    }
    (*count)++;
}

static void check_graph(void *context, const char *label, const struct pack_case *made)
{
    struct kl_bytes inputs[KT_MAX_IO];
    must_be_valid(label, made);
    pack_case_inputs(made, 11, inputs);
    compare_runs(made, inputs);
    (*(int32_t *)context)++;
}

static void test_results_are_the_engines(void **state)
{
    int32_t count = 0;
    (void)state;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, check_case, &count);
    }
    assert_true(kt_small_model("keyword", check_case, &count));
    assert_true(count > 100);
    pack_case_each_graph(check_graph, &count);
}

static int validate(const unsigned char *pack, uint32_t bytes)
{
    return kl_pack_validate(pack, bytes, &kl_host_engine);
}

static enum kl_pack_error error_of(const unsigned char *pack, uint32_t bytes)
{
    return kl_pack_error_of(validate(pack, bytes));
}

/* The first step's records, by their offsets in a pack. */
struct places {
    uint32_t step, rows, params, tensor;
};

static struct places places_of(const struct kl_pack *pack)
{
    const struct kl_pack_step *first =
        (const struct kl_pack_step *)(const void *)((const unsigned char *)pack + pack->steps);
    struct places places = {.step = pack->steps, .rows = pack->steps + 8, .tensor = pack->tensors};
    places.params =
        (uint32_t)((const unsigned char *)kl_step_params(first) - (const unsigned char *)pack);
    return places;
}

/* One change of 2 or 4 bytes, and the error that it must be refused with. */
struct change {
    uint32_t at, bytes, value;
    enum kl_pack_error error;
};

#define FIELD(base, type, field) \
    (uint32_t)((base) + offsetof(struct type, field)), sizeof(((struct type *)0)->field)

static void check_changes(const unsigned char *pack, uint32_t bytes, const struct change *changes,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct change *c = &changes[i];
        unsigned char *copy = exact_copy(pack, bytes);
        memcpy(copy + c->at, &c->value, c->bytes);
        int result = validate(copy, bytes);
        if (kl_pack_error_of(result) != c->error) {
            fail_msg("change %d: %s", (int)i, kl_pack_error_text(kl_pack_error_of(result)));
        }
        free(copy);
    }
}

static void test_header_is_checked(void **state)
{
    struct pack_case *made = *state;
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)made->pack;
    const struct places p = places_of(pack);
    const struct change changes[] = {
        {FIELD(0, kl_pack, magic), KL_ENGINE_MAGIC, KL_PACK_ERROR_MAGIC},
        {FIELD(0, kl_pack, version), KL_PACK_VERSION + 1, KL_PACK_ERROR_VERSION},
        {FIELD(0, kl_pack, abi), KL_ENGINE_ABI + 1, KL_PACK_ERROR_ABI},
        {FIELD(0, kl_pack, bytes), made->bytes + 4, KL_PACK_ERROR_SIZE},
        {FIELD(0, kl_pack, bytes), 76, KL_PACK_ERROR_SIZE},
        {FIELD(0, kl_pack, arena_bytes), KL_PACK_MAX_BYTES + 1, KL_PACK_ERROR_ARENA},
        {FIELD(0, kl_pack, arena_bytes), 0, KL_PACK_ERROR_TENSOR},
        {FIELD(0, kl_pack, input_count), 0xffff, KL_PACK_ERROR_TENSOR},
        {FIELD(0, kl_pack, next_offset), 2, KL_PACK_ERROR_LAYOUT},
        {FIELD(0, kl_pack, next_offset), pack->arena_bytes, KL_PACK_ERROR_LAYOUT},
        {FIELD(0, kl_pack, tensors), made->bytes + 4, KL_PACK_ERROR_LAYOUT},
        {FIELD(0, kl_pack, tensors), 40, KL_PACK_ERROR_LAYOUT},
        {FIELD(0, kl_pack, steps), pack->steps + 2, KL_PACK_ERROR_LAYOUT},
        {FIELD(0, kl_pack, steps), made->bytes, KL_PACK_ERROR_LAYOUT},
        {FIELD(0, kl_pack, name), made->bytes, KL_PACK_ERROR_LAYOUT},
        {FIELD(0, kl_pack, name), 4, KL_PACK_ERROR_LAYOUT},
        {FIELD(0, kl_pack, reserved[1]), 1, KL_PACK_ERROR_LAYOUT},
        {FIELD(p.tensor, kl_pack_tensor, offset), pack->arena_bytes, KL_PACK_ERROR_TENSOR},
        {FIELD(p.tensor, kl_pack_tensor, bytes), pack->arena_bytes + 1, KL_PACK_ERROR_TENSOR},
        {FIELD(p.tensor, kl_pack_tensor, dtype), 0, KL_PACK_ERROR_TENSOR},
        {FIELD(p.tensor, kl_pack_tensor, rank), KL_PACK_MAX_RANK + 1, KL_PACK_ERROR_TENSOR},
    };
    check_changes(made->pack, made->bytes, changes, sizeof changes / sizeof changes[0]);
}

/* The first step is a convolution: its window, weights and tables must fit. */
static void test_step_is_checked(void **state)
{
    enum { ZERO_POINT = 15 * 4, WEIGHTS = 16 * 4, BIAS = 17 * 4, SHIFT = 19 * 4, MAX = 22 * 4 };
    struct pack_case *made = *state;
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)made->pack;
    const struct places p = places_of(pack);
    const uint32_t out = p.rows + sizeof(struct kl_pack_rows);
    const struct change changes[] = {
        {FIELD(p.step, kl_pack_step, kernel), KL_KERNEL_COUNT, KL_PACK_ERROR_KERNEL},
        {FIELD(p.step, kl_pack_step, inputs), 2, KL_PACK_ERROR_STEP},
        {FIELD(p.step, kl_pack_step, outputs), 0, KL_PACK_ERROR_STEP},
        {FIELD(p.step, kl_pack_step, words), 22, KL_PACK_ERROR_STEP},
        {FIELD(p.step, kl_pack_step, has_scratch), 2, KL_PACK_ERROR_STEP},
        {FIELD(p.step, kl_pack_step, reserved), 1, KL_PACK_ERROR_STEP},
        {FIELD(p.rows, kl_pack_rows, count), 0, KL_PACK_ERROR_STEP},
        {FIELD(out, kl_pack_rows, place), KL_PACK_PLACE_CONSTANT | 80, KL_PACK_ERROR_PARAMS},
        {FIELD(out, kl_pack_rows, place), pack->arena_bytes, KL_PACK_ERROR_PARAMS},
        {FIELD(out, kl_pack_rows, stride), 0, KL_PACK_ERROR_PARAMS},
        {FIELD(out, kl_pack_rows, count), 0x7fffffff, KL_PACK_ERROR_PARAMS},
        {FIELD(p.params, kl_window, in_h), 0x7fff, KL_PACK_ERROR_PARAMS},
        {FIELD(p.params, kl_window, in_c), 0, KL_PACK_ERROR_PARAMS},
        {FIELD(p.params, kl_window, out_c), 0x7fffffff, KL_PACK_ERROR_PARAMS},
        {FIELD(p.params, kl_window, k_h), 0x10000, KL_PACK_ERROR_PARAMS},
        {FIELD(p.params, kl_window, stride_w), 0, KL_PACK_ERROR_PARAMS},
        {FIELD(p.params, kl_window, dil_h), 0x7fffffff, KL_PACK_ERROR_PARAMS},
        {FIELD(p.params, kl_window, pad_top), 0xffffffff, KL_PACK_ERROR_PARAMS},
        {p.params + ZERO_POINT, 4, 128, KL_PACK_ERROR_PARAMS},
        {p.params + WEIGHTS, 4, made->bytes - 4, KL_PACK_ERROR_PARAMS},
        {p.params + WEIGHTS, 4, made->bytes + 4, KL_PACK_ERROR_PARAMS},
        {p.params + WEIGHTS, 4, 0, KL_PACK_ERROR_PARAMS},
        {p.params + BIAS, 4, 82, KL_PACK_ERROR_PARAMS},
        {p.params + SHIFT, 4, 0, KL_PACK_ERROR_PARAMS},
        {p.params + MAX, 4, 128, KL_PACK_ERROR_PARAMS},
    };
    check_changes(made->pack, made->bytes, changes, sizeof changes / sizeof changes[0]);
}

/* Sizes and addresses that a caller may get wrong. */
static void test_delivery_is_checked(void **state)
{
    struct pack_case *made = *state;
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)made->pack;
    for (uint32_t bytes = 0; bytes < made->bytes; bytes++) {
        unsigned char *cut = exact_copy(made->pack, bytes);
        assert_int_equal(error_of(cut, bytes), KL_PACK_ERROR_SIZE);
        free(cut);
    }
    unsigned char *shifted = exact_copy(NULL, made->bytes + 8);
    memcpy(shifted + 8, made->pack, made->bytes);
    assert_int_equal(error_of(shifted + 8, made->bytes), KL_PACK_ERROR_SIZE);
    free(shifted);
    /* Flash behind the pack does not matter. */
    unsigned char *longer = exact_copy(NULL, made->bytes + 64);
    memcpy(longer, made->pack, made->bytes);
    assert_int_equal(error_of(longer, made->bytes + 64), KL_PACK_OK);
    free(longer);
    struct kl_engine engine = kl_host_engine;
    engine.arena_bytes = pack->arena_bytes - 1;
    assert_int_equal(kl_pack_error_of(kl_pack_validate(made->pack, made->bytes, &engine)),
                     KL_PACK_ERROR_ARENA);
}

/* An engine without the last step's kernel names the first step that needs it. */
static void test_missing_kernel_names_the_step(void **state)
{
    struct pack_case *made = *state;
    const struct kl_engine_kernel *kernels[KL_KERNEL_COUNT];
    struct kl_engine engine = kl_host_engine;
    memcpy(kernels, kl_host_engine.kernels, sizeof kernels);
    kernels[KL_KERNEL_SOFTMAX_S8] = NULL;
    engine.kernels = kernels;
    int result = kl_pack_validate(made->pack, made->bytes, &engine);
    assert_int_equal(kl_pack_error_of(result), KL_PACK_ERROR_KERNEL);
    assert_int_equal(kl_pack_error_step(result), made->job.plan->step_count - 1);
}

/* Sums that could overflow are refused; those that only seem to are told apart by the weights. */
static void test_overflowing_sums_are_refused(void **state)
{
    struct pack_case *made = *state;
    struct kl_pack *pack = (struct kl_pack *)(void *)made->pack;
    const struct places p = places_of(pack);
    uint32_t bias, weights;
    memcpy(&bias, made->pack + p.params + 4 * 17, 4);
    memcpy(&weights, made->pack + p.params + 4 * 16, 4);
    const struct kl_window *win = (const struct kl_window *)(void *)(made->pack + p.params);
    const int32_t taps = win->k_h * win->k_w * win->in_c;
    int32_t sum = 0;
    unsigned char *copy = exact_copy(made->pack, made->bytes);
    for (int32_t i = 0; i < taps; i++) {
        sum += 128 * abs((int8_t)copy[weights + (uint32_t)i]);
    }
    const int32_t largest = INT32_MAX - sum, overflow = INT32_MAX - sum + 1;
    memcpy(copy + bias, &largest, 4);
    assert_int_equal(error_of(copy, made->bytes), KL_PACK_OK);
    memcpy(copy + bias, &overflow, 4);
    assert_int_equal(error_of(copy, made->bytes), KL_PACK_ERROR_PARAMS);
    free(copy);
}

static void test_header_names_the_model(void **state)
{
    struct pack_case *made = *state;
    const struct kl_pack *pack = (const struct kl_pack *)(const void *)made->pack;
    char hex[KL_SHA256_HEX_BYTES];
    for (size_t i = 0; i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02x", pack->source_sha256[i]);
    }
    assert_string_equal(hex, made->job.sha256);
    assert_string_equal((const char *)made->pack + pack->name, "case");
}

static void keep(void *context, const struct kt_case *c)
{
    pack_case_make(context, c, KL_KERNELS_PORTABLE);
}

/* *state: the keyword spotter. */
static int begin(void **state)
{
    static struct pack_case made;
    *state = &made;
    return kt_small_model("keyword", keep, &made) ? 0 : -1;
}

static int end(void **state)
{
    pack_case_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_names_the_model),
        cmocka_unit_test(test_header_is_checked),
        cmocka_unit_test(test_step_is_checked),
        cmocka_unit_test(test_delivery_is_checked),
        cmocka_unit_test(test_missing_kernel_names_the_step),
        cmocka_unit_test(test_overflowing_sums_are_refused),
        cmocka_unit_test(test_layouts_are_those_of_the_fields),
        cmocka_unit_test(test_results_are_the_engines),
    };
    return cmocka_run_group_tests_name("pack", tests, begin, end);
}
