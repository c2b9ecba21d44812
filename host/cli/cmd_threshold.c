/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/data_job.h"
#include "cli/threshold_options.h"

static void put_part(struct kl_result *result, const char *part, const struct kl_threshold_part *p)
{
    const char *const names[] = {"hours",
                                 "false_alarms_per_hour",
                                 "false_alarms_per_hour.low",
                                 "false_alarms_per_hour.high",
                                 "false_time",
                                 "missed",
                                 "missed.low",
                                 "missed.high"};
    const struct kl_event_sum *s = &p->sum;
    double share = s->segments > 0 ? 1 - (double)s->found / s->segments : (double)NAN;
    const double values[] = {s->hours,      s->rate, s->limits.low, s->limits.high,
                             s->false_time, share,   s->missed.low, s->missed.high};
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
    printf(
        "  %-11s %.3g h without an event: %d false alarms, %.3g per hour (95 %%: %.3g to %.3g), on "
        "for %.2g %% of all time",
        name, s->hours, s->false_alarms, s->rate, s->limits.low, s->limits.high,
        100 * s->false_time);
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
    char verdict[KL_THRESHOLD_VERDICT_BYTES];
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
    printf("\n%s\n", kl_threshold_verdict(r, verdict));
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
    KL_TRY(threshold_options_request(o, &request, diag));
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
    return threshold_options_score(context, diag);
}

int kl_cmd_threshold(int argc, char **argv, const struct kl_command *self)
{
    struct threshold_options o = THRESHOLD_OPTIONS_NONE;
    struct kl_option options[THRESHOLD_OPTIONS + 1];
    threshold_options_rows(&o, options);
    const struct kl_model_command command = {options,       &o.common,       &o.model,
                                             check_options, find_thresholds, &o};
    return kl_model_command(self, argc, argv, &command);
}
