/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operator, over generated models: what the engine computes from the written file
 * must equal what the slow reference computes from the description. And every operator
 * that ops.def promises must have been among the cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "graph/graph.h"
#include "run_model.h"
#include "slow_reference.h"
#include "target/core.h"
#include "tflite_writer.h"

#define ARENA_LIMIT ((size_t)256 << 20)

/* What the cases of one family came to. */
struct tally {
    int32_t cases, wrong;
};

/* Operators and types that took part in any case that ran. */
static bool exercised[KL_OP_KIND_COUNT];
static bool exercised_with[KL_OP_KIND_COUNT][KL_DTYPE_COUNT];

static enum kl_op_kind kind_of(int32_t code)
{
    const char *name = kt_builtin_name(code);
    for (int32_t kind = 0; kind < KL_OP_KIND_COUNT; kind++) {
        if (name && strcmp(kl_op_info((enum kl_op_kind)kind)->name, name) == 0) {
            return (enum kl_op_kind)kind;
        }
    }
    return KL_OP_UNKNOWN;
}

static void note_type(enum kl_op_kind kind, int32_t type)
{
    exercised_with[kind][type == KT_F32 ? KL_F32 : (type == KT_I8 ? KL_S8 : KL_S32)] = true;
}

static void note_exercised(const struct kt_subgraph *subgraph)
{
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kt_op *op = &subgraph->ops[i];
        enum kl_op_kind kind = kind_of(op->code);
        exercised[kind] = true;
        if (op->output_count > 0) {
            note_type(kind, subgraph->tensors[op->outputs[0]].type);
        }
        if (op->input_count > 0) {
            note_type(kind, subgraph->tensors[op->inputs[0]].type);
        }
    }
}

