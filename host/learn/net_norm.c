/* SPDX-License-Identifier: Apache-2.0 */
/* BATCH_NORM, DROPOUT and SOFTMAX. */
#include <string.h>

#include "base/random.h"
#include "learn/net_internal.h"

/* How the statistics of a batch move the running ones. */
struct running {
    const float *mean, *variance; /* of the batch */
    float *running_mean, *running_variance;
    int64_t channels, values; /* of a channel in the batch */
    float momentum;
};

/* running = momentum * running + (1 - momentum) * batch; the variance is the unbiased one. */
static void move_statistics(const struct kl_net *net, const void *context)
{
    const struct running *r = context;
    float unbiased = r->values > 1 ? (float)r->values / (float)(r->values - 1) : 1.0f;
    (void)net;
    for (int64_t c = 0; c < r->channels; c++) {
        r->running_mean[c] = r->momentum * r->running_mean[c] + (1.0f - r->momentum) * r->mean[c];
        r->running_variance[c] =
            r->momentum * r->running_variance[c] + (1.0f - r->momentum) * unbiased * r->variance[c];
    }
}

/* The input as oneDNN takes it: an image, of 1 x 1 where there is none. */
static enum kl_err norm_input(struct kl_net *net, struct node *node)
{
    const struct form *in = &node->in[0]->form;
    node->src_md = in->md;
    node->src = in->memory;
    if (in->md.ndims == 4) {
        return KL_OK;
    }
    net_rows(&in->md, true, &node->src_md);
    return net_memory(net, &node->src_md, in->data, &node->src);
}

enum { NORM_FLAGS = dnnl_use_scale | dnnl_use_shift };

static enum kl_err norm_step(struct kl_net *net, struct node *node, int32_t lists, bool training,
                             dnnl_memory_t dst)
{
    dnnl_batch_normalization_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct step *step;
    DNN_TRY(net,
            dnnl_batch_normalization_forward_desc_init(
                &desc, training ? dnnl_forward_training : dnnl_forward_inference, &node->src_md,
                node->op->attr.batch_norm.epsilon,
                NORM_FLAGS | (training ? 0u : (unsigned)dnnl_use_global_stats)),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, NULL, node->op, &pd));
    KL_TRY(net_step(net, lists, pd, true, &step));
    net_arg(step, DNNL_ARG_SRC, node->src);
    net_arg(step, DNNL_ARG_SCALE, node->param[0]->form.memory);
    net_arg(step, DNNL_ARG_SHIFT, node->param[1]->form.memory);
    net_arg(step, DNNL_ARG_MEAN, training ? node->mean : node->param[2]->form.memory);
    net_arg(step, DNNL_ARG_VARIANCE, training ? node->variance : node->param[3]->form.memory);
    net_arg(step, DNNL_ARG_DST, dst);
    node->forward = training ? pd : node->forward;
    return KL_OK;
}

enum kl_err net_batch_norm_forward(struct kl_net *net, struct node *node)
{
    struct running *r = KL_NEW(net->arena, struct running, 1);
    const dnnl_memory_desc_t *channels = &node->param[0]->form.md;
    float *mean = net_floats(net, channels);
    float *variance = net_floats(net, channels);
    dnnl_memory_t dst;
    if (!r || !mean || !variance) {
        return KL_FAIL_MEMORY(net->diag);
    }
    KL_TRY(norm_input(net, node));
    KL_TRY(net_make_output(net, node, &node->in[0]->form.md, NULL));
    KL_TRY(net_memory(net, &node->src_md, node->out->form.data, &dst));
    KL_TRY(net_memory(net, channels, mean, &node->mean));
    KL_TRY(net_memory(net, channels, variance, &node->variance));
    KL_TRY(norm_step(net, node, LIST_TRAIN, true, dst));
    KL_TRY(norm_step(net, node, LIST_INFER, false, dst));
    *r = (struct running){.mean = mean,
                          .variance = variance,
                          .running_mean = node->param[2]->value,
                          .running_variance = node->param[3]->value,
                          .channels = channels->dims[0],
                          .momentum = node->op->attr.batch_norm.momentum};
    r->values = kl_shape_elements(&node->op->inputs[0]->shape) * net->options.batch / r->channels;
    return net_own_step(net, LIST_TRAIN, move_statistics, r);
}

