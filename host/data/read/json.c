/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON and CBOR: Edge Impulse's data acquisition format, and lists of pen strokes. Source of the
 * first: "Data acquisition format" in Edge Impulse's documentation.
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "data/read/cbor_json.h"
#include "data/recording.h"

enum { BYTES = 64 << 20, VALUES = 1 << 24 };

struct source {
    struct kl_arena *arena;
    struct kl_recordings *r;
    struct kl_diag *diag;
};

/* A text of the file that stays; NULL when it is no text, or one that cannot be a name. */
static const char *keep(struct source *s, const json_t *text)
{
    const char *value = json_string_value(text);
    return value && kl_data_is_text(value) ? kl_arena_copy(s->arena, value, strlen(value) + 1)
                                           : NULL;
}

static enum kl_err read_value(struct source *s, const json_t *json, size_t frame, float *to)
{
    double value = json_number_value(json);
    *to = (float)value;
    return json_is_number(json) && isfinite(*to)
               ? KL_OK
               : kl_fail(s->diag, KL_EINPUT, "frame %zu: a value is not a finite number", frame);
}

/* One frame: a list with a number per channel; with one channel it may be a number. */
static enum kl_err read_frame(struct source *s, const json_t *frame, size_t index, float *to)
{
    size_t channels = (size_t)s->r->channels;
    if (channels == 1 && json_is_number(frame)) {
        return read_value(s, frame, index, to);
    }
    if (json_array_size(frame) != channels) {
        return kl_fail(s->diag, KL_EINPUT, "frame %zu: not %zu values, one per sensor", index,
                       channels);
    }
    for (size_t c = 0; c < channels; c++) {
        KL_TRY(read_value(s, json_array_get(frame, c), index, to + c));
    }
    return KL_OK;
}

static enum kl_err read_sensors(struct source *s, const json_t *sensors)
{
    size_t count = json_array_size(sensors);
    if (count < 1 || count > KL_DATA_CHANNELS) {
        return kl_fail(s->diag, KL_EINPUT, "\"sensors\" must list 1 to %d", KL_DATA_CHANNELS);
    }
    const char **names = KL_NEW(s->arena, const char *, count);
    if (!names) {
        return KL_FAIL_MEMORY(s->diag);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *sensor = json_array_get(sensors, i);
        const char *unit = keep(s, json_object_get(sensor, "units"));
        names[i] = keep(s, json_object_get(sensor, "name"));
        if (!names[i]) {
            return kl_fail(s->diag, KL_EINPUT, "sensor %zu has no name", i + 1);
        }
        /* One unit for all, or none is stated. */
        s->r->unit = i == 0                                                ? unit
                     : unit && s->r->unit && strcmp(unit, s->r->unit) == 0 ? unit
                                                                           : NULL;
    }
    s->r->names = names;
    s->r->channels = (int32_t)count;
    return KL_OK;
}

static enum kl_err read_acquisition(struct source *s, const json_t *payload)
{
    const json_t *frames = json_object_get(payload, "values");
    double interval = json_number_value(json_object_get(payload, "interval_ms"));
    size_t count = json_array_size(frames);
    KL_TRY(read_sensors(s, json_object_get(payload, "sensors")));
    if (!(interval >= 0 && interval <= 1e9)) {
        return kl_fail(s->diag, KL_EINPUT, "\"interval_ms\" must be a time");
    }
    if (count < 1 || count > VALUES / (size_t)s->r->channels) {
        return kl_fail(s->diag, KL_EINPUT, "\"values\" must be a list of 1 to 2^24 values");
    }
    float *values = KL_NEW(s->arena, float, count *(size_t)s->r->channels);
    if (!values) {
        return KL_FAIL_MEMORY(s->diag);
    }
    for (size_t i = 0; i < count; i++) {
        KL_TRY(read_frame(s, json_array_get(frames, i), i, values + i * (size_t)s->r->channels));
    }
    s->r->rate = interval > 0 ? 1000 / interval : 0;
    struct kl_recording one = {.suffix = "",
                               .label = keep(s, json_object_get(payload, "label")),
                               .target = (double)NAN,
                               .frames = (int32_t)count,
                               .width = 1,
                               .values = values};
    return kl_recordings_one(s->r, &one, s->arena, s->diag);
}

static enum kl_err read_stroke(struct source *s, const json_t *stroke, size_t index,
                               struct kl_recording *one)
{
    const json_t *points = json_object_get(stroke, "strokePoints");
    size_t count = json_array_size(points);
    if (count < 1 || count > VALUES) {
        return kl_fail(s->diag, KL_EINPUT, "stroke %zu has no \"strokePoints\"", index);
    }
    float *values = KL_NEW(s->arena, float, 2 * count);
    *one = (struct kl_recording){.label = keep(s, json_object_get(stroke, "label")),
                                 .target = (double)NAN,
                                 .frames = (int32_t)count,
                                 .width = 1,
                                 .values = values,
                                 .suffix = kl_arena_printf(s->arena, "#%zu", index)};
    if (!values || !one->suffix) {
        return KL_FAIL_MEMORY(s->diag);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *point = json_array_get(points, i);
        KL_TRY(read_value(s, json_object_get(point, "x"), i, values + 2 * i));
        KL_TRY(read_value(s, json_object_get(point, "y"), i, values + 2 * i + 1));
    }
    return KL_OK;
}

static enum kl_err read_strokes(struct source *s, const json_t *strokes)
{
    static const char *const names[] = {"x", "y"};
    size_t count = json_array_size(strokes);
    s->r->channels = 2;
    s->r->names = names;
    s->r->items = KL_NEW(s->arena, struct kl_recording, count);
    if (!s->r->items) {
        return KL_FAIL_MEMORY(s->diag);
    }
    for (size_t i = 0; i < count; i++) {
        KL_TRY(read_stroke(s, json_array_get(strokes, i), i, &s->r->items[i]));
    }
    s->r->count = (int32_t)count;
    return count ? KL_OK : kl_fail(s->diag, KL_EINPUT, "\"strokes\" is an empty list");
}

static enum kl_err read_root(struct source *s, const json_t *root)
{
    const json_t *payload = json_object_get(root, "payload");
    const json_t *strokes = json_object_get(root, "strokes");
    s->r->kind = KL_DATA_SERIES;
    if (strokes) {
        return read_strokes(s, strokes);
    }
    payload = payload ? payload : root;
    return json_object_get(payload, "values")
               ? read_acquisition(s, payload)
               : kl_fail(s->diag, KL_EINPUT,
                         "neither Edge Impulse's data acquisition format (\"payload\" with "
                         "\"values\") nor a list of \"strokes\"");
}

enum kl_err kl_read_json(struct kl_bytes file, const struct kl_read_options *options,
                         struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    (void)options;
    json_error_t error;
    struct source s = {arena, r, diag};
    if (file.size > BYTES) {
        return kl_fail(diag, KL_ELIMIT, "more than the 64 MiB that are read of JSON");
    }
    json_t *root = json_loadb((const char *)file.data, file.size, 0, &error);
    if (!root) {
        return kl_fail(diag, KL_EINPUT, "line %d: %s", error.line, error.text);
    }
    enum kl_err err = read_root(&s, root);
    json_decref(root);
    return err;
}

enum kl_err kl_read_cbor(struct kl_bytes file, const struct kl_read_options *options,
                         struct kl_arena *arena, struct kl_recordings *r, struct kl_diag *diag)
{
    (void)options;
    json_t *root;
    struct source s = {arena, r, diag};
    KL_TRY(cbor_json(file, &root, diag));
    enum kl_err err = read_root(&s, root);
    json_decref(root);
    return err;
}
