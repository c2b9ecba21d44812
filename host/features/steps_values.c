/* SPDX-License-Identifier: Apache-2.0 */
/* Steps on each value alone, and over all frames. */
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

/* ---- over all frames --------------------------------------------------------------------- */

/* MEAN of the value over the frames: [1, values]. */
static enum kl_err mean_of_frames(struct builder *b)
{
    struct kl_tensor *axis;
    struct kl_op *op;
    KL_TRY(features_scalar(b, KL_S32, 0.0, &axis));
    KL_TRY(features_op(b, KL_OP_MEAN, 2, (struct kl_tensor *[]){b->x, axis}, KL_F32,
                       (struct kl_shape){2, {1, features_width(b)}}, &op));
    op->attr.reduce.keep_dims = true;
    return KL_OK;
}

static enum kl_err need_features(struct builder *b, const struct kl_yaml *node)
{
    if (node) {
        return features_refuse(b, node, "it has no options");
    }
    if (b->form == FORM_IMAGE) {
        return features_refuse(b, NULL, "an image has no frames");
    }
    KL_TRY(b->form == FORM_FEATURES ? KL_OK : features_float_vectors(b));
    return features_end_frames(b, false);
}

/* The mean over the frames of each feature. */
enum kl_err step_average(struct builder *b, const struct kl_yaml *node)
{
    KL_TRY(need_features(b, node));
    return mean_of_frames(b);
}

/* Each feature less its mean over the frames. */
enum kl_err step_centre(struct builder *b, const struct kl_yaml *node)
{
    KL_TRY(need_features(b, node));
    struct kl_tensor *features = b->x;
    KL_TRY(mean_of_frames(b));
    return features_op(b, KL_OP_SUB, 2, (struct kl_tensor *[]){features, b->x}, KL_F32,
                       features->shape, NULL);
}

/* That, divided by its standard deviation. */
enum kl_err step_standardise(struct builder *b, const struct kl_yaml *node)
{
    const double least = 1e-10; /* of the variance: a constant feature stays 0 */
    KL_TRY(step_centre(b, node));
    struct kl_tensor *centred = b->x;
    KL_TRY(features_op(b, KL_OP_SQUARE, 1, &b->x, KL_F32, b->x->shape, NULL));
    KL_TRY(mean_of_frames(b));
    KL_TRY(features_with_scalar(b, KL_OP_ADD, least));
    KL_TRY(features_op(b, KL_OP_SQRT, 1, &b->x, KL_F32, b->x->shape, NULL));
    return features_op(b, KL_OP_DIV, 2, (struct kl_tensor *[]){centred, b->x}, KL_F32,
                       centred->shape, NULL);
}
