/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames of streams, from all that the streams ever held. The state of an operator is a number of
 * runs and the inputs of all of them.
 */
#include <string.h>

#include "slow_ops.h"

/* Append the input of this run; returns the number of runs, this one included. */
static int32_t remember(const struct slow_op *o)
{
    size_t bytes = kt_bytes(o->in[0].tensor);
    int32_t runs;
    memcpy(&runs, o->state, sizeof(runs));
    runs++;
    if (sizeof(runs) + (size_t)runs * bytes > SLOW_STATE_BYTES) {
        kt_die("too many runs to remember");
    }
    memcpy(o->state, &runs, sizeof(runs));
    memcpy(o->state + sizeof(runs) + (size_t)(runs - 1) * bytes, o->in[0].data, bytes);
    return runs;
}

/* Element `index` of the input of run `run`, from 0 on. */
static struct slow_value remembered(const struct slow_op *o, int64_t run)
{
    struct slow_value value = o->in[0];
    value.data = o->state + sizeof(int32_t) + (size_t)run * kt_bytes(o->in[0].tensor);
    return value;
}

/* Sample `at` of stream `row`, whose runs bring `width` samples each; 0 before the first. */
static int64_t sample(const struct slow_op *o, int64_t row, int32_t width, int64_t at)
{
    if (at < 0) {
        return 0;
    }
    struct slow_value value = remembered(o, at / width);
    return slow_get(&value, row * width + at % width);
}

void slow_signal_delay(const struct slow_op *o)
{
    int32_t width = slow_dim_back(&o->in[0], -1);
    int64_t begin = (int64_t)(remember(o) - 1) * width;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t at = begin + i % width - o->op->options.shift;
        slow_put(&o->out[0], i, sample(o, i / width, width, at));
    }
}

/* Frame j begins with sample j * step; without zeros in front it is there when its last step has
 * come, and with them it begins so much earlier that every step gives one. */
void slow_signal_framer(const struct slow_op *o)
{
    const struct kt_options *p = &o->op->options;
    int32_t width = slow_dim_back(&o->in[0], -1), steps = width / p->step;
    int64_t begin = (int64_t)(remember(o) - 1) * steps;
    int32_t late = p->prefill ? 0 : (p->frame + p->step - 1) / p->step - 1;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t frame = begin + i / p->frame % steps - late;
        int64_t row = i / p->frame / steps, zeros = p->prefill ? p->frame - p->step : 0;
        int64_t at = frame * p->step + i % p->frame - zeros;
        slow_put(&o->out[0], i, frame < 0 ? 0 : sample(o, row, width, at));
    }
    slow_put(&o->out[1], 0, begin >= late);
}

void slow_signal_stacker(const struct slow_op *o)
{
    const struct kt_options *p = &o->op->options;
    int32_t channels = slow_dim_back(&o->in[0], -1);
    int64_t now = remember(o) - 1;
    bool is_full = now >= p->right && (now - p->right) % p->step == 0;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t from = now - p->left - p->right + i / channels;
        struct slow_value value = remembered(o, from < 0 ? 0 : from);
        slow_put(&o->out[0], i, is_full ? slow_get(&value, i % channels) : 0);
    }
    slow_put(&o->out[1], 0, is_full);
}

/* Sample `at` of stream `row` is the sum of what all frames so far have there. */
static void add_frames(const struct slow_op *o, int64_t row, int64_t at, int64_t out)
{
    int32_t size = slow_dim_back(&o->in[0], -1), count = slow_dim_back(&o->in[0], -2);
    int64_t whole = 0;
    float real = 0.0f;
    for (int64_t frame = 0; frame * o->op->options.step <= at; frame++) {
        int64_t place = at - frame * o->op->options.step;
        struct slow_value value = remembered(o, frame / count);
        int64_t index = (row * count + frame % count) * size + place;
        if (place >= size) {
            continue;
        }
        if (slow_is_float(&o->in[0])) {
            real += slow_getf(&value, index);
        } else {
            whole = slow_saturate(&o->out[0], whole + slow_get(&value, index));
        }
    }
    if (slow_is_float(&o->in[0])) {
        slow_putf(&o->out[0], out, real);
    } else {
        slow_put(&o->out[0], out, whole);
    }
}

void slow_signal_overlap_add(const struct slow_op *o)
{
    int32_t width = slow_dim_back(&o->out[0], -1);
    int64_t begin = (int64_t)(remember(o) - 1) * width;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        add_frames(o, i / width, begin + i % width, i);
    }
}
