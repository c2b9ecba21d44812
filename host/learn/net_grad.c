/* SPDX-License-Identifier: Apache-2.0 */
/* Where gradients go: several readers of a value each add theirs. */
#include "learn/net_internal.h"

/* to += from, of one layout. */
static enum kl_err add_to(struct kl_net *net, const dnnl_memory_desc_t *md, dnnl_memory_t from,
                          dnnl_memory_t to)
{
    static const struct kl_op add = {.kind = KL_OP_ADD};
    dnnl_binary_desc_t desc;
    dnnl_primitive_desc_t description;
    struct step *step;
    DNN_TRY(net, dnnl_binary_desc_init(&desc, dnnl_binary_add, md, md, md), "sum of gradients");
    KL_TRY(net_describe(net, &desc, NULL, &add, &description));
    KL_TRY(net_step(net, LIST_BACKWARD, description, false, &step));
    net_arg(step, DNNL_ARG_SRC_0, to);
    net_arg(step, DNNL_ARG_SRC_1, from);
    net_arg(step, DNNL_ARG_DST, to);
    return KL_OK;
}

/* The value's gradient gets a buffer. */
static enum kl_err open_grad(struct kl_net *net, struct value *value)
{
    KL_TRY(net_pool_take(net, &value->form.md, &value->grad_buffer));
    return net_pool_memory(net, &value->form.md, value->grad_buffer, &value->grad);
}

enum kl_err net_grad_begin(struct kl_net *net, struct value *value, const dnnl_memory_desc_t *md,
                           struct target *target)
{
    *target = (struct target){.md = *md, .buffer = -1};
    if (!value->grad_begun && dnnl_memory_desc_equal(md, &value->form.md)) {
        target->direct = true;
        KL_TRY(open_grad(net, value));
        target->buffer = value->grad_buffer;
        target->memory = value->grad;
        return KL_OK;
    }
    KL_TRY(net_pool_take(net, md, &target->buffer));
    return net_pool_memory(net, md, target->buffer, &target->memory);
}

/* Join a gradient of another layout, or of the same, with what is there. */
static enum kl_err join(struct kl_net *net, struct value *value, const dnnl_memory_desc_t *md,
                        dnnl_memory_t memory)
{
    int32_t buffer;
    dnnl_memory_t same;
    if (!value->grad_begun) {
        KL_TRY(open_grad(net, value));
        value->grad_begun = true;
        return net_reorder(net, LIST_BACKWARD, md, memory, &value->form.md, value->grad);
    }
    if (dnnl_memory_desc_equal(md, &value->form.md)) {
        return add_to(net, md, memory, value->grad);
    }
    KL_TRY(net_pool_take(net, &value->form.md, &buffer));
    KL_TRY(net_pool_memory(net, &value->form.md, buffer, &same));
    KL_TRY(net_reorder(net, LIST_BACKWARD, md, memory, &value->form.md, same));
    KL_TRY(add_to(net, &value->form.md, same, value->grad));
    net_pool_give(net, buffer);
    return KL_OK;
}

enum kl_err net_grad_end(struct kl_net *net, struct value *value, struct target *target)
{
    if (target->direct) {
        value->grad_begun = true;
        return KL_OK;
    }
    KL_TRY(join(net, value, &target->md, target->memory));
    net_pool_give(net, target->buffer);
    return KL_OK;
}

enum kl_err net_grad_pass(struct kl_net *net, struct value *value, const dnnl_memory_desc_t *md,
                          int32_t buffer)
{
    dnnl_memory_t memory;
    if (!value->needs_grad) {
        return KL_OK;
    }
    KL_TRY(net_pool_memory(net, md, buffer, &memory));
    return join(net, value, md, memory);
}

enum kl_err net_grad_of(struct kl_net *net, const struct value *out, const dnnl_memory_desc_t *md,
                        dnnl_memory_t *memory, int32_t *buffer)
{
    *buffer = out->grad_buffer;
    *memory = out->grad;
    if (dnnl_memory_desc_equal(md, &out->form.md)) {
        return KL_OK;
    }
    KL_TRY(net_pool_take(net, md, buffer));
    KL_TRY(net_pool_memory(net, md, *buffer, memory));
    return net_reorder(net, LIST_BACKWARD, &out->form.md, out->grad, md, *memory);
}

enum kl_err net_param_begin(struct kl_net *net, struct param *param, const dnnl_memory_desc_t *md,
                            struct target *target)
{
    *target = (struct target){.md = *md, .buffer = -1};
    if (!param->grad_begun && dnnl_memory_desc_equal(md, &param->form.md)) {
        target->direct = true;
        target->memory = param->grad_memory;
        return KL_OK;
    }
    KL_TRY(net_pool_take(net, md, &target->buffer));
    return net_pool_memory(net, md, target->buffer, &target->memory);
}

enum kl_err net_param_end(struct kl_net *net, struct param *param, struct target *target)
{
    const dnnl_memory_desc_t *plain = &param->form.md;
    int32_t buffer = -1;
    dnnl_memory_t same = target->memory;
    bool first = !param->grad_begun;
    param->grad_begun = true;
    if (target->direct) {
        return KL_OK;
    }
    if (first) {
        KL_TRY(net_reorder(net, LIST_BACKWARD, &target->md, target->memory, plain,
                           param->grad_memory));
    } else {
        if (!dnnl_memory_desc_equal(&target->md, plain)) {
            KL_TRY(net_pool_take(net, plain, &buffer));
            KL_TRY(net_pool_memory(net, plain, buffer, &same));
            KL_TRY(net_reorder(net, LIST_BACKWARD, &target->md, target->memory, plain, same));
            net_pool_give(net, buffer);
        }
        KL_TRY(add_to(net, plain, same, param->grad_memory));
    }
    net_pool_give(net, target->buffer);
    return KL_OK;
}
