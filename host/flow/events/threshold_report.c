/* SPDX-License-Identifier: Apache-2.0 */
/* What a search for thresholds gave, as JSON and as a page. */
#include <math.h>

#include "base/envelope.h"
#include "flow/threshold_model.h"
#include "report/chart.h"
#include "report/html.h"

static json_t *interval_json(struct kl_interval interval)
{
    return json_pack("[o, o]", kl_json_number(interval.low), kl_json_number(interval.high));
}

static double missed(const struct kl_event_sum *sum)
{
    return sum->segments > 0 ? 1 - (double)sum->found / sum->segments : (double)NAN;
}

/* One part; null when it is empty. */
static json_t *part_json(const struct kl_threshold_report *r, const struct kl_threshold_part *part)
{
    if (!part->tallies) {
        return json_null();
    }
    json_t *classes = json_array();
    for (int32_t c = 0; c < r->file.config.class_count; c++) {
        const struct kl_event_tally *t = &part->tallies[c];
        if (r->has_events[c]) {
            json_array_append_new(
                classes,
                json_pack("{s:s, s:i, s:i, s:i, s:f, s:f}", "name", r->file.names[c], "recordings",
                          (int)t->segments, "found", (int)t->found, "false_alarms",
                          (int)t->false_alarms, "false_time", t->false_time, "hours", t->hours));
        }
    }
    const struct kl_event_sum *sum = &part->sum;
    return json_pack("{s:i, s:i, s:f, s:f, s:i, s:o, s:o, s:f, s:i, s:i, s:o, s:o, s:o}",
                     "recordings", (int)part->recordings, "inferences", (int)part->inferences,
                     "hours", part->hours, "hours_without_event", sum->hours, "false_alarms",
                     (int)sum->false_alarms, "per_hour", kl_json_number(sum->rate),
                     "per_hour_interval", interval_json(sum->limits), "false_time", sum->false_time,
                     "events", (int)sum->segments, "found", (int)sum->found, "missed",
                     kl_json_number(missed(sum)), "missed_interval", interval_json(sum->missed),
                     "classes", classes);
}

static json_t *fit_json(const struct kl_reliability *fit)
{
    json_t *bins = json_array();
    for (int b = 0; b < KL_RELIABILITY_BINS; b++) {
        json_array_append_new(bins,
                              json_pack("{s:I, s:f, s:f}", "count", (json_int_t)fit->bins[b].count,
                                        "confidence", fit->bins[b].confidence, "accuracy",
                                        fit->bins[b].accuracy));
    }
    return json_pack("{s:f, s:f, s:o}", "nll", fit->nll, "ece", fit->ece, "bins", bins);
}

static json_t *calibration_json(const struct kl_threshold_report *r)
{
    const struct kl_temperature *c = &r->calibration;
    return !r->calibrated
               ? json_null()
               : json_pack("{s:f, s:b, s:I, s:s, s:o, s:o}", "temperature", c->temperature,
                           "limited", (int)c->limited, "inferences", (json_int_t)c->count,
                           "outputs", c->logits ? "logits" : "probabilities", "before",
                           fit_json(&c->before), "after", fit_json(&c->after));
}

static json_t *curve_json(const struct kl_threshold_report *r)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < r->choice.point_count; i++) {
        const struct kl_event_point *p = &r->choice.points[i];
        json_array_append_new(
            list, json_pack("{s:f, s:f, s:i, s:f, s:o}", "allowed", p->wanted, "per_hour",
                            p->sum.rate, "false_alarms", (int)p->sum.false_alarms, "false_time",
                            p->sum.false_time, "missed", kl_json_number(missed(&p->sum))));
    }
    return list;
}

