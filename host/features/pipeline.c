/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a pipeline, as a graph or in front of one. */
#include <math.h>
#include <string.h>

#include "features/builder.h"
#include "features/features.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_CHANNELS = 64, MAX_VALUES = 1 << 22 };

/* What the section `input` says. */
struct input {
    int32_t dtype; /* index in `types` */
    int32_t samples, channels, height, width;
    double rate;
};

static const char *const types[] = {"int16", "float32", "uint8", NULL};
static const enum kl_dtype dtypes[] = {KL_S16, KL_F32, KL_U8};

static enum kl_err read_rate(struct builder *b, const struct kl_yaml *node)
{
    const struct kl_yaml *rate = kl_yaml_get(node, "rate");
    if (!rate) {
        return KL_OK;
    }
    /* A frequency below half the rate; there is no rate yet. */
    const struct option option = {"rate", OPTION_FREQUENCY, &b->rate, true, NULL};
    b->rate = 2e9;
    KL_TRY(features_option(b, rate, &option));
    return b->rate > 0.0 ? KL_OK : features_refuse(b, rate, "rate: 0 is no rate");
}

static enum kl_err read_input(struct builder *b, const struct kl_yaml *node, struct input *input)
{
    const struct kl_yaml *rate = NULL;
    b->name = "input";
    b->node = node;
    *input = (struct input){.channels = 1};
    b->every = 1;
    const struct option options[] = {{"type", OPTION_WORD, &input->dtype, true, types},
                                     {"stream", OPTION_FLAG, &b->stream, false, NULL},
                                     {"every", OPTION_COUNT, &b->every, false, NULL},
                                     {"samples", OPTION_SAMPLES, &input->samples, false, NULL},
                                     {"rate", OPTION_NODE, &rate, false, NULL},
                                     {"channels", OPTION_COUNT, &input->channels, false, NULL},
                                     {"height", OPTION_COUNT, &input->height, false, NULL},
                                     {"width", OPTION_COUNT, &input->width, false, NULL}};
    KL_TRY(read_rate(b, node));
    input->rate = b->rate; /* b->rate follows the steps */
    KL_TRY(features_options(b, node, options, COUNT(options)));
    bool is_image = input->height && input->width && !input->samples;
    bool is_signal = input->samples && !input->height && !input->width;
    if (!is_image && !is_signal) {
        return features_refuse(b, node, "expected samples, or height and width");
    }
    if (is_image != (dtypes[input->dtype] == KL_U8)) {
        return features_refuse(b, node, "an image is uint8, and a signal int16 or float32");
    }
    if ((b->stream && is_image) || (b->every > 1 && !b->stream)) {
        return features_refuse(b, node, "a signal can be a stream, and 'every' belongs to one");
    }
    if (b->whole) {
        b->stream = false;
        b->every = 1;
    }
    int64_t values = is_image ? (int64_t)input->height * input->width : input->samples;
    if (input->channels > MAX_CHANNELS || values * input->channels > MAX_VALUES) {
        return features_refuse(b, node, "more than %d channels, or %d values", MAX_CHANNELS,
                               MAX_VALUES);
    }
    return KL_OK;
}

/* The graph's input: raw samples. */
static enum kl_err add_input(struct builder *b, const struct input *input)
{
    struct kl_shape shape = {1, {input->samples}};
    if (input->height) {
        shape = (struct kl_shape){4, {1, input->height, input->width, input->channels}};
    } else if (input->channels > 1) {
        shape = (struct kl_shape){2, {input->samples, input->channels}};
    }
    b->form = input->height ? FORM_IMAGE : FORM_SIGNAL;
    b->x = kl_tensor_add(b->graph, b->subgraph, "samples", dtypes[input->dtype], shape);
    return b->x && kl_subgraph_add_input(b->graph, b->subgraph, b->x) ? KL_OK
                                                                      : KL_FAIL_MEMORY(b->diag);
}

