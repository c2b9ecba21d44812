/* SPDX-License-Identifier: Apache-2.0 */
/* TREE_ENSEMBLE, SQUARED_DISTANCE, NEAREST_VOTE: what classical models are made of. */
#include "plan/lower.h"
#include "plan/pack_trees.h"

/* A step over vectors: one row is one vector. */
static enum kl_err vector_step(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                               size_t scratch_bytes, struct kl_diag *diag)
{
    const struct kl_shape *in = &l->op->inputs[0]->shape;
    const struct kl_shape *out = &l->op->outputs[0]->shape;
    struct kl_plan_step step = {
        .kernel = kernel, .params = params, .in_count = 1, .scratch_bytes = scratch_bytes};
    if (l->op->inputs[0]->dtype != KL_F32 || l->op->outputs[0]->dtype != KL_F32) {
        return kl_lower_type_error(l, diag);
    }
    KL_TRY(
        kl_lower_input(l, 0, in->dim[1] * (int32_t)sizeof(float), in->dim[0], &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 0, -1, out->dim[1] * (int32_t)sizeof(float), out->dim[0],
                           &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

/* Constant data of `count` elements; `*kept` points to it. */
static enum kl_err keep(struct kl_lowering *l, const void *data, int64_t count, enum kl_dtype dtype,
                        const void **kept, struct kl_diag *diag)
{
    return kl_lower_constant(l, data, (size_t)count * kl_dtype_bytes(dtype), dtype, kept, diag);
}

static enum kl_err keep_input(struct kl_lowering *l, int32_t index, const void **kept,
                              struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    KL_TRY(kl_lower_need_constant(l, index, KL_F32, diag));
    return keep(l, tensor->data, kl_shape_elements(&tensor->shape), KL_F32, kept, diag);
}

/* Integers of a constant input as uint16; each must be below `limit`. */
static enum kl_err keep_small(struct kl_lowering *l, int32_t index, int32_t limit, const char *what,
                              const uint16_t **kept, struct kl_diag *diag)
{
    const struct kl_tensor *tensor = l->op->inputs[index];
    int64_t count = kl_shape_elements(&tensor->shape);
    uint16_t *small = KL_LOWER_NEW(l, uint16_t, count);
    const void *data;
    KL_TRY(kl_lower_need_constant(l, index, KL_S32, diag));
    if (!small) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int64_t i = 0; i < count; i++) {
        int32_t value = ((const int32_t *)tensor->data)[i];
        if (value < 0 || value >= limit || value > UINT16_MAX) {
            return kl_op_fail(l->op, diag, KL_EINPUT, "%s %d of entry %lld is not below %d", what,
                              value, (long long)i, limit);
        }
        small[i] = (uint16_t)value;
    }
    KL_TRY(keep(l, small, count, KL_U16, &data, diag));
    *kept = data;
    return KL_OK;
}

/* Each feature is one column of ranks, or two when nodes disagree on what is no number. */
static int32_t columns_of(const struct kl_op *op)
{
    const int32_t *feature = op->inputs[1]->data;
    const int32_t features = op->inputs[0]->shape.dim[1];
    for (int64_t i = 0; i < kl_shape_elements(&op->inputs[1]->shape); i++) {
        if (feature[i] >= features) {
            return features <= INT32_MAX / 2 ? 2 * features : features;
        }
    }
    return features;
}

static struct kl_tree_nodes nodes_of(const struct kl_op *op)
{
    struct kl_tensor *const *in = op->inputs;
    return (struct kl_tree_nodes){.node_count = (int32_t)kl_shape_elements(&in[1]->shape),
                                  .tree_count = (int32_t)kl_shape_elements(&in[5]->shape),
                                  .feature_count = columns_of(op),
                                  .leaf_count = in[7]->shape.dim[0],
                                  .leaf_width = in[7]->shape.dim[1],
                                  .feature = in[1]->data,
                                  .threshold = in[2]->data,
                                  .left = in[3]->data,
                                  .right = in[4]->data,
                                  .root = in[5]->data,
                                  .leaves = in[7]->data};
}

static enum kl_err keep_trees(struct kl_lowering *l, const struct kl_tree_nodes *nodes,
                              struct kl_tree_ensemble *p, struct kl_diag *diag)
{
    struct kl_packed_trees packed;
    struct kl_diag found = {0};
    const void *kept;
    enum kl_err err = kl_pack_trees(nodes, l->arena, &packed, &found);
    KL_TRY(kl_lower_result(l, err, &found, diag));
    p->node_bytes = packed.node_bytes;
    p->rank_bits = packed.rank_bits;
    enum kl_dtype word = packed.node_bytes == 2 ? KL_U16 : KL_U32;
    int64_t keys = packed.key_count > 0 ? packed.key_count : 1; /* C has no empty array */
    KL_TRY(keep(l, packed.keys, keys, KL_S32, &kept, diag));
    p->keys = kept;
    KL_TRY(keep(l, packed.key_start, p->columns + 1, KL_U16, &kept, diag));
    p->key_start = kept;
    KL_TRY(keep(l, packed.nodes, packed.word_count, word, &kept, diag));
    p->nodes = kept;
    KL_TRY(keep(l, packed.root, p->trees, KL_U32, &kept, diag));
    p->root = kept;
    KL_TRY(keep(l, packed.leaves, (int64_t)packed.leaf_count * p->leaf_width, KL_F32, &kept, diag));
    p->leaves = kept;
    return KL_OK;
}

enum kl_err kl_lower_tree_ensemble(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_op *op = l->op;
    struct kl_tree_ensemble *p = KL_LOWER_NEW(l, struct kl_tree_ensemble, 1);
    const struct kl_tree_nodes nodes = nodes_of(op);
    const void *base;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->features = op->inputs[0]->shape.dim[1];
    p->columns = nodes.feature_count;
    p->trees = nodes.tree_count;
    p->outputs = op->outputs[0]->shape.dim[1];
    p->leaf_width = nodes.leaf_width;
    p->nan_key = op->attr.tree_ensemble.nan_goes_left ? INT32_MIN : INT32_MAX;
    if (p->leaf_width > p->outputs) {
        return kl_op_fail(op, diag, KL_EINPUT, "leaves of %d values for %d outputs", p->leaf_width,
                          p->outputs);
    }
    KL_TRY(kl_lower_need_constant(l, 2, KL_F32, diag));
    KL_TRY(kl_lower_need_constant(l, 7, KL_F32, diag));
    KL_TRY(keep_small(l, 6, p->outputs - p->leaf_width + 1, "first output", &p->column, diag));
    KL_TRY(keep_input(l, 8, &base, diag));
    p->base = base;
    KL_TRY(keep_trees(l, &nodes, p, diag));
    return vector_step(l, KL_KERNEL_TREE_ENSEMBLE, p, sizeof(uint16_t) * (size_t)p->columns, diag);
}

enum kl_err kl_lower_distance(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_shape *centres = &l->op->inputs[1]->shape;
    struct kl_weighted_distance_f32 *p = KL_LOWER_NEW(l, struct kl_weighted_distance_f32, 1);
    struct kl_distance_f32 *plain = KL_LOWER_NEW(l, struct kl_distance_f32, 1);
    const void *kept;
    if (!p || !plain) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(keep_input(l, 1, &kept, diag));
    *plain = (struct kl_distance_f32){centres->dim[1], centres->dim[0], kept};
    if (l->op->input_count == 2) {
        return vector_step(l, KL_KERNEL_DISTANCE_F32, plain, 0, diag);
    }
    *p = (struct kl_weighted_distance_f32){plain->in_c, plain->count, plain->centres, NULL, NULL};
    KL_TRY(keep_input(l, 2, &kept, diag));
    p->weights = kept;
    KL_TRY(keep_input(l, 3, &kept, diag));
    p->bias = kept;
    return vector_step(l, KL_KERNEL_WEIGHTED_DISTANCE_F32, p, 0, diag);
}

enum kl_err kl_lower_nearest_vote(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_attr_nearest_vote *a = &l->op->attr.nearest_vote;
    struct kl_nearest_vote *p = KL_LOWER_NEW(l, struct kl_nearest_vote, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->count = l->op->inputs[0]->shape.dim[1];
    p->k = a->k;
    p->classes = a->classes;
    KL_TRY(keep_small(l, 1, p->classes, "class", &p->label, diag));
    return vector_step(l, KL_KERNEL_NEAREST_VOTE, p, 0, diag);
}
