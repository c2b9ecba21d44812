/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated C, compiled by this machine's compilers with all warnings as errors and run
 * here: models that together use every kernel, in each way of sharing kernels, give the
 * bytes that the host engine gives.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/command.h"
#include "cases.h"
#include "emit/emit.h"
#include "flow/execute.h"
#include "flow/model_inputs.h"
#include "flow/model_job.h"
#include "folder.h"
#include "graph_build.h"
#include "import/import.h"
#include "kinglet/model.h"
#include "tflite_writer.h"

enum { MAX_MODELS = 200, PATH_BYTES = 512, EXIT_SKIPPED = 77 };

/* One chosen model: its plan, inputs, and what the host engine makes of them. */
struct sample {
    struct kl_model_job job;
    struct kl_arena *arena; /* of the file and the inputs */
    unsigned char *inputs;  /* back to back */
    unsigned char *result;  /* the arena after the run on the host */
};

static struct sample samples[MAX_MODELS];
static int32_t sample_count;
static struct kl_graph *built[6]; /* graphs of samples that come from no file */
static int32_t built_count;
static bool covered[KL_KERNEL_COUNT];
static const char *const kernel_modes[] = {"auto", "shared", "each"};

/* Does the plan use a kernel that no sample uses yet? */
static bool adds_kernels(const struct kl_plan *plan)
{
    bool adds = false;
    for (int32_t i = 0; i < plan->step_count; i++) {
        adds = adds || !covered[plan->steps[i].kernel];
    }
    return adds;
}

static void keep_inputs(struct sample *s, const struct kl_bytes *inputs)
{
    size_t bytes = 0;
    struct kl_diag diag = {0};
    for (int32_t i = 0; i < s->job.plan->input_count; i++) {
        bytes += inputs[i].size;
    }
    s->inputs = kl_arena_alloc(s->arena, bytes, 1);
    assert_non_null(s->inputs);
    unsigned char *at = s->inputs;
    for (int32_t i = 0; i < s->job.plan->input_count; i++) {
        memcpy(at, inputs[i].data, inputs[i].size);
        at += inputs[i].size;
    }
    assert_int_equal(kl_execute_arena(s->job.plan, s->arena, &s->result, &diag), KL_OK);
    kl_execute_load(s->job.plan, s->inputs, s->result);
    assert_int_equal(kl_execute(s->job.plan, s->result, &diag), KL_OK);
}

static void consider_with(enum kl_kernel_set kernels, const struct kt_case *c)
{
    struct kl_bytes inputs[KT_MAX_IO];
    struct kl_bytes file = kt_write(c->model);
    struct sample *s = &samples[sample_count];
    struct kl_diag diag = {0};
    s->arena = kl_arena_create((size_t)64 << 20);
    assert_non_null(s->arena);
    file.data = kl_arena_copy(s->arena, file.data, file.size);
    assert_non_null(file.data);
    assert_int_equal(kl_model_job_open_bytes(&s->job, "sample", file, &diag), KL_OK);
    assert_int_equal(kl_model_job_plan(&s->job, kernels, NULL, &diag), KL_OK);
    if (!adds_kernels(s->job.plan)) {
        kl_model_job_free(&s->job);
        kl_arena_free(s->arena);
        return;
    }
    kt_case_inputs(c, 3, inputs);
    keep_inputs(s, inputs);
    for (int32_t i = 0; i < s->job.plan->step_count; i++) {
        covered[s->job.plan->steps[i].kernel] = true;
    }
    sample_count++;
    assert_true(sample_count < MAX_MODELS);
}

static void consider(void *context, const struct kt_case *c)
{
    (void)context;
    for (int set = 0; set < KL_KERNEL_SET_COUNT; set++) {
        consider_with((enum kl_kernel_set)set, c);
    }
}

