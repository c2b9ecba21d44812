/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weights to begin a training with: those of a checkpoint, or of a model.
 *
 * Batch norms are folded into the weights of a model, so the network is folded in the same way and
 * goes on with layers that have biases: it begins as exactly that model. Layers are matched by the
 * names that `train` gives to weights; in models with other names, by their order.
 */
#include <math.h>
#include <string.h>

#include "flow/model_job.h"
#include "flow/train/internal.h"
#include "graph/build.h"
#include "learn/checkpoint.h"
#include "optimise/quantise.h"
#include "optimise/training.h"

static bool says(const json_t *data, const char *key, const char *text)
{
    const char *said = json_string_value(json_object_get(data, key));
    return said && strcmp(said, text) == 0;
}

/* Weights that were trained on another split of the same data have seen what is tested here. `data`
 * is what a record says of their training; NULL: there is none. */
static enum kl_err check_split(const struct train_run *run, const json_t *data,
                               struct kl_diag *diag)
{
    const char *from = run->request->from, *here = train_split_name(run->data.split_here);
    bool by_hash = says(data, "split", train_split_name(true));
    uint64_t seed = (uint64_t)json_integer_value(json_object_get(data, "split_seed"));
    bool same_data = says(data, "content", run->dataset.content);
    run->report->from_data = !data ? "not known" : same_data ? "the same" : "other data";
    if (!data) {
        return !run->data.split_here
                   ? KL_OK
                   : kl_fail(diag, KL_EUSAGE,
                             "%s: no " KL_TRAIN_RECORD
                             " beside it says how the data were split, so "
                             "its weights may have seen what is tested here; put the one of its "
                             "training there",
                             from);
    }
    if (same_data && !says(data, "split", here)) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s was trained on the same data with a split %s, and here it is %s: its "
                       "weights have seen what is tested here; take the split of its training",
                       from, train_split_name(by_hash), here);
    }
    if (by_hash && run->data.split_here && seed != run->request->rule.seed) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s was trained with --split-seed %llu, which splits the data in another "
                       "way: its weights may have seen what is tested here; take that seed",
                       from, (unsigned long long)seed);
    }
    return !same_data || by_hash || says(data, "version", run->dataset.version)
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE,
                         "%s was trained on another split of the same data: its weights have seen "
                         "what is tested here; take the data set of its training",
                         from);
}

/* ---- checkpoints ------------------------------------------------------------------------- */

static enum kl_err apply_checkpoint(struct train_run *run, const struct kl_checkpoint *checkpoint,
                                    struct kl_diag *diag)
{
    KL_TRY(kl_checkpoint_apply(checkpoint, run->network.graph, &run->report->taken,
                               &run->report->all, diag));
    if (run->report->taken == 0) {
        return kl_fail(diag, KL_EINPUT, "%s: no tensor has a name and shape of this network",
                       run->request->from);
    }
    return check_split(run, json_object_get(checkpoint->head, "data"), diag);
}

static enum kl_err begin_from_checkpoint(struct train_run *run, struct kl_diag *diag)
{
    struct kl_checkpoint checkpoint;
    KL_TRY(kl_checkpoint_read(run->request->from, run->arena, &checkpoint, diag));
    enum kl_err err = apply_checkpoint(run, &checkpoint, diag);
    kl_checkpoint_free(&checkpoint);
    return err;
}

/* ---- models ------------------------------------------------------------------------------ */

/* Layers with weights of their own, in order: the first operator that reads them. */
struct layers {
    struct kl_op **ops;
    int32_t count;
};

static enum kl_err list_layers(const struct kl_subgraph *g, struct kl_arena *arena,
                               struct layers *layers, struct kl_diag *diag)
{
    *layers = (struct layers){.ops = KL_NEW(arena, struct kl_op *, (size_t)g->op_count + 1)};
    if (!layers->ops) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < g->op_count; i++) {
        struct kl_op *op = g->ops[i];
        bool fresh = kl_weights_axis(op) >= 0 && op->inputs[1]->data;
        for (int32_t k = 0; fresh && k < layers->count; k++) {
            fresh = layers->ops[k]->inputs[1] != op->inputs[1];
        }
        if (fresh) {
            layers->ops[layers->count++] = op;
        }
    }
    return KL_OK;
}

static bool are_alike(const struct kl_op *a, const struct kl_op *b)
{
    return a->kind == b->kind && kl_shape_equal(&a->inputs[1]->shape, &b->inputs[1]->shape);
}

/* The model's layer for layer `index` of the network: of its name, else in its place. NULL: none
 * that suits. */
static const struct kl_op *partner(const struct layers *network, int32_t index,
                                   const struct layers *model)
{
    const struct kl_op *op = network->ops[index];
    for (int32_t i = 0; i < model->count; i++) {
        if (strcmp(model->ops[i]->inputs[1]->name, op->inputs[1]->name) == 0) {
            return are_alike(op, model->ops[i]) ? model->ops[i] : NULL;
        }
    }
    bool same_place = model->count == network->count && are_alike(op, model->ops[index]);
    return same_place ? model->ops[index] : NULL;
}

