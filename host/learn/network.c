/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/network.h"

#include <math.h>
#include <string.h>

#include "learn/network_internal.h"

static const struct kl_yaml_limits limits = {
    .bytes = KL_NETWORK_BYTES, .nodes = 16384, .depth = 24};

static enum kl_err check_keys(const struct kl_yaml *root, struct kl_diag *diag)
{
    static const char *const known[] = {"format", "name",   "about",  "source",
                                        "input",  "layers", "blocks", "parameters"};
    for (size_t i = 0; i < root->count; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            found = found || strcmp(root->keys[i]->text, known[k]) == 0;
        }
        if (!found) {
            return kl_yaml_fail(root->keys[i], diag,
                                "'%.60s' is not part of a network; it has format, name, about, "
                                "source, input, parameters, blocks and layers",
                                root->keys[i]->text);
        }
    }
    return KL_OK;
}

static enum kl_err parse(const char *text, size_t bytes, const char *origin, struct kl_arena *arena,
                         const struct kl_yaml **root, struct kl_diag *diag)
{
    KL_TRY(kl_yaml_parse(text, bytes, origin, &limits, arena, root, diag));
    if (!*root || (*root)->kind != KL_YAML_MAP ||
        strcmp(kl_yaml_text(kl_yaml_get(*root, "format"), ""), "kinglet.network/1") != 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%s: not a network: its first line must be 'format: kinglet.network/1'",
                       origin);
    }
    const struct kl_yaml *blocks = kl_yaml_get(*root, "blocks");
    const struct kl_yaml *parameters = kl_yaml_get(*root, "parameters");
    if ((blocks && blocks->kind != KL_YAML_MAP) ||
        (parameters && parameters->kind != KL_YAML_MAP)) {
        return kl_yaml_fail(blocks ? blocks : parameters, diag,
                            "blocks and parameters must be maps");
    }
    return check_keys(*root, diag);
}

/* Values of the parameters: the text's, or those of the options. */
static enum kl_err bind_parameters(struct builder *b, const struct kl_yaml *parameters,
                                   const struct kl_network_options *options, struct scope *scope)
{
    struct layer top = {.b = b, .kind = "parameters", .node = parameters};
    for (size_t i = 0; parameters && i < parameters->count; i++) {
        if (scope->count == KL_NETWORK_PARAMETERS) {
            return kl_layer_fail(&top, "more than %d", KL_NETWORK_PARAMETERS);
        }
        struct kl_network_setting *value = &scope->values[scope->count++];
        value->name = parameters->keys[i]->text;
        KL_TRY(kl_layer_number(&top, parameters->items[i], &value->value));
        for (int32_t k = 0; k < options->setting_count; k++) {
            if (strcmp(options->settings[k].name, value->name) == 0) {
                value->value = options->settings[k].value;
            }
        }
        if (strcmp(value->name, "width") == 0) {
            b->width = value->value;
        }
    }
    return b->width > 0.0 && b->width <= 16.0
               ? KL_OK
               : kl_layer_fail(&top, "width is %g; it must be above 0 and at most 16", b->width);
}

static enum kl_err check_settings(const struct scope *scope,
                                  const struct kl_network_options *options, struct kl_diag *diag)
{
    for (int32_t k = 0; k < options->setting_count; k++) {
        bool found = false;
        for (int32_t i = 0; i < scope->count; i++) {
            found = found || strcmp(scope->values[i].name, options->settings[k].name) == 0;
        }
        if (!found) {
            return kl_fail(diag, KL_EUSAGE, "the network has no parameter '%.60s'",
                           options->settings[k].name);
        }
    }
    return KL_OK;
}

