/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/threshold_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/features.h"
#include "flow/model_features.h"

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

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Forget the sizes of inferences that see a recording of something unusual. */
static void leave_out_unusual(const struct kl_event_stream *stream, float *sizes)
{
    for (int32_t i = 0; i < stream->track.segment_count; i++) {
        const struct kl_event_segment *s = &stream->segments[i];
        for (int32_t k = s->begin; s->label >= 0 && k < s->end; k++) {
            sizes[k] = -1;
        }
    }
}

/* The size that 99 of 100 usual inferences do not exceed: a few broken ones say nothing about the
 * others. When those are all 0, the largest. */
static float usual_size(const struct kl_event_stream *stream, bool alone, float *sizes)
{
    int32_t count = stream->track.count, first = 0;
    for (int32_t i = 0; i < count; i++) {
        sizes[i] = 0;
        for (int32_t c = 0; c < stream->classes; c++) {
            float size = fabsf(stream->values[(int64_t)i * stream->classes + c]);
            sizes[i] = isfinite(size) && size > sizes[i] ? size : sizes[i];
        }
    }
    if (alone) {
        leave_out_unusual(stream, sizes);
    }
    qsort(sizes, (size_t)count, sizeof sizes[0], compare_floats);
    while (first < count && sizes[first] < 0) {
        first++;
    }
    float usual = first < count ? sizes[first + (int64_t)(count - 1 - first) * 99 / 100] : 0;
    return usual > 0 ? usual : sizes[count - 1];
}

/* Floats get steps that leave room above the usual size, a power of two: twice for classes, 16
 * times for a score alone. What is larger is the last level. */
static enum kl_err find_steps(struct run *run, const struct kl_event_stream *stream, bool low,
                              float *steps, struct kl_diag *diag)
{
    bool alone = run->request->normal != NULL;
    int exponent = 0;
    float *sizes = KL_NEW(run->job->arena, float, (size_t)stream->track.count);
    if (!sizes) {
        return KL_FAIL_MEMORY(diag);
    }
    float usual = usual_size(stream, alone, sizes);
    if (usual > 0) {
        frexpf(usual, &exponent);
    }
    exponent = (alone ? 11 : 14) - exponent;
    exponent = exponent < -100 ? -100 : exponent > 100 ? 100 : exponent;
    *steps = ldexpf(low ? -1.0f : 1.0f, exponent);
    return KL_OK;
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
    int32_t pause = r->pause >= 0 ? r->pause : stream->track.look - 1;
    bool low = r->low || (r->normal && strcmp(out->name, "log_likelihood") == 0);
    if (r->low && stream->dtype != KL_F32) {
        return kl_fail(diag, KL_EUSAGE, "--low is for scores of float32");
    }
    if (pause > UINT16_MAX) {
        return kl_fail(diag, KL_EUSAGE,
                       "%d inferences see the same frame, and a pause is of at most %d: say with "
                       "--pause how long it is to be, or take a longer --hop",
                       stream->track.look, UINT16_MAX);
    }
    file->config = (struct kl_events_config){.class_count = (uint16_t)stream->classes,
                                             .window = (uint16_t)r->window,
                                             .duration = (uint16_t)r->duration,
                                             .pause = (uint16_t)pause,
                                             .dtype = (uint8_t)stream->dtype};
    if (stream->dtype == KL_F32) {
        KL_TRY(find_steps(run, stream, low, &file->config.steps, diag));
    }
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

/* A threshold of floats at the level that the class usually has tells nothing apart. */
static enum kl_err check_level(struct run *run, const struct kl_event_stream *stream, int32_t c,
                               int16_t *levels, struct kl_diag *diag)
{
    const struct kl_events_file *file = &run->report->file;
    const struct kl_events_config *config = &file->config;
    size_t count = 0;
    for (int32_t i = 0; i < stream->track.count; i++) {
        if (stream->label[i] != c) {
            size_t at = (size_t)i * config->class_count + (size_t)c;
            levels[count++] = (int16_t)kl_events_level(config, stream->track.scores, (uint32_t)at);
        }
    }
    qsort(levels, count, sizeof levels[0], compare_levels);
    double on = (double)config->classes[c].on / config->window;
    if (count == 0 || config->classes[c].on == KL_EVENTS_NEVER || round(on) > levels[count / 2]) {
        return KL_OK;
    }
    return kl_fail(diag, KL_EINPUT,
                   "no threshold for '%.60s': its scores are usually %g, and as high in what it is "
                   "to find; is the model trained?",
                   file->names[c], kl_events_value(file, levels[count / 2]));
}

static enum kl_err check_levels(struct run *run, const struct kl_event_stream *stream,
                                struct kl_diag *diag)
{
    int16_t *levels = KL_NEW(run->job->arena, int16_t, (size_t)stream->track.count);
    if (!levels) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t c = 0; stream->dtype == KL_F32 && c < stream->classes; c++) {
        if (run->report->has_events[c]) {
            KL_TRY(check_level(run, stream, c, levels, diag));
        }
    }
    return KL_OK;
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
    KL_TRY(check_levels(run, &stream, diag));
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

/* How far a stream of features looks back; a model that keeps state itself does not say it. */
static enum kl_err find_sight(struct run *run, struct kl_diag *diag)
{
    const struct kl_model_job *job = run->job;
    struct kl_features_facts facts;
    struct kl_graph *graph;
    struct kl_bytes text;
    if (run->request->sees > 0 || job->plan->reset_count == 0 || !job->features ||
        job->keeps_state) {
        return KL_OK;
    }
    KL_TRY(kl_features_text(job->features, job->arena, &text, diag));
    KL_TRY(kl_features_whole(text, job->features, job->arena, &graph, &facts, diag));
    run->stream_rule.sees = facts.samples;
    return KL_OK;
}

/* What the counts show of the wanted rate. */
static void judge(struct kl_threshold_report *report)
{
    bool tested = report->test.tallies != NULL;
    const struct kl_event_sum *sum = tested ? &report->test.sum : &report->validation.sum;
    double wanted = report->request->per_hour;
    report->hours_needed = kl_time_for_rate(wanted, sum->false_alarms, 0.95);
    report->shown = tested && kl_rate_upper(sum->false_alarms, sum->hours, 0.95) <= wanted;
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
    KL_TRY(find_sight(&run, diag));
    KL_TRY(choose(&run, diag));
    KL_TRY(test(&run, diag));
    judge(report);
    return KL_OK;
}

void kl_threshold_close(struct kl_threshold_report *report)
{
    kl_dataset_close(&report->dataset);
}
