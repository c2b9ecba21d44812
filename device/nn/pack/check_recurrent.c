/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of operators with state of their own, whose rows are outputs behind the first one. */
#include "nn/pack/check.h"
#include "nn/ref/sigmoid_s16.h"

/* Are there as many rows of output `output` as of the first one? */
static bool has_row_for_each(const struct kl_check *check, uint32_t output)
{
    return (uint32_t)check->rows[check->inputs + output].count >= kl_out_rows(check);
}

/* Inputs, results and state of elements of these sizes. Stores the number of filters. */
static bool check_svdf(struct kl_check *check, const int32_t sizes[4], uint32_t elem_bytes,
                       uint32_t state_bytes, uint32_t *filters)
{
    const int32_t inputs = sizes[0], units = sizes[1], memory = sizes[3];
    *filters = kl_volume(sizes + 1, 2);
    return kl_volume(sizes, 4) != UINT32_MAX &&
           kl_check_in(check, 0, kl_out_rows(check), kl_times((uint32_t)inputs, elem_bytes),
                       elem_bytes) &&
           kl_check_out(check, 0, kl_times((uint32_t)units, elem_bytes), elem_bytes) &&
           kl_check_out(check, 1, kl_times(kl_times(*filters, (uint32_t)memory), state_bytes),
                        state_bytes) &&
           has_row_for_each(check, 1);
}

bool kl_svdf_s8_check(const struct kl_svdf_s8 *p, struct kl_check *check)
{
    const uint32_t bytes = check->kernel == KL_KERNEL_SVDF_S8_S16 ? 2 : 1;
    const int32_t sizes[4] = {p->inputs, p->units, p->rank, p->memory};
    uint32_t filters;
    if (!check_svdf(check, sizes, 1, bytes, &filters)) {
        return false;
    }
    const struct kl_sums sums = {.bias = p->feature_bias,
                                 .weights = p->features,
                                 .channels = (int32_t)filters,
                                 .taps = p->inputs,
                                 .together = 1,
                                 .run = p->inputs,
                                 .largest = -INT8_MIN};
    return kl_check_constant(check, p->features, kl_times(filters, (uint32_t)p->inputs), 1) &&
           kl_check_constant(check, p->feature_bias, filters, 4) &&
           kl_check_constant(check, p->time, kl_times(filters, (uint32_t)p->memory), bytes) &&
           kl_check_constant(check, p->bias, (uint32_t)p->units, 4) && kl_check_sums(&sums) &&
           kl_check_multiplier(p->state_multiplier, p->state_shift) &&
           kl_check_limits(p->state_zero_point, p->state_min, p->state_max, bytes) &&
           kl_check_multiplier(p->out_multiplier, p->out_shift) && kl_fits(p->out_zero_point, 1);
}

bool kl_svdf_f32_check(const struct kl_svdf_f32 *p, struct kl_check *check)
{
    const int32_t sizes[4] = {p->inputs, p->units, p->rank, p->memory};
    uint32_t filters;
    return check_svdf(check, sizes, 4, 4, &filters) &&
           kl_check_constant(check, p->features, kl_times(filters, (uint32_t)p->inputs), 4) &&
           kl_check_constant(check, p->time, kl_times(filters, (uint32_t)p->memory), 4) &&
           kl_check_constant(check, p->bias, (uint32_t)p->units, 4);
}

enum { GATES = 4 };

/* How sequences lie in rows, and the layer's sizes. */
struct lstm {
    int32_t batches, times, batch_rows, time_rows;
    int32_t inputs, cells;
};

/* The farthest row of a sequence is there; each is computed once, which bounds the time. */
static bool check_sequences(const struct lstm *s, uint32_t rows)
{
    const int32_t dim[2] = {s->batches, s->times}, step[2] = {s->batch_rows, s->time_rows};
    return kl_volume(dim, 2) <= rows && kl_elements_reached(dim, step, 2) <= rows;
}

/* Inputs and results of elements of elem_bytes, and the states of all sequences. */
static bool check_lstm(struct kl_check *check, const struct lstm *s, uint32_t elem_bytes,
                       uint32_t cell_bytes)
{
    const uint32_t rows = kl_out_rows(check), batches = (uint32_t)s->batches;
    return s->inputs >= 1 && s->cells >= 1 && check_sequences(s, rows) &&
           kl_check_in(check, 0, rows, kl_times((uint32_t)s->inputs, elem_bytes), elem_bytes) &&
           kl_check_out(check, 0, kl_times((uint32_t)s->cells, elem_bytes), elem_bytes) &&
           kl_check_out(check, 1, kl_times((uint32_t)s->cells, elem_bytes), elem_bytes) &&
           kl_check_out(check, 2, kl_times((uint32_t)s->cells, cell_bytes), cell_bytes) &&
           (uint32_t)check->rows[check->inputs + 1].count >= batches &&
           (uint32_t)check->rows[check->inputs + 2].count >= batches &&
           kl_check_apart(check, check->inputs, check->inputs + 1);
}

