/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/learn_data.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "flow/examples/learn_groups.h"

const char *const kl_data_part_names[KL_PARTS] = {"train", "validation", "test"};

/* Examples in all. */
enum { EXAMPLES_MAX = 1 << 28 };

/* Shares of a split that is made here. */
static const float train_share = 0.7f, validation_share = 0.15f;

/* A number 0 <= x < 1 of a group, the same whatever else is in the data set. */
static float group_number(const struct kl_data_item *item, uint64_t seed)
{
    uint64_t hash = kl_fnv1a(KL_FNV1A, item->group, strlen(item->group));
    return kl_random_unit(kl_random_stream(seed, hash), 0);
}

static bool has_split(const struct kl_dataset *dataset)
{
    for (int32_t i = 0; i < dataset->count; i++) {
        if (dataset->items[i].split != KL_SPLIT_NONE) {
            return true;
        }
    }
    return false;
}

static bool has_folds(const struct kl_dataset *dataset)
{
    for (int32_t i = 0; i < dataset->count; i++) {
        if (dataset->items[i].fold >= 0) {
            return true;
        }
    }
    return false;
}

/* The part that an item's group belongs to; KL_PARTS: none. */
static enum kl_data_part side_of(const struct kl_learn_data *data, const struct kl_data_item *item,
                                 bool folded)
{
    static const enum kl_data_part parts[] = {[KL_SPLIT_NONE] = KL_PARTS,
                                              [KL_SPLIT_TRAIN] = KL_PART_TRAIN,
                                              [KL_SPLIT_VALIDATION] = KL_PART_VALIDATION,
                                              [KL_SPLIT_TEST] = KL_PART_TEST};
    const struct kl_learn_rule *rule = &data->rule;
    float number = group_number(item, rule->seed);
    if (rule->undivided) {
        return KL_PART_TEST;
    }
    if (rule->folds > 0) {
        int32_t fold = folded ? item->fold : (int32_t)(number * (float)rule->folds);
        bool held_out = !folded && item->split == KL_SPLIT_TEST; /* a recipe is chosen without it */
        return fold < 0 || held_out ? KL_PARTS : fold != rule->fold ? KL_PART_TRAIN : KL_PART_TEST;
    }
    if (!data->split_here) {
        return parts[item->split];
    }
    return number < train_share                      ? KL_PART_TRAIN
           : number < train_share + validation_share ? KL_PART_VALIDATION
                                                     : KL_PART_TEST;
}

/* The part that an item belongs to. Copies by augmentation are learnt from; they are no tests of
 * their own. */
static enum kl_data_part part_of(const struct kl_learn_data *data, const struct kl_data_item *item,
                                 bool folded)
{
    enum kl_data_part side = side_of(data, item, folded);
    return side != KL_PART_TRAIN && item->origin[0] ? KL_PARTS : side;
}

/* The item's label as training sees it; -1: it has no use in that part. */
static int32_t label_of(const struct kl_data_item *item, int32_t normal, enum kl_data_part part)
{
    if (normal < 0) {
        return item->label;
    }
    bool is_normal = item->label == normal;
    return is_normal ? 0 : part == KL_PART_TEST && item->label >= 0 ? 1 : -1;
}

/* An item that is shorter than the window, in the middle of it. */
static void read_padded(const struct kl_learn_data *data, const struct kl_data_item *item,
                        float *values)
{
    size_t channels = (size_t)data->dataset->facts.channel_count;
    size_t before = (size_t)((data->windows.frames - item->frames) / 2);
    memset(values, 0, (size_t)data->windows.frames * channels * sizeof values[0]);
    memcpy(values + before * channels, kl_dataset_values(data->dataset, item),
           (size_t)item->frames * channels * sizeof values[0]);
}

