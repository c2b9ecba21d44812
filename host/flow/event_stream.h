/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings of a data set one behind the other as a stream, and what a model says to it. */
#ifndef KINGLET_FLOW_EVENT_STREAM_H
#define KINGLET_FLOW_EVENT_STREAM_H

#include "flow/event_count.h"
#include "flow/learn_data.h"
#include "plan/plan.h"

struct kl_event_stream_rule {
    int32_t hop;    /* series: frames from inference to inference; 0: half a window, and all that it
                     * takes for a model with state */
    int32_t sees;   /* series: frames that an inference depends on; 0: those of its input, and
                     * refused for a model with state */
    double every;   /* seconds between images, or rows of tables; > 0 for these */
    uint64_t seed;  /* of the order of the recordings */
    int32_t normal; /* >= 0: one score, which is unusual in recordings of any other label */
    void (*progress)(void *context, int32_t done, int32_t count); /* or NULL */
    void *context;
};

struct kl_event_stream {
    struct kl_event_track track;
    int32_t classes; /* of the output; 1: a score */
    enum kl_dtype dtype;
    float *values;     /* [track.count][classes]: the scores as numbers */
    int32_t sees, hop; /* frames */
    double step;       /* frames from one inference with outputs to the next, on average */
    int32_t *label;    /* by inference, for those that see one recording only; else -1 */
    int64_t labelled;  /* how many those are */
    struct kl_event_segment *segments;
};

/*
 * Put the items of one part (one example each) one behind the other, in an order by the seed, and
 * run the plan over what results, hop by hop; state begins once. Labels of the segments are
 * classes, or with `normal` 0 for what is unusual and -1 for the rest. Inferences without new
 * outputs are none. KL_EUNSUPPORTED and KL_EINPUT when the model and the data do not fit.
 */
enum kl_err kl_event_stream_run(const struct kl_plan *plan, const struct kl_learn_part *part,
                                const struct kl_event_stream_rule *rule, struct kl_arena *arena,
                                struct kl_event_stream *stream, struct kl_diag *diag) KL_MUST_CHECK;

#endif
