/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/accumulator.h"

#include <inttypes.h>
#include <stdlib.h>

/* Weights that are read in all: about a second. Operators can share weights, so the file's
 * size does not bound it. */
#define MAX_WEIGHTS_READ (INT64_C(1) << 31)

/* The weights of output channel c are element c*channel_step + k*step, k < taps. */
struct weights {
    const int8_t *data;
    const int32_t *bias; /* NULL: zeros */
    int64_t channels, taps;
    int64_t channel_step, step;
    int64_t zero_point; /* of the input */
};

static bool is_int8_product(const struct kl_op *op)
{
    if (op->kind != KL_OP_CONV_2D && op->kind != KL_OP_DEPTHWISE_CONV_2D &&
        op->kind != KL_OP_FULLY_CONNECTED && op->kind != KL_OP_TRANSPOSE_CONV) {
        return false;
    }
    const struct kl_tensor *in = kl_op_image(op);
    const struct kl_tensor *filter = op->inputs[1];
    return in->dtype == KL_S8 && in->quant.count == 1 && filter->dtype == KL_S8 && filter->data &&
           filter->shape.rank >= 1;
}

static struct weights find_weights(const struct kl_op *op)
{
    const struct kl_tensor *filter = op->inputs[1];
    const struct kl_tensor *bias = kl_op_bias(op);
    bool depthwise = op->kind == KL_OP_DEPTHWISE_CONV_2D;
    int64_t elements = kl_shape_elements(&filter->shape);
    struct weights w = {.data = filter->data, .zero_point = kl_op_image(op)->quant.zero_point[0]};
    w.channels = filter->shape.dim[depthwise ? filter->shape.rank - 1 : 0];
    w.taps = elements / w.channels;
    w.channel_step = depthwise ? 1 : w.taps;
    w.step = depthwise ? w.channels : 1;
    if (bias && bias->dtype == KL_S32 && kl_shape_elements(&bias->shape) == w.channels) {
        w.bias = bias->data;
    }
    return w;
}

/* The larger of the two bounds for one channel. */
static int64_t channel_bound(const struct weights *w, int64_t channel)
{
    const int8_t *tap = w->data + channel * w->channel_step;
    int64_t sum = 0;
    int64_t magnitude = 0;
    for (int64_t k = 0; k < w->taps; k++) {
        int32_t value = tap[k * w->step];
        sum += value;
        magnitude += abs(value);
    }
    int64_t bias = w->bias ? w->bias[channel] : 0;
    int64_t above = INT8_MAX - w->zero_point;
    int64_t below = w->zero_point - INT8_MIN;
    int64_t plain = llabs(bias) + magnitude * (above > below ? above : below);
    int64_t folded = llabs(bias - w->zero_point * sum) + magnitude * -INT8_MIN;
    return plain > folded ? plain : folded;
}

static enum kl_err check_op(const struct kl_op *op, int32_t subgraph, struct kl_diag *diag)
{
    struct weights w = find_weights(op);
    for (int64_t channel = 0; channel < w.channels; channel++) {
        int64_t bound = channel_bound(&w, channel);
        if (bound > INT32_MAX) {
            return kl_fail(
                diag, KL_EUNSUPPORTED,
                "subgraph %d, operator %d (%s): the 32-bit accumulator of output channel "
                "%" PRId64 " could reach %" PRId64
                "; check its weights and bias, or quantise the model again",
                subgraph, op->source_index, kl_op_name(op), channel, bound);
        }
    }
    return KL_OK;
}

enum kl_err kl_graph_check_accumulators(const struct kl_graph *graph, struct kl_diag *diag)
{
    int64_t left = MAX_WEIGHTS_READ;
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        const struct kl_subgraph *subgraph = graph->subgraphs[s];
        for (int32_t i = 0; i < subgraph->op_count; i++) {
            const struct kl_op *op = subgraph->ops[i];
            if (!is_int8_product(op)) {
                continue;
            }
            left -= kl_shape_elements(&op->inputs[1]->shape);
            if (left < 0) {
                return kl_fail(diag, KL_ELIMIT,
                               "operator %d (%s): the operators read more than %" PRId64
                               " weights in all",
                               op->source_index, kl_op_name(op), MAX_WEIGHTS_READ);
            }
            KL_TRY(check_op(op, s, diag));
        }
    }
    return KL_OK;
}
