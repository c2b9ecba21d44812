/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of the neural-network kernels, and the rows they work on.
 *
 * Every kernel has the same form:
 *
 *     void kl_NAME(const struct kl_PARAMS *p, const struct kl_rows *in,
 *                  const struct kl_rows *out, void *scratch);
 *
 * It computes the output rows out->first .. out->first + out->count - 1 and reads
 * whichever input rows these need. `in` is an array, one element per input in the
 * kernel's documented order. A kernel writes only the rows it was asked for and its
 * scratch. Unless its header says otherwise, input and output must not overlap.
 *
 * Layouts: feature maps are NHWC. A *row* of a feature map is one (n, y) line, W*C
 * elements; row index n*H + y. Of a matrix, a row is one vector. Elementwise kernels
 * take rows of `width` elements; the planner chooses the split.
 *
 * All structs hold plain integers, floats and pointers to constants; the code
 * generator writes them as constants into flash, so that a kernel that is inlined
 * with its parameters is specialised by the C compiler.
 */
#ifndef KINGLET_NN_H
#define KINGLET_NN_H

#include <stdint.h>

/* Keeps one instance of a kernel for several steps of a generated model. */
#define KL_NOINLINE __attribute__((noinline))

/*
 * Rows of one tensor. Row r starts at base + (offset ? offset[r] : r * stride).
 * A stride of 0 reads the same row again and again (broadcast).
 */
struct kl_rows {
    unsigned char *base;    /* of an input: only read */
    const uint32_t *offset; /* byte offset of each row, or NULL when the rows are evenly spaced */
    int32_t stride;         /* bytes from one row to the next; unused with an offset table */
    int32_t first;          /* out: first row to compute. in: first row present */
    int32_t count;          /* out: how many rows to compute. in: how many are present */
};

static inline unsigned char *kl_row(const struct kl_rows *rows, int32_t row)
{
    return rows->base + (rows->offset ? (int32_t)rows->offset[row] : row * rows->stride);
}

/* Sliding-window geometry of one image: convolution and pooling. */
struct kl_window {
    int32_t in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t k_h, k_w;           /* filter size in taps */
    int32_t stride_h, stride_w; /* output step in input pixels, >= 1 */
    int32_t dil_h, dil_w;       /* distance of taps in input pixels, >= 1 */
    int32_t pad_top, pad_left;  /* input row of (out row 0, tap 0) is -pad_top */
};

/*
 * Requantisation of int32 accumulators to int8, one entry per output channel:
 * out = clamp(out_zero_point + rounding_shift(SRDHM(acc << max(shift,0), multiplier), -shift)).
 * See kinglet "double rounding" in nn/ref/requantize.h.
 */
struct kl_requant {
    const int32_t *multiplier; /* [out_c] Q0.31, 0 or 2^30 .. 2^31-1 */
    const int8_t *shift;       /* [out_c] -31 .. 30; > 0 is a left shift before the multiply */
    int32_t out_zero_point;    /* -128 .. 127 */
    int32_t min, max;          /* fused activation, -128 <= min <= max <= 127 */
};

/* CONV_2D int8. weights [out_c][k_h][k_w][in_c/groups]; groups = in_c / (weight channels). */
struct kl_conv2d_s8 {
    struct kl_window win;
    int32_t groups;        /* >= 1; divides in_c and out_c */
    int32_t in_zero_point; /* padded taps read as this value */
    const int8_t *weights; /* zero point 0 */
    const int32_t *bias;   /* [out_c]; holds bias - in_zero_point * sum(weights), folded */
    struct kl_requant rq;
};

/*
 * DEPTHWISE_CONV_2D int8. weights [k_h][k_w][out_c]; out_c = in_c * multiplier,
 * output channel c reads input channel c / multiplier. bias as in kl_conv2d_s8.
 */
struct kl_depthwise_s8 {
    struct kl_window win;
    int32_t multiplier;
    int32_t in_zero_point;
    const int8_t *weights;
    const int32_t *bias;
    struct kl_requant rq;
};

