/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/data_features.h"

#include <math.h>
#include <string.h>

#include "flow/execute.h"
#include "flow/model_features.h"

/* Samples of sound files are shares of 1. Resampling may go a little beyond; numbers of int16 go
 * far beyond. */
static const float most_share = 2.0f, most_number = 65536.0f;
static const float full_scale = 32768.0f;

/* Where a data set does not say what its samples are, so many items are looked at, and so many
 * values of each, evenly spread: it may be larger than memory. */
enum { LOOKED_ITEMS = 128, LOOKED_VALUES = 512 };

/* One value of any type is as large as a float, or smaller. */
static int64_t sample_count(const struct kl_features_facts *f)
{
    return f->height ? (int64_t)f->height * f->width * f->channels
                     : (int64_t)f->samples * f->channels;
}

enum kl_err kl_data_features_open(const char *name, struct kl_arena *arena,
                                  struct kl_data_features **features, struct kl_diag *diag)
{
    const struct kl_plan_options options = {.kernels = KL_KERNELS_PORTABLE};
    struct kl_data_features *f = KL_NEW(arena, struct kl_data_features, 1);
    struct kl_bytes text;
    struct kl_graph *graph;
    if (!f) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_features_text(name, arena, &text, diag));
    f->name = name;
    f->arena = arena;
    f->factor = 1;
    kl_sha256_hex(text.data, text.size, f->sha256);
    KL_TRY(kl_features_whole(text, name, arena, &graph, &f->facts, diag));
    KL_TRY(kl_graph_verify(graph, diag));
    KL_TRY(kl_optimise(graph, NULL, diag));
    KL_TRY(kl_plan_create(graph, &options, arena, &f->plan, diag));
    KL_TRY(kl_execute_arena(f->plan, arena, &f->memory, diag));
    f->shape = f->plan->outputs[0].tensor->shape;
    if (f->facts.height && f->shape.rank == 4) {
        f->shape = (struct kl_shape){3, {f->shape.dim[1], f->shape.dim[2], f->shape.dim[3]}};
    }
    f->samples = KL_NEW(arena, float, (size_t)sample_count(&f->facts));
    *features = f;
    return f->samples ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* What is tested decides nothing, and copies of augmentation may have been made louder. */
static bool is_telling(const struct kl_data_item *item)
{
    return !item->origin[0] && item->split != KL_SPLIT_TEST;
}

static float largest_looked_at(const struct kl_dataset *d, const struct kl_data_item *item)
{
    const float *values = kl_dataset_values(d, item);
    size_t count = kl_data_values(&d->facts, item), step = count / LOOKED_VALUES + 1;
    float most = 0;
    for (size_t k = 0; k < count; k += step) {
        most = fmaxf(most, fabsf(values[k]));
    }
    return most;
}

static float largest_value(const struct kl_dataset *d)
{
    int32_t telling = 0, number = 0;
    float most = 0;
    for (int32_t i = 0; i < d->count; i++) {
        telling += is_telling(&d->items[i]);
    }
    int32_t step = (telling > 0 ? telling : d->count) / LOOKED_ITEMS + 1;
    for (int32_t i = 0; i < d->count; i++) {
        if ((telling == 0 || is_telling(&d->items[i])) && number++ % step == 0) {
            most = fmaxf(most, largest_looked_at(d, &d->items[i]));
        }
    }
    return most;
}

static enum kl_err find_factor(struct kl_data_features *f, const struct kl_dataset *d,
                               struct kl_diag *diag)
{
    f->factor = 1;
    f->samples_are = NULL;
    if (f->facts.dtype != KL_S16) {
        return KL_OK;
    }
    bool shares = strcmp(d->facts.unit, KL_DATA_FULL_SCALE) == 0;
    float most = shares ? 0 : largest_value(d);
    shares = shares || most <= most_share;
    f->factor = shares ? full_scale : 1;
    f->samples_are = shares ? "shares of full scale" : "numbers of int16";
    return most <= most_number
               ? KL_OK
               : kl_fail(diag, KL_EINPUT,
                         "%s has values up to %g, neither shares of 1 nor numbers up to 32768; the "
                         "pipeline %s takes int16: give its input 'type: float32'",
                         d->path, (double)most, f->name);
}

static enum kl_err fit_image(const struct kl_data_features *f, const struct kl_dataset *d,
                             struct kl_diag *diag)
{
    const struct kl_features_facts *want = &f->facts;
    for (int32_t i = 0; i < d->count; i++) {
        const struct kl_data_item *item = &d->items[i];
        if (item->frames != want->height || item->width != want->width ||
            d->facts.channel_count != want->channels) {
            return kl_fail(diag, KL_EINPUT,
                           "%s: '%.100s' has %d x %d pixels of %d channels, and the pipeline %s "
                           "takes %d x %d of %d; change its input",
                           d->path, item->name, item->frames, item->width, d->facts.channel_count,
                           f->name, want->height, want->width, want->channels);
        }
    }
    return KL_OK;
}

