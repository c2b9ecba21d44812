/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SVDF and LSTM. Integer results: tensorflow/lite/micro/kernels/{svdf_common,lstm_eval,
 * lstm_eval_common}.cc of TFLM define them.
 */
#include <math.h>

#include "slow_fixed.h"
#include "slow_ops.h"

/* ---- SVDF -------------------------------------------------------------------------------- */

/* The state as [batch][filter][memory]: everything moves one place towards the past. */
static void shift_state(const struct slow_value *state, int32_t memory)
{
    for (int64_t i = 0; i < slow_elements(state); i++) {
        if (i % memory != memory - 1) {
            if (slow_is_float(state)) {
                slow_putf(state, i, slow_getf(state, i + 1));
            } else {
                slow_put(state, i, slow_get(state, i + 1));
            }
        }
    }
}

/* The newest number of filter f. */
static void weigh_features(const struct slow_op *o, int32_t batch, int32_t f, int64_t newest)
{
    const struct slow_value *in = &o->in[0], *weights = &o->in[1], *state = &o->in[4];
    int32_t inputs = in->tensor->dim[1];
    int64_t sum = 0;
    float sumf = 0.0f;
    for (int32_t i = 0; i < inputs; i++) {
        if (slow_is_float(in)) {
            sumf += slow_getf(weights, f * inputs + i) * slow_getf(in, batch * inputs + i);
        } else {
            sum += slow_get(weights, f * inputs + i) *
                   (slow_get(in, batch * inputs + i) - slow_zero_point(in));
        }
    }
    if (slow_is_float(in)) {
        slow_putf(state, newest, sumf);
        return;
    }
    int64_t high = state->tensor->type == KT_I16 ? INT16_MAX : INT8_MAX;
    float scale =
        slow_tensor_scale(in, 0) * slow_tensor_scale(weights, 0) / slow_tensor_scale(state, 0);
    int64_t value = slow_rescale(sum, slow_scale_of((double)scale)) + slow_zero_point(state);
    slow_put(state, newest, slow_clamp(value, -high - 1, high));
}

/* Output `unit`: its filters over time. */
static void weigh_time(const struct slow_op *o, int32_t batch, int32_t unit)
{
    const struct slow_value *time = &o->in[2], *state = &o->in[4], *out = &o->out[0];
    int32_t memory = time->tensor->dim[1], rank = o->op->options.rank;
    int32_t filters = time->tensor->dim[0], units = filters / rank;
    int64_t sum = slow_is_float(out) ? 0 : slow_get(&o->in[3], unit);
    float sumf = slow_is_float(out) ? slow_getf(&o->in[3], unit) : 0.0f;
    for (int32_t f = unit * rank; f < (unit + 1) * rank; f++) {
        float over_time = 0.0f;
        for (int32_t i = 0; i < memory; i++) {
            int64_t at = ((int64_t)batch * filters + f) * memory + i;
            if (slow_is_float(out)) {
                over_time += slow_getf(time, f * memory + i) * slow_getf(state, at);
            } else {
                sum +=
                    slow_get(time, f * memory + i) * (slow_get(state, at) - slow_zero_point(state));
            }
        }
        sumf += over_time;
    }
    if (slow_is_float(out)) {
        float low, high;
        slow_float_range(o->op->options.activation, &low, &high);
        slow_putf(out, (int64_t)batch * units + unit, slow_clampf(sumf, low, high));
        return;
    }
    float scale =
        slow_tensor_scale(state, 0) * slow_tensor_scale(time, 0) / slow_tensor_scale(out, 0);
    int64_t value = slow_rescale(sum, slow_scale_of((double)scale)) + slow_zero_point(out);
    slow_put(out, (int64_t)batch * units + unit, slow_clamp(value, INT8_MIN, INT8_MAX));
}

void slow_svdf(const struct slow_op *o)
{
    int32_t batches = o->in[0].tensor->dim[0], filters = o->in[1].tensor->dim[0];
    int32_t memory = o->in[2].tensor->dim[1], units = o->out[0].tensor->dim[1];
    shift_state(&o->in[4], memory);
    for (int32_t b = 0; b < batches; b++) {
        for (int32_t f = 0; f < filters; f++) {
            weigh_features(o, b, f, ((int64_t)b * filters + f + 1) * memory - 1);
        }
        for (int32_t unit = 0; unit < units; unit++) {
            weigh_time(o, b, unit);
        }
    }
}