/* Weights of all gates, `columns` for each cell, and their biases. */
static bool check_gates_s8(const struct kl_check *check, const int8_t *weights, const int32_t *bias,
                           int32_t cells, int32_t columns)
{
    const uint32_t rows = kl_times(GATES, (uint32_t)cells);
    const struct kl_sums sums = {.bias = bias,
                                 .weights = weights,
                                 .channels = (int32_t)rows,
                                 .taps = columns,
                                 .together = 1,
                                 .run = columns,
                                 .largest = -INT8_MIN};
    return kl_check_constant(check, weights, kl_times(rows, (uint32_t)columns), 1) &&
           kl_check_constant(check, bias, rows, 4) && kl_check_sums(&sums);
}

static bool check_lstm_factors(const struct kl_lstm_s8 *p)
{
    enum { NO_CLIP = INT16_MAX + 1 };
    for (int32_t gate = 0; gate < GATES; gate++) {
        if (!kl_check_multiplier(p->multiplier[gate], p->shift[gate]) ||
            !kl_check_multiplier(p->recurrent_multiplier[gate], p->recurrent_shift[gate])) {
            return false;
        }
    }
    return kl_check_multiplier(p->forget_multiplier, p->forget_shift) &&
           kl_check_multiplier(p->input_multiplier, p->input_shift) &&
           kl_check_multiplier(p->hidden_multiplier, p->hidden_shift) &&
           kl_fits(p->hidden_zero_point, 1) &&
           kl_check_rounded_product(p->tanh_multiplier, p->tanh_right_shift) &&
           kl_within(p->clip, 1, NO_CLIP);
}

bool kl_lstm_s8_check(const struct kl_lstm_s8 *p, struct kl_check *check)
{
    const struct lstm shape = {p->batches,   p->times,  p->batch_rows,
                               p->time_rows, p->inputs, p->cells};
    return check_lstm(check, &shape, 1, 2) &&
           check_gates_s8(check, p->weights, p->bias, p->cells, p->inputs) &&
           check_gates_s8(check, p->recurrent, p->recurrent_bias, p->cells, p->cells) &&
           kl_check_constant(check, p->table, KL_LOGISTIC_ENTRIES, 2) && check_lstm_factors(p);
}

bool kl_lstm_f32_check(const struct kl_lstm_f32 *p, struct kl_check *check)
{
    const struct lstm shape = {p->batches,   p->times,  p->batch_rows,
                               p->time_rows, p->inputs, p->cells};
    const uint32_t rows = kl_times(GATES, (uint32_t)p->cells);
    return check_lstm(check, &shape, 4, 4) &&
           kl_check_constant(check, p->weights, kl_times(rows, (uint32_t)p->inputs), 4) &&
           kl_check_constant(check, p->recurrent, kl_times(rows, (uint32_t)p->cells), 4) &&
           kl_check_constant(check, p->bias, rows, 4);
}

bool kl_lstm_hybrid_check(const struct kl_lstm_hybrid *p, struct kl_check *check)
{
    enum { MAX_PRODUCTS = 1 << 16 }; /* of 255 and -128: they fit int32 */
    const struct lstm shape = {p->batches,   p->times,  p->batch_rows,
                               p->time_rows, p->inputs, p->cells};
    const uint32_t rows = kl_times(GATES, (uint32_t)p->cells);
    return check_lstm(check, &shape, 4, 4) && p->inputs <= MAX_PRODUCTS &&
           p->cells <= MAX_PRODUCTS &&
           (uint32_t)p->inputs + (uint32_t)p->cells <= check->scratch_bytes &&
           kl_check_constant(check, p->weights, kl_times(rows, (uint32_t)p->inputs), 1) &&
           kl_check_constant(check, p->recurrent, kl_times(rows, (uint32_t)p->cells), 1) &&
           kl_check_constant(check, p->bias, rows, 4) &&
           kl_check_constant(check, p->weight_scale, 2 * GATES, 4);
}
