/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attention (opset 23): products of queries and keys, masks, softmax, product with values.
 * Source of the definition: onnx.ai/onnx/operators/onnx__Attention.html.
 */
#include <float.h>
#include <math.h>

#include "import/onnx_handlers.h"

enum {
    IN_Q,
    IN_K,
    IN_V,
    IN_MASK,
    IN_PAST_KEY,
    IN_PAST_VALUE,
    IN_LENGTHS /* nonpad_kv_seqlen */
};

/* [batch, heads, length, size] of the three inputs. */
struct attention {
    struct onnx_value q, k, v;
    int32_t q_heads, kv_heads;
    bool flat; /* the inputs are [batch, length, heads * size] */
};

/* [B, L, H * S] -> [B, H, L, S] */
static enum kl_err split_heads(struct onnx_node *node, struct onnx_value x, int64_t heads,
                               struct onnx_value *y)
{
    struct kl_shape shape = onnx_shape(&x);
    if (heads < 1 || shape.dim[2] % heads) {
        return onnx_fail(node, KL_EINPUT, "%lld heads for size %d", (long long)heads, shape.dim[2]);
    }
    struct kl_shape apart = {
        4, {shape.dim[0], shape.dim[1], (int32_t)heads, shape.dim[2] / (int32_t)heads}};
    struct onnx_value split;
    KL_TRY(onnx_reshape(node->import, x, &apart, &split));
    *y = split;
    y->order[onnx_place(&split, 1)] = 2;
    y->order[onnx_place(&split, 2)] = 1;
    return KL_OK;
}

/* Each head of keys or values serves several heads of queries. */
static enum kl_err repeat_heads(struct onnx_node *node, int32_t times, struct onnx_value *x)
{
    struct kl_shape s = onnx_shape(x);
    struct kl_shape wide = {5, {s.dim[0], s.dim[1], times, s.dim[2], s.dim[3]}};
    struct kl_shape joined = {4, {s.dim[0], s.dim[1] * times, s.dim[2], s.dim[3]}};
    if (times == 1) {
        return KL_OK;
    }
    KL_TRY(onnx_insert_dim(node->import, *x, 2, x));
    KL_TRY(onnx_broadcast_to(node->import, *x, &wide, x));
    return onnx_reshape(node->import, *x, &joined, x);
}

static enum kl_err with_past(struct onnx_node *node, int32_t input, int32_t output,
                             struct onnx_value *x)
{
    if (onnx_has_input(node, input)) {
        const struct onnx_value parts[2] = {node->in[input], *x};
        KL_TRY(onnx_concat(node->import, 2, parts, 2, x));
    }
    node->out[output] = *x;
    return KL_OK;
}

static enum kl_err read_heads(struct onnx_node *node, struct attention *a)
{
    KL_TRY(onnx_need_inputs(node, 3));
    a->q = node->in[IN_Q];
    a->k = node->in[IN_K];
    a->v = node->in[IN_V];
    a->flat = onnx_rank(&a->q) == 3;
    if (a->flat) {
        int64_t kv_heads = onnx_int(node, "kv_num_heads", 0);
        KL_TRY(split_heads(node, a->q, onnx_int(node, "q_num_heads", 0), &a->q));
        KL_TRY(split_heads(node, a->k, kv_heads, &a->k));
        KL_TRY(split_heads(node, a->v, kv_heads, &a->v));
    }
    a->q_heads = onnx_shape(&a->q).dim[1];
    a->kv_heads = onnx_shape(&a->k).dim[1];
    if (onnx_rank(&a->q) != 4 || onnx_rank(&a->k) != 4 || onnx_rank(&a->v) != 4 ||
        a->q_heads % a->kv_heads) {
        return onnx_fail(node, KL_EINPUT, "its heads do not suit each other");
    }
    KL_TRY(with_past(node, IN_PAST_KEY, 1, &a->k));
    KL_TRY(with_past(node, IN_PAST_VALUE, 2, &a->v));
    KL_TRY(repeat_heads(node, a->q_heads / a->kv_heads, &a->k));
    return repeat_heads(node, a->q_heads / a->kv_heads, &a->v);
}

/* A table of [q, kv] in which `hidden` places hold the lowest float. */
static enum kl_err mask_table(struct onnx_node *node, int32_t batch, int32_t q, int32_t kv,
                              float **values, struct onnx_value *mask)
{
    struct kl_shape shape = {4, {batch, 1, q, kv}};
    struct kl_tensor *tensor;
    void *data;
    KL_TRY(onnx_constant(node->import, KL_F32, &shape, &data, &tensor));
    *values = data;
    *mask = onnx_value_of(tensor);
    return KL_OK;
}

/* A query sees the keys up to its own place, which begins behind the past. */
static enum kl_err add_causal(struct onnx_node *node, struct onnx_value *scores)
{
    struct kl_shape s = onnx_shape(scores);
    int32_t past =
        onnx_has_input(node, IN_PAST_KEY) ? onnx_shape(&node->in[IN_PAST_KEY]).dim[2] : 0;
    struct onnx_value mask;
    float *at;
    KL_TRY(mask_table(node, 1, s.dim[2], s.dim[3], &at, &mask));
    for (int32_t i = 0; i < s.dim[2]; i++) {
        for (int32_t k = 0; k < s.dim[3]; k++) {
            *at++ = k > i + past ? -FLT_MAX : 0.0f;
        }
    }
    return onnx_binary(node->import, KL_OP_ADD, *scores, mask, KL_F32, scores);
}

