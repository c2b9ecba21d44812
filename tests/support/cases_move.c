/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of operators that move elements of one tensor. */
#include <stdio.h>

#include "cases.h"

struct pad {
    int32_t rank, dim[4], before[4], after[4];
};

static const struct pad pads[] = {
    {4, {1, 4, 5, 3}, {0, 1, 1, 0}, {0, 1, 1, 0}},
    {4, {1, 4, 5, 3}, {0, 0, 2, 0}, {0, 3, 0, 0}},
    {4, {2, 3, 2, 2}, {1, 0, 1, 2}, {0, 2, 0, 1}},
    {2, {3, 4}, {1, 2}, {0, 5}},
    {1, {6}, {3}, {2}},
    {3, {2, 2, 3}, {0, 0, 0}, {0, 0, 0}},
};

static void deliver_pad(struct kt_sink *sink, const struct pad *p, int32_t code, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    int32_t paddings[8], out_dim[4];
    for (int32_t d = 0; d < p->rank; d++) {
        paddings[2 * d] = p->before[d];
        paddings[2 * d + 1] = p->after[d];
        out_dim[d] = p->dim[d] + p->before[d] + p->after[d];
    }
    int32_t input = kt_build_tensor(&b, "input", type, p->rank, p->dim);
    int32_t amounts = kt_tensor_add(c.model, "paddings", KT_I32, KT_LIST(p->rank, 2));
    kt_data(c.model, amounts, paddings, (size_t)p->rank * 8);
    int32_t output = kt_build_like(&b, "output", input, p->rank, out_dim);
    int32_t inputs[3] = {input, amounts, -1};
    if (code == KT_PADV2) {
        inputs[2] = kt_build_like(&b, "value", input, 0, NULL);
        kt_build_fill(&b, inputs[2]);
    }
    kt_op_add1(c.model, code, kt_options_default(), code == KT_PADV2 ? 3 : 2, inputs, output);
    snprintf(c.label, sizeof(c.label), "%s, rank %d to %d elements", kt_type_name(type),
             (int)p->rank, (int)kt_elements(kt_tensor_at(c.model, output)));
    kt_case_end(sink, &c, input, output);
}

struct transpose {
    int32_t rank, dim[5], perm[5];
};

static const struct transpose transposes[] = {
    {2, {3, 5}, {1, 0}},
    {3, {2, 3, 4}, {2, 0, 1}},
    {4, {1, 4, 5, 3}, {0, 3, 1, 2}},
    {4, {1, 3, 4, 5}, {0, 2, 3, 1}},
    {4, {2, 3, 4, 5}, {3, 2, 1, 0}},
    {4, {2, 3, 4, 5}, {0, 1, 2, 3}},
    {5, {2, 1, 3, 2, 2}, {4, 1, 0, 3, 2}},
};

static void deliver_transpose(struct kt_sink *sink, const struct transpose *t, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_TRANSPOSE);
    int32_t out_dim[5];
    for (int32_t d = 0; d < t->rank; d++) {
        out_dim[d] = t->dim[t->perm[d]];
    }
    int32_t input = kt_build_tensor(&b, "input", type, t->rank, t->dim);
    int32_t perm = kt_vector_i32(c.model, "permutation", t->rank, t->perm);
    int32_t output = kt_build_like(&b, "output", input, t->rank, out_dim);
    kt_op_add1(c.model, KT_TRANSPOSE, kt_options_default(), KT_LIST(input, perm), output);
    snprintf(c.label, sizeof(c.label), "%s, rank %d, first from %d", kt_type_name(type),
             (int)t->rank, (int)t->perm[0]);
    kt_case_end(sink, &c, input, output);
}

struct slice {
    int32_t rank, dim[4], begin[4], end[4], stride[4];
    int32_t begin_mask, end_mask, shrink_mask;
    int32_t out_rank, out[4];
};

