/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forward and backward: values of every operator against its definition, gradients against central
 * differences, both in double precision; and the trained network against kinglet's own engine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/build.h"
#include "learn/net.h"
#include "learn/network.h"
#include "learn_gradients.h"
#include "optimise/training.h"
#include "random.h"
#include "run_graph.h"

enum { BATCH = 3 };

/* A network, its fast form, and its constants in double precision. */
struct rig {
    struct kl_arena *arena;
    struct kl_graph *graph;
    struct kl_net *net;
    double **constants; /* by tensor id */
    double *input, *factors;
    int32_t inputs, outputs; /* values of the batch */
};

static struct kl_diag diag;

static void *must(void *memory)
{
    assert_non_null(memory);
    return memory;
}

/* Weights of no particular sense, positive where they are variances. */
static void spread(struct rig *rig, struct kt_random *random)
{
    const struct kl_subgraph *g = rig->graph->subgraphs[0];
    for (int32_t i = 0; i < g->tensor_count; i++) {
        struct kl_tensor *t = g->tensors[i];
        if (!t->data || t->dtype != KL_F32) {
            continue;
        }
        float *values = must(kl_arena_copy(rig->arena, t->data, t->bytes));
        for (size_t k = 0; k < t->bytes / sizeof(float); k++) {
            values[k] = t->shape.rank == 1 ? kt_random_float(random, 0.3f, 1.3f)
                                           : kt_random_float(random, -0.7f, 0.7f);
        }
        t->data = values;
    }
}

