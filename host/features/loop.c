/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, in a loop or in a stream. Variables of the WHILE: the frame's number, the signal, the
 * features so far, and what steps carry from frame to frame. */
#include <string.h>

#include "features/builder.h"

static const struct kl_shape one = {2, {1, 1}};

static struct kl_subgraph *add_subgraph(struct kl_graph *graph, const char *name, int32_t *index)
{
    struct kl_subgraph *subgraph = KL_NEW(graph->arena, struct kl_subgraph, 1);
    struct kl_subgraph **list =
        KL_NEW(graph->arena, struct kl_subgraph *, (size_t)graph->subgraph_count + 1);
    if (!subgraph || !list) {
        return NULL;
    }
    memcpy(list, graph->subgraphs, (size_t)graph->subgraph_count * sizeof list[0]);
    subgraph->name = name;
    *index = graph->subgraph_count;
    list[graph->subgraph_count++] = subgraph;
    graph->subgraphs = list;
    return subgraph;
}

/* FRAME of the signal; `number` is a constant or the loop's variable. */
static enum kl_err add_frame(struct builder *b, struct kl_tensor *signal, struct kl_tensor *number,
                             int32_t hop, int32_t length, const float *window)
{
    struct kl_tensor *inputs[3] = {signal, number, NULL};
    int32_t channels = signal->shape.rank == 2 ? signal->shape.dim[1] : 1;
    struct kl_op *op;
    if (window) {
        KL_TRY(features_constant(b, KL_F32, (struct kl_shape){1, {length}}, window, &inputs[2]));
    }
    KL_TRY(features_op(b, KL_OP_FRAME, window ? 3 : 2, inputs, window ? KL_F32 : signal->dtype,
                       (struct kl_shape){2, {channels, length}}, &op));
    op->attr.frame.hop = hop;
    b->form = FORM_VECTORS;
    return KL_OK;
}

/* The last `slots` values, oldest first: [slots, rows, columns], which are state. */
static enum kl_err keep_last(struct builder *b, int32_t slots, int32_t rows, int32_t columns,
                             struct kl_op **op)
{
    struct kl_quant quant = b->x->quant;
    KL_TRY(features_op(b, KL_OP_CIRCULAR_BUFFER, 1, &b->x, b->x->dtype,
                       (struct kl_shape){4, {1, slots, rows, columns}}, op));
    b->x->quant = quant;
    b->x->is_variable = true;
    return KL_OK;
}

/* The input becomes one hop of samples. The frame is the oldest that they complete, so that frames
 * begin where those of a whole signal do. */
static enum kl_err begin_stream(struct builder *b, int32_t hop, int32_t length, const float *window)
{
    struct kl_tensor *number;
    struct kl_op *op;
    struct kl_shape *shape = &b->x->shape;
    int32_t channels = shape->rank == 2 ? shape->dim[1] : 1;
    int32_t slots = (length + hop - 1) / hop;
    if (b->x->producer) {
        return features_refuse(b, NULL,
                               "in a stream it is the first step: the steps before it work on the "
                               "whole signal");
    }
    shape->dim[0] = hop;
    b->x->bytes = (size_t)kl_shape_elements(shape) * kl_dtype_bytes(b->x->dtype);
    if (slots > 1) {
        struct kl_shape all = *shape;
        all.dim[0] = slots * hop;
        KL_TRY(keep_last(b, slots, hop, channels, &op));
        KL_TRY(features_reshape(b, all));
    }
    KL_TRY(features_scalar(b, KL_S32, 0.0, &number));
    return add_frame(b, b->x, number, hop, length, window);
}

/* The features of the last frames. What follows runs with every N-th frame only. */
static enum kl_err end_stream(struct builder *b)
{
    struct kl_op *op;
    int32_t values = features_width(b);
    if (b->loop.frames == 1) {
        return KL_OK;
    }
    KL_TRY(keep_last(b, b->loop.frames, 1, values, &op));
    op->attr.circular_buffer.period = b->every;
    struct kl_quant quant = b->x->quant;
    KL_TRY(features_reshape(b, (struct kl_shape){2, {b->loop.frames, values}}));
    b->x->quant = quant;
    return KL_OK;
}