/* The values of an example as the data set holds them. */
static void read_values(const struct kl_learn_part *part, int32_t example, float *values)
{
    const struct kl_dataset *dataset = part->data->dataset;
    const struct kl_data_item *item = &dataset->items[part->item[example]];
    size_t count = kl_data_values(&dataset->facts, item);
    if (dataset->facts.kind == KL_DATA_IMAGE) {
        const uint8_t *pixels = kl_dataset_pixels(dataset, item);
        for (size_t i = 0; i < count; i++) {
            values[i] = (float)pixels[i];
        }
    } else if (dataset->facts.kind == KL_DATA_TABLE) {
        memcpy(values, kl_dataset_values(dataset, item), count * sizeof values[0]);
    } else if (item->frames < part->data->windows.frames) {
        read_padded(part->data, item, values);
    } else {
        kl_window_read(dataset, item, &part->data->windows, part->window[example], values);
    }
}

static enum kl_err read_example(void *context, int32_t example, float *values, struct kl_diag *diag)
{
    const struct kl_learn_part *part = context;
    struct kl_data_features *features = part->data->rule.features;
    if (!features) {
        read_values(part, example, values);
        return KL_OK;
    }
    int64_t number = part->data->first[part->item[example]] + part->window[example];
    const float *kept = kl_data_features_kept(features, number);
    if (kept) {
        memcpy(values, kept, (size_t)kl_shape_elements(&part->set.shape) * sizeof values[0]);
        return KL_OK;
    }
    read_values(part, example, kl_data_features_samples(features));
    return kl_data_features_run(features, number, values, diag);
}

/* The window is what the pipeline takes, and the shape is that of its features. */
static enum kl_err find_features(struct kl_learn_data *data, struct kl_shape *shape,
                                 struct kl_diag *diag)
{
    struct kl_data_features *f = data->rule.features;
    KL_TRY(kl_data_features_fit(f, data->dataset, diag));
    if (data->rule.window > 0 && data->rule.window != f->facts.samples) {
        return kl_fail(diag, KL_EUSAGE,
                       "--window %d: the pipeline %s takes %d samples of a channel; leave the "
                       "option out, or change 'samples' of the pipeline's input",
                       data->rule.window, f->name, f->facts.samples);
    }
    data->rule.window = f->facts.samples;
    *shape = f->shape;
    return KL_OK;
}

/* All items must have one size, unless windows are cut. */
static enum kl_err find_values(struct kl_learn_data *data, struct kl_shape *shape,
                               struct kl_diag *diag)
{
    const struct kl_dataset *d = data->dataset;
    const struct kl_data_item *first = &d->items[0];
    int32_t channels = d->facts.channel_count;
    bool series = d->facts.kind == KL_DATA_SERIES;
    for (int32_t i = 1; data->rule.window == 0 && i < d->count; i++) {
        if (d->items[i].frames != first->frames || d->items[i].width != first->width) {
            return kl_fail(diag, KL_EINPUT, "%s: items differ in size ('%.100s' and '%.100s'); %s",
                           d->path, first->name, d->items[i].name,
                           series ? "cut them into windows with --window FRAMES"
                                  : "make them one size first");
        }
    }
    int32_t frames = data->rule.window > 0 ? data->rule.window : first->frames;
    *shape = series ? (struct kl_shape){2, {frames, channels}}
             : d->facts.kind == KL_DATA_TABLE
                 ? (struct kl_shape){1, {channels}}
                 : (struct kl_shape){3, {frames, first->width, channels}};
    return kl_shape_elements(shape) <= KL_DATA_ITEM_VALUES
               ? KL_OK
               : kl_fail(diag, KL_ELIMIT,
                         "--window %d: an example of %d channels has at most %d frames",
                         data->rule.window, channels, KL_DATA_ITEM_VALUES / channels);
}