/* A plan of a graph that was built here, on random inputs. */
static void add_graph(struct kl_graph *graph)
{
    struct sample *s = &samples[sample_count];
    struct kl_bytes inputs[KT_MAX_IO];
    struct kl_diag diag = {0};
    gb_accept(graph);
    s->arena = kl_arena_create((size_t)64 << 20);
    assert_non_null(s->arena);
    s->job.graph = graph;
    if (kl_plan_create(graph, NULL, s->arena, &s->job.plan, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    unsigned char *data = kl_arena_alloc(s->arena, kl_plan_input_bytes(s->job.plan), 1);
    assert_non_null(data);
    kl_random_inputs(s->job.plan, 5, data);
    for (int32_t i = 0; i < s->job.plan->input_count; i++) {
        inputs[i] = (struct kl_bytes){data, s->job.plan->inputs[i].tensor->bytes};
        data += inputs[i].size;
    }
    keep_inputs(s, inputs);
    for (int32_t i = 0; i < s->job.plan->step_count; i++) {
        covered[s->job.plan->steps[i].kernel] = true;
    }
    sample_count++;
}

/* Functions that no TFLite file has, each on the result of the one before. */
static void add_functions(void)
{
    static const enum kl_op_kind kinds[] = {KL_OP_ERF, KL_OP_SOFTPLUS, KL_OP_GELU, KL_OP_GELU};
    struct kl_graph *graph = built[built_count++] = gb_create();
    struct kl_tensor *x = gb_input(graph, "x", KL_F32, GB_SHAPE(2, 6));
    for (int32_t i = 0; i < 4; i++) {
        struct kl_tensor *y = gb_tensor(graph, "y", KL_F32, GB_SHAPE(2, 6));
        gb_op(graph, kinds[i], GB_LIST(x), GB_LIST(y))->attr.gelu.approximate = i == 3;
        x = y;
    }
    struct kl_tensor *sums = gb_tensor(graph, "sums", KL_F32, GB_SHAPE(2, 6));
    gb_op(graph, KL_OP_CUMSUM, GB_LIST(x, gb_scalar(graph, 1)), GB_LIST(sums))
        ->attr.cumsum.reverse = true;
    struct kl_tensor *first = gb_ints(graph, 3, (const int32_t[]){0, 2, 4});
    struct kl_tensor *weights = gb_tensor(graph, "weights", KL_F32, GB_SHAPE(3, 2));
    gb_fill(graph, weights, (const float[]){0.25f, 0.75f, 0.5f, 0.5f, 1.0f, -1.0f});
    struct kl_tensor *fewer = gb_tensor(graph, "fewer", KL_F32, GB_SHAPE(2, 3));
    gb_op(graph, KL_OP_RESAMPLE, GB_LIST(sums, first, weights), GB_LIST(fewer))
        ->attr.resample.axis = 1;
    struct kl_tensor *product = gb_tensor(graph, "product", KL_F32, GB_SHAPE(2, 2));
    gb_op(graph, KL_OP_BATCH_MATMUL, GB_LIST(fewer, fewer), GB_LIST(product))->attr.matmul.adj_y =
        true;
    gb_output(graph, product);
    add_graph(graph);
}

/* Integers: a product of matrices, and updates that are added at indexed places. */
static void add_integers(void)
{
    struct kl_graph *graph = built[built_count++] = gb_create();
    struct kl_tensor *a = gb_input(graph, "a", KL_S32, GB_SHAPE(3, 4));
    struct kl_tensor *b = gb_input(graph, "b", KL_S32, GB_SHAPE(4, 2));
    struct kl_tensor *product = gb_tensor(graph, "product", KL_S32, GB_SHAPE(3, 2));
    struct kl_tensor *places = gb_ints(graph, 2, (const int32_t[]){2, -3});
    struct kl_tensor *updates = gb_input(graph, "updates", KL_S32, GB_SHAPE(2, 2));
    struct kl_tensor *out = gb_tensor(graph, "out", KL_S32, GB_SHAPE(3, 2));
    gb_reshape(places, GB_SHAPE(2, 1));
    gb_op(graph, KL_OP_BATCH_MATMUL, GB_LIST(a, b), GB_LIST(product));
    gb_op(graph, KL_OP_SCATTER_ND_UPDATE, GB_LIST(product, places, updates), GB_LIST(out))
        ->attr.scatter.combine = KL_COMBINE_ADD;
    gb_output(graph, out);
    add_graph(graph);
}

/* The kernels of classical models. */
static void add_classical(void)
{
    static const char *const models[] = {
        "\"kind\":\"trees\",\"outputs\":1,\"leaf_width\":1,\"trees\":[{\"feature\":[1,-1,-1],"
        "\"threshold\":[0.5,0,0],\"left\":[1,0,0],\"right\":[2,0,0],\"value\":[0,1,2]}]",
        "\"kind\":\"knn\",\"k\":1,\"classes\":2,\"labels\":[0,1],\"prototypes\":[[1,2],[-1,0.5]]",
        "\"kind\":\"gmm\",\"weights\":[0.5,0.5],\"means\":[[1,2],[-1,0.5]],"
        "\"variances\":[[1,1],[2,0.5]]",
    };
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct kl_graph *owner = built[built_count++] = gb_create();
        struct kl_graph *graph;
        struct kl_diag diag = {0};
        const char *text = kl_arena_printf(
            owner->arena, "{\"kinglet_classical\":1,\"features\":2,\"model\":{%s}}", models[i]);
        assert_non_null(text);
        struct kl_bytes file = {(const unsigned char *)text, strlen(text)};
        if (kl_import_classical(file, owner->arena, &graph, &diag) != KL_OK) {
            fail_msg("%s", diag.message);
        }
        add_graph(graph);
    }
}

/* The kernels of feature pipelines: a frame of each sort of signal, spectra, statistics. */
static void add_features(void)
{
    static const float window[8] = {0.1f, 0.4f, 0.7f, 1.0f, 1.0f, 0.7f, 0.4f, 0.1f};
    static const float weights[5] = {0.0f, 0.5f, 1.0f, 0.5f, 0.0f};
    static const float filter[5] = {0.5f, 0.25f, 0.0f, -0.25f, 0.0f};
    struct kl_graph *graph = built[built_count++] = gb_create();
    struct kl_tensor *taper = gb_tensor(graph, "window", KL_F32, GB_SHAPE(8));
    struct kl_tensor *band = gb_tensor(graph, "band", KL_F32, GB_SHAPE(1, 5));
    struct kl_tensor *sections = gb_tensor(graph, "filter", KL_F32, GB_SHAPE(1, 5));
    struct kl_tensor *number = gb_scalar(graph, 1);
    gb_fill(graph, taper, window);
    gb_fill(graph, band, weights);
    gb_fill(graph, sections, filter);
    struct kl_tensor *analog = gb_input(graph, "analog", KL_F32, GB_SHAPE(20));
    struct kl_tensor *digital = gb_input(graph, "digital", KL_S16, GB_SHAPE(20));
    struct kl_tensor *smooth = gb_tensor(graph, "smooth", KL_F32, GB_SHAPE(20));
    struct kl_tensor *a = gb_tensor(graph, "a", KL_F32, GB_SHAPE(1, 8));
    struct kl_tensor *b = gb_tensor(graph, "b", KL_F32, GB_SHAPE(1, 8));
    struct kl_tensor *copy = gb_tensor(graph, "copy", KL_S16, GB_SHAPE(1, 8));
    struct kl_tensor *bins = gb_tensor(graph, "bins", KL_F32, GB_SHAPE(1, 5, 2));
    struct kl_tensor *power = gb_tensor(graph, "power", KL_F32, GB_SHAPE(1, 5));
    struct kl_tensor *sum = gb_tensor(graph, "sum", KL_F32, GB_SHAPE(1, 1));
    struct kl_tensor *tops = gb_tensor(graph, "tops", KL_F32, GB_SHAPE(1, 2, 2));
    struct kl_tensor *facts = gb_tensor(graph, "facts", KL_F32, GB_SHAPE(1, 9));
    gb_op(graph, KL_OP_BIQUAD, GB_LIST(analog, sections), GB_LIST(smooth));
    gb_op(graph, KL_OP_FRAME, GB_LIST(smooth, number, taper), GB_LIST(a))->attr.frame.hop = 4;
    gb_op(graph, KL_OP_FRAME, GB_LIST(digital, number, taper), GB_LIST(b))->attr.frame.hop = 4;
    gb_op(graph, KL_OP_FRAME, GB_LIST(digital, number), GB_LIST(copy))->attr.frame.hop = 4;
    gb_op(graph, KL_OP_REAL_FFT, GB_LIST(a), GB_LIST(bins))->attr.real_fft.length = 8;
    gb_op(graph, KL_OP_SQUARED_MAGNITUDE, GB_LIST(bins), GB_LIST(power));
    gb_op(graph, KL_OP_BAND_SUMS, GB_LIST(power, band), GB_LIST(sum));
    gb_op(graph, KL_OP_PEAKS, GB_LIST(power), GB_LIST(tops))->attr.peaks.bin_width = 1.0f;
    gb_op(graph, KL_OP_STATISTICS, GB_LIST(b), GB_LIST(facts))->attr.statistics.which = 0x1ff;
    gb_output(graph, sum);
    gb_output(graph, tops);
    gb_output(graph, facts);
    gb_output(graph, copy);
    add_graph(graph);
}

static int choose_samples(void **state)
{
    (void)state;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, consider, NULL);
    }
    add_functions();
    add_integers();
    add_classical();
    add_features();
    return kt_folder_open(state);
}

