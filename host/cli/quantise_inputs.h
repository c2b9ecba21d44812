/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of model inputs from files, for `kinglet quantise`. */
#ifndef KINGLET_CLI_QUANTISE_INPUTS_H
#define KINGLET_CLI_QUANTISE_INPUTS_H

#include "base/envelope.h"
#include "cli/options.h"
#include "flow/model_job.h"

/*
 * Append what the files hold to `sets`: all inputs of the model back to back for each set. Files
 * come in turns of one for each input; a file holds one .npy, or any number of inputs, raw. *items
 * grows by the sets. `option` names them in messages; their hashes go into `result`.
 */
enum kl_err kl_quantise_inputs(const struct kl_strings *files, const char *option,
                               struct kl_model_job *job, struct kl_result *result,
                               struct kl_buffer *sets, int64_t *items,
                               struct kl_diag *diag) KL_MUST_CHECK;

#endif