/* Floats of a constant, in the arena: as they are, or integers times their scales. NULL when memory
 * is short. */
static float *as_floats(const struct kl_tensor *tensor, struct kl_arena *arena)
{
    const struct kl_quant *quant = &tensor->quant;
    int64_t count = kl_shape_elements(&tensor->shape), inner = 1;
    float *values = KL_NEW(arena, float, (size_t)count);
    for (int32_t i = quant->axis + 1; quant->count > 1 && i < tensor->shape.rank; i++) {
        inner *= tensor->shape.dim[i];
    }
    for (int64_t i = 0; values && i < count; i++) {
        double value = kl_value_at(tensor->dtype, tensor->data, i);
        if (quant->count > 0) {
            int64_t c = i / inner % quant->count;
            value = (value - quant->zero_point[c]) * (double)quant->scale[c];
        }
        values[i] = (float)value;
    }
    return values;
}

static bool has_values(const struct kl_tensor *tensor)
{
    enum kl_dtype t = tensor->dtype;
    bool integers = t == KL_S8 || t == KL_S16 || t == KL_S32 || t == KL_S64;
    return tensor->data && (t == KL_F32 || (integers && tensor->quant.count > 0));
}

static bool is_zero(const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (values[i] != 0.0f) {
            return false;
        }
    }
    return true;
}

/* The bias becomes that of all operators with the layer's weights. */
static enum kl_err set_bias(struct kl_graph *graph, const struct kl_op *layer, const float *bias,
                            int32_t count, struct kl_diag *diag)
{
    struct kl_subgraph *g = graph->subgraphs[0];
    struct kl_tensor *made = NULL;
    if (layer->input_count > 2 && kl_shape_elements(&layer->inputs[2]->shape) == count) {
        layer->inputs[2]->data = bias;
        return KL_OK;
    }
    if (is_zero(bias, count)) {
        return KL_OK;
    }
    made = kl_constant_add(graph, g, layer->inputs[1]->name, KL_F32, (struct kl_shape){1, {count}},
                           bias);
    for (int32_t i = 0; made && i < g->op_count; i++) {
        struct kl_op *op = g->ops[i];
        if (kl_weights_axis(op) < 0 || op->inputs[1] != layer->inputs[1]) {
            continue;
        }
        struct kl_tensor **inputs = KL_NEW(graph->arena, struct kl_tensor *, 3);
        if (!inputs) {
            return KL_FAIL_MEMORY(diag);
        }
        memcpy(inputs, op->inputs, 2 * sizeof inputs[0]);
        inputs[2] = made;
        op->inputs = inputs;
        op->input_count = 3;
    }
    return made ? KL_OK : KL_FAIL_MEMORY(diag);
}

static enum kl_err take_layer(struct train_run *run, const struct kl_op *layer,
                              const struct kl_op *from, struct kl_diag *diag)
{
    struct kl_graph *graph = run->network.graph;
    const struct kl_tensor *bias = kl_op_bias(from);
    if (!has_values(from->inputs[1]) || (bias && !has_values(bias))) {
        return kl_fail(diag, KL_EUNSUPPORTED, "%s: weights '%.60s' are neither floats nor int8",
                       run->request->from, from->inputs[1]->name);
    }
    float *weights = as_floats(from->inputs[1], graph->arena);
    float *biases = bias ? as_floats(bias, graph->arena) : NULL;
    if (!weights || (bias && !biases)) {
        return KL_FAIL_MEMORY(diag);
    }
    layer->inputs[1]->data = weights;
    run->report->taken++;
    return bias ? set_bias(graph, layer, biases, (int32_t)kl_shape_elements(&bias->shape), diag)
                : KL_OK;
}

/* Every layer must find its partner; the last one need not, since classes may be others now. */
static enum kl_err take_layers(struct train_run *run, const struct kl_subgraph *model,
                               struct kl_diag *diag)
{
    struct layers mine, theirs;
    char want[KL_SHAPE_TEXT_BYTES];
    KL_TRY(list_layers(run->network.graph->subgraphs[0], run->arena, &mine, diag));
    KL_TRY(list_layers(model, run->arena, &theirs, diag));
    run->report->taken = 0;
    run->report->all = mine.count;
    run->report->from_model = true;
    for (int32_t i = 0; i < mine.count; i++) {
        const struct kl_op *layer = mine.ops[i], *from = partner(&mine, i, &theirs);
        if (!from && (i + 1 < mine.count || mine.count == 1)) {
            return kl_fail(
                diag, KL_EINPUT,
                "%s has no %s with weights %s for layer '%.60s' of the network; take the "
                "text and the parameters that it was trained with, or continue from "
                "its checkpoint",
                run->request->from, kl_op_name(layer),
                kl_shape_text(&layer->inputs[1]->shape, want), layer->inputs[1]->name);
        }
        if (from) {
            KL_TRY(take_layer(run, layer, from, diag));
        }
    }
    return KL_OK;
}

