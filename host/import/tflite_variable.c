/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of a TFLite file: they have a name, and the type of what is assigned to them. */
#include <string.h>

#include "formats/tflite_schema.h"
#include "import/text.h"
#include "import/tflite_import.h"

static struct kl_bytes text_of(struct tfl_import *import, struct flat_table table, unsigned field)
{
    struct flat_vector text = flat_vector(&import->fb, table, field, 1);
    return text.at ? (struct kl_bytes){import->fb.data + text.at, text.count}
                   : (struct kl_bytes){0};
}

static bool same_text(struct kl_bytes a, struct kl_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* A container that is not said is any container (micro/micro_resource_variable.cc). */
static bool matches(const struct tfl_variable *known, const struct tfl_variable *wanted)
{
    return same_text(known->name, wanted->name) &&
           (!wanted->container.data || same_text(known->container, wanted->container));
}

static enum kl_err new_variable(struct tfl_import *import, const struct tfl_variable *variable)
{
    struct kl_graph *graph = import->graph;
    if (!graph->variables) {
        graph->variables = KL_NEW(import->arena, struct kl_tensor *, TFL_MAX_VARIABLES);
        import->variables = KL_NEW(import->arena, struct tfl_variable, TFL_MAX_VARIABLES);
    }
    struct kl_tensor *made = KL_NEW(import->arena, struct kl_tensor, 1);
    const char *name = import_name(import->arena, variable->name);
    if (!graph->variables || !import->variables || !made || !name) {
        return KL_FAIL_MEMORY(import->fb.diag);
    }
    *made = (struct kl_tensor){.name = name, .source_index = -1, .is_variable = true};
    import->variables[graph->variable_count] = *variable;
    graph->variables[graph->variable_count++] = made;
    return KL_OK;
}

enum kl_err tfl_variable(struct tfl_import *import, struct flat_table options, int32_t *index)
{
    struct tfl_variable wanted = {
        .container = text_of(import, options, TFL_VAR_HANDLE_CONTAINER),
        .name = text_of(import, options, TFL_VAR_HANDLE_NAME),
    };
    KL_TRY(import->fb.err);
    int32_t count = import->graph->variable_count;
    for (*index = 0; *index < count; ++*index) {
        if (matches(&import->variables[*index], &wanted)) {
            return KL_OK;
        }
    }
    if (count == TFL_MAX_VARIABLES) {
        return tfl_fail(import, KL_ELIMIT, "more than %d variables", TFL_MAX_VARIABLES);
    }
    return new_variable(import, &wanted);
}

static void settle(const struct kl_graph *graph, const struct kl_op *op)
{
    int32_t index = op->kind == KL_OP_ASSIGN_VARIABLE ? kl_op_variable(op) : -1;
    if (index < 0 || graph->variables[index]->dtype != KL_DTYPE_NONE) {
        return;
    }
    struct kl_tensor *variable = graph->variables[index];
    const struct kl_tensor *value = op->inputs[1];
    variable->dtype = value->dtype;
    variable->shape = value->shape;
    variable->bytes = value->bytes;
    variable->quant = value->quant;
}

void tfl_settle_variables(const struct kl_graph *graph)
{
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        for (int32_t i = 0; i < graph->subgraphs[s]->op_count; i++) {
            settle(graph, graph->subgraphs[s]->ops[i]);
        }
    }
}
