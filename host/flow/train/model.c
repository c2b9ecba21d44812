/* SPDX-License-Identifier: Apache-2.0 */
/* A trained network as a model file, and what such a file answers. */
#include <string.h>

#include "emit/tflite.h"
#include "flow/model_job.h"
#include "flow/train/internal.h"
#include "graph/build.h"
#include "optimise/optimise.h"
#include "optimise/training.h"

/* The least of the shape's last dimensions that hold every channel as often: constants of that
 * shape are repeated over the rest. */
static struct kl_shape channel_shape(const struct kl_shape *item, int32_t channels)
{
    struct kl_shape shape = {0};
    int32_t first = item->rank;
    int64_t values = 1;
    while (first > 0 && (shape.rank == 0 || values % channels != 0)) {
        values *= item->dim[--first];
        shape.rank++;
    }
    memcpy(shape.dim, item->dim + first, (size_t)shape.rank * sizeof shape.dim[0]);
    return shape;
}

/* (x - mean) / deviation as operators in front of the network. */
static enum kl_err put_normalisation(struct kl_graph *graph, const struct kl_normalisation *n,
                                     struct kl_arena *arena, struct kl_diag *diag)
{
    struct kl_subgraph *g = graph->subgraphs[0];
    struct kl_tensor *old = g->inputs[0];
    const struct kl_shape shape = channel_shape(&old->shape, n->channels);
    size_t count = (size_t)kl_shape_elements(&shape);
    float *means = KL_NEW(arena, float, count), *factors = KL_NEW(arena, float, count);
    for (size_t i = 0; means && factors && i < count; i++) {
        means[i] = n->mean[i % (size_t)n->channels];
        factors[i] = 1.0f / n->deviation[i % (size_t)n->channels];
    }
    struct kl_tensor *in = kl_tensor_add(graph, g, "raw", KL_F32, old->shape);
    struct kl_tensor *moved = kl_tensor_add(graph, g, "moved", KL_F32, old->shape);
    struct kl_tensor *mean = means ? kl_constant_add(graph, g, "mean", KL_F32, shape, means) : NULL;
    struct kl_tensor *factor =
        factors ? kl_constant_add(graph, g, "factor", KL_F32, shape, factors) : NULL;
    struct kl_op *sub = in && moved && mean ? kl_op_add(graph, g, KL_OP_SUB, 2,
                                                        (struct kl_tensor *[]){in, mean}, moved)
                                            : NULL;
    struct kl_op *mul = sub && factor ? kl_op_add(graph, g, KL_OP_MUL, 2,
                                                  (struct kl_tensor *[]){moved, factor}, old)
                                      : NULL;
    if (!mul) {
        return KL_FAIL_MEMORY(diag);
    }
    memmove(g->ops + 2, g->ops, (size_t)(g->op_count - 2) * sizeof g->ops[0]);
    g->ops[0] = sub;
    g->ops[1] = mul;
    g->inputs[0] = in;
    return kl_graph_verify(graph, diag);
}

static void move_tensor(struct kl_tensor **order, int32_t *count, struct kl_tensor *tensor)
{
    if (tensor && tensor->id >= 0) {
        order[(*count)++] = tensor;
        tensor->id = -1;
    }
}

/* Tensors by their first use, and none without one: so the bytes of a model do not depend on how
 * its graph came about. */
static enum kl_err order_tensors(struct kl_graph *graph, struct kl_diag *diag)
{
    struct kl_subgraph *g = graph->subgraphs[0];
    struct kl_tensor **order =
        KL_NEW(graph->arena, struct kl_tensor *, (size_t)g->tensor_count + 1);
    int32_t count = 0;
    if (!order) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < g->input_count; i++) {
        move_tensor(order, &count, g->inputs[i]);
    }
    for (int32_t i = 0; i < g->op_count; i++) {
        for (int32_t k = 0; k < g->ops[i]->input_count; k++) {
            move_tensor(order, &count, g->ops[i]->inputs[k]);
        }
        for (int32_t k = 0; k < g->ops[i]->output_count; k++) {
            move_tensor(order, &count, g->ops[i]->outputs[k]);
        }
    }
    g->tensors = order;
    g->tensor_count = count;
    return kl_graph_verify(graph, diag);
}

enum kl_err train_make_model(struct kl_graph *graph, const struct kl_normalisation *n,
                             struct kl_arena *arena, struct kl_bytes *file, struct kl_diag *diag)
{
    struct fb made = {0};
    KL_TRY(n->channels > 0 ? put_normalisation(graph, n, arena, diag) : KL_OK);
    KL_TRY(kl_fold_training(graph, diag));
    KL_TRY(kl_optimise_portable(graph, diag));
    KL_TRY(order_tensors(graph, diag));
    enum kl_err err = kl_emit_tflite(graph, &made, diag);
    if (err == KL_OK) {
        *file = (struct kl_bytes){kl_arena_copy(arena, made.data, made.size), made.size};
        err = file->data ? KL_OK : KL_FAIL_MEMORY(diag);
    }
    fb_free(&made);
    return err;
}

enum kl_err train_run_model(struct kl_bytes file, const char *name, const struct kl_learn_set *set,
                            struct kl_arena *arena, struct kl_outputs *outputs,
                            struct kl_diag *diag)
{
    struct kl_model_job job;
    enum kl_err err = kl_model_job_open_bytes(&job, name, file, diag);
    err = err == KL_OK ? kl_model_job_plan(&job, KL_KERNELS_PORTABLE, NULL, diag) : err;
    err = err == KL_OK ? kl_outputs_run(job.plan, set, arena, outputs, diag) : err;
    kl_model_job_free(&job);
    return err;
}
