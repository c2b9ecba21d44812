/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of layers, and lists of them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "learn/network_internal.h"

enum { DEPTH_MAX = 16, REPEAT_MAX = 64, KINDS_MAX = 96 };

static layer_fn unary, batch_norm, dropout, flatten, softmax, residual, repeat;

/* What a text may name, which argument stands without a name, and which there are. */
static const struct layer_kind {
    const char *name;
    const char *main;
    const char *arguments; /* separated by blanks */
    layer_fn *build;
} kinds[] = {
    {"conv", "channels", "channels expand kernel stride dilation padding groups bias init",
     kl_layer_conv},
    {"depthwise_conv", "kernel", "kernel stride dilation padding multiplier bias init",
     kl_layer_depthwise_conv},
    {"dense", "units", "units bias init", kl_layer_dense},
    {"gru", "units", "units", kl_layer_gru},
    {"max_pool", "size", "size stride padding", kl_layer_pool},
    {"average_pool", "size", "size stride padding", kl_layer_pool},
    {"global_average_pool", NULL, "", kl_layer_global_average_pool},
    {"batch_norm", NULL, "momentum epsilon", batch_norm},
    {"dropout", "rate", "rate", dropout},
    {"relu", NULL, "", unary},
    {"relu6", NULL, "", unary},
    {"leaky_relu", "slope", "slope", unary},
    {"hard_swish", NULL, "", unary},
    {"sigmoid", NULL, "", unary},
    {"tanh", NULL, "", unary},
    {"flatten", NULL, "", flatten},
    {"softmax", NULL, "", softmax},
    {"residual", "layers", "layers shortcut where", residual},
    {"repeat", NULL, "times layers", repeat},
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static const struct layer_kind *find_kind(const char *name)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

static enum kl_err unary(const struct layer *layer)
{
    static const struct {
        const char *name;
        enum kl_op_kind kind;
    } functions[] = {{"relu", KL_OP_RELU},
                     {"relu6", KL_OP_RELU6},
                     {"leaky_relu", KL_OP_LEAKY_RELU},
                     {"hard_swish", KL_OP_HARD_SWISH},
                     {"sigmoid", KL_OP_LOGISTIC},
                     {"tanh", KL_OP_TANH}};
    struct kl_tensor *in = layer->b->value;
    struct kl_op *op = NULL;
    float slope = 0.1f;
    KL_TRY(kl_layer_real(layer, "slope", 0.0, 1.0, &slope));
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, layer->kind) == 0) {
            KL_TRY(kl_layer_op(layer, functions[i].kind, 1, &in, in->shape, &op));
            if (functions[i].kind == KL_OP_LEAKY_RELU) {
                op->attr.leaky_relu.alpha = slope;
            }
        }
    }
    return KL_OK;
}

static enum kl_err batch_norm(const struct layer *layer)
{
    static const struct {
        const char *name;
        float value;
    } constants[4] = {{"scale", 1.0f}, {"offset", 0.0f}, {"mean", 0.0f}, {"variance", 1.0f}};
    struct kl_tensor *in[5] = {layer->b->value};
    float momentum = 0.9f;
    float epsilon = 0.001f;
    struct kl_op *op;
    KL_TRY(kl_layer_real(layer, "momentum", 0.0, 1.0, &momentum));
    KL_TRY(kl_layer_real(layer, "epsilon", 1e-8, 1.0, &epsilon));
    for (int32_t i = 0; i < 4; i++) {
        in[i + 1] = kl_layer_constants(layer, constants[i].name,
                                       in[0]->shape.dim[in[0]->shape.rank - 1], constants[i].value);
        if (!in[i + 1]) {
            return layer->b->diag->err;
        }
    }
    KL_TRY(kl_layer_op(layer, KL_OP_BATCH_NORM, 5, in, in[0]->shape, &op));
    op->attr.batch_norm = (struct kl_attr_batch_norm){.epsilon = epsilon, .momentum = momentum};
    return KL_OK;
}

static enum kl_err dropout(const struct layer *layer)
{
    struct kl_tensor *in = layer->b->value;
    float rate = 0.5f;
    struct kl_op *op;
    KL_TRY(kl_layer_real(layer, "rate", 0.0, 1.0, &rate));
    KL_TRY(kl_layer_op(layer, KL_OP_DROPOUT, 1, &in, in->shape, &op));
    op->attr.dropout.rate = rate;
    return KL_OK;
}

