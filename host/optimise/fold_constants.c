/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "graph/const_params.h"
#include "graph/moves.h"
#include "graph/shape_rules.h"
#include "kinglet/kernels.h"
#include "optimise/passes.h"

/* Folded constants take memory that the file did not pay for: past so much, in all, operators
 * stay. */
#define FOLD_LIMIT_BYTES ((size_t)16 << 20)

static bool all_constant(const struct kl_op *op)
{
    for (int32_t i = 0; i < op->input_count; i++) {
        if (!op->inputs[i] || !op->inputs[i]->data) {
            return false;
        }
    }
    return op->input_count > 0;
}

static void make_constant(struct kl_tensor *tensor, const void *data)
{
    tensor->data = data;
    tensor->producer = NULL;
}

static enum kl_err fold_shape(struct kl_graph *graph, struct kl_op *op, bool *folded,
                              struct kl_diag *diag)
{
    struct kl_tensor *out = op->outputs[0];
    const struct kl_shape *shape = &op->inputs[0]->shape;
    if (out->dtype != KL_S32) {
        return KL_OK;
    }
    int32_t *data = kl_arena_copy(graph->arena, shape->dim, sizeof(int32_t) * (size_t)shape->rank);
    if (!data) {
        return KL_FAIL_MEMORY(diag);
    }
    make_constant(out, data);
    *folded = true;
    return KL_OK;
}

static enum kl_err fold_zeros(struct kl_graph *graph, struct kl_op *op, size_t *left, bool *folded,
                              struct kl_diag *diag)
{
    struct kl_tensor *out = op->outputs[0];
    if (out->bytes == 0 || out->bytes > *left) {
        return KL_OK;
    }
    void *zeros = kl_arena_alloc(graph->arena, out->bytes, 1);
    if (!zeros) {
        return KL_FAIL_MEMORY(diag);
    }
    *left -= out->bytes;
    make_constant(out, zeros);
    *folded = true;
    return KL_OK;
}

/* The shape that two shapes have together. What does not suit each other stays, and is refused. */
static enum kl_err fold_broadcast_args(struct kl_graph *graph, struct kl_op *op, bool *folded,
                                       struct kl_diag *diag)
{
    struct kl_tensor *out = op->outputs[0];
    struct kl_diag ignored = {0};
    int64_t dim[2][KL_MAX_RANK];
    int32_t rank[2], longer;
    if (kl_op_ints(op, 0, dim[0], KL_MAX_RANK, &rank[0], &ignored) != KL_OK ||
        kl_op_ints(op, 1, dim[1], KL_MAX_RANK, &rank[1], &ignored) != KL_OK) {
        return KL_OK;
    }
    longer = rank[0] > rank[1] ? 0 : 1;
    if ((out->dtype != KL_S32 && out->dtype != KL_S64) ||
        kl_shape_elements(&out->shape) != rank[longer]) {
        return KL_OK;
    }
    unsigned char *data = kl_arena_alloc(graph->arena, out->bytes, 1);
    if (!data) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < rank[longer]; i++) {
        int32_t k = i - (rank[longer] - rank[1 - longer]);
        int64_t x = dim[longer][i], y = k < 0 ? 1 : dim[1 - longer][k];
        int64_t both = x == 1 ? y : x;
        if (x != y && x != 1 && y != 1) {
            return KL_OK;
        }
        memcpy(data + (size_t)i * kl_dtype_bytes(out->dtype), &both, kl_dtype_bytes(out->dtype));
    }
    make_constant(out, data);
    *folded = true;
    return KL_OK;
}

static void run_move(const struct kl_op *op, const struct kl_op_move *m, unsigned char *const *out)
{
    /* A row's base is not const because outputs share the type; a move only reads its input. */
    struct kl_rows from = {.count = 1};
    struct kl_rows to = {.base = out[m->output] + m->out_offset, .count = 1};
    const unsigned char *source = (const unsigned char *)op->inputs[m->input]->data;
    source += m->in_offset;
    memcpy(&from.base, &source, sizeof from.base);
    kl_kernels[KL_KERNEL_MOVE](&m->move, &from, &to, NULL);
}

/* A reshaped constant is the same bytes under another shape. */
static void fold_reshape(struct kl_op *op, bool *folded)
{
    if (op->inputs[0]->bytes == op->outputs[0]->bytes &&
        op->inputs[0]->dtype == op->outputs[0]->dtype) {
        make_constant(op->outputs[0], op->inputs[0]->data);
        *folded = true;
    }
}