static const struct slice slices[] = {
    {4, {1, 6, 5, 3}, {0, 1, 0, 0}, {1, 5, 5, 3}, {1, 1, 1, 1}, 0, 0, 0, 4, {1, 4, 5, 3}},
    {4, {1, 6, 5, 3}, {0, 0, 1, 0}, {1, 6, 5, 3}, {1, 2, 3, 1}, 0, 0, 0, 4, {1, 3, 2, 3}},
    {4, {2, 6, 5, 3}, {0, -4, 0, 1}, {0, -1, 0, 2}, {1, 1, 1, 1}, 5, 5, 0, 4, {2, 3, 5, 1}},
    {4, {2, 6, 5, 3}, {1, 0, 2, 0}, {2, 6, 3, 3}, {1, 1, 1, 1}, 0, 0, 5, 2, {6, 3}},
    {2, {4, 7}, {3, -1}, {-5, -8}, {-1, -2}, 0, 0, 0, 2, {4, 4}},
    {2, {4, 7}, {0, 0}, {0, 0}, {-1, 1}, 3, 3, 0, 2, {4, 7}},
    {1, {9}, {2}, {100}, {3}, 0, 0, 0, 1, {3}},
    {1, {9}, {-3}, {0}, {1}, 0, 0, 1, 0, {0}},
};

static void deliver_slice(struct kt_sink *sink, const struct slice *s, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, KT_STRIDED_SLICE);
    struct kt_options options = kt_options_default();
    options.begin_mask = s->begin_mask;
    options.end_mask = s->end_mask;
    options.shrink_axis_mask = s->shrink_mask;
    int32_t input = kt_build_tensor(&b, "input", type, s->rank, s->dim);
    int32_t begin = kt_vector_i32(c.model, "begin", s->rank, s->begin);
    int32_t end = kt_vector_i32(c.model, "end", s->rank, s->end);
    int32_t stride = kt_vector_i32(c.model, "strides", s->rank, s->stride);
    int32_t output = kt_build_like(&b, "output", input, s->out_rank, s->out);
    kt_op_add1(c.model, KT_STRIDED_SLICE, options, KT_LIST(input, begin, end, stride), output);
    snprintf(c.label, sizeof(c.label), "%s, rank %d, from %d step %d, masks %d %d %d",
             kt_type_name(type), (int)s->rank, (int)s->begin[0], (int)s->stride[0],
             (int)s->begin_mask, (int)s->end_mask, (int)s->shrink_mask);
    kt_case_end(sink, &c, input, output);
}

struct resize {
    int32_t n, h, w, c, out_h, out_w, align_corners, half_pixel;
};

static const struct resize resizes[] = {
    {1, 4, 3, 2, 8, 6, 0, 0}, {1, 5, 7, 3, 3, 4, 0, 0}, {2, 4, 4, 1, 7, 9, 1, 0},
    {1, 3, 5, 4, 8, 5, 0, 1}, {1, 6, 6, 2, 1, 1, 1, 0}, {1, 7, 2, 3, 13, 11, 0, 1},
};

static void deliver_resize(struct kt_sink *sink, int32_t code, const struct resize *r, int32_t type)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_options options = kt_options_default();
    options.align_corners = r->align_corners;
    options.half_pixel_centers = r->half_pixel;
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(r->n, r->h, r->w, r->c));
    int32_t size = kt_vector_i32(c.model, "size", KT_LIST(r->out_h, r->out_w));
    int32_t output = kt_build_like(&b, "output", input, KT_LIST(r->n, r->out_h, r->out_w, r->c));
    kt_op_add1(c.model, code, options, KT_LIST(input, size), output);
    snprintf(c.label, sizeof(c.label), "%s, %dx%d to %dx%d, align corners %d, half pixels %d",
             kt_type_name(type), (int)r->h, (int)r->w, (int)r->out_h, (int)r->out_w,
             (int)r->align_corners, (int)r->half_pixel);
    kt_case_end(sink, &c, input, output);
}

