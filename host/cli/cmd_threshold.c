/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/data_job.h"
#include "cli/model_options.h"
#include "flow/threshold_model.h"

struct threshold_options {
    struct kl_common common;
    struct kl_model_options model;
    struct kl_strings backgrounds;
    const char *data, *out, *page, *rate, *every, *hysteresis, *normal, *pause, *score;
    int64_t hop, window, mean, duration, seed;
    bool low;
};

/* A value with the unit of `dimension`, above 0. */
static enum kl_err unit_option(const char *option, const char *text, struct kl_dimension dimension,
                               double *value, struct kl_diag *diag)
{
    struct kl_value parsed;
    bool good = kl_value_parse(text, strlen(text), &parsed) &&
                kl_dimension_equal(parsed.dimension, dimension) && parsed.value > 0;
    *value = good ? parsed.value : 0;
    return good ? KL_OK
                : kl_fail(diag, KL_EUSAGE, "%s takes %s, not '%.60s'", option,
                          dimension.seconds < 0 ? "a rate such as 1/h or 2/d"
                                                : "a time such as 200ms",
                          text);
}

static enum kl_err count_option(const char *option, int64_t value, int64_t low, int64_t high,
                                int32_t *out, struct kl_diag *diag)
{
    *out = (int32_t)value;
    return value >= low && value <= high ? KL_OK
                                         : kl_fail(diag, KL_EUSAGE, "%s is from %lld to %lld",
                                                   option, (long long)low, (long long)high);
}

static enum kl_err read_shares(const struct threshold_options *o, struct kl_threshold_request *r,
                               struct kl_diag *diag)
{
    char *end = NULL;
    double percent = o->hysteresis ? strtod(o->hysteresis, &end) : 20;
    if (o->hysteresis && (end == o->hysteresis || *end || !(percent >= 0 && percent < 100))) {
        return kl_fail(diag, KL_EUSAGE, "--hysteresis is 0 to below 100 percent, not '%.40s'",
                       o->hysteresis);
    }
    r->hysteresis = percent / 100;
    long pause = o->pause ? strtol(o->pause, &end, 10) : -1;
    if (o->pause && (end == o->pause || *end || pause < 0 || pause > 1000)) {
        return kl_fail(diag, KL_EUSAGE, "--pause is 0 to 1000 inferences, not '%.40s'", o->pause);
    }
    r->pause = (int32_t)pause;
    return KL_OK;
}

/* What the score of anomalies is; it is appended to the model when that is opened. */
static enum kl_err read_score(struct threshold_options *o, struct kl_diag *diag)
{
    for (int i = 0; o->score && i < KL_SCORE_KINDS; i++) {
        if (strcmp(o->score, kl_score_kinds[i]) == 0) {
            o->model.score = (enum kl_score_kind)i;
            return o->normal ? KL_OK
                             : kl_fail(diag, KL_EUSAGE,
                                       "--score is for anomalies: say with --normal CLASS what is "
                                       "none");
        }
    }
    return o->score ? kl_fail(diag, KL_EUSAGE, "--score is output, error or least, not '%.40s'",
                              o->score)
                    : KL_OK;
}

static enum kl_err fill_request(const struct threshold_options *o, struct kl_threshold_request *r,
                                struct kl_diag *diag)
{
    double per_second;
    if (!o->data || !o->rate || !o->out) {
        return kl_fail(diag, KL_EUSAGE, "%s is missing",
                       !o->data   ? "--data, the folder of a data set,"
                       : !o->rate ? "--false-alarms, such as 1/h,"
                                  : "-o thresholds.json");
    }
    *r = (struct kl_threshold_request){.data = o->data,
                                       .normal = o->normal,
                                       .low = o->low,
                                       .score = o->model.score,
                                       .seed = (uint64_t)o->seed,
                                       .background_count = o->backgrounds.count};
    for (int i = 0; i < o->backgrounds.count; i++) {
        r->backgrounds[i] = o->backgrounds.items[i];
    }
    if (o->low && !o->normal) {
        return kl_fail(diag, KL_EUSAGE, "--low is for scores of anomalies: add --normal CLASS");
    }
    if (o->normal && o->backgrounds.count > 0) {
        return kl_fail(diag, KL_EUSAGE, "--background is for classes, --normal for a score");
    }
    KL_TRY(unit_option("--false-alarms", o->rate, KL_PER_SECOND, &per_second, diag));
    r->per_hour = per_second * 3600;
    if (o->every) {
        KL_TRY(unit_option("--every", o->every, KL_SECONDS, &r->every, diag));
    }
    KL_TRY(count_option("--hop", o->hop, 0, INT32_MAX, &r->hop, diag));
    KL_TRY(count_option("--window", o->window, 0, INT32_MAX, &r->sees, diag));
    KL_TRY(count_option("--mean", o->mean, 1, KL_EVENTS_WINDOW, &r->window, diag));
    KL_TRY(count_option("--duration", o->duration, 1, 1000, &r->duration, diag));
    return read_shares(o, r, diag);
}

