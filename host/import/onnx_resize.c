/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resize and Upsample: one dimension after the other, by tables that are made here. Source of the
 * definitions: onnx.ai/onnx/operators/onnx__Resize.html.
 */
#include <math.h>
#include <string.h>

#include "import/onnx_handlers.h"

enum { MAX_TAPS = 64, MAX_RESIZED = 1 << 16 };

/* One dimension. */
struct axis {
    int32_t dim, in, out;
    double scale;      /* out / in as asked; outputs may be fewer by rounding */
    double start, end; /* of tf_crop_and_resize, as parts of the input */
};

/* A position's weights on input elements; `outside`: it lies beyond the input. */
struct taps {
    int32_t count, index[MAX_TAPS];
    double weight[MAX_TAPS];
    bool outside;
};

static bool mode_is(const struct onnx_node *node, const char *mode, bool otherwise)
{
    return onnx_is_text(node, "mode", mode, otherwise);
}

static bool coordinates_are(const struct onnx_node *node, const char *mode)
{
    bool old = node->version < 11;
    return onnx_is_text(node, "coordinate_transformation_mode", mode,
                        strcmp(mode, old ? "asymmetric" : "half_pixel") == 0);
}

/* The input position of output index i. */
static double position(const struct onnx_node *node, const struct axis *a, int32_t i)
{
    if (coordinates_are(node, "align_corners")) {
        double wanted = a->scale * a->in; /* with its fraction */
        return a->out > 1 ? (double)i * (a->in - 1) / (wanted - 1) : 0.0;
    }
    if (coordinates_are(node, "asymmetric")) {
        return i / a->scale;
    }
    if (coordinates_are(node, "tf_crop_and_resize")) {
        double span = (a->end - a->start) * (a->in - 1);
        return a->out > 1 ? a->start * (a->in - 1) + i * span / (a->out - 1)
                          : 0.5 * (a->start + a->end) * (a->in - 1);
    }
    if (coordinates_are(node, "pytorch_half_pixel") && a->out == 1) {
        return 0.0;
    }
    if (coordinates_are(node, "tf_half_pixel_for_nn")) {
        return (i + 0.5) / a->scale;
    }
    double offset = 0.0;
    if (coordinates_are(node, "half_pixel_symmetric")) {
        offset = a->in / 2.0 * (1.0 - a->out / (a->scale * a->in));
    }
    return offset + (i + 0.5) / a->scale - 0.5;
}

/* Modes that later opsets may add are refused, not taken for another one. */
static enum kl_err check_modes(const struct onnx_node *node)
{
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const char *const coordinates[] = {
        "half_pixel",         "align_corners",        "asymmetric",          "tf_crop_and_resize",
        "pytorch_half_pixel", "half_pixel_symmetric", "tf_half_pixel_for_nn"};
    bool known = !onnx_attribute(node, "mode");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        known = known || mode_is(node, modes[i], false);
    }
    bool placed = !onnx_attribute(node, "coordinate_transformation_mode");
    for (size_t i = 0; i < sizeof coordinates / sizeof coordinates[0]; i++) {
        placed = placed || coordinates_are(node, coordinates[i]);
    }
    return known && placed ? KL_OK
                           : onnx_refuse(node, "this value of '%s'",
                                         known ? "coordinate_transformation_mode" : "mode");
}

