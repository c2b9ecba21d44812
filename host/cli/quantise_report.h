/* SPDX-License-Identifier: Apache-2.0 */
/* What `kinglet quantise` says about its result. */
#ifndef KINGLET_CLI_QUANTISE_REPORT_H
#define KINGLET_CLI_QUANTISE_REPORT_H

#include "base/envelope.h"
#include "base/file.h"
#include "flow/quantise_model.h"

struct kl_quantise_outcome {
    const char *path; /* of the file that was written */
    struct kl_bytes file;
    const struct kl_ptq_options *options;
    const struct kl_ptq_report *report;
    int64_t compared;        /* sets of inputs that both models were compared on */
    const char *compared_on; /* what they are: "validation examples" */
    const char *cautions;    /* what must be known to read the accuracy; "": nothing */
};

/* Print it, perhaps with a table of all layers. */
void kl_quantise_print(const struct kl_quantise_outcome *outcome, bool layers);

/* Metrics and details of the envelope. */
void kl_quantise_result(const struct kl_quantise_outcome *outcome, struct kl_result *result);

#endif