/* The text's own shape, or that of the data, with a batch of 1 in front. */
static enum kl_err read_input(struct builder *b, const struct scope *scope,
                              const struct kl_yaml *root, const struct kl_shape *wanted,
                              struct kl_shape *shape)
{
    const struct kl_yaml *input = kl_yaml_get(root, "input");
    struct layer top = {.b = b, .scope = scope, .kind = "input", .node = input ? input : root};
    if (!input || input->kind != KL_YAML_LIST || input->count < 1 || input->count > 3) {
        return kl_layer_fail(&top, "must be a list: [features], [time, channels] or [height, "
                                   "width, channels]");
    }
    if (wanted->rank && wanted->rank != (int32_t)input->count) {
        char text[KL_SHAPE_TEXT_BYTES];
        return kl_layer_fail(&top,
                             "has %zu dimensions and the data's items are %s; --shape gives their "
                             "values other dimensions, such as 28x28x1",
                             input->count, kl_shape_text(wanted, text));
    }
    *shape = (struct kl_shape){(int32_t)input->count + 1, {1}};
    for (size_t i = 0; i < input->count; i++) {
        double size = 0;
        KL_TRY(kl_layer_number(&top, input->items[i], &size));
        size = wanted->rank ? wanted->dim[i] : size;
        if (!(size >= 1 && size <= 1 << 20) || size != floor(size)) {
            return kl_layer_fail(&top, "a dimension is %g; it must be a whole number from 1 to %d",
                                 size, 1 << 20);
        }
        shape->dim[i + 1] = (int32_t)size;
    }
    return KL_OK;
}

static enum kl_err add_input(struct builder *b, struct kl_shape shape)
{
    int64_t count = 1;
    for (int32_t i = 0; i < shape.rank; i++) {
        count *= shape.dim[i];
        if (count > KL_NETWORK_WEIGHTS) {
            return kl_fail(b->diag, KL_ELIMIT, "an item of the network has more than %d values",
                           KL_NETWORK_WEIGHTS);
        }
    }
    b->value = kl_tensor_add(b->graph, b->subgraph, "input", KL_F32, shape);
    return b->value && kl_subgraph_add_input(b->graph, b->subgraph, b->value)
               ? KL_OK
               : KL_FAIL_MEMORY(b->diag);
}

static enum kl_err build(struct builder *b, const struct kl_yaml *root,
                         const struct kl_network_options *options)
{
    struct kl_shape shape;
    struct scope *scope = KL_NEW(b->arena, struct scope, 1);
    if (!scope) {
        return KL_FAIL_MEMORY(b->diag);
    }
    KL_TRY(bind_parameters(b, kl_yaml_get(root, "parameters"), options, scope));
    KL_TRY(check_settings(scope, options, b->diag));
    KL_TRY(read_input(b, scope, root, &options->input, &shape));
    KL_TRY(add_input(b, shape));
    KL_TRY(kl_network_layers(b, scope, kl_yaml_get(root, "layers")));
    if (b->subgraph->op_count == 0) {
        return kl_yaml_fail(root, b->diag, "the network has no layers");
    }
    return kl_subgraph_add_output(b->graph, b->subgraph, b->value) ? KL_OK
                                                                   : KL_FAIL_MEMORY(b->diag);
}

enum kl_err kl_network_read(const char *text, size_t bytes, const char *origin,
                            const struct kl_network_options *options, struct kl_arena *arena,
                            struct kl_network *network, struct kl_diag *diag)
{
    const struct kl_yaml *root;
    KL_TRY(parse(text, bytes, origin, arena, &root, diag));
    const char *name = kl_yaml_text(kl_yaml_get(root, "name"), "");
    if (!name[0] || strlen(name) > 60) {
        return kl_yaml_fail(root, diag, "name is missing, or longer than 60 letters");
    }
    struct builder b = {.arena = arena, .diag = diag, .seed = options->seed, .width = 1.0};
    b.graph = kl_graph_create(arena, name);
    if (!b.graph) {
        return KL_FAIL_MEMORY(diag);
    }
    b.subgraph = b.graph->subgraphs[0];
    b.blocks = kl_yaml_get(root, "blocks");
    KL_TRY(build(&b, root, options));
    KL_TRY(kl_graph_verify(b.graph, diag));
    *network = (struct kl_network){.name = name, .graph = b.graph};
    return KL_OK;
}

int32_t kl_network_rank(const char *text, size_t bytes, struct kl_arena *arena)
{
    struct kl_diag ignored = {0};
    const struct kl_yaml *root;
    const struct kl_yaml *input = parse(text, bytes, "network", arena, &root, &ignored) == KL_OK
                                      ? kl_yaml_get(root, "input")
                                      : NULL;
    return input && input->kind == KL_YAML_LIST && input->count <= 3 ? (int32_t)input->count : 0;
}

bool kl_network_has_parameter(const char *text, size_t bytes, const char *name,
                              struct kl_arena *arena)
{
    struct kl_diag ignored = {0};
    const struct kl_yaml *root;
    return parse(text, bytes, "network", arena, &root, &ignored) == KL_OK &&
           kl_yaml_get(kl_yaml_get(root, "parameters"), name);
}
