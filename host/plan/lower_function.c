/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one element: activations, QUANTIZE and DEQUANTIZE. */
#include "graph/function_table.h"
#include "plan/lower.h"
#include "plan/overlap.h"

static int32_t elements(const struct kl_lowering *l)
{
    return (int32_t)kl_shape_elements(&l->op->outputs[0]->shape);
}

/* Of input 0 and output 0, in which every element is read before it is written. */
static struct kl_plan_overlap element_overlap(const struct kl_lowering *l)
{
    return kl_overlap_elements(elements(l), (int32_t)l->op->inputs[0]->bytes / elements(l),
                               (int32_t)l->op->outputs[0]->bytes / elements(l));
}

/* A step over all elements at once, each read before it is written. */
static enum kl_err flat_step(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                             struct kl_diag *diag)
{
    return kl_lower_whole_step(l, kernel, params, 0, 0, element_overlap(l), diag);
}

static enum kl_err function_f32(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_unary_f32 *p = KL_LOWER_NEW(l, struct kl_unary_f32, 1);
    enum kl_kernel_id kernel = KL_KERNEL_CLAMP_F32;
    enum kl_activation activation = KL_ACT_NONE;
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    switch (l->op->kind) {
    case KL_OP_RELU: activation = KL_ACT_RELU; break;
    case KL_OP_RELU6: activation = KL_ACT_RELU6; break;
    case KL_OP_RELU_N1_TO_1:
    case KL_OP_RELU_0_TO_1: activation = KL_ACT_RELU_N1_TO_1; break;
    case KL_OP_LOGISTIC: kernel = KL_KERNEL_LOGISTIC_F32; break;
    case KL_OP_TANH: kernel = KL_KERNEL_TANH_F32; break;
    case KL_OP_HARD_SWISH: kernel = KL_KERNEL_HARD_SWISH_F32; break;
    default:
        kernel = KL_KERNEL_LEAKY_RELU_F32;
        p->alpha = l->op->attr.leaky_relu.alpha;
        break;
    }
    p->width = elements(l);
    kl_activation_range_f32(activation, &p->min, &p->max);
    p->min = l->op->kind == KL_OP_RELU_0_TO_1 ? 0.0f : p->min;
    return flat_step(l, kernel, p, diag);
}

static enum kl_err function_s8(struct kl_lowering *l, struct kl_diag *diag)
{
    struct kl_lookup_s8 *p = KL_LOWER_NEW(l, struct kl_lookup_s8, 1);
    int8_t *table = KL_LOWER_NEW(l, int8_t, 256);
    const void *kept;
    if (!p || !table) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    KL_TRY(kl_op_table_s8(l->op, table, diag));
    KL_TRY(kl_lower_constant(l, table, 256, KL_S8, &kept, diag));
    p->width = elements(l);
    p->table = kept;
    return flat_step(l, KL_KERNEL_LOOKUP_S8, p, diag);
}

/* LOGISTIC and TANH int16. */
static enum kl_err sigmoid_s16(struct kl_lowering *l, struct kl_diag *diag)
{
    bool is_tanh = l->op->kind == KL_OP_TANH;
    struct kl_quant_s8 in = kl_lower_quant(l->op->inputs[0]);
    struct kl_sigmoid_s16 *p = KL_LOWER_NEW(l, struct kl_sigmoid_s16, 1);
    uint16_t *table = KL_LOWER_NEW(l, uint16_t, 256);
    struct kl_diag found = {0};
    const void *kept;
    if (!p || !table) {
        return KL_FAIL_MEMORY(diag);
    }
    if (in.zero_point != 0) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "its int16 input must have zero point 0");
    }
    KL_TRY(kl_op_need_out_quant(l->op, 1.0f / 32768, 0, diag));
    KL_TRY(kl_lower_result(l, kl_prepare_sigmoid_s16(in.scale, is_tanh, p, &found), &found, diag));
    kl_fill_logistic_table(table);
    KL_TRY(kl_lower_constant(l, table, 256 * sizeof *table, KL_U16, &kept, diag));
    p->width = elements(l);
    p->table = kept;
    return flat_step(l, is_tanh ? KL_KERNEL_TANH_S16 : KL_KERNEL_LOGISTIC_S16, p, diag);
}

/* A step of one or two straight lines between integer types. */
static enum kl_err rescale_step(struct kl_lowering *l, struct kl_rescale *p, struct kl_diag *diag)
{
    p->width = elements(l);
    p->in_bytes = (int32_t)kl_dtype_bytes(l->op->inputs[0]->dtype);
    p->out_bytes = (int32_t)kl_dtype_bytes(l->op->outputs[0]->dtype);
    return flat_step(l, KL_KERNEL_RESCALE, p, diag);
}

