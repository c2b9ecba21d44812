/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as text: what becomes of them, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/builtin.h"
#include "learn/network.h"
#include "test_job.h"

#define HEAD "format: kinglet.network/1\nname: n\ninput: [8, 8, 2]\nparameters: {classes: 3}\n"

static enum kl_err read_with(const char *text, const struct kl_network_options *options,
                             struct kl_network *network)
{
    kl_diag_clear(&diag);
    return kl_network_read(text, strlen(text), "n.yaml", options, arena, network, &diag);
}

/* The graph of a text that must be read. */
static struct kl_subgraph *made(const char *text)
{
    struct kl_network network;
    struct kl_network_options options = {.seed = 1};
    if (read_with(text, &options, &network) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return network.graph->subgraphs[0];
}

static void refused(const char *text, const char *why)
{
    struct kl_network network;
    struct kl_network_options options = {.seed = 1};
    assert_int_not_equal(read_with(text, &options, &network), KL_OK);
    if (!strstr(diag.message, why)) {
        fail_msg("the message is: %s", diag.message);
    }
}

static void test_zoo(void **state)
{
    int texts = 0;
    (void)state;
    for (size_t i = 0; i < kl_builtin_count; i++) {
        const struct kl_builtin *file = &kl_builtins[i];
        struct kl_network network;
        struct kl_network_options options = {.seed = 7};
        if (strncmp(file->path, "zoo/", 4) != 0) {
            continue;
        }
        texts++;
        if (kl_network_read((const char *)file->data, file->size, file->path, &options, arena,
                            &network, &diag) != KL_OK) {
            fail_msg("%s", diag.message);
        }
    }
    assert_true(texts >= 11);
}

static int64_t count_weights(const struct kl_subgraph *g)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < g->tensor_count; i++) {
        bool weights = g->tensors[i]->data && g->tensors[i]->dtype == KL_F32;
        sum += weights ? kl_shape_elements(&g->tensors[i]->shape) : 0;
    }
    return sum;
}

/* Against the published numbers: MobileNetV1 1.0 of 224 x 224 and 1,000 classes has 4,253,864
 * parameters and MobileNetV2 1.0 3,538,984 (keras.applications), statistics of batches included. */
static void test_published_sizes(void **state)
{
    static const struct {
        const char *path;
        int64_t weights;
    } rows[] = {{"zoo/mobilenet-v1.yaml", 4253864}, {"zoo/mobilenet-v2.yaml", 3538984}};
    const struct kl_network_setting settings[] = {{"width", 1.0}, {"classes", 1000}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct kl_builtin *file = kl_builtin_find(rows[i].path);
        struct kl_network network;
        struct kl_network_options options = {
            .input = {3, {224, 224, 3}}, .settings = settings, .setting_count = 2};
        assert_non_null(file);
        assert_int_equal(kl_network_read((const char *)file->data, file->size, file->path, &options,
                                         arena, &network, &diag),
                         KL_OK);
        assert_int_equal(count_weights(network.graph->subgraphs[0]), rows[i].weights);
    }
}

static void test_shapes(void **state)
{
    (void)state;
    struct kl_subgraph *g = made(HEAD "layers:\n"
                                      "  - conv: {channels: 5, kernel: [3, 2], stride: [2, 1]}\n"
                                      "  - batch_norm\n"
                                      "  - depthwise_conv: {multiplier: 2, padding: valid}\n"
                                      "  - max_pool: 2\n"
                                      "  - flatten\n"
                                      "  - dense: classes\n");
    const struct kl_shape shapes[] = {{4, {1, 4, 8, 5}},  {4, {1, 4, 8, 5}}, {4, {1, 2, 6, 10}},
                                      {4, {1, 1, 3, 10}}, {2, {1, 30}},      {2, {1, 3}}};
    assert_int_equal(g->op_count, 6);
    for (int32_t i = 0; i < g->op_count; i++) {
        assert_true(kl_shape_equal(&g->ops[i]->outputs[0]->shape, &shapes[i]));
    }
    assert_int_equal(g->ops[0]->input_count, 2); /* no bias in front of batch_norm */
    assert_int_equal(g->ops[2]->input_count, 3);
    assert_int_equal(g->ops[0]->attr.window.pad_top, 0);
    assert_int_equal(g->ops[0]->attr.window.pad_bottom, 1);
}

static void test_width(void **state)
{
    struct kl_network network;
    const struct kl_network_setting narrow[] = {{"width", 0.5}};
    struct kl_network_options options = {.settings = narrow, .setting_count = 1};
    (void)state;
    assert_int_equal(read_with("format: kinglet.network/1\nname: n\ninput: [8, 8, 1]\n"
                               "parameters: {width: 1}\n"
                               "layers: [conv: 30, {conv: {expand: 2}}, {conv: 100}]\n",
                               &options, &network),
                     KL_OK);
    const struct kl_subgraph *g = network.graph->subgraphs[0];
    assert_int_equal(g->ops[0]->outputs[0]->shape.dim[3], 16);
    assert_int_equal(g->ops[1]->outputs[0]->shape.dim[3], 32);
    assert_int_equal(g->ops[2]->outputs[0]->shape.dim[3], 48);
}