static enum kl_err read_version(struct builder *b, const struct kl_yaml *root)
{
    static const char *const keys[] = {"features", "input", "steps"};
    b->node = root;
    b->name = "features";
    if (!root || root->kind != KL_YAML_MAP) {
        return kl_yaml_fail(root, b->diag, "expected the keys features, input and steps");
    }
    for (size_t i = 0; i < root->count; i++) {
        bool known = false;
        for (size_t k = 0; k < COUNT(keys); k++) {
            known = known || strcmp(keys[k], root->keys[i]->text) == 0;
        }
        if (!known) {
            return kl_yaml_fail(root->keys[i], b->diag,
                                "unknown key '%.40s'; a pipeline has features, input and steps",
                                root->keys[i]->text);
        }
    }
    const struct kl_yaml *version = kl_yaml_get(root, "features");
    if (strcmp(kl_yaml_text(version, ""), "1") != 0) {
        return kl_yaml_fail(version ? version : root, b->diag,
                            "expected 'features: 1', the version of this format");
    }
    return KL_OK;
}

/* From the text to the features in b->x; the operators stand behind those of the graph. */
static enum kl_err build(struct builder *b, struct kl_bytes text, const char *origin,
                         struct input *input)
{
    static const struct kl_yaml_limits limits = {KL_FEATURES_FILE_BYTES, 8192, 12};
    const struct kl_yaml *root;
    KL_TRY(kl_yaml_parse((const char *)text.data, text.size, origin, &limits, b->graph->arena,
                         &root, b->diag));
    if (!root) {
        return kl_fail(b->diag, KL_EINPUT, "%.200s: empty; expected a feature pipeline", origin);
    }
    KL_TRY(read_version(b, root));
    if (!kl_yaml_get(root, "input")) {
        return kl_yaml_fail(root, b->diag, "key 'input' is missing");
    }
    KL_TRY(read_input(b, kl_yaml_get(root, "input"), input));
    KL_TRY(add_input(b, input));
    b->node = root;
    KL_TRY(features_steps(b, kl_yaml_get(root, "steps")));
    b->node = kl_yaml_get(root, "steps");
    b->name = "end";
    if (b->stream && b->loop.frames == 0) {
        return features_refuse(b, NULL, "a stream needs the step 'frame'");
    }
    if (b->form == FORM_SIGNAL) {
        KL_TRY(features_floats(b));
    }
    return features_end_frames(b, true);
}

/* A pipeline in a graph of its own, still without an output. */
static enum kl_err build_alone(struct builder *b, struct kl_bytes text, const char *origin,
                               struct kl_arena *arena, struct input *input)
{
    b->graph = kl_graph_create(arena, "feature pipeline");
    if (!b->graph) {
        return KL_FAIL_MEMORY(b->diag);
    }
    b->subgraph = b->graph->subgraphs[0];
    KL_TRY(build(b, text, origin, input));
    return b->x->producer
               ? KL_OK
               : kl_fail(b->diag, KL_EINPUT, "%.200s: no step changes the samples", origin);
}

enum kl_err kl_features_graph(struct kl_bytes text, const char *origin, struct kl_arena *arena,
                              struct kl_graph **graph, struct kl_diag *diag)
{
    struct builder b = {.diag = diag};
    struct input input;
    KL_TRY(build_alone(&b, text, origin, arena, &input));
    *graph = b.graph;
    return kl_subgraph_add_output(b.graph, b.subgraph, b.x) ? KL_OK : KL_FAIL_MEMORY(diag);
}