static enum kl_err function_s16(struct kl_lowering *l, struct kl_diag *diag)
{
    KL_TRY(kl_lower_need_quant(l, l->op->inputs[0], diag));
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    struct kl_quant_s8 in = kl_lower_quant(l->op->inputs[0]);
    struct kl_quant_s8 out = kl_lower_quant(l->op->outputs[0]);
    struct kl_rescale *p = KL_LOWER_NEW(l, struct kl_rescale, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    switch (l->op->kind) {
    case KL_OP_LOGISTIC:
    case KL_OP_TANH: return sigmoid_s16(l, diag);
    case KL_OP_LEAKY_RELU:
        kl_prepare_leaky_rescale(in, out, l->op->attr.leaky_relu.alpha, p);
        return rescale_step(l, p, diag);
    case KL_OP_ABS:
        if (in.zero_point != 0 || out.zero_point != 0) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "int16 must have zero point 0");
        }
        kl_prepare_abs_rescale(in, out, p);
        return rescale_step(l, p, diag);
    case KL_OP_RELU6: kl_prepare_relu6_rescale(in, p); return rescale_step(l, p, diag);
    case KL_OP_RELU:
        kl_prepare_rescale(in, out, p);
        p->min = out.zero_point;
        return rescale_step(l, p, diag);
    default: return kl_lower_type_error(l, diag);
    }
}

enum kl_err kl_lower_function(struct kl_lowering *l, struct kl_diag *diag)
{
    if (kl_lower_all_of(l->op, KL_F32)) {
        return function_f32(l, diag);
    }
    if (kl_lower_all_of(l->op, KL_S16)) {
        return function_s16(l, diag);
    }
    return kl_lower_all_of(l->op, KL_S8) ? function_s8(l, diag) : kl_lower_type_error(l, diag);
}

/* QUANTIZE between integer types: any but int32 to int32. */
static enum kl_err requantize(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    struct kl_rescale *p = KL_LOWER_NEW(l, struct kl_rescale, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, in, diag));
    KL_TRY(kl_lower_need_quant(l, out, diag));
    kl_prepare_rescale(kl_lower_quant(in), kl_lower_quant(out), p);
    if (out->dtype == KL_S32) {
        p->min = INT32_MIN;
        p->max = INT32_MAX;
    }
    return rescale_step(l, p, diag);
}

static bool is_byte(enum kl_dtype dtype)
{
    return dtype == KL_S8 || dtype == KL_U8;
}

/* QUANTIZE between int8 and uint8: the table's places and values are bytes as int8. */
static enum kl_err requantize_bytes(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    const int32_t in_base = in->dtype == KL_U8 ? 0 : INT8_MIN;
    const int32_t out_base = out->dtype == KL_U8 ? 0 : INT8_MIN;
    struct kl_lookup_s8 *p = KL_LOWER_NEW(l, struct kl_lookup_s8, 1);
    int8_t *table = KL_LOWER_NEW(l, int8_t, 256);
    struct kl_requantize_s8 requantize;
    const void *kept;
    if (!p || !table) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, in, diag));
    KL_TRY(kl_lower_need_quant(l, out, diag));
    kl_prepare_requantize_s8(
        (struct kl_quant_s8){in->quant.scale[0], in->quant.zero_point[0] - in_base - 128, false},
        (struct kl_quant_s8){out->quant.scale[0], out->quant.zero_point[0] - out_base - 128, false},
        &requantize);
    for (int32_t value = 0; value < 256; value++) {
        int32_t result = kl_requantize_s8(&requantize, (int8_t)(value - 128)) + 128;
        table[(int8_t)(value + in_base) + 128] = (int8_t)(result + out_base);
    }
    KL_TRY(kl_lower_constant(l, table, 256, KL_S8, &kept, diag));
    p->width = elements(l);
    p->table = kept;
    return flat_step(l, KL_KERNEL_LOOKUP_S8, p, diag);
}

static bool is_integer(enum kl_dtype dtype)
{
    return dtype == KL_S8 || dtype == KL_S16 || dtype == KL_S32;
}

enum kl_err kl_lower_quantize(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    if (kl_lower_all_of(l->op, KL_S8)) {
        return function_s8(l, diag);
    }
    if (is_byte(in->dtype) && is_byte(out->dtype)) {
        return requantize_bytes(l, diag);
    }
    if (is_integer(in->dtype) && is_integer(out->dtype) && !kl_lower_all_of(l->op, KL_S32)) {
        return requantize(l, diag);
    }
    if (in->dtype != KL_F32 || (out->dtype != KL_S8 && out->dtype != KL_S16)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_quantize_f32_s8 *p = KL_LOWER_NEW(l, struct kl_quantize_f32_s8, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, out, diag));
    p->width = elements(l);
    p->scale = out->quant.scale[0];
    p->zero_point = out->quant.zero_point[0];
    p->halves_to_even = l->op->attr.quantize.halves_to_even;
    return flat_step(
        l, out->dtype == KL_S8 ? KL_KERNEL_QUANTIZE_F32_S8 : KL_KERNEL_QUANTIZE_F32_S16, p, diag);
}

