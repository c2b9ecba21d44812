/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/score_head.h"

#include <string.h>

#include "graph/build.h"

const char *const kl_score_kinds[KL_SCORE_KINDS] = {"output", "error", "least"};

/* The output of the only operator that reads `tensor`, when it is of this kind with a constant. */
static struct kl_tensor *through(const struct kl_subgraph *g, const struct kl_tensor *tensor,
                                 enum kl_op_kind kind)
{
    const struct kl_op *reader = NULL;
    for (int32_t i = 0; i < g->op_count; i++) {
        for (int32_t k = 0; k < g->ops[i]->input_count; k++) {
            if (g->ops[i]->inputs[k] == tensor) {
                if (reader) {
                    return NULL;
                }
                reader = g->ops[i];
            }
        }
    }
    bool is_it = reader && reader->kind == kind && reader->inputs[0] == tensor &&
                 reader->inputs[1]->data != NULL;
    return is_it ? reader->outputs[0] : NULL;
}

/* What the model repeats. */
static struct kl_tensor *repeated(const struct kl_subgraph *g)
{
    struct kl_tensor *in = g->inputs[0];
    struct kl_tensor *moved = through(g, in, KL_OP_SUB);
    struct kl_tensor *scaled = moved ? through(g, moved, KL_OP_MUL) : NULL;
    return scaled ? scaled : in;
}

static enum kl_err to_float(struct kl_graph *graph, struct kl_subgraph *g, const char *name,
                            struct kl_tensor **tensor, struct kl_diag *diag)
{
    if ((*tensor)->dtype == KL_F32) {
        return KL_OK;
    }
    struct kl_tensor *real = kl_tensor_add(graph, g, name, KL_F32, (*tensor)->shape);
    struct kl_op *op = real ? kl_op_add(graph, g, KL_OP_DEQUANTIZE, 1, tensor, real) : NULL;
    *tensor = real;
    return op ? KL_OK : KL_FAIL_MEMORY(diag);
}

static bool is_real(const struct kl_tensor *t)
{
    bool integers = (t->dtype == KL_S8 || t->dtype == KL_S16) && t->quant.count == 1;
    return t->dtype == KL_F32 || integers;
}

static enum kl_err check(const struct kl_subgraph *g, struct kl_diag *diag)
{
    if (g->input_count != 1 || g->output_count != 1) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "a model that repeats its input has one input and one output, not %d and %d",
                       g->input_count, g->output_count);
    }
    const struct kl_tensor *in = g->inputs[0], *out = g->outputs[0];
    char a[KL_SHAPE_TEXT_BYTES], b[KL_SHAPE_TEXT_BYTES];
    return kl_shape_equal(&in->shape, &out->shape) && is_real(in) && is_real(out)
               ? KL_OK
               : kl_fail(diag, KL_EUNSUPPORTED,
                         "the model does not repeat its input: that is %s%s, the output %s%s",
                         kl_dtype_name(in->dtype), kl_shape_text(&in->shape, a),
                         kl_dtype_name(out->dtype), kl_shape_text(&out->shape, b));
}

/* The operator that makes one value of all, which becomes the output. */
static enum kl_err reduce(struct kl_graph *graph, enum kl_op_kind kind, struct kl_tensor *values,
                          struct kl_diag *diag)
{
    static const int32_t all_axes[KL_MAX_RANK] = {0, 1, 2, 3, 4, 5};
    struct kl_subgraph *g = graph->subgraphs[0];
    const struct kl_shape axes = {1, {values->shape.rank}};
    struct kl_shape one = {values->shape.rank, {1, 1, 1, 1, 1, 1}};
    struct kl_tensor *score = kl_tensor_add(graph, g, "score", KL_F32, one);
    struct kl_tensor *axis = kl_constant_add(graph, g, "axes", KL_S32, axes, all_axes);
    struct kl_op *op =
        score && axis ? kl_op_add(graph, g, kind, 2, (struct kl_tensor *[]){values, axis}, score)
                      : NULL;
    if (!op) {
        return KL_FAIL_MEMORY(diag);
    }
    op->attr.reduce.keep_dims = true;
    g->outputs[0] = score;
    g->output_count = 1;
    return kl_graph_verify(graph, diag);
}

static enum kl_err append_error(struct kl_graph *graph, struct kl_diag *diag)
{
    struct kl_subgraph *g = graph->subgraphs[0];
    KL_TRY(check(g, diag));
    struct kl_tensor *wanted = repeated(g), *output = g->outputs[0];
    KL_TRY(to_float(graph, g, "repeated", &wanted, diag));
    KL_TRY(to_float(graph, g, "answer", &output, diag));
    struct kl_tensor *squares = kl_tensor_add(graph, g, "squares", KL_F32, output->shape);
    if (!squares || !kl_op_add(graph, g, KL_OP_SQUARED_DIFFERENCE, 2,
                               (struct kl_tensor *[]){wanted, output}, squares)) {
        return KL_FAIL_MEMORY(diag);
    }
    return reduce(graph, KL_OP_MEAN, squares, diag);
}

enum kl_err kl_score_head(struct kl_graph *graph, enum kl_score_kind kind, struct kl_diag *diag)
{
    struct kl_subgraph *g = graph->subgraphs[0];
    if (kind == KL_SCORE_OUTPUT) {
        return KL_OK;
    }
    if (kind == KL_SCORE_ERROR) {
        return append_error(graph, diag);
    }
    if (g->output_count < 1 || !is_real(g->outputs[0])) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "the least output is of int8, int16 or float32, and this model's is not");
    }
    struct kl_tensor *values = g->outputs[0];
    KL_TRY(to_float(graph, g, "distances_real", &values, diag));
    return reduce(graph, KL_OP_REDUCE_MIN, values, diag);
}

static bool is_named(const struct kl_graph *graph, const char *name)
{
    return strcmp(graph->subgraphs[0]->outputs[0]->name, name) == 0;
}

bool kl_gives_likelihood(const struct kl_graph *graph)
{
    return graph->subgraphs[0]->output_count > 0 && is_named(graph, "log_likelihood");
}

enum kl_err kl_score_anomalies(struct kl_graph *graph, struct kl_diag *diag)
{
    const struct kl_subgraph *g = graph->subgraphs[0];
    if (g->input_count != 1 || g->output_count < 1) {
        return kl_fail(diag, KL_EUNSUPPORTED, "a model with one input and an output is needed");
    }
    bool repeats =
        kl_shape_elements(&g->inputs[0]->shape) == kl_shape_elements(&g->outputs[0]->shape);
    return kl_score_head(graph,
                         kl_gives_likelihood(graph)                 ? KL_SCORE_OUTPUT
                         : repeats && !is_named(graph, "distances") ? KL_SCORE_ERROR
                                                                    : KL_SCORE_LEAST,
                         diag);
}
