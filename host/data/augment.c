/* SPDX-License-Identifier: Apache-2.0 */
#include "data/augment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/augment_internal.h"
#include "data/resample.h"

enum { MOST_COPIES = 1000, SAID_BYTES = 512, KERNEL_MEMORY = 1 << 20 };

#define COPY_MEMORY ((size_t)8 << 30)

struct job {
    const struct kl_dataset *d;
    const struct kl_augment *augment;
    struct kl_data_writer *writer;
    struct kl_augment_report *report;
    struct kl_diag *diag;
    int32_t *background;       /* items, those of a fold together */
    int32_t *background_first; /* [folds + 2]: of fold -1 (no fold), 0, 1, ... */
    int32_t folds;
    struct kl_arena *arena;
    const float *kernel; /* to resample by, when there is a stretch */
};

void augment_say(struct augment_copy *c, const char *step, double figure, const char *unit)
{
    kl_buffer_printf(&c->said, "%s%s %.3g%s", c->said.size ? "; " : "", step, figure, unit);
}

static bool any_series_step(const struct kl_augment *a)
{
    return a->stretch > 0 || a->shift > 0 || a->rotate > 0 || a->scale > 0 || a->gain > 0 ||
           a->jitter > 0 || a->background || !isnan(a->noise_snr.low);
}

static bool any_image_step(const struct kl_augment *a)
{
    return a->crop > 0 || a->flip || a->turn > 0 || a->brightness > 0;
}

static enum kl_err check(const struct job *job)
{
    const struct kl_augment *a = job->augment;
    const struct kl_data_facts *facts = &job->d->facts;
    bool series = facts->kind == KL_DATA_SERIES;
    bool image = facts->kind == KL_DATA_IMAGE;
    if (facts->kind == KL_DATA_TABLE || (series && any_image_step(a)) ||
        (image && any_series_step(a))) {
        return kl_fail(job->diag, KL_EUSAGE, "the data are of kind %s, which has no such steps",
                       kl_data_kind_names[facts->kind]);
    }
    if (!any_series_step(a) && !any_image_step(a)) {
        return kl_fail(job->diag, KL_EUSAGE, "no step is asked for; --help lists them");
    }
    if (a->copies < 1 || a->copies > MOST_COPIES || a->stretch > 0.9 || a->crop > 0.9 ||
        a->scale > 1 || a->brightness > 1) {
        return kl_fail(
            job->diag, KL_EUSAGE,
            "copies are 1 to %d; stretch and crop at most 90 %%, scale and brightness at "
            "most 100 %%",
            MOST_COPIES);
    }
    if (a->rotate > 0 && facts->channel_count % 3 != 0) {
        return kl_fail(job->diag, KL_EUSAGE,
                       "rotation needs channels in threes, x, y and z; there are %d",
                       facts->channel_count);
    }
    return a->shift > 0 && facts->rate <= 0
               ? kl_fail(job->diag, KL_EUSAGE, "a shift in seconds needs data with a rate")
               : KL_OK;
}

/* Can it be learnt from? An item of a fold can, whenever that fold is not the one tested on. */
static bool is_learnt(const struct kl_data_item *item)
{
    return item->split == KL_SPLIT_TRAIN || item->fold >= 0;
}

/* Items of the background's class. A copy takes one of its own fold only: that of another fold
 * would be heard in training when that fold is tested on. */
static enum kl_err find_background(struct job *job)
{
    const struct kl_dataset *d = job->d;
    const char *name = job->augment->background;
    int32_t class = name ? kl_data_class(&d->facts, name) : -1, count = 0;
    for (int32_t i = 0; i < d->count; i++) {
        job->folds = d->items[i].fold >= job->folds ? d->items[i].fold + 1 : job->folds;
    }
    job->background = calloc((size_t)d->count + 1, sizeof *job->background);
    job->background_first = calloc((size_t)job->folds + 2, sizeof *job->background_first);
    if (!job->background || !job->background_first) {
        return KL_FAIL_MEMORY(job->diag);
    }
    for (int32_t fold = -1; class >= 0 && fold < job->folds; fold++) {
        for (int32_t i = 0; i < d->count; i++) {
            const struct kl_data_item *item = &d->items[i];
            if (item->label == class && item->fold == fold && is_learnt(item)) {
                job->background[count++] = i;
            }
        }
        job->background_first[fold + 2] = count;
    }
    return name && count == 0
               ? kl_fail(job->diag, KL_EINPUT, "no training item has the class '%.60s'", name)
               : KL_OK;
}

/* What an item's copy draws from: its own numbers, whatever else is in the data set. */
static uint64_t seed_of(const struct kl_data_item *item, int32_t number, uint64_t seed)
{
    char hex[17];
    struct kl_random mix = {seed * 1009 + (uint64_t)number};
    memcpy(hex, item->id, 16);
    hex[16] = '\0';
    return kl_random_next(&mix) ^ strtoull(hex, NULL, 16);
}

