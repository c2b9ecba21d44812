/* SPDX-License-Identifier: Apache-2.0 */
/* From a recording to items: channels, parts, checks, rate. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/import_internal.h"
#include "data/resample.h"

/* Copy the chosen channels of one recording. */
static enum kl_err keep_channels(struct import_file *f, const int32_t *chosen, int32_t count,
                                 int32_t channels, enum kl_data_kind kind, struct kl_recording *one)
{
    size_t places = (size_t)one->frames * (size_t)one->width;
    size_t size = kl_data_value_bytes(kind);
    const unsigned char *from = kind == KL_DATA_IMAGE ? one->pixels : (const void *)one->values;
    unsigned char *to = kl_arena_alloc(f->scratch, places * (size_t)count, size);
    if (!to) {
        return KL_FAIL_MEMORY(f->diag);
    }
    for (size_t p = 0; p < places; p++) {
        for (int32_t c = 0; c < count; c++) {
            memcpy(to + (p * (size_t)count + (size_t)c) * size,
                   from + (p * (size_t)channels + (size_t)chosen[c]) * size, size);
        }
    }
    one->pixels = to;
    one->values = (const float *)(void *)to;
    return KL_OK;
}

static enum kl_err select_channels(struct import_file *f, struct kl_recordings *r)
{
    int32_t *chosen;
    int32_t count;
    KL_TRY(kl_choose_channels(f->import->read.channels, r->names, r->channels, f->scratch, &chosen,
                              &count, f->diag));
    const char **names = KL_NEW(f->scratch, const char *, (size_t)count);
    if (!names) {
        return KL_FAIL_MEMORY(f->diag);
    }
    for (int32_t i = 0; i < r->count; i++) {
        KL_TRY(keep_channels(f, chosen, count, r->channels, r->kind, &r->items[i]));
    }
    for (int32_t c = 0; r->names && c < count; c++) {
        names[c] = r->names[chosen[c]];
    }
    r->names = r->names ? names : NULL;
    r->channels = count;
    return KL_OK;
}

/* Luminance of a colour: ITU-R BT.601, in 1/1000. */
static uint8_t grey_of(const uint8_t *p, int32_t channels)
{
    unsigned sum = 0;
    if (channels == 3) {
        return (uint8_t)((299u * p[0] + 587u * p[1] + 114u * p[2] + 500u) / 1000u);
    }
    for (int32_t c = 0; c < channels; c++) {
        sum += p[c];
    }
    return (uint8_t)(sum / (unsigned)channels);
}

static float mean_of(const float *values, int32_t channels)
{
    double sum = 0;
    for (int32_t c = 0; c < channels; c++) {
        sum += (double)values[c];
    }
    return (float)(sum / channels);
}

static enum kl_err mix_recording(struct import_file *f, const struct kl_recordings *r,
                                 struct kl_recording *one)
{
    size_t places = (size_t)one->frames * (size_t)one->width;
    size_t channels = (size_t)r->channels;
    bool image = r->kind == KL_DATA_IMAGE;
    uint8_t *pixels = kl_arena_alloc(f->scratch, image ? places : 0, 1);
    float *values = kl_arena_alloc(f->scratch, image ? 0 : places, sizeof *values);
    if (!pixels || !values) {
        return KL_FAIL_MEMORY(f->diag);
    }
    for (size_t p = 0; p < places; p++) {
        if (image) {
            pixels[p] = grey_of(one->pixels + p * channels, r->channels);
        } else {
            values[p] = mean_of(one->values + p * channels, r->channels);
        }
    }
    one->pixels = pixels;
    one->values = values;
    return KL_OK;
}

static enum kl_err downmix(struct import_file *f, struct kl_recordings *r)
{
    static const char *const names[] = {"mean"};
    static const char *const grey[] = {"grey"};
    if (r->channels == 1) {
        return KL_OK;
    }
    for (int32_t i = 0; i < r->count; i++) {
        KL_TRY(mix_recording(f, r, &r->items[i]));
    }
    r->names = r->kind == KL_DATA_IMAGE ? grey : names;
    r->channels = 1;
    return KL_OK;
}

