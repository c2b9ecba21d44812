/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/event_thresholds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Thresholds that are tried for a class, from the highest down. */
enum { TRIES = 256 };

/* One threshold of a class alone, and what it gives. */
struct
try {
    int64_t on;
    double rate;
    int32_t found;
};

/* A class alone: its levels as a stream with one score each. */
struct class_search {
    int32_t label;
    int16_t *levels;
    int32_t *sums; /* over the window, by inference */
    int32_t segments;
    struct try tries[TRIES];
    int32_t count;
    int32_t place; /* of the chosen try */
};

struct search {
    const struct kl_event_track *track;
    const struct kl_event_rule *rule;
    struct kl_arena *arena;
    struct kl_event_scratch scratch;
    struct class_search *classes; /* of those with events */
    int32_t count;
    double hours; /* as in kl_event_sum */
};

struct kl_event_thresholds kl_event_with_hysteresis(const struct kl_event_rule *rule, int64_t on)
{
    const struct kl_events_config *config = &rule->config;
    int64_t top = (config->dtype == KL_S8 ? INT8_MAX : KL_EVENTS_LEVEL) * (int64_t)config->window;
    int64_t rest = (int64_t)config->rest * config->window;
    if (on > top) {
        return (struct kl_event_thresholds){KL_EVENTS_NEVER, 0};
    }
    int64_t depth = on > rest ? llround((double)(on - rest) * rule->hysteresis) : 0;
    return (struct kl_event_thresholds){(int32_t)on, (int32_t)(on - depth)};
}

/* Run a class alone with a threshold. */
static enum kl_err try_one(const struct search *s, const struct class_search *c, int64_t on,
                           struct kl_event_tally *tally, struct kl_diag *diag)
{
    struct kl_event_thresholds thresholds = kl_event_with_hysteresis(s->rule, on);
    struct kl_event_track track = *s->track;
    struct kl_events_config config = s->rule->config;
    track.scores = c->levels;
    config.classes = &thresholds;
    config.class_count = 1;
    config.dtype = KL_S16;
    return kl_event_count(&track, &config, &c->label, &s->scratch, tally, diag);
}

static enum kl_err open_class(struct search *s, int32_t label, struct kl_diag *diag)
{
    struct class_search *c = &s->classes[s->count++];
    const struct kl_events_config *config = &s->rule->config;
    size_t count = (size_t)s->track->count;
    size_t value = config->dtype == KL_S8 ? 1 : config->dtype == KL_S16 ? 2 : 4;
    c->label = label;
    c->levels = KL_NEW(s->arena, int16_t, count);
    c->sums = KL_NEW(s->arena, int32_t, count);
    if (!c->levels || !c->sums) {
        return KL_FAIL_MEMORY(diag);
    }
    int32_t sum = config->rest * config->window;
    for (int32_t i = 0; i < s->track->count; i++) {
        const unsigned char *row =
            (const unsigned char *)s->track->scores + (size_t)i * value * config->class_count;
        c->levels[i] = (int16_t)kl_events_level(config, row, (uint32_t)label);
        sum += c->levels[i] - (i < config->window ? config->rest : c->levels[i - config->window]);
        c->sums[i] = sum;
    }
    for (int32_t i = 0; i < s->track->segment_count; i++) {
        c->segments += s->track->segments[i].label == label;
    }
    s->hours += (double)kl_event_outside(s->track, config, label) * s->track->every / 3600;
    return KL_OK;
}

static int compare_falling(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x < y) - (x > y);
}

/* The sums outside of the class's recordings, from the highest down. */
static int32_t outside_sums(const struct search *s, const struct class_search *c, int32_t *sums)
{
    const struct kl_event_track *track = s->track;
    int32_t slack = s->rule->config.window + s->rule->config.duration - 2;
    int32_t count = 0, segment = 0;
    for (int32_t i = 0; i < track->count; i++) {
        bool inside = false;
        while (segment < track->segment_count && track->segments[segment].end + slack <= i) {
            segment++;
        }
        for (int32_t k = segment; k < track->segment_count && track->segments[k].begin <= i; k++) {
            inside = inside || track->segments[k].label == c->label;
        }
        if (!inside) {
            sums[count++] = c->sums[i];
        }
    }
    qsort(sums, (size_t)count, sizeof sums[0], compare_falling);
    return count;
}