static enum kl_err fill(struct augment_copy *c, const struct kl_data_item *item)
{
    size_t values = kl_data_values(&c->d->facts, item);
    if (c->d->facts.kind == KL_DATA_IMAGE) {
        c->pixels = kl_arena_alloc(c->arena, values, 1);
        if (!c->pixels) {
            return KL_FAIL_MEMORY(c->diag);
        }
        augment_image(c, kl_dataset_pixels(c->d, item));
        return KL_OK;
    }
    c->values = kl_arena_copy(c->arena, kl_dataset_values(c->d, item), values * sizeof(float));
    return c->values ? augment_series(c) : KL_FAIL_MEMORY(c->diag);
}

static const char *label_of(const struct kl_dataset *d, const struct kl_data_item *item)
{
    return item->label >= 0 ? d->facts.classes[item->label] : NULL;
}

static enum kl_err write_copy(struct job *job, const struct augment_copy *c,
                              const struct kl_data_item *item, int32_t number)
{
    char name[KL_DATA_TEXT];
    char tags[KL_DATA_TEXT];
    struct kl_data_item copy = *item;
    int length = snprintf(name, sizeof name, "%s~%d", item->name, number);
    int bytes = snprintf(tags, sizeof tags, "%s%saugment=%s", item->tags, item->tags[0] ? "," : "",
                         c->said.data ? c->said.data : "none");
    if (c->said.failed || length >= KL_DATA_TEXT || bytes >= KL_DATA_TEXT) {
        return kl_fail(job->diag, KL_ELIMIT, "%.100s: the name or tags of its copy exceed 1 KiB",
                       item->name);
    }
    copy.name = name;
    copy.tags = tags;
    copy.origin = item->id;
    copy.frames = c->frames;
    job->report->made++;
    return kl_data_writer_append(job->writer, &job->d->facts, &copy, label_of(job->d, item),
                                 c->pixels ? (const void *)c->pixels : c->values, job->diag);
}

static enum kl_err make_copy(struct job *job, const struct kl_data_item *item, int32_t number)
{
    bool same = job->augment->background && item->label >= 0 &&
                strcmp(label_of(job->d, item), job->augment->background) == 0;
    const int32_t *first = job->background_first + item->fold + 1;
    struct augment_copy c = {.d = job->d,
                             .augment = job->augment,
                             .random = {seed_of(item, number, job->augment->seed)},
                             .diag = job->diag,
                             .frames = item->frames,
                             .width = item->width,
                             .channels = job->d->facts.channel_count,
                             .said = KL_BUFFER(SAID_BYTES),
                             .background = job->background + first[0],
                             .background_count = same ? 0 : first[1] - first[0],
                             .kernel = job->kernel};
    c.arena = kl_arena_create(COPY_MEMORY);
    enum kl_err err = c.arena ? fill(&c, item) : KL_FAIL_MEMORY(job->diag);
    if (!err) {
        err = write_copy(job, &c, item, number);
    }
    kl_buffer_free(&c.said);
    kl_arena_free(c.arena);
    return err;
}

static enum kl_err augment_all(struct job *job)
{
    KL_TRY(check(job));
    KL_TRY(find_background(job));
    if (job->augment->stretch > 0) {
        KL_TRY(kl_resample_kernel(job->arena, &job->kernel, job->diag));
    }
    for (int32_t i = 0; i < job->d->count; i++) {
        const struct kl_data_item *item = &job->d->items[i];
        KL_TRY(kl_data_writer_append(job->writer, &job->d->facts, item, label_of(job->d, item),
                                     job->d->samples + item->offset, job->diag));
        job->report->kept++;
        bool taken = is_learnt(item) && !item->origin[0];
        for (int32_t k = 1; taken && k <= job->augment->copies; k++) {
            KL_TRY(make_copy(job, item, k));
        }
    }
    return job->report->made
               ? KL_OK
               : kl_fail(job->diag, KL_EINPUT,
                         "nothing is in the training split, nor in a fold; `kinglet data split` "
                         "makes one");
}

enum kl_err kl_augment_run(const struct kl_dataset *d, const struct kl_augment *augment,
                           struct kl_data_writer *writer, struct kl_augment_report *report,
                           struct kl_diag *diag)
{
    struct job job = {.d = d, .augment = augment, .writer = writer, .report = report, .diag = diag};
    memset(report, 0, sizeof *report);
    job.arena = kl_arena_create(KERNEL_MEMORY);
    enum kl_err err = job.arena ? augment_all(&job) : KL_FAIL_MEMORY(diag);
    kl_arena_free(job.arena);
    free(job.background);
    free(job.background_first);
    return err;
}