/* ---- LSTM -------------------------------------------------------------------------------- */

enum { INPUT_GATE, FORGET_GATE, CELL_GATE, OUTPUT_GATE, GATES };
enum { WEIGHTS = 1, RECURRENT = 5, BIAS = 12, HIDDEN = 18, CELL = 19 };

/* One step of one sequence. */
struct moment {
    int64_t x, hidden, cell, y; /* first elements in input, hidden state, cell state, output */
};

static int64_t saturate(int64_t x)
{
    return slow_clamp(x, INT16_MIN, INT16_MAX);
}

/* A gate's sum on the table's scale, 1 / (3 * 4096). */
static int64_t gate_int(const struct slow_op *o, const struct moment *m, int32_t gate, int32_t n)
{
    const struct slow_value *w = &o->in[WEIGHTS + gate], *r = &o->in[RECURRENT + gate];
    int32_t inputs = w->tensor->dim[1], cells = r->tensor->dim[1];
    int64_t a = slow_get(&o->in[BIAS + gate], n), b = 0;
    for (int32_t i = 0; i < inputs; i++) {
        a += slow_get(w, n * inputs + i) *
             (slow_get(&o->in[0], m->x + i) - slow_zero_point(&o->in[0]));
    }
    for (int32_t i = 0; i < cells; i++) {
        b += slow_get(r, n * cells + i) *
             (slow_get(&o->in[HIDDEN], m->hidden + i) - slow_zero_point(&o->in[HIDDEN]));
    }
    float in = slow_tensor_scale(&o->in[0], 0) * slow_tensor_scale(w, 0);
    float back = slow_tensor_scale(&o->in[HIDDEN], 0) * slow_tensor_scale(r, 0);
    a = saturate(slow_rescale(a, slow_scale_of((double)in * 4096.0)));
    b = saturate(slow_rescale(b, slow_scale_of((double)back * 4096.0)));
    return 3 * saturate(a + b);
}

static void step_int(const struct slow_op *o, const struct moment *m, int32_t n)
{
    const struct slow_value *cell = &o->in[CELL], *hidden = &o->in[HIDDEN];
    double one = 1.0 / 32768.0, scale = (double)slow_tensor_scale(cell, 0);
    float clip = o->op->options.cell_clip;
    int64_t forget = slow_logistic_on_table(gate_int(o, m, FORGET_GATE, n));
    int64_t input = slow_logistic_on_table(gate_int(o, m, INPUT_GATE, n));
    int64_t candidate = slow_tanh_on_table(gate_int(o, m, CELL_GATE, n));
    int64_t output = slow_logistic_on_table(gate_int(o, m, OUTPUT_GATE, n));
    int64_t state = slow_get(cell, m->cell + n);
    int64_t kept = saturate(slow_rescale(forget * state, slow_scale_of(one)));
    int64_t added = saturate(slow_rescale(input * candidate, slow_scale_of(one * one / scale)));
    state = saturate(kept + added);
    if (clip > 0.0f) {
        int64_t limit = slow_clamp((int64_t)((double)clip / scale), 0, INT16_MAX);
        state = slow_clamp(state, -limit, limit);
    }
    slow_put(cell, m->cell + n, state);
    double on_table = 3.0 * 4096.0 * scale; /* exact: the scale is a power of two */
    int64_t shown =
        slow_tanh_on_table((int64_t)floor((double)state * on_table + (on_table < 3.0 ? 0.5 : 0.0)));
    double to_hidden = one * one / (double)slow_tensor_scale(hidden, 0);
    int64_t y = slow_rescale(shown * output, slow_scale_of(to_hidden)) + slow_zero_point(hidden);
    slow_put(&o->out[0], m->y + n, slow_clamp(y, INT8_MIN, INT8_MAX));
}

static float logistic(float x)
{
    return (float)(1.0 / (1.0 + exp(-(double)x)));
}