static double cubic(double x, double a)
{
    x = fabs(x);
    if (x <= 1.0) {
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2.0 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0.0;
}

/* The filter around position x: a triangle or a cubic, stretched when it must not alias. */
static enum kl_err make_taps(struct onnx_node *node, const struct axis *a, double x,
                             struct taps *taps)
{
    bool is_cubic = mode_is(node, "cubic", false);
    double stretch = onnx_int(node, "antialias", 0) && a->scale < 1.0 ? a->scale : 1.0;
    double coefficient = (double)onnx_float(node, "cubic_coeff_a", -0.75f), sum = 0.0;
    int32_t reach = is_cubic ? 2 : 1, base = (int32_t)floor(x);
    int32_t first = (int32_t)floor(-reach / stretch) + 1, last = 1 - first;
    *taps = (struct taps){.count = last - first + 1};
    if (taps->count > MAX_TAPS) {
        return onnx_refuse(node, "antialiasing over more than %d elements", MAX_TAPS);
    }
    for (int32_t t = 0; t < taps->count; t++) {
        double distance = (first + t - (x - base)) * stretch;
        double weight = is_cubic ? cubic(distance, coefficient) : fmax(0.0, 1 - fabs(distance));
        int32_t index = base + first + t;
        bool inside = index >= 0 && index < a->in;
        taps->weight[t] = onnx_int(node, "exclude_outside", 0) && !inside ? 0.0 : weight;
        taps->index[t] = index < 0 ? 0 : index >= a->in ? a->in - 1 : index;
        sum += taps->weight[t];
    }
    for (int32_t t = 0; t < taps->count && sum != 0.0; t++) {
        taps->weight[t] /= sum;
    }
    return KL_OK;
}

static int32_t nearest(const struct onnx_node *node, double x, int32_t in)
{
    bool old = node->version < 11;
    double rounded = ceil(x - 0.5); /* round_prefer_floor */
    if (old || onnx_is_text(node, "nearest_mode", "floor", false)) {
        rounded = floor(x);
    } else if (onnx_is_text(node, "nearest_mode", "ceil", false)) {
        rounded = ceil(x);
    } else if (onnx_is_text(node, "nearest_mode", "round_prefer_ceil", false)) {
        rounded = floor(x + 0.5);
    }
    return rounded < 0 ? 0 : rounded >= in ? in - 1 : (int32_t)rounded;
}

static bool is_outside(const struct onnx_node *node, const struct axis *a, double x)
{
    return coordinates_are(node, "tf_crop_and_resize") && (x < 0 || x > a->in - 1);
}

static enum kl_err pick_nearest(struct onnx_node *node, const struct axis *a, struct onnx_value *y)
{
    int32_t *indices = KL_NEW(node->import->arena, int32_t, (size_t)a->out);
    if (!indices) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < a->out; i++) {
        double x = position(node, a, i);
        if (is_outside(node, a, x)) {
            return onnx_refuse(node, "extrapolation by nearest");
        }
        indices[i] = nearest(node, x, a->in);
    }
    return onnx_pick(node->import, *y, a->dim, a->out, indices, y);
}

/* Taps as a row of a dense table that begins at the lowest index. */
static int32_t lowest(const struct taps *taps)
{
    int32_t low = taps->index[0];
    for (int32_t t = 0; t < taps->count; t++) {
        low = taps->index[t] < low ? taps->index[t] : low;
    }
    return low;
}

static int32_t highest(const struct taps *taps)
{
    int32_t high = taps->index[0];
    for (int32_t t = 0; t < taps->count; t++) {
        high = taps->index[t] > high ? taps->index[t] : high;
    }
    return high;
}

