/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which channels matter. Backwards from the outputs of the model: a channel is live when a live
 * channel is made of it. A product does not depend on a channel that meets only zero weights, or
 * that is constant wherever a weight meets it: that goes into the bias.
 *
 * Then, which channels stay: tensors that are added up, or a group of channels that belongs
 * together, can only lose the same ones.
 */
#include <string.h>

#include "optimise/channels.h"

/* Rounds over all operators until nothing changes; models take two or three. */
enum { MAX_ROUNDS = 64 };

static void set_all(bool *flags, const struct channels *c)
{
    if (c->count > 0) {
        memset(flags, true, (size_t)c->count * sizeof flags[0]);
    }
}

static bool any_of(const bool *flags, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (flags[i]) {
            return true;
        }
    }
    return false;
}

/* Does output channel `channel` depend on input channel `i` of its group? */
static bool reads(const struct product *p, int32_t channel, int32_t i)
{
    for (int32_t t = 0; t < p->taps; t++) {
        struct product_input x = product_input(p, channel, t, i);
        if (x.low != x.high && product_weight(p, channel, t, i) != 0) {
            return true;
        }
    }
    return false;
}

static void product_use(const struct product *p)
{
    for (int32_t c = 0; c < p->out->count; c++) {
        if (!p->out->live[c] || p->out->low[c] == p->out->high[c]) {
            continue; /* nobody asks, or the answer is known */
        }
        bool *live = p->in->live + c / p->out_per_group * p->in_per_group;
        for (int32_t i = 0; i < p->in_per_group; i++) {
            live[i] = live[i] || reads(p, c, i);
        }
    }
}

static void apart_use(const struct channel_analysis *a, const struct kl_op *op)
{
    const struct channels *out = channels_of(a, op->outputs[0]);
    for (int32_t k = 0; k < op->input_count; k++) {
        const struct channels *in = channels_of(a, op->inputs[k]);
        struct channel_link link = {0};
        if (in->count > 0) {
            link = channel_link(a, op, k);
        }
        for (int32_t j = 0; j < link.span; j++) {
            in->live[j % in->count] |= out->live[link.first + j];
        }
    }
}

/* An operator that nothing is known of reads and writes all of its tensors. */
static void keep_operands(const struct channel_analysis *a, const struct kl_op *op)
{
    for (int32_t k = 0; k < op->input_count; k++) {
        const struct channels *c = channels_of(a, op->inputs[k]);
        set_all(c->live, c);
        set_all(c->kept, c);
    }
    for (int32_t k = 0; k < op->output_count; k++) {
        const struct channels *c = channels_of(a, op->outputs[k]);
        set_all(c->kept, c);
    }
}

static void op_use(const struct channel_analysis *a, const struct kl_op *op)
{
    const struct product *p = product_of(a, op);
    if (p) {
        /* Weights are no values that flow: the product's new weights are made from them. */
        const struct channels *weights = channels_of(a, op->inputs[1]);
        set_all(weights->kept, weights);
        product_use(p);
    } else if (channels_stay_apart(a, op)) {
        apart_use(a, op);
    } else {
        keep_operands(a, op);
    }
}

static void keep_boundary(const struct channel_analysis *a)
{
    const struct kl_subgraph *s = a->subgraph;
    for (int32_t i = 0; i < s->tensor_count; i++) {
        if (s->tensors[i]->is_variable) {
            set_all(a->of[i].kept, &a->of[i]);
        }
    }
    for (int32_t i = 0; i < s->input_count; i++) {
        const struct channels *c = channels_of(a, s->inputs[i]);
        set_all(c->kept, c);
    }
    for (int32_t i = 0; i < s->output_count; i++) {
        const struct channels *c = channels_of(a, s->outputs[i]);
        set_all(c->kept, c);
        set_all(c->live, c);
    }
}

/* Both or neither; true when that changed one. */
static bool tie(bool *a, bool *b)
{
    if (*a == *b) {
        return false;
    }
    *a = *b = true;
    return true;
}

/* A group of a product stays or goes as a whole, unless it is the only one. */
static bool tie_groups(const struct product *p)
{
    bool changed = false;
    for (int32_t g = 0; p->groups > 1 && g < p->groups; g++) {
        bool *in = p->in->kept + (int64_t)g * p->in_per_group;
        bool *out = p->out->kept + (int64_t)g * p->out_per_group;
        bool kept = any_of(in, p->in_per_group) || any_of(out, p->out_per_group);
        for (int32_t i = 0; kept && i < p->in_per_group; i++) {
            changed |= tie(&in[i], &kept);
        }
        for (int32_t i = 0; kept && i < p->out_per_group; i++) {
            changed |= tie(&out[i], &kept);
        }
    }
    return changed;
}

static bool tie_links(const struct channel_analysis *a, const struct kl_op *op)
{
    const struct channels *out = channels_of(a, op->outputs[0]);
    bool changed = false;
    for (int32_t k = 0; k < op->input_count; k++) {
        const struct channels *in = channels_of(a, op->inputs[k]);
        struct channel_link link = {0};
        if (in->count > 0) {
            link = channel_link(a, op, k);
        }
        for (int32_t j = 0; link.tied && j < link.span; j++) {
            changed |= tie(&in->kept[j % in->count], &out->kept[link.first + j]);
        }
    }
    return changed;
}

/* At least so many of the first channels. */
static bool keep_some(const struct channels *c, int32_t least)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < c->count; i++) {
        kept += c->kept[i];
    }
    bool changed = false;
    for (int32_t i = 0; i < c->count && kept < least; i++) {
        changed |= !c->kept[i];
        kept += !c->kept[i];
        c->kept[i] = true;
    }
    return changed;
}

static bool tie_op(const struct channel_analysis *a, const struct kl_op *op)
{
    const struct product *p = product_of(a, op);
    if (p) {
        /* One scale is "per tensor", which FULLY_CONNECTED computes differently from one scale
         * per channel: two channels stay so that there are two scales. */
        bool dense = op->kind == KL_OP_FULLY_CONNECTED && op->inputs[1]->quant.count > 1;
        bool some = keep_some(p->out, dense ? 2 : 1);
        return tie_groups(p) || some;
    }
    if (channels_stay_apart(a, op)) {
        bool some = keep_some(channels_of(a, op->outputs[0]), 1);
        return tie_links(a, op) || some;
    }
    return false;
}

/* Forwards and backwards in turn, so that a chain is done in one round. */
static bool settle(const struct channel_analysis *a)
{
    int32_t count = a->subgraph->op_count;
    bool changed = true;
    for (int round = 0; changed && round < MAX_ROUNDS; round++) {
        changed = false;
        for (int32_t i = 0; i < 2 * count; i++) {
            changed |= tie_op(a, a->subgraph->ops[i < count ? i : 2 * count - 1 - i]);
        }
    }
    return !changed;
}

bool channels_find_use(struct channel_analysis *a)
{
    keep_boundary(a);
    for (int32_t i = a->subgraph->op_count; i-- > 0;) {
        op_use(a, a->subgraph->ops[i]);
    }
    for (int32_t i = 0; i < a->subgraph->tensor_count; i++) {
        for (int32_t c = 0; c < a->of[i].count; c++) {
            a->of[i].kept[c] |= a->of[i].live[c];
        }
    }
    return settle(a);
}
