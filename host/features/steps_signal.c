/* SPDX-License-Identifier: Apache-2.0 */
/* Steps on signals: filters and statistics. */
#include <string.h>

#include "features/builder.h"
#include "features/design.h"
#include "kinglet/nn/features.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* BIQUAD along time: over a signal as it is, or over each frame. */
static enum kl_err add_filter(struct builder *b, const float *sections, int32_t count)
{
    struct kl_tensor *constant;
    struct kl_op *op;
    if (b->form != FORM_SIGNAL && b->form != FORM_VECTORS) {
        return features_refuse(b, NULL, "it works on a signal or on frames of one");
    }
    if (b->bin_width > 0.0) {
        return features_refuse(b, NULL, "a spectrum is no signal");
    }
    KL_TRY(features_floats(b));
    float *data = features_alloc(b, 5 * (size_t)count, sizeof *data);
    if (!data) {
        return KL_ELIMIT;
    }
    memcpy(data, sections, 5 * (size_t)count * sizeof *data);
    KL_TRY(features_constant(b, KL_F32, (struct kl_shape){2, {count, 5}}, data, &constant));
    KL_TRY(features_op(b, KL_OP_BIQUAD, 2, (struct kl_tensor *[]){b->x, constant}, KL_F32,
                       b->x->shape, &op));
    op->attr.biquad.axis = b->form == FORM_VECTORS ? 1 : 0;
    return KL_OK;
}

enum kl_err step_filter(struct builder *b, const struct kl_yaml *node)
{
    static const char *const kinds[] = {"low-pass", "high-pass", "band-pass", NULL};
    float sections[5 * DESIGN_MAX_ORDER];
    int32_t kind = 0;
    double low = 0.0, high = 0.0;
    struct design_butterworth design = {.order = 2};
    const struct option options[] = {{"kind", OPTION_WORD, &kind, true, kinds},
                                     {"order", OPTION_COUNT, &design.order, false, NULL},
                                     {"low", OPTION_FREQUENCY, &low, false, NULL},
                                     {"high", OPTION_FREQUENCY, &high, false, NULL}};
    KL_TRY(features_options(b, node, options, COUNT(options)));
    design.filter = (enum design_filter)kind;
    bool needs_low = kind != FILTER_LOWPASS, needs_high = kind != FILTER_HIGHPASS;
    if ((low > 0.0) != needs_low || (high > 0.0) != needs_high) {
        return features_refuse(b, node, "a %s filter takes %s%s%s", kinds[kind],
                               needs_low ? "low" : "", needs_low && needs_high ? " and " : "",
                               needs_high ? "high" : "");
    }
    design.low = low / b->rate;
    design.high = high / b->rate;
    if (design.order > DESIGN_MAX_ORDER || (needs_low && design.low >= 0.5) ||
        (needs_high && design.high >= 0.5) || (needs_low && needs_high && low >= high)) {
        return features_refuse(b, node,
                               "expected an order up to %d and cut-off frequencies that rise and "
                               "lie below half the rate",
                               DESIGN_MAX_ORDER);
    }
    int32_t count = design_butterworth(&design, sections);
    return add_filter(b, sections, count);
}

/* y[n] = x[n] - share * x[n - 1] */
enum kl_err step_preemphasis(struct builder *b, const struct kl_yaml *node)
{
    double share = 0.97;
    const struct option option = {"share", OPTION_NUMBER, &share, false, NULL};
    if (node) {
        KL_TRY(features_option(b, node, &option));
    }
    const float section[5] = {1.0f, (float)-share, 0.0f, 0.0f, 0.0f};
    return add_filter(b, section, 1);
}

/* Every N-th sample; what would alias is a filter's to remove. */
enum kl_err step_decimate(struct builder *b, const struct kl_yaml *node)
{
    int32_t every = 0;
    const struct option option = {"decimate", OPTION_COUNT, &every, true, NULL};
    if (!node) {
        return features_refuse(b, NULL, "expected a count: one sample of so many is kept");
    }
    KL_TRY(features_option(b, node, &option));
    if ((b->form != FORM_SIGNAL && b->form != FORM_VECTORS) || b->bin_width > 0.0) {
        return features_refuse(b, NULL, "it works on a signal or on frames of one");
    }
    int32_t axis = b->form == FORM_VECTORS ? 1 : 0;
    if (every > b->x->shape.dim[axis]) {
        return features_refuse(b, node, "one sample of %d of a signal of %d", every,
                               b->x->shape.dim[axis]);
    }
    b->rate /= every;
    return features_slice(b, axis, 0, b->x->shape.dim[axis], every);
}

enum kl_err step_statistics(struct builder *b, const struct kl_yaml *node)
{
    static const char *const names[] = {"mean",  "std",      "rms",      "min",
                                        "max",   "skewness", "kurtosis", "zero-crossings",
                                        "crest", NULL};
    _Static_assert(COUNT(names) == KL_STATISTIC_COUNT + 1, "one name for each");
    uint32_t which = 0;
    int32_t count = 0;
    struct kl_op *op;
    if (node && node->kind != KL_YAML_LIST) {
        return features_refuse(b, node, "expected a list such as [mean, std, rms]");
    }
    for (size_t i = 0; node && i < node->count; i++) {
        int32_t word = 0;
        const struct option option = {"statistic", OPTION_WORD, &word, true, names};
        KL_TRY(features_option(b, node->items[i], &option));
        which |= 1u << word;
    }
    which = which ? which : (1u << KL_STATISTIC_COUNT) - 1;
    for (uint32_t rest = which; rest; rest &= rest - 1) {
        count++;
    }
    KL_TRY(features_float_vectors(b));
    KL_TRY(features_op(b, KL_OP_STATISTICS, 1, &b->x, KL_F32,
                       (struct kl_shape){2, {features_rows(b), count}}, &op));
    op->attr.statistics.which = which;
    b->bin_width = 0.0;
    return KL_OK;
}