enum kl_err features_begin_frames(struct builder *b, int32_t frames, int32_t hop, int32_t length,
                                  const float *window)
{
    struct loop *l = &b->loop;
    struct kl_tensor *number;
    int32_t index;
    l->frames = frames;
    if (b->stream) {
        return begin_stream(b, hop, length, window);
    }
    if (frames == 1) {
        KL_TRY(features_scalar(b, KL_S32, 0.0, &number));
        return add_frame(b, b->x, number, hop, length, window);
    }
    l->outside = b->subgraph;
    l->signal = b->x;
    l->condition = add_subgraph(b->graph, "more frames", &index);
    l->body = l->condition ? add_subgraph(b->graph, "frame", &index) : NULL;
    if (!l->body) {
        return KL_FAIL_MEMORY(b->diag);
    }
    b->subgraph = l->body;
    l->number = kl_tensor_add(b->graph, l->body, "frame number", KL_S32, one);
    l->inner_signal =
        kl_tensor_add(b->graph, l->body, "signal", l->signal->dtype, l->signal->shape);
    if (!l->number || !l->inner_signal) {
        return KL_FAIL_MEMORY(b->diag);
    }
    return add_frame(b, l->inner_signal, l->number, hop, length, window);
}

static enum kl_err zeros(struct builder *b, enum kl_dtype dtype, struct kl_shape shape,
                         struct kl_tensor **tensor)
{
    void *data = features_alloc(b, (size_t)kl_shape_elements(&shape), kl_dtype_bytes(dtype));
    return data ? features_constant(b, dtype, shape, data, tensor) : KL_ELIMIT;
}

enum kl_err features_carry(struct builder *b, enum kl_dtype dtype, struct kl_shape shape,
                           struct kl_tensor **before, int32_t *index)
{
    struct loop *l = &b->loop;
    if (!l->body) {
        *index = -1;
        return zeros(b, dtype, shape, before);
    }
    if (l->carried == FEATURES_MAX_CARRIED) {
        return features_refuse(b, NULL, "too many steps keep values from frame to frame");
    }
    *index = l->carried++;
    *before = kl_tensor_add(b->graph, l->body, "kept", dtype, shape);
    l->before[*index] = *before;
    return *before ? KL_OK : KL_FAIL_MEMORY(b->diag);
}

void features_carry_on(struct builder *b, int32_t index, struct kl_tensor *after)
{
    if (index >= 0) {
        b->loop.after[index] = after;
    }
}

/* Variable number `index` of the loop: inside, and as an input of the condition. */
static enum kl_err add_variable(struct builder *b, struct kl_tensor *in, struct kl_tensor *out)
{
    struct loop *l = &b->loop;
    struct kl_tensor *seen = kl_tensor_add(b->graph, l->condition, in->name, in->dtype, in->shape);
    if (!seen) {
        return KL_FAIL_MEMORY(b->diag);
    }
    seen->quant = in->quant;
    bool done = kl_subgraph_add_input(b->graph, l->condition, seen) &&
                kl_subgraph_add_input(b->graph, l->body, in) &&
                kl_subgraph_add_output(b->graph, l->body, out);
    return done ? KL_OK : KL_FAIL_MEMORY(b->diag);
}

/* number < frames */
static enum kl_err fill_condition(struct builder *b)
{
    struct kl_tensor *frames;
    struct kl_tensor *kept = b->x;
    b->subgraph = b->loop.condition;
    KL_TRY(features_scalar(b, KL_S32, b->loop.frames, &frames));
    KL_TRY(features_op(b, KL_OP_LESS, 2, (struct kl_tensor *[]){b->subgraph->inputs[0], frames},
                       KL_BOOL, one, NULL));
    bool done = kl_subgraph_add_output(b->graph, b->subgraph, b->x);
    b->subgraph = b->loop.body;
    b->x = kept;
    return done ? KL_OK : KL_FAIL_MEMORY(b->diag);
}