static enum kl_err flatten(const struct layer *layer)
{
    struct kl_tensor *in = layer->b->value;
    int32_t count = (int32_t)kl_shape_elements(&in->shape) / in->shape.dim[0];
    return in->shape.rank == 2 ? KL_OK
                               : kl_layer_op(layer, KL_OP_RESHAPE, 1, &in,
                                             (struct kl_shape){2, {in->shape.dim[0], count}}, NULL);
}

static enum kl_err softmax(const struct layer *layer)
{
    struct kl_tensor *in = layer->b->value;
    struct kl_op *op;
    if (in->shape.rank != 2) {
        return kl_layer_fail(layer, "its input has height, width or time; put flatten or "
                                    "global_average_pool in front of it");
    }
    KL_TRY(kl_layer_op(layer, KL_OP_SOFTMAX, 1, &in, in->shape, &op));
    op->attr.softmax.beta = 1.0f;
    return KL_OK;
}

/* The layers' result plus the shortcut's, or plus their input. */
static enum kl_err residual(const struct layer *layer)
{
    static const char *const places[] = {"always", "possible"};
    struct builder *b = layer->b;
    struct kl_tensor *sides[2];
    int32_t where = 0;
    KL_TRY(kl_layer_word(layer, "where", places, 2, &where));
    struct kl_tensor *in = b->value;
    KL_TRY(kl_network_layers(b, layer->scope, kl_layer_argument(layer, "layers")));
    sides[0] = b->value;
    /* What a shortcut that is not possible has added is taken back. */
    const struct builder before = *b;
    int32_t op_count = b->subgraph->op_count, tensor_count = b->subgraph->tensor_count;
    b->value = in;
    const struct kl_yaml *shortcut = kl_layer_argument(layer, "shortcut");
    if (shortcut) {
        KL_TRY(kl_network_layers(b, layer->scope, shortcut));
    }
    sides[1] = b->value;
    b->value = sides[0];
    if (!kl_shape_equal(&sides[0]->shape, &sides[1]->shape) && where == 1) {
        *b = before;
        b->subgraph->op_count = op_count;
        b->subgraph->tensor_count = tensor_count;
        return KL_OK;
    }
    if (!kl_shape_equal(&sides[0]->shape, &sides[1]->shape)) {
        char text[2][KL_SHAPE_TEXT_BYTES];
        return kl_layer_fail(layer,
                             "its layers make %s and its shortcut is %s; both "
                             "must have one shape",
                             kl_shape_text(&sides[0]->shape, text[0]),
                             kl_shape_text(&sides[1]->shape, text[1]));
    }
    return kl_layer_op(layer, KL_OP_ADD, 2, sides, sides[0]->shape, NULL);
}

static enum kl_err repeat(const struct layer *layer)
{
    int32_t times = 0;
    KL_TRY(kl_layer_whole(layer, "times", 1, REPEAT_MAX, &times));
    if (times == 0) {
        return kl_layer_fail(layer, "times are missing: how often its layers are repeated");
    }
    for (int32_t i = 0; i < times; i++) {
        KL_TRY(kl_network_layers(layer->b, layer->scope, kl_layer_argument(layer, "layers")));
    }
    return KL_OK;
}

/* Is `name` among the words of `list`? */
static bool has_word(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length) {
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return length > 0;
        }
    }
    return false;
}

static enum kl_err check_arguments(const struct layer *layer, const struct layer_kind *kind)
{
    if (layer->main && !kind->main) {
        return kl_layer_fail(layer, "takes no value of its own%s%s",
                             kind->arguments[0] ? ", but " : "", kind->arguments);
    }
    for (size_t i = 0; layer->args && i < layer->args->count; i++) {
        if (!has_word(kind->arguments, layer->args->keys[i]->text)) {
            return kl_layer_fail(layer, "has no argument '%.40s'; it takes: %s",
                                 layer->args->keys[i]->text,
                                 kind->arguments[0] ? kind->arguments : "none");
        }
    }
    return KL_OK;
}

/* The names of a block with what the layer gives them: numbers of the scope around it. */
static enum kl_err bind_block(const struct layer *layer, const struct kl_yaml *block,
                              struct scope *inner)
{
    const struct kl_yaml *names = kl_yaml_get(block, "parameters");
    *inner = (struct scope){.outer = layer->scope};
    if (names && names->kind != KL_YAML_MAP && names->count > 0) {
        return kl_layer_fail(layer, "the parameters of a block are names with numbers");
    }
    for (size_t i = 0; layer->args && i < layer->args->count; i++) {
        if (!kl_yaml_get(names, layer->args->keys[i]->text)) {
            return kl_layer_fail(layer, "this block has no parameter '%.40s'",
                                 layer->args->keys[i]->text);
        }
    }
    for (size_t i = 0; names && i < names->count; i++) {
        const struct kl_yaml *given = kl_yaml_get(layer->args, names->keys[i]->text);
        if (inner->count == KL_NETWORK_PARAMETERS) {
            return kl_layer_fail(layer, "more than %d parameters", KL_NETWORK_PARAMETERS);
        }
        struct kl_network_setting *value = &inner->values[inner->count++];
        value->name = names->keys[i]->text;
        KL_TRY(kl_layer_number(layer, given ? given : names->items[i], &value->value));
    }
    return KL_OK;
}

