/* SPDX-License-Identifier: Apache-2.0 */
/* SVDF and LSTM over several runs, and the softmax that keyword models end with. */
#include <stdio.h>

#include "cases.h"

enum { RUNS = 4 };

/* Quantised as said, int16 too. */
static int32_t quantised(struct kt_build *b, const char *name, int32_t type, float scale,
                         int32_t zero_point, int32_t rank, const int32_t *dim)
{
    int32_t tensor = kt_tensor_add(b->model, name, type, rank, dim);
    if (type != KT_F32) {
        kt_quantize(b->model, tensor, scale, zero_point);
    }
    return tensor;
}

/* A variable tensor. */
static int32_t state(struct kt_build *b, int32_t type, float scale, int32_t zero_point,
                     int32_t batch, int32_t width)
{
    int32_t tensor = quantised(b, "state", type, scale, zero_point, KT_LIST(batch, width));
    kt_tensor_at(b->model, tensor)->is_variable = true;
    return tensor;
}

static int32_t constant(struct kt_build *b, int32_t type, float scale, int32_t rank,
                        const int32_t *dim)
{
    int32_t tensor = quantised(b, "constant", type, scale, 0, rank, dim);
    kt_build_fill(b, tensor);
    return tensor;
}

/* Integers of up to `size` as biases and time weights. */
static int32_t integers(struct kt_build *b, int32_t type, float scale, int32_t size, int32_t rank,
                        const int32_t *dim)
{
    int32_t tensor = quantised(b, "integers", type, scale, 0, rank, dim);
    const struct kt_tensor *t = kt_tensor_at(b->model, tensor);
    unsigned char *data = kt_alloc(b->model, kt_bytes(t) + 4, 1);
    for (int64_t i = 0; i < kt_elements(t); i++) {
        int32_t value = kt_random_between(b->random, -size, size);
        size_t bytes = kt_type_bytes(type);
        for (size_t k = 0; k < bytes; k++) {
            data[(size_t)i * bytes + k] = (unsigned char)((uint32_t)value >> (8 * k));
        }
    }
    kt_data(b->model, tensor, data, kt_bytes(t));
    return tensor;
}

struct svdf {
    int32_t batch, inputs, units, rank, memory;
    int32_t type, state; /* of input and output, and of state and time weights */
    int32_t activation;
};

static const struct svdf svdfs[] = {
    {1, 8, 6, 1, 5, KT_I8, KT_I8, KT_ACT_RELU},    {2, 5, 3, 2, 4, KT_I8, KT_I8, KT_ACT_NONE},
    {1, 16, 4, 2, 10, KT_I8, KT_I16, KT_ACT_RELU}, {3, 3, 2, 3, 1, KT_I8, KT_I16, KT_ACT_NONE},
    {1, 8, 6, 1, 5, KT_F32, KT_F32, KT_ACT_RELU},  {2, 5, 3, 2, 4, KT_F32, KT_F32, KT_ACT_NONE},
};

static void deliver_svdf(struct kt_sink *sink, const struct svdf *s)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SVDF);
    struct kt_options options = kt_options_default();
    int32_t filters = s->units * s->rank;
    bool wide = s->state == KT_I16;
    float state_scale = wide ? 0.004f : 0.9f;
    int32_t input = quantised(&b, "input", s->type, 0.1f, 5, KT_LIST(s->batch, s->inputs));
    int32_t features = constant(&b, s->type, 0.02f, KT_LIST(filters, s->inputs));
    int32_t time = s->type == KT_F32 ? constant(&b, KT_F32, 1.0f, KT_LIST(filters, s->memory))
                                     : integers(&b, s->state, 0.01f, wide ? 3000 : 100,
                                                KT_LIST(filters, s->memory));
    int32_t bias = s->type == KT_F32
                       ? constant(&b, KT_F32, 1.0f, KT_LIST(s->units))
                       : integers(&b, KT_I32, state_scale * 0.01f, 5000, KT_LIST(s->units));
    int32_t kept = state(&b, s->state, state_scale, wide ? 0 : -20, s->batch, filters * s->memory);
    int32_t output =
        quantised(&b, "output", s->type, wide ? 20.0f : 1.5f, -9, KT_LIST(s->batch, s->units));
    options.rank = s->rank;
    options.activation = s->activation;
    kt_op_add1(c.model, KT_SVDF, options, KT_LIST(input, features, time, bias, kept), output);
    c.runs = RUNS + s->memory;
    snprintf(c.label, sizeof(c.label), "%d inputs, %d units, rank %d, memory %d, state of type %d",
             (int)s->inputs, (int)s->units, (int)s->rank, (int)s->memory, (int)s->state);
    kt_case_end(sink, &c, input, output);
}

/* Weights: like the input; int8 of floats, which are quantised without and with a zero point. */
enum lstm_weights { LIKE_INPUT, HYBRID, HYBRID_ASYMMETRIC };

