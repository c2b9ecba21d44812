/* SPDX-License-Identifier: Apache-2.0 */
/* Thresholds of an event detector for a wanted rate of false alarms, found on a stream whose truth
 * is known. */
#ifndef KINGLET_FLOW_EVENT_THRESHOLDS_H
#define KINGLET_FLOW_EVENT_THRESHOLDS_H

#include "flow/event_count.h"

/* What is given: everything of the detector but its thresholds. */
struct kl_event_rule {
    struct kl_events_config config; /* its `classes` are not looked at */
    const bool *has_events;         /* by class: false of the background */
    double hysteresis;              /* off lies this share below on, towards rest; 0 .. 1 */
};

enum { KL_EVENT_CURVE = 24 };

/* One point of the trade-off: all thresholds chosen anew for another rate. */
struct kl_event_point {
    double wanted;           /* false alarms per hour, the most that was allowed */
    struct kl_event_sum sum; /* what they gave */
};

struct kl_event_choice {
    struct kl_event_thresholds *thresholds; /* by class */
    struct kl_event_tally *tallies;         /* by class, with all of them together */
    struct kl_event_sum sum;
    int32_t point_count;
    struct kl_event_point points[KL_EVENT_CURVE]; /* by falling thresholds */
};

/*
 * Choose thresholds such that the stream has at most `per_hour` false alarms per hour, and as many
 * recordings as possible are found. For each class alone thresholds are tried downwards from where
 * it gives no false alarm; then the allowed alarms are spent where one finds most recordings
 * more. A threshold is set to the middle between the lowest and the highest that find the same
 * recordings. A class whose scores reach the top of their range outside of its recordings gets
 * KL_EVENTS_NEVER. When there is one class only, and no recording of it, as with anomalies, its
 * lowest threshold is taken.
 */
enum kl_err kl_event_choose(const struct kl_event_track *track, const struct kl_event_rule *rule,
                            double per_hour, struct kl_arena *arena, struct kl_event_choice *choice,
                            struct kl_diag *diag) KL_MUST_CHECK;

/* Thresholds of one class for a sum `on` over the window. */
struct kl_event_thresholds kl_event_with_hysteresis(const struct kl_event_rule *rule, int64_t on);

#endif
