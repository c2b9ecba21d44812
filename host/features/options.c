/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the options of steps. */
#include <math.h>
#include <string.h>

#include "base/nearest.h"
#include "base/units.h"
#include "features/builder.h"

enum { MAX_OPTIONS = 16, MAX_COUNT = 1 << 20 };

enum kl_err features_unknown(struct builder *b, const struct kl_yaml *node, const char *what,
                             const char *const *words, size_t count)
{
    const char *text = kl_yaml_text(node, "?");
    const char *nearest = kl_nearest(text, words, count);
    return features_refuse(b, node, "unknown %s '%.40s'%s%s%s", what, text,
                           nearest ? "; did you mean '" : "", nearest ? nearest : "",
                           nearest ? "'?" : "");
}

/* A number in the unit of the dimension, or a plain one; *plain tells which. */
static bool number(const struct kl_yaml *node, struct kl_dimension dimension, double *value,
                   bool *plain)
{
    struct kl_value read;
    const char *text = kl_yaml_text(node, "");
    if (!kl_value_parse(text, strlen(text), &read)) {
        return false;
    }
    *value = read.value;
    *plain = kl_dimension_equal(read.dimension, KL_PLAIN);
    return *plain || kl_dimension_equal(read.dimension, dimension);
}

static enum kl_err read_samples(struct builder *b, const struct kl_yaml *node,
                                const struct option *o)
{
    double value;
    bool plain;
    if (!number(node, KL_SECONDS, &value, &plain)) {
        return features_refuse(b, node, "%s: expected a time such as 30 ms or a count of samples",
                               o->name);
    }
    if (!plain && b->rate <= 0.0) {
        return features_refuse(b, node,
                               "%s: a time needs the input's rate; give a count of "
                               "samples, or input: rate",
                               o->name);
    }
    value = floor((plain ? value : value * b->rate) + 0.5);
    if (!(value >= 1.0 && value <= MAX_COUNT)) {
        return features_refuse(b, node, "%s: that is %.0f samples; expected 1 to %d", o->name,
                               value, MAX_COUNT);
    }
    *(int32_t *)o->to = (int32_t)value;
    return KL_OK;
}

static enum kl_err read_count(struct builder *b, const struct kl_yaml *node, const struct option *o)
{
    double value;
    bool plain;
    if (!number(node, KL_PLAIN, &value, &plain) || !(value >= 1.0 && value <= MAX_COUNT) ||
        value != floor(value)) {
        return features_refuse(b, node, "%s: expected a whole number from 1 to %d", o->name,
                               MAX_COUNT);
    }
    *(int32_t *)o->to = (int32_t)value;
    return KL_OK;
}

static enum kl_err read_frequency(struct builder *b, const struct kl_yaml *node,
                                  const struct option *o)
{
    double value;
    bool plain;
    if (!number(node, KL_PER_SECOND, &value, &plain) || !(value >= 0.0)) {
        return features_refuse(b, node, "%s: expected a frequency such as 4 kHz", o->name);
    }
    if (b->rate <= 0.0) {
        return features_refuse(b, node, "%s: a frequency needs the input's rate", o->name);
    }
    if (value > b->rate / 2.0) {
        return features_refuse(b, node, "%s: %g Hz is above half the rate, %g Hz", o->name, value,
                               b->rate / 2.0);
    }
    *(double *)o->to = value;
    return KL_OK;
}

static enum kl_err read_word(struct builder *b, const struct kl_yaml *node, const struct option *o)
{
    int32_t count = 0;
    for (; o->words[count]; count++) {
        if (strcmp(o->words[count], kl_yaml_text(node, "")) == 0) {
            *(int32_t *)o->to = count;
            return KL_OK;
        }
    }
    return features_unknown(b, node, o->name, o->words, (size_t)count);
}

static enum kl_err read_number(struct builder *b, const struct kl_yaml *node,
                               const struct option *o)
{
    bool plain;
    double value;
    if (!number(node, KL_PLAIN, &value, &plain) || !(fabs(value) < 1e30)) {
        return features_refuse(b, node, "%s: expected a number", o->name);
    }
    *(double *)o->to = value;
    return KL_OK;
}

enum kl_err features_option(struct builder *b, const struct kl_yaml *node,
                            const struct option *option)
{
    switch (option->kind) {
    case OPTION_NUMBER: return read_number(b, node, option);
    case OPTION_COUNT: return read_count(b, node, option);
    case OPTION_SAMPLES: return read_samples(b, node, option);
    case OPTION_FREQUENCY: return read_frequency(b, node, option);
    case OPTION_WORD: return read_word(b, node, option);
    case OPTION_FLAG:
        return kl_yaml_flag(node, option->to)
                   ? KL_OK
                   : features_refuse(b, node, "%s: expected true or false", option->name);
    default: *(const struct kl_yaml **)option->to = node; return KL_OK;
    }
}

static enum kl_err read_pair(struct builder *b, const struct kl_yaml *key,
                             const struct kl_yaml *value, const struct option *options,
                             size_t count)
{
    const char *names[MAX_OPTIONS];
    for (size_t i = 0; i < count; i++) {
        names[i] = options[i].name;
        if (strcmp(names[i], key->text) == 0) {
            return features_option(b, value, &options[i]);
        }
    }
    return features_unknown(b, key, "option", names, count);
}

enum kl_err features_options(struct builder *b, const struct kl_yaml *node,
                             const struct option *options, size_t count)
{
    if (node && node->kind != KL_YAML_MAP) {
        return features_refuse(b, node, "expected options such as {%s: ...}", options[0].name);
    }
    for (size_t i = 0; node && i < node->count; i++) {
        KL_TRY(read_pair(b, node->keys[i], node->items[i], options, count));
    }
    for (size_t i = 0; i < count; i++) {
        if (options[i].required && !kl_yaml_get(node, options[i].name)) {
            return features_refuse(b, node, "option '%s' is missing", options[i].name);
        }
    }
    return KL_OK;
}

enum kl_err features_numbers(struct builder *b, const struct kl_yaml *node, int32_t count,
                             float **values)
{
    bool is_list = node && node->kind == KL_YAML_LIST;
    if (is_list && node->count != (size_t)count) {
        return features_refuse(b, node, "%zu numbers for %d features", node->count, count);
    }
    *values = features_alloc(b, (size_t)count, sizeof **values);
    for (int32_t i = 0; *values && i < count; i++) {
        double value = 0.0;
        const struct option option = {"number", OPTION_NUMBER, &value, true, NULL};
        KL_TRY(features_option(b, is_list ? node->items[i] : node, &option));
        (*values)[i] = (float)value;
    }
    return *values ? KL_OK : KL_ELIMIT;
}