/* FULLY_CONNECTED int8. One row = one input vector [in_c]; weights [out_c][in_c]. */
struct kl_fully_connected_s8 {
    int32_t in_c, out_c;
    const int8_t *weights; /* zero point 0 */
    const int32_t *bias;   /* [out_c], input zero point folded as in kl_conv2d_s8 */
    struct kl_requant rq;
};

/*
 * CONV_2D int8 without groups, and FULLY_CONNECTED as a convolution of one pixel per row, with
 * weights of 4 bits. `weights` holds blocks of `block` output channels (the last one perhaps
 * fewer), each as words of nn/ref/weights_s4.h in the order of kl_conv2d_s8.
 */
struct kl_conv2d_s4 {
    struct kl_window win;
    int32_t in_zero_point;
    int32_t block; /* 1 .. out_c */
    const int32_t *weights;
    const int32_t *bias; /* as in kl_conv2d_s8 */
    struct kl_requant rq;
};

/* DEPTHWISE_CONV_2D int8 with weights of 4 bits in the order of kl_depthwise_s8. */
struct kl_depthwise_s4 {
    struct kl_window win;
    int32_t multiplier;
    int32_t in_zero_point;
    const int32_t *weights; /* words of nn/ref/weights_s4.h */
    const int32_t *bias;
    struct kl_requant rq;
};

/*
 * Elementwise operators with broadcast: one row holds dim[0]*dim[1]*dim[2] output
 * elements, dense; input i advances by step[i][d] elements (0 = broadcast) along dim d.
 */
struct kl_elementwise {
    int32_t dim[3];
    int32_t step[2][3];
};

/*
 * ADD and SUB int8 and int16 (in[0] + in[1] or in[0] - in[1]). Each input is widened by
 * left_shift, scaled by its own multiplier, summed, and scaled to the output.
 * SUB subtracts the second scaled input instead (sign = -1).
 */
struct kl_add_s8 {
    struct kl_elementwise ew;
    int32_t zero_point[2]; /* of the inputs */
    int32_t multiplier[2]; /* Q0.31 */
    int32_t shift[2];      /* <= 0 */
    int32_t sign;          /* +1: ADD, -1: SUB */
    int32_t left_shift;    /* 20 for int8, 15 for int16 */
    int32_t out_multiplier;
    int32_t out_shift; /* <= 0 */
    int32_t out_zero_point;
    int32_t min, max;
};

/*
 * ADD and SUB int8, where constants were found that give the same results:
 * clamp((in[0] * factor[0] + in[1] * factor[1] + constant) >> shift). The sum fits int32.
 */
struct kl_add_linear_s8 {
    struct kl_elementwise ew;
    int32_t factor[2];
    int32_t constant;
    int32_t shift; /* 0 .. 31 */
    int32_t min, max;
};

/* MUL int8 and int16, and DIV int8, whose out_shift is 23 or less. */
struct kl_mul_s8 {
    struct kl_elementwise ew;
    int32_t zero_point[2];
    int32_t out_multiplier;
    int32_t out_shift;
    int32_t out_zero_point;
    int32_t min, max;
};

/* PRELU int8: in[0] = input, in[1] = alpha. */
struct kl_prelu_s8 {
    struct kl_elementwise ew;
    int32_t zero_point[2];
    int32_t pos_multiplier, pos_shift; /* input >= zero point */
    int32_t neg_multiplier, neg_shift; /* input * alpha */
    int32_t out_zero_point;
};

/* AVERAGE_POOL_2D and MAX_POOL_2D int8 and int16. The average rounds half away from zero
 * and divides by the taps inside the image. */
struct kl_pool_s8 {
    struct kl_window win; /* in_c == out_c, dilation 1 */
    int32_t offset; /* the average rounds value + offset: 128 of values that were uint8, or 0 */
    int32_t min, max;
};

/*
 * Reductions: out[o] = f over r of in[o,r]. Output element index (o0,o1,o2), dense;
 * input offset in elements = sum o_d*out_step[d] + sum r_d*red_step[d]. One row.
 */
struct kl_reduce {
    int32_t out_dim[3], out_step[3];
    int32_t red_dim[3], red_step[3];
};

