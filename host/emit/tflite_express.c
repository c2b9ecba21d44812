/* SPDX-License-Identifier: Apache-2.0 */
/* What .tflite files cannot say: refused by name, or for paddings said by operators. */
#include <float.h>
#include <string.h>

#include "emit/tflite_internal.h"
#include "formats/tflite_operators.h"
#include "formats/tflite_schema.h"
#include "graph/build.h"

static bool is_window(const struct kl_op *op)
{
    uint8_t options = tfl_options_of(op->kind);
    return options == TFL_OPTIONS_CONV_2D || options == TFL_OPTIONS_DEPTHWISE_CONV_2D ||
           options == TFL_OPTIONS_TRANSPOSE_CONV || options == TFL_OPTIONS_POOL_2D;
}

/* As SAME pads along one dimension (tensorflow/lite/kernels/padding.h). */
static bool is_same(int64_t in, int64_t filter, int64_t stride, int64_t dilation, int32_t before,
                    int32_t after)
{
    int64_t total = ((in + stride - 1) / stride - 1) * stride + (filter - 1) * dilation + 1 - in;
    total = total > 0 ? total : 0;
    return before == total / 2 && after == total - total / 2;
}

int32_t tfl_padding_of(const struct kl_op *op)
{
    const struct kl_attr_window *w = &op->attr.window;
    bool transposed = op->kind == KL_OP_TRANSPOSE_CONV;
    const struct kl_shape *in = transposed ? &op->outputs[0]->shape : &op->inputs[0]->shape;
    bool filtered = op->input_count > 1;
    int32_t filter_h = filtered ? op->inputs[1]->shape.dim[1] : w->filter_h;
    int32_t filter_w = filtered ? op->inputs[1]->shape.dim[2] : w->filter_w;
    if (!w->pad_top && !w->pad_bottom && !w->pad_left && !w->pad_right) {
        return TFL_PADDING_VALID;
    }
    return is_same(in->dim[1], filter_h, w->stride_h, w->dilation_h, w->pad_top, w->pad_bottom) &&
                   is_same(in->dim[2], filter_w, w->stride_w, w->dilation_w, w->pad_left,
                           w->pad_right)
               ? TFL_PADDING_SAME
               : -1;
}

const char *tfl_inexpressible(const struct kl_op *op)
{
    int32_t code;
    const char *custom;
    if (op->kind == KL_OP_UNKNOWN) {
        return "it is not known here";
    }
    if (!tfl_code(op->kind, &code, &custom)) {
        return "TFLite has no such operator";
    }
    if (kl_op_was_uint8(op)) {
        return "it rounds as uint8 does";
    }
    if (is_window(op) && tfl_padding_of(op) < 0) {
        return "its padding is neither SAME nor VALID";
    }
    switch (op->kind) {
    case KL_OP_QUANTIZE:
        return op->attr.quantize.halves_to_even ? "it rounds halves to even" : NULL;
    case KL_OP_ARG_MAX:
    case KL_OP_ARG_MIN: return op->attr.arg.last ? "it takes the last of equal elements" : NULL;
    case KL_OP_TOPK_V2:
        return op->attr.topk.smallest || (op->attr.topk.axis != -1 &&
                                          op->attr.topk.axis != op->inputs[0]->shape.rank - 1)
                   ? "it does not take the largest along the last dimension"
                   : NULL;
    case KL_OP_ELU: return op->attr.leaky_relu.alpha != 1.0f ? "its alpha is not 1" : NULL;
    case KL_OP_GATHER_ND: return op->attr.gather.batch_dims ? "it has batch dimensions" : NULL;
    default: return NULL;
    }
}

/* Can the window's padding stand in front of it? Averages leave out what is padded. */
static bool can_pad_before(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D: return op->inputs[0]->quant.count <= 1;
    case KL_OP_MAX_POOL_2D:
        return op->inputs[0]->dtype == KL_F32 || op->inputs[0]->dtype == KL_S8 ||
               op->inputs[0]->dtype == KL_S16;
    default: return false;
    }
}

