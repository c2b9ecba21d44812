/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one value, and sums, differences and products of two. */
#include <string.h>

#include "graph/const_params.h"
#include "learn/net_internal.h"

struct function {
    dnnl_alg_kind_t kind;
    float alpha, beta;
};

static struct function function_of(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_RELU6: return (struct function){dnnl_eltwise_clip, 0.0f, 6.0f};
    case KL_OP_LEAKY_RELU:
        return (struct function){dnnl_eltwise_relu, op->attr.leaky_relu.alpha, 0.0f};
    case KL_OP_HARD_SWISH: return (struct function){dnnl_eltwise_hardswish, 0.0f, 0.0f};
    case KL_OP_LOGISTIC: return (struct function){dnnl_eltwise_logistic, 0.0f, 0.0f};
    case KL_OP_TANH: return (struct function){dnnl_eltwise_tanh, 0.0f, 0.0f};
    default: return (struct function){dnnl_eltwise_relu, 0.0f, 0.0f};
    }
}

enum kl_err net_eltwise_forward(struct kl_net *net, struct node *node)
{
    struct function f = function_of(node->op);
    const struct form *in = &node->in[0]->form;
    dnnl_eltwise_desc_t desc;
    struct step *step;
    DNN_TRY(net,
            dnnl_eltwise_forward_desc_init(&desc, dnnl_forward_training, f.kind, &in->md, f.alpha,
                                           f.beta),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, NULL, node->op, &node->forward));
    KL_TRY(net_make_output(net, node, &in->md, NULL));
    KL_TRY(net_step(net, LIST_FORWARD, node->forward, true, &step));
    net_arg(step, DNNL_ARG_SRC, in->memory);
    net_arg(step, DNNL_ARG_DST, node->out->form.memory);
    return KL_OK;
}

enum kl_err net_eltwise_backward(struct kl_net *net, struct node *node)
{
    struct function f = function_of(node->op);
    const struct form *in = &node->in[0]->form;
    dnnl_eltwise_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct target target;
    struct step *step;
    if (!node->in[0]->needs_grad) {
        return KL_OK;
    }
    DNN_TRY(net, dnnl_eltwise_backward_desc_init(&desc, f.kind, &in->md, &in->md, f.alpha, f.beta),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, node->forward, node->op, &pd));
    KL_TRY(net_grad_begin(net, node->in[0], &in->md, &target));
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_SRC, in->memory);
    net_arg(step, DNNL_ARG_DIFF_DST, node->out->grad);
    net_arg(step, DNNL_ARG_DIFF_SRC, target.memory);
    return net_grad_end(net, node->in[0], &target);
}

/* dst = a * scale_a (op) b, all with the same number of dimensions; b may be broadcast. */
static enum kl_err add_binary(struct kl_net *net, int32_t lists, const struct kl_op *op,
                              dnnl_alg_kind_t kind, const struct form *a, const struct form *b,
                              const struct form *dst)
{
    dnnl_binary_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct step *step;
    DNN_TRY(net, dnnl_binary_desc_init(&desc, kind, &a->md, &b->md, &dst->md), kl_op_name(op));
    KL_TRY(net_describe(net, &desc, NULL, op, &pd));
    KL_TRY(net_step(net, lists, pd, true, &step));
    net_arg(step, DNNL_ARG_SRC_0, a->memory);
    net_arg(step, DNNL_ARG_SRC_1, b->memory);
    net_arg(step, DNNL_ARG_DST, dst->memory);
    return KL_OK;
}

static bool same_dims(const dnnl_memory_desc_t *a, const dnnl_memory_desc_t *b)
{
    return a->ndims == b->ndims &&
           memcmp(a->dims, b->dims, (size_t)a->ndims * sizeof a->dims[0]) == 0;
}

/* The layout of the output: that of the input that is not broadcast, else plain. */
static enum kl_err output_layout(struct kl_net *net, const struct node *node,
                                 dnnl_memory_desc_t *md)
{
    net_plain(net, &node->op->outputs[0]->shape, md);
    for (int i = 0; i < NODE_INPUTS; i++) {
        if (!node->in[i] || node->in[i]->form.md.ndims != md->ndims) {
            return kl_op_fail(node->op, net->diag, KL_EUNSUPPORTED,
                              "training needs two inputs with as many dimensions as the output, "
                              "none of them constant");
        }
    }
    if (same_dims(&node->in[0]->form.md, md)) {
        *md = node->in[0]->form.md;
    }
    return KL_OK;
}

static dnnl_alg_kind_t binary_of(const struct kl_op *op)
{
    return op->kind == KL_OP_ADD   ? dnnl_binary_add
           : op->kind == KL_OP_SUB ? dnnl_binary_sub
                                   : dnnl_binary_mul;
}