/* MEAN and SUM int8 and int16: clamp(requantise(sum - zero_point*n) + out_zero_point). The mean's
 * division by n is in the multiplier. */
struct kl_mean_s8 {
    struct kl_reduce rd;
    int32_t in_zero_point_sum; /* zero_point * n */
    int32_t multiplier, shift;
    int32_t out_zero_point;
};

/* SOFTMAX int8 to int8 (scale 1/256, zero point -128) along a dense row of `width`. */
struct kl_softmax_s8 {
    int32_t width;
    int32_t multiplier; /* beta * in_scale * 2^(31-5), Q0.31 with left_shift */
    int32_t left_shift;
    int32_t diff_min; /* differences below this contribute 0 */
};

/* Any int8 to int8 function of one element: out = table[in + 128]. In place allowed. */
struct kl_lookup_s8 {
    int32_t width; /* elements per row */
    const int8_t *table;
};

/* QUANTIZE float32 to int8 and int16: zero_point + round(x / scale), half away from zero,
 * (TFLite) or to the even integer (ONNX), saturated. */
struct kl_quantize_f32_s8 {
    int32_t width;
    float scale;
    int32_t zero_point;
    int32_t halves_to_even; /* 0: away from zero */
};

/* DEQUANTIZE int8 and int16 to float32. */
struct kl_dequantize_s8_f32 {
    int32_t width;
    float scale;
    int32_t zero_point;
};

/* CONV_2D float32. Layouts as int8; bias may not be NULL (zeros are written out). */
struct kl_conv2d_f32 {
    struct kl_window win;
    int32_t groups;
    const float *weights;
    const float *bias;
    float min, max;
};

struct kl_depthwise_f32 {
    struct kl_window win;
    int32_t multiplier;
    const float *weights;
    const float *bias;
    float min, max;
};

struct kl_fully_connected_f32 {
    int32_t in_c, out_c;
    const float *weights;
    const float *bias;
    float min, max;
};

/* ADD, SUB, MUL float32. */
struct kl_binary_f32 {
    struct kl_elementwise ew;
    float min, max;
};

/* PRELU float32: in[0] = input, in[1] = alpha. */
struct kl_prelu_f32 {
    struct kl_elementwise ew;
};

/* AVERAGE_POOL_2D and MAX_POOL_2D float32. */
struct kl_pool_f32 {
    struct kl_window win;
    float min, max;
};

struct kl_mean_f32 {
    struct kl_reduce rd;
};

struct kl_softmax_f32 {
    int32_t width;
    float beta;
};

/*
 * Functions of one float: clamp (RELU, RELU6: min, max), leaky_relu (alpha),
 * logistic, tanh, hard_swish. In place allowed.
 */
struct kl_unary_f32 {
    int32_t width;
    float alpha;
    float min, max;
};

#define KL_MOVE_RANK 6

/*
 * Copy elements from strided to strided places: TRANSPOSE, STRIDED_SLICE, SPLIT,
 * CONCATENATION (one move per input), PACK, UNPACK, the inside of PAD. One row.
 */
struct kl_move {
    int32_t elem_bytes;             /* 1, 2, 4 or 8 */
    int32_t dim[KL_MOVE_RANK];      /* outermost first; unused leading dimensions are 1 */
    int32_t in_step[KL_MOVE_RANK];  /* bytes; may be negative or 0 */
    int32_t out_step[KL_MOVE_RANK]; /* bytes */
};

/* Fill the row with one element value (PAD's border). */
struct kl_fill {
    int32_t elem_bytes; /* 1, 2 or 4 */
    int32_t width;      /* elements per row */
    int32_t value;      /* bit pattern in its low bytes */
};

/* RESIZE_NEAREST_NEIGHBOR: out pixel (y,x) = in pixel (row[y], col[x]). One row = one (n,y) line.
 */
struct kl_resize_nearest {
    int32_t in_h, out_h, out_w;
    int32_t pixel_bytes;
    const uint16_t *row; /* [out_h] */
    const uint16_t *col; /* [out_w] */
};

/*
 * Plain numbers: not quantised. `dtype` is an enum kl_dtype: float32, bool, or an integer type but
 * uint64.
 */
