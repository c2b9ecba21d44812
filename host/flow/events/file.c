/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/events_file.h"

#include <math.h>
#include <string.h>

double kl_events_value(const struct kl_events_file *file, double level)
{
    return file->config.dtype == KL_F32 ? level / (double)file->config.steps
           : file->scale != 0.0f        ? (level - file->zero_point) * (double)file->scale
                                        : level;
}

static json_t *class_json(const struct kl_events_file *file, int32_t c)
{
    const struct kl_event_thresholds *t = &file->config.classes[c];
    if (t->on == KL_EVENTS_NEVER) {
        return json_pack("{s:s, s:n}", "name", file->names[c], "on");
    }
    double window = file->config.window;
    return json_pack("{s:s, s:i, s:i, s:f, s:f}", "name", file->names[c], "on", (int)t->on, "off",
                     (int)t->off, "on_value", kl_events_value(file, t->on / window), "off_value",
                     kl_events_value(file, t->off / window));
}

json_t *kl_events_json(const struct kl_events_file *file)
{
    const struct kl_events_config *c = &file->config;
    json_t *classes = json_array();
    for (int32_t i = 0; i < c->class_count; i++) {
        json_array_append_new(classes, class_json(file, i));
    }
    return json_pack("{s:i, s:{s:s, s:s}, s:{s:s, s:f, s:i, s:f, s:s}, s:f, s:i, s:i, s:i, s:i, "
                     "s:o}",
                     "kinglet_events", 1, "model", "sha256", file->model_sha256, "features",
                     file->features_sha256, "output", "type",
                     kl_dtype_name((enum kl_dtype)c->dtype), "scale", (double)file->scale,
                     "zero_point", (int)file->zero_point, "steps", (double)c->steps, "score",
                     kl_score_kinds[file->score], "every", file->every, "window", (int)c->window,
                     "duration", (int)c->duration, "pause", (int)c->pause, "rest", (int)c->rest,
                     "classes", classes);
}

/* A reader of members, which names the one that is wrong. */
struct reader {
    const char *origin;
    struct kl_arena *arena;
    struct kl_diag *diag;
};

static enum kl_err wrong(const struct reader *r, const char *member, const char *wanted)
{
    return kl_fail(r->diag, KL_EINPUT, "%s: '%s' is not %s; `kinglet threshold` writes such files",
                   r->origin, member, wanted);
}

static enum kl_err read_integer(const struct reader *r, const json_t *object, const char *member,
                                int64_t low, int64_t high, int64_t *value)
{
    char wanted[80];
    const json_t *number = json_object_get(object, member);
    snprintf(wanted, sizeof wanted, "an integer from %lld to %lld", (long long)low,
             (long long)high);
    *value = json_integer_value(number);
    return json_is_integer(number) && *value >= low && *value <= high ? KL_OK
                                                                      : wrong(r, member, wanted);
}

static enum kl_err read_real(const struct reader *r, const json_t *object, const char *member,
                             double *value)
{
    const json_t *number = json_object_get(object, member);
    *value = json_number_value(number);
    return json_is_number(number) && isfinite((float)*value) ? KL_OK : wrong(r, member, "a number");
}

static enum kl_err read_text(const struct reader *r, const json_t *object, const char *member,
                             const char **text)
{
    const char *value = json_string_value(json_object_get(object, member));
    if (!value || strlen(value) > 1024) {
        return wrong(r, member, "a text");
    }
    *text = kl_arena_copy(r->arena, value, strlen(value) + 1);
    return *text ? KL_OK : KL_FAIL_MEMORY(r->diag);
}

static enum kl_err read_score(const struct reader *r, const json_t *output,
                              struct kl_events_file *file)
{
    const char *name;
    KL_TRY(read_text(r, output, "score", &name));
    for (int i = 0; i < KL_SCORE_KINDS; i++) {
        if (strcmp(name, kl_score_kinds[i]) == 0) {
            file->score = (enum kl_score_kind)i;
            return KL_OK;
        }
    }
    return wrong(r, "score", "output, error or least");
}

static enum kl_err read_output(const struct reader *r, const json_t *output,
                               struct kl_events_file *file)
{
    static const enum kl_dtype types[] = {KL_S8, KL_S16, KL_F32};
    const char *type;
    double scale, steps;
    int64_t zero_point;
    KL_TRY(read_text(r, output, "type", &type));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(type, kl_dtype_name(types[i])) == 0) {
            file->config.dtype = (uint8_t)types[i];
        }
    }
    if (file->config.dtype == KL_DTYPE_NONE) {
        return wrong(r, "type", "int8, int16 or float32");
    }
    KL_TRY(read_real(r, output, "scale", &scale));
    KL_TRY(read_integer(r, output, "zero_point", INT32_MIN, INT32_MAX, &zero_point));
    KL_TRY(read_real(r, output, "steps", &steps));
    file->scale = (float)scale;
    file->zero_point = (int32_t)zero_point;
    file->config.steps = (float)steps;
    return read_score(r, output, file);
}