static enum kl_err build_block(const struct layer *layer, const struct kl_yaml *block)
{
    struct scope *inner = KL_NEW(layer->b->arena, struct scope, 1);
    if (!inner) {
        return KL_FAIL_MEMORY(layer->b->diag);
    }
    if (layer->main) {
        return kl_layer_fail(layer, "give the parameters of a block by name");
    }
    KL_TRY(bind_block(layer, block, inner));
    return kl_network_layers(layer->b, inner, kl_yaml_get(block, "layers"));
}

static enum kl_err refuse_kind(const struct layer *layer)
{
    const char *names[KINDS_MAX];
    size_t count = 0;
    const struct kl_yaml *blocks = layer->b->blocks;
    for (int i = 0; i < KIND_COUNT; i++) {
        names[count++] = kinds[i].name;
    }
    for (size_t i = 0; blocks && i < blocks->count && count < KINDS_MAX; i++) {
        names[count++] = blocks->keys[i]->text;
    }
    const char *near = kl_nearest(layer->kind, names, count);
    return kl_yaml_fail(layer->node, layer->b->diag, "'%.60s' is no layer and no block%s%s%s",
                        layer->kind, near ? "; did you mean '" : "", near ? near : "",
                        near ? "'?" : "");
}

/* "relu", or a map of one pair: {conv: {channels: 8}}. */
static enum kl_err read_layer(const struct kl_yaml *item, struct layer *layer)
{
    layer->node = item;
    if (item->kind == KL_YAML_SCALAR) {
        layer->kind = item->text;
        return KL_OK;
    }
    if (item->kind != KL_YAML_MAP || item->count != 1) {
        return kl_yaml_fail(item, layer->b->diag,
                            "a layer must be a name, or a name with its arguments: "
                            "'conv: {channels: 8}'");
    }
    const struct kl_yaml *value = item->items[0];
    layer->kind = item->keys[0]->text;
    if (value->kind == KL_YAML_MAP) {
        layer->args = value;
    } else if (value->kind == KL_YAML_LIST || value->text[0]) {
        layer->main = value;
    }
    return KL_OK;
}

static bool is_batch_norm(const struct kl_yaml *item)
{
    const char *name =
        item->kind == KL_YAML_MAP && item->count ? item->keys[0]->text : kl_yaml_text(item, "");
    return strcmp(name, "batch_norm") == 0;
}

static enum kl_err build_layer(struct builder *b, const struct scope *scope,
                               const struct kl_yaml *list, size_t place)
{
    struct layer layer = {.b = b, .scope = scope};
    KL_TRY(read_layer(list->items[place], &layer));
    layer.before_batch_norm = place + 1 < list->count && is_batch_norm(list->items[place + 1]);
    const struct layer_kind *kind = find_kind(layer.kind);
    const struct kl_yaml *block = kl_yaml_get(b->blocks, layer.kind);
    snprintf(layer.name, sizeof layer.name, "%.30s_%d", layer.kind, ++b->layers);
    if (!kind) {
        return block ? build_block(&layer, block) : refuse_kind(&layer);
    }
    layer.main_name = kind->main;
    KL_TRY(check_arguments(&layer, kind));
    return kind->build(&layer);
}

enum kl_err kl_network_layers(struct builder *b, const struct scope *scope,
                              const struct kl_yaml *list)
{
    static const struct kl_yaml nowhere = {.origin = "network", .line = 1};
    if (!list || list->kind != KL_YAML_LIST) {
        return kl_yaml_fail(list ? list : &nowhere, b->diag, "layers must be a list of layers");
    }
    if (b->depth == DEPTH_MAX || b->layers > KL_NETWORK_OPS) {
        return kl_fail(b->diag, KL_ELIMIT,
                       "%s:%u: lists of layers within lists more than %d deep (a block that "
                       "contains itself?), or more than %d layers",
                       list->origin, list->line, DEPTH_MAX, KL_NETWORK_OPS);
    }
    b->depth++;
    for (size_t i = 0; i < list->count; i++) {
        KL_TRY(build_layer(b, scope, list, i));
    }
    b->depth--;
    return KL_OK;
}