enum kl_binary_function {
    KL_BINARY_NONE, /* the second operand */
    KL_BINARY_ADD,
    KL_BINARY_SUB,
    KL_BINARY_MUL,
    KL_BINARY_DIV,
    KL_BINARY_FLOOR_MOD,
    KL_BINARY_POW,
    KL_BINARY_MAXIMUM,
    KL_BINARY_MINIMUM,
    KL_BINARY_AND,
    KL_BINARY_OR,
    KL_BINARY_XOR,
    KL_BINARY_FLOOR_DIV
};

/* Arithmetic and logic of two integers or bools. */
struct kl_binary_int {
    struct kl_elementwise ew;
    int32_t function; /* enum kl_binary_function */
    int32_t dtype;    /* of both operands and the result */
};

enum kl_compare_function {
    KL_COMPARE_EQUAL,
    KL_COMPARE_NOT_EQUAL,
    KL_COMPARE_LESS,
    KL_COMPARE_LESS_EQUAL,
    KL_COMPARE_GREATER,
    KL_COMPARE_GREATER_EQUAL
};

/* Comparison of two plain numbers; the result is bool. */
struct kl_compare {
    struct kl_elementwise ew;
    int32_t function; /* enum kl_compare_function */
    int32_t dtype;    /* of the operands */
};

/* Comparison of two int8, as multiples of 1/256: (x - zero_point) * 2^8, requantised. */
struct kl_compare_s8 {
    struct kl_elementwise ew;
    int32_t function; /* enum kl_compare_function */
    int32_t zero_point[2];
    int32_t multiplier[2], shift[2]; /* scales: shift <= 0 */
};

/* SELECT_V2: in[1] where in[0] is true, else in[2]. Output [dim], dense; steps in bytes. */
struct kl_select {
    int32_t dim[4];
    int32_t step[3][4];
    int32_t elem_bytes; /* of in[1] and in[2] */
};

/* CAST between plain numbers. */
struct kl_cast {
    int32_t width;
    int32_t from, to; /* enum kl_dtype */
};

enum kl_reduce_function { KL_REDUCE_SUM, KL_REDUCE_PROD, KL_REDUCE_MAX, KL_REDUCE_MIN };

/* SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN of plain numbers. */
struct kl_reduce_number {
    struct kl_reduce rd;
    int32_t function; /* enum kl_reduce_function */
    int32_t dtype;
};

/* ARG_MAX, ARG_MIN: index along the reduced axis. */
struct kl_arg_extreme {
    struct kl_reduce rd;
    int32_t dtype, out_dtype; /* out: KL_S32 or KL_S64 */
    int32_t sign;             /* 1: largest, -1: smallest */
    int32_t last;             /* of equal elements: 1 the last, 0 the first */
};

/*
 * Places in a tensor that indices name. A position is one index of the loops dim[0..5]; its bytes
 * in the indexed tensor begin at sum(position[d] * data_step[d]) + sum(index[k] * place_step[k]),
 * where the `depth` indices lie one after the other at sum(position[d] * index_step[d]) in the
 * tensor of indices. All steps in bytes.
 */
#define KL_INDEX_DEPTH 6
struct kl_indexed {
    int32_t dim[KL_MOVE_RANK]; /* outermost first; unused leading dimensions are 1 */
    int32_t data_step[KL_MOVE_RANK];
    int32_t index_step[KL_MOVE_RANK];
    int32_t depth;
    int32_t index_dtype;                 /* KL_S32 or KL_S64 */
    int32_t place_count[KL_INDEX_DEPTH]; /* indices go from -place_count to place_count - 1 */
    int32_t place_step[KL_INDEX_DEPTH];
    int32_t bytes; /* at each position */
};

/* Updates at indexed places; of a place that is named twice both take effect, in order. */
struct kl_scatter {
    struct kl_indexed at;
    int32_t function; /* NONE, ADD, MUL, MAXIMUM or MINIMUM of enum kl_binary_function */
    int32_t dtype;
};

/*
 * BATCH_MATMUL: [rows][inner] times [inner][columns] for each batch. Steps in elements. Output
 * dense.
 */