static int free_samples(void **state)
{
    for (int32_t i = 0; i < sample_count; i++) {
        kl_model_job_free(&samples[i].job);
        kl_arena_free(samples[i].arena);
    }
    for (int32_t i = 0; i < built_count; i++) {
        gb_free(built[i]);
    }
    return kt_folder_close(state);
}

static void test_every_kernel_has_a_model(void **state)
{
    (void)state;
    for (int32_t k = 0; k < KL_KERNEL_COUNT; k++) {
        if (!covered[k]) {
            fail_msg("no model uses %s", kl_kernel_function((enum kl_kernel_id)k));
        }
    }
}

static void write_text(const char *directory, const char *file, const struct kl_buffer *text)
{
    char path[PATH_BYTES];
    struct kl_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", directory, file);
    if (kl_dir_create(directory, &diag) != KL_OK ||
        kl_file_write(path, text->data, text->size, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
}

/* Write DIRECTORY/model.c and model.h. */
static void write_model(const struct kl_plan *plan, const char *directory,
                        const struct kl_emit_options *options)
{
    struct kl_buffer source = KL_BUFFER(1 << 24);
    struct kl_buffer header = KL_BUFFER(1 << 20);
    struct kl_diag diag = {0};
    assert_int_equal(kl_emit_model(plan, options, &source, &header, &diag), KL_OK);
    write_text(directory, "model.c", &source);
    write_text(directory, "model.h", &header);
    kl_buffer_free(&source);
    kl_buffer_free(&header);
}

/* DIRECTORY/sources: the names of m0/model.c ..., as compilers read arguments from a file. */
static void write_list(const char *directory, int32_t count)
{
    struct kl_buffer text = KL_BUFFER(1 << 20);
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_printf(&text, "%s/m%d/model.c\n", directory, i);
    }
    write_text(directory, "sources", &text);
    kl_buffer_free(&text);
}

/* Run the compiler over DIRECTORY's `count` sources m0/model.c ... into a shared object. */
static void compile(const char *compiler, const char *directory, int32_t count, const char *object)
{
    char list[PATH_BYTES];
    snprintf(list, sizeof list, "@%s/sources", directory);
    write_list(directory, count);
    const char *const argv[] = {compiler,
                                "-std=c11",
                                "-O1",
                                "-Wall",
                                "-Wextra",
                                "-Wconversion",
                                "-Wshadow",
                                "-Werror",
                                "-pedantic",
                                "-ffp-contract=off",
                                "-fPIC",
                                "-shared",
                                "-I" KINGLET_SOURCE_DIR "/device/include",
                                "-I" KINGLET_SOURCE_DIR "/device",
                                "-o",
                                object,
                                list,
                                NULL};
    struct kl_buffer output = KL_BUFFER(1 << 20);
    struct kl_diag diag = {0};
    int status = -1;
    assert_int_equal(kl_command_run(argv, &output, &status, &diag), KL_OK);
    if (status != 0) {
        fail_msg("%s:\n%.3000s", compiler, output.data ? output.data : "");
    }
    kl_buffer_free(&output);
}

/* Run the compiled model on the sample's inputs and compare all its outputs. */
static void check_compiled(const struct sample *s, const struct kl_model *model)
{
    const struct kl_plan *plan = s->job.plan;
    unsigned char *memory = aligned_alloc(KL_ARENA_ALIGN, (plan->arena_bytes + 31) & ~(size_t)15);
    assert_non_null(memory);
    assert_int_equal(model->arena_bytes, plan->arena_bytes);
    assert_int_equal(model->input_count, plan->input_count);
    assert_int_equal(model->output_count, plan->output_count);
    kl_model_reset(model, memory);
    const unsigned char *at = s->inputs;
    for (uint32_t i = 0; i < model->input_count; i++) {
        memcpy(kl_model_input(model, memory, i), at, model->inputs[i].bytes);
        at += model->inputs[i].bytes;
    }
    assert_int_equal(kl_model_run(model, memory), kl_execute_has_new_outputs(plan, s->result));
    for (uint32_t i = 0; i < model->output_count; i++) {
        const struct kl_tensor *tensor = plan->outputs[i].tensor;
        const struct kl_tensor_info *info = &model->outputs[i];
        assert_int_equal(info->bytes, tensor->bytes);
        assert_int_equal(info->dtype, tensor->dtype);
        assert_int_equal(info->rank, tensor->shape.rank);
        assert_memory_equal(info->dim, tensor->shape.dim, info->rank * sizeof info->dim[0]);
        assert_memory_equal(kl_model_output(model, memory, i),
                            kl_execute_io(plan, &plan->outputs[i], s->result), tensor->bytes);
    }
    free(memory);
}

static void check_object(const char *object)
{
    void *library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fail_msg("%s", dlerror());
    }
    for (int32_t i = 0; i < sample_count; i++) {
        char symbol[32];
        snprintf(symbol, sizeof symbol, "m%d_model", i);
        const struct kl_model *model = dlsym(library, symbol);
        assert_non_null(model);
        check_compiled(&samples[i], model);
    }
    dlclose(library);
}