enum kl_err kl_features_whole(struct kl_bytes text, const char *origin, struct kl_arena *arena,
                              struct kl_graph **graph, struct kl_features_facts *facts,
                              struct kl_diag *diag)
{
    struct builder b = {.diag = diag, .whole = true};
    struct input input;
    KL_TRY(build_alone(&b, text, origin, arena, &input));
    *facts = (struct kl_features_facts){.dtype = dtypes[input.dtype],
                                        .samples = input.samples,
                                        .channels = input.channels,
                                        .height = input.height,
                                        .width = input.width,
                                        .rate = input.rate};
    if (b.x->quant.count == 1) {
        facts->scale = b.x->quant.scale[0];
        facts->zero_point = b.x->quant.zero_point[0];
    }
    KL_TRY(features_floats(&b));
    *graph = b.graph;
    return kl_subgraph_add_output(b.graph, b.subgraph, b.x) ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* ---- in front of a model ----------------------------------------------------------------- */

/* The dimensions without those of 1. */
static struct kl_shape squeezed(const struct kl_shape *shape)
{
    struct kl_shape rest = {0};
    for (int32_t i = 0; i < shape->rank; i++) {
        if (shape->dim[i] != 1) {
            rest.dim[rest.rank++] = shape->dim[i];
        }
    }
    return rest;
}

/* Features [49, 10] suit [1, 49, 10, 1] and [1, 490]. */
static bool shapes_suit(const struct kl_shape *features, const struct kl_shape *input)
{
    struct kl_shape a = squeezed(features), b = squeezed(input);
    bool flat = b.rank <= 1 && kl_shape_elements(&a) == kl_shape_elements(&b);
    return flat || kl_shape_equal(&a, &b);
}

static enum kl_err check_shapes(const struct builder *b, const char *origin)
{
    char have[KL_SHAPE_TEXT_BYTES];
    char want[KL_SHAPE_TEXT_BYTES];
    if (shapes_suit(&b->x->shape, &b->target->shape)) {
        return KL_OK;
    }
    return kl_fail(
        b->diag, KL_EINPUT,
        "%.200s: the pipeline makes features of shape %s, but the model's input '%.100s' "
        "has shape %s",
        origin, kl_shape_text(&b->x->shape, have), b->target->name,
        kl_shape_text(&b->target->shape, want));
}

/* Features that are integers already must mean what the model's input means, to 1 %. */
static enum kl_err check_scales(const struct builder *b, const char *origin)
{
    const struct kl_tensor *x = b->x;
    const struct kl_tensor *t = b->target;
    if (x->dtype != t->dtype) {
        return kl_fail(b->diag, KL_EINPUT,
                       "%.200s: the pipeline makes %s, but the model's input '%.100s' takes %s",
                       origin, kl_dtype_name(x->dtype), t->name, kl_dtype_name(t->dtype));
    }
    if (x->quant.count == 0 && t->quant.count == 0) {
        return KL_OK;
    }
    if (x->quant.count != 1 || t->quant.count != 1 ||
        x->quant.zero_point[0] != t->quant.zero_point[0] ||
        !(fabsf(x->quant.scale[0] / t->quant.scale[0] - 1.0f) <= 0.01f)) {
        return kl_fail(b->diag, KL_EINPUT,
                       "%.200s: the pipeline makes integers of scale %g and zero point %d, but the "
                       "model's input '%.100s' has %g and %d",
                       origin, x->quant.count == 1 ? (double)x->quant.scale[0] : 0.0,
                       x->quant.count == 1 ? x->quant.zero_point[0] : 0, t->name,
                       t->quant.count == 1 ? (double)t->quant.scale[0] : 0.0,
                       t->quant.count == 1 ? t->quant.zero_point[0] : 0);
    }
    return KL_OK;
}

/* The operators from `first` on move to the front. */
static enum kl_err rotate(struct builder *b, int32_t first)
{
    struct kl_subgraph *s = b->subgraph;
    struct kl_op **ops = KL_NEW(b->graph->arena, struct kl_op *, (size_t)s->op_count);
    if (!ops) {
        return KL_FAIL_MEMORY(b->diag);
    }
    for (int32_t i = 0; i < s->op_count; i++) {
        ops[i] = s->ops[(first + i) % s->op_count];
    }
    s->ops = ops;
    return KL_OK;
}

enum kl_err kl_features_join(struct kl_bytes text, const char *origin, struct kl_graph *model,
                             struct kl_diag *diag)
{
    struct kl_subgraph *main = model->subgraphs[0];
    struct builder b = {.diag = diag, .graph = model, .subgraph = main};
    struct input input;
    int32_t model_ops = main->op_count;
    if (main->input_count != 1) {
        return kl_fail(diag, KL_EINPUT,
                       "%.200s: the model has %d inputs; a pipeline computes the only one", origin,
                       main->input_count);
    }
    struct kl_tensor *target = main->inputs[0];
    b.target = target;
    main->input_count = 0;
    KL_TRY(build(&b, text, origin, &input));
    KL_TRY(check_shapes(&b, origin));
    KL_TRY(target->dtype == KL_F32 ? features_floats(&b) : KL_OK);
    KL_TRY(check_scales(&b, origin));
    struct kl_op *last =
        kl_op_add(model, main, KL_OP_RESHAPE, 1, (struct kl_tensor *[]){b.x}, target);
    return last ? rotate(&b, model_ops) : KL_FAIL_MEMORY(diag);
}
