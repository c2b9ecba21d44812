/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a graph and of those around it. */
#include <string.h>

#include "import/onnx_import.h"

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name; name++) {
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    }
    return hash;
}

/* The entry of the name, or the free one where it belongs. */
static struct onnx_name *place_of(const struct onnx_scope *scope, const char *name)
{
    uint32_t at = hash_name(name);
    for (;; at++) {
        struct onnx_name *entry = &scope->names[at & (uint32_t)(scope->capacity - 1)];
        if (!entry->name || strcmp(entry->name, name) == 0) {
            return entry;
        }
    }
}

struct onnx_name *onnx_scope_find(const struct onnx_scope *scope, const char *name)
{
    for (; scope; scope = scope->parent) {
        struct onnx_name *entry = place_of(scope, name);
        if (entry->name) {
            return entry;
        }
    }
    return NULL;
}

struct onnx_name *onnx_scope_add(struct onnx_scope *scope, const char *name)
{
    struct onnx_name *entry = place_of(scope, name);
    entry->name = name;
    return entry;
}

/* A name is used: note it where it is defined, if that is known yet, else here. */
static void note_use(struct onnx_scope *scope, const char *name)
{
    struct onnx_name *entry = onnx_scope_find(scope, name);
    if (!entry) {
        entry = onnx_scope_add(scope, name);
    }
    entry->uses++;
}

static void note_uses(struct onnx_scope *scope, const Onnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_node; i++) {
        const Onnx__NodeProto *node = graph->node[i];
        for (size_t k = 0; k < node->n_input; k++) {
            note_use(scope, node->input[k]);
        }
        for (size_t k = 0; k < node->n_attribute; k++) {
            if (node->attribute[k]->g) {
                note_uses(scope, node->attribute[k]->g);
            }
        }
    }
    for (size_t i = 0; i < graph->n_output; i++) {
        if (graph->output[i]->name) {
            note_use(scope, graph->output[i]->name);
        }
    }
}

/* How many names the graph and those inside it can mention. */
static size_t count_names(const Onnx__GraphProto *graph)
{
    size_t count = graph->n_input + graph->n_output + graph->n_initializer;
    for (size_t i = 0; i < graph->n_node; i++) {
        count += graph->node[i]->n_input + graph->node[i]->n_output;
        for (size_t k = 0; k < graph->node[i]->n_attribute; k++) {
            count +=
                graph->node[i]->attribute[k]->g ? count_names(graph->node[i]->attribute[k]->g) : 0;
        }
    }
    return count;
}

enum kl_err onnx_scope_open(struct onnx_import *import, struct onnx_scope *scope,
                            const struct onnx_scope *parent, const Onnx__GraphProto *graph)
{
    size_t names = count_names(graph);
    *scope = (struct onnx_scope){.parent = parent, .capacity = 16};
    while ((size_t)scope->capacity < 2 * names + 1) {
        scope->capacity *= 2;
    }
    scope->names = KL_NEW(import->arena, struct onnx_name, (size_t)scope->capacity);
    if (!scope->names) {
        return onnx_no_memory(import);
    }
    note_uses(scope, graph);
    return KL_OK;
}
