/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct kl_op_info op_infos[] = {
#define KL_OP(kind, name, min_in, max_in, min_out, max_out, rule, attributes, lowering, version, \
              options, reader, doc)                                                              \
    [KL_OP_##kind] = {name, min_in, max_in, min_out, max_out, attributes, doc},
#include "graph/ops.def"
#undef KL_OP
};

_Static_assert(sizeof op_infos / sizeof op_infos[0] == KL_OP_KIND_COUNT,
               "a row for every operator");

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {
    [KL_DTYPE_NONE] = {"none", 0},
    [KL_F32] = {"float32", 4},
    [KL_S8] = {"int8", 1},
    [KL_U8] = {"uint8", 1},
    [KL_S16] = {"int16", 2},
    [KL_S32] = {"int32", 4},
    [KL_S64] = {"int64", 8},
    [KL_BOOL] = {"bool", 1},
    [KL_F16] = {"float16", 2},
    [KL_U16] = {"uint16", 2},
    [KL_RESOURCE] = {"resource", 0},
    [KL_U32] = {"uint32", 4},
    [KL_U64] = {"uint64", 8},
    [KL_F64] = {"float64", 8},
    [KL_S4] = {"int4", 0},
    [KL_U4] = {"uint4", 0},
    [KL_S2] = {"int2", 0},
    [KL_BF16] = {"bfloat16", 0},
    [KL_F8_E4M3FN] = {"float8_e4m3fn", 0},
    [KL_F8_E5M2] = {"float8_e5m2", 0},
    [KL_C64] = {"complex64", 0},
    [KL_C128] = {"complex128", 0},
    [KL_STRING] = {"string", 0},
    [KL_VARIANT] = {"variant", 0},
};

_Static_assert(sizeof dtypes / sizeof dtypes[0] == KL_DTYPE_COUNT, "a row for every type");

const struct kl_op_info *kl_op_info(enum kl_op_kind kind)
{
    assert((unsigned)kind < KL_OP_KIND_COUNT);
    return &op_infos[kind];
}

const char *kl_op_name(const struct kl_op *op)
{
    return op->kind == KL_OP_UNKNOWN ? op->attr.unknown.name : op_infos[op->kind].name;
}

int32_t kl_op_call_count(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CALL_ONCE: return 1;
    case KL_OP_WHILE:
    case KL_OP_IF: return 2;
    default: return 0;
    }
}

int32_t kl_op_variable(const struct kl_op *op)
{
    const struct kl_op *handle = op->inputs[0]->producer;
    return handle && handle->kind == KL_OP_VAR_HANDLE ? handle->attr.variable.variable : -1;
}

bool kl_op_may_end_run(const struct kl_op *op)
{
    return op->kind == KL_OP_CIRCULAR_BUFFER && op->output_count == 1 &&
           op->attr.circular_buffer.period > 1;
}

bool kl_op_has_effect(const struct kl_op *op)
{
    return op->kind == KL_OP_UNKNOWN || op->kind == KL_OP_ASSIGN_VARIABLE ||
           kl_op_may_end_run(op) || kl_op_call_count(op) > 0;
}

struct kl_shape kl_op_condition(const struct kl_op *op)
{
    struct kl_shape shape = op->inputs[0]->shape;
    const struct kl_shape *data = &op->inputs[1]->shape;
    if (op->kind == KL_OP_SELECT && shape.rank == 1 && data->rank > 1) {
        shape.rank = data->rank;
        for (int32_t i = 1; i < data->rank; i++) {
            shape.dim[i] = 1;
        }
    }
    return shape;
}

bool kl_op_input_optional(const struct kl_op *op, int32_t place)
{
    bool joins =
        op->kind == KL_OP_CONCATENATION || op->kind == KL_OP_PACK || op->kind == KL_OP_ADD_N;
    if (op->kind == KL_OP_UNIDIRECTIONAL_SEQUENCE_LSTM) {
        return true; /* the importer says which; a graph has either all of a kind or none */
    }
    return place >= op_infos[op->kind].min_inputs && !joins;
}

static bool known_dtype(enum kl_dtype dtype)
{
    return (unsigned)dtype < sizeof dtypes / sizeof dtypes[0] && dtypes[dtype].name;
}

const char *kl_dtype_name(enum kl_dtype dtype)
{
    return known_dtype(dtype) ? dtypes[dtype].name : "unknown type";
}

size_t kl_dtype_bytes(enum kl_dtype dtype)
{
    return known_dtype(dtype) ? dtypes[dtype].bytes : 0;
}

const char *kl_activation_name(enum kl_activation activation)
{
    static const char *const names[] = {"none", "relu", "relu6", "relu_n1_to_1"};
    assert((unsigned)activation < sizeof names / sizeof names[0]);
    return names[activation];
}

int64_t kl_shape_elements(const struct kl_shape *shape)
{
    int64_t elements = 1;
    for (int32_t i = 0; i < shape->rank; i++) {
        elements *= shape->dim[i];
    }
    return elements;
}

bool kl_shape_equal(const struct kl_shape *a, const struct kl_shape *b)
{
    return a->rank == b->rank && memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) == 0;
}

char *kl_shape_text(const struct kl_shape *shape, char text[KL_SHAPE_TEXT_BYTES])
{
    size_t used = 1;
    snprintf(text, KL_SHAPE_TEXT_BYTES, "[");
    for (int32_t i = 0; i < shape->rank; i++) {
        int n =
            snprintf(text + used, KL_SHAPE_TEXT_BYTES - used, "%s%d", i ? "," : "", shape->dim[i]);
        used += (size_t)n;
    }
    snprintf(text + used, KL_SHAPE_TEXT_BYTES - used, "]");
    return text;
}