static void open_graph(struct rig *rig, uint64_t seed)
{
    struct kt_random random = {seed};
    const struct kl_subgraph *g = rig->graph->subgraphs[0];
    const struct kl_net_options options = {.batch = BATCH, .input_grad = true};
    spread(rig, &random);
    kl_diag_clear(&diag);
    if (kl_net_create(rig->graph, &options, rig->arena, &rig->net, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    rig->inputs = BATCH * kl_net_item_size(rig->net);
    rig->outputs = BATCH * kl_net_output_size(rig->net);
    rig->constants = must(KL_NEW(rig->arena, double *, (size_t)g->tensor_count));
    rig->input = must(KL_NEW(rig->arena, double, (size_t)rig->inputs));
    rig->factors = must(KL_NEW(rig->arena, double, (size_t)rig->outputs));
    for (int32_t i = 0; i < g->tensor_count; i++) {
        const struct kl_tensor *t = g->tensors[i];
        size_t count = t->data && t->dtype == KL_F32 ? t->bytes / sizeof(float) : 0;
        rig->constants[i] = must(KL_NEW(rig->arena, double, count));
        for (size_t k = 0; k < count; k++) {
            rig->constants[i][k] = (double)((const float *)t->data)[k];
        }
    }
    for (int32_t i = 0; i < rig->inputs; i++) {
        kl_net_input(rig->net)[i] = kt_random_float(&random, -2, 2);
        rig->input[i] = (double)kl_net_input(rig->net)[i];
    }
    for (int32_t i = 0; i < rig->outputs; i++) {
        rig->factors[i] = (double)kt_random_float(&random, -1, 1);
    }
}

static void open_text(struct rig *rig, const char *layers, const char *input, uint64_t seed)
{
    struct kl_network network;
    struct kl_network_options options = {.seed = seed};
    rig->arena = must(kl_arena_create((size_t)512 << 20));
    kl_diag_clear(&diag);
    const char *text = must(kl_arena_printf(
        rig->arena, "format: kinglet.network/1\nname: n\ninput: %s\nlayers:\n%s", input, layers));
    if (kl_network_read(text, strlen(text), "n", &options, rig->arena, &network, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    rig->graph = network.graph;
    open_graph(rig, seed);
}

static void close_rig(struct rig *rig)
{
    kl_net_free(rig->net);
    kl_arena_free(rig->arena);
}

/* The loss of all checks: a sum of the outputs with random factors. */
static double slow_loss(const struct rig *rig)
{
    double sum = 0;
    double *output = must(calloc((size_t)rig->outputs, sizeof output[0]));
    slow_network(rig->graph, rig->constants, BATCH, true, rig->input, output);
    for (int32_t i = 0; i < rig->outputs; i++) {
        sum += rig->factors[i] * output[i];
    }
    free(output);
    return sum;
}

static double difference(const struct rig *rig, double *value)
{
    const double step = 1e-5;
    double before = *value;
    *value = before + step;
    double high = slow_loss(rig);
    *value = before - step;
    double low = slow_loss(rig);
    *value = before;
    return (high - low) / (2 * step);
}

/* Some of the values, at least 40: all of small tensors. */
static void check_gradient(const struct rig *rig, const char *what, double *values,
                           const float *gradient, int32_t count)
{
    int32_t stride = count / 40 > 1 ? count / 40 : 1;
    for (int32_t i = 0; i < count; i += stride) {
        double expected = difference(rig, &values[i]);
        double error = fabs((double)gradient[i] - expected);
        if (error > 2e-3 * (0.1 + fabs(expected))) {
            fail_msg("%s, element %d: gradient %g, central difference %g", what, i,
                     (double)gradient[i], expected);
        }
    }
}

static void check_forward(struct rig *rig, bool training)
{
    double *output = must(calloc((size_t)rig->outputs, sizeof output[0]));
    assert_int_equal(training ? kl_net_forward(rig->net, 1, &diag) : kl_net_infer(rig->net, &diag),
                     KL_OK);
    slow_network(rig->graph, rig->constants, BATCH, training, rig->input, output);
    for (int32_t i = 0; i < rig->outputs; i++) {
        double error = fabs((double)kl_net_output(rig->net)[i] - output[i]);
        if (!(error < 2e-5 * (1 + fabs(output[i])))) {
            fail_msg("output %d is %g, by definition %g", i, (double)kl_net_output(rig->net)[i],
                     output[i]);
        }
    }
    free(output);
}

static void check_rig(struct rig *rig)
{
    int32_t count;
    const struct kl_net_parameter *parameters = kl_net_parameters(rig->net, &count);
    check_forward(rig, false);
    check_forward(rig, true);
    /* Twice: the second time, buffers hold what the first left. */
    for (int round = 0; round < 2; round++) {
        assert_int_equal(kl_net_forward(rig->net, 1, &diag), KL_OK);
        for (int32_t i = 0; i < rig->outputs; i++) {
            kl_net_output_grad(rig->net)[i] = (float)rig->factors[i];
        }
        assert_int_equal(kl_net_backward(rig->net, &diag), KL_OK);
    }
    check_gradient(rig, "input", rig->input, kl_net_input_grad(rig->net), rig->inputs);
    for (int32_t i = 0; i < count; i++) {
        const struct kl_net_parameter *p = &parameters[i];
        check_gradient(rig, p->tensor->name, rig->constants[p->tensor->id],
                       kl_net_grads(rig->net) + p->offset, (int32_t)p->count);
    }
}

static void check_text(const char *layers, const char *input)
{
    struct rig rig = {0};
    open_text(&rig, layers, input, 11);
    check_rig(&rig);
    close_rig(&rig);
}

static void test_conv(void **state)
{
    (void)state;
    check_text("- conv: {channels: 5, kernel: [3, 2], stride: [2, 1]}\n", "[7, 6, 3]");
    check_text("- conv: {channels: 8, kernel: 3, dilation: 2, padding: valid, bias: false}\n",
               "[7, 6, 4]");
    check_text("- conv: {channels: 6, groups: 3}\n", "[5, 5, 9]");
    check_text("- conv: {channels: 16}\n- conv: {channels: 16, kernel: 1}\n- conv: {channels: 3}\n",
               "[6, 6, 8]");
    check_text("- conv: {channels: 4, kernel: 5, stride: 2}\n", "[15, 3]");
}

static void test_depthwise(void **state)
{
    (void)state;
    check_text("- depthwise_conv: {kernel: 3, stride: 2}\n", "[7, 8, 8]");
    check_text("- depthwise_conv: {kernel: [5, 3], multiplier: 2}\n", "[6, 6, 3]");
    check_text("- conv: 8\n- depthwise_conv: {bias: false}\n- conv: {channels: 16, kernel: 1}\n",
               "[6, 6, 4]");
}

static void test_dense(void **state)
{
    (void)state;
    check_text("- dense: 7\n- dense: {units: 3, bias: false}\n", "[9]");
    check_text("- conv: 5\n- flatten\n- dense: 4\n", "[3, 4, 2]");
}

static void test_pools(void **state)
{
    (void)state;
    check_text("- max_pool: 2\n", "[6, 7, 5]");
    check_text("- average_pool: {size: 3, stride: 2, padding: same}\n", "[6, 7, 8]");
    check_text("- conv: 8\n- max_pool: {size: 3, stride: 1, padding: same}\n", "[5, 5, 3]");
    check_text("- conv: 9\n- global_average_pool\n- dense: 2\n", "[5, 4, 3]");
    check_text("- global_average_pool\n", "[6, 3]");
}

static void test_functions(void **state)
{
    (void)state;
    static const char *const names[] = {"relu",    "relu6", "leaky_relu: 0.2", "hard_swish",
                                        "sigmoid", "tanh",  "softmax"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[96];
        snprintf(text, sizeof text, "- dense: 6\n- %s\n", names[i]);
        check_text(text, "[5]");
        snprintf(text, sizeof text, "- conv: 5\n%s%s\n", i == 6 ? "- flatten\n- " : "- ", names[i]);
        check_text(text, "[4, 4, 2]");
    }
}

static void test_batch_norm(void **state)
{
    (void)state;
    check_text("- batch_norm\n", "[5, 4, 3]");
    check_text("- conv: 8\n- batch_norm\n- relu\n- conv: {channels: 5, kernel: 1}\n- batch_norm\n",
               "[5, 4, 3]");
    check_text("- dense: 6\n- batch_norm\n- relu\n", "[4]");
}

static void test_residual(void **state)
{
    (void)state;
    check_text("- conv: 8\n- residual: [conv: 8, batch_norm, relu]\n- residual: {layers: [conv: 8],"
               " shortcut: [conv: {channels: 8, kernel: 1}]}\n- relu\n",
               "[5, 5, 3]");
    check_text("- residual: [relu]\n- residual: [max_pool: {size: 3, stride: 1, padding: same}]\n",
               "[5, 5, 3]");
}

static void test_gru(void **state)
{
    (void)state;
    check_text("- gru: 4\n- dense: 3\n", "[6, 3]");
    check_text("- gru: 4\n", "[1, 3]");
    check_text("- conv: 4\n- gru: 5\n", "[4, 3]");
}

/* Operators that no text makes: broadcast, and fused activations. */
static struct kl_tensor *value(struct rig *rig, const char *name, struct kl_shape shape)
{
    return must(kl_tensor_add(rig->graph, rig->graph->subgraphs[0], name, KL_F32, shape));
}

static void test_broadcast(void **state)
{
    static const enum kl_op_kind kinds[] = {KL_OP_ADD, KL_OP_SUB, KL_OP_MUL};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig rig = {.arena = must(kl_arena_create((size_t)64 << 20))};
        const int32_t axes[2] = {1, 2};
        rig.graph = must(kl_graph_create(rig.arena, "n"));
        struct kl_subgraph *g = rig.graph->subgraphs[0];
        struct kl_tensor *in = value(&rig, "in", (struct kl_shape){4, {1, 4, 5, 3}});
        struct kl_tensor *pooled = value(&rig, "pooled", (struct kl_shape){2, {1, 3}});
        struct kl_tensor *small = value(&rig, "small", (struct kl_shape){4, {1, 1, 1, 3}});
        struct kl_tensor *out = value(&rig, "out", in->shape);
        struct kl_tensor *axis =
            must(kl_constant_add(rig.graph, g, "axes", KL_S32, (struct kl_shape){1, {2}}, axes));
        assert_true(kl_subgraph_add_input(rig.graph, g, in));
        must(kl_op_add(rig.graph, g, KL_OP_MEAN, 2, (struct kl_tensor *[]){in, axis}, pooled));
        must(kl_op_add(rig.graph, g, KL_OP_RESHAPE, 1, &pooled, small));
        must(kl_op_add(rig.graph, g, kinds[i], 2, (struct kl_tensor *[]){in, small}, out));
        assert_true(kl_subgraph_add_output(rig.graph, g, out));
        open_graph(&rig, 3);
        check_rig(&rig);
        close_rig(&rig);
    }
}

static void test_fused_activations(void **state)
{
    struct kl_network network;
    struct kl_network_options options = {.seed = 2};
    struct rig rig = {.arena = must(kl_arena_create((size_t)64 << 20))};
    const char *text = "format: kinglet.network/1\nname: n\ninput: [5, 5, 2]\nlayers:\n"
                       "- conv: 4\n- residual: [conv: 4]\n";
    (void)state;
    assert_int_equal(kl_network_read(text, strlen(text), "n", &options, rig.arena, &network, &diag),
                     KL_OK);
    rig.graph = network.graph;
    rig.graph->subgraphs[0]->ops[0]->attr.window.activation = KL_ACT_RELU6;
    rig.graph->subgraphs[0]->ops[1]->attr.window.activation = KL_ACT_RELU;
    rig.graph->subgraphs[0]->ops[2]->attr.binary.activation = KL_ACT_RELU;
    open_graph(&rig, 5);
    check_rig(&rig);
    close_rig(&rig);
}

/* Dropped values are 0, others larger, the mean stays; the gradient takes the same way. */
static void test_dropout(void **state)
{
    struct rig rig = {0};
    int32_t dropped = 0;
    (void)state;
    open_text(&rig, "- dropout: 0.25\n", "[4000]", 7);
    check_forward(&rig, false);
    assert_int_equal(kl_net_forward(rig.net, 42, &diag), KL_OK);
    for (int32_t i = 0; i < rig.outputs; i++) {
        float x = kl_net_input(rig.net)[i], y = kl_net_output(rig.net)[i];
        assert_true(y == 0.0f || fabsf(y * 0.75f - x) < 1e-6f);
        dropped += y == 0.0f;
        kl_net_output_grad(rig.net)[i] = 1.0f;
    }
    assert_in_range(dropped, rig.outputs / 4 - 200, rig.outputs / 4 + 200);
    assert_int_equal(kl_net_backward(rig.net, &diag), KL_OK);
    for (int32_t i = 0; i < rig.outputs; i++) {
        bool kept = kl_net_output(rig.net)[i] != 0.0f;
        assert_true(fabsf(kl_net_input_grad(rig.net)[i] - (kept ? 1.0f / 0.75f : 0.0f)) < 1e-6f);
    }
    close_rig(&rig);
}

/* running = 0.9 * running + 0.1 * batch, with the unbiased variance. */
static void test_running_statistics(void **state)
{
    struct rig rig = {0};
    double sum = 0, squares = 0;
    (void)state;
    open_text(&rig, "- batch_norm: {momentum: 0.9}\n", "[4, 4, 1]", 7);
    float *statistics = kl_net_statistics(rig.net);
    float before[2] = {statistics[0], statistics[1]};
    assert_int_equal(kl_net_statistic_count(rig.net), 2);
    assert_int_equal(kl_net_infer(rig.net, &diag), KL_OK);
    assert_true(statistics[0] == before[0]);
    assert_int_equal(kl_net_forward(rig.net, 1, &diag), KL_OK);
    for (int32_t i = 0; i < rig.inputs; i++) {
        sum += rig.input[i];
    }
    for (int32_t i = 0; i < rig.inputs; i++) {
        squares += pow(rig.input[i] - sum / rig.inputs, 2);
    }
    assert_true(fabs((double)statistics[0] - 0.9 * (double)before[0] - 0.1 * sum / rig.inputs) <
                1e-5);
    assert_true(fabs((double)statistics[1] - 0.9 * (double)before[1] -
                     0.1 * squares / (rig.inputs - 1)) < 1e-5);
    close_rig(&rig);
}

/* What the net infers, kinglet's engine computes on the folded graph. */
static void test_engine_agrees(void **state)
{
    static const struct {
        const char *layers, *input;
    } rows[] = {
        {"- conv: {channels: 8, stride: 2}\n- batch_norm\n- relu6\n- dropout: 0.1\n"
         "- residual: [depthwise_conv, batch_norm, hard_swish]\n- max_pool: 2\n"
         "- global_average_pool\n- dense: 5\n- softmax\n",
         "[12, 10, 3]"},
        {"- gru: 6\n- dense: 3\n- softmax\n", "[8, 3]"},
    };
    float output[8];
    (void)state;
    for (size_t r = 0; r < 2; r++) {
        struct rig rig = {0};
        open_text(&rig, rows[r].layers, rows[r].input, 21);
        assert_int_equal(kl_net_forward(rig.net, 1, &diag), KL_OK); /* moves the statistics */
        assert_int_equal(kl_net_infer(rig.net, &diag), KL_OK);
        assert_int_equal(kl_net_store(rig.net, &diag), KL_OK);
        assert_int_equal(kl_fold_training(rig.graph, &diag), KL_OK);
        run_graph(rig.graph, kl_net_input(rig.net), output);
        for (int32_t i = 0; i < kl_net_output_size(rig.net); i++) {
            assert_true(fabsf(output[i] - kl_net_output(rig.net)[i]) < 1e-5f);
        }
        close_rig(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),          cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_dense),         cmocka_unit_test(test_pools),
        cmocka_unit_test(test_functions),     cmocka_unit_test(test_batch_norm),
        cmocka_unit_test(test_residual),      cmocka_unit_test(test_gru),
        cmocka_unit_test(test_broadcast),     cmocka_unit_test(test_fused_activations),
        cmocka_unit_test(test_dropout),       cmocka_unit_test(test_running_statistics),
        cmocka_unit_test(test_engine_agrees),
    };
    kl_net_threads(1); /* threads that wait for each other are slow on a busy machine */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
