/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_equal.h"

#include <stdio.h>
#include <string.h>

/* False, with the first difference as text. */
#define DIFFERS(...) (snprintf(difference, KT_DIFFERENCE_BYTES, __VA_ARGS__), false)

static bool same_quant(const struct kl_quant *a, const struct kl_quant *b)
{
    size_t count = (size_t)a->count;
    return a->count == b->count && (a->count <= 1 || a->axis == b->axis) &&
           (count == 0 ||
            (memcmp(a->scale, b->scale, count * sizeof a->scale[0]) == 0 &&
             memcmp(a->zero_point, b->zero_point, count * sizeof a->zero_point[0]) == 0));
}

static bool same_content(const struct kl_tensor *a, const struct kl_tensor *b)
{
    if (!a->data || !b->data) {
        return a->data == b->data;
    }
    return a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0;
}

static bool same_tensor(const struct kl_tensor *a, const struct kl_tensor *b,
                        char difference[KT_DIFFERENCE_BYTES])
{
    if (!a || !b) {
        return a == b || DIFFERS("only one is omitted");
    }
    if (strcmp(a->name, b->name) != 0) {
        return DIFFERS("'%.60s' is '%.60s'", a->name, b->name);
    }
    const char *what = a->dtype != b->dtype                    ? "type"
                       : !kl_shape_equal(&a->shape, &b->shape) ? "shape"
                       : !same_quant(&a->quant, &b->quant)     ? "quantisation"
                       : !same_content(a, b)                   ? "content"
                       : a->is_variable != b->is_variable      ? "is_variable"
                       : a->id != b->id                        ? "place"
                                                               : NULL;
    return !what || DIFFERS("'%.60s': %s", a->name, what);
}

static bool same_list(struct kl_tensor *const *a, int32_t a_count, struct kl_tensor *const *b,
                      int32_t b_count, char difference[KT_DIFFERENCE_BYTES])
{
    if (a_count != b_count) {
        return DIFFERS("%d operands, %d", a_count, b_count);
    }
    for (int32_t i = 0; i < a_count; i++) {
        if (!same_tensor(a[i], b[i], difference)) {
            return false;
        }
    }
    return true;
}

static bool same_op(const struct kl_op *a, const struct kl_op *b,
                    char difference[KT_DIFFERENCE_BYTES])
{
    if (a->kind != b->kind) {
        return DIFFERS("operator %d: %s, %s", a->position, kl_op_name(a), kl_op_name(b));
    }
    if (memcmp(&a->attr, &b->attr, sizeof a->attr) != 0) {
        return DIFFERS("operator %d (%s): attributes", a->position, kl_op_name(a));
    }
    return same_list(a->inputs, a->input_count, b->inputs, b->input_count, difference) &&
           same_list(a->outputs, a->output_count, b->outputs, b->output_count, difference);
}

static bool same_subgraph(const struct kl_subgraph *a, const struct kl_subgraph *b,
                          char difference[KT_DIFFERENCE_BYTES])
{
    if (strcmp(a->name, b->name) != 0 || a->op_count != b->op_count ||
        a->tensor_count != b->tensor_count) {
        return DIFFERS("subgraph '%.40s': %d operators, %d tensors; '%.40s': %d, %d", a->name,
                       a->op_count, a->tensor_count, b->name, b->op_count, b->tensor_count);
    }
    for (int32_t i = 0; i < a->op_count; i++) {
        if (!same_op(a->ops[i], b->ops[i], difference)) {
            return false;
        }
    }
    return same_list(a->inputs, a->input_count, b->inputs, b->input_count, difference) &&
           same_list(a->outputs, a->output_count, b->outputs, b->output_count, difference);
}

bool kt_graph_equal(const struct kl_graph *a, const struct kl_graph *b,
                    char difference[KT_DIFFERENCE_BYTES])
{
    if (a->subgraph_count != b->subgraph_count || a->variable_count != b->variable_count ||
        strcmp(a->description, b->description) != 0) {
        return DIFFERS("%d subgraphs, %d variables, '%.40s'; %d, %d, '%.40s'", a->subgraph_count,
                       a->variable_count, a->description, b->subgraph_count, b->variable_count,
                       b->description);
    }
    for (int32_t i = 0; i < a->subgraph_count; i++) {
        if (!same_subgraph(a->subgraphs[i], b->subgraphs[i], difference)) {
            return false;
        }
    }
    return same_list(a->variables, a->variable_count, b->variables, b->variable_count, difference);
}
