/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX files: the model, its opsets, its graph's inputs, nodes and outputs. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "graph/accumulator.h"
#include "import/onnx_import.h"
#include "import/text.h"

/* Constants that an import may make, beyond what the file holds. */
#define CONSTANT_BYTES ((int64_t)256 << 20)

/* Work on constants: a few seconds. */
#define WORK ((int64_t)1 << 31)

bool kl_is_onnx(struct kl_bytes file)
{
    return file.size > 1 && file.data[0] == 0x08 && !kl_is_tflite(file); /* field 1, a number */
}

const char *onnx_printable(struct onnx_import *import, const char *name)
{
    struct kl_bytes bytes = {(const unsigned char *)(name ? name : ""), name ? strlen(name) : 0};
    const char *text = import_name(import->arena, bytes);
    return text ? text : "";
}

static enum kl_err fail_text(const struct onnx_node *node, enum kl_err err, const char *text)
{
    struct onnx_import *import = node->import;
    const Onnx__NodeProto *proto = node->proto;
    const char *domain =
        proto->domain && *proto->domain ? onnx_printable(import, proto->domain) : "";
    return kl_fail(import->diag, err, "node %d (%s%s%.60s): %s", import->node_index, domain,
                   *domain ? "." : "", onnx_printable(import, proto->op_type), text);
}

enum kl_err onnx_fail(const struct onnx_node *node, enum kl_err err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail_text(node, err, text);
}

enum kl_err onnx_refuse(const struct onnx_node *node, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail_text(node, KL_EUNSUPPORTED, text);
}

