/* SPDX-License-Identifier: Apache-2.0 */
#include "graph_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Memory of the graph; the tests are small, so that none is left is a mistake of theirs. */
static void *allocate(const struct kl_graph *graph, size_t count, size_t size)
{
    void *memory = kl_arena_alloc(graph->arena, count, size);
    if (!memory) {
        abort();
    }
    return memory;
}

struct kl_graph *gb_create(void)
{
    struct kl_arena *arena = kl_arena_create((size_t)256 << 20);
    if (!arena) {
        abort();
    }
    struct kl_graph root = {.arena = arena};
    struct kl_graph *graph = allocate(&root, 1, sizeof *graph);
    graph->arena = arena;
    graph->description = "made by a test";
    graph->subgraph_count = 1;
    graph->subgraphs = allocate(graph, 1, sizeof(struct kl_subgraph *));
    graph->subgraphs[0] = allocate(graph, 1, sizeof(struct kl_subgraph));
    graph->subgraphs[0]->name = "main";
    return graph;
}

void gb_free(struct kl_graph *graph)
{
    kl_arena_free(graph->arena);
}

struct kl_subgraph *gb_main(const struct kl_graph *graph)
{
    return graph->subgraphs[0];
}

struct kl_tensor *gb_tensor(struct kl_graph *graph, const char *name, enum kl_dtype dtype,
                            struct kl_shape shape)
{
    struct kl_tensor *tensor = kl_tensor_add(graph, gb_main(graph), name, dtype, shape);
    if (!tensor) {
        abort();
    }
    return tensor;
}

/* Append to a list that is as long as *count says. */
static void append(const struct kl_graph *graph, void *list, int32_t *count, void *item)
{
    void ***items = list;
    void **longer = allocate(graph, (size_t)*count + 1, sizeof *longer);
    if (*count) {
        memcpy(longer, *items, (size_t)*count * sizeof *longer);
    }
    longer[(*count)++] = item;
    *items = longer;
}

struct kl_tensor *gb_input(struct kl_graph *graph, const char *name, enum kl_dtype dtype,
                           struct kl_shape shape)
{
    struct kl_tensor *tensor = gb_tensor(graph, name, dtype, shape);
    append(graph, &gb_main(graph)->inputs, &gb_main(graph)->input_count, tensor);
    return tensor;
}

void gb_output(struct kl_graph *graph, struct kl_tensor *tensor)
{
    append(graph, &gb_main(graph)->outputs, &gb_main(graph)->output_count, tensor);
}

void gb_quantise(struct kl_graph *graph, struct kl_tensor *tensor, float scale, int32_t zero_point)
{
    float *scales = allocate(graph, 1, sizeof *scales);
    int32_t *zero_points = allocate(graph, 1, sizeof *zero_points);
    *scales = scale;
    *zero_points = zero_point;
    tensor->quant = (struct kl_quant){.count = 1, .scale = scales, .zero_point = zero_points};
}

void gb_fill(struct kl_graph *graph, struct kl_tensor *tensor, const void *data)
{
    unsigned char *copy = allocate(graph, tensor->bytes, 1);
    memcpy(copy, data, tensor->bytes);
    tensor->data = copy;
}

struct kl_tensor *gb_ints(struct kl_graph *graph, int32_t count, const int32_t *values)
{
    struct kl_tensor *tensor = gb_tensor(graph, "ints", KL_S32, GB_SHAPE(count));
    gb_fill(graph, tensor, values);
    return tensor;
}

struct kl_tensor *gb_scalar(struct kl_graph *graph, int32_t value)
{
    struct kl_tensor *tensor = gb_tensor(graph, "int", KL_S32, GB_SCALAR);
    gb_fill(graph, tensor, &value);
    return tensor;
}

void gb_reshape(struct kl_tensor *tensor, struct kl_shape shape)
{
    tensor->shape = shape;
    tensor->bytes = (size_t)kl_shape_elements(&shape) * kl_dtype_bytes(tensor->dtype);
}

static struct kl_tensor **copy_list(const struct kl_graph *graph, int32_t count,
                                    struct kl_tensor *const *list)
{
    struct kl_tensor **copy = allocate(graph, (size_t)count, sizeof(struct kl_tensor *));
    for (int32_t i = 0; i < count; i++) {
        copy[i] = list[i];
    }
    return copy;
}

struct kl_op *gb_op(struct kl_graph *graph, enum kl_op_kind kind, int32_t input_count,
                    struct kl_tensor *const *inputs, int32_t output_count,
                    struct kl_tensor *const *outputs)
{
    struct kl_subgraph *subgraph = gb_main(graph);
    struct kl_op *op = allocate(graph, 1, sizeof *op);
    *op = (struct kl_op){.kind = kind,
                         .source_index = subgraph->op_count,
                         .position = subgraph->op_count,
                         .input_count = input_count,
                         .output_count = output_count,
                         .inputs = copy_list(graph, input_count, inputs),
                         .outputs = copy_list(graph, output_count, outputs)};
    bool windowed = kind == KL_OP_CONV_2D || kind == KL_OP_DEPTHWISE_CONV_2D ||
                    kind == KL_OP_AVERAGE_POOL_2D || kind == KL_OP_MAX_POOL_2D;
    if (windowed) {
        op->attr.window =
            (struct kl_attr_window){.stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1};
    }
    for (int32_t i = 0; i < output_count; i++) {
        outputs[i]->producer = op;
    }
    append(graph, &subgraph->ops, &subgraph->op_count, op);
    return op;
}

void gb_accept(struct kl_graph *graph)
{
    struct kl_diag diag = {0};
    if (kl_graph_verify(graph, &diag) != KL_OK) {
        fail_msg("refused: %s", diag.message);
    }
}

void gb_refuse(struct kl_graph *graph, const char *words)
{
    struct kl_diag diag = {0};
    if (kl_graph_verify(graph, &diag) == KL_OK) {
        fail_msg("accepted; expected to be refused with '%s'", words);
    }
    assert_int_equal(diag.err, KL_EINPUT);
    if (!strstr(diag.message, words)) {
        fail_msg("refused with '%s', which does not say '%s'", diag.message, words);
    }
}