/* What a pool of maxima never takes. */
static struct kl_tensor *add_lowest(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                    const struct kl_tensor *in)
{
    const float f32 = -FLT_MAX;
    const int16_t s16 = INT16_MIN;
    const int8_t s8 = INT8_MIN;
    const void *value = in->dtype == KL_F32   ? (const void *)&f32
                        : in->dtype == KL_S16 ? (const void *)&s16
                                              : (const void *)&s8;
    const void *copy = kl_arena_copy(graph->arena, value, kl_dtype_bytes(in->dtype));
    struct kl_tensor *tensor = copy ? kl_constant_add(graph, subgraph, "padding value", in->dtype,
                                                      (struct kl_shape){0}, copy)
                                    : NULL;
    if (tensor) {
        tensor->quant = in->quant;
    }
    return tensor;
}

static struct kl_tensor *add_amounts(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                     const struct kl_attr_window *w)
{
    const int32_t amounts[] = {0, 0, w->pad_top, w->pad_bottom, w->pad_left, w->pad_right, 0, 0};
    const void *copy = kl_arena_copy(graph->arena, amounts, sizeof amounts);
    return copy ? kl_constant_add(graph, subgraph, "paddings", KL_S32, (struct kl_shape){2, {4, 2}},
                                  copy)
                : NULL;
}

/* A new operator PAD or PADV2 in front of the window, in *pad; it is in no list yet. */
static enum kl_err pad_before(struct kl_graph *graph, struct kl_subgraph *subgraph,
                              struct kl_op *op, struct kl_op **pad, struct kl_diag *diag)
{
    struct kl_attr_window *w = &op->attr.window;
    struct kl_tensor *in = op->inputs[0];
    bool pool = op->kind == KL_OP_MAX_POOL_2D;
    struct kl_shape shape = in->shape;
    shape.dim[1] += w->pad_top + w->pad_bottom;
    shape.dim[2] += w->pad_left + w->pad_right;
    struct kl_tensor *out = kl_tensor_add(graph, subgraph, in->name, in->dtype, shape);
    struct kl_tensor *amounts = add_amounts(graph, subgraph, w);
    struct kl_tensor *value = pool ? add_lowest(graph, subgraph, in) : NULL;
    struct kl_tensor *inputs[] = {in, amounts, value};
    if (!out || !amounts || (pool && !value)) {
        return KL_FAIL_MEMORY(diag);
    }
    out->quant = in->quant;
    *pad = kl_op_new(graph->arena, pool ? KL_OP_PADV2 : KL_OP_PAD, pool ? 3 : 2, inputs, out);
    if (!*pad) {
        return KL_FAIL_MEMORY(diag);
    }
    op->inputs[0] = out;
    w->pad_top = w->pad_bottom = w->pad_left = w->pad_right = 0;
    return KL_OK;
}

static enum kl_err make_paddings(struct kl_graph *graph, struct kl_subgraph *subgraph,
                                 struct kl_diag *diag)
{
    struct kl_op **ops = KL_NEW(graph->arena, struct kl_op *, 2 * (size_t)subgraph->op_count + 1);
    int32_t count = 0;
    if (!ops) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < subgraph->op_count; i++) {
        struct kl_op *op = subgraph->ops[i];
        if (is_window(op) && tfl_padding_of(op) < 0 && can_pad_before(op)) {
            KL_TRY(pad_before(graph, subgraph, op, &ops[count++], diag));
        }
        ops[count++] = op;
    }
    subgraph->ops = ops;
    subgraph->op_count = count;
    return KL_OK;
}

enum kl_err tfl_make_paddings(struct kl_graph *graph, struct kl_diag *diag)
{
    for (int32_t i = 0; i < graph->subgraph_count; i++) {
        KL_TRY(make_paddings(graph, graph->subgraphs[i], diag));
    }
    return kl_graph_verify(graph, diag);
}
