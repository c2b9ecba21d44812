/* SPDX-License-Identifier: Apache-2.0 */
#include "learn_gradients.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/const_params.h"

/* One operator: its tensors of the whole batch. */
struct slow_op {
    const struct kl_op *op;
    const double *in[5];
    double *out;
    int32_t batch;
    bool training;
};

static int32_t items(const struct kl_tensor *tensor)
{
    return (int32_t)kl_shape_elements(&tensor->shape);
}

/* The input value under tap (ty, tx) at output (oy, ox), or NULL in the padding. */
static const double *tap(const struct slow_op *s, int32_t n, int32_t oy, int32_t ox, int32_t ty,
                         int32_t tx)
{
    const struct kl_attr_window *w = &s->op->attr.window;
    const int32_t *d = s->op->inputs[0]->shape.dim;
    int32_t y = oy * w->stride_h + ty * w->dilation_h - w->pad_top;
    int32_t x = ox * w->stride_w + tx * w->dilation_w - w->pad_left;
    bool inside = y >= 0 && y < d[1] && x >= 0 && x < d[2];
    return inside ? s->in[0] + ((n * d[1] + y) * d[2] + x) * d[3] : NULL;
}

static double conv_at(const struct slow_op *s, int32_t n, int32_t y, int32_t x, int32_t c)
{
    const int32_t *f = s->op->inputs[1]->shape.dim;
    bool depthwise = s->op->kind == KL_OP_DEPTHWISE_CONV_2D;
    int32_t in_c = s->op->inputs[0]->shape.dim[3];
    int32_t out_c = s->op->outputs[0]->shape.dim[3];
    int32_t group = depthwise ? 0 : c / (out_c / (in_c / f[3])) * f[3];
    double sum = s->in[2] ? s->in[2][c] : 0;
    for (int32_t t = 0; t < f[1] * f[2]; t++) {
        const double *pixel = tap(s, n, y, x, t / f[2], t % f[2]);
        if (pixel && depthwise) {
            sum += pixel[c / (out_c / in_c)] * s->in[1][t * out_c + c];
        }
        for (int32_t i = 0; pixel && !depthwise && i < f[3]; i++) {
            sum += pixel[group + i] * s->in[1][(c * f[1] * f[2] + t) * f[3] + i];
        }
    }
    return sum;
}

static double pool_at(const struct slow_op *s, int32_t n, int32_t y, int32_t x, int32_t c)
{
    const struct kl_attr_window *w = &s->op->attr.window;
    double sum = 0, most = -INFINITY;
    int32_t count = 0;
    for (int32_t t = 0; t < w->filter_h * w->filter_w; t++) {
        const double *pixel = tap(s, n, y, x, t / w->filter_w, t % w->filter_w);
        if (pixel) {
            sum += pixel[c];
            most = fmax(most, pixel[c]);
            count++;
        }
    }
    return s->op->kind == KL_OP_MAX_POOL_2D ? most : sum / count;
}

static void window(const struct slow_op *s)
{
    const int32_t *d = s->op->outputs[0]->shape.dim;
    bool pool = s->op->kind == KL_OP_MAX_POOL_2D || s->op->kind == KL_OP_AVERAGE_POOL_2D;
    for (int32_t i = 0; i < s->batch * d[1] * d[2] * d[3]; i++) {
        int32_t c = i % d[3], x = i / d[3] % d[2], y = i / d[3] / d[2] % d[1];
        int32_t n = i / d[3] / d[2] / d[1];
        s->out[i] = pool ? pool_at(s, n, y, x, c) : conv_at(s, n, y, x, c);
    }
}

static void dense(const struct slow_op *s)
{
    int32_t units = s->op->inputs[1]->shape.dim[0], columns = s->op->inputs[1]->shape.dim[1];
    int32_t rows = s->batch * items(s->op->inputs[0]) / columns;
    for (int32_t i = 0; i < rows * units; i++) {
        s->out[i] = s->in[2] ? s->in[2][i % units] : 0;
        for (int32_t k = 0; k < columns; k++) {
            s->out[i] += s->in[0][i / units * columns + k] * s->in[1][i % units * columns + k];
        }
    }
}

static void mean(const struct slow_op *s)
{
    const struct kl_shape *shape = &s->op->inputs[0]->shape;
    int32_t channels = shape->dim[shape->rank - 1];
    int32_t pixels = items(s->op->inputs[0]) / channels;
    for (int32_t i = 0; i < s->batch * channels; i++) {
        s->out[i] = 0;
        for (int32_t p = 0; p < pixels; p++) {
            s->out[i] += s->in[0][(i / channels * pixels + p) * channels + i % channels] / pixels;
        }
    }
}

static double function(const struct kl_op *op, double x)
{
    switch (op->kind) {
    case KL_OP_RELU: return fmax(x, 0);
    case KL_OP_RELU6: return fmin(fmax(x, 0), 6);
    case KL_OP_LEAKY_RELU: return x > 0 ? x : (double)op->attr.leaky_relu.alpha * x;
    case KL_OP_HARD_SWISH: return x * fmin(fmax(x + 3, 0), 6) / 6;
    case KL_OP_LOGISTIC: return 1 / (1 + exp(-x));
    case KL_OP_TANH: return tanh(x);
    default: return x;
    }
}

static void unary(const struct slow_op *s)
{
    for (int32_t i = 0; i < s->batch * items(s->op->outputs[0]); i++) {
        s->out[i] = function(s->op, s->in[0][i]);
    }
}