/* Windows, and the shape of an example. */
static enum kl_err find_shape(struct kl_learn_data *data, struct kl_shape *shape,
                              struct kl_diag *diag)
{
    const struct kl_dataset *d = data->dataset;
    const struct kl_learn_rule *rule = &data->rule;
    char text[KL_SHAPE_TEXT_BYTES];
    if ((rule->window > 0 || rule->hop > 0) && d->facts.kind != KL_DATA_SERIES) {
        return kl_fail(diag, KL_EUSAGE, "--window and --hop are for series; %s holds none",
                       d->path);
    }
    KL_TRY(rule->features ? find_features(data, shape, diag) : find_values(data, shape, diag));
    int32_t frames = rule->window > 0 ? rule->window : d->items[0].frames;
    data->windows =
        (struct kl_window_rule){.frames = frames, .hop = rule->hop > 0 ? rule->hop : frames};
    if (rule->shape.rank == 0) {
        return KL_OK;
    }
    int64_t values = kl_shape_elements(shape);
    *shape = rule->shape;
    return kl_shape_elements(shape) == values
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE,
                         "--shape %s has another number of values than an item: %lld",
                         kl_shape_text(shape, text), (long long)values);
}

static int32_t windows_of(const struct kl_learn_data *data, const struct kl_data_item *item)
{
    bool windows =
        data->dataset->facts.kind == KL_DATA_SERIES && item->frames >= data->windows.frames;
    return windows ? kl_window_count(item, &data->windows) : 1;
}

/* Number all examples, whatever part they belong to. */
static enum kl_err number_examples(struct kl_learn_data *data, struct kl_arena *arena,
                                   struct kl_diag *diag)
{
    const struct kl_learn_rule *rule = &data->rule;
    int64_t all = 0;
    data->first = KL_NEW(arena, int64_t, (size_t)data->dataset->count);
    if (!data->first) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < data->dataset->count; i++) {
        data->first[i] = all;
        all += windows_of(data, &data->dataset->items[i]);
    }
    if (all > EXAMPLES_MAX) {
        return kl_fail(diag, KL_ELIMIT,
                       "%s: %lld windows, at most %d are used: take a larger --hop",
                       data->dataset->path, (long long)all, EXAMPLES_MAX);
    }
    return rule->features ? kl_data_features_keep(rule->features, all, data->windows.hop, diag)
                          : KL_OK;
}

static bool is_useful(const struct kl_data_item *item, int32_t label, enum kl_need need)
{
    switch (need) {
    case KL_NEED_LABEL: return label >= 0;
    case KL_NEED_TARGET: return isfinite(item->target);
    default: return true;
    }
}

/* Call with lists for the examples, or without to count them only. */
static void list_examples(struct kl_learn_data *data, int32_t normal, bool folded, bool fill)
{
    const struct kl_dataset *d = data->dataset;
    data->left_out = 0;
    data->padded = 0;
    for (int k = 0; k < KL_PARTS; k++) {
        data->part[k].set.count = 0;
    }
    for (int32_t i = 0; i < d->count; i++) {
        const struct kl_data_item *item = &d->items[i];
        enum kl_data_part where = part_of(data, item, folded);
        int32_t label = where < KL_PARTS ? label_of(item, normal, where) : -1;
        if (where == KL_PARTS || !is_useful(item, label, data->rule.need)) {
            data->left_out++;
            continue;
        }
        struct kl_learn_part *part = &data->part[where];
        data->padded += d->facts.kind == KL_DATA_SERIES && item->frames < data->windows.frames;
        for (int32_t w = 0; w < windows_of(data, item); w++) {
            int32_t at = part->set.count++;
            if (fill) {
                part->item[at] = i;
                part->window[at] = w;
                part->labels[at] = label;
                part->targets[at] = (float)item->target;
            }
        }
    }
}

static int32_t last_dimension(const struct kl_shape *shape)
{
    return shape->dim[shape->rank - 1];
}