struct kl_matmul {
    int32_t rows, inner, columns;
    int32_t a_step[2];           /* along rows, inner */
    int32_t b_step[2];           /* along inner, columns */
    struct kl_elementwise batch; /* over matrices: steps of both inputs */
};

/* BATCH_MATMUL int8 and int16. The multiplier is Q0.31, of int16 Q0.15. */
struct kl_matmul_s8 {
    struct kl_matmul shape;
    int32_t zero_point[2]; /* of the operands */
    int32_t multiplier, shift;
    int32_t out_zero_point;
};

/* CUMSUM along `count` of [outer][count][inner]. */
struct kl_cumsum {
    int32_t outer, count, inner;
    int32_t exclusive; /* without the element itself */
    int32_t reverse;   /* from the end */
    int32_t dtype;
};

/* TOPK_V2: places of the `taken` first elements of each line of `count`, in order. */
struct kl_topk {
    int32_t outer, count, inner, taken;
    int32_t sign; /* 1: largest first, -1: smallest first */
    int32_t dtype, out_dtype;
};

/* RESAMPLE: interpolation along one axis, by a table of weights for each output index. */
struct kl_resample_f32 {
    int32_t outer, count, out_count, inner;
    int32_t taps;
    const int32_t *first; /* [out_count] 0 .. count - taps */
    const float *weight;  /* [out_count][taps] */
};

/*
 * SVDF int8: a row is one sequence. features [units*rank][inputs], time [units*rank][memory], which
 * is of the state's type: int8 or int16.
 */
struct kl_svdf_s8 {
    int32_t inputs, units, rank, memory;
    const int8_t *features;      /* zero point 0 */
    const int32_t *feature_bias; /* [units*rank]; the input zero point folded in */
    const void *time;            /* zero point 0 */
    const int32_t *bias;         /* [units] */
    int32_t state_multiplier, state_shift;
    int32_t state_zero_point; /* of an int16 state: 0 */
    int32_t state_min, state_max;
    int32_t out_multiplier, out_shift;
    int32_t out_zero_point;
};

/* SVDF float32. Layouts as int8. */
struct kl_svdf_f32 {
    int32_t inputs, units, rank, memory;
    const float *features;
    const float *time;
    const float *bias;
    float min, max;
};

/*
 * LSTM int8 with int16 cell state. Sequence b at time t is row b * batch_rows + t * time_rows of
 * input and output. Weights of the gates input, forget, cell, output, one after the other:
 * weights [4][cells][inputs], recurrent [4][cells][cells].
 */
struct kl_lstm_s8 {
    int32_t batches, times, batch_rows, time_rows;
    int32_t inputs, cells;
    const int8_t *weights;           /* zero point 0 */
    const int8_t *recurrent;         /* zero point 0 */
    const int32_t *bias;             /* [4][cells]; the input zero point folded in */
    const int32_t *recurrent_bias;   /* [4][cells]; the hidden state's zero point folded in */
    const uint16_t *table;           /* [256] of the logistic function, as in kl_sigmoid_s16 */
    int32_t multiplier[4], shift[4]; /* of the gates' inputs, to Q3.12 */
    int32_t recurrent_multiplier[4], recurrent_shift[4];
    int32_t forget_multiplier, forget_shift; /* forget gate times cell state */
    int32_t input_multiplier, input_shift;   /* input gate times cell gate */
    int32_t hidden_multiplier, hidden_shift; /* output gate times tanh(cell state) */
    int32_t hidden_zero_point;
    int32_t tanh_multiplier, tanh_right_shift; /* cell state to the scale 1 / (3 * 4096) */
    int32_t clip;                              /* 1 .. 32767; 32768: none */
};

/* LSTM float32. Layouts as int8. */
struct kl_lstm_f32 {
    int32_t batches, times, batch_rows, time_rows;
    int32_t inputs, cells;
    const float *weights;
    const float *recurrent;
    const float *bias; /* [4][cells] */
    float clip;        /* 0: none */
};

