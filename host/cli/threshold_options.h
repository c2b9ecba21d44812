/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `kinglet threshold`. */
#ifndef KINGLET_CLI_THRESHOLD_OPTIONS_H
#define KINGLET_CLI_THRESHOLD_OPTIONS_H

#include "cli/model_options.h"
#include "flow/threshold_model.h"

enum { THRESHOLD_OPTIONS = 19 };

/* Options as they are typed; begin with THRESHOLD_OPTIONS_NONE. */
struct threshold_options {
    struct kl_common common;
    struct kl_model_options model;
    struct kl_strings backgrounds;
    const char *data, *out, *page, *rate, *every, *hysteresis, *normal, *pause, *score;
    int64_t hop, window, mean, duration, seed;
    bool low;
};

#define THRESHOLD_OPTIONS_NONE   \
    {                            \
        .mean = 3, .duration = 1 \
    }

/* The table of options, which are stored in `o`; ended by one without a name. */
void threshold_options_rows(struct threshold_options *o,
                            struct kl_option rows[THRESHOLD_OPTIONS + 1]);

/* What the score of anomalies is, into `model`: it is appended when that is opened. */
enum kl_err threshold_options_score(struct threshold_options *o,
                                    struct kl_diag *diag) KL_MUST_CHECK;

/* What they ask for, as a request whose texts lie in `o`. */
enum kl_err threshold_options_request(const struct threshold_options *o,
                                      struct kl_threshold_request *request,
                                      struct kl_diag *diag) KL_MUST_CHECK;

#endif
