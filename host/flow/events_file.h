/* SPDX-License-Identifier: Apache-2.0 */
/* The file of thresholds that `kinglet threshold` writes and `kinglet compile --events` reads:
 * docs/spec/events.md. */
#ifndef KINGLET_FLOW_EVENTS_FILE_H
#define KINGLET_FLOW_EVENTS_FILE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/file.h"
#include "flow/model_job.h"
#include "flow/score_head.h"
#include "kinglet/events.h"

enum { KL_EVENTS_FILE_BYTES = 16 << 20 };

struct kl_events_file {
    struct kl_events_config config; /* with its thresholds */
    const char *const *names;       /* of the classes */
    double every;                   /* seconds from one inference to the next */
    float scale;                    /* of the output when it is quantised; else 0 */
    int32_t zero_point;
    enum kl_score_kind score;    /* what compile appends to the model */
    const char *model_sha256;    /* of the model's file */
    const char *features_sha256; /* of the pipeline in front of it, or "" */
};

/* The members that are read back, as a new JSON object; NULL when memory is short. */
json_t *kl_events_json(const struct kl_events_file *file);

/* Read the text of such a file, which is not trusted. KL_EINPUT names the member that is wrong;
 * `origin` names the file. What is read lies in the arena. */
enum kl_err kl_events_parse(struct kl_bytes text, const char *origin, struct kl_arena *arena,
                            struct kl_events_file *file, struct kl_diag *diag) KL_MUST_CHECK;

/* Are these the thresholds of this model, as it is planned? KL_ECHECK says what is another one. */
enum kl_err kl_events_check(const struct kl_events_file *file, const struct kl_model_job *job,
                            const char *origin, struct kl_diag *diag) KL_MUST_CHECK;

/* A mean level of class `index` as a value of the model's output. */
double kl_events_value(const struct kl_events_file *file, double level);

#endif