enum kl_err kl_lower_dequantize(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    bool wide = in->dtype == KL_S16;
    if ((in->dtype != KL_S8 && !wide) || l->op->outputs[0]->dtype != KL_F32) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_dequantize_s8_f32 *p = KL_LOWER_NEW(l, struct kl_dequantize_s8_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, in, diag));
    p->width = elements(l);
    p->scale = in->quant.scale[0];
    p->zero_point = in->quant.zero_point[0];
    return flat_step(l, wide ? KL_KERNEL_DEQUANTIZE_S16_F32 : KL_KERNEL_DEQUANTIZE_S8_F32, p, diag);
}

enum kl_err kl_lower_vectors(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                             struct kl_diag *diag)
{
    const struct kl_tensor *out = l->op->outputs[0];
    int32_t width = out->shape.dim[out->shape.rank - 1];
    int32_t rows = elements(l) / width;
    int32_t row_bytes = (int32_t)out->bytes / rows;
    int32_t in_bytes = (int32_t)l->op->inputs[0]->bytes / rows;
    bool in_place = in_bytes == row_bytes;
    struct kl_plan_step step = {.kernel = kernel, .params = params, .in_count = 1};
    KL_TRY(kl_lower_input(l, 0, in_bytes, rows, &step.in[0], diag));
    step.overlap[0] = in_place ? element_overlap(l) : KL_APART;
    KL_TRY(kl_lower_output(l, 0, in_place ? 0 : -1, row_bytes, rows, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

static enum kl_err keep_softmax_tables(struct kl_lowering *l, struct kl_softmax_s16 *p,
                                       struct kl_diag *diag)
{
    int16_t *exponential = KL_LOWER_NEW(l, int16_t, 513);
    int16_t *reciprocal = KL_LOWER_NEW(l, int16_t, 513);
    const void *kept;
    if (!exponential || !reciprocal) {
        return KL_FAIL_MEMORY(diag);
    }
    kl_fill_softmax_tables(exponential, reciprocal);
    KL_TRY(kl_lower_constant(l, exponential, 513 * sizeof(int16_t), KL_S16, &kept, diag));
    p->exp = kept;
    KL_TRY(kl_lower_constant(l, reciprocal, 513 * sizeof(int16_t), KL_S16, &kept, diag));
    p->reciprocal = kept;
    return KL_OK;
}

static enum kl_err softmax_s16(struct kl_lowering *l, int32_t width, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    struct kl_softmax_s16 *p = KL_LOWER_NEW(l, struct kl_softmax_s16, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, in, diag));
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    KL_TRY(kl_op_need_out_quant(l->op, 1.0f / 32768, 0, diag));
    if (width > UINT16_MAX) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "a softmax over %d elements; at most %d",
                          width, UINT16_MAX);
    }
    p->width = width;
    double scale = (double)in->quant.scale[0] * (double)l->op->attr.softmax.beta;
    kl_quantize_multiplier(scale / (10.0 / 65535.0), &p->multiplier, &p->shift);
    KL_TRY(keep_softmax_tables(l, p, diag));
    return kl_lower_vectors(l, KL_KERNEL_SOFTMAX_S16, p, diag);
}

enum kl_err kl_lower_softmax(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    if (in->shape.rank < 1) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "a scalar has no axis to normalise");
    }
    int32_t width = in->shape.dim[in->shape.rank - 1];
    float beta = l->op->attr.softmax.beta;
    if (kl_lower_all_of(l->op, KL_F32)) {
        struct kl_softmax_f32 *p = KL_LOWER_NEW(l, struct kl_softmax_f32, 1);
        if (!p) {
            return KL_FAIL_MEMORY(diag);
        }
        *p = (struct kl_softmax_f32){.width = width, .beta = beta};
        return kl_lower_vectors(l, KL_KERNEL_SOFTMAX_F32, p, diag);
    }
    if (kl_lower_all_of(l->op, KL_S16)) {
        return softmax_s16(l, width, diag);
    }
    bool wide = l->op->outputs[0]->dtype == KL_S16;
    if (in->dtype != KL_S8 || (l->op->outputs[0]->dtype != KL_S8 && !wide)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_softmax_s8 *p = KL_LOWER_NEW(l, struct kl_softmax_s8, 1);
    struct kl_diag found = {0};
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_need_quant(l, in, diag));
    KL_TRY(kl_lower_need_quant(l, l->op->outputs[0], diag));
    KL_TRY(kl_op_need_out_quant(l->op, wide ? 1.0f / 65536 : 1.0f / 256,
                                wide ? INT16_MIN : INT8_MIN, diag));
    enum kl_err err = kl_prepare_softmax_s8(in->quant.scale[0], beta, width, p, &found);
    KL_TRY(kl_lower_result(l, err, &found, diag));
    return kl_lower_vectors(l, wide ? KL_KERNEL_SOFTMAX_S8_S16 : KL_KERNEL_SOFTMAX_S8, p, diag);
}