static void check_mode(const char *compiler, enum kl_emit_kernels kernels)
{
    char directory[PATH_BYTES / 4];
    char object[PATH_BYTES];
    snprintf(directory, sizeof directory, "%s/%s-%s", kt_folder, compiler, kernel_modes[kernels]);
    snprintf(object, sizeof object, "%s/all.so", directory);
    for (int32_t i = 0; i < sample_count; i++) {
        char where[PATH_BYTES / 2];
        char name[32];
        snprintf(where, sizeof where, "%s/m%d", directory, i);
        snprintf(name, sizeof name, "m%d", i);
        struct kl_emit_options options = {.name = name,
                                          .source = "sample.tflite",
                                          .sha256 = samples[i].job.sha256,
                                          .kernels = kernels};
        write_model(samples[i].job.plan, where, &options);
    }
    compile(compiler, directory, sample_count, object);
    check_object(object);
}

/* *state: the compiler, the one that this test was built with; all builds together use each. */
static void test_compiled(void **state)
{
    const char *compiler = *state;
    if (!kl_command_exists(compiler)) {
        skip();
    }
    for (int kernels = KL_EMIT_AUTO; kernels <= KL_EMIT_EACH; kernels++) {
        check_mode(compiler, (enum kl_emit_kernels)kernels);
    }
}