enum kl_err import_channels(struct import_file *f, struct kl_recordings *r)
{
    /* The reader of CSV has chosen already: its numbers count all columns. */
    bool packed;
    bool chosen = kl_reader_of(f->name, false, &packed) == kl_read_csv;
    if (f->import->read.channels && !chosen) {
        KL_TRY(select_channels(f, r));
    }
    return f->import->downmix ? downmix(f, r) : KL_OK;
}

static enum kl_err check_finite(struct import_file *f, const struct kl_recordings *r,
                                const struct kl_recording *one)
{
    size_t values = (size_t)one->frames * (size_t)r->channels;
    for (size_t i = 0; r->kind != KL_DATA_IMAGE && i < values; i++) {
        if (!isfinite(one->values[i])) {
            return kl_fail(f->diag, KL_EINPUT,
                           "%s: frame %zu, channel %zu is not a finite number (NaN?)",
                           one->suffix[0] ? one->suffix : "the recording", i / (size_t)r->channels,
                           i % (size_t)r->channels + 1);
        }
    }
    return KL_OK;
}

static struct prepared *add_item(struct import_file *f)
{
    if (f->count == f->capacity) {
        int32_t capacity = f->capacity ? 2 * f->capacity : 16;
        struct prepared *items = KL_NEW(f->scratch, struct prepared, (size_t)capacity);
        if (!items) {
            return NULL;
        }
        if (f->count) {
            memcpy(items, f->items, (size_t)f->count * sizeof *items);
        }
        f->items = items;
        f->capacity = capacity;
    }
    return &f->items[f->count++];
}

/* Is the name in the list "a,b,c"? */
static bool in_list(const char *list, const char *name)
{
    size_t length = strlen(name);
    while (*list) {
        size_t part = strcspn(list, ",");
        if (part == length && strncmp(list, name, length) == 0) {
            return true;
        }
        list += part + (list[part] == ',');
    }
    return false;
}

/* The label of a class given by its number: "0" of the classes "a,b". A name that is a number stays
 * what it is: "1" of the classes "1,2". */
