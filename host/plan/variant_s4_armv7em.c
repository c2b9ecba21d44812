/* SPDX-License-Identifier: Apache-2.0 */
/* Variants for ARMv7E-M with weights of 4 bits: kinglet/nn/armv7em.h. */
#include "plan/overlap.h"
#include "plan/pack_pairs.h"
#include "plan/pack_s4.h"
#include "plan/variant.h"

/* Scratch memory for one unpacked stream, and for all of a step. Each further block of a
 * convolution collects its inputs again. */
enum { CONV_TARGET = 4096, VECTOR_TARGET = 2048, SCRATCH_LIMIT = 32 * 1024 };

/* The source of the channels of one block. */
static struct kl_pairs_source part_of(const struct kl_pairs_source *s, int32_t channel,
                                      int32_t block)
{
    struct kl_pairs_source part = *s;
    part.weights += (int64_t)channel * s->lines * s->line;
    part.bias += channel;
    part.rq.multiplier += channel;
    part.rq.shift += channel;
    part.channels = s->channels - channel < block ? s->channels - channel : block;
    return part;
}

/* A layer's channels in blocks of 4 bits. */
struct blocks {
    const int32_t *stream; /* NULL: they do not fit */
    int32_t block;         /* channels */
    int32_t words;         /* most of a block, unpacked */
};

/* As many channels as the target takes, in whole groups of pairs. */
static int32_t block_of(const struct kl_pairs_source *s, int32_t target)
{
    const int32_t group = 2 * s->block;
    const int32_t channels = target / kl_pairs_inputs(s->lines, s->line) / group * group;
    const int32_t least = channels < group ? group : channels;
    return least > s->channels ? s->channels : least;
}

static enum kl_err pack_blocks(struct kl_lowering *l, const struct kl_pairs_source *s,
                               struct blocks *b, struct kl_diag *diag)
{
    const int32_t inputs = kl_pairs_inputs(s->lines, s->line);
    size_t all = 0, most = 0, used = 0;
    for (int32_t c = 0; c < s->channels; c += b->block) {
        const struct kl_pairs_source part = part_of(s, c, b->block);
        const size_t words = kl_pack_pairs(&part, NULL);
        all += words;
        most = words > most ? words : most;
    }
    int32_t *packed = KL_LOWER_NEW(l, int32_t, all);
    int32_t *unpacked = KL_LOWER_NEW(l, int32_t, most);
    const void *kept;
    if (!packed || !unpacked) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; c < s->channels; c += b->block) {
        const struct kl_pairs_source part = part_of(s, c, b->block);
        const size_t words = kl_pack_pairs(&part, unpacked);
        used += kl_pack_pairs_s4(unpacked, words, inputs, s->block, packed + used);
    }
    KL_TRY(kl_lower_constant(l, packed, used * sizeof packed[0], KL_S32, &kept, diag));
    b->stream = kept;
    b->words = (int32_t)most;
    return KL_OK;
}

/* Blocks of the source, unless its channels do not fit or need too much scratch memory. */
static enum kl_err make_blocks(struct kl_lowering *l, const struct kl_pairs_source *s,
                               int32_t target, struct blocks *b, struct kl_diag *diag)
{
    *b = (struct blocks){.block = block_of(s, target)};
    const int64_t inputs = kl_pairs_inputs(s->lines, s->line);
    if (inputs * (b->block + 9) > SCRATCH_LIMIT || !kl_pairs_fit(s)) {
        return KL_OK;
    }
    return pack_blocks(l, s, b, diag);
}

static struct kl_pairs_s8 pairs_of(const struct kl_pairs_source *s, const struct blocks *b)
{
    return (struct kl_pairs_s8){.stream = b->stream,
                                .inputs = kl_pairs_inputs(s->lines, s->line),
                                .out_zero_point = s->rq.out_zero_point,
                                .min = s->rq.min,
                                .max = s->rq.max};
}

enum kl_err kl_variant_fully_connected_s4_armv7em(struct kl_lowering *l, struct kl_plan_step *step,
                                                  struct kl_diag *diag)
{
    const struct kl_fully_connected_s8 *portable = step->params;
    const struct kl_pairs_source source = {
        portable->weights, portable->bias, portable->rq, portable->out_c, 1, portable->in_c, 4};
    struct kl_fully_connected_pairs_s4 *p = KL_LOWER_NEW(l, struct kl_fully_connected_pairs_s4, 1);
    struct blocks b;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(make_blocks(l, &source, VECTOR_TARGET, &b, diag));
    if (!b.stream) {
        return KL_OK;
    }
    p->in_c = portable->in_c;
    p->out_c = portable->out_c;
    p->block = b.block;
    p->block_words = b.words;
    p->pairs = pairs_of(&source, &b);
    step->kernel = KL_KERNEL_FULLY_CONNECTED_S4_ARMV7EM;
    step->params = p;
    step->scratch_bytes = sizeof(int32_t) * (size_t)b.words +
                          (p->pairs.inputs == p->in_c ? 0 : (size_t)p->pairs.inputs);
    return KL_OK;
}

enum kl_err kl_variant_conv_s4_armv7em(struct kl_lowering *l, struct kl_plan_step *step,
                                       struct kl_diag *diag)
{
    const struct kl_conv2d_s8 *portable = step->params;
    const struct kl_window *w = &portable->win;
    const int64_t line = (int64_t)w->in_c * w->k_w;
    struct blocks b;
    if (portable->groups != 1 || line * w->k_h > SCRATCH_LIMIT) {
        return KL_OK;
    }
    const struct kl_pairs_source source = {
        portable->weights, portable->bias, portable->rq, w->out_c, w->k_h, (int32_t)line, 1};
    struct kl_conv2d_pairs_s4 *p = KL_LOWER_NEW(l, struct kl_conv2d_pairs_s4, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(make_blocks(l, &source, CONV_TARGET, &b, diag));
    if (!b.stream) {
        return KL_OK;
    }
    p->win = *w;
    p->in_zero_point = portable->in_zero_point;
    p->block = b.block;
    p->block_words = b.words;
    p->pairs = pairs_of(&source, &b);
    step->kernel = KL_KERNEL_CONV2D_S4_ARMV7EM;
    step->params = p;
    step->scratch_bytes = sizeof(int32_t) * (size_t)b.words + 9 * (size_t)p->pairs.inputs;
    if (b.block == w->out_c) {
        step->overlap[0] = kl_overlap_window(w, l->op->inputs[0]->shape.dim[0], KL_READS_PIXEL, 1);
    }
    return KL_OK;
}