/* An input in the output's layout, or plain where it is broadcast. */
static enum kl_err operand(struct kl_net *net, struct node *node, int input, struct form **form)
{
    dnnl_memory_desc_t md = node->dst_md;
    if (!same_dims(&node->in[input]->form.md, &md)) {
        net_plain(net, &node->op->inputs[input]->shape, &md);
    }
    return net_form(net, LIST_FORWARD, &node->in[input]->form, &md, form);
}

/* The two operands; the first one has the output's dimensions. */
struct operands {
    struct form *of[NODE_INPUTS];
};

enum kl_err net_binary_forward(struct kl_net *net, struct node *node)
{
    struct operands *o = KL_NEW(net->arena, struct operands, 1);
    if (!o) {
        return KL_FAIL_MEMORY(net->diag);
    }
    KL_TRY(output_layout(net, node, &node->dst_md));
    for (int i = 0; i < NODE_INPUTS; i++) {
        KL_TRY(operand(net, node, i, &o->of[i]));
    }
    node->extra = o;
    if (!same_dims(&o->of[0]->md, &node->dst_md)) {
        return kl_op_fail(node->op, net->diag, KL_EUNSUPPORTED,
                          "training broadcasts the second input only");
    }
    KL_TRY(net_make_output(net, node, &node->dst_md, NULL));
    return add_binary(net, LIST_FORWARD, node->op, binary_of(node->op), o->of[0], o->of[1],
                      &node->out->form);
}

/* What is subtracted gets the negative gradient. */
static void negate(const struct kl_net *net, const void *context)
{
    const struct value *value = context;
    float *data = net->pool[value->grad_buffer].data;
    size_t count = dnnl_memory_desc_get_size(&value->form.md) / sizeof data[0];
    for (size_t i = 0; i < count; i++) {
        data[i] = -data[i];
    }
}

/* A gradient of the output's dimensions goes to an input: as it is, or summed up over what was
 * broadcast. */
static enum kl_err give(struct kl_net *net, struct node *node, int input, int32_t buffer)
{
    struct value *value = node->in[input];
    const struct operands *o = node->extra;
    const dnnl_memory_desc_t *md = &o->of[input]->md;
    dnnl_reduction_desc_t desc;
    dnnl_primitive_desc_t pd;
    struct target target;
    struct step *step;
    dnnl_memory_t from;
    if (same_dims(md, &node->dst_md)) {
        return net_grad_pass(net, value, &node->dst_md, buffer);
    }
    KL_TRY(net_pool_memory(net, &node->dst_md, buffer, &from));
    DNN_TRY(net, dnnl_reduction_desc_init(&desc, dnnl_reduction_sum, &node->dst_md, md, 0, 0),
            kl_op_name(node->op));
    KL_TRY(net_describe(net, &desc, NULL, node->op, &pd));
    KL_TRY(net_grad_begin(net, value, md, &target));
    KL_TRY(net_step(net, LIST_BACKWARD, pd, true, &step));
    net_arg(step, DNNL_ARG_SRC, from);
    net_arg(step, DNNL_ARG_DST, target.memory);
    return net_grad_end(net, value, &target);
}

/* The gradient of one factor: the output's times the other factor. */
static enum kl_err give_product(struct kl_net *net, struct node *node, int input)
{
    const struct operands *o = node->extra;
    struct form grad = {.md = node->dst_md, .memory = node->out->grad};
    struct form product = {.md = node->dst_md};
    int32_t buffer;
    KL_TRY(net_pool_take(net, &product.md, &buffer));
    KL_TRY(net_pool_memory(net, &product.md, buffer, &product.memory));
    KL_TRY(add_binary(net, LIST_BACKWARD, node->op, dnnl_binary_mul, &grad, o->of[1 - input],
                      &product));
    KL_TRY(give(net, node, input, buffer));
    net_pool_give(net, buffer);
    return KL_OK;
}

enum kl_err net_binary_backward(struct kl_net *net, struct node *node)
{
    for (int i = 0; i < NODE_INPUTS; i++) {
        bool last = i == 1;
        if (!node->in[i]->needs_grad) {
            continue;
        }
        if (node->op->kind == KL_OP_MUL) {
            KL_TRY(give_product(net, node, i));
            continue;
        }
        if (node->op->kind == KL_OP_SUB && last) {
            KL_TRY(net_own_step(net, LIST_BACKWARD, negate, node->out));
        }
        KL_TRY(give(net, node, i, node->out->grad_buffer));
    }
    return KL_OK;
}
