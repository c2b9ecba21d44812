/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing .tflite files: what is written reads back as the same graph, for every case of every
 * operator and for trained models; the files are sound by a strict check of their structure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "emit/tflite.h"
#include "graph_equal.h"
#include "import_try.h"
#include "model_files.h"
#include "optimise/optimise.h"
#include "tflite_check.h"
#include "tflite_writer.h"

enum { SKIPPED = 77 };

/* Write the graph of `first` and read it back; the two must be the same. */
static void check_again(const struct import_try *first, const char *name)
{
    char text[KT_DIFFERENCE_BYTES];
    struct kl_diag diag = {0};
    struct fb file;
    if (kl_emit_tflite(first->graph, &file, &diag) != KL_OK) {
        fail_msg("%s: %s", name, diag.message);
    }
    const struct kl_bytes bytes = {file.data, file.size};
    if (!kt_tflite_check(bytes, text)) {
        fail_msg("%s: %s", name, text);
    }
    struct import_try second = import_good(bytes);
    if (!kt_graph_equal(first->graph, second.graph, text)) {
        fail_msg("%s: %s", name, text);
    }
    import_done(&second);
    fb_free(&file);
}

static bool is_known(const struct kl_graph *graph)
{
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        for (int32_t i = 0; i < graph->subgraphs[s]->op_count; i++) {
            if (graph->subgraphs[s]->ops[i]->kind == KL_OP_UNKNOWN) {
                return false;
            }
        }
    }
    return true;
}

static void check_case(void *context, const struct kt_case *c)
{
    int *count = context;
    struct import_try r = import_try(kt_write(c->model), 0);
    if (r.err == KL_OK && is_known(r.graph)) {
        check_again(&r, c->label);
        ++*count;
    }
    import_done(&r);
}

static void every_case_reads_back(void **state)
{
    (void)state;
    int count = 0;
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, check_case, &count);
    }
    print_message("%d cases\n", count);
    assert_true(count > 1000);
}

/* Versions that op_version.cc of TensorFlow gives operators with up to four dimensions, by the type
 * of their first input. */
static const struct {
    int32_t code, type, version;
} versions[] = {
    {KT_ADD, KT_F32, 1},
    {KT_ADD, KT_I8, 2},
    {KT_SUB, KT_F32, 1},
    {KT_SUB, KT_I8, 2},
    {KT_SUB, KT_I16, 5},
    {KT_DIV, KT_F32, 1},
    {KT_AVERAGE_POOL_2D, KT_F32, 1},
    {KT_AVERAGE_POOL_2D, KT_I8, 2},
    {KT_AVERAGE_POOL_2D, KT_I16, 3},
    {KT_MAX_POOL_2D, KT_F32, 1},
    {KT_MAX_POOL_2D, KT_I8, 2},
    {KT_MAX_POOL_2D, KT_I16, 3},
    {KT_MEAN, KT_F32, 1},
    {KT_MEAN, KT_I8, 2},
    {KT_MEAN, KT_I16, 3},
    {KT_SOFTMAX, KT_F32, 1},
    {KT_SOFTMAX, KT_I16, 3},
    {KT_LOGISTIC, KT_F32, 1},
    {KT_LOGISTIC, KT_I8, 2},
    {KT_LOGISTIC, KT_I16, 3},
    {KT_TANH, KT_I8, 2},
    {KT_RELU, KT_F32, 1},
    {KT_RELU, KT_I8, 2},
    {KT_RELU6, KT_I8, 2},
    {KT_LEAKY_RELU, KT_F32, 1},
    {KT_LEAKY_RELU, KT_I8, 1},
    {KT_LEAKY_RELU, KT_I16, 2},
    {KT_L2_NORMALIZATION, KT_F32, 1},
    {KT_L2_NORMALIZATION, KT_I8, 2},
    {KT_PAD, KT_F32, 1},
    {KT_PAD, KT_I8, 2},
    {KT_PADV2, KT_F32, 1},
    {KT_PADV2, KT_I8, 2},
    {KT_RESHAPE, KT_F32, 1},
    {KT_RESHAPE, KT_I8, 1},
    {KT_TRANSPOSE, KT_F32, 1},
    {KT_TRANSPOSE, KT_I8, 2},
    {KT_CONCATENATION, KT_F32, 1},
    {KT_CONCATENATION, KT_I8, 2},
    {KT_MAXIMUM, KT_I8, 2},
    {KT_MINIMUM, KT_I8, 2},
    {KT_REDUCE_MAX, KT_F32, 1},
    {KT_REDUCE_MAX, KT_I8, 2},
    {KT_SUM, KT_I8, 2},
    {KT_ABS, KT_F32, 1},
    {KT_ABS, KT_I8, 2},
    {KT_ARG_MAX, KT_F32, 1},
    {KT_ARG_MAX, KT_I8, 2},
    {KT_BATCH_MATMUL, KT_F32, 1},
    {KT_BATCH_MATMUL, KT_I8, 2},
    {KT_DEPTH_TO_SPACE, KT_I8, 2},
    {KT_SQUEEZE, KT_I8, 1},
    {KT_NEG, KT_F32, 1},
    {KT_CUMSUM, KT_F32, 1},
};