static enum kl_err add_try(const struct search *s, struct class_search *c, int64_t on,
                           struct kl_diag *diag)
{
    struct kl_event_tally tally;
    KL_TRY(try_one(s, c, on, &tally, diag));
    double rate = tally.false_alarms > 0 ? tally.false_alarms / s->hours : 0;
    c->tries[c->count++] = (struct try){on, rate, tally.found};
    return KL_OK;
}

/* Try thresholds downwards until a class alone gives more false alarms than `most` per hour. */
static enum kl_err try_class(const struct search *s, struct class_search *c, double most,
                             int32_t *sums, struct kl_diag *diag)
{
    int32_t count = outside_sums(s, c, sums);
    int64_t rest = (int64_t)s->rule->config.rest * s->rule->config.window;
    KL_TRY(add_try(s, c, count > 0 ? (int64_t)sums[0] + 1 : rest + 1, diag));
    for (int32_t rank = 0; rank < count && c->count < TRIES;) {
        if (sums[rank] < c->tries[c->count - 1].on) {
            KL_TRY(add_try(s, c, sums[rank], diag));
        }
        if (c->tries[c->count - 1].rate > most) {
            break;
        }
        rank += 1 + rank / 12;
    }
    return KL_OK;
}

/* Where more false alarms of one class find most recordings more; false: nowhere. */
static bool spend_one(struct search *s, double allowed)
{
    double rate = 0, best = 0;
    int32_t where = -1, place = 0;
    for (int32_t k = 0; k < s->count; k++) {
        rate += s->classes[k].tries[s->classes[k].place].rate;
    }
    for (int32_t k = 0; k < s->count; k++) {
        const struct class_search *c = &s->classes[k];
        const struct try *now = &c->tries[c->place];
        for (int32_t i = c->place + 1; i < c->count; i++) {
            double more = c->tries[i].rate - now->rate;
            double gain = (c->tries[i].found - now->found) / fmax(more, 1e-9);
            if (rate + more <= allowed && gain > best) {
                best = gain;
                where = k;
                place = i;
            }
        }
    }
    if (where >= 0) {
        s->classes[where].place = place;
    }
    return where >= 0;
}

/* A score alone whose events nobody recorded: the lowest threshold. */
static void spend_all(struct search *s, double allowed)
{
    struct class_search *c = &s->classes[0];
    if (s->count == 1 && c->segments == 0) {
        c->place = c->count - 1;
        while (c->place > 0 && c->tries[c->place].rate > allowed) {
            c->place--;
        }
    }
}