static void put_part(struct kl_result *result, const char *part, const struct kl_threshold_part *p)
{
    const char *const names[] = {"hours",
                                 "false_alarms_per_hour",
                                 "false_alarms_per_hour.low",
                                 "false_alarms_per_hour.high",
                                 "missed",
                                 "missed.low",
                                 "missed.high"};
    const struct kl_event_sum *s = &p->sum;
    double share = s->segments > 0 ? 1 - (double)s->found / s->segments : (double)NAN;
    const double values[] = {s->hours, s->rate,       s->limits.low, s->limits.high,
                             share,    s->missed.low, s->missed.high};
    char name[80];
    if (!p->tallies) {
        return;
    }
    snprintf(name, sizeof name, "%s.false_alarms", part);
    kl_result_count(result, name, s->false_alarms, "1", KL_COUNTED);
    snprintf(name, sizeof name, "%s.events", part);
    kl_result_count(result, name, s->segments, "1", KL_COUNTED);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(name, sizeof name, "%s.%s", part, names[i]);
        kl_result_metric(result, name, kl_json_number(values[i]), "1", KL_COUNTED);
    }
}

static void fill_result(struct kl_result *result, const struct kl_threshold_report *r)
{
    const char *key;
    json_t *value;
    json_t *all = kl_threshold_json(r);
    put_part(result, "validation", &r->validation);
    put_part(result, "test", &r->test);
    if (r->calibrated) {
        const struct kl_temperature *c = &r->calibration;
        kl_result_metric(result, "temperature", kl_json_number(c->temperature), "1", KL_COUNTED);
        kl_result_metric(result, "ece", kl_json_number(c->before.ece), "1", KL_COUNTED);
        kl_result_metric(result, "ece.calibrated", kl_json_number(c->after.ece), "1", KL_COUNTED);
    }
    json_object_foreach(all, key, value)
    {
        if (strcmp(key, "data") != 0 && strcmp(key, "model") != 0) {
            kl_result_detail(result, key, json_incref(value));
        }
    }
    json_decref(all);
}

static void print_part(const char *name, const struct kl_threshold_part *p)
{
    const struct kl_event_sum *s = &p->sum;
    if (!p->tallies) {
        printf("  %-11s no recordings\n", name);
        return;
    }
    printf("  %-11s %.3g h without an event: %d false alarms, %.3g per hour (95 %%: %.3g to %.3g)",
           name, s->hours, s->false_alarms, s->rate, s->limits.low, s->limits.high);
    if (s->segments > 0) {
        printf("; missed %d of %d, %.1f %% (95 %%: %.1f to %.1f %%)", s->segments - s->found,
               s->segments, 100.0 * (s->segments - s->found) / s->segments, 100 * s->missed.low,
               100 * s->missed.high);
    }
    printf("\n");
}

static void print_classes(const struct kl_threshold_report *r)
{
    double window = r->file.config.window;
    printf("\n  %-20s %10s %10s %10s %12s\n", "class", "begins at", "ends below", "found",
           "false alarms");
    for (int32_t c = 0; c < r->file.config.class_count; c++) {
        const struct kl_event_thresholds *t = &r->file.config.classes[c];
        const struct kl_event_tally *tally = &r->validation.tallies[c];
        char found[32];
        snprintf(found, sizeof found, "%d of %d", tally->found, tally->segments);
        if (r->has_events[c] && t->on == KL_EVENTS_NEVER) {
            printf("  %-20.20s %10s %10s %10s %12d\n", r->file.names[c], "never", "", found,
                   tally->false_alarms);
        } else if (r->has_events[c]) {
            printf("  %-20.20s %10.4g %10.4g %10s %12d\n", r->file.names[c],
                   kl_events_value(&r->file, t->on / window),
                   kl_events_value(&r->file, t->off / window), found, tally->false_alarms);
        }
    }
}

static void print_report(const struct threshold_options *o, const struct kl_threshold_report *r)
{
    bool never = false;
    printf("%smean of %d inferences, one each %.4g s%s\n", kl_bold(), r->file.config.window,
           r->file.every, kl_plain());
    if (r->calibrated) {
        const struct kl_temperature *c = &r->calibration;
        printf("  temperature %.3f%s: calibration error %.4f -> %.4f, negative log-likelihood %.4f "
               "-> %.4f\n",
               c->temperature, c->limited ? ", the end of what is tried" : "", c->before.ece,
               c->after.ece, c->before.nll, c->after.nll);
    }
    print_part("validation", &r->validation);
    print_part("test, once", &r->test);
    print_classes(r);
    for (int32_t c = 0; c < r->file.config.class_count; c++) {
        never = never || (r->has_events[c] && r->file.config.classes[c].on == KL_EVENTS_NEVER);
    }
    if (never) {
        printf("\nWhere it says never, the class's score reaches the top of its range outside of "
               "its\nrecordings too, so no threshold keeps the rate. Try a longer --mean.\n");
    }
    if (!r->shown) {
        printf("\n%.3g hours cannot show the wanted rate at 95 %%: that takes %.3g hours without a "
               "false alarm.\n",
               r->validation.sum.hours, r->hours_needed);
    }
    printf("\nwrote %s%s%s; `kinglet compile --events %s` puts it beside the model\n", o->out,
           o->page ? " and " : "", o->page ? o->page : "", o->out);
}