/* Where element i of the output reads an input whose dimensions of 1 stretch. */
static int32_t broadcast_place(const struct slow_op *s, int32_t input, int32_t i)
{
    const struct kl_shape *in = &s->op->inputs[input]->shape;
    const struct kl_shape *out = &s->op->outputs[0]->shape;
    int32_t place = 0, scale = 1;
    for (int32_t d = out->rank - 1; d > 0; d--) {
        place += in->dim[d] == 1 ? 0 : i % out->dim[d] * scale;
        scale *= in->dim[d];
        i /= out->dim[d];
    }
    return place + i * scale;
}

static void binary(const struct slow_op *s)
{
    for (int32_t i = 0; i < s->batch * items(s->op->outputs[0]); i++) {
        double a = s->in[0][broadcast_place(s, 0, i)];
        double b = s->in[1][broadcast_place(s, 1, i)];
        s->out[i] = s->op->kind == KL_OP_ADD ? a + b : s->op->kind == KL_OP_SUB ? a - b : a * b;
    }
}

static void batch_norm(const struct slow_op *s)
{
    int32_t channels = items(s->op->inputs[1]);
    int32_t rows = s->batch * items(s->op->inputs[0]) / channels;
    for (int32_t c = 0; c < channels; c++) {
        double average = 0, variance = 0;
        for (int32_t r = 0; r < rows; r++) {
            average += s->in[0][r * channels + c] / rows;
        }
        for (int32_t r = 0; r < rows; r++) {
            variance += pow(s->in[0][r * channels + c] - average, 2) / rows;
        }
        average = s->training ? average : s->in[3][c];
        variance = s->training ? variance : s->in[4][c];
        for (int32_t r = 0; r < rows; r++) {
            s->out[r * channels + c] = (s->in[0][r * channels + c] - average) /
                                           sqrt(variance + (double)s->op->attr.batch_norm.epsilon) *
                                           s->in[1][c] +
                                       s->in[2][c];
        }
    }
}

static void softmax(const struct slow_op *s)
{
    const struct kl_shape *shape = &s->op->inputs[0]->shape;
    int32_t classes = shape->dim[shape->rank - 1];
    for (int32_t row = 0; row < s->batch * items(s->op->inputs[0]) / classes; row++) {
        double sum = 0;
        for (int32_t c = 0; c < classes; c++) {
            sum += exp(s->in[0][row * classes + c]);
        }
        for (int32_t c = 0; c < classes; c++) {
            s->out[row * classes + c] = exp(s->in[0][row * classes + c]) / sum;
        }
    }
}

/* [1, time, channels] at one time and some channels, as the recurrent layer takes it. */
static void slice(const struct slow_op *s)
{
    struct kl_slice part;
    struct kl_diag diag = {0};
    const int32_t *d = s->op->inputs[0]->shape.dim;
    if (kl_op_slice(s->op, &part, &diag) != KL_OK) {
        abort();
    }
    int32_t place = 0;
    for (int32_t n = 0; n < s->batch; n++) {
        for (int32_t t = 0; t < part.size[1]; t++) {
            for (int32_t c = 0; c < part.size[2]; c++) {
                s->out[place++] =
                    s->in[0][(n * d[1] + part.begin[1] + t) * d[2] + part.begin[2] + c];
            }
        }
    }
}

static void compute(const struct slow_op *s)
{
    switch (s->op->kind) {
    case KL_OP_CONV_2D:
    case KL_OP_DEPTHWISE_CONV_2D:
    case KL_OP_MAX_POOL_2D:
    case KL_OP_AVERAGE_POOL_2D: window(s); break;
    case KL_OP_FULLY_CONNECTED: dense(s); break;
    case KL_OP_MEAN: mean(s); break;
    case KL_OP_ADD:
    case KL_OP_SUB:
    case KL_OP_MUL: binary(s); break;
    case KL_OP_BATCH_NORM: batch_norm(s); break;
    case KL_OP_SOFTMAX: softmax(s); break;
    case KL_OP_STRIDED_SLICE: slice(s); break;
    default: unary(s); break;
    }
}

/* Fused activations. */
static void activate(const struct slow_op *s)
{
    enum kl_activation activation = KL_ACT_NONE;
    if (s->op->kind == KL_OP_CONV_2D) {
        activation = s->op->attr.window.activation;
    } else if (s->op->kind == KL_OP_ADD) {
        activation = s->op->attr.binary.activation;
    }
    for (int32_t i = 0; activation != KL_ACT_NONE && i < s->batch * items(s->op->outputs[0]); i++) {
        s->out[i] = fmax(s->out[i], 0);
        s->out[i] = activation == KL_ACT_RELU6 ? fmin(s->out[i], 6) : s->out[i];
    }
}

void slow_network(const struct kl_graph *graph, double *const *constants, int32_t batch,
                  bool training, const double *input, double *output)
{
    const struct kl_subgraph *g = graph->subgraphs[0];
    double **values = calloc((size_t)g->tensor_count, sizeof values[0]);
    if (!values) {
        abort();
    }
    for (int32_t o = 0; o < g->op_count; o++) {
        const struct kl_op *op = g->ops[o];
        struct slow_op s = {.op = op, .batch = batch, .training = training};
        for (int32_t i = 0; i < op->input_count && i < 5; i++) {
            const struct kl_tensor *in = op->inputs[i];
            s.in[i] = in == g->inputs[0] ? input
                      : values[in->id]   ? values[in->id]
                                         : constants[in->id];
        }
        size_t count = (size_t)batch * (size_t)items(op->outputs[0]);
        s.out = values[op->outputs[0]->id] = calloc(count, sizeof(double));
        if (!s.out) {
            abort();
        }
        compute(&s);
        activate(&s);
    }
    memcpy(output, values[g->outputs[0]->id],
           (size_t)batch * (size_t)items(g->outputs[0]) * sizeof output[0]);
    for (int32_t i = 0; i < g->tensor_count; i++) {
        free(values[i]);
    }
    free(values);
}
