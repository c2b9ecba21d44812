/* SPDX-License-Identifier: Apache-2.0 */
/* AVERAGE_POOL_2D and MAX_POOL_2D, and MEAN over an image as a pool over all of it. */
#include "graph/const_params.h"
#include "learn/net_internal.h"

struct pool {
    dnnl_alg_kind_t kind;
    dnnl_dims_t strides, kernel, before, after;
};

static struct pool of_window(const struct kl_op *op)
{
    const struct kl_attr_window *w = &op->attr.window;
    return (struct pool){
        .kind = op->kind == KL_OP_MAX_POOL_2D ? dnnl_pooling_max : dnnl_pooling_avg_exclude_padding,
        .strides = {w->stride_h, w->stride_w},
        .kernel = {w->filter_h, w->filter_w},
        .before = {w->pad_top, w->pad_left},
        .after = {w->pad_bottom, w->pad_right},
    };
}

static struct pool of_image(const dnnl_memory_desc_t *src)
{
    return (struct pool){.kind = dnnl_pooling_avg_exclude_padding,
                         .strides = {1, 1},
                         .kernel = {src->dims[2], src->dims[3]}};
}

/* The primitive from node->src_md to node->dst_md, which may be left to oneDNN. */
static enum kl_err describe_forward(struct kl_net *net, struct node *node, const struct pool *p)
{
    dnnl_pooling_desc_t desc;
    DNN_TRY(net,
            dnnl_pooling_forward_desc_init(&desc, dnnl_forward_training, p->kind, &node->src_md,
                                           &node->dst_md, p->strides, p->kernel, p->before,
                                           p->after),
            kl_op_name(node->op));
    return net_describe(net, &desc, NULL, node->op, &node->forward);
}

static enum kl_err add_forward(struct kl_net *net, struct node *node, dnnl_memory_t src,
                               dnnl_memory_t dst)
{
    struct step *step;
    const dnnl_memory_desc_t *workspace =
        dnnl_primitive_desc_query_md(node->forward, dnnl_query_workspace_md, 0);
    KL_TRY(net_step(net, LIST_FORWARD, node->forward, true, &step));
    net_arg(step, DNNL_ARG_SRC, src);
    net_arg(step, DNNL_ARG_DST, dst);
    if (workspace && workspace->ndims > 0) {
        float *data = net_floats(net, workspace);
        if (!data) {
            return net->diag->err;
        }
        KL_TRY(net_memory(net, workspace, data, &node->workspace));
        net_arg(step, DNNL_ARG_WORKSPACE, node->workspace);
    }
    return KL_OK;
}

static enum kl_err add_backward(struct kl_net *net, struct node *node, const struct pool *p,
                                dnnl_memory_t grad, dnnl_memory_t target)
{
    dnnl_pooling_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct step *step;
    dnnl_alg_kind_t kind = p->kind;
    DNN_TRY(net,
            dnnl_pooling_backward_desc_init(&desc, kind, &node->src_md, &node->dst_md, p->strides,
                                            p->kernel, p->before, p->after),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, node->forward, node->op, &pd));
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_DIFF_DST, grad);
    net_arg(step, DNNL_ARG_DIFF_SRC, target);
    if (node->workspace) {
        net_arg(step, DNNL_ARG_WORKSPACE, node->workspace);
    }
    return KL_OK;
}

enum kl_err net_pool_forward(struct kl_net *net, struct node *node)
{
    struct pool p = of_window(node->op);
    dnnl_memory_desc_t plain;
    net_plain(net, &node->op->outputs[0]->shape, &plain);
    node->src_md = node->in[0]->form.md;
    net_any(&plain, &node->dst_md);
    KL_TRY(describe_forward(net, node, &p));
    node->dst_md = *dnnl_primitive_desc_query_md(node->forward, dnnl_query_dst_md, 0);
    KL_TRY(net_make_output(net, node, &node->dst_md, NULL));
    return add_forward(net, node, node->in[0]->form.memory, node->out->form.memory);
}

enum kl_err net_pool_backward(struct kl_net *net, struct node *node)
{
    struct pool p = of_window(node->op);
    struct target target;
    if (!node->in[0]->needs_grad) {
        return KL_OK;
    }
    KL_TRY(net_grad_begin(net, node->in[0], &node->src_md, &target));
    KL_TRY(add_backward(net, node, &p, node->out->grad, target.memory));
    return net_grad_end(net, node->in[0], &target);
}

/* A series of [batch, time, channels] as an image one column wide. */
static void series_image(const dnnl_memory_desc_t *series, dnnl_memory_desc_t *image)
{
    dnnl_dim_t n = series->dims[0], t = series->dims[1], c = series->dims[2];
    dnnl_dims_t dims = {n, c, t, 1};
    dnnl_dims_t strides = {t * c, 1, c, c};
    dnnl_memory_desc_init_by_strides(image, 4, dims, dnnl_f32, strides);
}

/* Exactly the dimensions between batch and channels. */
static enum kl_err check_axes(struct kl_net *net, const struct kl_op *op)
{
    bool reduced[KL_MAX_RANK];
    int32_t rank = op->inputs[0]->shape.rank;
    bool right = rank == 3 || rank == 4;
    KL_TRY(kl_op_reduced(op, reduced, net->diag));
    for (int32_t i = 0; i < rank; i++) {
        right = right && reduced[i] == (i > 0 && i < rank - 1);
    }
    return right ? KL_OK
                 : kl_op_fail(op, net->diag, KL_EUNSUPPORTED,
                              "training only computes means over height and width, or over time");
}

enum kl_err net_mean_forward(struct kl_net *net, struct node *node)
{
    dnnl_memory_desc_t out;
    dnnl_memory_t src = node->in[0]->form.memory, dst;
    KL_TRY(check_axes(net, node->op));
    node->src_md = node->in[0]->form.md;
    if (node->src_md.ndims == 3) {
        series_image(&node->in[0]->form.md, &node->src_md);
        KL_TRY(net_memory(net, &node->src_md, node->in[0]->form.data, &src));
    }
    net_plain(net, &node->op->outputs[0]->shape, &out);
    net_rows(&out, true, &node->dst_md);
    struct pool p = of_image(&node->src_md);
    KL_TRY(describe_forward(net, node, &p));
    KL_TRY(net_make_output(net, node, &out, NULL));
    KL_TRY(net_memory(net, &node->dst_md, node->out->form.data, &dst));
    return add_forward(net, node, src, dst);
}

enum kl_err net_mean_backward(struct kl_net *net, struct node *node)
{
    struct pool p = of_image(&node->src_md);
    struct target target;
    dnnl_memory_t grad, image;
    if (!node->in[0]->needs_grad) {
        return KL_OK;
    }
    KL_TRY(net_pool_memory(net, &node->dst_md, node->out->grad_buffer, &grad));
    KL_TRY(net_grad_begin(net, node->in[0], &node->in[0]->form.md, &target));
    KL_TRY(net_pool_memory(net, &node->src_md, target.buffer, &image));
    KL_TRY(add_backward(net, node, &p, grad, image));
    return net_grad_end(net, node->in[0], &target);
}
