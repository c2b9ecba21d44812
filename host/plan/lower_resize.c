/* SPDX-License-Identifier: Apache-2.0 */
/* Resizing of images. */
#include <math.h>

#include "kinglet/nn/resize.h"
#include "plan/lower.h"

/* Sizes that the tables of pixels can hold. */
static enum kl_err check_image(const struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    int64_t size[2];
    int32_t count;
    if (in->dtype != l->op->outputs[0]->dtype) {
        return kl_lower_type_error(l, diag);
    }
    KL_TRY(kl_op_ints(l->op, 1, size, 2, &count, diag));
    if (in->shape.dim[1] > UINT16_MAX || in->shape.dim[2] > UINT16_MAX) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED, "images over %d pixels wide or high",
                          UINT16_MAX);
    }
    return KL_OK;
}

/* A step from image to image, a row at a time. */
static enum kl_err image_step(struct kl_lowering *l, enum kl_kernel_id kernel, const void *params,
                              struct kl_diag *diag)
{
    const struct kl_tensor *in = l->op->inputs[0];
    const struct kl_tensor *out = l->op->outputs[0];
    struct kl_plan_step step = {.kernel = kernel, .params = params, .in_count = 1};
    int32_t in_rows = in->shape.dim[0] * in->shape.dim[1];
    int32_t out_rows = out->shape.dim[0] * out->shape.dim[1];
    KL_TRY(kl_lower_input(l, 0, (int32_t)in->bytes / in_rows, in_rows, &step.in[0], diag));
    KL_TRY(kl_lower_output(l, 0, -1, (int32_t)out->bytes / out_rows, out_rows, &step.out[0], diag));
    return kl_lower_step(l, step, diag);
}

/*
 * Source pixel of each output pixel along one axis. TFLite computes it in single precision
 * (reference/resize_nearest_neighbor.h), and so does this.
 */
static uint16_t *nearest_table(struct kl_lowering *l, int32_t in, int32_t out)
{
    const struct kl_attr_resize *a = &l->op->attr.resize;
    uint16_t *table = KL_LOWER_NEW(l, uint16_t, out);
    float scale =
        a->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    float offset = a->half_pixel_centers ? 0.5f : 0.0f;
    for (int32_t i = 0; table && i < out; i++) {
        float position = ((float)i + offset) * scale;
        int32_t source = (int32_t)(a->align_corners ? roundf(position) : floorf(position));
        table[i] = (uint16_t)(source < in ? source : in - 1);
    }
    return table;
}

static enum kl_err keep_nearest(struct kl_lowering *l, int32_t in, int32_t out,
                                const uint16_t **table, struct kl_diag *diag)
{
    uint16_t *made = nearest_table(l, in, out);
    const void *kept;
    if (!made) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_lower_constant(l, made, sizeof *made * (size_t)out, KL_U16, &kept, diag));
    *table = kept;
    return KL_OK;
}

