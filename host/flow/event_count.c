/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/event_count.h"

#include <math.h>
#include <string.h>

/* A detector on its way through a stream. */
struct walk {
    const struct kl_event_track *track;
    const struct kl_events_config *config;
    const int32_t *labels;
    int32_t slack; /* inferences that look back at a recording after its last own */
    int32_t first; /* the first recording that is not over yet */
    bool *found;   /* by recording */
};

static int32_t label_of(const struct walk *walk, int32_t class_index)
{
    return walk->labels ? walk->labels[class_index] : class_index;
}

/* Is inference `at` in a recording of the class? Such recordings are found. */
static bool find(struct walk *walk, int32_t at, int32_t class_index)
{
    const struct kl_event_segment *segments = walk->track->segments;
    bool inside = false;
    for (int32_t i = walk->first; i < walk->track->segment_count && segments[i].begin <= at; i++) {
        if (segments[i].label == label_of(walk, class_index)) {
            walk->found[i] = inside = true;
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

/* Seconds of the stream in which no recording of the label is looked at. */
static double outside(const struct walk *walk, int32_t label)
{
    const struct kl_event_track *track = walk->track;
    int64_t inside = 0;
    int32_t covered = 0;
    for (int32_t i = 0; i < track->segment_count; i++) {
        const struct kl_event_segment *s = &track->segments[i];
        if (s->label != label) {
            continue;
        }
        int32_t begin = s->begin > covered ? s->begin : covered;
        int32_t end = s->end + walk->slack < track->count ? s->end + walk->slack : track->count;
        inside += end > begin ? end - begin : 0;
        covered = end > covered ? end : covered;
    }
    return (double)(track->count - inside) * track->every;
}

static void tally_segments(const struct walk *walk, int32_t class_index,
                           struct kl_event_tally *tally)
{
    const struct kl_event_track *track = walk->track;
    int32_t label = label_of(walk, class_index);
    tally->hours = outside(walk, label) / 3600;
    for (int32_t i = 0; i < track->segment_count; i++) {
        bool is_of = track->segments[i].label == label;
        tally->segments += is_of;
        tally->found += is_of && walk->found[i];
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
    scratch->found = KL_NEW(arena, bool, (size_t)track->segment_count + 1);
    return scratch->memory && scratch->found ? KL_OK : KL_FAIL_MEMORY(diag);
}

/* Push all inferences; count events that belong to no recording of their class. */
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
        if (active >= 0 && !find(walk, i, active) && event == KL_EVENT_BEGUN) {
            tallies[active].false_alarms++;
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
                        .slack = config->window + config->duration - 2,
                        .found = scratch->found};
    if (!kl_events_reset(config, scratch->memory, scratch->bytes)) {
        return kl_fail(diag, KL_EINPUT, "the event detector's configuration makes no sense");
    }
    memset(walk.found, 0, (size_t)track->segment_count * sizeof walk.found[0]);
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
            sum.rate += t->false_alarms ? t->false_alarms / t->hours : 0;
            sum.false_alarms += t->false_alarms;
            sum.segments += t->segments;
            sum.found += t->found;
            outside_hours += t->hours;
            count++;
        }
    }
    sum.hours = count > 0 ? outside_hours / count : 0;
    sum.limits = kl_event_rate_limits(sum.false_alarms, sum.hours, 0.95);
    sum.missed = kl_clopper_pearson(sum.segments - sum.found, sum.segments, 0.95);
    return sum;
}