/* The domain of ONNX's own operators has two names. */
static bool is_own_domain(const char *domain)
{
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

static int64_t version_of(const struct onnx_import *import, const char *domain)
{
    bool ml = domain && strcmp(domain, "ai.onnx.ml") == 0;
    return is_own_domain(domain) ? import->opset : ml ? import->ml_opset : 1;
}

static enum kl_err resolve_inputs(struct onnx_node *node)
{
    const Onnx__NodeProto *proto = node->proto;
    if (proto->n_input > ONNX_MAX_OPERANDS || proto->n_output > ONNX_MAX_OPERANDS) {
        return onnx_fail(node, KL_ELIMIT, "more than %d inputs or outputs", ONNX_MAX_OPERANDS);
    }
    node->input_count = (int32_t)proto->n_input;
    node->output_count = (int32_t)proto->n_output;
    for (int32_t i = 0; i < node->input_count; i++) {
        const char *name = proto->input[i];
        struct onnx_name *entry = *name ? onnx_scope_find(node->scope, name) : NULL;
        if (*name && (!entry || !entry->value.tensor)) {
            return onnx_fail(node, KL_EINPUT, "input %d ('%.100s') is made by no earlier node", i,
                             onnx_printable(node->import, name));
        }
        if (entry) {
            node->in[i] = entry->value;
        }
    }
    return KL_OK;
}

static enum kl_err define_outputs(struct onnx_node *node)
{
    for (int32_t i = 0; i < node->output_count; i++) {
        const char *name = node->proto->output[i];
        if (!*name) {
            continue;
        }
        struct onnx_name *entry = onnx_scope_add(node->scope, name);
        if (entry->value.tensor) {
            return onnx_fail(node, KL_EINPUT, "output %d ('%.100s') is named twice", i,
                             onnx_printable(node->import, name));
        }
        if (!node->out[i].tensor && entry->uses) {
            return onnx_refuse(node, "output %d is not computed", i);
        }
        entry->value = node->out[i];
        if (entry->value.tensor && !*entry->value.tensor->name) {
            entry->value.tensor->name = onnx_printable(node->import, name);
        }
    }
    return KL_OK;
}

static enum kl_err check_text(const struct onnx_node *node, enum onnx_reading reading)
{
    for (int32_t i = 0; i < node->input_count && reading != ONNX_TEXT; i++) {
        if (node->in[i].labels && (reading != ONNX_MOVES || i > 0)) {
            return onnx_refuse(node, "input %d is text", i);
        }
    }
    return KL_OK;
}

/* Quantised values and text as the operator wants them. */
static enum kl_err handle(struct onnx_node *node, onnx_handler *handler, enum onnx_reading reading)
{
    const struct onnx_quant *quant = reading == ONNX_MOVES ? node->in[0].quant : NULL;
    const struct kl_labels *labels = reading == ONNX_MOVES ? node->in[0].labels : NULL;
    KL_TRY(check_text(node, reading));
    for (int32_t i = 0; i < node->input_count && reading != ONNX_QUANTISED; i++) {
        if (quant && i == 0) {
            node->in[i].quant = NULL; /* its floats move as the integers would */
        }
        KL_TRY(onnx_raw_integers(node, &node->in[i]));
    }
    KL_TRY(handler(node));
    for (int32_t i = 0; i < node->output_count && reading == ONNX_MOVES; i++) {
        node->out[i].quant = quant;
        node->out[i].labels = labels;
    }
    return KL_OK;
}

static bool find_handler(const struct onnx_node *node, onnx_handler **handler,
                         enum onnx_reading *reading)
{
    const Onnx__NodeProto *proto = node->proto;
    const char *domain = is_own_domain(proto->domain) ? "" : proto->domain;
    *handler = onnx_find_handler(domain, proto->op_type ? proto->op_type : "", reading);
    return *handler != NULL;
}

static enum kl_err read_node(struct onnx_node *node)
{
    enum onnx_reading reading = ONNX_RAW;
    onnx_handler *handler;
    if (!find_handler(node, &handler, &reading)) {
        return onnx_refuse(node, "this operator is not supported");
    }
    KL_TRY(resolve_inputs(node));
    struct kl_diag own = {0};
    struct kl_diag *outer = node->import->diag;
    node->import->diag = &own; /* so that what lies below need not know the node */
    enum kl_err err = handle(node, handler, reading);
    err = err == KL_OK ? define_outputs(node) : err;
    node->import->diag = outer;
    if (err != KL_OK && strncmp(own.message, "node ", 5) == 0) {
        return kl_fail(outer, err, "%s", own.message);
    }
    return err == KL_OK ? KL_OK : fail_text(node, err, own.message);
}

/* Is an input missing because its node was refused? */
static bool follows_refused(const struct onnx_node *node)
{
    for (size_t i = 0; i < node->proto->n_input; i++) {
        const struct onnx_name *entry = onnx_scope_find(node->scope, node->proto->input[i]);
        if (entry && entry->refused) {
            return true;
        }
    }
    return false;
}

static void refuse_outputs(struct onnx_node *node)
{
    for (size_t i = 0; i < node->proto->n_output; i++) {
        if (*node->proto->output[i]) {
            onnx_scope_add(node->scope, node->proto->output[i])->refused = true;
        }
    }
}

/* The node in the caller's list, with all that are refused for the same reason. */
static void list_refused(const struct onnx_node *node)
{
    struct onnx_import *import = node->import;
    struct kl_onnx_refusals *all = import->options->refusals;
    const char *colon = strstr(import->diag->message, "): ");
    const char *reason = colon ? colon + 3 : import->diag->message;
    const char *domain = is_own_domain(node->proto->domain) ? "" : node->proto->domain;
    const char *name = node->proto->op_type ? node->proto->op_type : "";
    if (all && !all->list) {
        all->list = KL_NEW(import->arena, struct kl_onnx_refused, ONNX_MAX_REFUSALS);
    }
    if (!all || !all->list) {
        return;
    }
    name = onnx_printable(import, name);
    domain = onnx_printable(import, domain);
    for (int32_t i = 0; i < all->count; i++) {
        struct kl_onnx_refused *r = &all->list[i];
        if (strcmp(r->name, name) == 0 && strcmp(r->domain, domain) == 0 &&
            strcmp(r->reason, reason) == 0) {
            r->count++;
            return;
        }
    }
    char *copy = kl_arena_printf(import->arena, "%s", reason);
    if (copy && all->count < ONNX_MAX_REFUSALS) {
        all->list[all->count++] =
            (struct kl_onnx_refused){domain, name, copy, node->version, import->node_index, 1};
    }
}

/* Go on behind a node that is not supported, so that the message names all of them. */
static void note_refused(struct onnx_node *node)
{
    struct onnx_import *import = node->import;
    list_refused(node);
    size_t used = strlen(import->refused);
    snprintf(import->refused + used, sizeof import->refused - used, "%s%.200s", used ? "; " : "",
             import->diag->message);
    import->refused_count++;
    kl_diag_clear(import->diag);
    refuse_outputs(node);
}

enum kl_err onnx_read_nodes(struct onnx_import *import, struct onnx_scope *scope,
                            const Onnx__GraphProto *graph)
{
    struct onnx_node *node = KL_NEW(import->arena, struct onnx_node, 1);
    enum onnx_reading reading;
    onnx_handler *handler;
    if (!node) {
        return onnx_no_memory(import);
    }
    for (size_t i = 0; i < graph->n_node; i++) {
        *node = (struct onnx_node){.import = import,
                                   .scope = scope,
                                   .proto = graph->node[i],
                                   .version = version_of(import, graph->node[i]->domain)};
        import->node_index = import->depth ? import->node_index : (int32_t)i;
        if (follows_refused(node) && find_handler(node, &handler, &reading)) {
            refuse_outputs(node); /* nothing is known of its inputs */
            continue;
        }
        enum kl_err err = read_node(node);
        if (err == KL_EUNSUPPORTED && import->depth == 0) {
            note_refused(node);
        } else {
            KL_TRY(err);
        }
    }
    return KL_OK;
}

static enum kl_err read_initializers(struct onnx_import *import, struct onnx_scope *scope,
                                     const Onnx__GraphProto *graph)
{
    if (graph->n_sparse_initializer) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "sparse initializers are not supported");
    }
    for (size_t i = 0; i < graph->n_initializer; i++) {
        const Onnx__TensorProto *proto = graph->initializer[i];
        if (!proto->name || !*proto->name) {
            return kl_fail(import->diag, KL_EINPUT, "initializer %zu has no name", i);
        }
        struct onnx_name *entry = onnx_scope_add(scope, proto->name);
        if (entry->value.tensor) {
            return kl_fail(import->diag, KL_EINPUT, "initializer '%.100s' is there twice",
                           onnx_printable(import, proto->name));
        }
        if (entry->uses) { /* others are not read: their type may be one that nothing knows */
            KL_TRY(onnx_read_tensor(import, proto, "initializer", &entry->value));
            entry->value.tensor->name = onnx_printable(import, proto->name);
        }
    }
    return KL_OK;
}

