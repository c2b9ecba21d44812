/* SPDX-License-Identifier: Apache-2.0 */
/* Steps on each value alone, and by means and deviations. */
#include <math.h>

#include "features/builder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* With one number, or with one for each value of a vector. */
static enum kl_err with_numbers(struct builder *b, const struct kl_yaml *node, enum kl_op_kind kind)
{
    struct kl_tensor *constant;
    float *values;
    bool is_list = node && node->kind == KL_YAML_LIST;
    KL_TRY(features_floats(b));
    int32_t count = is_list ? features_width(b) : 1;
    KL_TRY(features_numbers(b, node, count, &values));
    KL_TRY(features_constant(b, KL_F32, (struct kl_shape){1, {count}}, values, &constant));
    return features_op(b, kind, 2, (struct kl_tensor *[]){b->x, constant}, KL_F32, b->x->shape,
                       NULL);
}

enum kl_err step_add(struct builder *b, const struct kl_yaml *node)
{
    return with_numbers(b, node, KL_OP_ADD);
}

enum kl_err step_multiply(struct builder *b, const struct kl_yaml *node)
{
    return with_numbers(b, node, KL_OP_MUL);
}

enum kl_err step_maximum(struct builder *b, const struct kl_yaml *node)
{
    return with_numbers(b, node, KL_OP_MAXIMUM);
}

enum kl_err step_minimum(struct builder *b, const struct kl_yaml *node)
{
    return with_numbers(b, node, KL_OP_MINIMUM);
}

/* factor * log(max(x, floor) + offset) / log(base) */
enum kl_err step_log(struct builder *b, const struct kl_yaml *node)
{
    static const char *const bases[] = {"e", "2", "10", "dB", NULL};
    int32_t base = 0;
    double floor_at = 0.0, offset = 0.0;
    const struct option options[] = {{"base", OPTION_WORD, &base, false, bases},
                                     {"floor", OPTION_NUMBER, &floor_at, false, NULL},
                                     {"offset", OPTION_NUMBER, &offset, false, NULL}};
    const double factors[] = {1.0, 1.0 / log(2.0), 1.0 / log(10.0), 10.0 / log(10.0)};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    KL_TRY(features_floats(b));
    if (!((float)floor_at > 0.0f || (float)offset > 0.0f) || floor_at < 0.0 || offset < 0.0) {
        return features_refuse(b, node,
                               "a floor or an offset above 0 is needed: the logarithm of 0 has no "
                               "value");
    }
    if (floor_at > 0.0) {
        KL_TRY(features_with_scalar(b, KL_OP_MAXIMUM, floor_at));
    }
    if (offset > 0.0) {
        KL_TRY(features_with_scalar(b, KL_OP_ADD, offset));
    }
    b->bin_width = 0.0;
    KL_TRY(features_op(b, KL_OP_LOG, 1, &b->x, KL_F32, b->x->shape, NULL));
    return base == 0 ? KL_OK : features_with_scalar(b, KL_OP_MUL, factors[base]);
}