static const char *class_name(struct import_file *f, const char *label)
{
    char *end;
    const char *at = f->import->classes;
    if (!at || !label || in_list(at, label)) {
        return label;
    }
    long number = strtol(label, &end, 10);
    if (number < 0 || *end || !*label) {
        return label;
    }
    while (number-- > 0 && *at) {
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return *at ? kl_arena_printf(f->scratch, "%.*s", (int)strcspn(at, ","), at) : label;
}

static enum kl_err set_label(struct import_file *f, const char *label, struct prepared *p)
{
    p->label = class_name(f, label);
    if (f->import->classes && p->label && !in_list(f->import->classes, p->label)) {
        return kl_fail(f->diag, KL_EINPUT, "its label '%.60s' is none of --classes", p->label);
    }
    return KL_OK;
}

static const char *join_tags(struct import_file *f, const char *a, const char *b)
{
    a = a ? a : "";
    b = b ? b : "";
    return kl_arena_printf(f->scratch, "%s%s%s", a, *a && *b ? "," : "", b);
}

/* An item of frames [first, first + frames) of a recording. `part` is added to its name. */
static enum kl_err add_part(struct import_file *f, const struct kl_recordings *r,
                            const struct kl_recording *one, const struct kl_said *said,
                            int64_t first, int32_t frames, const char *part)
{
    struct prepared *p = add_item(f);
    if (!p) {
        return KL_FAIL_MEMORY(f->diag);
    }
    *p = (struct prepared){.samples = r->kind == KL_DATA_IMAGE ? (const void *)one->pixels
                                                               : one->values + first * r->channels};
    struct kl_data_item *item = &p->item;
    *item = (struct kl_data_item){.origin = "",
                                  .label = -1,
                                  .fold = -1,
                                  .frames = frames,
                                  .width = one->width,
                                  .jitter = one->jitter,
                                  .split = said->split};
    item->name = kl_arena_printf(f->scratch, "%s%s%s", f->name, one->suffix, part);
    item->tags = join_tags(f, said->tags, f->import->tags);
    item->target = isnan(said->target) ? one->target : said->target;
    item->group = said->group ? said->group : one->group ? one->group : f->name;
    if (r->kind == KL_DATA_TABLE && !said->group && !one->group) {
        item->group = item->name;
    }
    if (!item->name || !item->tags) {
        return KL_FAIL_MEMORY(f->diag);
    }
    if (!kl_data_is_text(item->name) || !kl_data_is_text(item->tags) || !*item->name) {
        return kl_fail(f->diag, KL_EINPUT,
                       "its name or tags are no UTF-8 text, or 1 KiB or longer");
    }
    return set_label(f, said->label ? said->label : one->label, p);
}

/* Bring an item to the rate that is asked for. */
static enum kl_err resample_item(struct import_file *f, int32_t channels, struct prepared *p)
{
    float *out;
    double to = f->import->rate;
    if (to <= 0 || f->rate == to) {
        return KL_OK;
    }
    if (f->rate <= 0) {
        return kl_fail(f->diag, KL_EINPUT,
                       "the file does not say its rate; --source-rate says it for all such files");
    }
    struct kl_resampling what = {p->samples, p->item.frames, channels, f->rate, to};
    KL_TRY(kl_resample(f->kernel, &what, f->scratch, &out, &p->item.frames, f->diag));
    p->samples = out;
    f->resampled++;
    return KL_OK;
}

/* Cut frames [from, to) into segments, if that is asked for, and resample them. */
static enum kl_err add_segments(struct import_file *f, const struct kl_recordings *r,
                                const struct kl_recording *one, const struct kl_said *said,
                                int64_t from, int64_t to)
{
    int64_t length = to - from;
    bool cut = f->import->segment > 0 && r->kind == KL_DATA_SERIES;
    if (cut && f->rate <= 0) {
        return kl_fail(f->diag, KL_EINPUT, "--segment needs a rate; --source-rate says it");
    }
    if (cut) {
        double frames = round(f->import->segment * f->rate);
        length = frames < 1 ? 1 : frames < (double)length ? (int64_t)frames : length;
    }
    int32_t first = f->count;
    for (int64_t at = from; at + length <= to; at += length) {
        char part[64] = "";
        bool whole = at == 0 && length == one->frames;
        if (!whole) {
            snprintf(part, sizeof part, "@%lld", (long long)at);
        }
        KL_TRY(add_part(f, r, one, said, at, (int32_t)length, part));
        /* The time stamps say how much is missing, not where: the first part stands for all. */
        f->items[f->count - 1].item.lost = f->count - 1 == first ? one->lost : 0;
        if (r->kind == KL_DATA_SERIES) {
            KL_TRY(resample_item(f, r->channels, &f->items[f->count - 1]));
        }
    }
    return KL_OK;
}

enum kl_err import_recording(struct import_file *f, const struct kl_recordings *r,
                             const struct kl_recording *one, const struct kl_said *said)
{
    int64_t from = 0;
    int64_t to = one->frames;
    KL_TRY(check_finite(f, r, one));
    if (said->start > 0 || isfinite(said->end)) {
        if (f->rate <= 0 || r->kind != KL_DATA_SERIES) {
            return kl_fail(f->diag, KL_EINPUT,
                           "time ranges need a series with a rate; --source-rate says it");
        }
        from = (int64_t)fmin(round(said->start * f->rate), 1e15);
        to = isfinite(said->end) ? (int64_t)fmin(round(said->end * f->rate), 1e15) : to;
        if (from >= to || to > (int64_t)one->frames + 1) {
            return kl_fail(f->diag, KL_EINPUT, "the range from %g s to %g s is not within its %g s",
                           said->start, said->end, one->frames / f->rate);
        }
        to = to < one->frames ? to : one->frames;
    }
    return from < to ? add_segments(f, r, one, said, from, to)
                     : kl_fail(f->diag, KL_EINPUT, "the range is empty");
}

const char *import_constant(const struct kl_data_facts *facts, const struct prepared *p)
{
    const float *values = p->samples;
    size_t channels = (size_t)facts->channel_count;
    if (facts->kind != KL_DATA_SERIES || p->item.frames < 2) {
        return NULL;
    }
    for (size_t c = 0; c < channels; c++) {
        size_t i = 1;
        while (i < (size_t)p->item.frames && values[i * channels + c] == values[c]) {
            i++;
        }
        if (i == (size_t)p->item.frames) {
            return facts->channels[c];
        }
    }
    return NULL;
}