json_t *kl_threshold_json(const struct kl_threshold_report *r)
{
    json_t *all = kl_events_json(&r->file);
    json_object_set_new(all, "wanted_per_hour", json_real(r->request->per_hour));
    json_object_set_new(all, "hysteresis", json_real(r->request->hysteresis));
    json_object_set_new(all, "hours_needed", kl_json_number(r->hours_needed));
    json_object_set_new(all, "shown", r->test.tallies ? json_boolean(r->shown) : json_null());
    json_object_set_new(all, "data",
                        json_pack("{s:s, s:s, s:s, s:I, s:s}", "path", r->request->data, "content",
                                  r->dataset.content, "version", r->dataset.version, "seed",
                                  (json_int_t)r->request->seed, "split",
                                  r->split_here ? "by a hash of the group" : "of the data set"));
    json_object_set_new(all, "calibration", calibration_json(r));
    json_object_set_new(all, "curve", curve_json(r));
    json_object_set_new(all, "validation", part_json(r, &r->validation));
    json_t *test = part_json(r, &r->test);
    if (r->test.tallies) {
        json_object_set_new(test, "read", json_string("once, with the thresholds as they are"));
    }
    json_object_set_new(all, "test", test);
    return all;
}

const char *kl_threshold_verdict(const struct kl_threshold_report *r,
                                 char text[KL_THRESHOLD_VERDICT_BYTES])
{
    const struct kl_threshold_part *part = r->test.tallies ? &r->test : &r->validation;
    const char *needed = "it takes %.3g hours with as many false alarms (%d)";
    char more[KL_THRESHOLD_VERDICT_BYTES / 2];
    snprintf(more, sizeof more, needed, r->hours_needed, (int)part->sum.false_alarms);
    if (!r->test.tallies) {
        snprintf(text, KL_THRESHOLD_VERDICT_BYTES,
                 "Without a test part nothing shows the wanted rate: %s.", more);
    } else if (r->shown) {
        snprintf(text, KL_THRESHOLD_VERDICT_BYTES, "The test part shows the wanted rate at 95 %%.");
    } else {
        snprintf(text, KL_THRESHOLD_VERDICT_BYTES,
                 "The %.3g hours of the test part do not show the wanted rate at 95 %%: %s.",
                 part->sum.hours, more);
    }
    return text;
}

/* Accuracy over confidence, before and after, and where both agree. */
static void put_reliability(struct kl_buffer *html, const struct kl_temperature *c)
{
    static const double ends[2] = {0, 1};
    const struct kl_axis x = {.label = "confidence"}, y = {.label = "accuracy"};
    const struct kl_reliability *fits[2] = {&c->before, &c->after};
    static const char *const names[2] = {"as the model says", "with the temperature"};
    double confidence[2][KL_RELIABILITY_BINS], accuracy[2][KL_RELIABILITY_BINS];
    struct kl_series series[3] = {{"perfect", ends, ends, 2}};
    for (int f = 0; f < 2; f++) {
        size_t count = 0;
        for (int b = 0; b < KL_RELIABILITY_BINS; b++) {
            if (fits[f]->bins[b].count > 0) {
                confidence[f][count] = fits[f]->bins[b].confidence;
                accuracy[f][count++] = fits[f]->bins[b].accuracy;
            }
        }
        series[f + 1] = (struct kl_series){names[f], confidence[f], accuracy[f], count};
    }
    kl_html_printf(html,
                   "<section><h2>Reliability</h2>\n<p>How often answers of a confidence are right, "
                   "over %d inferences of the validation part that see one recording. Temperature "
                   "%.3f: the expected calibration error goes from %.4f to %.4f, the negative "
                   "log-likelihood from %.4f to %.4f.</p>\n",
                   (int)c->count, c->temperature, c->before.ece, c->after.ece, c->before.nll,
                   c->after.nll);
    kl_chart_lines(html, "Reliability", &x, &y, series, 3, false);
    kl_html_printf(html, "</section>\n");
}

static void put_curve(struct kl_buffer *html, const struct kl_threshold_report *r)
{
    const struct kl_axis x = {.label = "false alarms per hour"}, y = {.label = "missed, %"};
    double rates[KL_EVENT_CURVE], shares[KL_EVENT_CURVE];
    size_t count = 0;
    for (int32_t i = 0; i < r->choice.point_count; i++) {
        rates[count] = r->choice.points[i].sum.rate;
        shares[count++] = 100 * missed(&r->choice.points[i].sum);
    }
    const struct kl_series series = {"validation", rates, shares, count};
    if (count > 1 && r->validation.sum.segments > 0) {
        kl_html_printf(html, "<section><h2>Trade-off</h2>\n<p>All thresholds chosen anew for each "
                             "rate, on the validation part.</p>\n");
        kl_chart_lines(html, "Missed events over false alarms", &x, &y, &series, 1, true);
        kl_html_printf(html, "</section>\n");
    }
}