/* The body's end: the frame's features become a row of `rows`, and the number is the next one. */
static enum kl_err fill_body(struct builder *b, struct kl_tensor *features)
{
    struct loop *l = &b->loop;
    struct kl_tensor *next;
    struct kl_tensor *row = b->x;
    struct kl_tensor *step;
    KL_TRY(features_scalar(b, KL_S32, 1.0, &step));
    KL_TRY(features_op(b, KL_OP_SCATTER_ND_UPDATE, 3,
                       (struct kl_tensor *[]){features, l->number, row}, row->dtype,
                       features->shape, NULL));
    struct kl_tensor *written = b->x;
    written->quant = row->quant;
    KL_TRY(
        features_op(b, KL_OP_ADD, 2, (struct kl_tensor *[]){l->number, step}, KL_S32, one, NULL));
    next = b->x;
    KL_TRY(add_variable(b, l->number, next));
    KL_TRY(add_variable(b, l->inner_signal, l->inner_signal));
    KL_TRY(add_variable(b, features, written));
    for (int32_t i = 0; i < l->carried; i++) {
        KL_TRY(add_variable(b, l->before[i], l->after[i]));
    }
    b->x = written;
    return fill_condition(b);
}

/* The operator itself; its third output becomes the value. */
static enum kl_err add_while(struct builder *b)
{
    enum { NUMBER, SIGNAL, FEATURES, CARRIED };
    struct loop *l = &b->loop;
    struct kl_tensor *inputs[CARRIED + FEATURES_MAX_CARRIED];
    struct kl_tensor *outputs[CARRIED + FEATURES_MAX_CARRIED];
    struct kl_op *op;
    int32_t count = CARRIED + l->carried;
    b->subgraph = l->outside;
    for (int32_t i = 0; i < count; i++) {
        const struct kl_tensor *inside = l->body->inputs[i];
        if (i != SIGNAL) {
            KL_TRY(zeros(b, inside->dtype, inside->shape, &inputs[i]));
            inputs[i]->quant = inside->quant;
        }
    }
    inputs[SIGNAL] = l->signal;
    KL_TRY(features_op(b, KL_OP_WHILE, count, inputs, KL_S32, one, &op));
    for (int32_t i = 1; i < count; i++) {
        outputs[i] =
            kl_tensor_add(b->graph, b->subgraph, "frames", inputs[i]->dtype, inputs[i]->shape);
        if (!outputs[i]) {
            return KL_FAIL_MEMORY(b->diag);
        }
        outputs[i]->quant = inputs[i]->quant;
    }
    KL_TRY(features_more_outputs(b, op, count - 1, outputs + 1));
    op->attr.call.subgraph[1] = b->graph->subgraph_count - 1;
    op->attr.call.subgraph[0] = b->graph->subgraph_count - 2;
    b->x = outputs[FEATURES];
    return KL_OK;
}

/* Floats as the model's input takes them. */
static enum kl_err quantise(struct builder *b)
{
    const struct kl_tensor *t = b->target;
    if (!t || b->x->dtype != KL_F32 || t->dtype == KL_F32 || t->quant.count != 1) {
        return KL_OK;
    }
    KL_TRY(features_op(b, KL_OP_QUANTIZE, 1, &b->x, t->dtype, b->x->shape, NULL));
    b->x->quant = t->quant;
    return KL_OK;
}

enum kl_err features_end_frames(struct builder *b, bool last)
{
    struct loop *l = &b->loop;
    if (b->form == FORM_VECTORS) {
        int32_t values = (int32_t)kl_shape_elements(&b->x->shape);
        KL_TRY(features_reshape(b, (struct kl_shape){2, {1, values}}));
        b->form = FORM_FEATURES;
        b->bin_width = 0.0;
        if (l->body || b->stream) {
            KL_TRY(last ? quantise(b) : KL_OK);
        }
        if (b->stream) {
            KL_TRY(end_stream(b));
        } else if (l->body) {
            const struct kl_shape shape = {2, {l->frames, values}};
            struct kl_tensor *features =
                kl_tensor_add(b->graph, l->body, "features", b->x->dtype, shape);
            if (!features) {
                return KL_FAIL_MEMORY(b->diag);
            }
            features->quant = b->x->quant;
            KL_TRY(fill_body(b, features));
            KL_TRY(add_while(b));
            l->body = NULL;
        }
    }
    return last ? quantise(b) : KL_OK;
}
