/* SPDX-License-Identifier: Apache-2.0 */
/* TFLite files: the model, its operator codes and its subgraphs. */
#include <stdio.h>
#include <string.h>

#include "formats/tflite_operators.h"
#include "formats/tflite_schema.h"
#include "graph/accumulator.h"
#include "import/tflite_import.h"

enum { COPY_BYTES_ALWAYS = 64 * 1024 };

/* Of the file, behind the offset of the root table. */
#define IDENTIFIER "TFL3"

/* The code is an int8 in older files and an int32 in newer ones, which put at most 127 into
 * the old field; the larger one is it. */
static enum kl_err read_opcode(struct tfl_import *import, struct flat_table table,
                               struct tfl_opcode *opcode)
{
    struct flat_reader *fb = &import->fb;
    int32_t old = flat_i8(fb, table, TFL_OPCODE_DEPRECATED_BUILTIN, 0);
    int32_t new = flat_i32(fb, table, TFL_OPCODE_BUILTIN, 0);
    opcode->builtin = new > old ? new : old;
    opcode->version = flat_i32(fb, table, TFL_OPCODE_VERSION, 1);
    const char *builtin = tfl_builtin_name(opcode->builtin);
    const char *custom;
    KL_TRY(tfl_name(import, table, TFL_OPCODE_CUSTOM, "", &custom));
    opcode->custom = custom;
    if (opcode->builtin < 0) {
        return tfl_fail(import, KL_EINPUT, "operator code %d is negative", opcode->builtin);
    }
    if (*custom) {
        opcode->name = kl_arena_printf(import->arena, "CUSTOM:%s", custom);
    } else if (builtin) {
        opcode->name = builtin;
    } else {
        opcode->name = kl_arena_printf(import->arena, "BUILTIN:%d", opcode->builtin);
    }
    return opcode->name ? KL_OK : KL_FAIL_MEMORY(fb->diag);
}

static enum kl_err read_opcodes(struct tfl_import *import, struct flat_table model)
{
    struct flat_vector tables = flat_vector(&import->fb, model, TFL_MODEL_OPERATOR_CODES, 4);
    KL_TRY(import->fb.err);
    if (tables.count > TFL_MAX_OPERATOR_CODES) {
        return tfl_fail(import, KL_ELIMIT, "%u operator codes; at most %d are read", tables.count,
                        TFL_MAX_OPERATOR_CODES);
    }
    import->opcode_count = tables.count;
    import->opcodes = KL_NEW(import->arena, struct tfl_opcode, tables.count);
    if (!import->opcodes) {
        return KL_FAIL_MEMORY(import->fb.diag);
    }
    for (uint32_t i = 0; i < tables.count; i++) {
        KL_TRY(read_opcode(import, flat_table_at(&import->fb, tables, i), &import->opcodes[i]));
    }
    return import->fb.err;
}

/* All buffers are checked, also those without a use: a file that lacks one is cut or corrupt. */
static enum kl_err read_buffers(struct tfl_import *import, struct flat_table model)
{
    import->buffers = flat_vector(&import->fb, model, TFL_MODEL_BUFFERS, 4);
    KL_TRY(import->fb.err);
    if (import->buffers.count > TFL_MAX_BUFFERS) {
        return tfl_fail(import, KL_ELIMIT, "%u buffers; at most %d are read", import->buffers.count,
                        TFL_MAX_BUFFERS);
    }
    for (uint32_t i = 0; i < import->buffers.count; i++) {
        struct kl_bytes content;
        KL_TRY(tfl_buffer(import, i, &content));
    }
    return KL_OK;
}

/* The tensors that `field` lists: the subgraph's inputs or outputs. */
static enum kl_err read_list(struct tfl_subgraph *subgraph, struct flat_table table, unsigned field,
                             struct kl_tensor ***tensors, int32_t *count)
{
    struct tfl_import *import = subgraph->import;
    struct flat_vector list = flat_vector(&import->fb, table, field, 4);
    KL_TRY(import->fb.err);
    if (list.count > TFL_MAX_GRAPH_OPERANDS) {
        return tfl_fail(import, KL_ELIMIT, "%s%u inputs or outputs; at most %d are read",
                        subgraph->prefix, list.count, TFL_MAX_GRAPH_OPERANDS);
    }
    KL_TRY(tfl_take(import, &import->operands_left, list.count, "inputs and outputs"));
    *tensors = KL_NEW(import->arena, struct kl_tensor *, list.count);
    if (!*tensors) {
        return KL_FAIL_MEMORY(import->fb.diag);
    }
    *count = (int32_t)list.count;
    for (uint32_t i = 0; i < list.count; i++) {
        KL_TRY(tfl_tensor(subgraph, flat_i32_at(&import->fb, list, i), &(*tensors)[i]));
    }
    return KL_OK;
}

