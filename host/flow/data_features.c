/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/data_features.h"

#include <math.h>
#include <string.h>

#include "flow/execute.h"
#include "flow/model_features.h"

/* Samples of sound files are shares of 1. Resampling may go a little beyond; numbers of int16 go
 * far beyond. */
static const float most_share = 2.0f, most_number = 65536.0f;

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

static float largest_value(const struct kl_dataset *d)
{
    float most = 0;
    for (int32_t i = 0; i < d->count; i++) {
        const float *values = kl_dataset_values(d, &d->items[i]);
        size_t count = kl_data_values(&d->facts, &d->items[i]);
        for (size_t k = 0; k < count; k++) {
            most = fmaxf(most, fabsf(values[k]));
        }
    }
    return most;
}

static enum kl_err find_factor(struct kl_data_features *f, const struct kl_dataset *d,
                               struct kl_diag *diag)
{
    f->factor = 1;
    if (f->facts.dtype != KL_S16) {
        return KL_OK;
    }
    float most = largest_value(d);
    f->factor = most <= most_share ? 32768.0f : 1.0f;
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
    bool differs =
        d->facts.rate > 0 && want->rate > 0 && fabs(d->facts.rate - want->rate) > 1e-3 * want->rate;
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

/* A sample as the pipeline's input holds it: rounded to the nearest, and cut off at the ends. */
static void put_samples(const struct kl_data_features *f, unsigned char *to)
{
    int64_t count = sample_count(&f->facts);
    for (int64_t i = 0; i < count; i++) {
        float value = f->samples[i] * f->factor;
        if (f->facts.dtype == KL_S16) {
            int16_t sample = (int16_t)lrintf(fminf(fmaxf(value, -32768.0f), 32767.0f));
            memcpy(to + 2 * i, &sample, sizeof sample);
        } else if (f->facts.dtype == KL_U8) {
            to[i] = (unsigned char)value;
        } else {
            memcpy(to + 4 * i, &value, sizeof value);
        }
    }
}

enum kl_err kl_data_features_run(struct kl_data_features *f, int64_t example, float *values,
                                 struct kl_diag *diag)
{
    size_t count = (size_t)kl_shape_elements(&f->shape);
    put_samples(f, kl_execute_io(f->plan, &f->plan->inputs[0], f->memory));
    KL_TRY(kl_execute(f->plan, f->memory, diag));
    kl_execute_store(f->plan, f->memory, (unsigned char *)values);
    if (f->kept) {
        memcpy(f->kept + (size_t)example * count, values, count * sizeof values[0]);
        f->known[example] = 1;
    }
    return KL_OK;
}