/* Constant of the operator of that kind whose other operand is `value`; NULL: it is another one. */
static const struct kl_tensor *operand(const struct kl_op *op, enum kl_op_kind kind,
                                       const struct kl_tensor *value)
{
    return op && op->kind == kind && op->inputs[0] == value && has_values(op->inputs[1])
               ? op->inputs[1]
               : NULL;
}

/* Does every position have the factor of its channel? */
static bool is_by_channel(const float *values, int64_t count, int32_t channels)
{
    for (int64_t i = channels; i < count; i++) {
        if (values[i] != values[i % channels]) {
            return false;
        }
    }
    return true;
}

/* The normalisation in front of a model of `train`: SUB and MUL of its input, perhaps behind a
 * QUANTIZE. Without it the model takes values as they are, and so does the network. */
static enum kl_err take_normalisation(struct train_run *run, const struct kl_subgraph *model,
                                      struct kl_diag *diag)
{
    struct kl_normalisation *n = &run->normalisation;
    const struct kl_tensor *value = model->input_count > 0 ? model->inputs[0] : NULL;
    int32_t channels = kl_learn_channels(&run->data.part[KL_PART_TRAIN].set), at = 0;
    *n = (struct kl_normalisation){0};
    if (model->op_count > 0 && model->ops[0]->kind == KL_OP_QUANTIZE) {
        value = model->ops[at++]->outputs[0];
    }
    const struct kl_op *sub = at < model->op_count ? model->ops[at] : NULL;
    const struct kl_op *mul = at + 1 < model->op_count ? model->ops[at + 1] : NULL;
    const struct kl_tensor *mean = operand(sub, KL_OP_SUB, value);
    const struct kl_tensor *factor = mean ? operand(mul, KL_OP_MUL, sub->outputs[0]) : NULL;
    if (!factor) {
        return KL_OK;
    }
    int64_t means = kl_shape_elements(&mean->shape), factors = kl_shape_elements(&factor->shape);
    n->mean = as_floats(mean, run->arena);
    n->deviation = as_floats(factor, run->arena);
    if (!n->mean || !n->deviation) {
        return KL_FAIL_MEMORY(diag);
    }
    if (means % channels || factors % channels || !is_by_channel(n->mean, means, channels) ||
        !is_by_channel(n->deviation, factors, channels)) {
        return kl_fail(
            diag, KL_EINPUT,
            "%s is normalised by %lld channels, and the data have %d: other features, or "
            "another --shape?",
            run->request->from, (long long)means, channels);
    }
    n->channels = channels;
    for (int32_t c = 0; c < channels; c++) {
        n->deviation[c] = 1.0f / n->deviation[c];
    }
    return KL_OK;
}

/* Batch norms go into the layers, as they did in the model. */
static enum kl_err fold(struct train_run *run, struct kl_diag *diag)
{
    const struct kl_subgraph *g = run->network.graph->subgraphs[0];
    KL_TRY(kl_fold_batch_norm(run->network.graph, diag));
    for (int32_t i = 0; i < g->op_count; i++) {
        if (g->ops[i]->kind == KL_OP_MUL && g->ops[i]->inputs[1]->data) {
            return kl_fail(diag, KL_EUNSUPPORTED,
                           "--from %s: the network has a batch_norm with no layer in front that "
                           "takes it in; continue from the checkpoint",
                           run->request->from);
        }
    }
    return KL_OK;
}

static enum kl_err check_record(const struct train_run *run, struct kl_diag *diag)
{
    const char *from = run->request->from, *slash = strrchr(from, '/');
    const char *path = kl_arena_printf(run->arena, "%.*s" KL_TRAIN_RECORD,
                                       slash ? (int)(slash + 1 - from) : 0, from);
    json_t *record = path ? json_load_file(path, 0, NULL) : NULL;
    enum kl_err err = check_split(run, json_object_get(record, "data"), diag);
    json_decref(record);
    return err;
}

static enum kl_err begin_from_model(struct train_run *run, struct kl_diag *diag)
{
    struct kl_model_job job;
    KL_TRY(fold(run, diag));
    enum kl_err err = kl_model_job_open(&job, run->request->from, diag);
    if (err == KL_OK) {
        err = take_layers(run, job.graph->subgraphs[0], diag);
    }
    if (err == KL_OK) {
        err = take_normalisation(run, job.graph->subgraphs[0], diag);
    }
    kl_model_job_free(&job);
    return err == KL_OK ? check_record(run, diag) : err;
}

bool train_from_model(const struct kl_train_request *request)
{
    const char *dot = request->from ? strrchr(request->from, '.') : NULL;
    return dot && (strcmp(dot, ".tflite") == 0 || strcmp(dot, ".onnx") == 0);
}

enum kl_err train_begin_from(struct train_run *run, struct kl_diag *diag)
{
    return train_from_model(run->request) ? begin_from_model(run, diag)
                                          : begin_from_checkpoint(run, diag);
}