struct kl_tensor *kl_tensor_add(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                const char *name, enum kl_dtype dtype, struct kl_shape shape)
{
    struct kl_arena *arena = graph->arena;
    size_t count = (size_t)subgraph->tensor_count;
    struct kl_tensor **tensors = KL_NEW(arena, struct kl_tensor *, count + 1);
    struct kl_tensor *tensor = KL_NEW(arena, struct kl_tensor, 1);
    char *copy = kl_arena_printf(arena, "%s", name);
    if (!tensors || !tensor || !copy) {
        return NULL;
    }
    if (count) {
        memcpy(tensors, subgraph->tensors, count * sizeof(struct kl_tensor *));
    }
    *tensor = (struct kl_tensor){.name = copy,
                                 .dtype = dtype,
                                 .shape = shape,
                                 .bytes = (size_t)kl_shape_elements(&shape) * kl_dtype_bytes(dtype),
                                 .source_index = -1};
    tensors[count] = tensor;
    subgraph->tensors = tensors;
    subgraph->tensor_count++;
    return tensor;
}

double kl_value_at(enum kl_dtype dtype, const void *data, int64_t index)
{
    const unsigned char *at = (const unsigned char *)data + (size_t)index * kl_dtype_bytes(dtype);
    union {
        float f32;
        int64_t s64;
        int32_t s32;
        double f64;
        uint64_t u64;
        int16_t s16;
        int8_t s8;
    } value = {.s64 = 0};
    memcpy(&value, at, kl_dtype_bytes(dtype)); /* little-endian, like all hosts that build this */
    switch (dtype) {
    case KL_F32: return (double)value.f32;
    case KL_S8: return value.s8;
    case KL_S16: return value.s16;
    case KL_S32: return value.s32;
    case KL_S64: return (double)value.s64;
    case KL_F64: return value.f64;
    default: return (double)value.u64; /* unsigned types; float16 as its bits */
    }
}

int32_t *kl_subgraph_uses(const struct kl_graph *graph, const struct kl_subgraph *subgraph)
{
    int32_t *uses = KL_NEW(graph->arena, int32_t, (size_t)subgraph->tensor_count);
    if (!uses) {
        return NULL;
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        const struct kl_op *op = subgraph->ops[i];
        for (int32_t k = 0; k < op->input_count; k++) {
            if (op->inputs[k]) {
                uses[op->inputs[k]->id]++;
            }
        }
    }
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        uses[subgraph->outputs[i]->id]++;
    }
    return uses;
}

void kl_subgraph_compact(struct kl_subgraph *subgraph)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        if (subgraph->ops[i]) {
            subgraph->ops[kept++] = subgraph->ops[i];
        }
    }
    subgraph->op_count = kept;
}

bool kl_quant_equal(const struct kl_quant *a, const struct kl_quant *b)
{
    if (a->count != b->count || a->count > 1) {
        return false;
    }
    return a->count == 0 || (a->scale[0] == b->scale[0] && a->zero_point[0] == b->zero_point[0]);
}

bool kl_op_was_uint8(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_AVERAGE_POOL_2D: return op->attr.window.was_uint8;
    case KL_OP_FULLY_CONNECTED: return op->attr.fully_connected.was_uint8;
    default: return false;
    }
}

struct kl_tensor *kl_op_image(const struct kl_op *op)
{
    return op->inputs[op->kind == KL_OP_TRANSPOSE_CONV ? 2 : 0];
}

const struct kl_tensor *kl_op_bias(const struct kl_op *op)
{
    int32_t place = op->kind == KL_OP_TRANSPOSE_CONV ? 3 : 2;
    return op->input_count > place ? op->inputs[place] : NULL;
}

int64_t kl_op_macs(const struct kl_op *op)
{
    int64_t out = op->output_count ? kl_shape_elements(&op->outputs[0]->shape) : 0;
    switch (op->kind) {
    case KL_OP_CONV_2D: {
        const struct kl_shape *w = &op->inputs[1]->shape;
        return out * w->dim[1] * w->dim[2] * w->dim[3];
    }
    case KL_OP_DEPTHWISE_CONV_2D: {
        const struct kl_shape *w = &op->inputs[1]->shape;
        return out * w->dim[1] * w->dim[2];
    }
    case KL_OP_FULLY_CONNECTED: return out * op->inputs[1]->shape.dim[1];
    case KL_OP_SVDF:
        return op->inputs[0]->shape.dim[0] * (kl_shape_elements(&op->inputs[1]->shape) +
                                              kl_shape_elements(&op->inputs[2]->shape));
    case KL_OP_UNIDIRECTIONAL_SEQUENCE_LSTM: {
        int64_t cells = op->outputs[0]->shape.dim[2];
        return out * 4 * (op->inputs[0]->shape.dim[2] + cells);
    }
    case KL_OP_BATCH_MATMUL: {
        const struct kl_shape *a = &op->inputs[0]->shape;
        return out * a->dim[a->rank - (op->attr.matmul.adj_x ? 2 : 1)];
    }
    case KL_OP_TRANSPOSE_CONV: {
        const struct kl_shape *w = &op->inputs[1]->shape;
        return kl_shape_elements(&op->inputs[2]->shape) * w->dim[0] * w->dim[1] * w->dim[2];
    }
    default: return 0;
    }
}

int64_t kl_macs_sum(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}