/* Blocks see their own parameters first, and those of the text around them. */
static void test_blocks(void **state)
{
    (void)state;
    struct kl_subgraph *g = made(HEAD "blocks:\n"
                                      "  inner: {parameters: {c: 4}, layers: [conv: c]}\n"
                                      "  outer:\n"
                                      "    parameters: {c: 6}\n"
                                      "    layers: [inner: {c: c}, inner, conv: classes]\n"
                                      "layers: [outer, repeat: {times: 2, layers: [conv: 9]}]\n");
    const int32_t channels[] = {6, 4, 3, 9, 9};
    assert_int_equal(g->op_count, 5);
    for (int32_t i = 0; i < 5; i++) {
        assert_int_equal(g->ops[i]->outputs[0]->shape.dim[3], channels[i]);
    }
}

static void test_residual(void **state)
{
    (void)state;
    struct kl_subgraph *g = made(HEAD "layers:\n"
                                      "  - residual: [conv: 2]\n"
                                      "  - residual: {where: possible, layers: [conv: 7]}\n");
    assert_int_equal(g->op_count, 3);
    assert_int_equal(g->ops[1]->kind, KL_OP_ADD);
    refused(HEAD "layers: [residual: [conv: 7]]\n", "must have one shape");
    /* A shortcut that leads nowhere leaves nothing behind. */
    g = made(HEAD "layers:\n"
                  "  - residual: {where: possible, layers: [conv: 7], shortcut: [conv: 5]}\n");
    assert_int_equal(g->op_count, 1);
    for (int32_t i = 0; i < g->tensor_count; i++) {
        assert_int_not_equal(g->tensors[i]->shape.dim[0], 5);
    }
    refused(HEAD "layers: [residual: {layers: [conv: 7], shortcut: [conv: 5]}]\n",
            "must have one shape");
}

static void test_seed(void **state)
{
    struct kl_network network[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct kl_network_options options = {.seed = i == 2};
        assert_int_equal(read_with(HEAD "layers: [conv: 4]\n", &options, &network[i]), KL_OK);
    }
    const struct kl_tensor *w[3];
    for (int i = 0; i < 3; i++) {
        w[i] = network[i].graph->subgraphs[0]->ops[0]->inputs[1];
    }
    assert_memory_equal(w[0]->data, w[1]->data, w[0]->bytes);
    assert_memory_not_equal(w[0]->data, w[2]->data, w[0]->bytes);
    float limit = 0.57735f; /* sqrt(6 / 18) */
    float largest = 0;
    for (size_t i = 0; i < w[0]->bytes / sizeof(float); i++) {
        float value = ((const float *)w[0]->data)[i];
        largest = value > largest ? value : largest;
        assert_true(value >= -limit && value <= limit);
    }
    assert_true(largest > 0.5f * limit);
}

static void test_refusals(void **state)
{
    (void)state;
    refused("name: n\n", "its first line must be");
    refused(HEAD "layers: [convv: 3]\n", "did you mean 'conv'");
    refused(HEAD "layers: [conv: {chanels: 3}]\n", "has no argument 'chanels'");
    refused(HEAD "layers: [conv: 0]\n", "from 1 to");
    refused(HEAD "layers: [conv: klasses]\n", "neither a number nor a parameter");
    refused(HEAD "layers: [dense: 3]\n", "put flatten");
    refused(HEAD "layers: [relu: 3]\n", "takes no value");
    refused(HEAD "layers: [max_pool: 9]\n", "smaller than the window");
    refused(HEAD "layers: [{conv: {channels: 4, groups: 3}}]\n", "do not divide");
    refused(HEAD "layers: []\n", "no layers");
    refused(HEAD "blocks: {b: {parameters: [1], layers: [relu]}}\nlayers: [b]\n",
            "names with numbers");
    refused(HEAD "layers: 4\n", "must be a list");
    refused(HEAD "layer: []\n", "is not part of a network");
    refused(HEAD "blocks: {b: {layers: [b]}}\nlayers: [b]\n", "contains itself");
    refused(HEAD "layers: [{conv: {channels: 4096, kernel: 1024}}]\n", "more than");
    refused(HEAD "layers: [{dropout: 1}]\n", "below 1");
    refused("format: kinglet.network/1\nname: n\ninput: [1048576, 1048576, 9]\nlayers: [relu]\n",
            "more than");
    /* 64^3 layers */
    refused(HEAD "layers:\n- repeat: {times: 64, layers: [repeat: {times: 64, layers: [repeat: "
                 "{times: 64, layers: [relu]}]}]}\n",
            "more than");
}

static void test_settings(void **state)
{
    struct kl_network network;
    const struct kl_network_setting wrong[] = {{"depth", 1}};
    const struct kl_network_setting five[] = {{"classes", 5}};
    struct kl_network_options options = {.settings = wrong, .setting_count = 1};
    const char *text = HEAD "layers: [flatten, dense: classes]\n";
    (void)state;
    assert_int_equal(read_with(text, &options, &network), KL_EUSAGE);
    options.settings = five;
    options.input = (struct kl_shape){3, {4, 4, 1}};
    assert_int_equal(read_with(text, &options, &network), KL_OK);
    assert_int_equal(network.graph->subgraphs[0]->outputs[0]->shape.dim[1], 5);
    assert_int_equal(network.graph->subgraphs[0]->inputs[0]->shape.dim[1], 4);
    options.input = (struct kl_shape){1, {4}};
    assert_int_equal(read_with(text, &options, &network), KL_EINPUT);
    assert_true(kl_network_has_parameter(text, strlen(text), "classes", arena));
    assert_false(kl_network_has_parameter(text, strlen(text), "width", arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_zoo, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_published_sizes, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_shapes, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_width, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_blocks, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_residual, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_seed, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_refusals, open_job, close_job),
        cmocka_unit_test_setup_teardown(test_settings, open_job, close_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