enum kl_err onnx_read_body(struct onnx_node *node, struct onnx_scope *scope,
                           const Onnx__GraphProto *graph, struct onnx_value *outputs)
{
    struct onnx_import *import = node->import;
    KL_TRY(read_initializers(import, scope, graph));
    import->depth++;
    enum kl_err err = onnx_read_nodes(import, scope, graph);
    import->depth--;
    KL_TRY(err);
    for (size_t i = 0; i < graph->n_output; i++) {
        struct onnx_name *entry = onnx_scope_find(scope, graph->output[i]->name);
        if (!entry || !entry->value.tensor) {
            return onnx_fail(node, KL_EINPUT, "output %zu of its graph is made by no node", i);
        }
        outputs[i] = entry->value;
    }
    return KL_OK;
}

static bool is_among(struct kl_tensor *const *tensors, int32_t count,
                     const struct kl_tensor *tensor)
{
    for (int32_t i = 0; i < count; i++) {
        if (tensors[i] == tensor) {
            return true;
        }
    }
    return false;
}

/* The same value as a result of an operator, which is not computed at once. */
static enum kl_err copy_output(struct onnx_import *import, struct kl_tensor **tensor)
{
    struct kl_op *op =
        onnx_new_op(import, KL_OP_RESHAPE, 1, tensor, (*tensor)->dtype, &(*tensor)->shape);
    if (!op) {
        return onnx_no_memory(import);
    }
    *tensor = op->outputs[0];
    return onnx_append(import, op);
}