static enum kl_err fold_moves(struct kl_graph *graph, struct kl_op *op, size_t *left, bool *folded,
                              struct kl_diag *diag)
{
    struct kl_op_move moves[KL_MAX_MOVES];
    struct kl_diag ignored = {0};
    int32_t count;
    size_t bytes = 0;
    for (int32_t i = 0; i < op->output_count; i++) {
        bytes += op->outputs[i]->bytes;
    }
    /* The verifier could not check the shapes when this very pass made a parameter constant. */
    if (bytes > *left || kl_op_check_shapes(op, &ignored) != KL_OK ||
        kl_op_moves(op, moves, &count, &ignored) != KL_OK) {
        return KL_OK;
    }
    unsigned char *out[KL_MAX_MOVES];
    *left -= bytes;
    for (int32_t i = 0; i < op->output_count; i++) {
        out[i] = kl_arena_alloc(graph->arena, op->outputs[i]->bytes, 1);
        if (!out[i]) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    for (int32_t i = 0; i < count; i++) {
        run_move(op, &moves[i], out);
    }
    for (int32_t i = 0; i < op->output_count; i++) {
        make_constant(op->outputs[i], out[i]);
    }
    *folded = true;
    return KL_OK;
}

/* A model output must be computed: it stays an operator, which copies the constant. */
static bool is_output(const struct kl_subgraph *subgraph, const struct kl_op *op)
{
    for (int32_t i = 0; i < subgraph->output_count; i++) {
        for (int32_t k = 0; k < op->output_count; k++) {
            if (subgraph->outputs[i] == op->outputs[k]) {
                return true;
            }
        }
    }
    return false;
}

/* float16 (IEEE 754 binary16) as float32, exactly. */
static float widened(uint16_t bits)
{
    const float size = bits & 0x7c00u
                           ? ldexpf((float)(0x400u | (bits & 0x3ffu)), (bits >> 10 & 31) - 25)
                           : ldexpf((float)(bits & 0x3ffu), -24);
    if ((bits & 0x7c00u) == 0x7c00u) {
        return bits & 0x3ffu ? NAN : bits & 0x8000u ? -INFINITY : INFINITY;
    }
    return bits & 0x8000u ? -size : size;
}

static bool can_dequantise(const struct kl_tensor *in)
{
    return in->data && (in->dtype == KL_F16 ||
                        ((in->dtype == KL_S8 || in->dtype == KL_S16) && in->quant.count == 1));
}

/* Element `i` as DEQUANTIZE computes it. */
static float dequantised(const struct kl_tensor *in, int64_t i)
{
    if (in->dtype == KL_F16) {
        return widened(((const uint16_t *)in->data)[i]);
    }
    const int32_t value = (int32_t)kl_value_at(in->dtype, in->data, i);
    return in->quant.scale[0] * (float)(value - in->quant.zero_point[0]);
}

/* Weights that are stored in a small type: float16 weights take twice their size in flash, but a
 * core without instructions for float16 would pay more than that for widening them in every
 * product. */
static enum kl_err fold_dequantize(struct kl_graph *graph, struct kl_op *op, size_t *left,
                                   bool *folded, struct kl_diag *diag)
{
    const struct kl_tensor *in = op->inputs[0];
    struct kl_tensor *out = op->outputs[0];
    if (out->dtype != KL_F32 || !can_dequantise(in) || out->bytes > *left) {
        return KL_OK;
    }
    float *values = kl_arena_alloc(graph->arena, out->bytes, 1);
    if (!values) {
        return KL_FAIL_MEMORY(diag);
    }
    *left -= out->bytes;
    for (int64_t i = 0; i < kl_shape_elements(&out->shape); i++) {
        values[i] = dequantised(in, i);
    }
    make_constant(out, values);
    *folded = true;
    return KL_OK;
}

static enum kl_err fold(struct kl_graph *graph, struct kl_op *op, size_t *left, bool *folded,
                        struct kl_diag *diag)
{
    bool pads =
        op->kind == KL_OP_PAD || op->kind == KL_OP_PADV2 || op->kind == KL_OP_SPACE_TO_BATCH_ND;
    switch (op->kind) {
    case KL_OP_SHAPE: return fold_shape(graph, op, folded, diag);
    case KL_OP_ZEROS_LIKE: return fold_zeros(graph, op, left, folded, diag);
    case KL_OP_BROADCAST_ARGS: return fold_broadcast_args(graph, op, folded, diag);
    case KL_OP_DEQUANTIZE: return fold_dequantize(graph, op, left, folded, diag);
    default: break;
    }
    if (kl_op_is_reshape(op) && all_constant(op)) {
        fold_reshape(op, folded);
    } else if (kl_op_is_move(op) && !pads && all_constant(op)) {
        return fold_moves(graph, op, left, folded, diag);
    }
    return KL_OK;
}

enum kl_err kl_pass_fold_constants(struct kl_graph *graph, struct kl_diag *diag)
{
    size_t left = FOLD_LIMIT_BYTES;
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        struct kl_subgraph *subgraph = graph->subgraphs[s];
        for (int32_t i = 0; i < subgraph->op_count; i++) {
            bool folded = false;
            if (!is_output(subgraph, subgraph->ops[i])) {
                KL_TRY(fold(graph, subgraph->ops[i], &left, &folded, diag));
            }
            if (folded) {
                subgraph->ops[i] = NULL;
            }
        }
        kl_subgraph_compact(subgraph);
    }
    return KL_OK;
}