static enum kl_err read_class(const struct reader *r, const json_t *class_object,
                              struct kl_event_thresholds *thresholds, const char **name)
{
    int64_t on, off;
    KL_TRY(read_text(r, class_object, "name", name));
    if (json_is_null(json_object_get(class_object, "on"))) {
        *thresholds = (struct kl_event_thresholds){KL_EVENTS_NEVER, 0};
        return KL_OK;
    }
    KL_TRY(read_integer(r, class_object, "on", INT32_MIN, KL_EVENTS_NEVER - 1, &on));
    KL_TRY(read_integer(r, class_object, "off", INT32_MIN, on, &off));
    *thresholds = (struct kl_event_thresholds){(int32_t)on, (int32_t)off};
    return KL_OK;
}

static enum kl_err read_classes(const struct reader *r, const json_t *classes,
                                struct kl_events_file *file)
{
    size_t count = json_array_size(classes);
    if (count < 1 || count > KL_EVENTS_CLASSES) {
        return wrong(r, "classes", "a list of 1 to 4096 classes");
    }
    struct kl_event_thresholds *thresholds = KL_NEW(r->arena, struct kl_event_thresholds, count);
    const char **names = KL_NEW(r->arena, const char *, count);
    if (!thresholds || !names) {
        return KL_FAIL_MEMORY(r->diag);
    }
    for (size_t i = 0; i < count; i++) {
        KL_TRY(read_class(r, json_array_get(classes, i), &thresholds[i], &names[i]));
    }
    file->names = names;
    file->config.classes = thresholds;
    file->config.class_count = (uint16_t)count;
    return KL_OK;
}

static enum kl_err read_all(const struct reader *r, const json_t *root, struct kl_events_file *file)
{
    const json_t *model = json_object_get(root, "model");
    int64_t version, window, duration, pause, rest;
    KL_TRY(read_integer(r, root, "kinglet_events", 1, 1, &version));
    KL_TRY(read_text(r, model, "sha256", &file->model_sha256));
    KL_TRY(read_text(r, model, "features", &file->features_sha256));
    KL_TRY(read_output(r, json_object_get(root, "output"), file));
    KL_TRY(read_real(r, root, "every", &file->every));
    KL_TRY(read_integer(r, root, "window", 1, KL_EVENTS_WINDOW, &window));
    KL_TRY(read_integer(r, root, "duration", 1, UINT16_MAX, &duration));
    KL_TRY(read_integer(r, root, "pause", 0, UINT16_MAX, &pause));
    KL_TRY(read_integer(r, root, "rest", INT16_MIN, INT16_MAX, &rest));
    file->config.window = (uint16_t)window;
    file->config.duration = (uint16_t)duration;
    file->config.pause = (uint16_t)pause;
    file->config.rest = (int16_t)rest;
    KL_TRY(read_classes(r, json_object_get(root, "classes"), file));
    return kl_events_is_valid(&file->config) ? KL_OK : wrong(r, "steps", "above or below 0");
}

enum kl_err kl_events_parse(struct kl_bytes text, const char *origin, struct kl_arena *arena,
                            struct kl_events_file *file, struct kl_diag *diag)
{
    const struct reader r = {origin, arena, diag};
    json_error_t error;
    *file = (struct kl_events_file){.names = NULL};
    json_t *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        return kl_fail(diag, KL_EINPUT, "%s:%d: %.120s", origin, error.line, error.text);
    }
    enum kl_err err = read_all(&r, root, file);
    json_decref(root);
    return err;
}

enum kl_err kl_events_check(const struct kl_events_file *file, const struct kl_model_job *job,
                            const char *origin, struct kl_diag *diag)
{
    if (strcmp(file->model_sha256, job->sha256) != 0) {
        return kl_fail(diag, KL_ECHECK,
                       "%s holds the thresholds of another model than %s; run `kinglet threshold` "
                       "with this one",
                       origin, job->path);
    }
    if (strcmp(file->features_sha256, job->features ? job->features_sha256 : "") != 0) {
        return kl_fail(diag, KL_ECHECK,
                       "%s was made with %s feature pipeline; give the same --features", origin,
                       !file->features_sha256[0] ? "no"
                       : job->features           ? "another"
                                                 : "a");
    }
    const struct kl_tensor *out = job->plan->outputs[0].tensor;
    bool scaled = out->quant.count == 1;
    bool same = out->dtype == (enum kl_dtype)file->config.dtype &&
                kl_shape_elements(&out->shape) == file->config.class_count &&
                (scaled ? out->quant.scale[0] : 0.0f) == file->scale &&
                (scaled ? out->quant.zero_point[0] : 0) == file->zero_point;
    return same ? KL_OK
                : kl_fail(diag, KL_ECHECK, "%s does not fit the model's output '%.60s'", origin,
                          out->name);
}
