/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every step, run once with separate memory for inputs and output and once with the output as far
 * over each input as the plan's overlap allows: the results are the same, and nothing else is
 * written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "flow/model_job.h"
#include "tflite_writer.h"

/* What came of all steps. */
struct tally {
    enum kl_kernel_set kernels;
    int32_t steps, overlapped, in_place, refused; /* refused: one element further would be wrong */
};

enum { POISON = 0xa7, MARGIN = 64, SEED = 3 };

/* ---- one step in given memory ------------------------------------------------------------- */

/* Memory of a step: places of its inputs and its output in one block. */
struct layout {
    size_t bytes;
    size_t in[KL_PLAN_MAX_INPUTS], out;
};

static size_t bytes_of(const struct kl_plan_rows *rows, const struct kl_tensor *tensor)
{
    return rows->buffer >= 0 ? tensor->bytes : 0;
}

/* The tensor that is read through input `k` of the step. Of several inputs of an operator a move
 * reads one, which its rows do not name: moves never overlap. */
static const struct kl_tensor *input_of(const struct kl_plan_step *step, int32_t k)
{
    return step->op->inputs[k];
}

static void fill_random(struct kt_random *random, unsigned char *data, const struct kl_tensor *t)
{
    for (size_t i = 0; i < t->bytes; i++) {
        data[i] = (unsigned char)kt_random_next(random);
    }
    for (size_t i = 0; t->dtype == KL_F32 && i < t->bytes / sizeof(float); i++) {
        ((float *)(void *)data)[i] = kt_random_float(random, -2.0f, 2.0f);
    }
}

/* Run the step with all memory around its inputs poisoned. */
static unsigned char *run(const struct kl_plan *plan, const struct kl_plan_step *step,
                          const struct layout *at, uint64_t seed)
{
    unsigned char *memory = malloc(at->bytes + 2 * MARGIN);
    struct kl_rows in[KL_PLAN_MAX_INPUTS] = {0};
    struct kl_rows out[KL_PLAN_MAX_OUTPUTS] = {{.base = memory + MARGIN + at->out,
                                                .stride = step->out[0].stride,
                                                .count = step->out[0].count}};
    assert_non_null(memory);
    memset(memory, POISON, at->bytes + 2 * MARGIN);
    for (int32_t k = 0; k < step->in_count; k++) {
        struct kt_random random = {seed + (uint64_t)k};
        in[k] = (struct kl_rows){.base = memory + MARGIN + at->in[k],
                                 .stride = step->in[k].stride,
                                 .count = step->in[k].count};
        if (step->in[k].buffer < 0) {
            in[k].base = kl_plan_rows_base(plan, &step->in[k], NULL);
        } else {
            fill_random(&random, in[k].base, input_of(step, k));
        }
    }
    for (int32_t k = 1; k < step->out_count; k++) { /* further outputs: elsewhere */
        out[k] = (struct kl_rows){.stride = step->out[k].stride, .count = step->out[k].count};
        out[k].base = malloc((size_t)out[k].stride * (size_t)out[k].count);
        assert_non_null(out[k].base);
    }
    void *scratch = step->scratch_bytes ? malloc(step->scratch_bytes) : NULL;
    kl_kernels[step->kernel](step->params, in, out, scratch);
    free(scratch);
    for (int32_t k = 1; k < step->out_count; k++) {
        free(out[k].base);
    }
    return memory;
}

/* Inputs one after the other, then the output; `over` >= 0: the output `below` bytes below that
 * input instead. */
static struct layout lay_out(const struct kl_plan_step *step, int32_t over, int64_t below)
{
    struct layout at = {.bytes = MARGIN};
    for (int32_t k = 0; k < step->in_count; k++) {
        /* Room below for an output that begins before its input. */
        at.bytes += 2 * step->written->bytes + 2 * MARGIN;
        at.in[k] = at.bytes / 16 * 16;
        at.bytes = at.in[k] + bytes_of(&step->in[k], input_of(step, k)) + MARGIN;
    }
    at.out = (at.bytes + 15) / 16 * 16;
    if (over >= 0) {
        at.out = (size_t)((int64_t)at.in[over] - below);
    }
    at.bytes += 2 * step->written->bytes + MARGIN;
    return at;
}

static bool is_written(const struct kl_plan_step *step, const struct layout *at, size_t i)
{
    bool written = i >= at->out && i < at->out + step->written->bytes;
    for (int32_t k = 0; k < step->in_count; k++) {
        size_t bytes = bytes_of(&step->in[k], input_of(step, k));
        written |= i >= at->in[k] && i < at->in[k] + bytes; /* content, not poison */
    }
    return written;
}

/* Is the output right, and all other memory as it was? */
static bool is_right(const struct kl_plan_step *step, const struct layout *at,
                     const unsigned char *memory, const unsigned char *expected)
{
    for (size_t i = 0; i < at->bytes; i++) {
        if (!is_written(step, at, i) && memory[MARGIN + i] != POISON) {
            return false;
        }
    }
    return memcmp(memory + MARGIN + at->out, expected, step->written->bytes) == 0;
}

