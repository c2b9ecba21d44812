/* SPDX-License-Identifier: Apache-2.0 */
/* BATCH_NORM and DROPOUT: refused by the planner, folded into a model that computes the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "learn/network.h"
#include "optimise/training.h"
#include "plan/plan.h"
#include "random.h"
#include "run_graph.h"

enum { INPUTS = 6 * 5 * 3, OUTPUTS = 4 };

static const char text[] = "format: kinglet.network/1\nname: n\ninput: [6, 5, 3]\n"
                           "layers:\n"
                           "  - batch_norm\n" /* nothing in front: MUL and ADD */
                           "  - conv: 5\n"
                           "  - batch_norm\n"
                           "  - relu\n"
                           "  - batch_norm\n" /* behind a function */
                           "  - {depthwise_conv: {multiplier: 2, bias: true}}\n"
                           "  - batch_norm\n"
                           "  - dropout: 0.5\n"
                           "  - flatten\n"
                           "  - dense: 4\n"
                           "  - batch_norm\n"
                           "  - dropout: 0.5\n";

/* Statistics and factors of no particular sense. */
static void spread(struct kl_graph *graph, struct kt_random *random)
{
    struct kl_subgraph *g = graph->subgraphs[0];
    for (int32_t i = 0; i < g->tensor_count; i++) {
        struct kl_tensor *t = g->tensors[i];
        if (t->data && t->dtype == KL_F32 && t->shape.rank == 1) {
            float *values = kl_arena_copy(graph->arena, t->data, t->bytes);
            assert_non_null(values);
            for (int32_t k = 0; k < t->shape.dim[0]; k++) {
                values[k] = kt_random_float(random, 0.5f, 1.5f);
            }
            t->data = values;
        }
    }
}

/* The definition, in double precision: y = (x - mean) / sqrt(variance + epsilon) * scale + offset,
 * in place of each BATCH_NORM, and everything else as the definitions of its operators say. */
static void slow_batch_norm(const struct kl_op *op, double *x)
{
    const float *p[4];
    int32_t channels = op->inputs[1]->shape.dim[0];
    for (int i = 0; i < 4; i++) {
        p[i] = op->inputs[i + 1]->data;
    }
    for (int32_t i = 0; i < (int32_t)kl_shape_elements(&op->inputs[0]->shape); i++) {
        int32_t c = i % channels;
        x[i] = (x[i] - (double)p[2][c]) / sqrt((double)p[3][c] + 0.001) * (double)p[0][c] +
               (double)p[1][c];
    }
}

/* Convolution of stride 1 with as much padding as the operator says, groups or depthwise. */
static void slow_window(const struct kl_op *op, const double *x, double *y)
{
    const int32_t *in = op->inputs[0]->shape.dim, *out = op->outputs[0]->shape.dim;
    const int32_t *f = op->inputs[1]->shape.dim;
    const float *w = op->inputs[1]->data;
    const struct kl_tensor *bias = kl_op_bias(op);
    bool depthwise = op->kind == KL_OP_DEPTHWISE_CONV_2D;
    for (int32_t i = 0; i < out[1] * out[2] * out[3]; i++) {
        int32_t c = i % out[3], ox = i / out[3] % out[2], oy = i / out[3] / out[2];
        y[i] = bias ? (double)((const float *)bias->data)[c] : 0.0;
        for (int32_t t = 0; t < f[1] * f[2]; t++) {
            int32_t iy = oy + t / f[2] - op->attr.window.pad_top;
            int32_t ix = ox + t % f[2] - op->attr.window.pad_left;
            bool inside = iy >= 0 && iy < in[1] && ix >= 0 && ix < in[2];
            const double *pixel = x + (inside ? (iy * in[2] + ix) * in[3] : 0);
            for (int32_t k = 0; inside && k < (depthwise ? 1 : in[3]); k++) {
                y[i] += depthwise ? pixel[c * in[3] / out[3]] * (double)w[t * out[3] + c]
                                  : pixel[k] * (double)w[(c * f[1] * f[2] + t) * in[3] + k];
            }
        }
    }
}

static void slow_run(const struct kl_subgraph *g, const float *input, double *values)
{
    double next[512];
    for (int i = 0; i < INPUTS; i++) {
        values[i] = (double)input[i];
    }
    for (int32_t o = 0; o < g->op_count; o++) {
        const struct kl_op *op = g->ops[o];
        int32_t count = (int32_t)kl_shape_elements(&op->outputs[0]->shape);
        assert_true(count <= 512);
        if (op->kind == KL_OP_BATCH_NORM) {
            slow_batch_norm(op, values);
        } else if (op->kind == KL_OP_CONV_2D || op->kind == KL_OP_DEPTHWISE_CONV_2D) {
            slow_window(op, values, next);
            memcpy(values, next, (size_t)count * sizeof next[0]);
        } else if (op->kind == KL_OP_RELU) {
            for (int32_t i = 0; i < count; i++) {
                values[i] = values[i] > 0 ? values[i] : 0;
            }
        } else if (op->kind == KL_OP_FULLY_CONNECTED) {
            int32_t in = op->inputs[1]->shape.dim[1];
            for (int32_t i = 0; i < count; i++) {
                next[i] = 0;
                for (int32_t k = 0; k < in; k++) {
                    next[i] += values[k] * (double)((const float *)op->inputs[1]->data)[i * in + k];
                }
            }
            memcpy(values, next, (size_t)count * sizeof next[0]);
        }
    }
}

static struct kl_graph *make(struct kl_arena *arena, struct kt_random *random)
{
    struct kl_network network;
    struct kl_network_options options = {.seed = 3};
    struct kl_diag diag = {0};
    assert_int_equal(
        kl_network_read(text, strlen(text), "n.yaml", &options, arena, &network, &diag), KL_OK);
    spread(network.graph, random);
    return network.graph;
}

static void test_folded_computes_the_same(void **state)
{
    struct kt_random random = {5};
    struct kl_diag diag = {0};
    float input[INPUTS], output[OUTPUTS];
    double expected[512];
    (void)state;
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    struct kl_graph *graph = make(arena, &random);
    for (int i = 0; i < INPUTS; i++) {
        input[i] = kt_random_float(&random, -1, 1);
    }
    slow_run(graph->subgraphs[0], input, expected);
    assert_int_equal(kl_fold_training(graph, &diag), KL_OK);
    assert_int_equal(graph->subgraphs[0]->op_count, 9);
    run_graph(graph, input, output);
    for (int i = 0; i < OUTPUTS; i++) {
        assert_true(fabs((double)output[i] - expected[i]) < 1e-5 * (1 + fabs(expected[i])));
    }
    kl_arena_free(arena);
}

static void test_planner_refuses_by_name(void **state)
{
    struct kt_random random = {5};
    struct kl_diag diag = {0};
    struct kl_plan *plan;
    const struct kl_plan_options options = {.kernels = KL_KERNELS_PORTABLE};
    (void)state;
    struct kl_arena *arena = kl_arena_create((size_t)64 << 20);
    struct kl_graph *graph = make(arena, &random);
    assert_int_equal(kl_plan_create(graph, &options, arena, &plan, &diag), KL_EUNSUPPORTED);
    assert_non_null(strstr(diag.message, "BATCH_NORM"));
    assert_non_null(strstr(diag.message, "training"));
    kl_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folded_computes_the_same),
        cmocka_unit_test(test_planner_refuses_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