/* An output of its own: what is constant, an input, or another output already, is copied. */
static enum kl_err read_output(struct onnx_import *import, struct onnx_scope *scope,
                               const Onnx__ValueInfoProto *info, struct kl_subgraph *subgraph)
{
    struct onnx_name *entry = onnx_scope_find(scope, info->name ? info->name : "");
    struct kl_tensor *tensor;
    if (!entry || !entry->value.tensor) {
        return kl_fail(import->diag, KL_EINPUT, "model output '%.100s' is made by no node",
                       onnx_printable(import, info->name));
    }
    if (onnx_is_empty(&entry->value)) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "model output '%.100s' has no elements",
                       onnx_printable(import, info->name));
    }
    struct onnx_node nobody = {.import = import};
    const struct kl_labels *labels = entry->value.labels;
    KL_TRY(onnx_raw_integers(&nobody, &entry->value));
    KL_TRY(onnx_plain(import, entry->value, &tensor));
    if (!tensor->producer || is_among(subgraph->outputs, subgraph->output_count, tensor)) {
        KL_TRY(copy_output(import, &tensor));
    }
    if (!*tensor->name) {
        tensor->name = onnx_printable(import, info->name);
    }
    tensor->labels = labels;
    subgraph->outputs[subgraph->output_count++] = tensor;
    return KL_OK;
}

static enum kl_err read_graph(struct onnx_import *import, const Onnx__GraphProto *graph,
                              struct kl_subgraph *subgraph)
{
    struct onnx_scope scope;
    if (graph->n_input > ONNX_MAX_GRAPH_OPERANDS || graph->n_output > ONNX_MAX_GRAPH_OPERANDS) {
        return kl_fail(import->diag, KL_ELIMIT, "more than %d inputs or outputs",
                       ONNX_MAX_GRAPH_OPERANDS);
    }
    subgraph->name = onnx_printable(import, graph->name);
    subgraph->inputs = KL_NEW(import->arena, struct kl_tensor *, graph->n_input);
    subgraph->outputs = KL_NEW(import->arena, struct kl_tensor *, graph->n_output);
    if (!subgraph->inputs || !subgraph->outputs) {
        return onnx_no_memory(import);
    }
    KL_TRY(onnx_scope_open(import, &scope, NULL, graph));
    KL_TRY(read_initializers(import, &scope, graph));
    for (size_t i = 0; i < graph->n_input; i++) {
        KL_TRY(onnx_read_input(import, &scope, graph->input[i], subgraph));
    }
    KL_TRY(onnx_read_nodes(import, &scope, graph));
    if (import->refused_count) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "%s%s", import->refused,
                       strlen(import->refused) + 1 == sizeof import->refused ? "..." : "");
    }
    for (size_t i = 0; i < graph->n_output; i++) {
        KL_TRY(read_output(import, &scope, graph->output[i], subgraph));
    }
    return KL_OK;
}

/* Collects tensors once each; kl_tensor.id marks those that are in. */
struct collection {
    struct kl_tensor **tensors;
    int32_t count;
};

static void collect(struct collection *all, struct kl_tensor *const *tensors, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        struct kl_tensor *tensor = tensors[i];
        if (tensor &&
            (tensor->id < 0 || tensor->id >= all->count || all->tensors[tensor->id] != tensor)) {
            tensor->id = all->count;
            all->tensors[all->count++] = tensor;
        }
    }
}

/* The subgraph's lists: all operators, and the tensors that they and the edges use. */
static enum kl_err list_all(struct onnx_import *import, struct kl_subgraph *subgraph)
{
    size_t most = (size_t)subgraph->input_count + (size_t)subgraph->output_count;
    struct collection all = {0};
    for (int32_t i = 0; i < import->op_count; i++) {
        most += (size_t)import->ops[i]->input_count + (size_t)import->ops[i]->output_count;
    }
    all.tensors = KL_NEW(import->arena, struct kl_tensor *, most + 1);
    if (!all.tensors) {
        return onnx_no_memory(import);
    }
    collect(&all, subgraph->inputs, subgraph->input_count);
    for (int32_t i = 0; i < import->op_count; i++) {
        collect(&all, import->ops[i]->inputs, import->ops[i]->input_count);
        collect(&all, import->ops[i]->outputs, import->ops[i]->output_count);
    }
    collect(&all, subgraph->outputs, subgraph->output_count);
    subgraph->tensors = all.tensors;
    subgraph->tensor_count = all.count;
    subgraph->ops = import->ops;
    subgraph->op_count = import->op_count;
    return KL_OK;
}

