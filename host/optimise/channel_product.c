/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED, seen alike. */
#include "optimise/channels.h"

static bool is_plain_int8(const struct kl_tensor *tensor)
{
    return tensor->dtype == KL_S8 && tensor->quant.count == 1;
}

/* Weights that kernels take: symmetric, one scale or one per output channel. */
static bool weights_fit(const struct kl_tensor *weights, int32_t axis)
{
    const struct kl_quant *q = &weights->quant;
    if (weights->dtype != KL_S8 || !weights->data || q->count < 1 ||
        (q->count > 1 && q->axis != axis)) {
        return false;
    }
    for (int32_t i = 0; i < q->count; i++) {
        if (q->zero_point[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool operands_fit(const struct product *p)
{
    const struct kl_op *op = p->op;
    const struct kl_tensor *bias = op->input_count > 2 ? op->inputs[2] : NULL;
    return p->in->count > 0 && p->out->count > 0 && is_plain_int8(op->inputs[0]) &&
           is_plain_int8(op->outputs[0]) && weights_fit(op->inputs[1], p->channel_axis) &&
           (!bias || (bias->dtype == KL_S32 && bias->data &&
                      kl_shape_elements(&bias->shape) == p->out->count));
}

/* TAP_ bits of tap `k` along one axis. */
static unsigned tap_bits(int32_t k, int32_t dilation, int32_t stride, int32_t pad, int32_t in,
                         int32_t out)
{
    int64_t first = (int64_t)k * dilation - pad;
    int64_t last = first + (int64_t)(out - 1) * stride;
    /* The first position that is not before the image. */
    int64_t enters = first < 0 ? first + (-first + stride - 1) / stride * stride : first;
    unsigned inside = enters <= last && enters < in ? TAP_INSIDE : 0;
    unsigned outside = first < 0 || last >= in ? TAP_OUTSIDE : 0;
    return inside | outside;
}

static void find_window_taps(const struct kl_op *op, int32_t k_h, int32_t k_w, unsigned char *tap)
{
    const struct kl_attr_window *w = &op->attr.window;
    const struct kl_shape *in = &op->inputs[0]->shape;
    const struct kl_shape *out = &op->outputs[0]->shape;
    for (int32_t y = 0; y < k_h; y++) {
        unsigned rows =
            tap_bits(y, w->dilation_h, w->stride_h, w->pad_top, in->dim[1], out->dim[1]);
        for (int32_t x = 0; x < k_w; x++) {
            unsigned columns =
                tap_bits(x, w->dilation_w, w->stride_w, w->pad_left, in->dim[2], out->dim[2]);
            unsigned inside = rows & columns & TAP_INSIDE;
            unsigned outside = (rows | columns) & TAP_OUTSIDE;
            *tap++ = (unsigned char)(inside | outside);
        }
    }
}

static void window_form(struct product *p)
{
    const struct kl_shape *filter = &p->op->inputs[1]->shape;
    bool depthwise = p->op->kind == KL_OP_DEPTHWISE_CONV_2D;
    p->taps = filter->dim[1] * filter->dim[2];
    p->in_per_group = depthwise ? 1 : filter->dim[3];
    p->groups = p->in->count / p->in_per_group;
    p->out_per_group = p->out->count / p->groups;
    p->out_step = depthwise ? 1 : (int64_t)p->taps * p->in_per_group;
    p->tap_step = depthwise ? p->out->count : p->in_per_group;
}

/* False when a vector of the weights does not consist of whole pixels. */
static bool dense_form(struct product *p)
{
    int32_t width = p->op->inputs[1]->shape.dim[1];
    if (width % p->in->count != 0) {
        return false;
    }
    p->taps = width / p->in->count;
    p->in_per_group = p->in->count;
    p->groups = 1;
    p->out_per_group = p->out->count;
    p->out_step = width;
    p->tap_step = p->in->count;
    return true;
}

static enum kl_err find_taps(const struct channel_analysis *a, struct product *p,
                             struct kl_diag *diag)
{
    const struct kl_shape *filter = &p->op->inputs[1]->shape;
    unsigned char *tap = KL_NEW(a->scratch, unsigned char, (size_t)p->taps);
    if (!tap) {
        return KL_FAIL_MEMORY(diag);
    }
    p->tap = tap;
    if (p->op->kind != KL_OP_FULLY_CONNECTED) {
        find_window_taps(p->op, filter->dim[1], filter->dim[2], tap);
        return KL_OK;
    }
    for (int32_t i = 0; i < p->taps; i++) {
        tap[i] = TAP_INSIDE;
    }
    return KL_OK;
}

static enum kl_err find_product(const struct channel_analysis *a, const struct kl_op *op,
                                const struct product **found, struct kl_diag *diag)
{
    bool window = op->kind == KL_OP_CONV_2D || op->kind == KL_OP_DEPTHWISE_CONV_2D;
    if (!window && op->kind != KL_OP_FULLY_CONNECTED) {
        return KL_OK;
    }
    struct product *p = KL_NEW(a->scratch, struct product, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct product){.op = op,
                          .in = channels_of(a, op->inputs[0]),
                          .out = channels_of(a, op->outputs[0]),
                          .weights = op->inputs[1]->data,
                          .bias = op->input_count > 2 && op->inputs[2] ? op->inputs[2]->data : NULL,
                          .channel_axis = op->kind == KL_OP_DEPTHWISE_CONV_2D ? 3 : 0};
    if (!operands_fit(p)) {
        return KL_OK;
    }
    p->zero_point = op->inputs[0]->quant.zero_point[0];
    if (window) {
        window_form(p);
    } else if (!dense_form(p)) {
        return KL_OK;
    }
    *found = p;
    return find_taps(a, p, diag);
}

enum kl_err products_find(struct channel_analysis *a, struct kl_diag *diag)
{
    a->products = KL_NEW(a->scratch, const struct product *, (size_t)a->subgraph->op_count);
    if (!a->products) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < a->subgraph->op_count; i++) {
        KL_TRY(find_product(a, a->subgraph->ops[i], &a->products[i], diag));
    }
    return KL_OK;
}

struct product_input product_input(const struct product *p, int32_t channel, int32_t tap, int32_t i)
{
    int32_t from = channel / p->out_per_group * p->in_per_group + i;
    struct product_input x = {p->in->low[from] - p->zero_point, p->in->high[from] - p->zero_point};
    if (!(p->tap[tap] & TAP_INSIDE)) {
        return (struct product_input){0, 0};
    }
    if (p->tap[tap] & TAP_OUTSIDE) {
        x.low = x.low < 0 ? x.low : 0;
        x.high = x.high > 0 ? x.high : 0;
    }
    return x;
}

void product_bounds(const struct product *p, int32_t channel, int64_t *low, int64_t *high)
{
    *low = *high = p->bias ? p->bias[channel] : 0;
    for (int32_t t = 0; t < p->taps; t++) {
        for (int32_t i = 0; i < p->in_per_group; i++) {
            int32_t w = product_weight(p, channel, t, i);
            if (w != 0) {
                struct product_input x = product_input(p, channel, t, i);
                *low += w * (w > 0 ? x.low : x.high);
                *high += w * (w > 0 ? x.high : x.low);
            }
        }
    }
}