static enum kl_err open_parts(struct kl_learn_data *data, const struct kl_shape *shape,
                              int32_t classes, struct kl_arena *arena, struct kl_diag *diag)
{
    for (int k = 0; k < KL_PARTS; k++) {
        struct kl_learn_part *part = &data->part[k];
        size_t count = (size_t)part->set.count;
        part->data = data;
        part->item = KL_NEW(arena, int32_t, count);
        part->window = KL_NEW(arena, int32_t, count);
        part->set.shape = *shape;
        part->set.channels = data->rule.features ? last_dimension(&data->rule.features->shape) : 0;
        part->set.classes = classes;
        part->set.target_size = data->rule.need == KL_NEED_TARGET ? 1 : 0;
        part->set.read = read_example;
        part->set.context = part;
        part->set.labels = part->labels = KL_NEW(arena, int32_t, count);
        part->set.targets = part->targets = KL_NEW(arena, float, count);
        if (!part->item || !part->window || !part->labels || !part->targets) {
            return KL_FAIL_MEMORY(diag);
        }
    }
    return KL_OK;
}

static enum kl_err check_normal(const struct kl_dataset *dataset, const char *normal,
                                int32_t *place, struct kl_diag *diag)
{
    *place = normal ? kl_data_class(&dataset->facts, normal) : -1;
    return !normal || *place >= 0
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE,
                         "%s has no class '%.100s'; --normal names the one that is "
                         "to be learnt",
                         dataset->path, normal);
}

/* Fold numbers of the data set itself must reach as far as those asked for. */
static enum kl_err check_folds(const struct kl_dataset *dataset, const struct kl_learn_rule *rule,
                               bool folded, struct kl_diag *diag)
{
    int32_t folds = 0;
    for (int32_t i = 0; folded && i < dataset->count; i++) {
        folds = dataset->items[i].fold + 1 > folds ? dataset->items[i].fold + 1 : folds;
    }
    return rule->folds == 0 || !folded || folds == rule->folds
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE,
                         "%s is split into %d folds, and --cross-validate asks for "
                         "%d",
                         dataset->path, folds, rule->folds);
}

enum kl_err kl_learn_data_make(const struct kl_dataset *dataset, const struct kl_learn_rule *rule,
                               struct kl_arena *arena, struct kl_learn_data *data,
                               struct kl_diag *diag)
{
    struct kl_shape shape;
    int32_t normal;
    bool folded = has_folds(dataset);
    *data = (struct kl_learn_data){.dataset = dataset, .rule = *rule};
    data->split_here = !rule->undivided && (rule->folds > 0 ? !folded : !has_split(dataset));
    if (dataset->count < 1) {
        return kl_fail(diag, KL_EINPUT, "%s holds no items", dataset->path);
    }
    KL_TRY(check_normal(dataset, rule->normal, &normal, diag));
    KL_TRY(check_folds(dataset, rule, folded, diag));
    KL_TRY(find_shape(data, &shape, diag));
    KL_TRY(number_examples(data, arena, diag));
    list_examples(data, normal, folded, false);
    KL_TRY(open_parts(data, &shape, dataset->facts.class_count, arena, diag));
    list_examples(data, normal, folded, true);
    KL_TRY(learn_count_groups(data, arena, diag));
    return data->part[KL_PART_TRAIN].set.count > 0 || rule->untrained
               ? KL_OK
               : kl_fail(diag, KL_EINPUT, "%s: no item with %s is left to train on among %d%s",
                         dataset->path,
                         rule->need == KL_NEED_LABEL    ? "a label"
                         : rule->need == KL_NEED_TARGET ? "a target, a number to be learnt,"
                                                        : "a use",
                         dataset->count,
                         rule->need == KL_NEED_TARGET && dataset->facts.class_count == 1
                             ? "; to tell classes apart takes two, and there is one"
                             : "");
}

const char *kl_learn_normal(const struct kl_dataset *dataset, const char *given)
{
    if (given || dataset->facts.class_count == 0) {
        return given;
    }
    return kl_data_class(&dataset->facts, "normal") >= 0 ? "normal" : dataset->facts.classes[0];
}

const struct kl_learn_set *kl_learn_part(const struct kl_learn_data *data, enum kl_data_part part)
{
    return data->part[part].set.count > 0 ? &data->part[part].set : NULL;
}
