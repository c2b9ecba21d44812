/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors and operators of a network under construction. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"
#include "learn/network_internal.h"

/* Most elements of all values between operators, for one item. */
#define ACTIVATIONS_LIMIT (INT64_C(1) << 26)

static struct kl_tensor *named(const struct layer *layer, const char *suffix, enum kl_dtype dtype,
                               struct kl_shape shape, const void *data)
{
    struct builder *b = layer->b;
    char name[96];
    snprintf(name, sizeof name, "%s/%s", layer->name, suffix);
    struct kl_tensor *tensor =
        data ? kl_constant_add(b->graph, b->subgraph, name, dtype, shape, data) : NULL;
    if (!tensor) {
        KL_FAIL_MEMORY(b->diag);
    }
    return tensor;
}

/* Memory for weights of that shape, within the limit; NULL after a message. */
static float *new_weights(const struct layer *layer, const struct kl_shape *shape)
{
    struct builder *b = layer->b;
    int64_t count = 1;
    for (int32_t i = 0; i < shape->rank && count <= KL_NETWORK_WEIGHTS; i++) {
        count *= shape->dim[i];
    }
    b->weights += count;
    if (count > KL_NETWORK_WEIGHTS || b->weights > KL_NETWORK_WEIGHTS) {
        kl_fail(b->diag, KL_ELIMIT, "%s:%u: %s: the network has more than %d weights",
                layer->node->origin, layer->node->line, layer->kind, KL_NETWORK_WEIGHTS);
        return NULL;
    }
    float *values = KL_NEW(b->arena, float, (size_t)count);
    if (!values) {
        KL_FAIL_MEMORY(b->diag);
    }
    return values;
}

/* A stream of random numbers for each name, whatever else is in the network. */
static uint64_t name_stream(uint64_t seed, const char *layer, const char *suffix)
{
    uint64_t hash = kl_fnv1a(KL_FNV1A, layer, strlen(layer));
    return kl_random_stream(seed, kl_fnv1a(hash, suffix, strlen(suffix)));
}

struct kl_tensor *kl_layer_weights(const struct layer *layer, const char *suffix,
                                   struct kl_shape shape, enum init init, int64_t fan_in,
                                   int64_t fan_out)
{
    float *values = new_weights(layer, &shape);
    if (!values) {
        return NULL;
    }
    double fans = (double)(init == INIT_HE ? fan_in : fan_in + fan_out);
    float limit = (float)sqrt(6.0 / fans);
    uint64_t stream = name_stream(layer->b->seed, layer->name, suffix);
    for (int64_t i = 0; i < kl_shape_elements(&shape); i++) {
        values[i] = limit * (2.0f * kl_random_unit(stream, (uint64_t)i) - 1.0f);
    }
    return named(layer, suffix, KL_F32, shape, values);
}

struct kl_tensor *kl_layer_constants(const struct layer *layer, const char *suffix, int32_t count,
                                     float value)
{
    struct kl_shape shape = {1, {count}};
    float *values = new_weights(layer, &shape);
    if (!values) {
        return NULL;
    }
    for (int32_t i = 0; i < count; i++) {
        values[i] = value;
    }
    return named(layer, suffix, KL_F32, shape, values);
}

struct kl_tensor *kl_layer_integers(const struct layer *layer, const char *suffix, int32_t count,
                                    const int32_t *values)
{
    void *copy = kl_arena_copy(layer->b->arena, values, (size_t)count * sizeof values[0]);
    return named(layer, suffix, KL_S32, (struct kl_shape){1, {count}}, copy);
}

/* A value of that shape, within the limits. */
static enum kl_err check_value(const struct layer *layer, const struct kl_shape *shape)
{
    struct builder *b = layer->b;
    int64_t count = 1;
    for (int32_t i = 0; i < shape->rank; i++) {
        if (shape->dim[i] < 1) {
            return kl_layer_fail(layer, "nothing is left of its input; it is smaller than the "
                                        "window");
        }
        count *= count <= ACTIVATIONS_LIMIT ? shape->dim[i] : 1;
    }
    b->activations += count;
    if (b->activations > ACTIVATIONS_LIMIT || b->subgraph->op_count >= KL_NETWORK_OPS) {
        return kl_fail(b->diag, KL_ELIMIT,
                       "%s:%u: %s: the network has more than %d operators, or values of more than "
                       "%lld elements",
                       layer->node->origin, layer->node->line, layer->kind, KL_NETWORK_OPS,
                       (long long)ACTIVATIONS_LIMIT);
    }
    return KL_OK;
}

enum kl_err kl_layer_op(const struct layer *layer, enum kl_op_kind kind, int32_t input_count,
                        struct kl_tensor *const *inputs, struct kl_shape shape, struct kl_op **op)
{
    struct builder *b = layer->b;
    char name[96];
    KL_TRY(check_value(layer, &shape));
    snprintf(name, sizeof name, "%s/%d", layer->name, b->subgraph->op_count);
    struct kl_tensor *out = kl_tensor_add(b->graph, b->subgraph, name, KL_F32, shape);
    struct kl_op *added =
        out ? kl_op_add(b->graph, b->subgraph, kind, input_count, inputs, out) : NULL;
    if (!added) {
        return KL_FAIL_MEMORY(b->diag);
    }
    b->value = out;
    if (op) {
        *op = added;
    }
    return KL_OK;
}