/* LSTM float32 with int8 weights. Layouts as int8. */
struct kl_lstm_hybrid {
    int32_t batches, times, batch_rows, time_rows;
    int32_t inputs, cells;
    int32_t asymmetric;    /* as in kl_hybrid */
    const int8_t *weights; /* zero point 0 */
    const int8_t *recurrent;
    const float *bias;         /* [4][cells] */
    const float *weight_scale; /* [4] of weights, then [4] of recurrent */
    float clip;                /* 0: none */
};

/* Signal operators: device/dsp says what they compute. */
struct kl_signal_window {
    int32_t width;
    int32_t shift;         /* 0 .. 31 */
    const int16_t *window; /* [width] */
};

struct kl_signal_auto_scale {
    int32_t width;
};

struct kl_rfft_s16 {
    int32_t width;          /* samples; zeros up to `length` */
    int32_t length;         /* a power of two */
    const int16_t *twiddle; /* [length/2][2] exp(-2 pi i k / (length/2)), Q0.15 */
    const int16_t *join;    /* [length/4][2] exp(-pi i ((k + 1) / (length/2) + 1/2)), Q0.15 */
};

struct kl_signal_energy {
    int32_t bins;
    int32_t start, end; /* 0 <= start <= end <= bins */
};

/* Bands 0 .. channels; the first has no channel below it. */
struct kl_filter_bank {
    int32_t channels;
    const int16_t *weights, *counterweights;
    const int16_t *first_bin, *first_weight, *widths; /* [channels + 1] */
};

struct kl_filter_bank_root {
    int32_t channels;
};

struct kl_noise_subtraction {
    int32_t channels;
    int32_t smoothing[2], one_minus_smoothing[2]; /* of even and odd channels */
    int32_t min_signal_remaining;
    int32_t smoothing_bits, bits; /* 0 .. 31 */
    int32_t clamping;
};

struct kl_pcan {
    int32_t channels;
    int32_t snr_shift;   /* 0 .. 63 */
    const int16_t *gain; /* [125] */
};

struct kl_filter_bank_log {
    int32_t channels;
    int32_t output_scale;
    int32_t correction_bits; /* 0 .. 31 */
    const uint16_t *table;   /* [129] log2(1 + k / 128) - k / 128, Q0.16 */
};

/*
 * Control flow: leave the step to go on with. out: one uint32, which holds the step that follows
 * already. in: one bool, with `conditional` only.
 */
struct kl_branch {
    int32_t target;      /* the step to go on with when the condition is false, or always */
    int32_t conditional; /* 0: without a condition */
};

/*
 * Requantisation of the accumulators of int16 activations and int8 weights. They are 64 bits wide,
 * the multiplier has 16 bits, and there is one rounding: clamp((acc * multiplier + half) >> (15 -
 * shift)). With `narrow` they are 32 bits wide and requantised as in kl_requant: CONV_2D with an
 * int32 bias or none is defined that way.
 */
struct kl_requant_s16 {
    const int32_t *multiplier; /* [out_c] Q0.15, 0 .. 2^15-1; with `narrow` Q0.31 */
    const int8_t *shift;       /* [out_c] -31 .. 7 */
    int32_t narrow;
    int32_t min, max; /* fused activation, inside int16 */
};

/*
 * CONV_2D int16 with int8 weights; all zero points are 0. Weights as in kl_conv2d_s8. Depthwise and
 * fully connected layers are convolutions, too: with as many groups as input channels, and with
 * a window of one pixel.
 */
struct kl_conv2d_s16 {
    struct kl_window win;
    int32_t groups;
    const int8_t *weights;
    const int64_t *bias; /* [out_c] */
    struct kl_requant_s16 rq16;
};

/*
 * CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED with float32 activations and int8 weights; weights
 * and special cases as in kl_conv2d_s16. Each image is quantised in the scratch memory when the
 * step runs: to -127 .. 127 around 0, or with `asymmetric` to -128 .. 127 around a zero point.
 */
struct kl_hybrid {
    struct kl_window win;
    int32_t groups;
    int32_t asymmetric;
    const int8_t *weights;
    const float *weight_scale; /* [out_c] */
    const float *bias;         /* [out_c] */
    float min, max;
};

/*
 * CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of models that were uint8; weights and special
 * cases as in kl_conv2d_s16. One float scale leads from the sum to the output.
 */