/* The middle of the thresholds that find the same recordings, with no more false alarms. */
static enum kl_err find_middle(const struct search *s, const struct class_search *c, int64_t *on,
                               struct kl_diag *diag)
{
    const struct try *chosen = &c->tries[c->place];
    int64_t low = chosen->on, high = chosen->on;
    *on = chosen->on;
    for (int32_t i = 0; i < s->track->count; i++) {
        high = c->sums[i] >= high ? (int64_t)c->sums[i] + 1 : high;
    }
    while (chosen->found > 0 && high - low > 1) {
        struct kl_event_tally tally;
        int64_t middle = low + (high - low) / 2;
        KL_TRY(try_one(s, c, middle, &tally, diag));
        if (tally.found == chosen->found && tally.false_alarms <= chosen->rate * s->hours + 0.5) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *on = chosen->on + (low - chosen->on) / 2;
    return KL_OK;
}

static enum kl_err count_all(const struct search *s, struct kl_event_choice *choice,
                             struct kl_event_sum *sum, struct kl_diag *diag)
{
    struct kl_events_config config = s->rule->config;
    config.classes = choice->thresholds;
    KL_TRY(kl_event_count(s->track, &config, NULL, &s->scratch, choice->tallies, diag));
    *sum = kl_event_add_up(config.class_count, s->rule->has_events, choice->tallies);
    return KL_OK;
}

/* Raise the threshold of the class with most false alarms by a sixteenth of what is above. */
static void raise_worst(const struct search *s, struct kl_event_choice *choice)
{
    int32_t worst = -1;
    for (int32_t k = 0; k < s->count; k++) {
        int32_t label = s->classes[k].label;
        if (choice->tallies[label].false_alarms > 0 &&
            (worst < 0 ||
             choice->tallies[label].false_alarms > choice->tallies[worst].false_alarms)) {
            worst = label;
        }
    }
    if (worst >= 0) {
        int64_t on = choice->thresholds[worst].on;
        int64_t top = (s->rule->config.dtype == KL_S8 ? INT8_MAX : KL_EVENTS_LEVEL) *
                      (int64_t)s->rule->config.window;
        choice->thresholds[worst] = kl_event_with_hysteresis(s->rule, on + 1 + (top - on) / 16);
    }
}

/* Thresholds for a rate, and what they give together. */
static enum kl_err choose_for(struct search *s, double per_hour, struct kl_event_choice *choice,
                              struct kl_event_sum *sum, struct kl_diag *diag)
{
    for (int32_t k = 0; k < s->count; k++) {
        s->classes[k].place = 0;
    }
    while (spend_one(s, per_hour)) {
    }
    spend_all(s, per_hour);
    for (int32_t c = 0; c < s->rule->config.class_count; c++) {
        choice->thresholds[c] = (struct kl_event_thresholds){KL_EVENTS_NEVER, 0};
    }
    for (int32_t k = 0; k < s->count; k++) {
        int64_t on;
        KL_TRY(find_middle(s, &s->classes[k], &on, diag));
        choice->thresholds[s->classes[k].label] = kl_event_with_hysteresis(s->rule, on);
    }
    /* Together, a class can have an event that alone its own earlier one would have kept away. Each
     * turn raises a threshold, so this ends. */
    KL_TRY(count_all(s, choice, sum, diag));
    while (sum->rate > per_hour && sum->false_alarms > 0) {
        raise_worst(s, choice);
        KL_TRY(count_all(s, choice, sum, diag));
    }
    return KL_OK;
}

/* The trade-off: no false alarm at first, then twice as many with each point. */
static enum kl_err draw_curve(struct search *s, double most, struct kl_event_choice *choice,
                              struct kl_diag *diag)
{
    double wanted = 0;
    while (choice->point_count < KL_EVENT_CURVE && wanted <= most) {
        struct kl_event_point *point = &choice->points[choice->point_count++];
        point->wanted = wanted;
        KL_TRY(choose_for(s, wanted, choice, &point->sum, diag));
        if (point->sum.found == point->sum.segments || !(point->sum.hours > 0)) {
            break;
        }
        wanted = wanted > 0 ? 2 * wanted : 1.1 / point->sum.hours; /* one alarm */
    }
    return KL_OK;
}

/* The curve goes on to where false alarms are too many for any use. */
static const double least_useful_per_hour = 120;

enum kl_err kl_event_choose(const struct kl_event_track *track, const struct kl_event_rule *rule,
                            double per_hour, struct kl_arena *arena, struct kl_event_choice *choice,
                            struct kl_diag *diag)
{
    int32_t classes = rule->config.class_count;
    double most = fmax(16 * per_hour, least_useful_per_hour);
    struct search s = {.track = track, .rule = rule, .arena = arena};
    int32_t *sums = KL_NEW(arena, int32_t, (size_t)track->count);
    s.classes = KL_NEW(arena, struct class_search, (size_t)classes);
    *choice = (struct kl_event_choice){
        .thresholds = KL_NEW(arena, struct kl_event_thresholds, (size_t)classes),
        .tallies = KL_NEW(arena, struct kl_event_tally, (size_t)classes)};
    if (!sums || !s.classes || !choice->thresholds || !choice->tallies) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_event_scratch_make(track, classes, rule->config.window, arena, &s.scratch, diag));
    for (int32_t c = 0; c < classes; c++) {
        if (rule->has_events[c]) {
            KL_TRY(open_class(&s, c, diag));
        }
    }
    s.hours /= s.count > 0 ? s.count : 1;
    for (int32_t k = 0; k < s.count; k++) {
        KL_TRY(try_class(&s, &s.classes[k], most, sums, diag));
    }
    KL_TRY(draw_curve(&s, most, choice, diag));
    return choose_for(&s, per_hour, choice, &choice->sum, diag);
}
