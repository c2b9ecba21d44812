/* SPDX-License-Identifier: Apache-2.0 */
/* RESHAPE and STRIDED_SLICE: they work on dense values. */
#include <string.h>

#include "graph/const_params.h"
#include "learn/net_internal.h"

/* The same memory under another shape. */
enum kl_err net_reshape_forward(struct kl_net *net, struct node *node)
{
    dnnl_memory_desc_t plain, out;
    struct form *in;
    net_plain(net, &node->op->inputs[0]->shape, &plain);
    net_plain(net, &node->op->outputs[0]->shape, &out);
    KL_TRY(net_form(net, LIST_FORWARD, &node->in[0]->form, &plain, &in));
    return net_make_output(net, node, &out, in->data);
}

enum kl_err net_reshape_backward(struct kl_net *net, struct node *node)
{
    dnnl_memory_desc_t plain;
    net_plain(net, &node->op->inputs[0]->shape, &plain);
    return net_grad_pass(net, node->in[0], &plain, node->out->grad_buffer);
}

/* A part of a dense tensor. */
struct slice {
    const struct value *in, *out;
    int32_t rank;
    int32_t begin[KL_MAX_RANK], size[KL_MAX_RANK], dim[KL_MAX_RANK];
    size_t in_count;
};

/* Runs of neighbours: from the whole to the part, or added the other way round. */
static void each_run(const struct slice *s, float *whole, float *part, bool add)
{
    int32_t last = s->rank - 1;
    int64_t rows = 1;
    for (int32_t i = 0; i < last; i++) {
        rows *= s->size[i];
    }
    for (int64_t row = 0; row < rows; row++) {
        int64_t place = 0, rest = row, scale = 1;
        for (int32_t i = last - 1; i >= 0; i--) {
            scale *= s->dim[i + 1];
            place += (s->begin[i] + rest % s->size[i]) * scale;
            rest /= s->size[i];
        }
        float *w = whole + place + s->begin[last];
        float *p = part + row * s->size[last];
        for (int32_t i = 0; i < s->size[last]; i++) {
            if (add) {
                w[i] += p[i];
            } else {
                p[i] = w[i];
            }
        }
    }
}

static void take(const struct kl_net *net, const void *context)
{
    const struct slice *s = context;
    (void)net;
    each_run(s, s->in->form.data, s->out->form.data, false);
}

static void clear_grad(const struct kl_net *net, const void *context)
{
    const struct slice *s = context;
    memset(net->pool[s->in->grad_buffer].data, 0, s->in_count * sizeof(float));
}

static void add_grad(const struct kl_net *net, const void *context)
{
    const struct slice *s = context;
    each_run(s, net->pool[s->in->grad_buffer].data, net->pool[s->out->grad_buffer].data, true);
}

enum kl_err net_slice_forward(struct kl_net *net, struct node *node)
{
    struct slice *s = KL_NEW(net->arena, struct slice, 1);
    struct kl_slice slice;
    dnnl_memory_desc_t plain, out;
    const struct kl_shape *shape = &node->op->inputs[0]->shape;
    if (!s) {
        return KL_FAIL_MEMORY(net->diag);
    }
    KL_TRY(kl_op_slice(node->op, &slice, net->diag));
    net_plain(net, shape, &plain);
    net_plain(net, &node->op->outputs[0]->shape, &out);
    bool fits = dnnl_memory_desc_equal(&node->in[0]->form.md, &plain) && !slice.shrink[0];
    s->rank = shape->rank;
    s->in_count = (size_t)kl_shape_elements(shape) * (size_t)net->options.batch;
    for (int32_t i = 0; i < shape->rank; i++) {
        fits = fits && slice.step[i] == 1;
        s->begin[i] = slice.begin[i];
        s->dim[i] = shape->dim[i] * (i == 0 ? net->options.batch : 1);
        s->size[i] = slice.size[i] * (i == 0 ? net->options.batch : 1);
    }
    if (!fits) {
        return kl_op_fail(node->op, net->diag, KL_EUNSUPPORTED,
                          "training takes parts of dense values with steps of 1 only");
    }
    KL_TRY(net_make_output(net, node, &out, NULL));
    s->in = node->in[0];
    s->out = node->out;
    node->extra = s;
    return net_own_step(net, LIST_FORWARD, take, s);
}

enum kl_err net_slice_backward(struct kl_net *net, struct node *node)
{
    struct value *in = node->in[0];
    struct target target;
    if (!in->needs_grad) {
        return KL_OK;
    }
    if (!in->grad_begun) {
        KL_TRY(net_grad_begin(net, in, &in->form.md, &target));
        KL_TRY(net_own_step(net, LIST_BACKWARD, clear_grad, node->extra));
        KL_TRY(net_grad_end(net, in, &target));
    }
    return net_own_step(net, LIST_BACKWARD, add_grad, node->extra);
}