static void put_part(struct kl_buffer *html, const char *name, const struct kl_threshold_part *part)
{
    const struct kl_event_sum *s = &part->sum;
    kl_html_printf(html, "<tr><td>%s</td><td class=\"number\">%.3f</td>", name, s->hours);
    kl_html_printf(html,
                   "<td class=\"number\">%d</td><td class=\"number\">%.2f (%.2f to %.2f)</td>",
                   (int)s->false_alarms, s->rate, s->limits.low, s->limits.high);
    kl_html_printf(html, "<td class=\"number\">%.2f %%</td>", 100 * s->false_time);
    if (s->segments > 0) {
        kl_html_printf(html, "<td class=\"number\">%d of %d</td>", (int)(s->segments - s->found),
                       (int)s->segments);
        kl_html_printf(html, "<td class=\"number\">%.1f %% (%.1f to %.1f %%)</td></tr>\n",
                       100 * missed(s), 100 * s->missed.low, 100 * s->missed.high);
    } else {
        kl_html_printf(html, "<td class=\"number\">no events</td><td></td></tr>\n");
    }
}

static void put_classes(struct kl_buffer *html, const struct kl_threshold_report *r)
{
    double window = r->file.config.window;
    kl_html_printf(html, "<section><h2>Thresholds</h2>\n<div class=\"wide\"><table><thead><tr>"
                         "<th>Class</th><th class=\"number\">begins at</th>"
                         "<th class=\"number\">ends below</th><th class=\"number\">found</th>"
                         "<th class=\"number\">false alarms</th></tr></thead><tbody>\n");
    for (int32_t c = 0; c < r->file.config.class_count; c++) {
        const struct kl_event_thresholds *t = &r->file.config.classes[c];
        const struct kl_event_tally *tally = &r->validation.tallies[c];
        if (!r->has_events[c]) {
            continue;
        }
        kl_html_printf(html, "<tr><td>%s</td>", r->file.names[c]);
        if (t->on == KL_EVENTS_NEVER) {
            kl_html_printf(html, "<td class=\"number\">never</td><td></td>");
        } else {
            kl_html_printf(html, "<td class=\"number\">%g</td><td class=\"number\">%g</td>",
                           kl_events_value(&r->file, t->on / window),
                           kl_events_value(&r->file, t->off / window));
        }
        kl_html_printf(html,
                       "<td class=\"number\">%d of %d</td><td class=\"number\">%d</td></tr>\n",
                       (int)tally->found, (int)tally->segments, (int)tally->false_alarms);
    }
    kl_html_printf(html, "</tbody></table></div>\n</section>\n");
}

void kl_threshold_page(const struct kl_threshold_report *r, const char *title,
                       struct kl_buffer *html)
{
    kl_html_begin(html, "Event thresholds", title);
    kl_html_printf(
        html,
        "<section><h2>Events</h2>\n<p>Wanted: at most %g false alarms per hour. Mean "
        "of %d inferences, one each %g s. %s Intervals are of 95 %%. False time is the share "
        "of all time in which an event is on that no recording explains.</p>\n",
        r->request->per_hour, (int)r->file.config.window, r->file.every,
        r->test.tallies ? "The test part was read once, with the thresholds as they are."
                        : "There is no test part.");
    kl_html_printf(
        html, "<div class=\"wide\"><table><thead><tr><th>Part</th>"
              "<th class=\"number\">hours without event</th><th class=\"number\">false alarms</th>"
              "<th class=\"number\">per hour</th><th class=\"number\">false time</th>"
              "<th class=\"number\">missed</th>"
              "<th class=\"number\">share</th></tr></thead><tbody>\n");
    put_part(html, "validation", &r->validation);
    if (r->test.tallies) {
        put_part(html, "test", &r->test);
    }
    kl_html_printf(html, "</tbody></table></div>\n");
    char verdict[KL_THRESHOLD_VERDICT_BYTES];
    kl_html_printf(html, "<p>%s</p>\n", kl_threshold_verdict(r, verdict));
    kl_html_printf(html, "</section>\n");
    put_classes(html, r);
    put_curve(html, r);
    if (r->calibrated) {
        put_reliability(html, &r->calibration);
    }
    kl_html_end(html);
}
