/* SPDX-License-Identifier: Apache-2.0 */
/* What an event detector finds in a stream whose truth is known: the device's own code, run over
 * scores of inferences. */
#ifndef KINGLET_FLOW_EVENT_COUNT_H
#define KINGLET_FLOW_EVENT_COUNT_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/statistics.h"
#include "kinglet/events.h"

/* A recording in the stream: the inferences begin <= i < end see something of it. */
struct kl_event_segment {
    int32_t label; /* the class that it holds; -1: of none */
    int32_t begin, end;
};

/* A stream. Segments are in their order; neighbours overlap by what a window sees of both. */
struct kl_event_track {
    int32_t count;      /* inferences */
    const void *scores; /* [count][classes] of the model's output type */
    double every;       /* seconds from one inference to the next */
    int32_t look;       /* inferences that see one and the same frame, >= 1 */
    int32_t segment_count;
    const struct kl_event_segment *segments;
};

/* What one class of the detector did. */
struct kl_event_tally {
    double hours;         /* of the stream outside of recordings with this label */
    int32_t segments;     /* recordings with this label */
    int32_t found;        /* of them, by events of the class; see kl_event_count */
    int32_t false_alarms; /* of events of the class outside of them; see there */
    int32_t on_outside;   /* inferences outside of them with an event of the class on */
    double false_time;    /* those as a share of all inferences */
};

/* All classes with events together. */
struct kl_event_sum {
    double hours;              /* in which an alarm would be false: mean of the classes' */
    double rate;               /* false alarms of all classes per hour of these */
    struct kl_interval limits; /* 95 %, of that rate; Poisson */
    double false_time;         /* share of the stream in which an event is on that is false */
    int32_t segments, found, false_alarms;
    struct kl_interval missed; /* 95 %, of the share of recordings that were not found; Clopper and
                                * Pearson */
};

/* Memory that counting needs, for any configuration of at most these sizes. */
struct kl_event_scratch {
    void *memory; /* of the detector */
    uint32_t bytes;
    int32_t *found_by; /* by recording */
};
enum kl_err kl_event_scratch_make(const struct kl_event_track *track, int32_t classes,
                                  int32_t window, struct kl_arena *arena,
                                  struct kl_event_scratch *scratch,
                                  struct kl_diag *diag) KL_MUST_CHECK;

/*
 * Run the detector from its reset over the stream. Class i of the configuration means recordings
 * with label labels[i] (NULL: i). tallies[] has one element per class. KL_EINPUT for a
 * configuration that makes no sense.
 *
 * An inference is in a recording while a window that it looks at sees it: for `window + duration -
 * 2` inferences more than the recording's own. A recording is found by an event of its class that
 * begins in it, as in event-based scores of sound events (Mesaros, Heittola and Virtanen, "Metrics
 * for polyphonic sound event detection", Applied Sciences 6(6), 2016). Recordings of one class that
 * follow each other directly are one event of the truth: what finds one and is still on finds the
 * next. What was on before finds nothing.
 *
 * Outside of the recordings of its class, an event is a false alarm when it begins, and once more
 * for each kl_event_alarm_length inferences that it goes on, as segment-based scores of the same
 * source count. An event that began in a recording may outlast it by that length.
 */
enum kl_err kl_event_count(const struct kl_event_track *track,
                           const struct kl_events_config *config, const int32_t *labels,
                           const struct kl_event_scratch *scratch, struct kl_event_tally *tallies,
                           struct kl_diag *diag) KL_MUST_CHECK;

/* Inferences that the detector looks back on: the model's window, and the mean. */
int32_t kl_event_alarm_length(const struct kl_event_track *track,
                              const struct kl_events_config *config);

/* Inferences that are in no recording of the label. */
int64_t kl_event_outside(const struct kl_event_track *track, const struct kl_events_config *config,
                         int32_t label);

/* Add up the classes that are to have events. */
struct kl_event_sum kl_event_add_up(int32_t classes, const bool *has_events,
                                    const struct kl_event_tally *tallies);

/* Interval of a rate after `events` in `hours`, two-sided (Garwood, as kl_rate_upper). */
struct kl_interval kl_event_rate_limits(int64_t events, double hours, double confidence);

#endif
