/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/threshold_options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

/* What is found, and in what. */
static size_t finding_rows(struct threshold_options *o, struct kl_option *rows)
{
    const struct kl_option options[] = {
        {.name = "--output-file",
         .argument = "F",
         .help = "where to write the thresholds, for compile --events",
         .text = &o->out},
        {.name = "--data", .argument = "DIR", .help = "a data set", .text = &o->data},
        {.name = "--false-alarms",
         .argument = "RATE",
         .help = "most that are wanted, e.g. 1/h",
         .text = &o->rate},
        {.name = "--background",
         .argument = "CLASS",
         .help = "without events; may be repeated (default: background, silence, unknown, ..)",
         .list = &o->backgrounds},
        {.name = "--normal",
         .argument = "CLASS",
         .help = "the model gives a score of anomalies, low for this class",
         .text = &o->normal},
        {.name = "--score",
         .argument = "S",
         .help =
             "of anomalies: output (default), error of a model that repeats its input, or least",
         .text = &o->score},
        {.name = "--low",
         .help = "low scores are the unusual ones, as likelihoods",
         .flag = &o->low},
    };
    memcpy(rows, options, sizeof options);
    return sizeof options / sizeof options[0];
}

/* How the recordings become a stream. */
static size_t stream_rows(struct threshold_options *o, struct kl_option *rows)
{
    const struct kl_option options[] = {
        {.name = "--hop",
         .argument = "N",
         .help = "frames from inference to inference (default: half a window)",
         .number = &o->hop},
        {.name = "--window",
         .argument = "N",
         .help = "frames that a streaming model looks back on (default: of its features)",
         .number = &o->window},
        {.name = "--every",
         .argument = "TIME",
         .help = "images and tables: time from item to item",
         .text = &o->every},
        {.name = "--seed",
         .argument = "N",
         .help = "of the stream's order, and of a split as in train (0)",
         .number = &o->seed},
    };
    memcpy(rows, options, sizeof options);
    return sizeof options / sizeof options[0];
}

/* The detector. */
static size_t detector_rows(struct threshold_options *o, struct kl_option *rows)
{
    const struct kl_option options[] = {
        {.name = "--mean",
         .argument = "N",
         .help = "inferences that scores are averaged over (3)",
         .number = &o->mean},
        {.name = "--duration",
         .argument = "N",
         .help = "inferences in a row before an event begins (1)",
         .number = &o->duration},
        {.name = "--pause",
         .argument = "N",
         .help = "inferences after an event without another of its class (default: one window's, "
                 "less 1)",
         .text = &o->pause},
        {.name = "--hysteresis",
         .argument = "PERCENT",
         .help = "how far below its begin an event ends (20)",
         .text = &o->hysteresis},
    };
    memcpy(rows, options, sizeof options);
    return sizeof options / sizeof options[0];
}

void threshold_options_rows(struct threshold_options *o,
                            struct kl_option rows[THRESHOLD_OPTIONS + 1])
{
    const struct kl_option others[] = {
        {.name = "--page", .argument = "F", .help = "write the charts as a page", .text = &o->page},
        KL_MODEL_OPTIONS(o->model),
        {.name = NULL},
    };
    size_t count = finding_rows(o, rows);
    count += stream_rows(o, rows + count);
    count += detector_rows(o, rows + count);
    assert(count + sizeof others / sizeof others[0] == THRESHOLD_OPTIONS + 1);
    memcpy(rows + count, others, sizeof others);
}

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
    if (o->pause && (end == o->pause || *end || pause < 0 || pause > UINT16_MAX)) {
        return kl_fail(diag, KL_EUSAGE, "--pause is 0 to %d inferences, not '%.40s'", UINT16_MAX,
                       o->pause);
    }
    r->pause = (int32_t)pause;
    return KL_OK;
}

enum kl_err threshold_options_score(struct threshold_options *o, struct kl_diag *diag)
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

enum kl_err threshold_options_request(const struct threshold_options *o,
                                      struct kl_threshold_request *r, struct kl_diag *diag)
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