static enum kl_err read_inputs(struct tfl_subgraph *subgraph, struct flat_table table)
{
    struct kl_subgraph *graph = subgraph->graph;
    KL_TRY(read_list(subgraph, table, TFL_SUBGRAPH_INPUTS, &graph->inputs, &graph->input_count));
    for (int32_t i = 0; i < graph->input_count; i++) {
        const struct kl_tensor *tensor = graph->inputs[i];
        if (tfl_has_value(subgraph, tensor)) {
            return tfl_fail(subgraph->import, KL_EINPUT,
                            "%sinput %d (tensor %d, '%.60s') is a constant, a variable, or an "
                            "input twice",
                            subgraph->prefix, i, tensor->source_index, tensor->name);
        }
        subgraph->is_input[tensor->source_index] = true;
    }
    return KL_OK;
}

static enum kl_err read_outputs(struct tfl_subgraph *subgraph, struct flat_table table)
{
    struct kl_subgraph *graph = subgraph->graph;
    KL_TRY(read_list(subgraph, table, TFL_SUBGRAPH_OUTPUTS, &graph->outputs, &graph->output_count));
    for (int32_t i = 0; i < graph->output_count; i++) {
        const struct kl_tensor *tensor = graph->outputs[i];
        if (!tfl_has_value(subgraph, tensor)) {
            return tfl_fail(subgraph->import, KL_EINPUT,
                            "%soutput %d (tensor %d, '%.60s') is written by no operator",
                            subgraph->prefix, i, tensor->source_index, tensor->name);
        }
    }
    return KL_OK;
}

static enum kl_err read_operators(struct tfl_subgraph *subgraph, struct flat_table table)
{
    struct tfl_import *import = subgraph->import;
    struct flat_vector tables = flat_vector(&import->fb, table, TFL_SUBGRAPH_OPERATORS, 4);
    KL_TRY(import->fb.err);
    KL_TRY(tfl_take(import, &import->operators_left, tables.count, "operators"));
    struct kl_op **ops = KL_NEW(import->arena, struct kl_op *, tables.count);
    struct kl_op *all = KL_NEW(import->arena, struct kl_op, tables.count);
    if (!ops || !all) {
        return KL_FAIL_MEMORY(import->fb.diag);
    }
    for (uint32_t i = 0; i < tables.count; i++) {
        ops[i] = &all[i];
        struct flat_table op = flat_table_at(&import->fb, tables, i);
        KL_TRY(import->fb.err);
        KL_TRY(tfl_operator(subgraph, op, (int32_t)i, ops[i]));
    }
    subgraph->graph->ops = ops;
    subgraph->graph->op_count = (int32_t)tables.count;
    return KL_OK;
}

static enum kl_err open_tensors(struct tfl_subgraph *subgraph, struct flat_table table)
{
    struct tfl_import *import = subgraph->import;
    subgraph->tensors = flat_vector(&import->fb, table, TFL_SUBGRAPH_TENSORS, 4);
    KL_TRY(import->fb.err);
    uint32_t count = subgraph->tensors.count;
    KL_TRY(tfl_take(import, &import->tensors_left, count, "tensors"));
    subgraph->by_index = KL_NEW(import->arena, struct kl_tensor *, count);
    subgraph->is_input = KL_NEW(import->arena, bool, count);
    return subgraph->by_index && subgraph->is_input ? KL_OK : KL_FAIL_MEMORY(import->fb.diag);
}

/* The tensors that are used, in the file's order; the table by index becomes the list. */
static void list_tensors(struct tfl_subgraph *subgraph)
{
    struct kl_subgraph *graph = subgraph->graph;
    graph->tensors = subgraph->by_index;
    for (uint32_t i = 0; i < subgraph->tensors.count; i++) {
        if (subgraph->by_index[i]) {
            graph->tensors[graph->tensor_count++] = subgraph->by_index[i];
        }
    }
}

