/* SPDX-License-Identifier: Apache-2.0 */
/* Steps on images. */
#include "features/builder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_SIDE = 4096 };

static enum kl_err need_image(struct builder *b)
{
    if (b->form != FORM_IMAGE) {
        return features_refuse(b, NULL, "it works on images");
    }
    return features_floats(b);
}

/* Luma of ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B. */
enum kl_err step_grey(struct builder *b, const struct kl_yaml *node)
{
    static const float luma[3] = {0.299f, 0.587f, 0.114f};
    struct kl_tensor *weights;
    struct kl_op *op;
    KL_TRY(need_image(b));
    struct kl_shape shape = b->x->shape;
    if (node || shape.dim[3] != 3) {
        return features_refuse(b, node, "it takes an image of 3 channels, and no options");
    }
    shape.dim[3] = 1;
    KL_TRY(features_constant(b, KL_F32, (struct kl_shape){4, {1, 1, 1, 3}}, luma, &weights));
    KL_TRY(features_op(b, KL_OP_CONV_2D, 2, (struct kl_tensor *[]){b->x, weights}, KL_F32, shape,
                       &op));
    op->attr.window =
        (struct kl_attr_window){.stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1};
    return KL_OK;
}

enum kl_err step_resize(struct builder *b, const struct kl_yaml *node)
{
    static const char *const ways[] = {"bilinear", "nearest", NULL};
    int32_t way = 0;
    struct kl_tensor *size;
    struct kl_op *op;
    int32_t *sides = features_alloc(b, 2, sizeof *sides);
    if (!sides) {
        return KL_ELIMIT;
    }
    const struct option options[] = {{"height", OPTION_COUNT, &sides[0], true, NULL},
                                     {"width", OPTION_COUNT, &sides[1], true, NULL},
                                     {"by", OPTION_WORD, &way, false, ways}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    KL_TRY(need_image(b));
    if (sides[0] > MAX_SIDE || sides[1] > MAX_SIDE) {
        return features_refuse(b, node, "an image of %d x %d; at most %d x %d", sides[0], sides[1],
                               MAX_SIDE, MAX_SIDE);
    }
    struct kl_shape shape = {4, {1, sides[0], sides[1], b->x->shape.dim[3]}};
    KL_TRY(features_constant(b, KL_S32, (struct kl_shape){1, {2}}, sides, &size));
    KL_TRY(features_op(b, way ? KL_OP_RESIZE_NEAREST_NEIGHBOR : KL_OP_RESIZE_BILINEAR, 2,
                       (struct kl_tensor *[]){b->x, size}, KL_F32, shape, &op));
    op->attr.resize.half_pixel_centers = true;
    return KL_OK;
}