/* Names from outside that try to leave their comments, or to be something else in C. */
static void test_hostile_names(void **state)
{
    static const char nasty[] = "*/ int evil = 1 +; /* \"\n#error out\\";
    static const char *const paths[] = {"kinglet.tflite", "int.tflite", "kl_harness.tflite",
                                        "0*/.tflite"};
    const char *compiler = *state;
    char directory[PATH_BYTES / 4];
    char object[PATH_BYTES];
    if (!kl_command_exists(compiler)) {
        skip();
    }
    struct kl_graph *graph = gb_create();
    struct kl_tensor *in = gb_input(graph, nasty, KL_F32, GB_SHAPE(4));
    struct kl_tensor *out = gb_tensor(graph, nasty, KL_F32, GB_SHAPE(4));
    struct kl_plan *plan;
    struct kl_diag diag = {0};
    gb_op(graph, KL_OP_TANH, GB_LIST(in), GB_LIST(out));
    gb_output(graph, out);
    gb_accept(graph);
    assert_int_equal(kl_plan_create(graph, NULL, graph->arena, &plan, &diag), KL_OK);
    snprintf(directory, sizeof directory, "%s/%s-hostile", kt_folder, compiler);
    snprintf(object, sizeof object, "%s/all.so", directory);
    for (int32_t i = 0; i < 4; i++) {
        char where[PATH_BYTES / 2];
        char name[48];
        snprintf(where, sizeof where, "%s/m%d", directory, i);
        kl_emit_identifier(paths[i], name);
        write_model(plan, where,
                    &(struct kl_emit_options){.name = name, .source = nasty, .sha256 = "0"});
    }
    compile(compiler, directory, 4, object);
    gb_free(graph);
}

int main(void)
{
    if (!kl_command_exists("gcc") && !kl_command_exists("clang")) {
        return EXIT_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kernel_has_a_model),
        cmocka_unit_test_prestate(test_compiled, KINGLET_CC),
        cmocka_unit_test_prestate(test_hostile_names, "gcc"),
        cmocka_unit_test_prestate(test_hostile_names, "clang"),
    };
    return cmocka_run_group_tests_name("emit native", tests, choose_samples, free_samples);
}