static enum kl_err resample(struct onnx_node *node, const struct axis *a, struct onnx_value *y)
{
    struct kl_shape rows = {1, {a->out}}, table = {2, {a->out, 1}};
    struct taps *taps = KL_NEW(node->import->arena, struct taps, (size_t)a->out);
    struct kl_tensor *inputs[3] = {y->tensor};
    void *first, *weight;
    if (!taps) {
        return onnx_no_memory(node->import);
    }
    for (int32_t i = 0; i < a->out; i++) {
        double x = position(node, a, i);
        KL_TRY(make_taps(node, a, x, &taps[i]));
        taps[i].outside = is_outside(node, a, x);
        int32_t width = highest(&taps[i]) - lowest(&taps[i]) + 1;
        table.dim[1] = width > table.dim[1] ? width : table.dim[1];
    }
    KL_TRY(onnx_constant(node->import, KL_S32, &rows, &first, &inputs[1]));
    KL_TRY(onnx_constant(node->import, KL_F32, &table, &weight, &inputs[2]));
    for (int32_t i = 0; i < a->out; i++) {
        int32_t low = lowest(&taps[i]), most = a->in - table.dim[1];
        low = low > most ? most : low;
        ((int32_t *)first)[i] = low;
        for (int32_t t = 0; t < taps[i].count && !taps[i].outside; t++) {
            ((float *)weight)[i * table.dim[1] + taps[i].index[t] - low] +=
                (float)taps[i].weight[t];
        }
    }
    struct kl_shape shape = y->tensor->shape;
    int32_t place = onnx_place(y, a->dim);
    shape.dim[place] = a->out;
    struct kl_op *op = onnx_new_op(node->import, KL_OP_RESAMPLE, 3, inputs, KL_F32, &shape);
    if (!op) {
        return onnx_no_memory(node->import);
    }
    op->attr.resample.axis = place;
    y->tensor = op->outputs[0];
    return onnx_finish(node->import, op);
}

/* What lies outside along any dimension reads as the extrapolation value. */
static enum kl_err extrapolate(struct onnx_node *node, const struct axis *axes, int32_t count,
                               struct onnx_value *y)
{
    float number = onnx_float(node, "extrapolation_value", 0.0f);
    for (int32_t k = 0; k < count && number != 0.0f; k++) {
        struct kl_shape shape = {.rank = onnx_rank(y)};
        struct kl_tensor *mask, *value;
        struct onnx_value yes;
        void *data;
        for (int32_t i = 0; i < shape.rank; i++) {
            shape.dim[i] = i == axes[k].dim ? axes[k].out : 1;
        }
        KL_TRY(onnx_constant(node->import, KL_BOOL, &shape, &data, &mask));
        for (int32_t i = 0; i < axes[k].out; i++) {
            ((unsigned char *)data)[i] =
                is_outside(node, &axes[k], position(node, &axes[k], i)) ? 1 : 0;
        }
        KL_TRY(onnx_scalar(node->import, KL_F32, (double)number, &value));
        yes = onnx_value_of(value);
        KL_TRY(onnx_select(node->import, onnx_value_of(mask), yes, *y, y));
    }
    return KL_OK;
}

static enum kl_err constant_floats(struct onnx_node *node, int32_t index, double *values,
                                   int32_t *count)
{
    *count = 0;
    if (!onnx_has_input(node, index) || onnx_is_empty(&node->in[index])) {
        return KL_OK;
    }
    if (!onnx_is_constant(&node->in[index])) {
        return onnx_refuse(node, "input %d must be a constant", index);
    }
    const struct kl_tensor *tensor = node->in[index].tensor;
    *count = (int32_t)kl_shape_elements(&tensor->shape);
    if (*count > 2 * KL_MAX_RANK) {
        return onnx_fail(node, KL_EINPUT, "input %d has %d values", index, *count);
    }
    for (int32_t i = 0; i < *count; i++) {
        values[i] = kl_value_at(tensor->dtype, tensor->data, i);
    }
    return KL_OK;
}

/* The scale that keeps the aspect ratio. */
static void keep_aspect(const struct onnx_node *node, struct axis *axes, int32_t count)
{
    bool larger = onnx_is_text(node, "keep_aspect_ratio_policy", "not_smaller", false);
    if (!larger && !onnx_is_text(node, "keep_aspect_ratio_policy", "not_larger", false)) {
        return;
    }
    double scale = axes[0].scale;
    for (int32_t i = 1; i < count; i++) {
        scale = (axes[i].scale > scale) == larger ? axes[i].scale : scale;
    }
    for (int32_t i = 0; i < count; i++) {
        axes[i].scale = scale;
        axes[i].out = (int32_t)floor(scale * axes[i].in + 0.5);
    }
}

