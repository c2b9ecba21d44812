/* SPDX-License-Identifier: Apache-2.0 */
/* CONV_2D and DEPTHWISE_CONV_2D: oneDNN chooses all layouts. */
#include "learn/net_internal.h"

/* What the three primitives of a convolution share. */
struct conv {
    dnnl_memory_desc_t src, weights, bias, dst; /* plain */
    dnnl_memory_desc_t any_src, any_weights, any_dst;
    dnnl_dims_t strides, dilates, before, after;
};

/* The graph's weights in oneDNN's order of dimensions: (groups,) outputs, inputs, height, width. */
static void weights_view(const struct kl_op *op, dnnl_memory_desc_t *md)
{
    const int32_t *f = op->inputs[1]->shape.dim;
    int32_t in_c = op->inputs[0]->shape.dim[3];
    if (op->kind == KL_OP_DEPTHWISE_CONV_2D) {
        dnnl_dim_t multiplier = f[3] / in_c;
        dnnl_dims_t dims = {in_c, multiplier, 1, f[1], f[2]};
        dnnl_dims_t strides = {multiplier, 1, 1, (dnnl_dim_t)f[2] * f[3], f[3]};
        dnnl_memory_desc_init_by_strides(md, 5, dims, dnnl_f32, strides);
        return;
    }
    dnnl_dim_t unit = (dnnl_dim_t)f[1] * f[2] * f[3];
    dnnl_dim_t groups = in_c / f[3];
    dnnl_dims_t dims = {groups, f[0] / groups, f[3], f[1], f[2]};
    dnnl_dims_t strides = {f[0] / groups * unit, unit, 1, (dnnl_dim_t)f[2] * f[3], f[3]};
    int skip = groups == 1 ? 1 : 0;
    dnnl_memory_desc_init_by_strides(md, 5 - skip, dims + skip, dnnl_f32, strides + skip);
}

static void describe(const struct kl_net *net, const struct kl_op *op, struct conv *c)
{
    const struct kl_attr_window *w = &op->attr.window;
    net_plain(net, &op->inputs[0]->shape, &c->src);
    net_plain(net, &op->outputs[0]->shape, &c->dst);
    weights_view(op, &c->weights);
    dnnl_dims_t channels = {op->outputs[0]->shape.dim[3]};
    dnnl_memory_desc_init_by_tag(&c->bias, 1, channels, dnnl_f32, dnnl_a);
    net_any(&c->src, &c->any_src);
    net_any(&c->weights, &c->any_weights);
    net_any(&c->dst, &c->any_dst);
    c->strides[0] = w->stride_h;
    c->strides[1] = w->stride_w;
    c->dilates[0] = w->dilation_h - 1;
    c->dilates[1] = w->dilation_w - 1;
    c->before[0] = w->pad_top;
    c->before[1] = w->pad_left;
    c->after[0] = w->pad_bottom;
    c->after[1] = w->pad_right;
}

/* The weights' own layout becomes oneDNN's order: the bytes stay where they are. */
static enum kl_err view_weights(struct kl_net *net, struct param *param,
                                const dnnl_memory_desc_t *md)
{
    param->form.md = *md;
    KL_TRY(net_memory(net, md, param->value, &param->form.memory));
    return net_memory(net, md, param->grad, &param->grad_memory);
}

static enum kl_err add_forward(struct kl_net *net, struct node *node)
{
    struct form *src, *weights;
    struct step *step;
    dnnl_primitive_desc_t pd = node->forward;
    KL_TRY(net_form(net, LIST_FORWARD, &node->in[0]->form,
                    dnnl_primitive_desc_query_md(pd, dnnl_query_src_md, 0), &src));
    KL_TRY(net_form(net, LIST_FORWARD, &node->param[0]->form,
                    dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0), &weights));
    KL_TRY(
        net_make_output(net, node, dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0), NULL));
    KL_TRY(net_step(net, LIST_FORWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_SRC, src->memory);
    net_arg(step, DNNL_ARG_WEIGHTS, weights->memory);
    if (node->param[1]) {
        net_arg(step, DNNL_ARG_BIAS, node->param[1]->form.memory);
    }
    net_arg(step, DNNL_ARG_DST, node->out->form.memory);
    return KL_OK;
}