/* Run the step with its output so many bytes below input `over`; is the result `expected`? */
static bool runs_right(const struct kl_plan *plan, const struct kl_plan_step *step, int32_t over,
                       int64_t below, const unsigned char *expected)
{
    const struct layout at = lay_out(step, over, below);
    unsigned char *memory = run(plan, step, &at, SEED);
    bool right = is_right(step, &at, memory, expected);
    free(memory);
    return right;
}

static void check_overlap(const struct kl_plan *plan, const struct kl_plan_step *step, int32_t over,
                          const char *label, struct tally *tally)
{
    const struct kl_plan_overlap *overlap = &step->overlap[over];
    const int64_t elem = (int64_t)kl_dtype_bytes(step->written->dtype);
    const int64_t further = overlap->lead + elem * (1 + tally->overlapped % 11);
    const struct layout apart = lay_out(step, -1, 0);
    unsigned char *memory = run(plan, step, &apart, SEED);
    const unsigned char *expected = memory + MARGIN + apart.out;
    bool right = !overlap->in_place || runs_right(plan, step, over, 0, expected);
    if (overlap->allowed && overlap->lead % elem == 0) { /* floats must be aligned */
        right = right && runs_right(plan, step, over, overlap->lead, expected) &&
                runs_right(plan, step, over, further, expected);
        tally->refused += !runs_right(plan, step, over, overlap->lead - elem, expected);
    }
    if (!right) {
        fail_msg("%s: %s over input %d with lead %lld", label, kl_op_name(step->op), over,
                 (long long)overlap->lead);
    }
    tally->overlapped += overlap->allowed;
    tally->in_place += overlap->in_place;
    free(memory);
}

/* ---- all steps of a model ----------------------------------------------------------------- */

static bool may_overlap(const struct kl_plan_step *step, int32_t input)
{
    const struct kl_plan_overlap *overlap = &step->overlap[input];
    return (overlap->allowed || overlap->in_place) && step->in[input].buffer >= 0;
}

static void check_model(void *context, const struct kt_case *c)
{
    struct tally *tally = context;
    struct kl_model_job job;
    struct kl_diag diag = {0};
    if (kl_model_job_open_bytes(&job, "case", kt_write(c->model), &diag) != KL_OK ||
        kl_model_job_plan(&job, tally->kernels, NULL, &diag) != KL_OK) {
        fail_msg("%s: %s", c->label, diag.message);
    }
    for (int32_t i = 0; i < job.plan->step_count; i++) {
        const struct kl_plan_step *step = &job.plan->steps[i];
        tally->steps++;
        for (int32_t k = 0; k < step->in_count; k++) {
            if (may_overlap(step, k)) {
                check_overlap(job.plan, step, k, c->label, tally);
            }
        }
    }
    kl_model_job_free(&job);
}

static void report(const char *what, const struct tally *tally)
{
    print_message("%s: %d steps, %d in place, %d overlaps; %d do not stand one element more\n",
                  what, tally->steps, tally->in_place, tally->overlapped, tally->refused);
}

static void test_generated_models(void **state)
{
    (void)state;
    for (int32_t set = 0; set < KL_KERNEL_SET_COUNT; set++) {
        struct tally tally = {.kernels = (enum kl_kernel_set)set};
        for (const struct kt_family *family = kt_families; family->name; family++) {
            kt_family_each(family, check_model, &tally);
        }
        report("generated models", &tally);
        assert_true(tally.overlapped > tally.steps / 3);
    }
}

/* ---- random windows ----------------------------------------------------------------------- */

static int32_t up_to(struct kt_build *b, int32_t most)
{
    return kt_random_between(b->random, 1, most);
}

static struct kt_options random_window(struct kt_build *b)
{
    struct kt_options options = kt_options_default();
    options.stride_h = up_to(b, 3);
    options.stride_w = up_to(b, 3);
    options.padding = up_to(b, 2) == 1 ? KT_SAME : KT_VALID;
    return options;
}

/* A PAD becomes the window's own padding, as wide as no SAME makes it. */
static int32_t random_pad(struct kt_build *b, int32_t x)
{
    const int32_t amounts[8] = {
        0, 0, up_to(b, 3) - 1, up_to(b, 3) - 1, up_to(b, 4) - 1, up_to(b, 4) - 1, 0, 0};
    const int32_t *in = kt_tensor_at(b->model, x)->dim;
    int32_t paddings = kt_tensor_add(b->model, "paddings", KT_I32, KT_LIST(4, 2));
    kt_data(b->model, paddings, amounts, sizeof amounts);
    int32_t out = kt_build_like(
        b, "padded", x,
        KT_LIST(in[0], in[1] + amounts[2] + amounts[3], in[2] + amounts[4] + amounts[5], in[3]));
    kt_op_add1(b->model, KT_PAD, kt_options_default(), KT_LIST(x, paddings), out);
    return out;
}