/* Keys behind the given length of each batch are padding. */
static enum kl_err add_lengths(struct onnx_node *node, struct onnx_value *scores)
{
    int64_t lengths[1024];
    int32_t count;
    struct kl_shape s = onnx_shape(scores);
    struct onnx_value mask;
    float *at;
    KL_TRY(onnx_input_ints(node, IN_LENGTHS, NULL, lengths, 1024, &count));
    if (count < 0) {
        return KL_OK;
    }
    if (count != s.dim[0]) {
        return onnx_fail(node, KL_EINPUT, "%d lengths", count);
    }
    KL_TRY(mask_table(node, s.dim[0], 1, s.dim[3], &at, &mask));
    for (int32_t b = 0; b < s.dim[0]; b++) {
        for (int32_t k = 0; k < s.dim[3]; k++) {
            *at++ = k >= lengths[b] ? -FLT_MAX : 0.0f;
        }
    }
    return onnx_binary(node->import, KL_OP_ADD, *scores, mask, KL_F32, scores);
}

/* A mask of bools chooses, one of floats is added. Missing keys at its end are hidden. */
static enum kl_err add_mask(struct onnx_node *node, struct onnx_value *scores)
{
    struct kl_tensor *lowest, *zero;
    if (!onnx_has_input(node, IN_MASK)) {
        return KL_OK;
    }
    struct onnx_value mask = node->in[IN_MASK];
    if (mask.tensor->dtype == KL_BOOL) {
        KL_TRY(onnx_scalar(node->import, KL_F32, -(double)FLT_MAX, &lowest));
        KL_TRY(onnx_scalar(node->import, KL_F32, 0.0, &zero));
        KL_TRY(onnx_select(node->import, mask, onnx_value_of(zero), onnx_value_of(lowest), &mask));
    }
    int32_t last = onnx_rank(&mask) - 1, before[KL_MAX_RANK] = {0}, after[KL_MAX_RANK] = {0};
    int32_t missing = onnx_shape(scores).dim[3] - onnx_shape(&mask).dim[last];
    after[last] = missing > 0 && onnx_shape(&mask).dim[last] > 1 ? missing : 0;
    KL_TRY(onnx_pad(node->import, mask, before, after, -(double)FLT_MAX, &mask));
    return onnx_binary(node->import, KL_OP_ADD, *scores, mask, KL_F32, scores);
}

/* softcap * tanh(x / softcap) */
static enum kl_err add_softcap(struct onnx_node *node, struct onnx_value *scores)
{
    double cap = (double)onnx_float(node, "softcap", 0.0f);
    if (cap == 0.0) {
        return KL_OK;
    }
    KL_TRY(onnx_with_number(node->import, KL_OP_DIV, *scores, cap, scores));
    KL_TRY(onnx_unary(node->import, KL_OP_TANH, *scores, scores));
    return onnx_with_number(node->import, KL_OP_MUL, *scores, cap, scores);
}

/* What the fourth output shows: the scores as they are (0), capped (1), masked (2), or after
 * softmax (3). */
static void show(struct onnx_node *node, int64_t stage, const struct onnx_value *scores)
{
    if (onnx_int(node, "qk_matmul_output_mode", 0) == stage) {
        node->out[3] = *scores;
    }
}

static enum kl_err scores_of(struct onnx_node *node, const struct attention *a,
                             struct onnx_value *scores)
{
    struct onnx_value keys = a->k, queries = a->q;
    int32_t size = onnx_shape(&a->q).dim[3];
    double scale = (double)onnx_float(node, "scale", 1.0f / sqrtf((float)size));
    keys.order[onnx_place(&a->k, 2)] = 3;
    keys.order[onnx_place(&a->k, 3)] = 2;
    KL_TRY(onnx_with_number(node->import, KL_OP_MUL, queries, sqrt(scale), &queries));
    KL_TRY(onnx_with_number(node->import, KL_OP_MUL, keys, sqrt(scale), &keys));
    KL_TRY(onnx_matmul(node->import, queries, keys, scores));
    show(node, 0, scores);
    return KL_OK;
}

static enum kl_err masked(struct onnx_node *node, struct onnx_value *scores)
{
    KL_TRY(add_softcap(node, scores));
    show(node, 1, scores);
    KL_TRY(add_mask(node, scores));
    if (onnx_int(node, "is_causal", 0)) {
        KL_TRY(add_causal(node, scores));
    }
    KL_TRY(add_lengths(node, scores));
    show(node, 2, scores);
    return KL_OK;
}

enum kl_err onnx_op_attention(struct onnx_node *node)
{
    struct attention a;
    struct onnx_value scores, y;
    KL_TRY(read_heads(node, &a));
    KL_TRY(scores_of(node, &a, &scores));
    KL_TRY(masked(node, &scores));
    KL_TRY(onnx_softmax(node->import, scores, 3, &scores));
    show(node, 3, &scores);
    KL_TRY(onnx_matmul(node->import, scores, a.v, &y));
    node->out[0] = y;
    if (!a.flat) {
        return KL_OK;
    }
    struct kl_shape s = onnx_shape(&y);
    struct kl_shape joined = {3, {s.dim[0], s.dim[2], s.dim[1] * s.dim[3]}};
    struct onnx_value swapped = y;
    swapped.order[onnx_place(&y, 1)] = 2;
    swapped.order[onnx_place(&y, 2)] = 1;
    return onnx_reshape(node->import, swapped, &joined, &node->out[0]);
}