enum kl_err net_conv_forward(struct kl_net *net, struct node *node)
{
    struct conv c = {0};
    dnnl_convolution_desc_t desc;
    describe(net, node->op, &c);
    KL_TRY(view_weights(net, node->param[0], &c.weights));
    DNN_TRY(net,
            dnnl_dilated_convolution_forward_desc_init(
                &desc, dnnl_forward_training, dnnl_convolution_direct, &c.any_src, &c.any_weights,
                node->param[1] ? &c.bias : NULL, &c.any_dst, c.strides, c.dilates, c.before,
                c.after),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, NULL, node->op, &node->forward));
    return add_forward(net, node);
}

static enum kl_err backward_data(struct kl_net *net, struct node *node, const struct conv *c)
{
    dnnl_convolution_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct form *weights;
    struct target target;
    struct step *step;
    dnnl_memory_t grad;
    int32_t buffer;
    DNN_TRY(net,
            dnnl_dilated_convolution_backward_data_desc_init(
                &desc, dnnl_convolution_direct, &c->any_src, &c->any_weights, &c->any_dst,
                c->strides, c->dilates, c->before, c->after),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, node->forward, node->op, &pd));
    KL_TRY(net_form(net, LIST_BACKWARD, &node->param[0]->form,
                    dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0), &weights));
    KL_TRY(net_grad_of(net, node->out, dnnl_primitive_desc_query_md(pd, dnnl_query_diff_dst_md, 0),
                       &grad, &buffer));
    KL_TRY(net_grad_begin(net, node->in[0],
                          dnnl_primitive_desc_query_md(pd, dnnl_query_diff_src_md, 0), &target));
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_DIFF_DST, grad);
    net_arg(step, DNNL_ARG_WEIGHTS, weights->memory);
    net_arg(step, DNNL_ARG_DIFF_SRC, target.memory);
    if (buffer != node->out->grad_buffer) {
        net_pool_give(net, buffer);
    }
    return net_grad_end(net, node->in[0], &target);
}

static enum kl_err backward_weights(struct kl_net *net, struct node *node, const struct conv *c)
{
    dnnl_convolution_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct form *src;
    struct target weights, bias;
    struct step *step;
    dnnl_memory_t grad;
    int32_t buffer;
    DNN_TRY(net,
            dnnl_dilated_convolution_backward_weights_desc_init(
                &desc, dnnl_convolution_direct, &c->any_src, &c->any_weights,
                node->param[1] ? &c->bias : NULL, &c->any_dst, c->strides, c->dilates, c->before,
                c->after),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, node->forward, node->op, &pd));
    KL_TRY(net_form(net, LIST_BACKWARD, &node->in[0]->form,
                    dnnl_primitive_desc_query_md(pd, dnnl_query_src_md, 0), &src));
    KL_TRY(net_grad_of(net, node->out, dnnl_primitive_desc_query_md(pd, dnnl_query_diff_dst_md, 0),
                       &grad, &buffer));
    KL_TRY(net_param_begin(net, node->param[0],
                           dnnl_primitive_desc_query_md(pd, dnnl_query_diff_weights_md, 0),
                           &weights));
    if (node->param[1]) {
        KL_TRY(net_param_begin(net, node->param[1], &c->bias, &bias));
    }
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_SRC, src->memory);
    net_arg(step, DNNL_ARG_DIFF_DST, grad);
    net_arg(step, DNNL_ARG_DIFF_WEIGHTS, weights.memory);
    if (node->param[1]) {
        net_arg(step, DNNL_ARG_DIFF_BIAS, bias.memory);
        KL_TRY(net_param_end(net, node->param[1], &bias));
    }
    if (buffer != node->out->grad_buffer) {
        net_pool_give(net, buffer);
    }
    return net_param_end(net, node->param[0], &weights);
}

enum kl_err net_conv_backward(struct kl_net *net, struct node *node)
{
    struct conv c = {0};
    describe(net, node->op, &c);
    KL_TRY(backward_weights(net, node, &c));
    return node->in[0]->needs_grad ? backward_data(net, node, &c) : KL_OK;
}