static enum kl_err read_subgraph(struct tfl_import *import, struct flat_table table, int32_t index)
{
    struct kl_graph *graph = import->graph;
    struct kl_subgraph *made = KL_NEW(import->arena, struct kl_subgraph, 1);
    if (!made) {
        return KL_FAIL_MEMORY(import->fb.diag);
    }
    graph->subgraphs[index] = made;
    struct tfl_subgraph subgraph = {.import = import, .graph = made};
    if (graph->subgraph_count > 1) {
        snprintf(subgraph.prefix, sizeof subgraph.prefix, "subgraph %d, ", index);
    }
    char fallback[32];
    snprintf(fallback, sizeof fallback, "subgraph %d", index);
    KL_TRY(tfl_name(import, table, TFL_SUBGRAPH_NAME, fallback, &made->name));
    KL_TRY(open_tensors(&subgraph, table));
    KL_TRY(read_inputs(&subgraph, table));
    KL_TRY(read_operators(&subgraph, table));
    KL_TRY(read_outputs(&subgraph, table));
    if (index == 0 && (made->input_count == 0 || made->output_count == 0)) {
        return tfl_fail(import, KL_EINPUT, "the model has %d inputs and %d outputs; it needs both",
                        made->input_count, made->output_count);
    }
    list_tensors(&subgraph);
    return KL_OK;
}

static enum kl_err read_model(struct tfl_import *import, struct flat_table model)
{
    struct flat_reader *fb = &import->fb;
    struct kl_graph *graph = import->graph;
    uint32_t version = flat_u32(fb, model, TFL_MODEL_VERSION, 0);
    struct flat_vector subgraphs = flat_vector(fb, model, TFL_MODEL_SUBGRAPHS, 4);
    KL_TRY(fb->err);
    if (version != TFL_SCHEMA_VERSION) {
        return tfl_fail(import, KL_EUNSUPPORTED, "schema version %u; version %d is supported",
                        version, TFL_SCHEMA_VERSION);
    }
    if (subgraphs.count < 1 || subgraphs.count > TFL_MAX_SUBGRAPHS) {
        return tfl_fail(import, KL_EINPUT, "it has %u subgraphs; 1 to %d are read", subgraphs.count,
                        TFL_MAX_SUBGRAPHS);
    }
    KL_TRY(tfl_name(import, model, TFL_MODEL_DESCRIPTION, "", &graph->description));
    KL_TRY(read_opcodes(import, model));
    KL_TRY(read_buffers(import, model));
    graph->subgraph_count = (int32_t)subgraphs.count;
    graph->subgraphs = KL_NEW(import->arena, struct kl_subgraph *, subgraphs.count);
    if (!graph->subgraphs) {
        return KL_FAIL_MEMORY(fb->diag);
    }
    for (uint32_t i = 0; i < subgraphs.count; i++) {
        struct flat_table table = flat_table_at(fb, subgraphs, i);
        KL_TRY(fb->err);
        KL_TRY(read_subgraph(import, table, (int32_t)i));
    }
    tfl_settle_variables(graph);
    return fb->err;
}

bool kl_is_tflite(struct kl_bytes file)
{
    return file.size >= 8 && memcmp(file.data + 4, IDENTIFIER, 4) == 0;
}

enum kl_err kl_import_tflite(struct kl_bytes file, struct kl_arena *arena, struct kl_graph **graph,
                             struct kl_diag *diag)
{
    struct flat_table model;
    struct tfl_import import = {
        .arena = arena,
        .operators_left = TFL_MAX_OPERATORS,
        .tensors_left = TFL_MAX_TENSORS,
        .operands_left = TFL_MAX_OPERANDS,
        .quant_values_left = TFL_MAX_QUANT_VALUES,
        .copy_bytes_left = TFL_COPY_FACTOR * file.size + COPY_BYTES_ALWAYS,
    };
    if (file.size > KL_MODEL_FILE_LIMIT) {
        return kl_fail(diag, KL_ELIMIT, "file: %zu bytes; at most %zu are read", file.size,
                       KL_MODEL_FILE_LIMIT);
    }
    KL_TRY(flat_open(&import.fb, file, IDENTIFIER, diag, &model));
    import.graph = KL_NEW(arena, struct kl_graph, 1);
    if (!import.graph) {
        return KL_FAIL_MEMORY(diag);
    }
    import.graph->arena = arena;
    KL_TRY(read_model(&import, model));
    KL_TRY(kl_graph_verify(import.graph, diag));
    KL_TRY(kl_graph_check_accumulators(import.graph, diag));
    *graph = import.graph;
    return KL_OK;
}