enum { VERSIONS = sizeof versions / sizeof versions[0] };

static int32_t expected_version(int32_t code, int32_t type, size_t *row)
{
    for (*row = 0; *row < VERSIONS; ++*row) {
        if (versions[*row].code == code && versions[*row].type == type) {
            return versions[*row].version;
        }
    }
    return 0;
}

static void check_version(void *context, const struct kt_case *c)
{
    int *found = context;
    const struct kt_subgraph *subgraph = c->model->subgraphs[0];
    if (subgraph->op_count != 1 || subgraph->ops[0].input_count < 1) {
        return;
    }
    size_t row;
    const struct kt_tensor *in = &subgraph->tensors[subgraph->ops[0].inputs[0]];
    int32_t wanted = expected_version(c->code, in->type, &row);
    if (wanted == 0 || in->rank > 4) {
        return;
    }
    struct import_try r = import_try(kt_write(c->model), 0);
    struct kl_diag diag = {0};
    struct fb file = {0};
    if (r.err == KL_OK && is_known(r.graph) && kl_emit_tflite(r.graph, &file, &diag) == KL_OK) {
        int32_t version = kt_tflite_version((struct kl_bytes){file.data, file.size}, c->code);
        if (version != wanted && version != -1) {
            fail_msg("operator %d, type %d (%s): version %d instead of %d", c->code, in->type,
                     c->label, version, wanted);
        }
        found[row] += version == wanted;
    }
    fb_free(&file);
    import_done(&r);
}

static void versions_of_every_kind(void **state)
{
    (void)state;
    int found[VERSIONS] = {0};
    for (const struct kt_family *family = kt_families; family->name; family++) {
        kt_family_each(family, check_version, found);
    }
    for (size_t i = 0; i < VERSIONS; i++) {
        if (found[i] == 0) {
            fail_msg("no case of operator %d with type %d", versions[i].code, versions[i].type);
        }
    }
}

