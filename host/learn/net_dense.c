/* SPDX-License-Identifier: Apache-2.0 */
/* FULLY_CONNECTED: all is rows. oneDNN's product of matrices takes weights either way; a layout of
 * its own choice costs two transposes in each step. */
#include "learn/net_internal.h"

struct dense {
    dnnl_memory_desc_t src, dst, bias, weights;
};

/* The input is rows of as many values as a unit takes. */
static void describe(const struct kl_net *net, const struct node *node, struct dense *d)
{
    dnnl_dim_t columns = node->op->inputs[1]->shape.dim[1];
    dnnl_dim_t units = node->op->inputs[1]->shape.dim[0];
    dnnl_dim_t rows = kl_shape_elements(&node->op->inputs[0]->shape) * net->options.batch / columns;
    dnnl_memory_desc_init_by_tag(&d->src, 2, (dnnl_dims_t){rows, columns}, dnnl_f32, dnnl_ab);
    dnnl_memory_desc_init_by_tag(&d->dst, 2, (dnnl_dims_t){rows, units}, dnnl_f32, dnnl_ab);
    dnnl_memory_desc_init_by_tag(&d->bias, 1, (dnnl_dims_t){units}, dnnl_f32, dnnl_a);
    d->weights = node->param[0]->form.md;
}

enum kl_err net_dense_forward(struct kl_net *net, struct node *node)
{
    struct dense d;
    struct form *src, *weights;
    struct step *step;
    dnnl_inner_product_desc_t desc;
    dnnl_memory_desc_t plain, out;
    dnnl_memory_t dst;
    describe(net, node, &d);
    DNN_TRY(net,
            dnnl_inner_product_forward_desc_init(&desc, dnnl_forward_training, &d.src, &d.weights,
                                                 node->param[1] ? &d.bias : NULL, &d.dst),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, NULL, node->op, &node->forward));
    net_plain(net, &node->op->inputs[0]->shape, &plain);
    net_plain(net, &node->op->outputs[0]->shape, &out);
    KL_TRY(net_form(net, LIST_FORWARD, &node->in[0]->form, &plain, &src));
    KL_TRY(net_form(net, LIST_FORWARD, &node->param[0]->form,
                    dnnl_primitive_desc_query_md(node->forward, dnnl_query_weights_md, 0),
                    &weights));
    KL_TRY(net_make_output(net, node, &out, NULL));
    KL_TRY(net_memory(net, &d.src, src->data, &node->src));
    KL_TRY(net_memory(net, &d.dst, node->out->form.data, &dst));
    KL_TRY(net_step(net, LIST_FORWARD, node->forward, true, &step));
    net_arg(step, DNNL_ARG_SRC, node->src);
    net_arg(step, DNNL_ARG_WEIGHTS, weights->memory);
    if (node->param[1]) {
        net_arg(step, DNNL_ARG_BIAS, node->param[1]->form.memory);
    }
    net_arg(step, DNNL_ARG_DST, dst);
    return KL_OK;
}

static enum kl_err backward_data(struct kl_net *net, struct node *node, const struct dense *d,
                                 dnnl_memory_t grad)
{
    dnnl_inner_product_desc_t desc;
    dnnl_primitive_desc_t pd;
    dnnl_memory_desc_t plain;
    struct form *weights;
    struct target target;
    struct step *step;
    dnnl_memory_t rows;
    DNN_TRY(net, dnnl_inner_product_backward_data_desc_init(&desc, &d->src, &d->weights, &d->dst),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, node->forward, node->op, &pd));
    KL_TRY(net_form(net, LIST_BACKWARD, &node->param[0]->form,
                    dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0), &weights));
    net_plain(net, &node->op->inputs[0]->shape, &plain);
    KL_TRY(net_grad_begin(net, node->in[0], &plain, &target));
    KL_TRY(net_pool_memory(net, &d->src, target.buffer, &rows));
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_DIFF_DST, grad);
    net_arg(step, DNNL_ARG_WEIGHTS, weights->memory);
    net_arg(step, DNNL_ARG_DIFF_SRC, rows);
    return net_grad_end(net, node->in[0], &target);
}

static enum kl_err backward_weights(struct kl_net *net, struct node *node, const struct dense *d,
                                    dnnl_memory_t grad)
{
    dnnl_inner_product_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct target weights, bias;
    struct step *step;
    DNN_TRY(net,
            dnnl_inner_product_backward_weights_desc_init(
                &desc, &d->src, &d->weights, node->param[1] ? &d->bias : NULL, &d->dst),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, node->forward, node->op, &pd));
    KL_TRY(net_param_begin(net, node->param[0],
                           dnnl_primitive_desc_query_md(pd, dnnl_query_diff_weights_md, 0),
                           &weights));
    if (node->param[1]) {
        KL_TRY(net_param_begin(net, node->param[1], &d->bias, &bias));
    }
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_SRC, node->src);
    net_arg(step, DNNL_ARG_DIFF_DST, grad);
    net_arg(step, DNNL_ARG_DIFF_WEIGHTS, weights.memory);
    if (node->param[1]) {
        net_arg(step, DNNL_ARG_DIFF_BIAS, bias.memory);
        KL_TRY(net_param_end(net, node->param[1], &bias));
    }
    return net_param_end(net, node->param[0], &weights);
}

enum kl_err net_dense_backward(struct kl_net *net, struct node *node)
{
    struct dense d;
    dnnl_memory_t grad;
    describe(net, node, &d);
    KL_TRY(net_pool_memory(net, &d.dst, node->out->grad_buffer, &grad));
    KL_TRY(backward_weights(net, node, &d, grad));
    return node->in[0]->needs_grad ? backward_data(net, node, &d, grad) : KL_OK;
}