enum kl_err net_batch_norm_backward(struct kl_net *net, struct node *node)
{
    dnnl_batch_normalization_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct target target, scale, shift;
    struct step *step;
    dnnl_memory_t grad, rows;
    const dnnl_memory_desc_t *channels = &node->param[0]->form.md;
    DNN_TRY(net,
            dnnl_batch_normalization_backward_desc_init(
                &desc, dnnl_backward, &node->src_md, &node->src_md,
                node->op->attr.batch_norm.epsilon, NORM_FLAGS),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, node->forward, node->op, &pd));
    KL_TRY(net_pool_memory(net, &node->src_md, node->out->grad_buffer, &grad));
    KL_TRY(net_grad_begin(net, node->in[0], &node->in[0]->form.md, &target));
    KL_TRY(net_pool_memory(net, &node->src_md, target.buffer, &rows));
    KL_TRY(net_param_begin(net, node->param[0], channels, &scale));
    KL_TRY(net_param_begin(net, node->param[1], channels, &shift));
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_SRC, node->src);
    net_arg(step, DNNL_ARG_MEAN, node->mean);
    net_arg(step, DNNL_ARG_VARIANCE, node->variance);
    net_arg(step, DNNL_ARG_SCALE, node->param[0]->form.memory);
    net_arg(step, DNNL_ARG_SHIFT, node->param[1]->form.memory); /* not read, but asked for */
    net_arg(step, DNNL_ARG_DIFF_DST, grad);
    net_arg(step, DNNL_ARG_DIFF_SRC, rows);
    net_arg(step, DNNL_ARG_DIFF_SCALE, scale.memory);
    net_arg(step, DNNL_ARG_DIFF_SHIFT, shift.memory);
    KL_TRY(net_param_end(net, node->param[0], &scale));
    KL_TRY(net_param_end(net, node->param[1], &shift));
    return net_grad_end(net, node->in[0], &target);
}

struct dropout {
    const struct value *in, *out;
    float *mask; /* 0, or 1 / (1 - rate): means stay as they are */
    size_t count;
    float rate;
    uint64_t number;
};

static void drop(const struct kl_net *net, const void *context)
{
    const struct dropout *d = context;
    uint64_t stream = kl_random_stream(net->dropout_stream, d->number);
    float kept = 1.0f / (1.0f - d->rate);
    for (size_t i = 0; i < d->count; i++) {
        d->mask[i] = kl_random_unit(stream, i) < d->rate ? 0.0f : kept;
        d->out->form.data[i] = d->in->form.data[i] * d->mask[i];
    }
}

static void keep(const struct kl_net *net, const void *context)
{
    const struct dropout *d = context;
    (void)net;
    memcpy(d->out->form.data, d->in->form.data, d->count * sizeof(float));
}

/* In place, in the gradient of the output. */
static void drop_grad(const struct kl_net *net, const void *context)
{
    const struct dropout *d = context;
    float *grad = net->pool[d->out->grad_buffer].data;
    for (size_t i = 0; i < d->count; i++) {
        grad[i] *= d->mask[i];
    }
}

enum kl_err net_dropout_forward(struct kl_net *net, struct node *node)
{
    struct dropout *d = KL_NEW(net->arena, struct dropout, 1);
    const dnnl_memory_desc_t *md = &node->in[0]->form.md;
    if (!d) {
        return KL_FAIL_MEMORY(net->diag);
    }
    KL_TRY(net_make_output(net, node, md, NULL));
    *d = (struct dropout){.in = node->in[0],
                          .out = node->out,
                          .mask = net_floats(net, md),
                          .count = dnnl_memory_desc_get_size(md) / sizeof(float),
                          .rate = node->op->attr.dropout.rate,
                          .number = (uint64_t)node->number};
    if (!d->mask) {
        return net->diag->err;
    }
    node->extra = d;
    KL_TRY(net_own_step(net, LIST_TRAIN, drop, d));
    return net_own_step(net, LIST_INFER, keep, d);
}

enum kl_err net_dropout_backward(struct kl_net *net, struct node *node)
{
    KL_TRY(net_own_step(net, LIST_BACKWARD, drop_grad, node->extra));
    return net_grad_pass(net, node->in[0], &node->out->form.md, node->out->grad_buffer);
}

enum kl_err net_softmax_forward(struct kl_net *net, struct node *node)
{
    dnnl_softmax_desc_t desc;
    struct form *in;
    struct step *step;
    net_plain(net, &node->op->inputs[0]->shape, &node->src_md);
    KL_TRY(net_form(net, LIST_FORWARD, &node->in[0]->form, &node->src_md, &in));
    DNN_TRY(net,
            dnnl_softmax_forward_desc_init(&desc, dnnl_forward_training, &node->src_md,
                                           node->src_md.ndims == 4 ? 1 : node->src_md.ndims - 1),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, NULL, node->op, &node->forward));
    KL_TRY(net_make_output(net, node, &node->src_md, NULL));
    KL_TRY(net_step(net, LIST_FORWARD, node->forward, true, &step));
    net_arg(step, DNNL_ARG_SRC, in->memory);
    net_arg(step, DNNL_ARG_DST, node->out->form.memory);
    return KL_OK;
}

enum kl_err net_softmax_backward(struct kl_net *net, struct node *node)
{
    dnnl_softmax_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct target target;
    struct step *step;
    if (!node->in[0]->needs_grad) {
        return KL_OK;
    }
    DNN_TRY(net,
            dnnl_softmax_backward_desc_init(&desc, &node->src_md, &node->src_md,
                                            node->src_md.ndims == 4 ? 1 : node->src_md.ndims - 1),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, node->forward, node->op, &pd));
    KL_TRY(net_grad_begin(net, node->in[0], &node->src_md, &target));
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_DST, node->out->form.memory);
    net_arg(step, DNNL_ARG_DIFF_DST, node->out->grad);
    net_arg(step, DNNL_ARG_DIFF_SRC, target.memory);
    return net_grad_end(net, node->in[0], &target);
}
