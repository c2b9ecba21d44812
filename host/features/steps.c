/* SPDX-License-Identifier: Apache-2.0 */
/* The list of steps, and steps in order. */
#include <string.h>

#include "features/builder.h"

enum { MAX_STEPS = 64, MAX_BRANCHES = 16, MAX_JOINED = 1 << 22 };

static const struct {
    const char *name;
    step_fn *add;
} steps[] = {
    {"frame", step_frame},
    {"spectrum", step_spectrum},
    {"mel", step_mel},
    {"bands", step_bands},
    {"bins", step_bins},
    {"dct", step_dct},
    {"peaks", step_peaks},
    {"filter", step_filter},
    {"preemphasis", step_preemphasis},
    {"absolute", step_absolute},
    {"decimate", step_decimate},
    {"statistics", step_statistics},
    {"log", step_log},
    {"add", step_add},
    {"multiply", step_multiply},
    {"maximum", step_maximum},
    {"minimum", step_minimum},
    {"normalise", step_normalise},
    {"dynamic-range", step_dynamic_range},
    {"centre", step_centre},
    {"standardise", step_standardise},
    {"average", step_average},
    {"join", step_join},
    {"grey", step_grey},
    {"resize", step_resize},
    {"micro-frontend", step_micro_frontend},
};

enum { STEP_COUNT = sizeof steps / sizeof steps[0] };

static enum kl_err add_step(struct builder *b, const struct kl_yaml *node)
{
    const char *names[STEP_COUNT];
    bool is_map = node->kind == KL_YAML_MAP && node->count == 1;
    const struct kl_yaml *name = is_map ? node->keys[0] : node;
    b->node = node;
    b->name = "?";
    if (name->kind != KL_YAML_SCALAR) {
        return kl_yaml_fail(node, b->diag,
                            "expected the name of a step, or one name with options behind it, such "
                            "as 'spectrum: {length: 512}'");
    }
    if (b->steps++ == MAX_STEPS) {
        return kl_yaml_fail(node, b->diag, "more than %d steps", MAX_STEPS);
    }
    for (size_t i = 0; i < STEP_COUNT; i++) {
        names[i] = steps[i].name;
        if (strcmp(names[i], name->text) == 0) {
            b->name = steps[i].name;
            return steps[i].add(b, is_map ? node->items[0] : NULL);
        }
    }
    return features_unknown(b, name, "step", names, STEP_COUNT);
}

enum kl_err features_steps(struct builder *b, const struct kl_yaml *list)
{
    if (!list || list->kind != KL_YAML_LIST) {
        return kl_yaml_fail(list ? list : b->node, b->diag, "expected a list of steps");
    }
    for (size_t i = 0; i < list->count; i++) {
        KL_TRY(add_step(b, list->items[i]));
    }
    return KL_OK;
}

/* Lists of steps, each from the value before; their results stand one behind the other. */
enum kl_err step_join(struct builder *b, const struct kl_yaml *node)
{
    struct kl_tensor *results[MAX_BRANCHES];
    struct kl_op *op;
    int32_t width = 0;
    if (!node || node->kind != KL_YAML_LIST || node->count < 2 || node->count > MAX_BRANCHES) {
        return features_refuse(b, node, "expected 2 to %d lists of steps", MAX_BRANCHES);
    }
    KL_TRY(features_float_vectors(b));
    const struct builder start = *b;
    for (size_t i = 0; i < node->count; i++) {
        b->x = start.x;
        b->bin_width = start.bin_width;
        b->rate = start.rate;
        KL_TRY(features_steps(b, node->items[i]));
        b->node = start.node;
        b->name = start.name;
        if (b->form != FORM_VECTORS || features_rows(b) != start.x->shape.dim[0]) {
            return features_refuse(b, node->items[i],
                                   "a list of steps inside of 'join' works on one frame");
        }
        KL_TRY(features_floats(b));
        results[i] = b->x;
        if (features_width(b) > MAX_JOINED - width) {
            return features_refuse(b, node->items[i], "more than %d values are joined", MAX_JOINED);
        }
        width += features_width(b);
    }
    b->bin_width = 0.0;
    b->rate = start.rate;
    KL_TRY(features_op(b, KL_OP_CONCATENATION, (int32_t)node->count, results, KL_F32,
                       (struct kl_shape){2, {start.x->shape.dim[0], width}}, &op));
    op->attr.axis.axis = 1;
    return KL_OK;
}
