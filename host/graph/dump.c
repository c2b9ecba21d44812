/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"

static void dump_reference(const struct kl_tensor *tensor, struct kl_buffer *text)
{
    if (tensor) {
        kl_buffer_printf(text, "%%%d", tensor->id);
    } else {
        kl_buffer_printf(text, "-");
    }
}

static void dump_list(struct kl_tensor *const *tensors, int32_t count, struct kl_buffer *text)
{
    for (int32_t i = 0; i < count; i++) {
        kl_buffer_printf(text, "%s", i ? ", " : "");
        dump_reference(tensors[i], text);
    }
}

static void dump_tensor(const struct kl_tensor *tensor, struct kl_buffer *text)
{
    char shape[KL_SHAPE_TEXT_BYTES];
    kl_buffer_printf(text, "  %%%d: %s%s", tensor->id, kl_dtype_name(tensor->dtype),
                     kl_shape_text(&tensor->shape, shape));
    if (tensor->quant.count == 1) {
        kl_buffer_printf(text, " scale %.9g zero %d", (double)tensor->quant.scale[0],
                         tensor->quant.zero_point[0]);
    } else if (tensor->quant.count > 1) {
        kl_buffer_printf(text, " %d scales on axis %d", tensor->quant.count, tensor->quant.axis);
    }
    kl_buffer_printf(text, "%s%s \"%s\"\n", tensor->data ? " constant" : "",
                     tensor->is_variable ? " variable" : "", tensor->name);
}

static void dump_window(const struct kl_attr_window *w, struct kl_buffer *text)
{
    kl_buffer_printf(text, " stride %dx%d pad %d,%d,%d,%d", w->stride_h, w->stride_w, w->pad_top,
                     w->pad_bottom, w->pad_left, w->pad_right);
    if (w->dilation_h != 1 || w->dilation_w != 1) {
        kl_buffer_printf(text, " dilation %dx%d", w->dilation_h, w->dilation_w);
    }
    if (w->filter_h) {
        kl_buffer_printf(text, " filter %dx%d", w->filter_h, w->filter_w);
    }
    if (w->activation != KL_ACT_NONE) {
        kl_buffer_printf(text, " %s", kl_activation_name(w->activation));
    }
}

static void dump_calls(const struct kl_op *op, struct kl_buffer *text)
{
    for (int32_t i = 0; i < kl_op_call_count(op); i++) {
        kl_buffer_printf(text, " subgraph %d", op->attr.call.subgraph[i]);
    }
}

static void dump_attributes(const struct kl_op *op, struct kl_buffer *text)
{
    enum kl_activation activation = KL_ACT_NONE;
    switch (op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_AVERAGE_POOL_2D:
    case KL_OP_MAX_POOL_2D: dump_window(&op->attr.window, text); break;
    case KL_OP_FULLY_CONNECTED: activation = op->attr.fully_connected.activation; break;
    case KL_OP_ADD:
    case KL_OP_SUB:
    case KL_OP_MUL:
    case KL_OP_DIV: activation = op->attr.binary.activation; break;
    case KL_OP_SOFTMAX: kl_buffer_printf(text, " beta %.9g", (double)op->attr.softmax.beta); break;
    case KL_OP_CONCATENATION:
    case KL_OP_PACK:
    case KL_OP_UNPACK: kl_buffer_printf(text, " axis %d", op->attr.axis.axis); break;
    case KL_OP_GATHER:
    case KL_OP_GATHER_ELEMENTS: kl_buffer_printf(text, " axis %d", op->attr.gather.axis); break;
    case KL_OP_SCATTER_ELEMENTS: kl_buffer_printf(text, " axis %d", op->attr.scatter.axis); break;
    case KL_OP_TOPK_V2: kl_buffer_printf(text, " axis %d", op->attr.topk.axis); break;
    case KL_OP_RESAMPLE: kl_buffer_printf(text, " axis %d", op->attr.resample.axis); break;
    case KL_OP_FRAME: kl_buffer_printf(text, " hop %d", op->attr.frame.hop); break;
    case KL_OP_REAL_FFT: kl_buffer_printf(text, " length %d", op->attr.real_fft.length); break;
    case KL_OP_VAR_HANDLE:
        kl_buffer_printf(text, " variable %d", op->attr.variable.variable);
        break;
    case KL_OP_CALL_ONCE:
    case KL_OP_WHILE:
    case KL_OP_IF: dump_calls(op, text); break;
    case KL_OP_ELU:
    case KL_OP_LEAKY_RELU:
        kl_buffer_printf(text, " alpha %.9g", (double)op->attr.leaky_relu.alpha);
        break;
    default: break;
    }
    if (activation != KL_ACT_NONE) {
        kl_buffer_printf(text, " %s", kl_activation_name(activation));
    }
}

static void dump_op(const struct kl_op *op, struct kl_buffer *text)
{
    kl_buffer_printf(text, "  ");
    dump_list(op->outputs, op->output_count, text);
    kl_buffer_printf(text, " = %s ", kl_op_name(op));
    dump_list(op->inputs, op->input_count, text);
    dump_attributes(op, text);
    kl_buffer_printf(text, "\n");
}

void kl_graph_dump(const struct kl_graph *graph, struct kl_buffer *text)
{
    for (int32_t s = 0; s < graph->subgraph_count; s++) {
        const struct kl_subgraph *subgraph = graph->subgraphs[s];
        kl_buffer_printf(text, "subgraph %d \"%s\"\n", s, subgraph->name);
        for (int32_t i = 0; i < subgraph->tensor_count; i++) {
            dump_tensor(subgraph->tensors[i], text);
        }
        kl_buffer_printf(text, "  inputs ");
        dump_list(subgraph->inputs, subgraph->input_count, text);
        kl_buffer_printf(text, "\n");
        for (int32_t i = 0; i < subgraph->op_count; i++) {
            dump_op(subgraph->ops[i], text);
        }
        kl_buffer_printf(text, "  outputs ");
        dump_list(subgraph->outputs, subgraph->output_count, text);
        kl_buffer_printf(text, "\n");
    }
}