/* Which dimensions to which size: by scales or by sizes, of all dimensions or of `axes`. */
static enum kl_err read_axes(struct onnx_node *node, struct axis *axes, int32_t *count)
{
    double scales[2 * KL_MAX_RANK], sizes[2 * KL_MAX_RANK], roi[2 * KL_MAX_RANK];
    int32_t scale_count, size_count = 0, roi_count = 0, axis_count;
    int64_t dims[KL_MAX_RANK];
    struct kl_shape shape = onnx_shape(&node->in[0]);
    bool old = node->version < 11;
    KL_TRY(constant_floats(node, old ? 1 : 2, scales, &scale_count));
    if (!old) {
        KL_TRY(constant_floats(node, 3, sizes, &size_count));
        KL_TRY(constant_floats(node, 1, roi, &roi_count));
    }
    KL_TRY(onnx_ints(node, "axes", dims, KL_MAX_RANK, &axis_count));
    *count = axis_count < 0 ? shape.rank : axis_count;
    if ((scale_count != *count && size_count != *count) ||
        (coordinates_are(node, "tf_crop_and_resize") && roi_count != 2 * *count)) {
        return onnx_refuse(node, "%d scales, %d sizes", scale_count, size_count);
    }
    for (int32_t i = 0; i < *count; i++) {
        struct axis *a = &axes[i];
        KL_TRY(onnx_axis(node, axis_count < 0 ? i : dims[i], shape.rank, &a->dim));
        a->in = shape.dim[a->dim];
        a->scale = scale_count ? scales[i] : sizes[i] / a->in;
        a->out = (int32_t)(scale_count ? floor(a->in * scales[i]) : sizes[i]);
        a->start = roi_count ? roi[i] : 0.0;
        a->end = roi_count ? roi[i + *count] : 1.0;
        if (!(a->scale > 0.0 && a->scale < 4096.0) || a->out < 1 || a->out > MAX_RESIZED) {
            return onnx_refuse(node, "scale %g", a->scale);
        }
    }
    if (size_count) {
        keep_aspect(node, axes, *count);
    }
    return KL_OK;
}

enum kl_err onnx_op_resize(struct onnx_node *node)
{
    struct axis axes[KL_MAX_RANK];
    int32_t count;
    KL_TRY(onnx_need_inputs(node, 1));
    struct onnx_value y = node->in[0];
    KL_TRY(check_modes(node));
    KL_TRY(read_axes(node, axes, &count));
    for (int32_t i = 0; i < count; i++) {
        const struct axis *a = &axes[i];
        bool crops = coordinates_are(node, "tf_crop_and_resize");
        if (a->in == a->out && a->scale == 1.0 && (!crops || (a->start == 0.0 && a->end == 1.0))) {
            continue;
        }
        if (mode_is(node, "nearest", true)) {
            KL_TRY(pick_nearest(node, a, &y));
        } else {
            KL_TRY(resample(node, a, &y));
        }
    }
    KL_TRY(extrapolate(node, axes, count, &y));
    node->out[0] = y;
    return KL_OK;
}

enum kl_err onnx_op_upsample(struct onnx_node *node)
{
    const Onnx__AttributeProto *scales = onnx_attribute(node, "scales");
    if (!onnx_has_input(node, 1) && scales && scales->n_floats <= KL_MAX_RANK) { /* opset 7 */
        struct kl_shape shape = {1, {(int32_t)scales->n_floats}};
        struct kl_tensor *tensor;
        void *data;
        KL_TRY(onnx_constant(node->import, KL_F32, &shape, &data, &tensor));
        memcpy(data, scales->floats, tensor->bytes);
        node->in[1] = onnx_value_of(tensor);
        node->input_count = 2;
    }
    node->version = 10; /* it is Resize of that opset */
    return onnx_op_resize(node);
}
