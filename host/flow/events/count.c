/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/event_count.h"

#include <math.h>
#include <string.h>

/* A detector on its way through a stream. */
struct walk {
    const struct kl_event_track *track;
    const struct kl_events_config *config;
    const int32_t *labels;
    int32_t slack;     /* inferences that look back at a recording after its last own */
    int32_t first;     /* the first recording that is not over yet */
    int32_t *found_by; /* number of the last event that found each recording; 0: none */
    int32_t event;     /* number of the event that is on or was the last */
    int32_t begun;     /* inference that it began with */
    int32_t spare;     /* inferences that it may still be on outside before an alarm is counted */
};

static int32_t slack_of(const struct kl_events_config *config)
{
    return config->window + config->duration - 2;
}

static int32_t label_of(const struct walk *walk, int32_t class_index)
{
    return walk->labels ? walk->labels[class_index] : class_index;
}

/* Did the event that is on find recording i? It began in it, or found the one of the same class
 * that joins on to it. */
static bool finds(const struct walk *walk, int32_t i)
{
    const struct kl_event_segment *segments = walk->track->segments;
    return walk->begun >= segments[i].begin ||
           (i > 0 && segments[i - 1].label == segments[i].label &&
            walk->found_by[i - 1] == walk->event);
}

/* Is inference `at` in a recording of the class? Mark those that the event finds. */
static bool find(struct walk *walk, int32_t at, int32_t class_index)
{
    const struct kl_event_segment *segments = walk->track->segments;
    bool inside = false;
    for (int32_t i = walk->first; i < walk->track->segment_count && segments[i].begin <= at; i++) {
        if (segments[i].label == label_of(walk, class_index)) {
            inside = true;
            walk->found_by[i] = finds(walk, i) ? walk->event : walk->found_by[i];
        }
    }
    return inside;
}

/* Forget recordings that are over. */
static void advance(struct walk *walk, int32_t at)
{
    const struct kl_event_segment *segments = walk->track->segments;
    while (walk->first < walk->track->segment_count &&
           segments[walk->first].end + walk->slack <= at) {
        walk->first++;
    }
}

int64_t kl_event_outside(const struct kl_event_track *track, const struct kl_events_config *config,
                         int32_t label)
{
    int64_t inside = 0;
    int32_t covered = 0, slack = slack_of(config);
    for (int32_t i = 0; i < track->segment_count; i++) {
        const struct kl_event_segment *s = &track->segments[i];
        if (s->label != label) {
            continue;
        }
        int32_t begin = s->begin > covered ? s->begin : covered;
        int32_t end = s->end + slack < track->count ? s->end + slack : track->count;
        inside += end > begin ? end - begin : 0;
        covered = end > covered ? end : covered;
    }
    return track->count - inside;
}

int32_t kl_event_alarm_length(const struct kl_event_track *track,
                              const struct kl_events_config *config)
{
    return track->look + config->window - 1;
}

static void tally_segments(const struct walk *walk, int32_t class_index,
                           struct kl_event_tally *tally)
{
    const struct kl_event_track *track = walk->track;
    int32_t label = label_of(walk, class_index);
    tally->hours = (double)kl_event_outside(track, walk->config, label) * track->every / 3600;
    tally->false_time = (double)tally->on_outside / track->count;
    for (int32_t i = 0; i < track->segment_count; i++) {
        bool is_of = track->segments[i].label == label;
        tally->segments += is_of;
        tally->found += is_of && walk->found_by[i] > 0;
    }
}

static size_t row_bytes(const struct kl_events_config *config)
{
    size_t value = config->dtype == KL_S8 ? 1 : config->dtype == KL_S16 ? 2 : 4;
    return value * config->class_count;
}