/* (x - mean) / std, with numbers that were found in training data. */
enum kl_err step_normalise(struct builder *b, const struct kl_yaml *node)
{
    const struct kl_yaml *mean = NULL, *deviation = NULL;
    struct kl_tensor *constant;
    float *values;
    const struct option options[] = {{"mean", OPTION_NODE, &mean, true, NULL},
                                     {"std", OPTION_NODE, &deviation, true, NULL}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    KL_TRY(features_floats(b));
    int32_t count = features_width(b);
    KL_TRY(features_numbers(b, mean, count, &values));
    KL_TRY(features_constant(b, KL_F32, (struct kl_shape){1, {count}}, values, &constant));
    KL_TRY(features_op(b, KL_OP_SUB, 2, (struct kl_tensor *[]){b->x, constant}, KL_F32, b->x->shape,
                       NULL));
    KL_TRY(features_numbers(b, deviation, count, &values));
    for (int32_t i = 0; i < count; i++) {
        if (!(values[i] > 0.0f)) {
            return features_refuse(b, deviation, "standard deviation %d is not above 0", i);
        }
        values[i] = 1.0f / values[i];
    }
    KL_TRY(features_constant(b, KL_F32, (struct kl_shape){1, {count}}, values, &constant));
    return features_op(b, KL_OP_MUL, 2, (struct kl_tensor *[]){b->x, constant}, KL_F32, b->x->shape,
                       NULL);
}

enum kl_err step_absolute(struct builder *b, const struct kl_yaml *node)
{
    if (node) {
        return features_refuse(b, node, "it has no options");
    }
    KL_TRY(features_floats(b));
    b->bin_width = 0.0;
    return features_op(b, KL_OP_ABS, 1, &b->x, KL_F32, b->x->shape, NULL);
}

/* ---- means and deviations ---------------------------------------------------------------- */

/* Over which of its dimensions a value is reduced. */
enum over { OVER_FRAMES, OVER_VALUES, OVER_ALL };

/* Time, or what a frame's values became of it. */
static int32_t axis_of_values(const struct builder *b)
{
    return b->form == FORM_SIGNAL ? 0 : b->x->shape.rank - 1;
}

/* One number for what it goes over, whose dimensions stay as 1s. */
static enum kl_err reduce(struct builder *b, enum kl_op_kind kind, enum over over)
{
    struct kl_tensor *constant;
    struct kl_op *op;
    struct kl_shape shape = b->x->shape;
    int32_t first = over == OVER_VALUES ? axis_of_values(b) : 0;
    int32_t count = over == OVER_ALL ? shape.rank : 1;
    int32_t *axes = features_alloc(b, (size_t)count, sizeof *axes);
    if (!axes) {
        return KL_ELIMIT;
    }
    for (int32_t i = 0; i < count; i++) {
        axes[i] = first + i;
        shape.dim[first + i] = 1;
    }
    KL_TRY(features_constant(b, KL_S32, (struct kl_shape){1, {count}}, axes, &constant));
    KL_TRY(features_op(b, kind, 2, (struct kl_tensor *[]){b->x, constant}, KL_F32, shape, &op));
    op->attr.reduce.keep_dims = true;
    return KL_OK;
}

/* The frames end, if what it goes over is more than one. */
static enum kl_err end_what_is_reduced(struct builder *b, enum over over)
{
    if (b->form == FORM_IMAGE) {
        return features_refuse(b, NULL, "an image has no frames");
    }
    if (over == OVER_VALUES || (over == OVER_ALL && b->form == FORM_SIGNAL)) {
        return features_floats(b);
    }
    KL_TRY(b->form == FORM_FEATURES ? KL_OK : features_float_vectors(b));
    return features_end_frames(b, false);
}

static enum kl_err read_over(struct builder *b, const struct kl_yaml *node, enum over *over)
{
    static const char *const words[] = {"frames", "values", "all", NULL};
    int32_t word = OVER_FRAMES;
    const struct option option = {"over", OPTION_WORD, &word, true, words};
    KL_TRY(node ? features_options(b, node, &option, 1) : KL_OK);
    *over = (enum over)word;
    return KL_OK;
}

/* The mean over the frames of each feature. */
enum kl_err step_average(struct builder *b, const struct kl_yaml *node)
{
    if (node) {
        return features_refuse(b, node, "it has no options");
    }
    KL_TRY(end_what_is_reduced(b, OVER_FRAMES));
    return reduce(b, KL_OP_MEAN, OVER_FRAMES);
}

/* max(x, the largest x - range): what lies further below it counts as silence. */
enum kl_err step_dynamic_range(struct builder *b, const struct kl_yaml *node)
{
    double range = 0.0;
    const struct option option = {"range", OPTION_NUMBER, &range, true, NULL};
    if (!node) {
        return features_refuse(b, NULL, "expected a number: how far below the largest value");
    }
    KL_TRY(features_option(b, node, &option));
    if (!((float)range > 0.0f)) {
        return features_refuse(b, node, "a range above 0 is needed: 0 would leave one value");
    }
    KL_TRY(end_what_is_reduced(b, OVER_ALL));
    struct kl_tensor *values = b->x;
    b->bin_width = 0.0;
    KL_TRY(reduce(b, KL_OP_REDUCE_MAX, OVER_ALL));
    KL_TRY(features_with_scalar(b, KL_OP_SUB, range));
    return features_op(b, KL_OP_MAXIMUM, 2, (struct kl_tensor *[]){values, b->x}, KL_F32,
                       values->shape, NULL);
}

/* Less the mean. */
static enum kl_err centre(struct builder *b, const struct kl_yaml *node, enum over *over)
{
    KL_TRY(read_over(b, node, over));
    KL_TRY(end_what_is_reduced(b, *over));
    if (*over == OVER_FRAMES && features_rows(b) < 2) {
        return features_refuse(
            b, node,
            "over one frame alone every value becomes 0: cut frames with 'frame' "
            "first, or say 'over: values'");
    }
    struct kl_tensor *values = b->x;
    KL_TRY(reduce(b, KL_OP_MEAN, *over));
    b->bin_width = 0.0;
    return features_op(b, KL_OP_SUB, 2, (struct kl_tensor *[]){values, b->x}, KL_F32, values->shape,
                       NULL);
}

enum kl_err step_centre(struct builder *b, const struct kl_yaml *node)
{
    enum over over;
    return centre(b, node, &over);
}

/* That, divided by its standard deviation. */
enum kl_err step_standardise(struct builder *b, const struct kl_yaml *node)
{
    const double least = 1e-10; /* of the variance: what is constant stays 0 */
    enum over over;
    KL_TRY(centre(b, node, &over));
    struct kl_tensor *centred = b->x;
    KL_TRY(features_op(b, KL_OP_SQUARE, 1, &b->x, KL_F32, b->x->shape, NULL));
    KL_TRY(reduce(b, KL_OP_MEAN, over));
    KL_TRY(features_with_scalar(b, KL_OP_ADD, least));
    KL_TRY(features_op(b, KL_OP_SQRT, 1, &b->x, KL_F32, b->x->shape, NULL));
    return features_op(b, KL_OP_DIV, 2, (struct kl_tensor *[]){centred, b->x}, KL_F32,
                       centred->shape, NULL);
}