struct lstm {
    int32_t batch, times, inputs, cells;
    int32_t type;
    bool time_major;
    float cell_scale, clip;
    enum lstm_weights weights;
};

static const struct lstm lstms[] = {
    {1, 5, 7, 6, KT_I8, false, 1.0f / 2048, 0.0f, LIKE_INPUT},
    {2, 3, 4, 5, KT_I8, true, 1.0f / 4096, 0.0f, LIKE_INPUT},
    {2, 4, 3, 3, KT_I8, false, 1.0f / 16384, 0.0f, LIKE_INPUT},
    {1, 6, 5, 4, KT_I8, false, 1.0f / 2048, 0.7f, LIKE_INPUT},
    {1, 5, 7, 6, KT_F32, false, 1.0f, 0.0f, LIKE_INPUT},
    {2, 3, 4, 5, KT_F32, true, 1.0f, 0.3f, LIKE_INPUT},
    {1, 5, 7, 6, KT_F32, false, 1.0f, 0.0f, HYBRID},
    {2, 3, 9, 5, KT_F32, true, 1.0f, 0.3f, HYBRID},
    {2, 4, 3, 8, KT_F32, false, 1.0f, 0.0f, HYBRID_ASYMMETRIC},
};

static void deliver_lstm(struct kt_sink *sink, const struct lstm *s)
{
    enum { INPUTS = 24, GATES = 4, WEIGHTS = 1, RECURRENT = 5, BIAS = 12, HIDDEN = 18, CELL = 19 };
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_UNIDIRECTIONAL_SEQUENCE_LSTM);
    struct kt_options options = kt_options_default();
    int32_t first = s->time_major ? s->times : s->batch,
            second = s->time_major ? s->batch : s->times;
    int32_t operands[INPUTS];
    for (int32_t i = 0; i < INPUTS; i++) {
        operands[i] = -1;
    }
    int32_t input = quantised(&b, "input", s->type, 0.03f, -3, KT_LIST(first, second, s->inputs));
    operands[0] = input;
    for (int32_t gate = 0; gate < GATES; gate++) {
        float scale = 0.004f + 0.001f * (float)gate;
        int32_t type = s->weights == LIKE_INPUT ? s->type : KT_I8;
        operands[WEIGHTS + gate] = constant(&b, type, scale, KT_LIST(s->cells, s->inputs));
        operands[RECURRENT + gate] = constant(&b, type, scale, KT_LIST(s->cells, s->cells));
        operands[BIAS + gate] = s->type == KT_F32
                                    ? constant(&b, KT_F32, 1.0f, KT_LIST(s->cells))
                                    : integers(&b, KT_I32, 1.0f, 4000, KT_LIST(s->cells));
    }
    operands[HIDDEN] = state(&b, s->type, 0.007f, 4, s->batch, s->cells);
    operands[CELL] =
        state(&b, s->type == KT_F32 ? KT_F32 : KT_I16, s->cell_scale, 0, s->batch, s->cells);
    int32_t output = quantised(&b, "output", s->type, 0.007f, 4, KT_LIST(first, second, s->cells));
    options.activation = 4; /* TANH */
    options.cell_clip = s->clip;
    options.time_major = s->time_major;
    options.asymmetric = s->weights == HYBRID_ASYMMETRIC;
    kt_op_add1(c.model, KT_UNIDIRECTIONAL_SEQUENCE_LSTM, options, INPUTS, operands, output);
    c.runs = RUNS;
    snprintf(c.label, sizeof(c.label), "%d times %d, %d inputs, %d cells of scale %g, clip %g%s",
             (int)s->batch, (int)s->times, (int)s->inputs, (int)s->cells, (double)s->cell_scale,
             (double)s->clip, s->weights == LIKE_INPUT ? "" : ", int8 weights");
    kt_case_end(sink, &c, input, output);
}

/* SOFTMAX from int8 to int16. */
static void deliver_softmax(struct kt_sink *sink, int32_t width, float scale)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_SOFTMAX);
    int32_t input = quantised(&b, "input", KT_I8, scale, 3, KT_LIST(3, width));
    int32_t output = quantised(&b, "output", KT_I16, 1.0f / 65536, -32768, KT_LIST(3, width));
    kt_op_add1(c.model, KT_SOFTMAX, kt_options_default(), KT_LIST(input), output);
    snprintf(c.label, sizeof(c.label), "int8 to int16, width %d", (int)width);
    kt_case_end(sink, &c, input, output);
}

void kt_generate_recurrent(struct kt_sink *sink)
{
    for (size_t i = 0; i < sizeof(svdfs) / sizeof(svdfs[0]); i++) {
        deliver_svdf(sink, &svdfs[i]);
    }
    for (size_t i = 0; i < sizeof(lstms) / sizeof(lstms[0]); i++) {
        deliver_lstm(sink, &lstms[i]);
    }
    deliver_softmax(sink, 2, 0.07f);
    deliver_softmax(sink, 40, 0.02f);
    deliver_softmax(sink, 1000, 0.3f);
}