struct kl_conv2d_u8 {
    struct kl_window win;
    int32_t groups;
    int32_t in_zero_point, weight_zero_point; /* -128 .. 127 */
    const int8_t *weights;
    const int32_t *bias; /* [out_c]; holds no zero points */
    float scale;
    int32_t out_zero_point;
    int32_t min, max;
};

/*
 * One affine function of one integer below a zero point and one at or above it: QUANTIZE between
 * integer types, RELU and LEAKY_RELU of int16. out = clamp(out_zero_point +
 * requantise(in - in_zero_point)).
 */
struct kl_rescale {
    int32_t width;               /* elements per row */
    int32_t in_bytes, out_bytes; /* 1, 2 or 4 */
    int32_t in_zero_point;
    int32_t multiplier, shift;             /* of inputs at or above the zero point */
    int32_t below_multiplier, below_shift; /* of inputs below it */
    int32_t out_zero_point;
    int32_t min, max;
};

/* LOGISTIC and TANH int16 to int16 (scale 2^-15), by a table of the logistic function. */
struct kl_sigmoid_s16 {
    int32_t width;
    int32_t multiplier, right_shift; /* in_scale to the scale 1 / (3 * 4096) */
    const uint16_t *table;           /* [256] 2^16 / (1 + exp(-i / 24)) */
};

/* SOFTMAX int16 to int16 (scale 2^-15) along a dense row of `width`, by two tables. */
struct kl_softmax_s16 {
    int32_t width;
    int32_t multiplier, shift; /* a difference to 10 / 65535 */
    const int16_t *exp;        /* [513] exp(x) for x in -10 .. 0, Q0.15 */
    const int16_t *reciprocal; /* [513] 1 / (1 + x) for x in 0 .. 1, Q0.15 */
};

/*
 * TREE_ENSEMBLE: forests and boosted trees over rows of floats.
 *
 * A column is a feature as nodes see it: column f < features is feature f with nan_key in place of
 * what is no number; column features + f, if there is one, is feature f with ~nan_key.
 *
 * keys: for each column the different thresholds it is compared with, ascending, as
 * kl_float_key gives them; key_start[c] is where those of column c begin. The rank of a value is
 * how many of them are below it: value <= threshold i exactly when rank <= i.
 *
 * nodes: words of node_bytes bytes (2 or 4). A leaf is one word, top bit set, the rest its index
 * in `leaves`. A split is two words: column << rank_bits | threshold's index, and the distance in
 * words to the node for values above the threshold; the node for the others follows at once. So
 * trees lie in preorder; one follows the other. On no way down are more than KL_TREE_MAX_DEPTH
 * splits. A split whose node for values above begins at B and whose node for the others begins at
 * A may be the last one of a chain: the splits before it lead to A or B for values above, too.
 */
enum { KL_TREE_MAX_DEPTH = 64 };
struct kl_tree_ensemble {
    int32_t features, columns, trees, outputs;
    int32_t leaf_width; /* values per leaf, added to outputs column[tree] and on */
    int32_t node_bytes;
    int32_t rank_bits;
    int32_t nan_key; /* for what is no number: INT32_MAX goes right, INT32_MIN left */
    const int32_t *keys;
    const uint16_t *key_start; /* [columns + 1] */
    const void *nodes;
    const uint32_t *root;   /* [trees] first word of each tree */
    const uint16_t *column; /* [trees] */
    const float *leaves;    /* [..][leaf_width] */
    const float *base;      /* [outputs] */
};

/* SQUARED_DISTANCE float32. centres [count][in_c]. */
struct kl_distance_f32 {
    int32_t in_c, count;
    const float *centres;
};

/* SQUARED_DISTANCE float32 with weights [count][in_c] and bias [count]. */
struct kl_weighted_distance_f32 {
    int32_t in_c, count;
    const float *centres;
    const float *weights;
    const float *bias;
};

/* NEAREST_VOTE: label [count] 0 .. classes-1; 1 <= k <= count. */
struct kl_nearest_vote {
    int32_t count, k, classes;
    const uint16_t *label;
};

#endif
