/* SPDX-License-Identifier: Apache-2.0 */
/* From model and data set to thresholds: what `kinglet threshold` does. */
#ifndef KINGLET_FLOW_THRESHOLD_MODEL_H
#define KINGLET_FLOW_THRESHOLD_MODEL_H

#include <jansson.h>

#include "base/buffer.h"
#include "data/dataset.h"
#include "flow/event_stream.h"
#include "flow/event_thresholds.h"
#include "flow/events_file.h"
#include "flow/temperature.h"

enum { KL_BACKGROUNDS = 16 };

struct kl_threshold_request {
    const char *data;   /* folder of a data set */
    double per_hour;    /* false alarms that are wanted at most; > 0 */
    int32_t hop, sees;  /* as in kl_event_stream_rule; sees 0: of a pipeline in front of the model
                         * that keeps state, all that it looks back on */
    double every;       /* as there */
    uint64_t seed;      /* of the split when the data set has none, and of the stream's order */
    int32_t window;     /* inferences of the mean */
    int32_t duration;   /* inferences in a row */
    int32_t pause;      /* inferences after an event; -1: one less than see a frame */
    double hysteresis;  /* 0 to below 1 */
    const char *normal; /* a score of anomalies, and which class is usual; NULL: classes */
    enum kl_score_kind score;                /* that the job's graph has already got */
    bool low;                                /* low scores are unusual */
    const char *backgrounds[KL_BACKGROUNDS]; /* classes without events */
    int32_t background_count;                /* 0: those with a usual name for it */
    void (*progress)(void *context, int32_t done, int32_t count); /* or NULL */
    void *context;
};

/* One part of the data as a stream, and what the thresholds do on it. */
struct kl_threshold_part {
    int32_t recordings, inferences;
    double hours;
    struct kl_event_tally *tallies; /* by class; NULL: the part is empty */
    struct kl_event_sum sum;
};

struct kl_threshold_report {
    const struct kl_threshold_request *request;
    struct kl_dataset dataset; /* open; kl_threshold_close */
    bool split_here;
    struct kl_events_file file;
    bool *has_events; /* by class of the detector */
    bool calibrated;  /* is there anything to calibrate: classes, and labelled inferences */
    struct kl_temperature calibration;
    struct kl_event_choice choice;
    struct kl_threshold_part validation, test;
    double hours_needed; /* with as many false alarms as were counted on the test part (without one:
                          * on the validation part), to show the wanted rate at 95 % */
    bool shown;          /* is there a test part, and the upper 95 % bound of its rate (one-sided)
                          * the wanted one or less? */
};

/*
 * Find thresholds on the validation part, and apply them once to the test part. The job's graph is
 * as imported, with its features in front; it is planned here. The report points into the job's
 * arena and the request. kl_threshold_close in any case.
 */
enum kl_err kl_threshold_model(struct kl_model_job *job, const struct kl_threshold_request *request,
                               struct kl_threshold_report *report,
                               struct kl_diag *diag) KL_MUST_CHECK;
void kl_threshold_close(struct kl_threshold_report *report);

/* The file: what compile reads, and how it was found. A new reference, NULL without memory. */
json_t *kl_threshold_json(const struct kl_threshold_report *report);

/* A sentence: does the test part show the wanted rate, or what does it take? Returns `text`. */
enum { KL_THRESHOLD_VERDICT_BYTES = 240 };
const char *kl_threshold_verdict(const struct kl_threshold_report *report,
                                 char text[KL_THRESHOLD_VERDICT_BYTES]);

/* Reliability diagram, trade-off and tables as a page that stands alone. */
void kl_threshold_page(const struct kl_threshold_report *report, const char *title,
                       struct kl_buffer *html);

#endif