static float gate_float(const struct slow_op *o, const struct moment *m, int32_t gate, int32_t n)
{
    const struct slow_value *w = &o->in[WEIGHTS + gate], *r = &o->in[RECURRENT + gate];
    int32_t inputs = w->tensor->dim[1], cells = r->tensor->dim[1];
    float a = 0.0f, b = 0.0f;
    for (int32_t i = 0; i < inputs; i++) {
        a += slow_getf(w, n * inputs + i) * slow_getf(&o->in[0], m->x + i);
    }
    for (int32_t i = 0; i < cells; i++) {
        b += slow_getf(r, n * cells + i) * slow_getf(&o->in[HIDDEN], m->hidden + i);
    }
    return a + slow_getf(&o->in[BIAS + gate], n) + b;
}

/* Of int8 weights: the vector's integers times the weights, then the scales. */
static float product_hybrid(const struct slow_op *o, const struct slow_value *w,
                            const struct slow_value *x, int64_t first, int32_t n)
{
    enum { MOST = 64 };
    int8_t integers[MOST] = {0};
    int32_t count = w->tensor->dim[1];
    int64_t zero_point = 0, sum = 0;
    struct kt_tensor plain = {.type = KT_I8, .rank = 1, .dim = &count};
    struct slow_value q = {&plain, (unsigned char *)integers};
    struct slow_value from = {x->tensor, x->data + (size_t)first * sizeof(float)};
    if (count > MOST) {
        kt_die("more than %d inputs", MOST);
    }
    float scale =
        slow_quantise_image(&from, 0, count, o->op->options.asymmetric != 0, &q, &zero_point);
    for (int32_t i = 0; i < count; i++) {
        sum += (integers[i] - zero_point) * slow_get(w, (int64_t)n * count + i);
    }
    return (float)sum * (scale * slow_tensor_scale(w, 0));
}

static float gate_real(const struct slow_op *o, const struct moment *m, int32_t gate, int32_t n)
{
    const struct slow_value *w = &o->in[WEIGHTS + gate], *r = &o->in[RECURRENT + gate];
    if (slow_is_float(w)) {
        return gate_float(o, m, gate, n);
    }
    return slow_getf(&o->in[BIAS + gate], n) + product_hybrid(o, w, &o->in[0], m->x, n) +
           product_hybrid(o, r, &o->in[HIDDEN], m->hidden, n);
}

static void step_float(const struct slow_op *o, const struct moment *m, int32_t n)
{
    const struct slow_value *cell = &o->in[CELL];
    float clip = o->op->options.cell_clip;
    float forget = logistic(gate_real(o, m, FORGET_GATE, n));
    float input = logistic(gate_real(o, m, INPUT_GATE, n));
    float candidate = (float)tanh((double)gate_real(o, m, CELL_GATE, n));
    float output = logistic(gate_real(o, m, OUTPUT_GATE, n));
    float state = forget * slow_getf(cell, m->cell + n) + input * candidate;
    state = clip > 0.0f ? slow_clampf(state, -clip, clip) : state;
    slow_putf(cell, m->cell + n, state);
    slow_putf(&o->out[0], m->y + n, (float)tanh((double)state) * output);
}

void slow_lstm(const struct slow_op *o)
{
    const int32_t *in = o->in[0].tensor->dim, cells = o->out[0].tensor->dim[2];
    bool time_major = o->op->options.time_major;
    int32_t times = in[time_major ? 0 : 1], batches = in[time_major ? 1 : 0];
    for (int32_t t = 0; t < times; t++) {
        for (int32_t b = 0; b < batches; b++) {
            int64_t row = time_major ? t * batches + b : b * times + t;
            struct moment m = {row * in[2], (int64_t)b * cells, (int64_t)b * cells, row * cells};
            for (int32_t n = 0; n < cells; n++) {
                if (slow_is_float(&o->out[0])) {
                    step_float(o, &m, n);
                } else {
                    step_int(o, &m, n);
                }
            }
            for (int32_t n = 0; n < cells; n++) {
                if (slow_is_float(&o->out[0])) {
                    slow_putf(&o->in[HIDDEN], m.hidden + n, slow_getf(&o->out[0], m.y + n));
                } else {
                    slow_put(&o->in[HIDDEN], m.hidden + n, slow_get(&o->out[0], m.y + n));
                }
            }
        }
    }
}