static enum kl_kernel_id unary_kernel(const struct kl_op *op)
{
    switch (op->kind) {
    case KL_OP_ABS: return KL_KERNEL_ABS_F32;
    case KL_OP_NEG: return KL_KERNEL_NEG_F32;
    case KL_OP_CEIL: return KL_KERNEL_CEIL_F32;
    case KL_OP_FLOOR: return KL_KERNEL_FLOOR_F32;
    case KL_OP_ROUND: return KL_KERNEL_ROUND_EVEN_F32;
    case KL_OP_SIGN: return KL_KERNEL_SIGN_F32;
    case KL_OP_SQRT: return KL_KERNEL_SQRT_F32;
    case KL_OP_RSQRT: return KL_KERNEL_RSQRT_F32;
    case KL_OP_SQUARE: return KL_KERNEL_SQUARE_F32;
    case KL_OP_EXP: return KL_KERNEL_EXP_F32;
    case KL_OP_LOG: return KL_KERNEL_LOG_F32;
    case KL_OP_SIN: return KL_KERNEL_SIN_F32;
    case KL_OP_COS: return KL_KERNEL_COS_F32;
    case KL_OP_ELU: return KL_KERNEL_ELU_F32;
    case KL_OP_ERF: return KL_KERNEL_ERF_F32;
    case KL_OP_SOFTPLUS: return KL_KERNEL_SOFTPLUS_F32;
    default: return op->attr.gelu.approximate ? KL_KERNEL_GELU_TANH_F32 : KL_KERNEL_GELU_F32;
    }
}

enum kl_err kl_lower_unary(struct kl_lowering *l, struct kl_diag *diag)
{
    if (kl_op_is_function_s8(l->op)) {
        return function_s8(l, diag);
    }
    if (l->op->kind == KL_OP_ABS && kl_lower_all_of(l->op, KL_S16)) {
        return function_s16(l, diag);
    }
    if (!kl_lower_all_of(l->op, KL_F32)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_unary_f32 *p = KL_LOWER_NEW(l, struct kl_unary_f32, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    p->width = elements(l);
    p->alpha = l->op->kind == KL_OP_ELU ? l->op->attr.leaky_relu.alpha : 0.0f;
    return flat_step(l, unary_kernel(l->op), p, diag);
}

static enum kl_err cast_step(struct kl_lowering *l, enum kl_dtype from, enum kl_dtype to,
                             struct kl_diag *diag)
{
    struct kl_cast *p = KL_LOWER_NEW(l, struct kl_cast, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_cast){.width = elements(l), .from = (int32_t)from, .to = (int32_t)to};
    return kl_lower_whole_step(l, KL_KERNEL_CAST, p, 0, 0, KL_APART, diag);
}

enum kl_err kl_lower_cast(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    if (!kl_lower_is_plain(in) || !kl_lower_is_plain(out)) {
        return kl_lower_type_error(l, diag);
    }
    return cast_step(l, in->dtype, out->dtype, diag);
}

/* NOT of bools, 0 and 1, is x ^ 1. */
enum kl_err kl_lower_not(struct kl_lowering *l, struct kl_diag *diag)
{
    static const unsigned char one[1] = {1};
    const void *kept;
    if (!kl_lower_all_of(l->op, KL_BOOL)) {
        return kl_lower_type_error(l, diag);
    }
    struct kl_binary_int *p = KL_LOWER_NEW(l, struct kl_binary_int, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    *p = (struct kl_binary_int){.ew = {.dim = {1, 1, elements(l)}, .step = {{0, 0, 1}, {0}}},
                                .function = KL_BINARY_XOR,
                                .dtype = KL_BOOL};
    struct kl_plan_step step = {.kernel = KL_KERNEL_BINARY_INT, .params = p, .in_count = 2};
    int32_t bytes = elements(l);
    KL_TRY(kl_lower_input(l, 0, bytes, 1, &step.in[0], diag));
    KL_TRY(kl_lower_constant(l, one, sizeof one, KL_U8, &kept, diag));
    step.in[1] = kl_lower_constant_rows(l, kept);
    step.overlap[0] = (struct kl_plan_overlap){.allowed = true};
    KL_TRY(kl_lower_output(l, 0, 0, bytes, 1, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}