/* RESHAPE, EXPAND_DIMS and SQUEEZE; the new shape as option, as second input, or both. */
static void deliver_reshape(struct kt_sink *sink, int32_t code, int32_t type, bool as_input)
{
    struct kt_case c;
    struct kt_build b = kt_case_begin(sink, &c, code);
    struct kt_options options = kt_options_default();
    static const int32_t new_shape[] = {6, 10}, squeezed[] = {0, 3}, axis[] = {1};
    int32_t input = kt_build_tensor(&b, "input", type, KT_LIST(1, 4, 15, 1));
    int32_t inputs[2] = {input, -1}, output;
    if (code == KT_RESHAPE) {
        options.list = as_input ? NULL : new_shape;
        options.list_count = 2;
        inputs[1] = as_input ? kt_vector_i32(c.model, "shape", 2, new_shape) : -1;
        output = kt_build_like(&b, "output", input, 2, new_shape);
    } else if (code == KT_SQUEEZE) {
        options.list = as_input ? NULL : squeezed;
        options.list_count = 2;
        output = kt_build_like(&b, "output", input, KT_LIST(4, 15));
    } else {
        inputs[1] = as_input ? kt_vector_i32(c.model, "axis", 1, axis)
                             : kt_scalar_i32(c.model, "axis", axis[0]);
        output = kt_build_like(&b, "output", input, KT_LIST(1, 1, 4, 15, 1));
    }
    kt_op_add1(c.model, code, options, inputs[1] < 0 ? 1 : 2, inputs, output);
    snprintf(c.label, sizeof(c.label), "%s, shape or axis %s", kt_type_name(type),
             as_input ? "as a vector" : "as an option or scalar");
    kt_case_end(sink, &c, input, output);
}

static void deliver_all_of_type(struct kt_sink *sink, int32_t type)
{
    static const int32_t reshapes[] = {KT_RESHAPE, KT_EXPAND_DIMS, KT_SQUEEZE};
    for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]); i++) {
        deliver_pad(sink, &pads[i], KT_PAD, type);
        deliver_pad(sink, &pads[i], KT_PADV2, type);
    }
    for (size_t i = 0; i < sizeof(transposes) / sizeof(transposes[0]); i++) {
        deliver_transpose(sink, &transposes[i], type);
    }
    for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++) {
        deliver_slice(sink, &slices[i], type);
    }
    for (size_t i = 0; i < sizeof(resizes) / sizeof(resizes[0]); i++) {
        deliver_resize(sink, KT_RESIZE_NEAREST_NEIGHBOR, &resizes[i], type);
        if (type != KT_I16) {
            deliver_resize(sink, KT_RESIZE_BILINEAR, &resizes[i], type);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        deliver_reshape(sink, reshapes[i], type, true);
        deliver_reshape(sink, reshapes[i], type, false);
    }
}

static void deliver_random_resize(struct kt_sink *sink)
{
    struct kt_random *random = &sink->random;
    int32_t mode = kt_random_between(random, 0, 2);
    struct resize r = {.n = kt_random_between(random, 1, 2),
                       .h = kt_random_between(random, 1, 9),
                       .w = kt_random_between(random, 1, 9),
                       .c = kt_random_between(random, 1, 4),
                       .out_h = kt_random_between(random, 1, 23),
                       .out_w = kt_random_between(random, 1, 23),
                       .align_corners = mode == 1,
                       .half_pixel = mode == 2};
    deliver_resize(sink, KT_RESIZE_BILINEAR, &r, kt_random_between(random, 0, 2) ? KT_I8 : KT_F32);
}

void kt_generate_move(struct kt_sink *sink)
{
    for (int32_t i = 0; i < 40; i++) {
        deliver_random_resize(sink);
    }
    deliver_all_of_type(sink, KT_I8);
    deliver_all_of_type(sink, KT_I16);
    deliver_all_of_type(sink, KT_F32);
}
