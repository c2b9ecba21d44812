/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flattened images before fully connected layers. Weights behind a Flatten count in NCHW; an
 * image is stored as NHWC. Rather than transpose every image, transpose the weights once: their
 * columns take the order in which the image is stored.
 */
#include <string.h>

#include "import/onnx_import.h"

enum { MAX_CHAIN = 8 };

/* From a TRANSPOSE to a fully connected layer. */
struct chain {
    struct kl_op *transpose, *layer;
    struct kl_op *between[MAX_CHAIN]; /* the last one first */
    int32_t count;
};

/* Functions of one element, whatever its place. */
static bool keeps_places(enum kl_op_kind kind)
{
    switch (kind) {
    case KL_OP_RESHAPE:
    case KL_OP_RELU:
    case KL_OP_RELU6:
    case KL_OP_LEAKY_RELU:
    case KL_OP_HARD_SWISH:
    case KL_OP_LOGISTIC:
    case KL_OP_TANH:
    case KL_OP_QUANTIZE:
    case KL_OP_DEQUANTIZE: return true;
    default: return false;
    }
}

/* Is there a TRANSPOSE before the layer, with nothing but such functions between, that nobody
 * else reads? */
static bool find_chain(const int32_t *uses, struct kl_op *layer, struct chain *chain)
{
    *chain = (struct chain){.layer = layer};
    const struct kl_tensor *weights = layer->inputs[1];
    struct kl_tensor *at = layer->inputs[0];
    if (!weights->data || weights->shape.rank != 2) {
        return false;
    }
    while (at->producer && uses[at->id] == 1) {
        struct kl_op *op = at->producer;
        if (op->kind == KL_OP_TRANSPOSE) {
            chain->transpose = op;
            return true;
        }
        if (!keeps_places(op->kind) || chain->count == MAX_CHAIN) {
            return false;
        }
        chain->between[chain->count++] = op;
        at = op->inputs[0];
    }
    return false;
}

/* How many dimensions in front of those that the layer joins stay where they are; -1: some do
 * not. */
static int32_t leading(const struct chain *chain)
{
    const struct kl_shape *shape = &chain->transpose->outputs[0]->shape;
    const int32_t *perm = chain->transpose->inputs[1]->data;
    int64_t rows = kl_shape_elements(shape) / chain->layer->inputs[1]->shape.dim[1], passed = 1;
    int32_t lead = 0;
    while (passed < rows && lead < shape->rank && perm[lead] == lead) {
        passed *= shape->dim[lead++];
    }
    return passed == rows ? lead : -1;
}

/* Where the element `index` of a transposed row is stored in the row of the transpose's input. */
static int64_t stored_at(const struct kl_op *transpose, int32_t lead, int64_t index)
{
    const struct kl_shape *in = &transpose->inputs[0]->shape;
    const struct kl_shape *out = &transpose->outputs[0]->shape;
    const int32_t *perm = transpose->inputs[1]->data;
    int64_t strides[KL_MAX_RANK], stride = 1, place = 0;
    for (int32_t d = in->rank; d-- > lead; stride *= in->dim[d]) {
        strides[d] = stride;
    }
    for (int32_t d = out->rank; d-- > lead; index /= out->dim[d]) {
        place += index % out->dim[d] * strides[perm[d]];
    }
    return place;
}

static enum kl_err move_columns(struct onnx_import *import, const struct chain *chain, int32_t lead)
{
    const struct kl_tensor *from = chain->layer->inputs[1];
    const int64_t rows = from->shape.dim[0], columns = from->shape.dim[1];
    const size_t bytes = kl_dtype_bytes(from->dtype);
    struct kl_tensor *made;
    void *data;
    KL_TRY(onnx_constant(import, from->dtype, &from->shape, &data, &made));
    made->quant = from->quant;
    made->name = from->name;
    for (int64_t k = 0; k < columns; k++) {
        int64_t to = stored_at(chain->transpose, lead, k);
        for (int64_t r = 0; r < rows; r++) {
            memcpy((unsigned char *)data + (size_t)(r * columns + to) * bytes,
                   (const unsigned char *)from->data + (size_t)(r * columns + k) * bytes, bytes);
        }
    }
    chain->layer->inputs[1] = made;
    return KL_OK;
}

/* The operators between work on what is stored; up to the first RESHAPE they have its shape. */
static void bypass(const struct chain *chain)
{
    struct kl_tensor *stored = chain->transpose->inputs[0];
    bool as_stored = true;
    if (chain->count == 0) {
        chain->layer->inputs[0] = stored;
        return;
    }
    chain->between[chain->count - 1]->inputs[0] = stored;
    for (int32_t i = chain->count; i-- > 0;) {
        struct kl_op *op = chain->between[i];
        as_stored = as_stored && op->kind != KL_OP_RESHAPE;
        if (as_stored) {
            op->outputs[0]->shape = stored->shape;
        }
    }
}

enum kl_err onnx_fold_transposes(struct onnx_import *import, struct kl_subgraph *subgraph)
{
    const int32_t *uses = kl_subgraph_uses(import->graph, subgraph);
    int32_t kept = 0;
    if (!uses) {
        return onnx_no_memory(import);
    }
    for (int32_t i = 0; i < import->op_count; i++) {
        struct chain chain;
        struct kl_op *op = import->ops[i];
        if (op->kind != KL_OP_FULLY_CONNECTED || !find_chain(uses, op, &chain)) {
            continue;
        }
        int32_t lead = leading(&chain);
        if (lead >= 0) {
            KL_TRY(move_columns(import, &chain, lead));
            bypass(&chain);
            chain.transpose->output_count = 0; /* nobody reads it any more */
        }
    }
    for (int32_t i = 0; i < import->op_count; i++) {
        if (import->ops[i]->output_count > 0) {
            import->ops[kept++] = import->ops[i];
        }
    }
    import->op_count = kept;
    return KL_OK;
}