static enum kl_err write_files(const struct threshold_options *o,
                               const struct kl_threshold_report *r, struct kl_diag *diag)
{
    json_t *json = kl_threshold_json(r);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    enum kl_err err = text ? kl_file_write(o->out, text, strlen(text), diag) : KL_FAIL_MEMORY(diag);
    free(text);
    json_decref(json);
    if (err == KL_OK && o->page) {
        struct kl_buffer html = KL_BUFFER((size_t)16 << 20);
        kl_threshold_page(r, o->data, &html);
        err =
            html.failed ? KL_FAIL_MEMORY(diag) : kl_file_write(o->page, html.data, html.size, diag);
        kl_buffer_free(&html);
    }
    return err;
}

static enum kl_err find_thresholds(const void *context, struct kl_model_job *job,
                                   struct kl_result *result, struct kl_diag *diag)
{
    const struct threshold_options *o = context;
    struct kl_common common = o->common;
    struct kl_threshold_request request;
    struct kl_threshold_report report = {.request = NULL};
    KL_TRY(fill_request(o, &request, diag));
    request.progress = kl_data_progress;
    request.context = &common;
    enum kl_err err = kl_threshold_model(job, &request, &report, diag);
    if (err == KL_OK) {
        kl_result_data(result, o->data, report.dataset.content);
        err = write_files(o, &report, diag);
    }
    if (err == KL_OK) {
        fill_result(result, &report);
        if (!o->common.json) {
            print_report(o, &report);
        }
    }
    kl_threshold_close(&report);
    return err;
}

static enum kl_err check_options(void *context, struct kl_diag *diag)
{
    return read_score(context, diag);
}

int kl_cmd_threshold(int argc, char **argv, const struct kl_command *self)
{
    struct threshold_options o = {.mean = 3, .duration = 1};
    const struct kl_option options[] = {
        {.name = "--output-file",
         .argument = "F",
         .help = "where to write the thresholds, for compile --events",
         .text = &o.out},
        {.name = "--data", .argument = "DIR", .help = "a data set", .text = &o.data},
        {.name = "--false-alarms",
         .argument = "RATE",
         .help = "most that are wanted, e.g. 1/h",
         .text = &o.rate},
        {.name = "--background",
         .argument = "CLASS",
         .help = "without events; may be repeated (default: background, silence, unknown, ..)",
         .list = &o.backgrounds},
        {.name = "--normal",
         .argument = "CLASS",
         .help = "the model gives a score of anomalies, low for this class",
         .text = &o.normal},
        {.name = "--score",
         .argument = "S",
         .help =
             "of anomalies: output (default), error of a model that repeats its input, or least",
         .text = &o.score},
        {.name = "--low",
         .help = "low scores are the unusual ones, as likelihoods",
         .flag = &o.low},
        {.name = "--hop",
         .argument = "N",
         .help = "frames from inference to inference (default: half a window)",
         .number = &o.hop},
        {.name = "--window",
         .argument = "N",
         .help = "frames that a streaming model looks back on (default: of its input)",
         .number = &o.window},
        {.name = "--every",
         .argument = "TIME",
         .help = "images and tables: time from item to item",
         .text = &o.every},
        {.name = "--mean",
         .argument = "N",
         .help = "inferences that scores are averaged over (3)",
         .number = &o.mean},
        {.name = "--duration",
         .argument = "N",
         .help = "inferences in a row before an event begins (1)",
         .number = &o.duration},
        {.name = "--pause",
         .argument = "N",
         .help = "inferences after an event without another of its class (default: one window)",
         .text = &o.pause},
        {.name = "--hysteresis",
         .argument = "PERCENT",
         .help = "how far below its begin an event ends (20)",
         .text = &o.hysteresis},
        {.name = "--seed",
         .argument = "N",
         .help = "of the stream's order, and of a split as in train (0)",
         .number = &o.seed},
        {.name = "--page", .argument = "F", .help = "write the charts as a page", .text = &o.page},
        KL_MODEL_OPTIONS(o.model),
        {.name = NULL},
    };
    const struct kl_model_command command = {options,       &o.common,       &o.model,
                                             check_options, find_thresholds, &o};
    return kl_model_command(self, argc, argv, &command);
}
