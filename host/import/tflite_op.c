/* SPDX-License-Identifier: Apache-2.0 */
/* Operators of a TFLite file: kind, operands and their order. */
#include <stdio.h>

#include "formats/tflite_operators.h"
#include "formats/tflite_schema.h"
#include "import/tflite_import.h"

static enum kl_err read_kind(struct tfl_import *import, struct flat_table table, struct kl_op *op)
{
    uint32_t index = flat_u32(&import->fb, table, TFL_OPERATOR_OPCODE_INDEX, 0);
    KL_TRY(import->fb.err);
    if (index >= import->opcode_count) {
        return tfl_fail(import, KL_EINPUT, "operator code %u does not exist; the file has %u",
                        index, import->opcode_count);
    }
    const struct tfl_opcode *opcode = &import->opcodes[index];
    op->kind = *opcode->custom ? tfl_custom_kind(opcode->custom) : tfl_kind(opcode->builtin);
    if (op->kind == KL_OP_UNKNOWN) {
        op->attr.unknown.name = opcode->name;
    }
    return KL_OK;
}

static enum kl_err check_version(struct tfl_import *import, struct flat_table table,
                                 const struct kl_op *op)
{
    uint32_t index = flat_u32(&import->fb, table, TFL_OPERATOR_OPCODE_INDEX, 0);
    int32_t version = import->opcodes[index].version;
    int32_t newest = tfl_newest_version(op->kind);
    if (newest && (version < 1 || version > newest)) {
        return tfl_unsupported(import,
                               "version %d of this operator is not known (1 to %d are); export the "
                               "model for an older runtime",
                               version, newest);
    }
    return KL_OK;
}

/* As many places as the file lists operands, within this kind's limits. */
static enum kl_err new_operands(struct tfl_import *import, struct flat_vector list, int32_t min,
                                int32_t max, const char *what, struct kl_tensor ***operands)
{
    if (list.count < (uint32_t)min || list.count > (uint32_t)max) {
        return tfl_fail(import, KL_EINPUT, "it has %u %ss, but takes %d to %d", list.count, what,
                        min, max);
    }
    KL_TRY(tfl_take(import, &import->operands_left, list.count, "operands"));
    *operands = KL_NEW(import->arena, struct kl_tensor *, list.count);
    return *operands ? KL_OK : KL_FAIL_MEMORY(import->fb.diag);
}

static enum kl_err read_input(struct tfl_subgraph *subgraph, struct kl_op *op, int32_t place,
                              int32_t index)
{
    struct tfl_import *import = subgraph->import;
    if (index == -1) {
        if (!kl_op_input_optional(op, place)) {
            return tfl_fail(import, KL_EINPUT, "input %d is omitted, but it is not optional",
                            place);
        }
        return KL_OK;
    }
    KL_TRY(tfl_tensor(subgraph, index, &op->inputs[place]));
    if (!tfl_has_value(subgraph, op->inputs[place])) {
        return tfl_fail(import, KL_EINPUT,
                        "input %d (tensor %d, '%.60s') has no value: no operator before this one "
                        "writes it",
                        place, index, op->inputs[place]->name);
    }
    return KL_OK;
}

static enum kl_err read_output(struct tfl_subgraph *subgraph, struct kl_op *op, int32_t place,
                               int32_t index)
{
    KL_TRY(tfl_tensor(subgraph, index, &op->outputs[place]));
    struct kl_tensor *tensor = op->outputs[place];
    /* The state of this one is its output. */
    bool is_state = tensor->is_variable && op->kind != KL_OP_CIRCULAR_BUFFER;
    const char *owner = tensor->producer ? "another operator's output"
                        : tensor->data   ? "a constant"
                        : is_state       ? "a variable"
                        : !tensor->is_variable && tfl_has_value(subgraph, tensor)
                            ? "an input of the graph"
                            : NULL;
    if (owner) {
        return tfl_fail(subgraph->import, KL_EINPUT, "output %d (tensor %d, '%.60s') is already %s",
                        place, index, tensor->name, owner);
    }
    tensor->producer = op;
    return KL_OK;
}

static enum kl_err read_operands(struct tfl_subgraph *subgraph, struct flat_table table,
                                 struct kl_op *op)
{
    struct tfl_import *import = subgraph->import;
    struct flat_reader *fb = &import->fb;
    const struct kl_op_info *info = kl_op_info(op->kind);
    struct flat_vector inputs = flat_vector(fb, table, TFL_OPERATOR_INPUTS, 4);
    struct flat_vector outputs = flat_vector(fb, table, TFL_OPERATOR_OUTPUTS, 4);
    KL_TRY(fb->err);
    KL_TRY(new_operands(import, inputs, info->min_inputs, info->max_inputs, "input", &op->inputs));
    KL_TRY(new_operands(import, outputs, info->min_outputs, info->max_outputs, "output",
                        &op->outputs));
    op->input_count = (int32_t)inputs.count;
    op->output_count = (int32_t)outputs.count;
    for (int32_t i = 0; i < op->input_count; i++) {
        KL_TRY(read_input(subgraph, op, i, flat_i32_at(fb, inputs, (uint32_t)i)));
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        KL_TRY(read_output(subgraph, op, i, flat_i32_at(fb, outputs, (uint32_t)i)));
    }
    return KL_OK;
}

/* When something about the operator is not supported, keep only its name and the reason. */
static void settle_kind(const struct tfl_import *import, struct kl_op *op)
{
    if (import->unsupported) {
        op->attr = (union kl_attr){.unknown = {kl_op_name(op), import->unsupported}};
        op->kind = KL_OP_UNKNOWN;
    }
}

static enum kl_err read_named(struct tfl_subgraph *subgraph, struct flat_table table,
                              struct kl_op *op)
{
    struct tfl_import *import = subgraph->import;
    import->unsupported = NULL;
    KL_TRY(check_version(import, table, op));
    settle_kind(import, op); /* operands and options of an unknown version can be anything */
    KL_TRY(read_operands(subgraph, table, op));
    KL_TRY(tfl_options(import, table, op));
    settle_kind(import, op);
    return KL_OK;
}

enum kl_err tfl_operator(struct tfl_subgraph *subgraph, struct flat_table table, int32_t index,
                         struct kl_op *op)
{
    struct tfl_import *import = subgraph->import;
    const char *outer = import->fb.where;
    char where[96 + sizeof subgraph->prefix];
    snprintf(where, sizeof where, "%soperator %d", subgraph->prefix, index);
    import->fb.where = where;
    op->source_index = index;
    enum kl_err err = read_kind(import, table, op);
    if (err == KL_OK) {
        snprintf(where, sizeof where, "%soperator %d (%.60s)", subgraph->prefix, index,
                 kl_op_name(op));
        err = read_named(subgraph, table, op);
    }
    import->fb.where = outer; /* `where` ends here */
    return err;
}