static enum kl_err fit_signal(const struct kl_data_features *f, const struct kl_dataset *d,
                              struct kl_diag *diag)
{
    const struct kl_features_facts *want = &f->facts;
    if (d->facts.channel_count != want->channels) {
        return kl_fail(diag, KL_EINPUT,
                       "%s has %d channels, and the pipeline %s takes %d; change 'channels' of its "
                       "input, or import other columns",
                       d->path, d->facts.channel_count, f->name, want->channels);
    }
    if (want->rate > 0 && d->facts.rate <= 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%s does not say its rate, and the pipeline %s takes %g samples per second; "
                       "say it with `kinglet data import --source-rate`",
                       d->path, f->name, want->rate);
    }
    bool differs = want->rate > 0 && fabs(d->facts.rate - want->rate) > 1e-3 * want->rate;
    return !differs ? KL_OK
                    : kl_fail(diag, KL_EINPUT,
                              "%s has %g samples per second, and the pipeline %s takes %g; "
                              "resample with `kinglet data import --rate %g`, or change 'rate' of "
                              "the pipeline's input",
                              d->path, d->facts.rate, f->name, want->rate, want->rate);
}

enum kl_err kl_data_features_fit(struct kl_data_features *f, const struct kl_dataset *d,
                                 struct kl_diag *diag)
{
    bool image = f->facts.height > 0;
    if (f->dataset == d) {
        return KL_OK;
    }
    if (d->facts.kind != (image ? KL_DATA_IMAGE : KL_DATA_SERIES)) {
        return kl_fail(diag, KL_EINPUT, "the pipeline %s takes %s, and %s holds none", f->name,
                       image ? "images" : "series", d->path);
    }
    KL_TRY(image ? fit_image(f, d, diag) : fit_signal(f, d, diag));
    KL_TRY(image ? KL_OK : find_factor(f, d, diag));
    f->dataset = d;
    f->examples = 0;
    return KL_OK;
}

enum kl_err kl_data_features_keep(struct kl_data_features *f, int64_t examples, int32_t hop,
                                  struct kl_diag *diag)
{
    int64_t values = kl_shape_elements(&f->shape);
    if (f->examples == examples && f->hop == hop) {
        return KL_OK;
    }
    f->examples = examples;
    f->hop = hop;
    f->kept = NULL;
    f->known = NULL;
    if (examples > (int64_t)(KL_FEATURES_KEPT / sizeof(float)) / values) {
        return KL_OK;
    }
    f->kept = KL_NEW(f->arena, float, (size_t)(examples * values));
    f->known = KL_NEW(f->arena, unsigned char, (size_t)examples);
    return f->kept && f->known ? KL_OK : KL_FAIL_MEMORY(diag);
}

const float *kl_data_features_kept(const struct kl_data_features *f, int64_t example)
{
    return f->kept && f->known[example] ? f->kept + example * kl_shape_elements(&f->shape) : NULL;
}

float *kl_data_features_samples(const struct kl_data_features *f)
{
    return f->samples;
}

/* A sample as the pipeline's input holds it: integers are rounded to the nearest, and cut off at
 * the ends. */
static void put_sample(const struct kl_data_features *f, float value, unsigned char *to, int64_t i)
{
    if (f->facts.dtype == KL_S16) {
        int16_t sample = (int16_t)lrintf(fminf(fmaxf(value, -full_scale), full_scale - 1));
        memcpy(to + 2 * i, &sample, sizeof sample);
    } else if (f->facts.dtype == KL_U8) {
        to[i] = (unsigned char)value;
    } else {
        memcpy(to + 4 * i, &value, sizeof value);
    }
}

static enum kl_err put_samples(const struct kl_data_features *f, int64_t example, unsigned char *to,
                               struct kl_diag *diag)
{
    int64_t count = sample_count(&f->facts);
    for (int64_t i = 0; i < count; i++) {
        float value = f->samples[i] * f->factor;
        if (!isfinite(value)) {
            return kl_fail(diag, KL_EINPUT,
                           "%s: sample %lld of example %lld is no finite number; import the data "
                           "again",
                           f->dataset->path, (long long)i, (long long)example);
        }
        put_sample(f, value, to, i);
    }
    return KL_OK;
}

enum kl_err kl_data_features_run(struct kl_data_features *f, int64_t example, float *values,
                                 struct kl_diag *diag)
{
    size_t count = (size_t)kl_shape_elements(&f->shape);
    unsigned char *input = kl_execute_io(f->plan, &f->plan->inputs[0], f->memory);
    KL_TRY(put_samples(f, example, input, diag));
    KL_TRY(kl_execute(f->plan, f->memory, diag));
    kl_execute_store(f->plan, f->memory, (unsigned char *)values);
    if (f->kept) {
        memcpy(f->kept + (size_t)example * count, values, count * sizeof values[0]);
        f->known[example] = 1;
    }
    return KL_OK;
}

json_t *kl_data_features_json(const struct kl_data_features *f)
{
    return json_pack("{s:s, s:s, s:s?}", "name", f->name, "sha256", f->sha256, "samples",
                     f->samples_are);
}
