/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/ptq_data.h"

#include <stdio.h>
#include <string.h>

#include "flow/learn_data.h"

/* Examples of the validation part that are compared at most. */
enum { MOST_CHECKS = 1000 };

enum kl_err kl_ptq_examples(const struct kl_learn_set *set, int64_t most, struct kl_arena *arena,
                            const unsigned char **sets, int64_t *count, struct kl_diag *diag)
{
    size_t values = (size_t)kl_shape_elements(&set->shape);
    *count = set->count < most ? set->count : most;
    float *data = KL_NEW(arena, float, values *(size_t)*count);
    if (!data) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int64_t i = 0; i < *count; i++) {
        int32_t example = (int32_t)(i * set->count / *count);
        KL_TRY(set->read(set->context, example, data + (size_t)i * values, diag));
    }
    *sets = (const unsigned char *)data;
    return KL_OK;
}

static enum kl_err check_input(const struct kl_graph *model, const struct kl_learn_set *set,
                               struct kl_diag *diag)
{
    const struct kl_subgraph *subgraph = model->subgraphs[0];
    int64_t values = kl_shape_elements(&set->shape);
    if (subgraph->input_count != 1 || subgraph->inputs[0]->dtype != KL_F32) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "--data is for models with one input of float32; give files with --inputs");
    }
    int64_t wanted = kl_shape_elements(&subgraph->inputs[0]->shape);
    return wanted == values
               ? KL_OK
               : kl_fail(diag, KL_EINPUT,
                         "an example of the data set has %lld values, the model takes %lld",
                         (long long)values, (long long)wanted);
}

/* An output for each class. What repeats its inputs, or gives a value, has no right answers. */
static bool classifies(const struct kl_graph *model, const struct kl_dataset *dataset)
{
    const struct kl_subgraph *subgraph = model->subgraphs[0];
    return subgraph->output_count > 0 &&
           kl_shape_elements(&subgraph->outputs[0]->shape) == dataset->facts.class_count;
}

/* The pipeline of the rule. Features that are integers on the device must keep their scale in the
 * model's input, whatever values are seen. */
static enum kl_err open_features(struct kl_ptq_data *data, struct kl_arena *arena,
                                 struct kl_learn_rule *rule, struct kl_ptq_options *options,
                                 struct kl_diag *diag)
{
    if (!data->features) {
        return KL_OK;
    }
    KL_TRY(kl_data_features_open(data->features, arena, &rule->features, diag));
    memcpy(data->features_sha256, rule->features->sha256, sizeof data->features_sha256);
    const struct kl_features_facts *facts = &rule->features->facts;
    if (facts->scale > 0) {
        options->input_range =
            (struct kl_range){facts->scale * (float)(INT8_MIN - facts->zero_point),
                              facts->scale * (float)(INT8_MAX - facts->zero_point)};
    }
    return KL_OK;
}

_Static_assert(sizeof((struct kl_ptq_data *)0)->cautions == KL_CAUTIONS_BYTES, "the same text");

/* Which items are examples, and of what. */
static enum kl_err make_parts(struct kl_ptq_data *data, struct kl_arena *arena,
                              struct kl_ptq_options *options, struct kl_diag *diag)
{
    struct kl_learn_data *parts = KL_NEW(arena, struct kl_learn_data, 1);
    struct kl_learn_rule rule = {
        .window = (int32_t)data->window, .hop = (int32_t)data->hop, .seed = data->seed};
    if (!parts) {
        return KL_FAIL_MEMORY(diag);
    }
    rule.normal = data->anomalies ? kl_learn_normal(data->dataset, data->normal) : NULL;
    bool labelled = data->anomalies ? rule.normal != NULL : data->dataset->facts.class_count >= 2;
    rule.need = data->values ? KL_NEED_TARGET : labelled ? KL_NEED_LABEL : KL_NEED_NOTHING;
    KL_TRY(open_features(data, arena, &rule, options, diag));
    KL_TRY(kl_learn_data_make(data->dataset, &rule, arena, parts, diag));
    data->parts = parts;
    (void)kl_learn_cautions(parts, KL_PART_TEST, data->cautions);
    return KL_OK;
}

enum kl_err kl_ptq_data_read(struct kl_ptq_data *data, const struct kl_graph *model,
                             struct kl_arena *arena, struct kl_ptq_options *options,
                             struct kl_diag *diag)
{
    KL_TRY(make_parts(data, arena, options, diag));
    const struct kl_learn_set *train = kl_learn_part(data->parts, KL_PART_TRAIN);
    const struct kl_learn_set *validation = kl_learn_part(data->parts, KL_PART_VALIDATION);
    const struct kl_learn_set *test = kl_learn_part(data->parts, KL_PART_TEST);
    KL_TRY(check_input(model, train, diag));
    KL_TRY(kl_ptq_examples(train, data->items, arena, &options->inputs, &options->items, diag));
    if (validation) {
        KL_TRY(kl_ptq_examples(validation, data->checks ? data->checks : MOST_CHECKS, arena,
                               &options->checks, &options->check_items, diag));
    }
    bool labelled = data->parts->rule.need == KL_NEED_LABEL && !data->anomalies;
    options->test = labelled && classifies(model, data->dataset) ? test : NULL;
    return KL_OK;
}

enum kl_err kl_ptq_data_open(struct kl_ptq_data *data, struct kl_arena *arena, struct kl_diag *diag)
{
    if (data->window > INT32_MAX || data->hop > INT32_MAX) {
        return kl_fail(diag, KL_EUSAGE, "--window and --hop are too large");
    }
    struct kl_dataset *dataset = KL_NEW(arena, struct kl_dataset, 1);
    if (!dataset) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_dataset_open(data->path, arena, dataset, diag));
    data->dataset = dataset;
    snprintf(data->content, sizeof data->content, "%s", dataset->content);
    snprintf(data->version, sizeof data->version, "%s", dataset->version);
    return KL_OK;
}

bool kl_ptq_data_split_here(const struct kl_ptq_data *data)
{
    return data->parts->split_here;
}

void kl_ptq_data_close(struct kl_ptq_data *data)
{
    if (data->dataset) {
        kl_dataset_close(data->dataset);
        data->dataset = NULL;
    }
}