static void report(const struct kt_case *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void report(const struct kt_case *c, const char *format, ...)
{
    char text[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    print_error("%s, %s: %s\n", kt_builtin_name(c->code), c->label, text);
}

static bool outputs_agree(const struct kt_case *c, const struct kl_bytes *expected,
                          const struct kl_bytes *actual)
{
    const struct kt_subgraph *subgraph = c->model->subgraphs[0];
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        int32_t type = subgraph->tensors[subgraph->outputs[i]].type;
        int64_t where = -1;
        int64_t wrong = kt_compare(type, expected[i], actual[i], c->tolerance, &where);
        if (wrong > 0) {
            report(c, "output %d: %lld elements differ, the first is number %lld", (int)i,
                   (long long)wrong, (long long)where);
            return false;
        }
    }
    return true;
}

/* Put what one run has behind what the runs before had. */
static void append(struct kt_model *model, int32_t count, const struct kl_bytes *of_run,
                   struct kl_bytes *all)
{
    for (int32_t i = 0; i < count; i++) {
        unsigned char *data = kt_alloc(model, all[i].size + of_run[i].size, 1);
        if (all[i].size) {
            memcpy(data, all[i].data, all[i].size);
        }
        memcpy(data + all[i].size, of_run[i].data, of_run[i].size);
        all[i] = (struct kl_bytes){data, all[i].size + of_run[i].size};
    }
}

/* The inputs of all runs of the case, and what the slow reference makes of them. */
static void expect(const struct kt_case *c, struct kl_bytes *inputs, struct kl_bytes *expected)
{
    const struct kt_subgraph *subgraph = c->model->subgraphs[0];
    struct kt_slow *slow = kt_slow_start(c->model);
    int32_t run = 0;
    do {
        struct kl_bytes in[KT_MAX_IO], out[KT_MAX_IO];
        kt_case_inputs(c, (uint64_t)run + 1, in);
        kt_slow_next(slow, in, out);
        append(c->model, subgraph->input_count, in, inputs);
        append(c->model, subgraph->output_count, out, expected);
    } while (++run < c->runs);
}

static bool case_passes_with(const struct kt_case *c, enum kl_kernel_set kernels,
                             const struct kl_bytes *inputs, const struct kl_bytes *expected,
                             struct kl_arena *arena)
{
    const struct kt_subgraph *subgraph = c->model->subgraphs[0];
    struct kl_bytes actual[MAX_MODEL_IO];
    struct kl_diag diag = {0};
    int32_t output_count = 0;
    enum kl_err err = run_model(kt_write(c->model), kernels, inputs, subgraph->input_count, arena,
                                actual, &output_count, &diag);
    if (err != KL_OK) {
        report(c, "refused: %s", diag.message);
        return false;
    }
    if (output_count != subgraph->output_count) {
        report(c, "%d outputs", (int)output_count);
        return false;
    }
    return outputs_agree(c, expected, actual);
}

/* With every set of kernels, those for other cores in their C definitions. */
static bool case_passes(const struct kt_case *c, struct kl_arena *arena)
{
    struct kl_bytes inputs[KT_MAX_IO] = {0}, expected[KT_MAX_IO] = {0};
    expect(c, inputs, expected);
    for (int set = 0; set < KL_KERNEL_SET_COUNT; set++) {
        if (!case_passes_with(c, (enum kl_kernel_set)set, inputs, expected, arena)) {
            report(c, "with the %s kernels", kl_kernel_set_name((enum kl_kernel_set)set));
            return false;
        }
    }
    for (int32_t i = 0; i < c->model->subgraph_count; i++) {
        note_exercised(c->model->subgraphs[i]);
    }
    return true;
}

static void run_case(void *context, const struct kt_case *c)
{
    struct tally *tally = context;
    struct kl_arena *arena = kl_arena_create(ARENA_LIMIT);
    assert_non_null(arena);
    tally->cases++;
    tally->wrong += case_passes(c, arena) ? 0 : 1;
    kl_arena_free(arena);
}

static void test_family(void **state)
{
    struct tally tally = {0};
    kt_family_each(*state, run_case, &tally);
    assert_true(tally.cases > 0);
    if (tally.wrong > 0) {
        fail_msg("%d of %d cases are wrong", (int)tally.wrong, (int)tally.cases);
    }
}

/* The types that the operator's line in ops.def names. */
static bool exercised_as_promised(const struct kl_op_info *info, int32_t kind)
{
    static const struct {
        const char *word;
        enum kl_dtype dtype;
    } promises[] = {{"float32", KL_F32}, {"int8", KL_S8}, {"plain integers", KL_S32}};
    for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++) {
        if (strstr(info->doc, promises[i].word) && !exercised_with[kind][promises[i].dtype]) {
            return false;
        }
    }
    return true;
}

/* Runs after all families. */
static void test_every_operator_was_exercised(void **state)
{
    int32_t missing = 0;
    (void)state;
    for (int32_t kind = KL_OP_UNKNOWN + 1; kind < KL_OP_KIND_COUNT; kind++) {
        const struct kl_op_info *info = kl_op_info((enum kl_op_kind)kind);
        /* What no TFLite file has is tested with models of the format that has it. */
        bool other_format = strstr(info->doc, "of ONNX models") ||
                            strstr(info->doc, "of classical models") ||
                            strstr(info->doc, "of networks in training") ||
                            strstr(info->doc, "of feature pipelines");
        if (!other_format && !(exercised[kind] && exercised_as_promised(info, kind))) {
            print_error("%s was not exercised with all its types\n", info->name);
            missing++;
        }
    }
    assert_int_equal(missing, 0);
}

int main(void)
{
    enum { MAX_TESTS = 24 };
    struct CMUnitTest tests[MAX_TESTS] = {0};
    size_t count = 0;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        tests[count++] = (struct CMUnitTest){.name = family->name,
                                             .test_func = test_family,
                                             .initial_state = (void *)(uintptr_t)family};
    }
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_every_operator_was_exercised);
    return _cmocka_run_group_tests("operators", tests, count, NULL, NULL);
}