static enum kl_err read_opsets(struct onnx_import *import, const Onnx__ModelProto *model)
{
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *opset = model->opset_import[i];
        if (is_own_domain(opset->domain)) {
            import->opset = opset->has_version ? opset->version : 0;
        } else if (strcmp(opset->domain, "ai.onnx.ml") == 0) {
            import->ml_opset = opset->has_version ? opset->version : 0;
        }
    }
    if (import->ml_opset > ONNX_ML_MAX_OPSET) {
        return kl_fail(import->diag, KL_EUNSUPPORTED, "opset %lld of ai.onnx.ml; at most %d",
                       (long long)import->ml_opset, ONNX_ML_MAX_OPSET);
    }
    if (import->opset == 0 && import->ml_opset > 0) {
        import->opset = ONNX_MAX_OPSET; /* a model of nothing but classical operators */
    }
    if (import->opset < ONNX_MIN_OPSET || import->opset > ONNX_MAX_OPSET) {
        return kl_fail(import->diag, KL_EUNSUPPORTED,
                       "opset %lld of ai.onnx; %d to %d are supported", (long long)import->opset,
                       ONNX_MIN_OPSET, ONNX_MAX_OPSET);
    }
    if (model->n_functions) {
        return kl_fail(import->diag, KL_EUNSUPPORTED,
                       "functions of the model's own are not supported; inline them");
    }
    return model->graph ? KL_OK : kl_fail(import->diag, KL_EINPUT, "the model has no graph");
}

static enum kl_err read_model(struct onnx_import *import, const Onnx__ModelProto *model)
{
    struct kl_graph *graph = KL_NEW(import->arena, struct kl_graph, 1);
    struct kl_subgraph *subgraph = KL_NEW(import->arena, struct kl_subgraph, 1);
    struct kl_subgraph **subgraphs = KL_NEW(import->arena, struct kl_subgraph *, 1);
    if (!graph || !subgraph || !subgraphs) {
        return onnx_no_memory(import);
    }
    subgraphs[0] = subgraph;
    *graph = (struct kl_graph){.arena = import->arena,
                               .description = onnx_printable(import, model->producer_name),
                               .subgraph_count = 1,
                               .subgraphs = subgraphs};
    import->graph = graph;
    KL_TRY(read_opsets(import, model));
    KL_TRY(read_graph(import, model->graph, subgraph));
    if (subgraph->input_count == 0 || subgraph->output_count == 0) {
        return kl_fail(import->diag, KL_EUNSUPPORTED,
                       "the model has %d inputs and %d outputs; it needs both",
                       subgraph->input_count, subgraph->output_count);
    }
    KL_TRY(list_all(import, subgraph));
    KL_TRY(onnx_fuse_quantised(import, subgraph));
    KL_TRY(list_all(import, subgraph));
    KL_TRY(onnx_fold_transposes(import, subgraph));
    return list_all(import, subgraph);
}

static void *arena_allocate(void *arena, size_t bytes)
{
    return kl_arena_alloc(arena, bytes, 1);
}

static void arena_release(void *arena, void *memory)
{
    (void)arena;
    (void)memory; /* with the arena */
}

enum kl_err kl_import_onnx(struct kl_bytes file, const struct kl_onnx_options *options,
                           struct kl_arena *arena, struct kl_graph **graph, struct kl_diag *diag)
{
    struct onnx_import import = {.arena = arena,
                                 .diag = diag,
                                 .options = options,
                                 .constant_bytes_left = CONSTANT_BYTES,
                                 .work_left = WORK};
    ProtobufCAllocator allocator = {arena_allocate, arena_release, arena};
    if (file.size > KL_MODEL_FILE_LIMIT) {
        return kl_fail(diag, KL_ELIMIT, "file: %zu bytes; at most %zu are read", file.size,
                       KL_MODEL_FILE_LIMIT);
    }
    KL_TRY(onnx_check_wire(file, diag));
    Onnx__ModelProto *model = onnx__model_proto__unpack(&allocator, file.size, file.data);
    if (!model) {
        return kl_fail(diag, KL_EINPUT, "the file is no ONNX model, or needs too much memory");
    }
    import.constant_bytes_left += (int64_t)file.size;
    KL_TRY(read_model(&import, model));
    KL_TRY(kl_graph_verify(import.graph, diag));
    KL_TRY(kl_graph_check_accumulators(import.graph, diag));
    *graph = import.graph;
    return KL_OK;
}