static struct import_try read_file(const char *path, struct kl_arena **arena)
{
    struct kl_diag diag = {0};
    struct kl_bytes file = {0};
    *arena = kl_arena_create((size_t)256 << 20);
    if (kl_file_read(path, KL_MODEL_FILE_LIMIT, *arena, &file, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return import_good(file);
}

/* The version that op_version.cc of TensorFlow gives a layer with these weights. */
struct versioned {
    struct kt_layer layer;
    int32_t channels; /* of the input */
    int32_t version;
};

static int32_t written_version(const struct versioned *v)
{
    struct kt_sink sink = {.random = {1}};
    struct kt_build b = {kt_model_create("version"), &sink.random};
    bool flat = v->layer.code == KT_FULLY_CONNECTED;
    int32_t type = kt_layer_type(v->layer.weights);
    int32_t in = flat ? kt_build_tensor(&b, "in", type, KT_LIST(1, v->channels))
                      : kt_build_tensor(&b, "in", type, KT_LIST(1, 6, 6, v->channels));
    int32_t out = kt_build_layer(&b, &v->layer, in);
    kt_inputs(b.model, KT_LIST(in));
    kt_outputs(b.model, KT_LIST(out));
    struct import_try r = import_good(kt_write(b.model));
    struct kl_diag diag = {0};
    struct fb file;
    assert_int_equal(kl_emit_tflite(r.graph, &file, &diag), KL_OK);
    int32_t version = kt_tflite_version((struct kl_bytes){file.data, file.size}, v->layer.code);
    fb_free(&file);
    import_done(&r);
    kt_model_free(b.model);
    return version;
}

static void versions_follow_types_and_options(void **state)
{
    (void)state;
    struct kt_options plain = kt_options_default();
    struct kt_options dilated = plain;
    dilated.dilation_h = dilated.dilation_w = 2;
    struct kt_options relu = plain;
    relu.activation = KT_ACT_RELU;
    const struct versioned layers[] = {
        {{KT_CONV_2D, 4, 3, 3, 1, KT_WEIGHTS_F32, .options = plain}, 2, 1},
        {{KT_CONV_2D, 4, 3, 3, 1, KT_WEIGHTS_HYBRID, .options = plain}, 2, 2},
        {{KT_CONV_2D, 4, 3, 3, 1, KT_WEIGHTS_CHANNEL, .options = plain}, 2, 3},
        {{KT_CONV_2D, 4, 3, 3, 1, KT_WEIGHTS_HYBRID_CHANNEL, .options = plain}, 2, 5},
        {{KT_CONV_2D, 4, 3, 3, 2, KT_WEIGHTS_CHANNEL, .options = plain}, 2, 6},
        {{KT_DEPTHWISE_CONV_2D, 2, 3, 3, 1, KT_WEIGHTS_F32, .options = plain}, 2, 1},
        {{KT_DEPTHWISE_CONV_2D, 2, 3, 3, 1, KT_WEIGHTS_F32, .options = dilated}, 2, 2},
        {{KT_DEPTHWISE_CONV_2D, 2, 3, 3, 1, KT_WEIGHTS_CHANNEL, .options = dilated}, 2, 3},
        {{KT_DEPTHWISE_CONV_2D, 2, 3, 3, 1, KT_WEIGHTS_HYBRID_CHANNEL, .options = plain}, 2, 6},
        {{KT_TRANSPOSE_CONV, 4, 3, 3, 1, KT_WEIGHTS_F32, true, .options = plain}, 2, 1},
        {{KT_TRANSPOSE_CONV, 4, 3, 3, 1, KT_WEIGHTS_CHANNEL, true, .options = plain}, 2, 2},
        {{KT_TRANSPOSE_CONV, 4, 3, 3, 1, KT_WEIGHTS_CHANNEL, .options = plain}, 2, 3},
        {{KT_TRANSPOSE_CONV, 4, 3, 3, 1, KT_WEIGHTS_CHANNEL, .options = relu}, 2, 4},
        {{KT_FULLY_CONNECTED, 4, 1, 1, 1, KT_WEIGHTS_F32, .options = plain}, 8, 1},
        {{KT_FULLY_CONNECTED, 4, 1, 1, 1, KT_WEIGHTS_HYBRID, .options = plain}, 8, 3},
        {{KT_FULLY_CONNECTED, 4, 1, 1, 1, KT_WEIGHTS_TENSOR, .options = plain}, 8, 4},
        {{KT_FULLY_CONNECTED, 4, 1, 1, 1, KT_WEIGHTS_HYBRID_CHANNEL, .options = plain}, 8, 12},
    };
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        int32_t version = written_version(&layers[i]);
        if (version != layers[i].version) {
            fail_msg("layer %zu: version %d instead of %d", i, version, layers[i].version);
        }
    }
}

static bool no_models;

static void every_model_reads_back(void **state)
{
    (void)state;
    struct kt_files files = kt_model_files(".tflite");
    no_models = files.count == 0;
    for (size_t i = 0; i < files.count; i++) {
        struct kl_arena *arena;
        struct import_try r = read_file(files.paths[i], &arena);
        if (is_known(r.graph)) {
            check_again(&r, files.paths[i]);
        }
        import_done(&r);
        kl_arena_free(arena);
    }
    kt_files_free(&files);
    if (no_models) {
        skip();
    }
}

/* What the exact passes have made of it, with padding that SAME and VALID cannot say. */
static void optimised_models_can_be_written(void **state)
{
    (void)state;
    struct kt_files files = kt_model_files(".tflite");
    for (size_t i = 0; i < files.count; i++) {
        struct kl_arena *arena;
        struct kl_diag diag = {0};
        struct import_try r = read_file(files.paths[i], &arena);
        if (is_known(r.graph)) {
            assert_int_equal(kl_optimise_portable(r.graph, &diag), KL_OK);
            check_again(&r, files.paths[i]);
        }
        import_done(&r);
        kl_arena_free(arena);
    }
    no_models = files.count == 0;
    kt_files_free(&files);
    if (no_models) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_reads_back),
        cmocka_unit_test(versions_follow_types_and_options),
        cmocka_unit_test(versions_of_every_kind),
        cmocka_unit_test(every_model_reads_back),
        cmocka_unit_test(optimised_models_can_be_written),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed ? failed : no_models ? SKIPPED : 0;
}
