/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/threshold_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One run. */
struct run {
    struct kl_model_job *job;
    const struct kl_threshold_request *request;
    struct kl_threshold_report *report;
    struct kl_learn_data data;
    struct kl_event_stream_rule stream_rule;
};

/* Classes that hold no event, by the names that data sets give them. */
static bool is_usual_background(const char *name)
{
    static const char *const names[] = {"background", "noise",  "silence", "unknown", "none",
                                        "normal",     "idle",   "other",   "healthy", "ambient",
                                        "negative",   "_noise", "_unknown"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum kl_err find_backgrounds(struct run *run, struct kl_diag *diag)
{
    const struct kl_threshold_request *r = run->request;
    const struct kl_data_facts *facts = &run->report->dataset.facts;
    int32_t events = 0;
    for (int32_t c = 0; c < facts->class_count; c++) {
        bool background = r->background_count == 0 && is_usual_background(facts->classes[c]);
        run->report->has_events[c] = !background;
    }
    for (int32_t i = 0; i < r->background_count; i++) {
        int32_t c = kl_data_class(facts, r->backgrounds[i]);
        if (c < 0) {
            return kl_fail(diag, KL_EUSAGE, "--background: %s has no class '%.100s'", r->data,
                           r->backgrounds[i]);
        }
        run->report->has_events[c] = false;
    }
    for (int32_t c = 0; c < facts->class_count; c++) {
        events += run->report->has_events[c];
    }
    return events > 0 ? KL_OK
                      : kl_fail(diag, KL_EUSAGE, "all classes are background: none has events");
}

/* Each item once, as one example: the stream cuts its own windows. */
static enum kl_err open_data(struct run *run, struct kl_diag *diag)
{
    const struct kl_threshold_request *r = run->request;
    struct kl_dataset *dataset = &run->report->dataset;
    KL_TRY(kl_dataset_open(r->data, run->job->arena, dataset, diag));
    bool series = dataset->facts.kind == KL_DATA_SERIES;
    const struct kl_learn_rule rule = {.need = KL_NEED_LABEL,
                                       .window = series ? 1 : 0,
                                       .hop = series ? INT32_MAX : 0,
                                       .seed = r->seed};
    KL_TRY(kl_learn_data_make(dataset, &rule, run->job->arena, &run->data, diag));
    run->report->split_here = run->data.split_here;
    run->stream_rule = (struct kl_event_stream_rule){.hop = r->hop,
                                                     .sees = r->sees,
                                                     .every = r->every,
                                                     .seed = r->seed,
                                                     .normal = -1,
                                                     .progress = r->progress,
                                                     .context = r->context};
    if (r->normal) {
        run->stream_rule.normal = kl_data_class(&dataset->facts, r->normal);
        if (run->stream_rule.normal < 0) {
            return kl_fail(diag, KL_EUSAGE, "--normal: %s has no class '%.100s'", r->data,
                           r->normal);
        }
    } else if (dataset->facts.class_count < 2) {
        return kl_fail(diag, KL_EUSAGE,
                       "%s has no classes to tell apart; for a score of anomalies add --normal "
                       "CLASS",
                       r->data);
    }
    return KL_OK;
}

static int compare_levels(const void *a, const void *b)
{
    int16_t x = *(const int16_t *)a, y = *(const int16_t *)b;
    return (x > y) - (x < y);
}

/* Floats get steps that leave room for twice the largest score seen; a power of two. */
static float find_steps(const struct kl_event_stream *stream, bool low)
{
    float most = 0;
    int exponent = 0;
    for (int64_t i = 0; i < (int64_t)stream->track.count * stream->classes; i++) {
        float size = fabsf(stream->values[i]);
        most = isfinite(size) && size > most ? size : most;
    }
    if (most > 0) {
        frexpf(most, &exponent);
    }
    exponent = 14 - exponent;
    exponent = exponent < -100 ? -100 : exponent > 100 ? 100 : exponent;
    return ldexpf(low ? -1.0f : 1.0f, exponent);
}

/* The level before the first inference: for classes the lowest there is, for a score the usual
 * one. */
static enum kl_err find_rest(struct run *run, const struct kl_event_stream *stream,
                             struct kl_events_config *config, struct kl_diag *diag)
{
    size_t count = (size_t)stream->track.count * (size_t)stream->classes;
    int16_t *levels = KL_NEW(run->job->arena, int16_t, count);
    if (!levels) {
        return KL_FAIL_MEMORY(diag);
    }
    for (size_t i = 0; i < count; i++) {
        levels[i] = (int16_t)kl_events_level(config, stream->track.scores, (uint32_t)i);
    }
    qsort(levels, count, sizeof levels[0], compare_levels);
    config->rest = levels[run->request->normal ? count / 2 : 0];
    return KL_OK;
}

static enum kl_err fill_config(struct run *run, const struct kl_event_stream *stream,
                               struct kl_diag *diag)
{
    const struct kl_threshold_request *r = run->request;
    struct kl_events_file *file = &run->report->file;
    const struct kl_tensor *out = run->job->plan->outputs[0].tensor;
    static const char *const score_name[] = {"unusual"};
    double seen = ceil(stream->sees / stream->step);
    double pause = r->pause >= 0 ? r->pause : fmin(seen - 1, 1000);
    bool low = r->low || (r->normal && strcmp(out->name, "log_likelihood") == 0);
    if (r->low && stream->dtype != KL_F32) {
        return kl_fail(diag, KL_EUSAGE, "--low is for scores of float32");
    }
    file->config = (struct kl_events_config){.class_count = (uint16_t)stream->classes,
                                             .window = (uint16_t)r->window,
                                             .duration = (uint16_t)r->duration,
                                             .pause = (uint16_t)pause,
                                             .dtype = (uint8_t)stream->dtype};
    file->config.steps = stream->dtype == KL_F32 ? find_steps(stream, low) : 0.0f;
    file->score = r->score;
    file->every = stream->track.every;
    file->scale = out->quant.count == 1 ? out->quant.scale[0] : 0.0f;
    file->zero_point = out->quant.count == 1 ? out->quant.zero_point[0] : 0;
    file->names = r->normal ? score_name : run->report->dataset.facts.classes;
    file->model_sha256 = run->job->sha256;
    file->features_sha256 = run->job->features ? run->job->features_sha256 : "";
    return find_rest(run, stream, &file->config, diag);
}

/* Temperature and reliability, over inferences that see one recording only. */
static enum kl_err calibrate(struct run *run, const struct kl_event_stream *stream,
                             struct kl_diag *diag)
{
    struct kl_arena *arena = run->job->arena;
    int32_t classes = stream->classes;
    float *outputs = KL_NEW(arena, float, (size_t)stream->labelled *(size_t)classes);
    int32_t *labels = KL_NEW(arena, int32_t, (size_t)stream->labelled);
    int64_t count = 0;
    if (!outputs || !labels) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < stream->track.count; i++) {
        if (stream->label[i] >= 0) {
            labels[count] = stream->label[i];
            memcpy(outputs + count * classes, stream->values + (int64_t)i * classes,
                   (size_t)classes * sizeof outputs[0]);
            count++;
        }
    }
    double scale = (double)run->report->file.scale;
    run->report->calibrated = true;
    return kl_temperature_fit(outputs, labels, count, classes, scale > 0 ? scale / 2 : 1e-9, arena,
                              &run->report->calibration, diag);
}

static void describe(struct kl_threshold_part *part, const struct kl_event_stream *stream)
{
    part->recordings = stream->track.segment_count;
    part->inferences = stream->track.count;
    part->hours = stream->track.count * stream->track.every / 3600;
}

/* Choose on the validation part. */
static enum kl_err choose(struct run *run, struct kl_diag *diag)
{
    struct kl_threshold_report *report = run->report;
    const struct kl_learn_part *part = &run->data.part[KL_PART_VALIDATION];
    struct kl_event_stream stream;
    if (part->set.count == 0) {
        return kl_fail(diag, KL_EINPUT,
                       "%s has no validation part, on which thresholds are found; `kinglet data "
                       "split` makes one",
                       run->request->data);
    }
    KL_TRY(kl_event_stream_run(run->job->plan, part, &run->stream_rule, run->job->arena, &stream,
                               diag));
    KL_TRY(fill_config(run, &stream, diag));
    if (!run->request->normal && stream.labelled > 0) {
        KL_TRY(calibrate(run, &stream, diag));
    }
    const struct kl_event_rule rule = {.config = report->file.config,
                                       .has_events = report->has_events,
                                       .hysteresis = run->request->hysteresis};
    KL_TRY(kl_event_choose(&stream.track, &rule, run->request->per_hour, run->job->arena,
                           &report->choice, diag));
    report->file.config.classes = report->choice.thresholds;
    describe(&report->validation, &stream);
    report->validation.tallies = report->choice.tallies;
    report->validation.sum = report->choice.sum;
    return KL_OK;
}

/* What they do on the test part: the only time that it is read. */
static enum kl_err test(struct run *run, struct kl_diag *diag)
{
    struct kl_threshold_report *report = run->report;
    const struct kl_learn_part *part = &run->data.part[KL_PART_TEST];
    const struct kl_events_config *config = &report->file.config;
    struct kl_event_scratch scratch;
    struct kl_event_stream stream;
    if (part->set.count == 0) {
        return KL_OK;
    }
    KL_TRY(kl_event_stream_run(run->job->plan, part, &run->stream_rule, run->job->arena, &stream,
                               diag));
    report->test.tallies = KL_NEW(run->job->arena, struct kl_event_tally, config->class_count);
    if (!report->test.tallies) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_event_scratch_make(&stream.track, config->class_count, config->window,
                                 run->job->arena, &scratch, diag));
    KL_TRY(kl_event_count(&stream.track, config, NULL, &scratch, report->test.tallies, diag));
    describe(&report->test, &stream);
    report->test.sum =
        kl_event_add_up(config->class_count, report->has_events, report->test.tallies);
    return KL_OK;
}

enum kl_err kl_threshold_model(struct kl_model_job *job, const struct kl_threshold_request *request,
                               struct kl_threshold_report *report, struct kl_diag *diag)
{
    struct run run = {.job = job, .request = request, .report = report};
    *report = (struct kl_threshold_report){.request = request};
    KL_TRY(open_data(&run, diag));
    int32_t classes = request->normal ? 1 : report->dataset.facts.class_count;
    report->has_events = KL_NEW(job->arena, bool, (size_t)classes);
    if (!report->has_events) {
        return KL_FAIL_MEMORY(diag);
    }
    if (request->normal) {
        report->has_events[0] = true;
    } else {
        KL_TRY(find_backgrounds(&run, diag));
    }
    KL_TRY(kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, diag));
    KL_TRY(choose(&run, diag));
    const struct kl_event_sum *sum = &report->validation.sum;
    report->hours_needed = kl_time_for_rate(request->per_hour, 0, 0.95);
    report->shown = kl_rate_upper(sum->false_alarms, sum->hours, 0.95) <= request->per_hour;
    return test(&run, diag);
}

void kl_threshold_close(struct kl_threshold_report *report)
{
    kl_dataset_close(&report->dataset);
}
