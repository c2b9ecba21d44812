/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `kinglet train`. */
#ifndef KINGLET_CLI_TRAIN_OPTIONS_H
#define KINGLET_CLI_TRAIN_OPTIONS_H

#include "cli/options.h"
#include "flow/train_run.h"

enum { TRAIN_OPTIONS = 33 };

/* Options as they are typed; begin with TRAIN_OPTIONS_NONE. */
struct train_options {
    struct kl_common common;
    const char *label_errors;
    const char *data, *features, *output, *from, *task, *normal, *shape;
    const char *optimiser, *schedule, *rate, *momentum, *decay, *clip, *smoothing, *mask;
    struct kl_strings settings;
    int64_t epochs, batch, seed, split_seed, threads, warmup, drop, patience, window, hop, folds;
    bool resume, balance, raw, freeze, int8;
};

#define TRAIN_OPTIONS_NONE                          \
    {                                               \
        .epochs = -1, .batch = -1, .split_seed = -1 \
    }

/* The table of options, which are stored in `o`; ended by one without a name. */
void train_options_rows(struct train_options *o, struct kl_option rows[TRAIN_OPTIONS + 1]);

/* What they ask for, as a request whose texts lie in the arena or in `o`. */
enum kl_err train_options_request(const struct train_options *o, const char *network,
                                  struct kl_arena *arena, struct kl_train_request *request,
                                  struct kl_diag *diag) KL_MUST_CHECK;

#endif