enum kl_err kl_event_scratch_make(const struct kl_event_track *track, int32_t classes,
                                  int32_t window, struct kl_arena *arena,
                                  struct kl_event_scratch *scratch, struct kl_diag *diag)
{
    const struct kl_events_config largest = {.class_count = (uint16_t)classes,
                                             .window = (uint16_t)window};
    scratch->bytes = kl_events_bytes(&largest);
    scratch->memory = kl_arena_alloc(arena, scratch->bytes, 1);
    scratch->found_by = KL_NEW(arena, int32_t, (size_t)track->segment_count + 1);
    return scratch->memory && scratch->found_by ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* The event that is on lies outside of the recordings of its class. */
static void count_outside(struct walk *walk, struct kl_event_tally *tally)
{
    tally->on_outside++;
    if (walk->spare == 0) {
        tally->false_alarms++;
        walk->spare = kl_event_alarm_length(walk->track, walk->config);
    }
    walk->spare--;
}

/* Push all inferences; find recordings, and count alarms that belong to none of their class. */
static void push_all(struct walk *walk, void *memory, struct kl_event_tally *tallies)
{
    const struct kl_event_track *track = walk->track;
    const unsigned char *scores = track->scores;
    size_t bytes = row_bytes(walk->config);
    for (int32_t i = 0; i < track->count; i++) {
        uint16_t which = 0;
        enum kl_event event =
            kl_events_push(walk->config, memory, scores + (size_t)i * bytes, &which);
        int32_t active = kl_events_active(memory);
        advance(walk, i);
        if (active < 0) {
            continue;
        }
        if (event == KL_EVENT_BEGUN) {
            walk->event++;
            walk->begun = i;
            walk->spare = 0;
        }
        bool inside = find(walk, i, active);
        if (inside && event == KL_EVENT_BEGUN) {
            walk->spare = kl_event_alarm_length(track, walk->config);
        }
        if (!inside) {
            count_outside(walk, &tallies[active]);
        }
    }
}

enum kl_err kl_event_count(const struct kl_event_track *track,
                           const struct kl_events_config *config, const int32_t *labels,
                           const struct kl_event_scratch *scratch, struct kl_event_tally *tallies,
                           struct kl_diag *diag)
{
    struct walk walk = {.track = track,
                        .config = config,
                        .labels = labels,
                        .slack = slack_of(config),
                        .found_by = scratch->found_by};
    if (!kl_events_reset(config, scratch->memory, scratch->bytes)) {
        return kl_fail(diag, KL_EINPUT, "the event detector's configuration makes no sense");
    }
    memset(walk.found_by, 0, (size_t)track->segment_count * sizeof walk.found_by[0]);
    memset(tallies, 0, config->class_count * sizeof tallies[0]);
    push_all(&walk, scratch->memory, tallies);
    for (int32_t c = 0; c < config->class_count; c++) {
        tally_segments(&walk, c, &tallies[c]);
    }
    return KL_OK;
}

struct kl_interval kl_event_rate_limits(int64_t events, double hours, double confidence)
{
    double tail = (1 - confidence) / 2;
    if (!(hours > 0)) {
        return (struct kl_interval){0, (double)INFINITY};
    }
    return (struct kl_interval){events > 0 ? kl_rate_upper(events - 1, hours, tail) : 0,
                                kl_rate_upper(events, hours, 1 - tail)};
}

struct kl_event_sum kl_event_add_up(int32_t classes, const bool *has_events,
                                    const struct kl_event_tally *tallies)
{
    struct kl_event_sum sum = {0};
    double outside_hours = 0;
    int32_t count = 0;
    for (int32_t c = 0; c < classes; c++) {
        if (has_events[c]) {
            const struct kl_event_tally *t = &tallies[c];
            sum.false_alarms += t->false_alarms;
            sum.false_time += t->false_time;
            sum.segments += t->segments;
            sum.found += t->found;
            outside_hours += t->hours;
            count++;
        }
    }
    sum.hours = count > 0 ? outside_hours / count : 0;
    sum.rate = sum.false_alarms > 0 ? sum.false_alarms / sum.hours : 0;
    sum.limits = kl_event_rate_limits(sum.false_alarms, sum.hours, 0.95);
    sum.missed = kl_clopper_pearson(sum.segments - sum.found, sum.segments, 0.95);
    return sum;
}