static int32_t random_product(struct kt_build *b, int32_t x, bool depthwise, bool f32)
{
    struct kt_layer layer = {.code = depthwise ? KT_DEPTHWISE_CONV_2D : KT_CONV_2D,
                             .out_c = up_to(b, 40),
                             .weights = f32 ? KT_WEIGHTS_F32 : KT_WEIGHTS_CHANNEL,
                             .options = random_window(b)};
    if (up_to(b, 3) == 1) {
        x = random_pad(b, x);
    }
    const int32_t *in = kt_tensor_at(b->model, x)->dim;
    layer.k_h = up_to(b, in[1] < 4 ? in[1] : 4);
    layer.k_w = up_to(b, in[2] < 4 ? in[2] : 4);
    layer.options.dilation_h = (layer.k_h - 1) * 2 < in[1] ? up_to(b, 2) : 1;
    layer.options.dilation_w = (layer.k_w - 1) * 2 < in[2] ? up_to(b, 2) : 1;
    if (depthwise && in[1] >= 3 && in[2] >= 3 && up_to(b, 2) == 1) { /* what kernels are made for */
        layer.k_h = layer.k_w = 3;
        layer.options = kt_options_default();
        layer.options.padding = KT_SAME;
    }
    if (depthwise) {
        layer.options.depth_multiplier = up_to(b, 5) == 1 ? 2 : 1;
        layer.out_c = in[3] * layer.options.depth_multiplier;
    } else if (in[3] % 2 == 0 && up_to(b, 4) == 1) {
        layer.groups = 2;
        layer.out_c *= 2;
    }
    return kt_build_layer(b, &layer, x);
}

static int32_t random_pool(struct kt_build *b, int32_t x)
{
    const int32_t *in = kt_tensor_at(b->model, x)->dim;
    struct kt_options options = random_window(b);
    options.filter_h = up_to(b, in[1]);
    options.filter_w = up_to(b, in[2]);
    return kt_build_pool(b, up_to(b, 2) == 1 ? KT_AVERAGE_POOL_2D : KT_MAX_POOL_2D, options, x);
}

static int32_t random_vectors(struct kt_build *b, int32_t x, bool f32)
{
    struct kt_layer layer = {.code = KT_FULLY_CONNECTED,
                             .out_c = up_to(b, 40),
                             .weights = f32 ? KT_WEIGHTS_F32 : KT_WEIGHTS_TENSOR,
                             .options = kt_options_default()};
    return kt_build_layer(b, &layer, x);
}

static int32_t random_mean(struct kt_build *b, int32_t x)
{
    static const int32_t axes[3][2] = {{1, 2}, {2, 3}, {1, 3}};
    const int32_t *chosen = axes[up_to(b, 3) - 1];
    const struct kt_tensor *in = kt_tensor_at(b->model, x);
    int32_t kept = 6 - chosen[0] - chosen[1]; /* of the axes 1, 2 and 3 */
    int32_t out = kt_build_tensor(b, "mean", in->type, KT_LIST(in->dim[0], in->dim[kept]));
    int32_t list = kt_vector_i32(b->model, "axes", 2, chosen);
    kt_op_add1(b->model, KT_MEAN, kt_options_default(), KT_LIST(x, list), out);
    return out;
}

static void random_model(struct kt_sink *sink, int32_t index)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_CONV_2D);
    bool f32 = up_to(&b, 4) == 1;
    int32_t input =
        kt_build_tensor(&b, "input", f32 ? KT_F32 : KT_I8,
                        KT_LIST(up_to(&b, 3), up_to(&b, 9), up_to(&b, 9), up_to(&b, 40)));
    int32_t out;
    switch (index % 6) {
    case 0:
    case 1: out = random_product(&b, input, false, f32); break;
    case 2: out = random_product(&b, input, true, f32); break;
    case 3: out = random_pool(&b, input); break;
    case 4: out = random_vectors(&b, input, f32); break;
    default: out = random_mean(&b, input); break;
    }
    snprintf(c.label, sizeof c.label, "random model %d", index);
    kt_case_end(sink, &c, input, out);
}

static void test_random_shapes(void **state)
{
    enum { MODELS = 3000 };
    (void)state;
    for (int32_t set = 0; set < KL_KERNEL_SET_COUNT; set++) {
        struct tally tally = {.kernels = (enum kl_kernel_set)set};
        struct kt_sink sink = {.receive = check_model, .context = &tally, .random = {29}};
        for (int32_t i = 0; i < MODELS; i++) {
            random_model(&sink, i);
        }
        report("random shapes", &tally);
        assert_true(tally.overlapped > MODELS / 2);
        assert_true(tally.refused > tally.overlapped / 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_models),
        cmocka_unit_test(test_random_shapes),
    };
    return cmocka_run_group_tests_name("plan overlap", tests, NULL, NULL);
}