enum kl_err kl_lower_resize(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_shape *in = &l->op->inputs[0]->shape;
    const struct kl_shape *out = &l->op->outputs[0]->shape;
    struct kl_resize_nearest *p = KL_LOWER_NEW(l, struct kl_resize_nearest, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(check_image(l, diag));
    p->in_h = in->dim[1];
    p->out_h = out->dim[1];
    p->out_w = out->dim[2];
    p->pixel_bytes = out->dim[3] * (int32_t)kl_dtype_bytes(l->op->outputs[0]->dtype);
    KL_TRY(keep_nearest(l, in->dim[1], p->out_h, &p->row, diag));
    KL_TRY(keep_nearest(l, in->dim[2], p->out_w, &p->col, diag));
    return image_step(l, KL_KERNEL_RESIZE_NEAREST, p, diag);
}

/* What lies between two pixels of one side: the pixels, and how far it is from the first. */
struct between {
    int32_t first, second;
    union {
        float f32;
        int16_t s16; /* in 1 / KL_RESIZE_ONE */
    } part;
};

/* Output pixel `at` of a float image, in single precision. reference/resize_bilinear.h,
 * ComputeInterpolationValues. */
static struct between between_f32(const struct kl_attr_resize *a, int32_t at, int32_t in,
                                  int32_t out)
{
    const bool corners = a->align_corners && out > 1;
    const float scale = corners ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    const float place =
        a->half_pixel_centers ? ((float)at + 0.5f) * scale - 0.5f : (float)at * scale;
    struct between b = {(int32_t)fmaxf(floorf(place), 0.0f), (int32_t)ceilf(place), {0}};
    b.second = b.second < in - 1 ? b.second : in - 1;
    b.part.f32 = place - (float)b.first;
    return b;
}

/* Output pixel `at` of an integer image, in 1 / KL_RESIZE_ONE. reference/resize_bilinear.h,
 * ComputeInterpolationValuesInteger. */
static struct between between_s8(const struct kl_attr_resize *a, int32_t at, int32_t in,
                                 int32_t out)
{
    const int64_t one = KL_RESIZE_ONE;
    const bool corners = a->align_corners && out > 1;
    const int64_t scale =
        corners ? (one * (in - 1) + (out - 1) / 2) / (out - 1) : (one * in + out / 2) / out;
    const int64_t place = at * scale + (a->half_pixel_centers ? scale / 2 - one / 2 : 0);
    struct between b = {
        (int32_t)(place < 0 ? 0 : place / one), (int32_t)((place + one - 1) / one), {0}};
    b.second = b.second < in - 1 ? b.second : in - 1;
    b.part.s16 = (int16_t)(place - one * b.first);
    return b;
}

/* Tables of one side. */
static enum kl_err keep_between(struct kl_lowering *l, int32_t in, int32_t out, bool is_float,
                                const uint16_t **pixels, const void **parts, struct kl_diag *diag)
{
    uint16_t *pixel = KL_LOWER_NEW(l, uint16_t, 2 * out);
    float *part_f32 = KL_LOWER_NEW(l, float, is_float ? out : 1);
    int16_t *part_s16 = KL_LOWER_NEW(l, int16_t, out);
    const void *kept;
    if (!pixel || !part_f32 || !part_s16) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < out; i++) {
        const struct between b = is_float ? between_f32(&l->op->attr.resize, i, in, out)
                                          : between_s8(&l->op->attr.resize, i, in, out);
        if (b.first >= in) {
            return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                              "%d pixels become %d, of which pixel %d would lie outside", in, out,
                              i);
        }
        pixel[2 * i] = (uint16_t)b.first;
        pixel[2 * i + 1] = (uint16_t)(b.second < 0 ? 0 : b.second);
        if (is_float) {
            part_f32[i] = b.part.f32;
        } else {
            part_s16[i] = b.part.s16;
        }
    }
    KL_TRY(kl_lower_constant(l, pixel, sizeof *pixel * 2 * (size_t)out, KL_U16, &kept, diag));
    *pixels = kept;
    return is_float
               ? kl_lower_constant(l, part_f32, sizeof(float) * (size_t)out, KL_F32, parts, diag)
               : kl_lower_constant(l, part_s16, sizeof(int16_t) * (size_t)out, KL_S16, parts, diag);
}

enum kl_err kl_lower_resize_bilinear(struct kl_lowering *l, struct kl_diag *diag)
{
    const struct kl_shape *in = &l->op->inputs[0]->shape;
    const struct kl_shape *out = &l->op->outputs[0]->shape;
    const bool is_float = l->op->outputs[0]->dtype == KL_F32;
    struct kl_resize_bilinear *p = KL_LOWER_NEW(l, struct kl_resize_bilinear, 1);
    if (!p) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(check_image(l, diag));
    if (!is_float && l->op->outputs[0]->dtype != KL_S8) {
        return kl_lower_type_error(l, diag);
    }
    if (l->op->attr.resize.align_corners && l->op->attr.resize.half_pixel_centers) {
        return kl_op_fail(l->op, diag, KL_EUNSUPPORTED,
                          "aligned corners and half pixel centers exclude each other");
    }
    p->in_h = in->dim[1];
    p->out_h = out->dim[1];
    p->out_w = out->dim[2];
    p->channels = out->dim[3];
    KL_TRY(keep_between(l, in->dim[1], p->out_h, is_float, &p->row, &p->row_part, diag));
    KL_TRY(keep_between(l, in->dim[2], p->out_w, is_float, &p->col, &p->col_part, diag));
    return image_step(l, is_float ? KL_KERNEL_RESIZE_BILINEAR_F32 : KL_KERNEL_RESIZE_BILINEAR_S8, p,
                      diag);
}
